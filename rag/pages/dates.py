"""Dates of a page and of its articles, as precise as the paper gives them.

>>> masthead_date("2024年7月10日 星期三 第5版")
'2024-07-10'
"""

from __future__ import annotations

import re
from datetime import date

_FULL = re.compile(r"((?:19|20)\d{2})\s*[年.\-/]\s*(\d{1,2})\s*[月.\-/]\s*(\d{1,2})(?!\d)")
_TOLD = re.compile(r"([12]\d{3})(?:\s*[年./-]?\s*(\d{1,2})(?:\s*[月./-]?\s*(\d{1,2})(?!\d))?)?")
_MONTH_DAY = re.compile(r"(?<!\d)(\d{1,2})月(\d{1,2})(?:日|[-—至])")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?:年(?:(\d{1,2})月(?:(\d{1,2})日)?)?)?")
_LEAD_REACH = 60  # characters of an article in which its dateline stands
_YEAR_REACH = 400


def masthead_date(text: str) -> str:
    """The full date in a page header as an ISO day, or ``""``."""
    match = _FULL.search(text)
    return _iso(*match.groups()) if match else ""


def archive_date(told: str) -> str:
    """A date as an archive gives it, as an ISO day, month or year; ``""`` for what is none.

    >>> [archive_date(told) for told in ("2024-7-5", "2024年7月5日", "20240705", "2024-07-05T10:00")]
    ['2024-07-05', '2024-07-05', '2024-07-05', '2024-07-05']
    >>> [archive_date(told) for told in ("1898-05", "2024", "0000-00-00", "2024-13-45", "?")]
    ['1898-05', '2024', '', '', '']
    """
    match = _TOLD.match(told.strip())
    year, month, day = match.groups() if match else ("", "", "")
    if not _iso(year or "0", month or "1", day or "1"):
        return ""
    return "-".join([year, *(f"{int(part):02}" for part in (month, day) if part)])


def article_date(title: str, text: str, page_date: str) -> tuple[str, str]:
    """The article's date and how it was found (``masthead``, ``dateline``, ``text`` or ``""``).

    A dateline without a year takes it from the page header, else from the year the article speaks of most
    (``2024年暑期``); without any year the day is left open, since a bare month and day is no ISO date.

    >>> article_date("", "本报讯 7月5日,2024年投资说明会举行。", "")
    ('2024-07-05', 'dateline')
    """
    lead = text[:_LEAD_REACH]
    full = _FULL.search(lead)
    if full and (day := _iso(*full.groups())):
        return day, "dateline"
    year = page_date[:4] or _year_of(title + "\n" + text[:_YEAR_REACH])
    near = _MONTH_DAY.search(lead)
    if near and year and (day := _iso(_year_before(year, near, page_date), *near.groups())):
        return day, "dateline"
    if page_date:
        return page_date, "masthead"
    return (year, "text") if year else ("", "")


def _year_before(year: str, near: re.Match[str], page_date: str) -> str:
    """A day of December on a page of January belongs to the year before."""
    if page_date and int(near.group(1)) > int(page_date[5:7]) + 6:
        return str(int(year) - 1)
    return year


def _year_of(text: str) -> str:
    years = [m.group(1) for m in _YEAR.finditer(text) if m.group().endswith(("年", "月", "日")) or m.end() == len(text)
             or not text[m.end()].isdigit()]
    return max(set(years), key=lambda y: (years.count(y), y)) if years else ""


def _iso(year: str, month: str, day: str) -> str:
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return ""
