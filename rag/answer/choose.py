"""Hits → the sentences that are read, each with the reader's judgement of it, best first."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources

import numpy as np

from rag.config import Answering
from rag.language.text import fold, simplified
from rag.reader import Heard, Reader, Sentence, Span
from rag.records import Article, Hit, Passage, headline
from rag.search.query import Query, with_translations
from rag.search.retrieve import Retriever

_BYLINE = "作者:"  # what stands before a byline when it is read, as the reader learnt it


@dataclass(frozen=True, eq=False)
class Piece:
    """One sentence, equal only to itself.

    ``text == getattr(article, passage.field)[start:end]`` (of the caption, for captions). ``nearness``: z-score of its vector to the
    question's; ``shared``: share of the question's words that it and its headline hold; ``found``: what its passage lacks to
    the best one in search. ``timely``: whether it may tell about the time asked about. ``margin``: the reader's log odds that it
    answers against "nothing answers"; ``heard``: what the reader told of its words. ``score``: log odds by all of these. ``alone``, of
    the likeliest ones: the reader's log odds when it is shown this sentence and no other.
    """

    article: Article
    passage: Passage
    start: int
    end: int
    text: str
    nearness: float = 0.0
    shared: float = 0.0
    found: float = 0.0
    timely: bool = True
    margin: float = 0.0
    heard: Heard | None = None
    score: float = 0.0
    alone: float = -math.inf

    @property
    def read_as(self) -> Sentence:
        """How the reader is shown it: under the headline and date of its article."""
        return Sentence(simplified(f"{headline(self.article)} {self.article.date}".strip()), self._before + simplified(self.text))

    @property
    def _before(self) -> str:
        return _BYLINE if self.passage.field == "byline" else ""

    @property
    def span(self) -> Span:
        """The words of it that most probably answer, in characters of ``text``."""
        assert self.heard is not None, "the piece was not read"
        best, shift = self.heard.best(), len(self._before)
        return replace(best, start=max(0, best.start - shift), end=max(0, best.end - shift))

    def probability(self, start: int, end: int) -> float:
        """The probability that the answer lies in ``text[start:end]``, if it is in this sentence."""
        assert self.heard is not None, "the piece was not read"
        shift = len(self._before)
        return self.heard.probability(start + shift, end + shift)


def choose_pieces(retriever: Retriever, reader: Reader, query: Query, hits: Sequence[Hit], settings: Answering) -> list[Piece]:
    """Reads the likeliest sentences of the hits; the likeliest to answer come first.

    Sentences that can only tell about another time than the one asked about come last, and articles that do not mention what
    the question names as often as others do are left out.
    """
    likely = _likely(retriever, query, in_scope(hits, query.scope), settings.read_sentences)
    shown = [piece.read_as for piece in likely]
    ways = _ways_to_ask(query, shown)
    read = [replace(piece, margin=heard.margin, heard=heard, timely=_may_tell(query, piece))
            for piece, heard in zip(likely, reader.read(ways[0], shown).heard, strict=True)]
    best = sorted((replace(piece, score=score_of(piece)) for piece in read), key=lambda piece: (not piece.timely, -piece.score))
    first = settings.evidence_sentences
    return [replace(piece, alone=_alone(reader, ways, piece)) for piece in best[:first]] + best[first:]


def _ways_to_ask(query: Query, shown: Sequence[Sentence]) -> list[str]:
    """The question as the reader is asked it: an English one as it was asked and in Chinese together, then each by itself."""
    asked = simplified(query.named or query.question)
    asked = with_translations(asked, query.terms, [f"{one.title}{one.text}" for one in shown])
    return [f"{asked} {query.chinese}", asked, query.chinese] if query.chinese else [asked]


def _alone(reader: Reader, ways: Sequence[str], piece: Piece) -> float:
    """The mean log odds of a sentence that is read by itself, over all ways to ask."""
    return float(np.mean([reader.read(asked, [piece.read_as]).heard[0].margin for asked in ways]))


def score_of(piece: Piece) -> float:
    """The reader's log odds, and beside them the weighted sum of what else tells for a sentence."""
    return piece.margin + sum(weight * float(getattr(piece, name)) for name, weight in fitted()["sentence"].items())


@cache
def fitted() -> Mapping[str, Mapping[str, float]]:
    """The weights that ``training/calibrate.py`` fitted: of what tells for a sentence, and of what tells that an answer is right."""
    text = resources.files(__package__).joinpath("fitted.json").read_text(encoding="utf-8")
    weights: Mapping[str, Mapping[str, float]] = json.loads(text)
    return weights


def in_scope(hits: Sequence[Hit], scope: Sequence[str]) -> list[Hit]:
    """The hits whose article mentions most of the places and names asked about; none if no article mentions any.

    So a question about one place is never answered from an article about another.
    """
    if not scope:
        return list(hits)
    mentions = {hit.article.article_id: _mentions(hit.article, scope) for hit in hits}
    most = max(mentions.values(), default=0)
    return [hit for hit in hits if most and mentions[hit.article.article_id] == most]


def _mentions(article: Article, scope: Sequence[str]) -> int:
    captions = " ".join(caption.text + caption.credit for caption in article.captions)
    whole = fold(f"{article.section} {headline(article)} {article.byline} {article.text} {captions}")
    return sum(fold(name) in whole for name in scope)


def _may_tell(query: Query, piece: Piece) -> bool:
    period = query.period
    return period is None or period.can_be_reported_in(piece.text, piece.passage.text, piece.article.date)


def _likely(retriever: Retriever, query: Query, hits: Sequence[Hit], limit: int) -> list[Piece]:
    """The likeliest sentences by all that is known before they are read, in the order of their articles."""
    vectors, best = retriever.vectors(query), max((hit.score for hit in hits), default=0.0)
    pieces = [piece for hit in hits for piece in _sentences(retriever, hit, vectors, hit.score - best)]
    shares = retriever.coverage(query.match_terms, [f"{piece.passage.context} {piece.text}" for piece in pieces])
    scored = [replace(piece, shared=share) for piece, share in zip(pieces, shares, strict=True)]
    likely = sorted(scored, key=score_of, reverse=True)[:limit]
    articles = list(dict.fromkeys(piece.article.article_id for piece in likely))
    return sorted(likely, key=lambda p: (articles.index(p.article.article_id), p.passage.field, p.passage.item, p.start))


def _sentences(retriever: Retriever, hit: Hit, vectors: np.ndarray, found: float) -> Iterable[Piece]:
    """Each sentence of a passage with the z-score of its vector."""
    for row, start, end in retriever.store.archive.sentences_of(hit.passage.passage_id):
        text = hit.passage.text[start - hit.passage.start : end - hit.passage.start]
        near = float(np.mean([retriever.store.sentences.score(vector, row) for vector in vectors]))
        yield Piece(hit.article, hit.passage, start, end, text, nearness=near, found=found)
