"""Dates of pages and articles, as precise as the newspaper gives them.

>>> masthead_date("2024年7月10日 星期三 第5版")
'2024-07-10'
"""

from __future__ import annotations

import re
from datetime import date

from rag.language.numerals import HAN_NUMERAL, plain_value
from rag.language.text import fold

_FULL_DATE = re.compile(r"((?:19|20)\d{2})\s*[年.\-/]\s*(\d{1,2})\s*[月.\-/]\s*(\d{1,2})(?!\d)")
_ARCHIVE_DATE = re.compile(r"([12]\d{3})(?:\s*[年./-]?\s*(\d{1,2})(?:\s*[月./-]?\s*(\d{1,2})(?!\d))?)?")
_NUMERAL = rf"[{HAN_NUMERAL}]{{1,4}}|\d{{1,3}}"
_HAN_DATE = re.compile(rf"(?:民国({_NUMERAL}|元)|([一二][{HAN_NUMERAL}]{{3}}))年({_NUMERAL}|元)月({_NUMERAL})日")
WRITTEN_DATE = rf"(?:中[华華])?(?:民[国國](?:{_NUMERAL}|元)|[一二][{HAN_NUMERAL}○]{{3}})年(?:{_NUMERAL}|元)月(?:{_NUMERAL})日"
_BEFORE_FIRST_YEAR = 1911  # of the Republic of China
_FILE_NAME_DATE = re.compile(r"(?<!\d)((?:19|20)\d{2})[-_.年]?(\d{2})[-_.月]?(\d{2})(?!\d)")
_FILE_NAME_PAGE = re.compile(r"(?<![A-Za-z0-9])(?:[Pp](?:age)?|第)?([A-Za-z]?)0*([1-9]\d?)版?$")
_DATELINE_LENGTH = 60  # characters at the start of an article that may hold its dateline


def masthead_date(text: str) -> str:
    """Returns the full date in a page header as an ISO day, or ``""``; also one in Chinese numerals, or of the Republic.

    >>> masthead_date("中華民國三十六年五月十九日 星期一"), masthead_date("一九八三年十月十四日")
    ('1947-05-19', '1983-10-14')
    """
    if match := _FULL_DATE.search(text):
        return _iso(*match.groups())
    match = _HAN_DATE.search(fold(text).replace("〇", "零").replace("○", "零"))
    if not match:
        return ""
    republic, year, month, day = ("一" if part == "元" else part for part in match.groups())
    since = int(plain_value(republic)) + _BEFORE_FIRST_YEAR if republic else int(plain_value(year))
    return _iso(str(since), str(int(plain_value(month))), str(int(plain_value(day))))


def archive_date(printed: str) -> str:
    """Converts the date of an archive record to an ISO day, month or year; ``""`` for an invalid date.

    >>> [archive_date(printed) for printed in ("2024-7-5", "2024年7月5日", "20240705", "2024-07-05T10:00")]
    ['2024-07-05', '2024-07-05', '2024-07-05', '2024-07-05']
    >>> [archive_date(printed) for printed in ("1898-05", "2024", "0000-00-00", "2024-13-45", "?")]
    ['1898-05', '2024', '', '', '']
    """
    match = _ARCHIVE_DATE.match(printed.strip())
    year, month, day = match.groups() if match else ("", "", "")
    if not _iso(year or "0", month or "1", day or "1"):
        return ""
    return "-".join([year, *(f"{int(part):02}" for part in (month, day) if part)])


def article_date(text: str, page_date: str) -> tuple[str, str]:
    """Returns the article's ISO date and its origin: ``masthead`` (``page_date``), else ``dateline``, else ``""``.

    Only a full date near the start counts: a day without a year is ambiguous, and a year in the story may be another one.

    >>> article_date("本报讯 7月5日,投资说明会举行。", "2024-07-06"), article_date("本报讯 7月5日,比2023年早十天。", "")
    (('2024-07-06', 'masthead'), ('', ''))
    >>> article_date("新华社北京2024年7月5日电 投资说明会举行。", "")
    ('2024-07-05', 'dateline')
    """
    if page_date:
        return page_date, "masthead"
    full = _FULL_DATE.search(text[:_DATELINE_LENGTH])
    day = _iso(*full.groups()) if full else ""
    return (day, "dateline") if day else ("", "")


def name_date(stem: str) -> str:
    """Returns the date in a file name as an ISO day, or ``""``.

    >>> [name_date(stem) for stem in ("清河日报_2024-07-10_02", "20240710-3", "page_000")]
    ['2024-07-10', '2024-07-10', '']
    """
    match = _FILE_NAME_DATE.search(stem)
    return _iso(*match.groups()) if match else ""


def name_page(stem: str, folder: str = "") -> str:
    """Returns the page number in a file name that also holds a date, or that lies in a folder named for one, or ``""``.

    >>> [name_page(stem) for stem in ("清河日报_2024-07-10_02", "20240710-A03", "2024-07-10", "page_002")]
    ['2', 'A3', '', '']
    >>> name_page("03", "2024-07-10")
    '3'
    """
    rest = _FILE_NAME_DATE.sub(" ", stem, count=1)
    match = _FILE_NAME_PAGE.search(rest) if rest != stem or name_date(folder) else None
    return (match.group(1).upper() + match.group(2)) if match else ""


def _iso(year: str, month: str, day: str) -> str:
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return ""
