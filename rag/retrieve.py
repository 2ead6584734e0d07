"""Question → ranked hits: passage vectors, sentence vectors, BM25 and romanised names, fused.

The channels are added on one scale (z-scores of centred cosines, BM25 as a share of its best), weighted by
``retrieval`` in the configuration. Each channel puts ``candidates`` passages forward.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rag.config import Retrieval
from rag.embed import Embedder
from rag.query import Query
from rag.records import Hit
from rag.store import Store
from rag.store.vectors import centred
from rag.text import language

Scores = dict[int, float]


@dataclass(frozen=True)
class Retriever:
    """Searches one open index."""

    store: Store
    embedder: Embedder
    settings: Retrieval

    def search(self, query: Query, k: int | None = None) -> list[Hit]:
        """The ``k`` best passages (default: the configured number), best first."""
        channels = self.channels(query)
        ranked = fuse(channels, self._weights())[: self.settings.k if k is None else k]
        return self._hits(ranked, channels)

    def channels(self, query: Query) -> dict[str, Scores]:
        """What each channel found: passage row → score on the common scale."""
        limit = self.settings.candidates
        dense, sentence = self._dense(self.vectors(query), limit)
        return {
            "dense": dense,
            "sentence": sentence,
            "lexical": _share_of_best(self.store.archive.lexical(query.tokens, limit)),
            "names": _share_of_best(self.store.archive.phrases(query.sounds, limit)),
        }

    def vectors(self, query: Query) -> np.ndarray:
        """Centred vectors of the question and of its Chinese form: ``(1 or 2, dim)``."""
        texts = list(dict.fromkeys(t for t in (query.question, query.chinese) if t))
        raw = self.embedder.queries(texts)
        centres = (self.store.query_centres[language(text)] for text in texts)
        return np.vstack([centred(raw[i : i + 1], centre) for i, centre in enumerate(centres)])

    def _dense(self, vectors: np.ndarray, limit: int) -> tuple[Scores, Scores]:
        """Mean z-score over the forms of the question, for passages and for the best sentence of each."""
        passages: Scores = defaultdict(float)
        sentences: Scores = defaultdict(float)
        for vector in vectors:
            for row, score in self.store.passages.search(vector, limit):
                passages[row] += score / len(vectors)
            for row, score in self._best_sentences(vector, limit * 2).items():
                sentences[row] += score / len(vectors)
        return dict(passages), dict(sentences)

    def _best_sentences(self, vector: np.ndarray, limit: int) -> Scores:
        found = self.store.sentences.search(vector, limit)
        places = self.store.archive.sentence_places(row for row, _ in found)
        best: Scores = {}
        for row, score in found:
            best.setdefault(places[row][0], score)
        return best

    def _weights(self) -> dict[str, float]:
        s = self.settings
        return {"dense": s.dense_weight, "sentence": s.sentence_weight, "lexical": s.lexical_weight, "names": s.name_weight}

    def _hits(self, ranked: list[tuple[int, float]], channels: Mapping[str, Scores]) -> list[Hit]:
        passages = self.store.archive.passages(row for row, _ in ranked)
        articles = self.store.archive.articles({p.article_id for p in passages.values()})
        return [
            Hit(rank, score, passages[row], articles[passages[row].article_id],
                {name: round(scores[row], 4) for name, scores in channels.items() if row in scores})
            for rank, (row, score) in enumerate(ranked, 1)
        ]


def fuse(channels: Mapping[str, Scores], weights: Mapping[str, float]) -> list[tuple[int, float]]:
    """Weighted sum of the channels, best first; what a channel did not find counts as its worst find.

    >>> fuse({"dense": {1: 2.0, 2: 1.0}, "lexical": {2: 1.0}}, {"dense": 1.0, "lexical": 4.0})
    [(2, 5.0), (1, 2.0)]
    """
    rows = {row for scores in channels.values() for row in scores}
    floor = {name: min(scores.values(), default=0.0) if name in ("dense", "sentence") else 0.0
             for name, scores in channels.items()}
    total = {row: sum(weights[name] * scores.get(row, floor[name]) for name, scores in channels.items()) for row in rows}
    return sorted(total.items(), key=lambda item: (-item[1], item[0]))


def _share_of_best(found: Sequence[tuple[int, float]]) -> Scores:
    best = max((score for _, score in found), default=0.0)
    return {row: score / best for row, score in found} if best > 0 else {}
