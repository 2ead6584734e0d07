"""Figures in Chinese and English: parsed into exact values, converted to English, compared.

Values are exact fractions and are never rounded: ``63.2亿元`` is ``6.32 billion yuan``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from rag.language.clock import clock_in_english
from rag.language.dates import MONTHS as MONTHS
from rag.language.numerals import (
    DIGITS,
    HAN_NUMERAL,
    MYRIADS,
    ONES,
    POWERS,
    TENS,
    TENS_TO_THOUSANDS,
    han_value,
    plain_value,
    scale_value,
    words_value,
)
from rag.language.text import fold
from rag.language.units import UNIT, english_unit, unit_at

_ARABIC = r"\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?"

_NUMBER = re.compile(
    rf"(?:(?P<arabic>{_ARABIC})(?P<loose>[多余])?(?P<scale>(?: (?=[万亿]))?(?:千(?![瓦米克帕赫伏焦卡安])|[百万亿])*)"
    rf"|(?P<han>[{HAN_NUMERAL}]+(?:点[{''.join(DIGITS)}]+[万亿]*)?))(?P<over>[多余])?")
_FRACTION = re.compile(rf"([{HAN_NUMERAL}]+)分之([{HAN_NUMERAL}]+(?:点[{''.join(DIGITS)}]+)?|{_ARABIC})")
_PERCENT = re.compile(r"\s*(?:%|个?百分点|percent(?:age points?)?\b|per cent\b)")
_COUNTED = re.compile(
    "[名家所个项条人位件款类倍年月日号天次种座台辆届期岁支场份本元分米吨亩户套间组批轮级层门部处起例张篇只头株棵艘架成余多]|公里|大洲|小时")
_NO_TENTHS = re.compile("成[立为功员果长本就效都熟品套]")

_MONTH = "|".join([*MONTHS, *(m[:3] for m in MONTHS if m != "May"), "Sept"])
_ZH_DAY = re.compile(r"(?P<m>\d{1,2}) ?月 ?(?P<d>\d{1,2})(?: ?[-至~] ?(?P<to>\d{1,2}))? ?[日号]")
_ZH_MONTHS = re.compile(r"(?<![\d.])(?P<m>\d{1,2})(?: ?[-至~] ?(?P<to>\d{1,2}))? ?月(?:份)?(?!\d)")
_DECADE = re.compile(r"(?P<century>\d{1,2}) ?世纪 ?(?P<decade>\d)0 ?年代")
_YEAR = re.compile(r" ?年(?!前|来|历史)")
_MONTH_DAY = re.compile(rf"\b(?P<name>{_MONTH})\.? (?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?:\s?[-\u2013]\s?(?P<to>\d{{1,2}}))?\b(?![,.]?\d)")
_DAY_MONTH = re.compile(rf"\b(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?:\s?[-\u2013]\s?(?P<to>\d{{1,2}}))? (?:of )?(?P<name>{_MONTH})\b")
_EN_MONTH = re.compile(rf"\b(?P<name>{_MONTH})\b(?! (?:be|have|not|also)\b)")

_NUMBER_WORD = "|".join([*TENS, *sorted(ONES, key=len, reverse=True), *POWERS])
_NUMBER_WORDS = re.compile(rf"\b(?:{_NUMBER_WORD})(?:(?:[\s-]+and)?[\s-]+(?:{_NUMBER_WORD}))*\b", re.I)
_SCALES = re.compile(r"(?:[\s-]*(?:hundred|thousand|million|billion|trillion)\b)+|\s?(?:bn|mn|tn)\b", re.I)
_CITATION = re.compile(r"\[\d{1,3}\]")

_ROUNDING_WORDS = {"近": "nearly ", "约": "about ", "超过": "more than ", "超": "more than ", "逾": "more than ",
                   "不到": "less than ", "至少": "at least "}
_NOT_IN_WORD = {"近": "(?<![最附邻靠])", "约": "(?<![签合条节预公契邀特])"}  # 最近5年 is not "nearly five", 签约20项 not "about twenty"
_ROUNDING_BEHIND = {"左右": "about ", "上下": "about ", "以上": "at least ", "以下": "at most "}
ROUNDING = re.compile("(?:" + "|".join(_NOT_IN_WORD.get(w, "") + w for w in sorted(_ROUNDING_WORDS, key=len, reverse=True)) + ")$")


@dataclass(frozen=True)
class Quantity:
    """A figure of a text: ``text[start:end]``.

    ``value`` is exact; a share is in percent. ``kind``: ``number``, ``percent``, ``day`` (``value`` is month × 100
    + day) or ``month``. ``soft`` marks numerals that often count nothing (一批, 两新, one).

    >>> [(q.text, int(q.value), q.soft) for q in read("一批47座大桥")]
    [('一', 1, True), ('47', 47, False)]
    """

    text: str
    start: int
    end: int
    value: Fraction
    kind: str = "number"
    soft: bool = False


# a column header printed before its cell
_HEADER_UNIT = re.compile(r"[(\uff08]([百千万亿]*)([^()\uff08\uff09\d\s]{0,6})[)\uff09] ?[-\u2212\uff0d]?$")
_HEADER_SCALE = re.compile(r"[(\uff08][百千万亿]+[^()\uff08\uff09\d\s]{0,6}[)\uff09] (?=[-\u2212\uff0d]?\d)")
_MAX_HEADER = 14  # characters before a figure in which the unit of its column stands in brackets


# -- reading ----------------------------------------------------------------------------------------------------


def read(text: str) -> list[Quantity]:
    """Returns the figures of a text, in order; ``[]`` if there are none. Never raises.

    >>> [(q.text, int(q.value), q.kind) for q in read("7月5日开工47个,总投资86.8亿元")]
    [('7月5日', 705, 'day'), ('47', 47, 'number'), ('86.8亿', 8680000000, 'number')]
    >>> [float(q.value) for q in read("forty-seven projects, 8.68 billion yuan, up 9.5%")]
    [47.0, 8680000000.0, 9.5]
    """
    folded = fold(_CITATION.sub(lambda m: " " * len(m.group()), text))
    cased = "".join(c if f == c.lower() else f for c, f in zip(text, folded, strict=True))
    found = [*_dates(text, cased)]
    taken = bytearray(len(text))
    for match in _DECADE.finditer(folded):
        year = (int(match["century"]) - 1) * 100 + int(match["decade"]) * 10
        found.append(Quantity(text[slice(*match.span())], *match.span(), Fraction(year)))
    for quantity in found:
        taken[quantity.start : quantity.end] = b"\1" * (quantity.end - quantity.start)
    found += [q for q in _numbers(text, folded) if not any(taken[q.start : q.end])]
    return sorted(found, key=lambda q: (q.start, q.value))


def unit_of(text: str, quantity: Quantity) -> str:
    """Returns the unit of a figure (元, 个, 公里), printed after it or in its column header; ``""`` if there is none.

    >>> [unit_of("开工47个,总投资86.8亿元", q) for q in read("开工47个,总投资86.8亿元")]
    ['个', '元']
    >>> [unit_of("产值(亿元) 38.4", q) for q in read("产值(亿元) 38.4")]
    ['元']
    """
    folded = fold(text)
    if "秒" in quantity.text or "小时" in quantity.text:
        return "秒"
    return unit_at(folded, quantity.end) or header_unit(folded, quantity.start)[1]


def header_unit(folded: str, at: int) -> tuple[str, str]:
    """Returns the scale and the unit that a column header gives a figure: ``产值(亿元) 38.4`` → ``("亿", "元")``.

    ``at`` is the offset of the figure in the folded text. Returns ``("", "")`` if no header stands before it.

    >>> header_unit("产值(亿元) 38.4", 7), header_unit("产值38.4", 2), [q.kind for q in read("使用率(%) 93.8")]
    (('亿', '元'), ('', ''), ['percent'])
    """
    match = _HEADER_UNIT.search(folded, max(0, at - _MAX_HEADER), at)
    return (match[1], match[2]) if match else ("", "")


def _dates(text: str, cased: str) -> Iterator[Quantity]:
    taken: list[tuple[int, int]] = []
    for pattern in (_ZH_DAY, _MONTH_DAY, _DAY_MONTH, _ZH_MONTHS, _EN_MONTH):
        for match in pattern.finditer(cased):
            if any(a < match.end() and match.start() < b for a, b in taken):
                continue
            taken.append(match.span())
            for value, kind in _date_values(match):
                yield Quantity(text[slice(*match.span())], *match.span(), Fraction(value), kind)


def _date_values(match: re.Match[str]) -> Iterator[tuple[int, str]]:
    named = match.groupdict()
    month = int(named["m"]) if named.get("m") else _month_number(named["name"])
    if named.get("d"):
        for day in (named["d"], named.get("to")):
            if day:
                yield month * 100 + int(day), "day"
        return
    for value in (month, int(named["to"]) if named.get("to") else 0):
        if value:
            yield value, "month"


def _month_number(name: str) -> int:
    return next(i for i, m in enumerate(MONTHS, 1) if m.lower().startswith(name.lower()[:3]))


def _numbers(text: str, folded: str) -> Iterator[Quantity]:
    at = 0
    while found := _next_number(folded, at):
        start, end, value, soft = found
        if folded[start - 1 : start] == "(" and set(folded[start:end]) <= set(MYRIADS):
            at = end  # the scale in a column header
            continue
        scale, unit = header_unit(folded, start)
        kind = "percent" if unit == "%" else "number"
        for power in scale:
            value *= {**TENS_TO_THOUSANDS, **MYRIADS}[power]
        if percent := _PERCENT.match(folded, end):
            end, kind, soft = percent.end(), "percent", False
        elif folded[end : end + 1] == "成" and value < 10 and not _NO_TENTHS.match(folded, end):
            end, value, kind, soft = end + 1, value * 10, "percent", False
        yield Quantity(text[start:end], start, end, value, kind, soft)
        at = end
    for match in _FRACTION.finditer(folded):
        whole = han_value(match.group(1))
        part = plain_value(match.group(2))
        if whole:
            yield Quantity(text[slice(*match.span())], *match.span(), part * 100 / whole, "percent")


def _next_number(folded: str, at: int) -> tuple[int, int, Fraction, bool] | None:
    """Returns start, end, value and softness of the next figure in digits or words; ``None`` if there is none."""
    match = _NUMBER.search(folded, at)
    words = _NUMBER_WORDS.search(folded, at)
    if words and (not match or words.start() < match.start()):
        value = words_value(words.group())
        return words.start(), words.end(), value, value <= 1
    if not match:
        return None
    if match["arabic"]:
        value = Fraction(match["arabic"].replace(",", ""))
        for unit in (match["scale"] or "").strip():
            value *= {**TENS_TO_THOUSANDS, **MYRIADS}[unit]
        end = match.end()
        if match["over"]:
            end = match.end("scale") if match["scale"] else match.end("arabic")
        if scale := _SCALES.match(folded, end):
            return match.start(), scale.end(), value * scale_value(scale.group()), False
        return match.start(), end, value, False
    end = match.end("han")
    return match.start(), end, plain_value(match["han"]), _is_soft(match["han"], folded[end : end + 2], folded[: match.start()])


def _is_soft(numeral: str, after: str, before: str) -> bool:
    counted = bool(_COUNTED.match(after))
    no_digit = numeral == "一" or not any(c in DIGITS or c == "十" for c in numeral)
    return before.endswith("第") or after.startswith("大") or no_digit or (len(numeral) == 1 and not counted)


def is_rounded(printed: str) -> bool:
    """Tells whether a printed figure is rounded: nearly, about, more than.

    >>> is_rounded("近60项"), is_rounded("下降约5%"), is_rounded("8000多人"), is_rounded("60项")
    (True, True, True, False)
    """
    folded = fold(printed)
    return bool(re.search("|".join(map(re.escape, _ROUNDING_WORDS)), folded) or re.search(r"[\d百千万亿][多余]", folded))


# -- comparing --------------------------------------------------------------------------------------------------


def unsupported(answer: str, sources: Sequence[str]) -> list[Quantity]:
    """Returns the figures of an answer that no source contains; citation marks and soft numerals are ignored.

    >>> [q.text for q in unsupported("63.2 billion yuan, 22 projects [1]", ["22个,总投资额63.2亿元"])]
    ['63.2 billion']
    >>> [q.text for q in unsupported("8.4 percentage points, 2.5 percentage points", ["增长8.4%,高于2.5个百分点"])]
    ['8.4 percentage points']
    >>> [q.text for q in unsupported("closed from 21:00 to 5:30 a.m.", ["21时至凌晨五时半关闭"])]
    []
    """
    forms = [form for source in sources for form in (source, _HEADER_SCALE.sub(" ", source), clock_in_english(source))]
    supported = {(q.value, _kind_of(q)) for form in forms for q in read(form)}
    supported |= {(value, "number") for value, sort in supported if sort in ("percent", "points")}
    supported |= {(Fraction(int(value) // 100), "month") for value, sort in supported if sort == "day"}
    return [q for q in read(answer) if not q.soft and (q.value, _kind_of(q)) not in supported]


def _kind_of(quantity: Quantity) -> str:
    """Returns the kind of a figure, with ``points`` for percentage points."""
    return "points" if quantity.kind == "percent" and re.search("百分点|points?$", quantity.text) else quantity.kind


# -- English ----------------------------------------------------------------------------------------------------


def glossary(chinese: str) -> list[tuple[str, str]]:
    """Returns the figures of a Chinese text with their English forms, in order; figures that read the same are left out.

    >>> glossary("近60项,总投资额72.5亿元,9月3日,2.5个百分点")
    [('近60项', 'nearly 60'), ('72.5亿元', '7.25 billion yuan'), ('9月3日', 'September 3'), ('2.5个百分点', '2.5 percentage points')]
    """
    folded = fold(chinese)
    found: list[tuple[int, str, str]] = []
    last = 0
    for quantity in read(chinese):
        if quantity.start < last or quantity.soft:
            continue
        start, end, english = _with_rounding_behind(folded, *_english_form(folded, quantity))
        piece = chinese[start:end]
        if start >= last and english and english != piece:
            found.append((start, piece, english))
            last = end
    return [(piece, english) for _, piece, english in found]


def _with_rounding_behind(folded: str, start: int, end: int, english: str) -> tuple[int, int, str]:
    """Returns the start, end and English form of a figure with the rounding word behind it, if there is one.

    >>> _with_rounding_behind("比重稳定在70%左右", 5, 8, "70%")
    (5, 10, 'about 70%')
    """
    word = folded[end : end + 2]
    if word not in _ROUNDING_BEHIND or not (english or folded[start:end].isascii()) or ROUNDING.search(folded, 0, start):
        return start, end, english
    return start, end + 2, _ROUNDING_BEHIND[word] + (english or folded[start:end])


def _english_form(folded: str, quantity: Quantity) -> tuple[int, int, str]:
    """Returns the start and end of a figure with its unit, and its English form; ``""`` if it stays as it is."""
    start, end = quantity.start, quantity.end
    piece = folded[start:end]
    if quantity.kind in ("day", "month"):
        return start, end, _english_date(piece)
    before = ROUNDING.search(folded, max(0, start - 3), start)
    first, about = (before.start(), _ROUNDING_WORDS[before.group()]) if before else (start, "")
    if quantity.kind == "percent":
        points = "百分点" in piece
        return first, end, f"{about}{exact(quantity.value)}{' percentage points' if points else '%'}"
    if "世纪" in piece:
        return start, end, f"the {exact(quantity.value, grouped=False)}s"
    if (year := _YEAR.match(folded, end)) and 1000 <= quantity.value <= 2100:
        return start, year.end(), exact(quantity.value, grouped=False)
    if century := re.compile(" ?世纪").match(folded, end):
        return start, century.end(), f"{_ordinal(int(quantity.value))} century"
    is_approximate = piece.rstrip("万亿千百").endswith(("多", "余")) or folded[end : end + 1] in ("多", "余")
    end += folded[end : end + 1] in ("多", "余")
    unit = UNIT.match(folded, end + folded[end : end + 1].isspace())
    if not unit and piece.isascii() and not is_approximate and not before:
        return start, end, ""
    about = about or ("more than " if is_approximate else "")
    noun = english_unit(unit.group(), quantity.value) if unit else ""
    return first, unit.end() if unit else end, f"{about}{scaled(quantity.value)} {noun}".rstrip()


def _ordinal(number: int) -> str:
    teens = 10 < number % 100 < 20
    return f"{number}{'th' if teens else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def _english_date(piece: str) -> str:
    match = _ZH_DAY.fullmatch(piece) or _ZH_MONTHS.fullmatch(piece)
    if not match or not 1 <= int(match["m"]) <= 12:
        return ""
    month, to = MONTHS[int(match["m"]) - 1], match["to"]
    if match.re is _ZH_DAY:
        return f"{month} {int(match['d'])}" + (f"-{int(to)}" if to else "")
    return month + (f"-{MONTHS[int(to) - 1]}" if to and 1 <= int(to) <= 12 else "")


def figures_in_chinese(question: str) -> str:
    """Rewrites the large figures of an English question in Chinese, because a small model gets their powers of ten wrong.

    >>> figures_in_chinese("projects worth over 100 million yuan, or 8.68 billion?")
    'projects worth over 1亿元, or 86.8亿?'
    """
    for quantity in reversed(read(question)):
        if quantity.kind != "number" or not re.search(r"[mb]illion|trillion|thousand", quantity.text, re.I) or quantity.value < 10**4:
            continue
        power, name = (10**8, "亿") if quantity.value >= 10**8 else (10**4, "万")
        money = re.match(r"\s*yuan\b", question[quantity.end :])
        end = quantity.end + (money.end() if money else 0)
        written = exact(quantity.value / power, grouped=False) + name + ("元" if money else "")
        question = question[: quantity.start] + written + question[end:]
    return question


def scaled(value: Fraction) -> str:
    """Writes a number exactly, in the scale that English newspapers use.

    >>> [scaled(Fraction(n)) for n in (6320000000, 53000, 1234567, 8403850000000)]
    ['6.32 billion', '53,000', '1,234,567', '8.40385 trillion']
    """
    for name, places in (("trillion", 6), ("billion", 6), ("million", 4)):
        part = value / POWERS[name]
        if part >= 1:
            text = exact(part)
            return f"{text} {name}" if len(text.partition(".")[2]) <= places else exact(value)
    return exact(value)


def exact(value: Fraction, *, grouped: bool = True) -> str:
    """Writes a decimal fraction in full. The caller passes no fraction such as 1/3, which would be cut at twelve places.

    >>> exact(Fraction(173, 100)), exact(Fraction(1631)), exact(Fraction("2024.5"), grouped=False)
    ('1.73', '1,631', '2024.5')
    """
    if value.denominator == 1:
        return f"{value.numerator:,}" if grouped else str(value.numerator)
    places = 0
    while (value * 10**places).denominator != 1 and places < 12:
        places += 1
    whole, decimals = divmod(int(value * 10**places), 10**places)
    return f"{whole:,}.{decimals:0{places}}" if grouped else f"{whole}.{decimals:0{places}}"
