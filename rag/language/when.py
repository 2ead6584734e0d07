"""Times that a text names, each with its place in the text: days, months, quarters, halves and years, and runs of them.

A figure belongs to the time that was named last before it; a question about a run of months asks for each of them.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from rag.language.dates import (
    DAY_WORD,
    DAYS_OFF,
    HAN_DAY,
    HAN_YEAR,
    ISO,
    MONTH,
    MONTH_NUMBER,
    RELATIVE_YEARS,
    months_of,
    number_of,
    year_of,
)
from rag.language.numerals import plain_value
from rag.language.periods import Period, span_of
from rag.language.text import fold

_N = r"(?:十[一二]|[一二两三四五六七八九十]|\d{1,2})"
_Y = rf"(?:(?P<y>(?:19|20)\d\d|{HAN_YEAR})\s*年(?:的|度)?\s*|(?P<w>今年|去年|前年|明年|当年|同年|本年度?|上年)(?:的)?)"
_EN_Y = r"(?:,?\s+(?:of\s+|in\s+)?(?P<y>(?:19|20)\d\d)\b)"
_JOIN = r"\s*(?:至|到|[-—–~\uff5e])\s*"
_PATTERNS = tuple(re.compile(pattern, re.I) for pattern in (
    rf"{_Y}?(?<![\d.])(?P<m>\d{{1,2}})\s*月(?P<d>\d{{1,2}})\s*[日号]",
    rf"{_Y}?(?<![十几])(?P<m>十[一二]?|[一二三四五六七八九])月(?P<d>{HAN_DAY})[日号]",
    rf"{_Y}?(?<![\d.])(?P<m>\d{{1,2}})\s*月?(?:份)?{_JOIN}(?P<to>\d{{1,2}})\s*月(?:份)?(?![\d日])",
    rf"{_Y}?(?:头|前)(?P<months>{_N})个?月",
    rf"{_Y}?前(?P<quarters>[二两三234])个?季度",
    rf"{_Y}(?:最后|后|末)(?P<last_months>{_N})个?月", rf"{_Y}(?:最后|后)(?P<last_quarters>[一二两三123])个?季度",
    rf"{_Y}?第?(?P<quarter>[一二三四1-4])季度",
    rf"{_Y}?(?P<half>[上下])半年",
    rf"{_Y}?(?<![\d.第])(?P<m>\d{{1,2}}|十[一二]|(?<![十个几])[一二三四五六七八九十](?=月份|月(?![日份])))\s*月(?:份)?(?![\d日])",
    rf"{_Y}(?P<all>全年)?", r"(?P<all>全年)",
    r"(?P<year_to_date>今年以来)",
    rf"\b(?P<n>{MONTH})\b(?! day\b)\.?\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\b(?!\d){_EN_Y}?",
    rf"\b(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<n>{MONTH})\b\.?{_EN_Y}?",
    rf"\b(?P<n>{MONTH})\b\.?(?!\s+(?:be|have|not|also|day)\b){_EN_Y}?",
    rf"\b(?:the\s+)?first\s+(?P<months>\w+)\s+months{_EN_Y}?", rf"\b(?:the\s+)?first\s+(?P<quarters>two|three)\s+quarters{_EN_Y}?",
    rf"\b(?:the\s+)?(?:last|final)\s+(?P<last_months>\w+)\s+months{_EN_Y}",
    rf"\b(?:the\s+)?(?:last|final)\s+(?P<last_quarters>one|two|three)\s+quarters?{_EN_Y}",
    rf"\b(?:the\s+)?(?P<quarter>last|final)\s+quarter{_EN_Y}",
    rf"\b(?:the\s+)?(?P<quarter>first|second|third|fourth|1st|2nd|3rd|4th)\s+quarter{_EN_Y}?", rf"\bQ(?P<quarter>[1-4]){_EN_Y}?",
    rf"\b(?:the\s+)?(?P<half>first|second)\s+half(?!\s+of\s+(?:{MONTH})\b)(?:\s+of\s+the\s+year)?{_EN_Y}?",
    rf"\bH(?P<half>[12]){_EN_Y}?",
    r"(?<![\w.,$¥€£])(?P<y>(?:19|20)\d\d)\b(?![.,]?\d|%|\s*年)(?:\s+(?P<all>as a whole|full year))?",
))
_UNNAMED = 0  # the year of a time that names none


@dataclass(frozen=True, order=True)
class When:
    """A day, or the months ``first`` to ``last`` of a year; ``year`` is 0 where none is known, ``day`` 0 for whole months.

    >>> When(2023, 1, 6).label, When(2023, 4, 6).label, When(2023, 1, 7).label, When(2023, 1, 12).label, When(0, 3, 3).label
    ('2023年上半年', '2023年二季度', '2023年1—7月', '2023年', '3月')
    """

    year: int
    first: int
    last: int
    day: int = 0

    @property
    def label(self) -> str:
        """As a Chinese paper writes it."""
        year = f"{self.year}年" if self.year else ""
        if self.day:
            return f"{year}{self.first}月{self.day}日"
        if (self.first, self.last) == (1, 12):
            return year or "全年"
        if self.kind in ("quarter", "half"):
            return year + (f"{'一二三四'[self.first // 3]}季度" if self.kind == "quarter" else f"{'上下'[self.first // 7]}半年")
        return year + (f"{self.first}月" if self.first == self.last else f"{self.first}—{self.last}月")

    @property
    def english(self) -> str:
        """As an English paper writes it.

        >>> When(2023, 1, 6).english, When(2023, 4, 4, 7).english, When(2023, 1, 12).english
        ('January–June 2023', 'April 7, 2023', '2023')
        """
        months = [calendar.month_name[month] for month in dict.fromkeys((self.first, self.last))]
        if self.day:
            return f"{months[0]} {self.day}" + (f", {self.year}" if self.year else "")
        if (self.first, self.last) == (1, 12) and self.year:
            return str(self.year)
        return "–".join(months) + (f" {self.year}" if self.year else "")

    @property
    def iso(self) -> str:
        """``2023-04``, ``2023-04-07``, ``2023``; ``2023-01/2023-06`` for several months; ``--04`` without a year."""
        year = f"{self.year:04}" if self.year else "-"
        if self.day:
            return f"{year}-{self.first:02}-{self.day:02}"
        if (self.first, self.last) == (1, 12) and self.year:
            return year
        ends = [f"{year}-{month:02}" for month in dict.fromkeys((self.first, self.last))]
        return "/".join(ends)

    @property
    def kind(self) -> str:
        """``day``, ``month``, ``quarter``, ``half``, ``year`` or ``months``."""
        if self.day:
            return "day"
        months = self.last - self.first + 1
        known = {1: "month", 3: "quarter", 6: "half", 12: "year"}
        return known.get(months, "months") if (self.first - 1) % months == 0 else "months"

    @property
    def period(self) -> Period | None:
        """Its days, where its year is known; several months are summed up."""
        if not self.year:
            return None
        if self.day:
            return span_of(self.year, self.first, self.day)
        whole = self.kind not in ("month", "year")
        return Period(span_of(self.year, self.first).start, span_of(self.year, self.last).end, whole)

    def covers(self, other: When) -> bool:
        """Tells whether the other lies in it; a year that is not known may be any."""
        same_year = not self.year or not other.year or self.year == other.year
        return same_year and self.first <= other.first and other.last <= self.last and (not self.day or self.day == other.day)

    def same(self, other: When) -> bool:
        """Tells whether both are the same time, as far as their years are known."""
        return self.covers(other) and other.covers(self)

    def parts(self, kind: str) -> list[When]:
        """Its months, quarters, halves or itself as a year.

        >>> [when.label for when in When(2023, 1, 6).parts("quarter")]
        ['2023年一季度', '2023年二季度']
        """
        size = {"month": 1, "quarter": 3, "half": 6, "year": 12}[kind]
        return [When(self.year, first, first + size - 1) for first in range(self.first, self.last - size + 2, size)]


@dataclass(frozen=True)
class NamedTime:
    """``text[start:end]`` names a time."""

    start: int
    end: int
    when: When


def day_of(iso: str) -> When | None:
    """Returns the day of an ISO date; ``None`` for a month or a year.

    >>> day_of("2023-04-07").label, day_of("2023-04")
    ('2023年4月7日', None)
    """
    parts = [int(part) for part in iso.split("-") if part.isdigit()]
    return When(parts[0], parts[1], parts[1], parts[2]) if len(parts) == len(("year", "month", "day")) else None


def times_in(text: str, written: str = "") -> list[NamedTime]:
    """Returns the times of a text in order; one without a year takes that named before it, else that of ``written``, an ISO date.

    >>> [(t.when.label) for t in times_in("2023年3月增长5%,4月增长6%,上半年增长4%")]
    ['2023年3月', '2023年4月', '2023年上半年']
    >>> [t.when.iso for t in times_in("12月出口,今年前两个月进口", "2024-03-09")], times_in("How many?")
    (['2023-12', '2024-01/2024-02'], [])
    >>> [t.when.iso for t in times_in("一九五八年六月十四日动工,十二月一日完工,二十三日通车")]
    ['1958-06-14', '1958-12-01']
    >>> [t.when.english for t in times_in("from Q1 2023 to June, on May 5, 2024")]
    ['January–March 2023', 'June 2023', 'May 5, 2024']
    """
    folded = fold(text)
    found = [*_listed(folded, written), *_first_days(folded, written)]
    for pattern in _PATTERNS:
        for match in pattern.finditer(folded):
            when = _when(match.groupdict(), written)
            if when and not any(t.start < match.end() and match.start() < t.end for t in found):
                found.append(NamedTime(match.start(), match.end() + (folded[match.end() : match.end() + 1] in tuple(_END)), when))
    found += [NamedTime(m.start(), m.end(), day) for m in DAY_WORD.finditer(folded) if (day := _day_off(m.group(), written))]
    found.sort(key=lambda time: time.start)
    return list(_with_years(_same_months(found, folded), written))


_BARE_DAY = re.compile(r"(?<![\d月.])(\d{1,2})[日号]")


def bare_days(text: str, written: str) -> list[NamedTime]:
    """Returns the days of a text that name no month, of the month of the paper, an ISO date; none that would be yet to come then.

    >>> [day.when.iso for day in bare_days("7月30日下雨,31日起涨水,2日退去", "2024-08-03")]
    ['2024-08-02']
    """
    paper = day_of(written)
    found = ((match, int(match[1])) for match in _BARE_DAY.finditer(fold(text)))
    return [NamedTime(*match.span(), replace(paper, day=day)) for match, day in found if paper and 1 <= day <= paper.day]


def times_in_chinese(text: str) -> str:
    """Rewrites the English times of a text in Chinese, because a small model translates them wrongly; bare years stay.

    >>> times_in_chinese("How many by 17 December, or from May to June 2023, or from 1 to 5 July 2023, after 2021?")
    'How many by 2023年12月17日, or from 2023年5月 to 2023年6月, or from 2023年7月1日 to 2023年7月5日, after 2021?'
    >>> times_in_chinese("in January-May, in the second half of 2022, in the second half of July")
    'in 2022年1—5月, in 2022年下半年, in the second half of 2022年7月'
    """
    after: NamedTime | None = None
    for time in reversed(times_in(text)):
        if after and after.when.kind == time.when.kind == "month" and _HYPHEN.fullmatch(text, time.end, after.start):
            time, end = replace(time, when=replace(time.when, last=after.when.last)), after.start + len(after.when.label)
        else:
            end = time.end
        if time.when.kind != "year" or not text[time.start : time.end].isdigit():
            text = text[: time.start] + time.when.label + text[end:]
        after = time
    return text


_LEAP = 2024
_HYPHEN = re.compile(r"\s*[-–—]\s*")
_END = "末底初"  # of the month: still that month
_LISTED = re.compile(
    rf"{_Y}?(?<![\d.])(?P<list>\d{{1,2}}(?:[、,和与]\d{{1,2}})+)\s*(?:月份?(?![\d日])|{_N}个月)"
    r"|(?<!\d)(?P<years>(?:19|20)\d\d(?:[、,和与](?:19|20)\d\d)+)\s*年")


def _listed(folded: str, written: str) -> Iterator[NamedTime]:
    """Yields the months or years of a list that names its kind once, each where its number stands.

    >>> [(time.start, time.end, time.when.label) for time in _listed("2024年7、8、9三个月的产量", "")]
    [(0, 6, '2024年7月'), (6, 8, '2024年8月'), (8, 13, '2024年9月')]
    >>> [time.when.label for time in _listed("2021、2022年", "")]
    ['2021年', '2022年']
    """
    for match in _LISTED.finditer(folded):
        kind = match.lastgroup or ""
        year, at = _year(match.groupdict(), written), match.start()
        numbers = list(re.finditer(r"\d+", match[kind]))
        for number in numbers:
            end = match.end() if number is numbers[-1] else match.start(kind) + number.end()
            value = int(number.group())
            if kind == "years":
                yield NamedTime(at, end, When(value, 1, 12))
            elif 1 <= value <= 12:
                yield NamedTime(at, end, When(year, value, value))
            at = end


_DAYS = tuple(re.compile(pattern, re.I) for pattern in (
    rf"{_Y}?(?P<m>\d{{1,2}})月(?P<d>\d{{1,2}})[日号]?(?P<join>{_JOIN})(?P<to>\d{{1,2}})[日号]",
    rf"(?<![\d.])(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?P<join>\s*(?:to|through|until|and|[-–—])\s*)(?P<to>\d{{1,2}})(?:st|nd|rd|th)?\s+"
    rf"(?:of\s+)?(?P<n>{MONTH})\b\.?{_EN_Y}?",
    rf"\b(?P<n>{MONTH})\b(?! day\b)\.?\s+(?P<d>\d{{1,2}})(?P<join>\s*(?:to|through|until|[-–—])\s*)(?P<to>\d{{1,2}})\b(?!\d){_EN_Y}?"))


def _first_days(folded: str, written: str) -> Iterator[NamedTime]:
    """Returns the first and the last day of a run of days of one month.

    >>> [time.when.label for time in _first_days("from 1 to 7 october 2023", "")]
    ['2023年10月1日', '2023年10月7日']
    """
    for pattern in _DAYS:
        for match in pattern.finditer(folded):
            named = match.groupdict()
            first, last = (_when({**named, "d": named[end], "to": None}, written) for end in ("d", "to"))
            if first and last:
                yield NamedTime(match.start(), match.start("join"), first)
                yield NamedTime(match.end("join"), match.end(), last)


def _day_off(word: str, written: str) -> When | None:
    try:
        day = date.fromisoformat(written) + timedelta(DAYS_OFF[word])
    except ValueError:
        return None
    return When(day.year, day.month, day.month, day.day)


_SAME = re.compile(r"\s*(?:同期|同月|同季)")
_THE_SAME = re.compile(r"\bsame \w+(?: (?:of|in|last year|a year earlier),?)?\s*$", re.I)


def _same_months(found: Sequence[NamedTime], folded: str) -> Iterator[NamedTime]:
    """``2023年同期`` is those months of 2023 that were named before it.

    >>> [t.when.label for t in times_in("2024年一季度比2023年同期多多少?")]
    ['2024年一季度', '2023年一季度']
    """
    before: When | None = None
    for time in found:
        after = _SAME.match(folded, time.end)
        if before and time.when.kind == "year" and (after or _THE_SAME.search(folded, 0, time.start)):
            when = replace(before, year=time.when.year)
            yield NamedTime(time.start, after.end() if after else time.end, when)
        else:
            yield time
        before = time.when


def _with_years(times: Iterable[NamedTime], written: str) -> Iterator[NamedTime]:
    found = list(times)
    known = [time.when.year for time in found if time.when.year]
    before = known[0] if known and not written else _UNNAMED
    for time in found:
        year = time.when.year or before
        if not year and written:
            year = int(year_of(time.when.last, written) or 0)
        before = year if time.when.year else before
        yield replace(time, when=replace(time.when, year=year))


def days_of(year: int, month: int) -> int:
    """Returns how many days a month has; of an unknown year as many as in a leap year.

    >>> days_of(2023, 2), days_of(0, 2)
    (28, 29)
    """
    return calendar.monthrange(year or _LEAP, month)[1]


def _when(named: dict[str, str | None], written: str) -> When | None:
    """Returns what a pattern named; ``None`` for a 13th month and the like."""
    year = _year(named, written)
    if named.get("m") or named.get("n"):
        month = number_of(named["m"] or "") if named.get("m") else MONTH_NUMBER[str(named["n"]).lower()]
        last = number_of(named["to"] or "") if named.get("to") else month
        day = int(plain_value(str(named["d"]))) if named.get("d") else 0
        return When(year, month, last, day) if 1 <= month <= last <= 12 and day <= days_of(year, month) else None
    if any(named.get(run) for run in ("months", "quarters", "last_months", "last_quarters", "quarter", "half")):
        first, last = months_of(named)
        return When(year, first, last) if 1 <= first <= last <= 12 else None
    if named.get("year_to_date"):
        return When(int(written[:4]), 1, int(written[5:7])) if ISO.fullmatch(written) and len(written) >= 7 else None
    return When(year, 1, 12) if year or named.get("all") else None


def _year(named: dict[str, str | None], written: str) -> int:
    if named.get("y"):
        return int(plain_value(str(named["y"])))
    shift = {**RELATIVE_YEARS, "上年": -1}.get(named.get("w") or "", 0)
    return int(written[:4]) + shift if named.get("w") and ISO.fullmatch(written) else _UNNAMED
