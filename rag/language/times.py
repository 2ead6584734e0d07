"""Resolves the relative times of an article (今年, 去年, 上半年, 今天, 近日, 7月5日) against its date."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date as date_of
from datetime import timedelta

from rag.language.dates import DAYS_OFF, RELATIVE_YEARS, year_of
from rag.records import ResolvedTime

_DAY = re.compile(r"(?<![年\d])(?P<m>\d{1,2})月(?P<d>\d{1,2})日")
_MONTHS = re.compile(r"(?<![年\d-])(?P<a>\d{1,2})[-至—](?P<b>\d{1,2})月(?!\d)")
_WORDS = re.compile("今年以来|今年上半年|去年上半年|今年|去年|前年|明年|上半年|下半年|本月|上月|上个月|近日|日前|" + "|".join(DAYS_OFF))
_HALVES = {"上半年": ("01", "06"), "下半年": ("07", "12")}


def resolve_times(text: str, date: str) -> list[ResolvedTime]:
    """Returns the relative times of a text, in order, each resolved against the article's ISO ``date``.

    Returns ``[]`` for a text without relative times and for a ``date`` without a year.

    >>> [(t.text, t.means) for t in resolve_times("今年以来开工47个,7月5日签约", "2024-07-10")]
    [('今年以来', '2024'), ('7月5日', '2024-07-05')]
    >>> [t.means for t in resolve_times("今天开工,昨天签约", "2024-07-01")]
    ['2024-07-01', '2024-06-30']
    >>> resolve_times("今年以来", ""), resolve_times("今天", "2024-06-31")
    ([], [])
    """
    if not re.match(r"\d{4}", date):
        return []
    finders: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], str], str]], ...] = (
        (_WORDS, _resolve_word), (_DAY, _resolve_day), (_MONTHS, _resolve_months))
    found = [(m.start(), m.group(), resolve(m, date)) for pattern, resolve in finders for m in pattern.finditer(text)]
    resolved = dict.fromkeys(ResolvedTime(words, means, date) for _, words, means in sorted(found) if means)
    return list(resolved)


def all_times(pairs: Iterable[tuple[str, str]]) -> tuple[ResolvedTime, ...]:
    """Returns the relative times of several ``(text, date)`` pairs, without duplicates.

    >>> [time.means for time in all_times([("今年", "2024"), ("去年", "2024"), ("今年", "2024")])]
    ['2024', '2023']
    """
    return tuple(dict.fromkeys(time for text, date in pairs for time in resolve_times(text, date)))


def _resolve_word(match: re.Match[str], date: str) -> str:
    word, year = match.group(), int(date[:4])
    if word in DAYS_OFF:
        return _shift_day(date, DAYS_OFF[word])
    half = next((_HALVES[name] for name in _HALVES if word.endswith(name)), None)
    year += next((shift for name, shift in RELATIVE_YEARS.items() if word.startswith(name)), 0)
    if half:
        return f"{year}-{half[0]} – {year}-{half[1]}"
    if word in ("近日", "日前"):
        return f"shortly before {date}" if len(date) == 10 else ""
    if word.endswith("月"):
        return _shift_month(date, -1 if word.startswith("上") else 0)
    return str(year)


def _shift_day(date: str, days: int) -> str:
    try:
        return (date_of.fromisoformat(date) + timedelta(days)).isoformat() if len(date) == 10 else ""
    except ValueError:  # a misprinted day, such as the 31st of June
        return ""


def _shift_month(date: str, shift: int) -> str:
    if len(date) < 7:
        return ""
    months = int(date[:4]) * 12 + int(date[5:7]) - 1 + shift
    return f"{months // 12}-{months % 12 + 1:02}"


def _resolve_day(match: re.Match[str], date: str) -> str:
    month, day = int(match["m"]), int(match["d"])
    return f"{year_of(month, date)}-{month:02}-{day:02}" if 1 <= month <= 12 and 1 <= day <= 31 else ""


def _resolve_months(match: re.Match[str], date: str) -> str:
    first, last = int(match["a"]), int(match["b"])
    year = year_of(last, date)
    return f"{year}-{first:02} – {year}-{last:02}" if 1 <= first < last <= 12 else ""
