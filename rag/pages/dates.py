"""Dates of a page and of its articles, as precise as the paper gives them.

>>> masthead_date("2024年7月10日 星期三 第5版")
'2024-07-10'
"""

from __future__ import annotations

import re
from datetime import date

_FULL = re.compile(r"((?:19|20)\d{2})\s*[年.\-/]\s*(\d{1,2})\s*[月.\-/]\s*(\d{1,2})(?!\d)")
_TOLD = re.compile(r"([12]\d{3})(?:\s*[年./-]?\s*(\d{1,2})(?:\s*[月./-]?\s*(\d{1,2})(?!\d))?)?")
_NAMED = re.compile(r"(?<!\d)((?:19|20)\d{2})[-_.年]?(\d{2})[-_.月]?(\d{2})(?!\d)")
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
    """The article's date and how it was found: ``masthead`` (``page_date``), else ``dateline``, else ``""``.

    A day without a year is no date, and a year that the story tells of is not the paper's.

    >>> article_date("本报讯 7月5日,投资说明会举行。", "2024-07-06"), article_date("本报讯 7月5日,比2023年早十天。", "")
    (('2024-07-06', 'masthead'), ('', ''))
    >>> article_date("新华社北京2024年7月5日电 投资说明会举行。", "")
    ('2024-07-05', 'dateline')
    """
    if page_date:
        return page_date, "masthead"
    full = _FULL.search(text[:_LEAD_REACH])
    day = _iso(*full.groups()) if full else ""
    return (day, "dateline") if day else ("", "")


def name_date(stem: str) -> str:
    """The date in the name of a file as an ISO day, or ``""``.

    >>> [name_date(stem) for stem in ("清河日报_2024-07-10_02", "20240710-3", "page_000")]
    ['2024-07-10', '2024-07-10', '']
    """
    match = _NAMED.search(stem)
    return _iso(*match.groups()) if match else ""


def _iso(year: str, month: str, day: str) -> str:
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return ""
