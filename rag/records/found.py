"""What is found in the archive and quoted from it: filters, hits, citations, figures."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from rag.records.archive import Article, Box, Passage, headline, quote_hash


@dataclass(frozen=True)
class Filter:
    """Restricts a search. All conditions must hold; empty ones are ignored.

    ``since``, ``until``: ISO days, months or years, both included; an article with a less precise date matches if it may fall
    into the range, one without a date does not. ``source``: part of the name of the source. ``mentioning``: names that the
    article must contain. ``telling``: first and last day of a period that a figure of the passage must report.

    >>> bool(Filter()), bool(Filter(since="2024-07"))
    (False, True)
    """

    since: str = ""
    until: str = ""
    source: str = ""
    mentioning: tuple[str, ...] = ()
    telling: tuple[str, str] = ("", "")

    def __bool__(self) -> bool:
        return bool(self.since or self.until or self.source or self.mentioning or any(self.telling))


@dataclass(frozen=True)
class ChannelScore:
    """The rank (from 1) and the score of a passage in one retrieval channel."""

    rank: int
    score: float


@dataclass(frozen=True)
class Hit:
    """A retrieved passage.

    ``found_by``: retrieval channel → rank and score. ``dense``, ``sentence``, ``lexical`` and ``names`` retrieve; ``dictionary``,
    ``period`` (-1: the passage can only report another period than the question asks about) and ``tokens`` (late interaction) rescore.
    ``matched``: the rarest words of the question in the passage; names match in any script. ``alike``: number of near-duplicate
    passages that this hit represents.
    """

    rank: int
    score: float
    passage: Passage
    article: Article
    found_by: Mapping[str, ChannelScore] = field(default_factory=dict)
    matched: tuple[str, ...] = ()
    alike: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Returns the JSON form of ``rag search --json``."""
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
    """A verbatim quotation: ``quote == field[start:end]``, and ``source_spans`` are its ranges in the raw page.

    ``corrected``: field that a user corrected → its value on the page. ``sha256``: hash of the quotation. ``page``: the page of
    the source file on which the quotation begins, from 1; ``None`` for a source without pages. ``boxes``: where it stands on this
    page, one box for each printed line. ``confidence``: the lowest OCR confidence of its lines, 0 to 1; ``None`` without OCR.

    >>> citation = Citation(1, "a", "p", "签约", "", "a.txt", "", "text", "47个", 0, 3, ((5, 8),))
    >>> citation.sha256 == quote_hash("47个")
    True
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
    page: int | None = None
    boxes: tuple[Box, ...] = ()
    confidence: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "sha256", quote_hash(self.quote))


@dataclass(frozen=True)
class Fact:
    """A figure of the archive: ``field[start:end]`` of an article, in the sentence ``field[sentence_start:sentence_end]``.

    ``what``: the words of the sentence that say what it counts. ``value``: exact, as a fraction. ``shown``: as printed.
    ``kind``: ``number``, ``percent`` or ``points``. ``period``: the period that it reports, as in a
    :class:`~rag.records.answer.Row`; ``since`` and ``until``: its first and last day, ``""`` if unknown. ``rounded``: whether the
    newspaper rounds it.
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
