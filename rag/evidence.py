"""Hits → the few sentences that the generator reads.

A small model reads slowly and is led astray by neighbouring figures, so it gets sentences, not passages: those that
share most with the question in words and in meaning, each with the title of its article.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from rag.dates import date_tokens
from rag.query import Query
from rag.records import Article, Hit, Passage, headline
from rag.retrieve import Rarity, Retriever
from rag.text import fold

_WORDS = 12.0  # weight of a sentence's share of the question's words beside its z-score of meaning
_BYLINE = 6.0  # what a byline gains where it is asked who wrote
_AUTHOR = re.compile(r"作者|谁写|撰写|记者|采写|who wrote|written by|author|reporter|byline", re.I)
_OTHER_TIME = 5.0  # what a sentence loses that can only tell about another time than the one asked about
_LINK = re.compile(r"\W*\[[^\]]*\]\([^)]*\)\W*")  # a Markdown link by itself tells nothing
_PASSAGE = 0.3  # weight of what its passage lacks to the best one
_FOUND = 0.023  # weight of a passage's search score (about 20 where it does not answer, 30 where it does) in its support


@dataclass(frozen=True, eq=False)
class Evidence:
    """One sentence, the same only as itself.

    ``text == getattr(article, passage.field)[start:end]`` (of the caption, for captions). ``support`` (about 0.4 to 1.6)
    tells how much of the question its passage answers to: the share of the question's words that it and its article's
    title, zone and date hold, rare words counting more, and how well search found it. ``timely``: whether it may tell about the
    time asked about.
    """

    article: Article
    passage: Passage
    start: int
    end: int
    text: str
    score: float
    support: float = 1.0
    timely: bool = True


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


def choose_evidence(retriever: Retriever, query: Query, hits: Sequence[Hit], limit: int) -> list[Evidence]:
    """The ``limit`` best sentences of the hits, best first.

    A sentence is scored by its vector (z-score), by the share of the question's words that it holds, each word
    weighted by its rarity, by the passage it stands in, and by whether it can tell about the time asked about.
    """
    vectors = retriever.vectors(query)
    rarity = Rarity(retriever.store.archive, query.tokens, retriever.store.manifest.passages)
    top = max((hit.score for hit in hits), default=0.0)
    author = _BYLINE if _AUTHOR.search(query.question) else 0.0
    asked = Rarity(retriever.store.archive, query.chinese_words, retriever.store.manifest.passages, missing=True)
    chance, period = _chance(retriever.store.manifest.passages), query.period
    found = [
        Evidence(hit.article, hit.passage, start, end, text,
                 meaning + _WORDS * _share(rarity, hit.article, text) + _PASSAGE * (hit.score - top)
                 + author * (hit.passage.field == "byline") - _OTHER_TIME * (not timely), support, timely)
        for hit in hits
        for support in [(_share(asked, hit.article, hit.passage.text) + _FOUND * hit.score) / chance]
        for start, end, text, meaning in _sentences(retriever, hit, vectors)
        if not _LINK.fullmatch(text)
        for timely in [period is None or period.told_in(text, hit.passage.text, hit.article.date)]
    ]
    return sorted(found, key=lambda e: -e.score)[:limit]


def _chance(passages: int) -> float:
    """How much the best of so many passages resembles any question by chance, beside the best of ten thousand."""
    return min(1.0, max(0.25, math.log10(max(passages, 1)) / 4))


def _share(rarity: Rarity, article: Article, text: str) -> float:
    """Which share of the question's words a text holds, or its article's title, zone or date."""
    context = " ".join((article.section, article.kicker, article.title, article.byline, article.date))
    return rarity.share(f"{context} {text}", [*date_tokens(article.date), *date_tokens(text, article.date)])


def _sentences(retriever: Retriever, hit: Hit, vectors: np.ndarray) -> Iterable[tuple[int, int, str, float]]:
    """Start, end, text and z-score of each sentence of a passage."""
    for row, start, end in retriever.store.archive.sentences_of(hit.passage.passage_id):
        text = hit.passage.text[start - hit.passage.start : end - hit.passage.start]
        yield start, end, text, float(np.mean([retriever.store.sentences.score(vector, row) for vector in vectors]))
