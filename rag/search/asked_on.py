"""Resolves the relative times of a question (last month, 去年8月, 两年前) against the day on which it is asked."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from datetime import date, timedelta

from rag.language.dates import DAYS_OFF, RELATIVE_YEARS, number_of
from rag.records import ResolvedTime

_NUMBER = r"(?<![一二两三四五六七八九十百多\d])(?:\d{1,2}|十[一二三四五六七八九]|[一二两三四五六七八九十])"
_MONTHS = rf"(?:的?(?P<m>{_NUMBER})月份?)"
_SAME_DATE = "(?:的?(?:今天|今日|这一天|同一天)(?P<day>)|的?(?:这个时候|此时|这个月|同期)(?P<month>))"

_ZH = (
    (rf"(?P<n>{_NUMBER})年(?:之|以)?前{_SAME_DATE}?{_MONTHS}?", lambda m, on: _in_year(on, on.year - number_of(m["n"]), m)),
    (rf"(?P<w>{'|'.join(RELATIVE_YEARS)}){_SAME_DATE}?{_MONTHS}?", lambda m, on: _in_year(on, on.year + RELATIVE_YEARS[m["w"]], m)),
    (rf"(?P<n>{_NUMBER})个月(?:之|以)?前", lambda m, on: _month(on, -number_of(m["n"]))),
    (r"(?P<w>上上个?月|上个?月|本月|这个月)", lambda m, on: _month(on, -m["w"].count("上"))),
    (rf"(?P<n>{_NUMBER})天(?:之|以)?前", lambda m, on: _day(on - timedelta(number_of(m["n"])))),
    (rf"(?P<w>{'|'.join(DAYS_OFF)})", lambda m, on: _day(on + timedelta(DAYS_OFF[m["w"]]))),
)
_EN = (
    (r"\b(?P<n>\w+) years? ago\b", lambda m, on: _write_if_known(number_of(m["n"]), lambda n: f"in {on.year - n}")),
    (r"\b(?P<n>\w+) months? ago\b", lambda m, on: _write_if_known(number_of(m["n"]), lambda n: f"in {_en_month(on, -n)}")),
    (r"\b(?P<n>\w+) days? ago\b", lambda m, on: _write_if_known(number_of(m["n"]), lambda n: f"on {_en_day(on - timedelta(n))}")),
    (r"\b(?P<w>last|this|next) year\b", lambda m, on: str(on.year + {"last": -1, "this": 0, "next": 1}[m["w"].lower()])),
    (r"\b(?P<w>last|this) month\b", lambda m, on: f"in {_en_month(on, -1 if m['w'].lower() == 'last' else 0)}"),
    (r"\b(?P<w>yesterday|today)\b", lambda m, on: f"on {_en_day(on - timedelta(m['w'].lower() == 'yesterday'))}"),
)


def with_absolute_times(question: str, asked_on: date) -> tuple[str, tuple[ResolvedTime, ...]]:
    """Replaces the relative times of a question by absolute ones; returns the question and the replacements.

    >>> with_absolute_times("两年前5月地铁房山线哪一站被封闭?", date(2024, 11, 12))[0]
    '2022年5月地铁房山线哪一站被封闭?'
    >>> questions = ("去年的这个时候谁访华?", "上个月产量多少?", "What was exported last month?")
    >>> [with_absolute_times(q, date(2024, 11, 12))[0] for q in questions]
    ['2023年11月谁访华?', '2024年10月产量多少?', 'What was exported in October 2024?']
    >>> [with_absolute_times(q, date(2024, 11, 12))[0] for q in ("十四年前谁访华?", "三十多年前呢?", "去年十二月呢?")]
    ['2010年谁访华?', '三十多年前呢?', '2023年12月呢?']
    """
    found: list[ResolvedTime] = []
    for pattern, meaning in (*_ZH, *_EN):
        def write(match: re.Match[str], meaning: Callable[[re.Match[str], date], str] = meaning) -> str:
            means = meaning(match, asked_on)
            if not means:
                return match.group()
            found.append(ResolvedTime(match.group(), means, asked_on.isoformat()))
            return means

        question = re.sub(pattern, write, question, flags=re.I)
    return question, tuple(found)


def _in_year(on: date, year: int, match: re.Match[str]) -> str:
    """Writes a year, with the month and day of ``on`` or the named month if the match asks for them."""
    if match["day"] is not None:
        return f"{year}年{on.month}月{on.day}日"
    if match["month"] is not None:
        return f"{year}年{on.month}月"
    return f"{year}年" + (f"{number_of(match['m'])}月" if match["m"] else "")


def _month(on: date, shift: int) -> str:
    months = on.year * 12 + on.month - 1 + shift
    return f"{months // 12}年{months % 12 + 1}月"


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _en_month(on: date, shift: int) -> str:
    months = on.year * 12 + on.month - 1 + shift
    return f"{calendar.month_name[months % 12 + 1]} {months // 12}"


def _en_day(day: date) -> str:
    return f"{calendar.month_name[day.month]} {day.day}, {day.year}"


def _write_if_known(number: int, write: Callable[[int], str]) -> str:
    return write(number) if number else ""
