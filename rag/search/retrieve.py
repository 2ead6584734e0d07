"""Question → ranked hits: passage vectors, sentence vectors, BM25, romanised names, dictionary words and dates, fused.

The channels are added on one scale (z-scores of centred cosines, BM25 as a share of its best), weighted by
``retrieval`` in the configuration. Each channel puts ``candidates`` passages forward; the dictionary and the period
asked about only judge those that the others found. Where that leaves a doubt, the first passages are compared with the
question token by token.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from rag.config import Retrieval
from rag.index.embed import Embedder
from rag.index.store.protocol import Reading, Store
from rag.index.store.vectors import centred
from rag.language.dates import is_date
from rag.language.periods import Period
from rag.language.text import fold, search_tokens
from rag.records import Filter, Found, Hit, Passage
from rag.search.query import Query

Scores = dict[int, float]

_ALL = Filter()
_DATED = 2.0  # how much more a date counts than its rarity, as figures of other months read alike
_NOWHERE = 0.5  # passages in which a word is reckoned to stand that stands in none
_COSINES = ("dense", "sentence", "tokens")  # channels whose scores have no zero
_ENOUGH = {"en": 4.5, "zh": 0.5}  # lead, with what is below, from which tokens change next to nothing (see docs/research.md)
_KNOWN = 0.5  # z-scores for each word of the question that the dictionary knows: the more, the less is left to mishear
_WORDS_SHOWN = 6
_SAME = 0.9  # shared pairs of letters from which two passages say the same


@dataclass(frozen=True)
class Retriever:
    """Searches one open index."""

    store: Store
    embedder: Embedder
    settings: Retrieval

    def search(self, query: Query, k: int | None = None, only: Filter = _ALL) -> list[Hit]:
        """The ``k`` best passages (default: the configured number) that a filter lets through, best first.

        Passages that say the same, such as agency copy printed twice, count once.
        """
        return self.hits(query, self.closer(query, self.channels(query, only)), k)

    def channels(self, query: Query, only: Filter = _ALL) -> dict[str, Scores]:
        """What each channel found: passage row → score on the common scale."""
        limit = self.settings.candidates
        rows = self.store.archive.allowed(only) if only else (None, None)
        dense, sentence = self._dense(self.vectors(query), limit, *rows)
        found = {
            "dense": dense,
            "sentence": sentence,
            "lexical": _share_of_best(self.store.archive.lexical(query.words, limit, only)),
            "names": _share_of_best(self.store.archive.phrases(query.sounds, limit, only)),
        }
        put_forward = {row for scores in found.values() for row in scores}
        passages = self.store.archive.passages(put_forward) if query.terms or query.period else {}
        return {**found, "dictionary": self._meant(query.terms, passages), "period": self._of_another(query.period, passages)}

    def is_sure(self, query: Query, channels: Mapping[str, Scores]) -> bool:
        """Whether the channels tell enough: one passage leads clearly, and a channel puts it first by itself too,
        among those of the time asked about.
        """
        ranked = fuse(channels, self.weights(query))[:2]
        if not ranked:
            return False
        (first, best), *rivals = ranked
        lead = best - rivals[0][1] if rivals else math.inf
        other_times = channels["period"]
        agreed = any(max((row for row in scores if row not in other_times), key=scores.__getitem__, default=None) == first
                     for scores in (channels[name] for name in ("dense", "sentence", "dictionary")))
        return agreed and lead + _KNOWN * len(query.terms) > _ENOUGH[query.language]

    def closer(self, query: Query, channels: dict[str, Scores]) -> dict[str, Scores]:
        """The channels, and where they leave a doubt, how well the first passages meet the question token by token."""
        if not self.settings.token_weight or self.is_sure(query, channels):
            return channels
        rows = [row for row, _ in fuse(channels, self.weights(query))[: self.settings.compared]]
        passages = self.store.archive.passages(rows)
        rows = [row for row in rows if row in passages]
        texts = [f"{passages[row].context} {passages[row].text}" for row in rows]
        scores = self.embedder.interaction(query.named or query.question, texts)
        return {**channels, "tokens": dict(zip(rows, map(float, scores), strict=True))}

    def compare_all(self, most: int) -> None:
        """Reads the tokens of every passage of an archive of at most ``most``, so that its first searches are quick too."""
        if self.settings.token_weight and self.store.manifest.passages <= most:
            rows = self.store.archive.allowed(_ALL)[0].tolist()
            passages = self.store.archive.passages(rows)
            self.embedder.interaction("", [f"{p.context} {p.text}" for p in passages.values()])

    def holding(self, query: Query, only: Filter = _ALL) -> dict[str, tuple[str, str]]:
        """The articles that hold every word of a query, an English word by any of its translations: id → date and source."""
        if query.language == "zh":
            return self.store.archive.holding([[[word]] for word in query.words], (), only)
        ways = [[[pair for pair in search_tokens(word) if len(pair) > 1] or [word] for word in term] for term in query.terms]
        return self.store.archive.holding(ways, query.sounds, only)

    def vectors(self, query: Query) -> np.ndarray:
        """The centred vector of the question: ``(1, dim)``."""
        return centred(self.embedder.queries([query.question]), self.store.query_centres[query.language])

    def _dense(
        self, vectors: np.ndarray, limit: int, passage_rows: np.ndarray | None, sentence_rows: np.ndarray | None
    ) -> tuple[Scores, Scores]:
        """Mean z-score over the forms of the question, for passages and for the best sentence of each."""
        passages: Scores = defaultdict(float)
        sentences: Scores = defaultdict(float)
        for vector in vectors:
            for row, score in self.store.passages.search(vector, limit, passage_rows):
                passages[row] += score / len(vectors)
            for row, score in self._best_sentences(vector, limit * 2, sentence_rows).items():
                sentences[row] += score / len(vectors)
        return dict(passages), dict(sentences)

    def _best_sentences(self, vector: np.ndarray, limit: int, only: np.ndarray | None) -> Scores:
        found = self.store.sentences.search(vector, limit, only)
        places = self.store.archive.sentence_places(row for row, _ in found)
        best: Scores = {}
        for row, score in found:
            if row in places:  # a store that is written in place may have lost it meanwhile
                best.setdefault(places[row][0], score)
        return best

    def _of_another(self, period: Period | None, passages: Mapping[int, Passage]) -> Scores:
        """-1 for each passage that can only tell about another time than the one asked about."""
        if period is None:
            return {}
        written = self.store.archive.dates({passage.article_id for passage in passages.values()})
        return {row: -1.0 for row, p in passages.items() if not period.can_be_reported_by(p.text, written[p.article_id])}

    def _meant(self, terms: Sequence[tuple[str, ...]], passages: Mapping[int, Passage]) -> Scores:
        """How much of the English question each passage holds, any translation of a word counting as the word."""
        held = self.held(terms, [f"{p.context} {p.text}" for p in passages.values()])
        return _share_of_best(list(zip(passages, held, strict=True))) if terms else {}

    def held(self, terms: Sequence[tuple[str, ...]], texts: Sequence[str]) -> list[float]:
        """Which share of some terms each text holds, any word of a term counting as the term and rare terms more; 0 to 1.

        A term is as rare as its words are together; one that stands nowhere in the archive is left out.
        """
        pairs = {word: [token for token in search_tokens(word) if len(token) > 1] or [word] for term in terms for word in term}
        counts = self.store.archive.document_frequencies(sorted({pair for some in pairs.values() for pair in some}))
        common = {word: min(counts.get(pair, 0) for pair in some) for word, some in pairs.items()}
        size = self.store.manifest.passages
        weighed = [(words, math.log(1 + size / min(size, sum(common[word] for word in words))))
                   for term in terms if (words := [word for word in term if common[word]])]
        whole = sum(weight for _, weight in weighed) or 1.0
        plain = [fold(text) for text in texts]
        return [sum(weight for words, weight in weighed if any(word in text for word in words)) / whole for text in plain]

    def weights(self, query: Query) -> dict[str, float]:
        """What each channel counts for; the words of another language say nothing."""
        s = self.settings
        lexical = s.lexical_weight if query.language == "zh" else 0.0
        return {"dense": s.dense_weight, "sentence": s.sentence_weight, "lexical": lexical, "names": s.name_weight,
                "dictionary": s.dictionary_weight, "period": s.period_weight, "tokens": s.token_weight}

    def hits(self, query: Query, channels: Mapping[str, Scores], k: int | None = None) -> list[Hit]:
        """The first ``k`` of what the channels found, fused, near-duplicates left out."""
        k = self.settings.k if k is None else k
        ranked = fuse(channels, self.weights(query))
        archive = self.store.archive
        ranks = {name: _ranks(scores) for name, scores in channels.items()}
        rarity = Rarity(archive, query.tokens, self.store.manifest.passages)
        hits: list[Hit] = []
        seen: list[frozenset[str]] = []
        for at in range(0, len(ranked), max(k, 20)):
            part = ranked[at : at + max(k, 20)]
            passages = archive.passages(row for row, _ in part)
            articles = archive.articles({p.article_id for p in passages.values()})
            for row, score in part:
                if row not in passages or passages[row].article_id not in articles:
                    continue
                passage = passages[row]
                shingles = _shingles(passage.text)
                same = next((at for at, other in enumerate(seen) if _overlap(shingles, other) > _SAME), None)
                if same is not None:
                    hits[same] = replace(hits[same], alike=hits[same].alike + 1)
                    continue
                seen.append(shingles)
                found = {name: Found(ranks[name][row], round(scores[row], 4)) for name, scores in channels.items() if row in scores}
                text = f"{passage.context} {passage.text}"
                words = (*rarity.rarest(text, query.scope), *(w for term in query.terms for w in term if w in text))
                hits.append(Hit(len(hits) + 1, score, passage, articles[passage.article_id], found,
                                tuple(dict.fromkeys(words))[:_WORDS_SHOWN]))
                if len(hits) == k:
                    return hits
        return hits


class Rarity:
    """How rare the words of a question are in an archive (inverse document frequency).

    Words that stand nowhere are left out, or count most of all (``missing``).
    """

    def __init__(self, archive: Reading, tokens: Sequence[str], passages: int, *, missing: bool = False) -> None:
        counts: dict[str, float] = dict.fromkeys(tokens, _NOWHERE) if missing else {}
        counts |= archive.document_frequencies(tokens)
        self.weights = {
            token: math.log(1 + max(passages, 1) / count) * (_DATED if is_date(token) else 1.0) for token, count in counts.items()}
        self._sum = sum(self.weights.values())

    def share(self, text: str, more: Iterable[str] = ()) -> float:
        """Which share of the question's words a text (or one of ``more`` tokens) holds, rare words counting more; 0 to 1."""
        if not self._sum:
            return 0.0
        held = {*search_tokens(text), *more}
        return sum(weight for token, weight in self.weights.items() if token in held) / self._sum

    def rarest(self, text: str, names: Sequence[str]) -> tuple[str, ...]:
        """The names, then the rarest words of the question that stand in a text."""
        held = set(search_tokens(text))
        words = sorted((t for t in self.weights if t in held and len(t) > 1), key=lambda t: -self.weights[t])
        return tuple(dict.fromkeys([*(name for name in names if name in text), *words]))


def _ranks(scores: Scores) -> dict[int, int]:
    return {row: rank for rank, row in enumerate(sorted(scores, key=lambda row: -scores[row]), 1)}


def _shingles(text: str) -> frozenset[str]:
    """Pairs of neighbouring letters and digits."""
    plain = "".join(c for c in fold(text) if c.isalnum())
    return frozenset(plain[i : i + 2] for i in range(len(plain) - 1)) or frozenset([plain])


def _overlap(one: frozenset[str], other: frozenset[str]) -> float:
    """Jaccard similarity; 0 where the sizes alone tell that it is at most ``_SAME``."""
    if min(len(one), len(other)) <= _SAME * max(len(one), len(other)):
        return 0.0
    return len(one & other) / len(one | other)


def fuse(channels: Mapping[str, Scores], weights: Mapping[str, float]) -> list[tuple[int, float]]:
    """Weighted sum of the channels, best first; what a channel did not find counts as its worst find, and tokens count by what is
    lacking to the best, so that a score is as high as without them.

    >>> fuse({"dense": {1: 2.0, 2: 1.0}, "lexical": {2: 1.0}}, {"dense": 1.0, "lexical": 4.0})
    [(2, 5.0), (1, 2.0)]
    >>> fuse({"lexical": {1: 0.5, 2: 1.0, 3: 0.5}, "tokens": {1: 0.75, 2: 0.5}}, {"lexical": 4.0, "tokens": 100.0})
    [(1, 2.0), (2, -21.0), (3, -23.0)]
    """
    rows = {row for scores in channels.values() for row in scores}
    floor = {name: min(scores.values(), default=0.0) if name in _COSINES else 0.0 for name, scores in channels.items()}
    top = {name: max(scores.values(), default=0.0) if name == "tokens" else 0.0 for name, scores in channels.items()}
    total = {row: sum(weights[name] * (scores.get(row, floor[name]) - top[name]) for name, scores in channels.items()) for row in rows}
    return sorted(total.items(), key=lambda item: (-item[1], item[0]))


def _share_of_best(found: Sequence[tuple[int, float]]) -> Scores:
    best = max((score for _, score in found), default=0.0)
    return {row: score / best for row, score in found} if best > 0 else {}
