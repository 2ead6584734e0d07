"""What flows through the program, one frozen record for each stage.

::

    page file → Article → Passage → Hit → Evidence → Citation → Answer

All offsets count characters (not bytes) and all ranges are half open, ``[start, end)``.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from itertools import groupby
from typing import Any

QUOTABLE = ("text", "title", "kicker", "section", "byline")  # fields of an article, beside its captions


def content_id(*parts: str) -> str:
    """A short id that depends on the content alone, so that a rebuild gives the same id.

    >>> content_id("页", "文") == content_id("页", "文") != content_id("页文")
    True
    """
    digest = hashlib.sha256("\x00".join(parts).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:16]


def quote_hash(quote: str) -> str:
    """SHA-256 of a quotation in UTF-8, in hexadecimal: the same through every door.

    >>> quote_hash("47个")[:12]
    '757e83bbcac6'
    """
    return hashlib.sha256(quote.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True)
class Run:
    """A stretch of an article's field that stands unchanged in the raw page.

    ``field[start:end] == page[source:source + end - start]``
    """

    start: int
    end: int
    source: int


def source_spans(runs: Iterable[Run], start: int, end: int) -> tuple[tuple[int, int], ...]:
    """The ranges of the raw page that spell ``field[start:end]``; touching ranges are joined.

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


@dataclass(frozen=True)
class Caption:
    """The line under a picture and who took the picture; either may be ``""``."""

    text: str
    credit: str
    runs: tuple[Run, ...] = ()


@dataclass(frozen=True)
class Joint:
    """A place in ``Article.text`` where two blocks of the page were put together.

    ``kind`` is ``cut`` (a sentence rejoined) or ``displaced`` (columns put in order);
    ``confidence`` (0 to 1) is the reader's belief that the two belong together.
    """

    at: int
    kind: str
    confidence: float


@dataclass(frozen=True)
class Article:
    """One article of a page, or one item of an archive.

    ``text``: paragraphs separated by ``\\n``; sub-headings on a line of their own, ``## `` first.
    ``runs``: for each field (``text``, ``title``, ``kicker``, ``section``, ``byline``) the stretches that
    stand in the raw page; together they spell the field, line breaks of ``text`` aside.
    ``date``: as an ISO day, month or year (``2024-07-05``, ``2024-07``, ``2024``), and ``date_from`` tells how
    it was found: ``masthead``, ``dateline``, ``archive`` or ``""``.
    ``doubts``: one line for each thing about which the reader was not sure.
    ``corrected``: field (``title``, ``byline``, ``date``) that was corrected by hand → what the page says.
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

    @property
    def tables(self) -> tuple[tuple[str, ...], ...]:
        """The rows of each table in the text, every cell behind the header of its column.

        >>> Article("a", "p", "d", "如下:\\n村 甲 | 亩 7\\n村 乙 | 亩 9\\n完。").tables
        (('村 甲 | 亩 7', '村 乙 | 亩 9'),)
        """
        groups = groupby(self.text.split("\n"), key=lambda line: " | " in line)
        return tuple(tuple(lines) for is_row, lines in groups if is_row)

    def to_dict(self) -> dict[str, Any]:
        """The JSON form of ``rag articles --json``; ``spans`` maps ``text`` to the page."""
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
        }


@dataclass(frozen=True)
class Passage:
    """A run of whole sentences of one field of an article: the unit of search.

    ``text == getattr(article, field)[start:end]`` (for ``caption``: of ``captions[item].text``).
    ``context`` (title, zone, date) is embedded and searched with the passage, but never quoted.
    """

    passage_id: str
    article_id: str
    text: str
    start: int
    end: int
    field: str = "text"
    item: int = 0
    context: str = ""


@dataclass(frozen=True)
class Filter:
    """Which articles a search may find: ISO days, months or years (both ends belong to it), part of a source's name, and names
    (of places, of persons) that must all stand in the article.

    An article whose date is less precise counts if it may fall into the range; one without a date does not. ``telling``: the first and
    the last day of a time of which a figure of the passage must tell.
    """

    since: str = ""
    until: str = ""
    source: str = ""
    mentioning: tuple[str, ...] = ()
    telling: tuple[str, str] = ("", "")

    def __bool__(self) -> bool:
        return bool(self.since or self.until or self.source or self.mentioning or any(self.telling))


@dataclass(frozen=True)
class Found:
    """How one channel of search found a passage: its rank there, from 1, and its score there."""

    rank: int
    score: float


@dataclass(frozen=True)
class Hit:
    """A passage that was found, best first.

    ``found_by``: channel (``dense``, ``sentence``, ``lexical``, ``names``, ``dictionary``) → rank and score there; ``period``
    with -1 where it can only tell about another time than the one asked about. ``matched``: the rarest words of the question
    that stand in it, names in whatever script they were asked for. ``alike``: how many passages that say the same it stands for.
    """

    rank: int
    score: float
    passage: Passage
    article: Article
    found_by: Mapping[str, Found] = field(default_factory=dict)
    matched: tuple[str, ...] = ()
    alike: int = 0

    def to_dict(self) -> dict[str, Any]:
        """The JSON form of ``rag search --json``."""
        return {
            "rank": self.rank, "doc_id": self.article.doc_id, "article_id": self.article.article_id,
            "passage_id": self.passage.passage_id, "title": headline(self.article),
            "text": self.passage.text, "score": round(self.score, 6),
            "source": self.article.source, "date": self.article.date or None,
            "field": self.passage.field, "item": self.passage.item, "start": self.passage.start, "end": self.passage.end,
            "alike": self.alike, "found_by": {channel: asdict(found) for channel, found in self.found_by.items()},
            "matched": list(self.matched),
        }


@dataclass(frozen=True)
class Citation:
    """A quotation that stands word for word in the article and, at ``source_spans``, in the raw page.

    ``corrected``: what the page says where a reader corrected the title, byline or date by hand; ``sha256``: of the quotation.
    """

    number: int
    article_id: str
    passage_id: str
    title: str
    byline: str
    source: str
    date: str
    field: str
    quote: str
    start: int
    end: int
    source_spans: tuple[tuple[int, int], ...]
    item: int = 0
    sha256: str = ""
    corrected: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sha256", quote_hash(self.quote))


@dataclass(frozen=True)
class Figure:
    """Another count or sum beside the one asked for: the figure, the clause that says what it counts, and the proof.

    ``citation`` is numbered on from the citations of the answer.
    """

    text: str
    counts: str
    date: str
    citation: Citation


@dataclass(frozen=True)
class Resolved:
    """A relative time of a quotation, what it means, and the article's date from which that was reckoned."""

    text: str
    means: str
    date: str


@dataclass(frozen=True)
class Row:
    """One figure, event or report of an answer that was gathered.

    ``label`` tells it from the other rows in the language of the question: its time, or what it is about. ``period``: its time as an
    ISO day, month, year or ``2023-01/2023-06``, ``""`` where none is known. ``value``: the exact figure as a fraction (``21/10``),
    ``""`` where the row has none; ``shown`` is it as printed. ``kind``: ``number``, ``percent``, ``points``, ``time`` or ``text``.
    ``citations``: the numbers of the citations that tell it, the one whose ``[start:end]`` of its quotation holds the figure first.
    """

    label: str
    period: str
    value: str
    shown: str
    kind: str
    unit: str
    citations: tuple[int, ...]
    start: int = 0
    end: int = 0
    chance: float = 0.0


@dataclass(frozen=True)
class Fact:
    """One figure of the archive: ``article.text[start:end]`` in the sentence ``[sentence_start:sentence_end]`` (of ``field``).

    ``what``: the words of the sentence that tell what it counts; ``value``: exact, as a fraction; ``shown``: as printed; ``kind``:
    ``number``, ``percent`` or ``points``; ``period``: the time that it tells of, as in :class:`Row`, ``since`` and ``until`` its first
    and last day, ``""`` where none is known; ``rounded``: whether the paper rounds it.
    """

    article_id: str
    field: str
    item: int
    start: int
    end: int
    sentence_start: int
    sentence_end: int
    what: str
    value: str
    shown: str
    kind: str
    unit: str
    period: str
    since: str
    until: str
    rounded: bool


@dataclass(frozen=True)
class Derived:
    """What was worked out from the rows: ``operation`` over the rows with these numbers, from 0.

    ``value``: exact, as a fraction; ``""`` where it is a row (``rank``) or yes or no. ``shown``: as it is stated in the answer.
    """

    operation: str
    rows: tuple[int, ...]
    value: str
    kind: str
    unit: str
    shown: str


@dataclass(frozen=True)
class Turn:
    """One exchange of a conversation."""

    question: str
    answer: str


@dataclass(frozen=True)
class Answer:
    """A checked answer. In ``text``, ``[1]`` refers to the citation whose ``number`` is 1.

    ``rewritten``: a follow-up question as it was understood; ``search_question``: it with its names and dates in Chinese;
    ``times``: relative times of the quotations; ``retrieved``: ``(passage_id, score)`` of what was found, best first;
    ``made_with``: index, embedder and generator; ``checks``: name → whether it was passed;
    ``chance``: the probability that it is right, calibrated (of a refused answer: that it would have been); ``signs``: what that was
    reckoned from.

    An answer that was gathered from several sentences has ``operation`` (what was done: ``series``, ``difference``, …), ``parts`` (the
    questions that were put to the archive), ``rows``, ``derived`` (what was worked out), and ``missing`` (what no report tells).
    """

    question: str
    language: str
    text: str
    refused: bool
    citations: tuple[Citation, ...] = ()
    figures: tuple[Figure, ...] = ()
    times: tuple[Resolved, ...] = ()
    warnings: tuple[str, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)
    rewritten: str = ""
    search_question: str = ""
    retrieved: tuple[tuple[str, float], ...] = ()
    made_with: Mapping[str, str] = field(default_factory=dict)
    checks: Mapping[str, bool] = field(default_factory=dict)
    chance: float = 0.0
    signs: Mapping[str, float] = field(default_factory=dict)
    operation: str = "lookup"
    parts: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    derived: Derived | None = None
    missing: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The JSON form of ``rag ask --json``: the receipt that ``rag verify`` checks."""
        out: dict[str, Any] = json.loads(json.dumps(asdict(self), ensure_ascii=False))
        out["answer"] = out.pop("text")
        out["seconds"] = {k: round(v, 4) for k, v in self.seconds.items()}
        return out


def field_text(article: Article, field: str, item: int = 0) -> str:
    """The text of a field that can be quoted, one of :data:`QUOTABLE` or caption ``item``; ``""`` for others.

    >>> field_text(Article("1", "p", "d", "正文", captions=(Caption("新桥图", "李四 摄"),)), "caption", 0)
    '新桥图'
    """
    if field == "caption":
        return article.captions[item].text if 0 <= item < len(article.captions) else ""
    return getattr(article, field) if field in QUOTABLE else ""


def runs_of(article: Article, field: str, item: int = 0) -> tuple[Run, ...]:
    """How a field of an article is spelled out of the raw page; none for a field that was corrected by hand."""
    if field == "caption":
        return article.captions[item].runs if 0 <= item < len(article.captions) else ()
    return article.runs.get(field, ())


def headline(article: Article) -> str:
    """The article's title with its kicker; for a photo story without one, its caption's beginning.

    >>> headline(Article("1", "p", "d", "正文", title="签约", kicker="某区"))
    '某区 签约'
    """
    named = " ".join(part for part in (article.kicker, article.title) if part)
    return named or article.text[:24]


@dataclass(frozen=True)
class EvidenceFound:
    """First event of a streamed answer: what was found, before a word is written."""

    hits: tuple[Hit, ...]


@dataclass(frozen=True)
class Stage:
    """A step of an answer that begins now: ``translate``, ``plan``, ``read`` or ``write``."""

    name: str


@dataclass(frozen=True)
class TextPiece:
    """A piece of the draft as it is written; the checked ``Answer`` that follows replaces the whole draft."""

    text: str


Event = EvidenceFound | Stage | TextPiece | Answer
