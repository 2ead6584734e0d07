"""The records of the archive: what is read from pages and stored.

Offsets count characters, not bytes. Ranges are half open, ``[start, end)``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from itertools import groupby, pairwise
from typing import Any

QUOTABLE = ("text", "title", "kicker", "section", "byline")  # the fields that can be quoted, apart from those of pictures
OF_PICTURES = ("caption", "credit")  # fields that an article has once for each picture


def content_id(*parts: str) -> str:
    """Returns an id of 16 hexadecimal digits that depends on the content alone, so that a rebuild gives the same id.

    >>> content_id("页", "文") == content_id("页", "文") != content_id("页文")
    True
    """
    digest = hashlib.sha256("\x00".join(parts).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:16]


def quote_hash(quote: str) -> str:
    """Returns the SHA-256 of a quotation in UTF-8, in hexadecimal.

    >>> quote_hash("47个")[:12]
    '757e83bbcac6'
    """
    return hashlib.sha256(quote.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True)
class Run:
    """A range of an article's field that is copied unchanged from the raw page.

    ``field[start:end] == page[source:source + end - start]``
    """

    start: int
    end: int
    source: int


def source_spans(runs: Iterable[Run], start: int, end: int) -> tuple[tuple[int, int], ...]:
    """Returns the ranges of the raw page that contain ``field[start:end]``; adjacent ranges are merged.

    >>> source_spans([Run(0, 3, 10), Run(3, 5, 40)], 1, 4)
    ((11, 13), (40, 41))
    """
    spans: list[tuple[int, int]] = []
    for run in runs:
        low, high = max(run.start, start), min(run.end, end)
        if low >= high:
            continue
        first, last = run.source + low - run.start, run.source + high - run.start
        if spans and spans[-1][1] == first:
            first = spans.pop()[0]
        spans.append((first, last))
    return tuple(spans)


Box = tuple[float, float, float, float]  # left, top, right, bottom, as shares (0 to 1) of the width and height of the page


@dataclass(frozen=True)
class PrintedLine:
    """The characters ``start`` to ``end`` of the text of a source, and where they are printed.

    ``page``: from 1. ``stops``: ``(character of the line, coordinate)``, ascending by character; between two stops all characters
    are equally wide. ``across``: the extent of the line at right angles to its direction. Coordinates are shares (0 to 1) of
    the width or height of the page as it is shown. ``down``: whether the line runs down the page. ``stops`` is ``()`` if the
    size of the page is unknown. ``confidence``: of OCR, 0 to 1; ``None`` for text that was not recognised.

    >>> line = PrintedLine(0, 4, 1, ((0, 0.1), (4, 0.5)), (0.2, 0.25))
    >>> line.box(1, 3)
    (0.2, 0.2, 0.4, 0.25)
    """

    start: int
    end: int
    page: int
    stops: tuple[tuple[int, float], ...] = ()
    across: tuple[float, float] = (0.0, 0.0)
    down: bool = False
    confidence: float | None = None

    def box(self, start: int, end: int) -> Box | None:
        """Returns the box of the characters ``start`` to ``end`` of the source, ``None`` if it is unknown."""
        if not self.stops:
            return None
        first, last = sorted((self.coordinate(start), self.coordinate(end)))
        low, high = self.across
        return (low, first, high, last) if self.down else (first, low, last, high)

    def coordinate(self, at: int) -> float:
        """Returns the coordinate at which character ``at`` of the source begins."""
        character = at - self.start
        for (low, first), (high, last) in pairwise(self.stops):
            if character <= high:
                return round(first + (last - first) * (character - low) / (high - low), 4)
        return self.stops[-1][1]


@dataclass(frozen=True)
class Caption:
    """The caption and the photo credit of a picture with the runs of each; either may be ``""``."""

    text: str
    credit: str
    runs: tuple[Run, ...] = ()
    credit_runs: tuple[Run, ...] = ()


@dataclass(frozen=True)
class Joint:
    """A position in ``Article.text`` where the page parser joined two blocks of the page.

    ``kind``: ``cut`` (a split sentence was rejoined) or ``displaced`` (columns were reordered). ``confidence``: probability, 0
    to 1, that the two blocks belong together.
    """

    at: int
    kind: str
    confidence: float


@dataclass(frozen=True)
class Jump:
    """The jump lines of an article, as page numbers: ``to`` (下转), ``back`` (上接) and ``see`` (详见); ``""`` if not printed."""

    to: str = ""
    back: str = ""
    see: str = ""


@dataclass(frozen=True)
class Links:
    """What an article has to do with articles on other pages of its issue, as article ids; ``""`` for none.

    ``continues``: the part before it. ``continued_in``: the part after it. ``told_in``: the story that it only points to.
    ``story``: the headline of the whole story.
    """

    continues: str = ""
    continued_in: str = ""
    told_in: str = ""
    story: str = ""


@dataclass(frozen=True)
class Article:
    """An article of a page, or an item of an archive.

    An article belongs to one source, as do its offsets and its id. A story that runs over several pages is an article on each of
    them, joined by ``links``; ``truncated`` tells about the page alone.

    ``text``: paragraphs separated by ``\\n``; sub-headings are lines that begin with ``## ``.
    ``runs``: for each field (``text``, ``title``, ``kicker``, ``section``, ``byline``) its ranges in the raw page;
    together they cover the field, except for line breaks of ``text``.
    ``date``: an ISO day, month or year (``2024-07-05``, ``2024-07``, ``2024``) or ``""``.
    ``date_from``: where the date was found, ``masthead``, ``dateline``, ``archive``, ``hand`` or ``""``.
    ``confidence``: the lowest confidence of the page parser in its region and joints, 0 to 1.
    ``doubts``: one line for each uncertain decision of the page parser.
    ``corrected``: field (``title``, ``byline``, ``date``) that a user corrected → its value on the page.
    ``page``: the number of its page in the issue (``3``, ``A3``), or ``""``. ``paper``: the name at the head of its page, or ``""``.
    ``masthead``: all that stands at the head of its page (paper, publisher, date), or ``""``.
    ``lines``: the printed lines of the article, ascending; ``()`` for a source without pages, such as plain text.
    """

    article_id: str
    source: str
    doc_id: str
    text: str
    title: str = ""
    kicker: str = ""
    section: str = ""
    byline: str = ""
    date: str = ""
    date_from: str = ""
    captions: tuple[Caption, ...] = ()
    truncated: bool = False
    runs: Mapping[str, tuple[Run, ...]] = field(default_factory=dict)
    joints: tuple[Joint, ...] = ()
    confidence: float = 1.0
    doubts: tuple[str, ...] = ()
    corrected: Mapping[str, str] = field(default_factory=dict)
    page: str = ""
    paper: str = ""
    masthead: str = ""
    jump: Jump | None = None
    links: Links | None = None
    lines: tuple[PrintedLine, ...] = ()

    @property
    def tables(self) -> tuple[tuple[str, ...], ...]:
        """Returns the rows of each table in the text, each cell with its column header.

        >>> Article("a", "p", "d", "如下:\\n村 甲 | 亩 7\\n村 乙 | 亩 9\\n完。").tables
        (('村 甲 | 亩 7', '村 乙 | 亩 9'),)
        """
        groups = groupby(self.text.split("\n"), key=lambda line: " | " in line)
        return tuple(tuple(lines) for is_row, lines in groups if is_row)

    def to_dict(self) -> dict[str, Any]:
        """Returns the JSON form of ``rag articles --json``; ``spans`` maps ``text`` to the raw page."""
        return {
            "article_id": self.article_id, "doc_id": self.doc_id, "source": self.source,
            "section": self.section or None, "kicker": self.kicker or None,
            "title": self.title or None, "byline": self.byline or None,
            "date": self.date or None, "date_from": self.date_from or None,
            "text": self.text, "tables": [list(rows) for rows in self.tables],
            "captions": [{"text": c.text, "credit": c.credit} for c in self.captions],
            "truncated": self.truncated,
            "spans": [[r.start, r.end, r.source] for r in self.runs.get("text", ())],
            "joints": [asdict(j) for j in self.joints],
            "confidence": round(self.confidence, 4), "doubts": list(self.doubts), "corrected": dict(self.corrected),
            "page": self.page or None, "paper": self.paper or None,
            "masthead": self.masthead or None, "jump": asdict(self.jump) if self.jump else None,
            "links": asdict(self.links) if self.links else None,
        }


@dataclass(frozen=True)
class Passage:
    """Consecutive sentences of one field of an article: the unit of retrieval.

    ``text == getattr(article, field)[start:end]``, for ``caption`` and ``credit`` that of picture ``item``. ``context`` (section,
    title, date) is embedded and searched with the passage, but never quoted.
    """

    passage_id: str
    article_id: str
    text: str
    start: int
    end: int
    field: str = "text"
    item: int = 0
    context: str = ""


def field_text(article: Article, field: str, item: int = 0) -> str:
    """Returns the text of a quotable field (:data:`QUOTABLE`), or of the caption or credit of picture ``item``; ``""`` for others.

    >>> article = Article("1", "p", "d", "正文", captions=(Caption("新桥图", "李四"),))
    >>> field_text(article, "caption", 0), field_text(article, "credit", 0)
    ('新桥图', '李四')
    """
    if field in OF_PICTURES:
        picture = article.captions[item] if 0 <= item < len(article.captions) else Caption("", "")
        return picture.text if field == "caption" else picture.credit
    return getattr(article, field) if field in QUOTABLE else ""


def runs_of(article: Article, field: str, item: int = 0) -> tuple[Run, ...]:
    """Returns the runs of a field, or of the caption or credit of picture ``item``; ``()`` for a field that a user corrected."""
    if field in OF_PICTURES:
        picture = article.captions[item] if 0 <= item < len(article.captions) else Caption("", "")
        return picture.runs if field == "caption" else picture.credit_runs
    return article.runs.get(field, ())


def headline(article: Article) -> str:
    """Returns the kicker and title of an article; without either, those of its story, or the first 24 characters of its text.

    >>> headline(Article("1", "p", "d", "正文", title="签约", kicker="某区"))
    '某区 签约'
    >>> headline(Article("2", "p", "d", "正文", links=Links(continues="1", story="某区 签约")))
    '某区 签约'
    """
    named = " ".join(part for part in (article.kicker, article.title) if part)
    return named or (article.links.story if article.links else "") or article.text[:24]
