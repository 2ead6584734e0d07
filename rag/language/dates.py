"""Date tokens for lexical search, and what all readers of dates share: months, small numbers, relative words.

Every way to write a date gives the same token: ``d20220411`` is a day, ``m202204`` a month, ``md0411`` a day without its
year. :mod:`~rag.language.periods` and :mod:`~rag.language.when` read the same dates for other purposes. A day gives tokens and
periods for itself, its month and its year, since a question may name any of them; ``times_in`` names the day alone, at its place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from rag.language.numerals import han_value

MONTHS = "January February March April May June July August September October November December".split()
MONTH_NUMBER = {name[:size].lower(): i for i, name in enumerate(MONTHS, 1) for size in (3, len(name))}
MONTH = "|".join(sorted(MONTH_NUMBER, key=len, reverse=True))
_YEAR = r"(?P<y>(?:19|20)\d\d)"
_PATTERNS = tuple(re.compile(pattern, re.I) for pattern in (
    rf"(?:{_YEAR}\s*年\s*)?(?P<m>\d{{1,2}})月(?:(?P<d>\d{{1,2}})[日号]?)?",
    rf"(?<!\d){_YEAR}-(?P<m>\d\d)(?:-(?P<d>\d\d))?(?!\d)",
    rf"\b(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<n>{MONTH})\b\.?(?:,?\s+{_YEAR})?",
    rf"\b(?P<n>{MONTH})\b\.?\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\b(?!\d)(?:,?\s+{_YEAR})?",
    rf"\b(?P<n>{MONTH})\b\.?,?\s+(?:of\s+)?{_YEAR}",
))

ISO = re.compile(r"[12]\d{3}(?:-\d\d(?:-\d\d)?)?")  # an ISO day, month or year
RELATIVE_YEARS = {"今年": 0, "去年": -1, "前年": -2, "明年": 1}  # offset in years from the year of the text
DAYS_OFF = {"前天": -2, "昨天": -1, "昨日": -1, "昨晚": -1, "今天": 0, "今日": 0, "今晨": 0, "今晚": 0, "明天": 1, "明日": 1}
DAY_WORD = re.compile("|".join(DAYS_OFF))
_NUMBERS = {word: n for n, words in enumerate(
    ("一 one first 1st", "二 两 two second 2nd", "三 three third 3rd", "四 four fourth 4th", "五 five", "六 six", "七 seven",
     "八 eight", "九 nine", "十 ten", "十一 eleven", "十二 twelve", "十三", "十四", "十五", "十六", "十七", "十八", "十九"), 1)
    for word in words.split()}
_MAY_BE_ENGLISH = re.compile(r"[A-Za-z.,]\s+\d|\d(?:st|nd|rd|th)?\s+[A-Za-z]")  # a cheap test: every English date matches, no URL does
_TOKEN = re.compile(r"d\d{8}|m\d{6}|md\d{4}")

HAN_DAY = "(?:[二三]?十[一二三四五六七八九]?|[一二三四五六七八九])"
HAN_YEAR = "(?:一九|二[〇零])[〇零一二三四五六七八九]{2}"
_HAN_DATE = re.compile(rf"{HAN_YEAR}(?=年)|(?<![十几个第前])(?:十[一二]?|[一二三四五六七八九])(?=月)|(?<=月){HAN_DAY}(?=[日号])")


def with_digits(text: str) -> str:
    """Returns a text with the years, months and days that it writes in Chinese numerals in digits.

    >>> with_digits("一九六四年十月三十一日,前三个月"), with_digits("今年七月一日起,一日三餐")
    ('1964年10月31日,前三个月', '今年7月1日起,一日三餐')
    """
    return _HAN_DATE.sub(lambda match: str(int(han_value(match.group()))), text)


def in_chinese(iso: str) -> str:
    """Returns an ISO day, month or year as a Chinese newspaper writes it.

    >>> in_chinese("2024-04-02"), in_chinese("2024-04"), in_chinese("")
    ('2024年4月2日', '2024年4月', '')
    """
    return "".join(f"{int(part)}{mark}" for part, mark in zip(iso.split("-") if iso else (), "年月日", strict=False))


def date_tokens(text: str, written: str = "") -> list[str]:
    """Returns the dates of a text as search tokens, ordered by pattern.

    ``written`` is the ISO date of the text. It gives the year of a day or month without one: the latest year that puts it
    at most six months after ``written``.

    >>> date_tokens("2022年4月11日"), date_tokens("in November 2023")
    (['d20220411', 'm202204', 'md0411'], ['m202311'])
    >>> date_tokens("12月5日", "2024-01-10"), date_tokens("8月份增长", "2023-09-09"), date_tokens("8月份增长")
    (['d20231205', 'm202312', 'md1205'], ['m202308'], [])
    """
    found: dict[str, None] = {}
    for pattern in _PATTERNS if _MAY_BE_ENGLISH.search(text) else _PATTERNS[:2]:
        for match in pattern.finditer(text):
            found.update(dict.fromkeys(_tokens(match.groupdict(), written)))
    return list(found)


def is_date(token: str) -> bool:
    """Tells whether a search token is a date.

    >>> is_date("m202303"), is_date("md5")
    (True, False)
    """
    return bool(_TOKEN.fullmatch(token))


def year_of(month: int, written: str) -> str:
    """Returns the year of a month that a text names without its year; ``""`` if the ISO date ``written`` has no year.

    >>> year_of(12, "2024-01-10"), year_of(3, "2024"), year_of(3, "")
    ('2023', '2024', '')
    """
    if not ISO.fullmatch(written):
        return ""
    return str(int(written[:4]) - (len(written) >= 7 and month > int(written[5:7]) + 6))


def number_of(word: str) -> int:
    """Returns the value of digits or of a number word up to 十九 or twelve, cardinal or ordinal; 0 for any other word.

    >>> [number_of(word) for word in ("12", "十四", "Second", "many")]
    [12, 14, 2, 0]
    """
    return int(word) if word.isdigit() else _NUMBERS.get(word.lower(), 0)


def months_of(named: Mapping[str, str | None]) -> tuple[int, int]:
    """Returns the first and the last month of a named half, quarter, or number of months or quarters; ``(0, 0)`` if none is named.

    >>> months_of({"half": "下"}), months_of({"quarter": "third"}), months_of({"quarters": "三"}), months_of({"months": "7"})
    ((7, 12), (7, 9), (1, 9), (1, 7))
    >>> months_of({"last_months": "three"}), months_of({"last_quarters": "二"})
    ((10, 12), (7, 12))
    """
    if half := named.get("half"):
        return (1, 6) if half.lower() in ("上", "first", "1") else (7, 12)
    if quarter := named.get("quarter"):
        number = 4 if quarter.lower() in ("last", "final") else number_of(quarter)
        return 3 * number - 2, 3 * number
    if at_the_end := number_of(named.get("last_months") or "") or 3 * number_of(named.get("last_quarters") or ""):
        return 13 - at_the_end, 12
    last = number_of(named.get("months") or "") or 3 * number_of(named.get("quarters") or "")
    return min(1, last), last


def _tokens(parts: dict[str, str | None], written: str) -> list[str]:
    month = int(parts["m"] or 0) if "m" in parts else MONTH_NUMBER[(parts["n"] or "").lower()]
    day = int(parts.get("d") or 0)
    if not 1 <= month <= 12 or day > 31:
        return []
    known = parts.get("y") or year_of(month, written)
    named = [f"d{known}{month:02}{day:02}"] if known and day else []
    return named + ([f"m{known}{month:02}"] if known else []) + ([f"md{month:02}{day:02}"] if day else [])
