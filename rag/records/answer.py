"""The records of an answer: its figures, rows and result, the answer itself, and the events while it is made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from rag.records.found import Citation, Hit


@dataclass(frozen=True)
class Figure:
    """A figure beside the one that was asked for: another count or sum, the clause that says what it counts, and its citation.

    ``citation`` is numbered after the citations of the answer.
    """

    text: str
    counts: str
    date: str
    citation: Citation


@dataclass(frozen=True)
class ResolvedTime:
    """A relative time of the question or of a quotation, what it means, and the date (day of asking or article date) of reference."""

    text: str
    means: str
    date: str


@dataclass(frozen=True)
class Row:
    """A figure, event or report in a gathered answer.

    ``label``: what distinguishes the row, in the language of the question: its period or its subject. ``period``: an ISO day,
    month, year or ``2023-01/2023-06``, ``""`` if unknown. ``value``: the exact figure as a fraction (``21/10``), ``""`` if the
    row has none; ``shown``: the figure as printed. ``kind``: ``number``, ``percent``, ``points``, ``clock``, ``time`` or ``text``.
    ``citations``: the numbers of its citations, first the one whose ``quote[start:end]`` is the figure. ``chance``: calibrated
    probability, 0 to 1, that the row is right.
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
class Derived:
    """The result of an ``operation`` over the rows at the positions ``rows``, from 0.

    ``value``: exact, as a fraction; ``""`` if the result is a row (``rank``) or yes or no. ``shown``: as the answer states it.
    ``terms``: the rows that add up to each thing that is worked with, ``~row`` for one that is subtracted; ``()`` if each is one row.
    ``condition``: what is true of the things that a ``filter`` keeps, as ``<1000亩``; ``value`` is their number.
    """

    operation: str
    rows: tuple[int, ...]
    value: str
    kind: str
    unit: str
    shown: str
    terms: tuple[tuple[int, ...], ...] = ()
    condition: str = ""


@dataclass(frozen=True)
class Turn:
    """A question and its answer in a conversation."""

    question: str
    answer: str


@dataclass(frozen=True)
class Answer:
    """A checked answer. In ``text``, ``[1]`` refers to the citation with ``number`` 1.

    ``rewritten``: a follow-up question, made self-contained. ``search_question``: the question with its names and dates in
    Chinese. ``times``: the relative times in the question and the quotations. ``retrieved``: ``(passage_id, score)`` of the hits.
    ``made_with``: index, embedder and generator. ``checks``: check → whether it passed. ``chance``: calibrated probability that
    the answer is right (for a refused answer: that it would have been). ``signs``: the features of this probability.

    A gathered answer combines several sentences. It also has ``operation`` (``series``, ``difference``, …), ``parts`` (the
    questions that were searched), ``rows``, ``derived`` (the computed result) and ``missing`` (the parts that no article
    reports).
    """

    question: str
    language: str
    text: str
    refused: bool
    citations: tuple[Citation, ...] = ()
    figures: tuple[Figure, ...] = ()
    times: tuple[ResolvedTime, ...] = ()
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
        """Returns the JSON form of ``rag ask --json``, which ``rag verify`` checks."""
        out: dict[str, Any] = json.loads(json.dumps(asdict(self), ensure_ascii=False))
        out["answer"] = out.pop("text")
        out["seconds"] = {k: round(v, 4) for k, v in self.seconds.items()}
        return out


@dataclass(frozen=True)
class EvidenceFound:
    """The first event of a streamed answer: the retrieved passages."""

    hits: tuple[Hit, ...]


@dataclass(frozen=True)
class Stage:
    """The start of a step of the answer: ``translate``, ``plan``, ``read`` or ``write``."""

    name: str


@dataclass(frozen=True)
class TextPiece:
    """A piece of the draft. The checked ``Answer`` at the end replaces the draft."""

    text: str


Event = EvidenceFound | Stage | TextPiece | Answer
