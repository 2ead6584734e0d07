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
_LEAD_REACH = 60  # characters of an article in which its dateline stands


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


def article_date(text: str, page_date: str) -> tuple[str, str]:
    """The article's date and how it was found (``masthead``, ``dateline`` or ``""``).

    A dateline without a year takes it from the page header. Without one the date is left open: a year that the text names is as
    often the one before, or that of a plan.

    >>> article_date("本报讯 7月5日,投资说明会举行。", "2024-07-06"), article_date("本报讯 7月5日,比2023年早十天。", "")
    (('2024-07-05', 'dateline'), ('', ''))
    """
    lead = text[:_LEAD_REACH]
    full = _FULL.search(lead)
    if full and (day := _iso(*full.groups())):
        return day, "dateline"
    near = _MONTH_DAY.search(lead)
    if near and page_date and (day := _iso(_year_before(page_date, near), *near.groups())) and day <= page_date:
        return day, "dateline"  # what comes after the paper is no dateline, but what the story tells of
    return (page_date, "masthead") if page_date else ("", "")


def _year_before(page_date: str, near: re.Match[str]) -> str:
    """The year of a day on a page; a day of December on a page of January belongs to the year before."""
    year = int(page_date[:4])
    return str(year - 1 if int(near.group(1)) > int(page_date[5:7]) + 6 else year)


def _iso(year: str, month: str, day: str) -> str:
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return ""
