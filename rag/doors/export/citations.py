"""Formats an article as an entry of a bibliography.

The formats are hand-written: citeproc-py 0.11 with the styles of 2015 omits the ``[N]`` of GB/T 7714, prints 叶 伟 with a space,
and abbreviates 伟 to an initial in APA.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from rag.doors.export.cells import one_line
from rag.errors import QuestionError
from rag.language.dates import MONTHS
from rag.records import Article, headline

STYLES = ("gbt7714", "apa", "bibtex", "csl-json", "text")

_HAN = r"\u3400-\u9fff\U00020000-\U0003ffff"
_ROLE = re.compile(
    r"(?:本报|本刊|本网|本台|本社|新华社|中新社|特约|特派|见习|实习|首席|高级|资深|全媒体|融媒体|驻\S{1,4}?)*"
    r"(?:记者|通讯员|评论员|撰稿人|特派员|实习生|作者|编辑|责编|摄影|撰文|供图|文字|图片|整理|报道|编译)"
    rf"|(?<![{_HAN}])[文图](?![{_HAN}])|摄(?![{_HAN}])"
    r"|^\s*by\b|\b(?:(?:staff|special|senior|chief)\s+)*(?:reporter|correspondent|writer|editor|photographer)s?\b", re.IGNORECASE)
_ORNAMENTS = re.compile(r"[▶►■◎◆●□○◇▲△★☆]|本报讯")
_HAN_NAME = re.compile(rf"[{_HAN}]{{2,4}}|(?=.{{3,20}}$)[{_HAN}]+(?:·[{_HAN}]+)+")
_NOT_A_NAME = re.compile(r"(?:本报|本刊|综合|来源).*|.*(?:[社报网部台站办组委局处室厅]|中心|公司|政府)")
_LATIN_NAME = re.compile(r"[^\W\d_][\w.'’-]*(?: [^\W\d_][\w.'’-]*){1,3}")
_NOT_A_LATIN_NAME = re.compile(r"\b(?:agency|news|desk|times|daily|press|staff|post|media|office|xinhua)\b", re.IGNORECASE)
_TWO_PART_SURNAMES = tuple("欧阳 司马 上官 诸葛 东方 皇甫 尉迟 公孙 慕容 令狐 司徒 夏侯 端木 轩辕 长孙 宇文 南宫 独孤 呼延".split())
_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?")
_PAGE = re.compile(r"第?\s*([A-Za-z]?\d{1,3})\s*版.*|([A-Za-z]?\d{1,3})")
_TEX_ESCAPES = {"\\": r"\textbackslash{}", "{": r"\textbraceleft{}", "}": r"\textbraceright{}", "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}", **{sign: "\\" + sign for sign in "$&#_%"}}


@dataclass(frozen=True)
class Person:
    """An author. A name that is not a person's, such as that of an agency, is in ``family`` as printed."""

    family: str
    given: str = ""

    @property
    def is_chinese(self) -> bool:
        """Tells whether the family name comes first, without a space."""
        return bool(re.match(rf"[{_HAN}]", self.family))

    @property
    def name(self) -> str:
        """Returns the name as it is printed."""
        return self.family + self.given if self.is_chinese else f"{self.given} {self.family}".strip()


@dataclass(frozen=True)
class _Work:
    """The data of an article that the formats need; unknown values are ``""`` or ``()``."""

    key: str
    people: tuple[Person, ...]
    title: str
    newspaper: str
    day: tuple[int, ...]
    page: str
    section: str
    source: str
    quote: str
    accessed: tuple[int, ...]

    @property
    def is_chinese(self) -> bool:
        return bool(re.search(f"[{_HAN}]", self.title))


def cite(article: Article, style: str, *, quote: str = "", accessed: str = "", newspaper: str = "") -> str:
    """Formats an article in one of :data:`STYLES`; unknown values are left out.

    ``quote`` goes on its own line (a note in BibTeX and CSL-JSON). ``accessed`` is an ISO day. CSL-JSON is a list of one entry,
    as reference managers expect. Chinese names and titles are not romanised, not even in APA, because their reading is not
    certain. Raises :class:`QuestionError` for an unknown style or an invalid day.

    >>> cite(Article("1", "p.txt", "d", "正文", title="签约", byline="本报记者 叶伟", date="2024-07-05"), "gbt7714", newspaper="某报")
    '叶伟. 签约[N]. 某报, 2024-07-05.'
    """
    if style not in STYLES:
        raise QuestionError(f"unknown citation style {style!r}; use one of {', '.join(STYLES)}")
    if accessed and not _day(accessed):
        raise QuestionError(f"{accessed!r} is no day; write the day of access as 2024-07-05")
    section = one_line(article.section)
    page = _PAGE.fullmatch(section)
    work = _Work(
        "wenbao" + re.sub("[^A-Za-z0-9-]", "", article.article_id), people(article.byline), _title(article), one_line(newspaper),
        _day(article.date), (page[1] or page[2]) if page else "", "" if page else section, one_line(article.source),
        one_line(quote), _day(accessed))
    writers: dict[str, Callable[[_Work], str]] = {
        "gbt7714": _gbt7714, "apa": _apa, "bibtex": _bibtex, "csl-json": _csl_json, "text": _text}
    cited = writers[style](work)
    return cited + f"\n“{work.quote}”" if work.quote and style in ("gbt7714", "apa", "text") else cited


def people(byline: str) -> tuple[Person, ...]:
    """Returns the persons in a byline, without their roles; a byline with other content is one entry as printed.

    >>> [person.name for person in people("本报首席记者 叶伟 通讯员 欧阳娜")], people("欧阳娜 文/图")
    (['叶伟', '欧阳娜'], (Person(family='欧阳', given='娜'),))
    >>> people("本报评论员"), people("")
    ((Person(family='本报评论员', given=''),), ())
    """
    printed = one_line(_ORNAMENTS.sub(" ", byline)).strip(" ()（）")
    left = " ".join(_ROLE.sub(" / ", printed).split()).strip(" :：()（）/")
    persons = _chinese_persons(left) if re.search(f"[{_HAN}]", left) else _latin_persons(left)
    return persons or ((Person(printed),) if printed else ())


def _chinese_persons(text: str) -> tuple[Person, ...]:
    spaced = rf"(?<![{_HAN}·])([{_HAN}]) ([{_HAN}])(?![{_HAN}·])"  # 叶 伟
    names = [name for name in re.split(r"[\s、,，;；/／:：()（）|&]+", re.sub(spaced, r"\1\2", text)) if name]
    if not all(_HAN_NAME.fullmatch(name) and not _NOT_A_NAME.fullmatch(name) for name in names):
        return ()
    cuts = [0 if "·" in name else 2 if len(name) > 2 and name.startswith(_TWO_PART_SURNAMES) else 1 for name in names]
    split = (Person(name[:cut] or name, name[cut:] if cut else "") for name, cut in zip(names, cuts, strict=True))
    return tuple(dict.fromkeys(split))


def _latin_persons(text: str) -> tuple[Person, ...]:
    names = [name.strip() for name in re.split(r"[,;/|&:()]|\band\b", text) if name.strip()]
    if not all(_LATIN_NAME.fullmatch(name) and name[0].isupper() and not _NOT_A_LATIN_NAME.search(name) for name in names):
        return ()
    return tuple(dict.fromkeys(Person(name.split()[-1], " ".join(name.split()[:-1])) for name in names))


def _title(article: Article) -> str:
    """Returns the headline; for an untitled article its beginning with an ellipsis."""
    named = article.title or article.kicker
    title = one_line(headline(article)).removeprefix("## ").strip("。. ")
    return title if named or len(article.text) <= len(title) + 1 else title + "…"


def _day(date: str) -> tuple[int, ...]:
    """Converts ``2024-07`` to ``(2024, 7)``; ``()`` for an invalid date."""
    match = _DATE.fullmatch(date)
    parts = tuple(int(part) for part in match.groups() if part) if match else ()
    return parts if all(1 <= part <= most for part, most in zip(parts[1:], (12, 31), strict=False)) else ()


def _iso(day: Sequence[int]) -> str:
    return "-".join(f"{part:02}" if place else f"{part:04}" for place, part in enumerate(day))


def _english(day: Sequence[int]) -> str:
    """Converts ``(2024, 7, 5)`` to ``2024, July 5``."""
    return ", ".join([str(day[0]), " ".join([MONTHS[month - 1] for month in day[1:2]] + [str(part) for part in day[2:]])][:len(day)])


def _with_full_stop(text: str) -> str:
    return text if text.endswith(tuple(".?!。？！")) else text + "."


def _initials(person: Person, stop: str) -> str:
    return " ".join(word[0] + stop for word in person.given.split())


def _gbt7714(work: _Work) -> str:
    """Formats GB/T 7714-2015, 8.5 and 4.5.

    Up to three authors, ``[N]``, the page in parentheses, the day of access in square brackets.
    """
    names = [p.name if p.is_chinese or not p.given else f"{p.family.upper()} {_initials(p, '')}" for p in work.people[:3]]
    if len(work.people) > 3:
        names.append("等" if work.people[0].is_chinese else "et al")
    issue = ", ".join(filter(None, (work.newspaper, _iso(work.day)))) + (f"({work.page})" if work.page else "")
    issue += f"[{_iso(work.accessed)}]" if work.accessed else ""
    return ". ".join(filter(None, (", ".join(names), f"{work.title}[N]", issue))) + "."


def _apa(work: _Work) -> str:
    """Formats APA 7, 10.1 example 16: without an author the title comes first; without a date ``(n.d.)``."""
    names = [p.name if p.is_chinese or not p.given else f"{p.family}, {_initials(p, '.')}" for p in work.people]
    listed = names if len(names) < 2 else [*names[:-1], f"& {names[-1]}"]
    authors = ", ".join(listed) if len(names) <= 20 else f"{', '.join(names[:19])}, . . . {names[-1]}"
    date = f"({_english(work.day) if work.day else 'n.d.'})."
    lead = [_with_full_stop(authors), date, _with_full_stop(work.title)] if authors else [_with_full_stop(work.title), date]
    paper = ", ".join(filter(None, (work.newspaper, work.page)))
    year, _, rest = _english(work.accessed).partition(", ") if work.accessed else ("", "", "")
    retrieved = f"Retrieved {f'{rest}, ' if rest else ''}{year}." if work.accessed else ""
    return " ".join(filter(None, (*lead, _with_full_stop(paper) if paper else "", retrieved)))


def _bibtex(work: _Work) -> str:
    tex = partial(re.sub, "|".join(map(re.escape, _TEX_ESCAPES)), lambda match: _TEX_ESCAPES[match[0]])
    authors = " and ".join(f"{tex(p.family)}, {tex(p.given)}" if p.given and not p.is_chinese else f"{{{tex(p.name)}}}"
                           for p in work.people)
    note = "; ".join(filter(None, (work.section, work.source, f"“{work.quote}”" if work.quote else "")))
    year, month, day, *_ = (*map(str, work.day), "", "", "")
    fields = {"author": authors, "title": f"{{{tex(work.title)}}}", "journal": tex(work.newspaper), "year": year, "month": month,
              "day": day, "pages": tex(work.page), "urldate": _iso(work.accessed), "note": tex(note)}
    lines = [f"  {name} = {{{value}}}" for name, value in fields.items() if value]
    return f"@{'article' if work.newspaper else 'misc'}{{{work.key},\n" + ",\n".join(lines) + "\n}"


def _csl_json(work: _Work) -> str:
    names = [{"family": p.family, "given": p.given} if p.given else {"literal": p.family} for p in work.people]
    entry: dict[str, Any] = {
        "id": work.key, "type": "article-newspaper", "title": work.title, "author": names, "container-title": work.newspaper,
        "issued": {"date-parts": [list(work.day)]} if work.day else None, "page": work.page, "section": work.section,
        "archive_location": work.source, "accessed": {"date-parts": [list(work.accessed)]} if work.accessed else None,
        "note": work.quote, "language": "zh-CN" if work.is_chinese else ""}
    return json.dumps([{key: value for key, value in entry.items() if value}], ensure_ascii=False, indent=1)


def _text(work: _Work) -> str:
    """Formats plain text, with the source file."""
    rest = (_iso(work.day), work.page and (f"第{work.page}版" if work.is_chinese else f"p. {work.page}"), work.section, work.source)
    if work.is_chinese:
        by = "、".join(p.name for p in work.people)
        parts = [f"{by}:《{work.title}》" if by else f"《{work.title}》", work.newspaper and f"《{work.newspaper}》", *rest,
                 work.accessed and f"{_iso(work.accessed)}查阅"]
        return ",".join(str(part) for part in parts if part) + "。"
    parts = [", ".join(p.name for p in work.people), f"“{work.title}”", work.newspaper, *rest,
             work.accessed and f"accessed {_iso(work.accessed)}"]
    return ", ".join(str(part) for part in parts if part) + "."
