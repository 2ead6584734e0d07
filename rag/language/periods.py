"""The period that a question asks about, and the texts that can report it.

Statistics recur: exports every month, the harvest every year. A report about one period does not answer a question about
another, however similar the wording.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from rag.language.dates import (
    DAY_WORD,
    DAYS_OFF,
    ISO,
    MONTH,
    MONTH_NUMBER,
    RELATIVE_YEARS,
    date_tokens,
    months_of,
    with_digits,
    year_of,
)

_YEAR = re.compile(r"(?<![\d.,$¥€£])((?:19|20)\d\d)(?=\s*年)|(?<![\w.,$¥€£])((?:19|20)(?!00)\d\d)\b(?![.,]?\d|%)"
                   r"|\b(?:in|by|since|until|from|to|during|year) ((?:19|20)00)\b(?![.,]?\d|%| [a-z]+s\b| people)")
_OPEN_ENDED = re.compile(r"\b(?:before|prior to|after|since)\b[^,.;?]{0,20}\b(?:19|20)\d\d\b"
                         r"|[年月日](?:以前|之前|以来|以后|之后|至今)", re.I)
# the base of a comparison, not the period reported
_COMPARISON = re.compile(r"(?:比|较|相比于?|同比)(?:(?:19|20)\d\d年)?(?:\d{1,2}月份?)?(?:\d{1,2}[日号])?")
_STATISTICS_MONTH = re.compile(r"(?:(?<!\d)((?:19|20)\d\d)年)?(?<![\d-])(1[0-2]|[1-9])月份"
                               r"|(?:^|(?<=[,\uff0c;\uff1b:\uff1a]))(?:((?:19|20)\d\d)年)?(1[0-2]|[1-9])月[,\uff0c]")
_EVENING_BEFORE = timedelta(days=1)  # an evening paper reports the next day
_REPORT_DELAY = (7, 92)  # days, least and most: news reports a period within its own length after its end

_OF_YEAR = r"(?:(?<!\d)(?P<y>(?:19|20)\d\d)年的?)?"
_EN_YEAR = r"(?: of| in)? (?P<y>(?:19|20)\d\d)\b"
_MONTH_RUNS = tuple(re.compile(pattern, re.I) for pattern in (
    rf"{_OF_YEAR}前(?P<months>[一二两三四五六七八九十\d]{{1,2}})个?月",
    rf"{_OF_YEAR}(?<![\d日])(?P<a>\d{{1,2}})月?[-—–~至到](?P<b>\d{{1,2}})月(?!\d)",
    rf"{_OF_YEAR}(?P<half>[上下])半年", rf"{_OF_YEAR}第?(?<!前)(?P<quarter>[一二三四1-4])季度",
    rf"{_OF_YEAR}前(?P<quarters>[二两三])季度",
    r"(?<!\d)(?P<y>(?:19|20)\d\d)年?(?P<all>全年)",
    rf"\bfirst (?P<months>\w+) months{_EN_YEAR}", rf"\b(?P<half>first|second) half{_EN_YEAR}",
    rf"\b(?P<quarter>first|second|third|fourth) quarter{_EN_YEAR}", rf"\bfirst (?P<quarters>two|three) quarters{_EN_YEAR}",
    rf"\b(?P<a>{MONTH})(?: ?[-–] ?| to | through )(?P<b>{MONTH}){_EN_YEAR}",
    r"\b(?P<all>whole|full|entire|all)(?: of)?(?: the)?(?: year)? (?P<y>(?:19|20)\d\d)\b",
))
_CHINESE_PATTERNS = 6  # number of Chinese patterns at the front; the rest are English
_MAY_BE_ENGLISH = re.compile(r"[a-z]\s+(?:19|20)\d\d", re.I)
_HOLIDAYS = tuple((re.compile(words, re.I), first, last) for words, first, last in (  # first and last possible day
    ("元旦|New Year's Day", (1, 1), (1, 3)), ("春节|春运|Spring Festival|(?:Chinese|Lunar) New Year", (1, 10), (3, 5)),
    ("清明|Qingming|Tomb[- ]Sweeping", (4, 3), (4, 7)),
    ("劳动节|“?五一”?(?:假期|小长假|期间|黄金周)|May Day|Labou?r Day", (4, 29), (5, 5)),
    ("端午|Dragon Boat", (6, 1), (6, 30)), ("中秋|Mid-Autumn", (9, 8), (10, 8)),
    ("国庆(?:节|假期|长假|期间|黄金周)|National Day (?:holiday|break|week|Golden Week)", (9, 29), (10, 8))))


@dataclass(frozen=True)
class Period:
    """A range of days, both ends included. ``whole``: a figure for the period is its total, published after its end.

    >>> Period(date(2024, 1, 1), date(2024, 3, 31), whole=True) == asked_period("2024年一季度出口多少?")
    True
    """

    start: date
    end: date
    whole: bool = False

    @property
    def days(self) -> int:
        """Returns the number of days.

        >>> Period(date(2024, 2, 1), date(2024, 2, 29)).days
        29
        """
        return (self.end - self.start).days + 1

    def can_be_reported_by(self, text: str, written: str = "") -> bool:
        """Tells whether a text may report this period: it names the period or a part of it, or it was written then or soon after.

        A text with the total of other months may not, nor may one that calls another day "today". ``written`` is the text's
        ISO day, month or year; a text without one may report any time.

        >>> june = Period(date(2023, 6, 1), date(2023, 6, 30))
        >>> june.can_be_reported_by("新订单指数为50.4%", "2023-07-03"), june.can_be_reported_by("新订单指数保持在50%以上", "2024-01-03")
        (True, False)
        >>> june.can_be_reported_by("比2023年6月高0.2个百分点", "2024-01-03"), june.can_be_reported_by("新订单指数为50.4%")
        (False, True)
        >>> year = asked_period("2023年全年出口多少?")
        >>> year.can_be_reported_by("2023年前11个月出口九万吨", "2024-01-05"), year.can_be_reported_by("2023年出口十万吨", "2024-01-15")
        (False, True)
        """
        text = _COMPARISON.sub("", with_digits(text))
        summed = [named.start_and_end for named in totals_in(text, written)] if self.whole else []
        if summed:
            return self.start_and_end in summed
        if self.days == 1 and (relative := list(_relative_days(text, written))):
            return self.start in relative or any(named == self for named in periods_in(text, written))
        when = _date_span(written)
        delay = timedelta(days=min(max(self.days, _REPORT_DELAY[0]), _REPORT_DELAY[1]))
        first = self.end if self.whole else self.start
        if when is None or (first - _EVENING_BEFORE <= when.end and when.start <= self.end + delay):
            return True
        years = range(self.start.year, self.end.year + 1)
        if not any(str(year) in text for year in years) and not {when.end.year, when.end.year - 1} & set(years):
            return False  # a month without a year belongs to the year of the text or the year before
        return any(named.days <= self.days and named.start <= self.end and self.start <= named.end
                   for named in periods_in(text, written) if not self.whole or named.start_and_end == self.start_and_end)

    def _matches_months_or_years(self, text: str, written: str) -> bool | None:
        """Tells whether the months of statistics, or the relative years, in a text match this period; ``None`` if it has none."""
        found = [(match[1] or match[3], int(match[2] or match[4])) for match in _STATISTICS_MONTH.finditer(text)]
        months = [(year or year_of(month, written), month) for year, month in found]
        if months and 27 < self.days < 32:
            return any(month == self.start.month and year in ("", str(self.start.year)) for year, month in months)
        years = {int(written[:4]) + shift for word, shift in RELATIVE_YEARS.items() if word in text} if _date_span(written) else set()
        named = {int(match[1]) for match in _YEAR.finditer(text) if match[1]}
        if not years or self.days < 365:
            return None
        return any(self.start.year <= year <= self.end.year for year in years | named)

    def can_be_reported_in(self, sentence: str, passage: str, written: str = "") -> bool:
        """Tells whether a sentence may report this period: by its own times or, if it names none, by those of its passage.

        >>> june = Period(date(2023, 6, 1), date(2023, 6, 30))
        >>> [june.can_be_reported_in(text, f"回顾2023年6月。{text}", "2024-03-01") for text in ("产量为五万吨。", "今天产量为六万吨。")]
        [True, False]
        >>> june.can_be_reported_in("5月份产量为四万吨。", "5月份产量为四万吨。", "2023-06-04")
        False
        >>> june.can_be_reported_in("今年六月一日起调到三元。", "", "2023-05-29")
        True
        """
        sentence, passage = with_digits(sentence), with_digits(passage)
        matches = self._matches_months_or_years(_COMPARISON.sub("", sentence), written)
        if matches is not None:
            return matches
        named = any(True for _ in (*_relative_days(sentence, written), *periods_in(sentence, written), *totals_in(sentence, written)))
        return self.can_be_reported_by(sentence, written) or (not named and self.can_be_reported_by(passage, written))

    @property
    def start_and_end(self) -> tuple[date, date]:
        """Returns the first and the last day.

        >>> [day.day for day in Period(date(2024, 2, 1), date(2024, 2, 29)).start_and_end]
        [1, 29]
        """
        return self.start, self.end


def without_compared(text: str) -> str:
    """Overwrites with ``#`` the times that a text only compares with; the offsets stay valid.

    >>> without_compared("6月增长5%,比2023年5月快")
    '6月增长5%,########快'
    """
    return _COMPARISON.sub(lambda match: "#" * len(match.group()), text)


def asked_period(question: str) -> Period | None:
    """Returns the period that a Chinese or English question names, from its first day to its last.

    Runs of months take precedence, then days, holidays, months and years. Returns ``None`` for a question without a period
    or with an open-ended one ("since 2012").

    >>> asked_period("2023年6月新订单指数是多少?")
    Period(start=datetime.date(2023, 6, 1), end=datetime.date(2023, 6, 30), whole=False)
    >>> asked_period("How much did it export in the first half of 2022?").end, asked_period("How many of 3,000 workers are back?")
    (datetime.date(2022, 6, 30), None)
    """
    if _OPEN_ENDED.search(question):
        return None
    years = {match[1] or match[2] or match[3] for match in _YEAR.finditer(question)}
    only = years.pop() if len(years) == 1 else ""  # "从2024年春运开始到2月11日" names a day of that year
    summed, named = list(totals_in(question, only)), list(periods_in(question, only))
    days = [p for p in named if p.days == 1]
    chosen = summed or days or _holidays(question, named) or [p for p in named if p.days < 32] or named
    return Period(min(p.start for p in chosen), max(p.end for p in chosen), bool(summed)) if chosen else None


def periods_in(text: str, written: str = "") -> Iterator[Period]:
    """Yields the days, months and years that a text names; ``written``, its ISO date, gives the year of a month without one.

    >>> [str(period.start) for period in periods_in("6月增长", "2024-07-01")], list(periods_in("增长"))
    (['2024-06-01'], [])
    """
    for token in date_tokens(text, written):
        if not token.startswith("md"):
            yield span_of(int(token[1:5]), int(token[5:7]), int(token[7:] or 0))
    for match in _YEAR.finditer(text):
        yield span_of(int(match[1] or match[2] or match[3]))


def totals_in(text: str, written: str = "") -> Iterator[Period]:
    """Yields the runs of months for which a text gives totals: January to July, a quarter, a half or a whole year.

    >>> [(p.start.month, p.end.month) for p in totals_in("1-7月增长5%,一季度增长4%", "2024-08-20")]
    [(1, 7), (1, 3)]
    """
    for pattern in _MONTH_RUNS if _MAY_BE_ENGLISH.search(text) else _MONTH_RUNS[:_CHINESE_PATTERNS]:
        for match in pattern.finditer(text):
            first, last = _months(match.groupdict())
            year = match["y"] or (year_of(last, written) if 1 <= last <= 12 else "")
            if year and 1 <= first <= last <= 12:
                yield Period(span_of(int(year), first).start, span_of(int(year), last).end, whole=True)


def _holidays(question: str, named: list[Period]) -> list[Period]:
    """Returns the holidays of a question, in each year that it names.

    >>> [p.start.isoformat() for p in _holidays("2023年劳动节假期收入多少?", [span_of(2023)])]
    ['2023-04-29']
    """
    return [Period(date(year, *first), date(year, *last)) for words, first, last in _HOLIDAYS if words.search(question)
            for year in sorted({p.start.year for p in named})]


def _relative_days(text: str, written: str) -> Iterator[date]:
    """Yields the days that a text calls today, yesterday or tomorrow; none if ``written`` is not a full ISO day."""
    when = _date_span(written)
    if when and when.days == 1:
        yield from (when.start + timedelta(days=DAYS_OFF[word]) for word in DAY_WORD.findall(text))


def _months(named: Mapping[str, str | None]) -> tuple[int, int]:
    """Returns the first and the last month of a pattern match; ``(0, 0)`` if it is not a run of months."""
    if named.get("all"):
        return 1, 12
    if named.get("a"):
        return _month_number(named["a"] or ""), _month_number(named["b"] or "")
    return months_of(named)


def _month_number(word: str) -> int:
    return int(word) if word.isdigit() else MONTH_NUMBER[word.lower()]


def span_of(year: int, month: int = 0, day: int = 0) -> Period:
    """Returns a year, a month or a day as a period; a day that its month has not becomes the month's last.

    >>> span_of(2024, 2).end, span_of(2023, 2, 31).start
    (datetime.date(2024, 2, 29), datetime.date(2023, 2, 28))
    """
    last = calendar.monthrange(year, month or 12)[1]
    return Period(date(year, month or 1, min(day, last) or 1), date(year, month or 12, min(day, last) or last))


def _date_span(iso: str) -> Period | None:
    try:
        return span_of(*map(int, iso.split("-"))) if ISO.fullmatch(iso) else None
    except ValueError:  # a 13th month
        return None
