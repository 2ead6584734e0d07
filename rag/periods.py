"""The period that a question asks about, and which texts can tell about it.

Figures recur: every month has its exports, every year its harvest. A report of one period answers no question about
another, however alike the two read.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from rag.dates import date_tokens

_YEAR = re.compile(r"(?<![\d.,$¥€£])((?:19|20)\d\d)(?=\s*年)|(?<![\w.,$¥€£])((?:19|20)\d\d)\b(?![.,]?\d|%)")
_OPEN = re.compile(r"\b(?:before|prior to|after|since)\b[^,.;?]{0,20}\b(?:19|20)\d\d\b|[年月日](?:以前|之前|以来|以后|之后|至今)", re.I)
_BEFORE = timedelta(days=1)  # a paper of the evening before tells of the day
_SOON = (7, 92)  # days: news follows what it tells of within as long as that lasted, a week at least, a season at most


@dataclass(frozen=True)
class Period:
    """From one day to another, both included."""

    start: date
    end: date

    @property
    def days(self) -> int:
        """How many days it has.

        >>> Period(date(2024, 2, 1), date(2024, 2, 29)).days
        29
        """
        return (self.end - self.start).days + 1

    def told_by(self, text: str, written: str = "") -> bool:
        """Whether a text may tell about this period: it names it or a part of it, or was written in it or soon after.

        ``written`` is an ISO day, month or year; a text without may tell about any time.

        >>> june = Period(date(2023, 6, 1), date(2023, 6, 30))
        >>> june.told_by("新订单指数为50.4%", "2023-07-03"), june.told_by("新订单指数保持在50%以上", "2024-01-03")
        (True, False)
        >>> june.told_by("比2023年6月高0.2个百分点", "2024-01-03"), june.told_by("新订单指数为50.4%")
        (True, True)
        """
        when = _written(written)
        soon = timedelta(days=min(max(self.days, _SOON[0]), _SOON[1]))
        if when is None or (self.start - _BEFORE <= when.end and when.start <= self.end + soon):
            return True
        return any(named.days <= self.days and named.start <= self.end and self.start <= named.end
                   for named in periods_in(text, written))


def asked_period(question: str) -> Period | None:
    """The period that a question in either language names, from the first day to the last.

    Days count before months, and months before years. ``None`` if it names none, or one without end ("since 2012").

    >>> asked_period("2023年6月新订单指数是多少?")
    Period(start=datetime.date(2023, 6, 1), end=datetime.date(2023, 6, 30))
    >>> asked_period("How much did it export in 2022?").days, asked_period("How many of 3,000 workers are back?")
    (365, None)
    """
    named = [] if _OPEN.search(question) else list(periods_in(question))
    shortest = [p for p in named if p.days == 1] or [p for p in named if p.days < 32] or named
    return Period(min(p.start for p in shortest), max(p.end for p in shortest)) if shortest else None


def periods_in(text: str, written: str = "") -> Iterator[Period]:
    """The days, months and years that a text names; ``written`` is its ISO date, from which a month takes its year."""
    for token in date_tokens(text, written):
        if not token.startswith("md"):
            yield _span(int(token[1:5]), int(token[5:7]), int(token[7:] or 0))
    for match in _YEAR.finditer(text):
        yield _span(int(match[1] or match[2]))


def _span(year: int, month: int = 0, day: int = 0) -> Period:
    last = calendar.monthrange(year, month or 12)[1]
    return Period(date(year, month or 1, min(day, last) or 1), date(year, month or 12, min(day, last) or last))


def _written(iso: str) -> Period | None:
    try:
        return _span(*map(int, iso.split("-")))
    except (ValueError, TypeError):
        return None
