"""The figures of a text that count or measure something, and the time that each tells of."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction

from rag.language.periods import without_compared
from rag.language.quantities import ROUNDING, Quantity, header_unit, read, unit_of
from rag.language.text import fold, simplified
from rag.language.units import unit_at
from rag.language.when import NamedTime, When, times_in

CELLS = " | "  # between the cells of a row of a table
_TIMES = frozenset("年 月 日 号 点 时 期 届 岁 次会议".split())  # what a figure with one of these counts is a time or a name
_FLAT = re.compile("(?<=[同环]比)持平")  # a change of nothing
_LINK_WORDS = 8  # letters beside an address from which a text tells something
_CHANGE = re.compile("(?:(?P<rise>增长|上涨|上升|提高|提升|增加|回升|增|升|涨)|(?P<fall>下降|下跌|下滑|减少|降低|回落|减|降|跌))了?")
_LONGEST_CHANGE = 3  # characters of such a word
_MINUS = re.compile("(?<![^\\s(|:\uff1a\uff08为至到了])[-\u2212\uff0d]$")  # a sign, no hyphen and no range
_COLON_BEHIND, _COLON_BEFORE = re.compile(r"[:\uff1a]\d"), re.compile(r"\d[:\uff1a]$")
_CLOCK = re.compile(r"(?:^|(?<=[ |]))(\d{1,2}):([0-5]\d)(?::([0-5]\d))?(?= \||$)")
_SCALE = re.compile(r"[多余几]?[百千万亿]*(?:%|\u2030)?[多余]?")
_DURATION = re.compile(r"(?=\d+(?:小时|分))(?:(\d+)小时)?(?:(\d+)分钟?)?(?:(\d+(?:\.\d+)?)秒(?:(\d{1,2})(?!\d))?)?")
_IN_SECONDS = (3600, 60, 1)
_ADDRESS = re.compile(r"https?://[\w./%#?=&+-]+")


def is_link(text: str) -> bool:
    """Tells whether a text is an address of the web with a word or two beside it.

    >>> is_link("[查看原文](https://a.cn/b.html)"), is_link("查看原文")
    (True, False)
    """
    rest, addresses = _ADDRESS.subn("", text)
    return bool(addresses) and sum(map(str.isalnum, rest)) < _LINK_WORDS


def figures_of(text: str) -> list[Quantity]:
    """Returns the figures of a text that count or measure something: no dates, no soft numerals, nothing of an address of the web, and
    not the amount of which something is the price (元/500克).

    A percentage by which something rose or fell begins with the word that says so; that of a fall is negative. A length of time in
    hours, minutes and seconds is one figure, in seconds. A minus sign belongs to its figure. A clock time that is a
    whole cell of a table is a figure of the kind ``clock``; else the parts of one, or of a score, are none.

    >>> [(q.text, int(q.value)) for q in figures_of("2023年3月开工47个,同比下降5%,环比持平")]
    [('持平', 0), ('47', 47), ('下降5%', -5)]
    >>> [(q.text, float(q.value)) for q in figures_of("她以9分12秒4夺冠,全程1小时20分钟,得7分")]
    [('9分12秒4', 552.4), ('1小时20分钟', 4800.0), ('7', 7.0)]
    >>> [(q.text, float(q.value)) for q in figures_of("行业 金融 | 增长率 -1.9% | 开门 6:30 | 奖金(元) 2000 | 气温 −3.5")]
    [('6:30', 390.0), ('-1.9%', -1.9), ('2000', 2000.0), ('−3.5', -3.5)]
    """
    lasting, folded = list(_durations(text)), fold(text)
    times = [(time.start, time.end) for time in times_in(text) if not header_unit(folded, time.start)[1]]
    times += [match.span() for match in _ADDRESS.finditer(text)]
    flat = [Quantity(match.group(), *match.span(), Fraction(0), "percent") for match in _FLAT.finditer(text)]
    times += [(one.start, one.end) for one in lasting]
    counted = (q for q in read(text) if q.kind in ("number", "percent") and not q.soft and not _is_time(text, q))
    return [*flat, *lasting, *_clocks(text), *(_directed(text, q) for q in counted if not _is_part(text, q)
                               and not any(a < q.end and q.start < b for a, b in times))]


def _clocks(text: str) -> Iterable[Quantity]:
    for match in _CLOCK.finditer(text):
        parts = [int(part) for part in match.groups() if part]
        yield Quantity(match.group(), *match.span(), Fraction(sum(part * 60**at for at, part in enumerate(reversed(parts)))), "clock")


def _is_part(text: str, figure: Quantity) -> bool:
    """Tells whether a number is what something is the price of (元/500克), or a part of a clock time, a score or a ratio."""
    return text[figure.start - 1 : figure.start] == "/" or bool(
        _COLON_BEHIND.match(text, figure.end) or _COLON_BEFORE.search(text, 0, figure.start))


def _durations(text: str) -> Iterable[Quantity]:
    for match in _DURATION.finditer(text):
        hours, minutes, seconds, tenths = match.groups()
        if sum(part is not None for part in (hours, minutes, seconds)) > 1:
            told = (hours, minutes, f"{seconds or 0}{'.' + tenths if tenths else ''}")
            value = sum((Fraction(part or 0) * size for part, size in zip(told, _IN_SECONDS, strict=True)), Fraction(0))
            yield Quantity(match.group(), *match.span(), value)


def _directed(text: str, figure: Quantity) -> Quantity:
    """Returns a figure with the minus sign, or a percentage with the word before it that says whether something rose or fell by it.
    """
    if minus := _MINUS.search(text, 0, figure.start):
        return replace(figure, text=text[minus.start() : figure.end], start=minus.start(), value=-figure.value)
    if figure.kind != "percent":
        return figure
    end, _ = whole_figure(text, figure.start, figure.end)
    before = simplified(text[max(0, end - _LONGEST_CHANGE) : end])
    change = next((match for at in range(len(before)) if (match := _CHANGE.fullmatch(before, at))), None)
    if change is None:
        return figure
    start, value = end - len(before) + change.start(), -figure.value if change["fall"] else figure.value
    return replace(figure, text=text[start : figure.end], start=start, value=value)


def without_direction(shown: str) -> tuple[int, str]:
    """1 for a printed figure that begins with a word for a rise, -1 for a fall, 0 for neither; and the figure without that word.

    >>> without_direction("下降0.3%"), without_direction("0.3%")
    ((-1, '0.3%'), (0, '0.3%'))
    """
    change = _CHANGE.match(simplified(shown))
    return (-1 if change["fall"] else 1, shown[change.end() :]) if change else (0, shown)


def _is_time(text: str, figure: Quantity) -> bool:
    return unit_of(text, figure) in _TIMES or text[figure.end : figure.end + 1] in _TIMES


def names_row(text: str, at: int) -> bool:
    """Tells whether a place of a row of a table lies in its first cell, which says what the row is about.

    >>> names_row("线路 12路 | 客流 13985", 3), names_row("线路 12路 | 客流 13985", 12), names_row("12路有车28辆", 0)
    (True, False, False)
    """
    return CELLS in text[at:] and CELLS not in text[:at]


def whole_figure(text: str, start: int, end: int) -> tuple[int, int]:
    """Returns where a figure begins and ends with its unit, and with the word that rounds it.

    >>> text = "近60项,8270万人。"
    >>> [text[slice(*whole_figure(text, *span))] for span in ((1, 3), (5, 9))]
    ['近60项', '8270万人']
    """
    folded = fold(text)
    if end and folded[end - 1].isdigit():
        scale = _SCALE.match(folded, end)
        end = scale.end() if scale else end
    if end and (folded[end - 1].isdigit() or folded[end - 1] in "百千万亿多余几"):
        end += len(unit_at(folded, end))
    before = ROUNDING.search(folded, 0, start) if folded[start : start + 1].isdigit() else None
    return before.start() if before else start, end


def sort_of(figure: Quantity) -> str:
    """``number``, ``clock``, ``percent`` or ``points``: percentage points are no percentage."""
    return "points" if figure.kind == "percent" and "点" in figure.text else figure.kind


def time_at(text: str, at: int, written: str, named: Iterable[NamedTime] | None = None) -> When | None:
    """Returns the time of what stands at a place of a sentence: that named last before it; of a cell that of its row and column.

    ``written`` is the ISO date of the article, ``named`` the times of the sentence where they are known. ``None`` where the sentence
    names none before that place.

    >>> time_at("6月出口5万吨,比5月多", 4, "2023-07-08").label
    '2023年6月'
    >>> time_at("季度 一季度 | 2024年产值(亿元) 35.7", 24, "2023-12-30").label
    '2024年一季度'
    """
    if CELLS in text:
        start = text.rfind(CELLS, 0, at) + len(CELLS) if CELLS in text[:at] else 0
        cells = (text[start:at], text.split(CELLS)[0])
        named = [time for part in cells for time in times_in(part)]
        if not any(time.when.year for time in named):
            named = [time for part in cells for time in times_in(part, written)]
        return _narrowest(time.when for time in named)
    times = times_in(without_compared(text), written) if named is None else named
    before = [time for time in times if time.start < at]
    return before[-1].when if before else None


def _narrowest(times: Iterable[When]) -> When | None:
    """Returns the narrowest of some times, its year that of any that names one."""
    ordered = sorted(times, key=lambda when: when.last - when.first)
    if not ordered:
        return None
    year = next((when.year for when in ordered if when.year), 0)
    return replace(ordered[0], year=ordered[0].year or year)
