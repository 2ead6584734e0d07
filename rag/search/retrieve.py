"""Hybrid retrieval: passage and sentence vectors, BM25, romanised names, dictionary translations and dates, fused.

The fused score is the weighted sum of the channels on one scale (z-scores of centred cosines, BM25 as a share of its best
score). The weights stand under ``retrieval`` in the configuration. Each channel returns ``candidates`` passages; the
dictionary and the period only score the passages that other channels found. If no passage leads clearly, late interaction
(token by token) reranks the best ones.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from rag.config import Retrieval
from rag.index.embed import Embedder
from rag.index.store.protocol import ReadableArchive, Store
from rag.index.store.vectors import centred
from rag.language.dates import is_date
from rag.language.periods import Period
from rag.language.text import fold, jaccard, letter_pairs, search_tokens
from rag.records import ChannelScore, Filter, Hit, Passage
from rag.search.query import Query

Scores = dict[int, float]

_ALL = Filter()
_DATE_WEIGHT = 2.0  # factor on the IDF of a date, because reports of other months read alike
_UNSEEN_COUNT = 0.5  # document frequency (passages) assumed for a word that no passage has
_CHANNELS_WITHOUT_ZERO = ("dense", "sentence", "tokens")  # cosine channels: a missing passage gets the lowest score found, not 0
_CERTAIN_LEAD = {"en": 4.5, "zh": 0.5}  # lead in fused score above which reranking by tokens changes almost nothing (docs/research.md)
_LEAD_PER_KNOWN_TERM = 0.5  # added to the lead for each word of the question in the dictionary, as known words make the ranking safer
_WORDS_SHOWN = 6  # matched words shown with a hit
_DUPLICATE_OVERLAP = 0.9  # Jaccard similarity of character bigrams above which two passages are duplicates


@dataclass(frozen=True)
class Retriever:
    """Searches one open index."""

    store: Store
    embedder: Embedder
    settings: Retrieval

    def search(self, query: Query, k: int | None = None, only: Filter = _ALL) -> list[Hit]:
        """Returns the ``k`` best passages (default: the configured number) that pass a filter, best first.

        Near-duplicates, such as agency copy printed twice, count as one.
        """
        return self.hits(query, self.rerank_by_tokens(query, self.channels(query, only)), k)

    def channels(self, query: Query, only: Filter = _ALL) -> dict[str, Scores]:
        """Returns the scores of each channel: channel → passage row → score on the common scale."""
        limit = self.settings.candidates
        rows = self.store.archive.allowed(only) if only else (None, None)
        dense, sentence = self._dense(self.vectors(query), limit, *rows)
        found = {
            "dense": dense,
            "sentence": sentence,
            "lexical": _share_of_best(self.store.archive.lexical(query.words, limit, only)),
            "names": _share_of_best(self.store.archive.phrases(query.pinyin_readings, limit, only)),
        }
        candidates = {row for scores in found.values() for row in scores}
        passages = self.store.archive.passages(candidates) if query.terms or query.period else {}
        return {**found, "dictionary": self._dictionary_scores(query.terms, passages),
                "period": self._other_period_scores(query.period, passages)}

    def is_sure(self, query: Query, channels: Mapping[str, Scores]) -> bool:
        """Tells whether the ranking is certain: one passage leads clearly, and at least one channel also ranks it first.

        Passages that can only report another period than the one asked about are left out of a channel's ranking.
        """
        ranked = fuse(channels, self.weights(query))[:2]
        if not ranked:
            return False
        (first, best), *rivals = ranked
        lead = best - rivals[0][1] if rivals else math.inf
        other_times = channels["period"]
        agreed = any(max((row for row in scores if row not in other_times), key=scores.__getitem__, default=None) == first
                     for scores in (channels[name] for name in ("dense", "sentence", "dictionary")))
        return agreed and lead + _LEAD_PER_KNOWN_TERM * len(query.terms) > _CERTAIN_LEAD[query.language]

    def rerank_by_tokens(self, query: Query, channels: dict[str, Scores]) -> dict[str, Scores]:
        """Adds the channel ``tokens`` unless the ranking is certain: late-interaction scores of the best passages."""
        if not self.settings.token_weight or self.is_sure(query, channels):
            return channels
        rows = [row for row, _ in fuse(channels, self.weights(query))[: self.settings.compared]]
        passages = self.store.archive.passages(rows)
        rows = [row for row in rows if row in passages]
        texts = [f"{passages[row].context} {passages[row].text}" for row in rows]
        scores = self.embedder.interaction(query.localised or query.question, texts)
        return {**channels, "tokens": dict(zip(rows, map(float, scores), strict=True))}

    def warm_token_cache(self, most: int) -> None:
        """Embeds the tokens of all passages, if there are at most ``most``, so that the first searches are fast too."""
        if self.settings.token_weight and self.store.manifest.passages <= most:
            rows = self.store.archive.allowed(_ALL)[0].tolist()
            passages = self.store.archive.passages(rows)
            self.embedder.interaction("", [f"{p.context} {p.text}" for p in passages.values()])

    def articles_with_all_words(self, query: Query, only: Filter = _ALL) -> dict[str, tuple[str, str]]:
        """Returns the articles that have a passage with every word of the query (Boolean AND): article id → date and source.

        Any translation of an English word counts as the word.
        """
        if query.language == "zh":
            return self.store.archive.articles_with_all_words([[[word]] for word in query.words], (), only)
        ways = [[[pair for pair in search_tokens(word) if len(pair) > 1] or [word] for word in term] for term in query.terms]
        return self.store.archive.articles_with_all_words(ways, query.pinyin_readings, only)

    def vectors(self, query: Query) -> np.ndarray:
        """Returns the centred vector of the question, ``(1, dim) float32``."""
        return centred(self.embedder.queries([query.question]), self.store.query_centres[query.language])

    def _dense(
        self, vectors: np.ndarray, limit: int, passage_rows: np.ndarray | None, sentence_rows: np.ndarray | None
    ) -> tuple[Scores, Scores]:
        """Returns the mean z-scores over the query vectors: of passages, and of each passage's best sentence."""
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
            if row in places:  # a concurrent write to the store may have removed it
                best.setdefault(places[row][0], score)
        return best

    def _other_period_scores(self, period: Period | None, passages: Mapping[int, Passage]) -> Scores:
        """Returns -1 for each passage that can only report another period than the one asked about."""
        if period is None:
            return {}
        written = self.store.archive.dates({passage.article_id for passage in passages.values()})
        return {row: -1.0 for row, p in passages.items() if not period.can_be_reported_by(p.text, written[p.article_id])}

    def _dictionary_scores(self, terms: Sequence[tuple[str, ...]], passages: Mapping[int, Passage]) -> Scores:
        """Returns the share of the English question that each passage covers, relative to the best passage."""
        covered = self.coverage(terms, [f"{p.context} {p.text}" for p in passages.values()])
        return _share_of_best(list(zip(passages, covered, strict=True))) if terms else {}

    def word_frequencies(self, words: Iterable[str]) -> dict[str, int]:
        """Returns in how many passages each word can stand: the lowest document frequency of its tokens."""
        pairs = {word: [token for token in search_tokens(word) if len(token) > 1] or [word] for word in words}
        counts = self.store.archive.document_frequencies(sorted({pair for some in pairs.values() for pair in some}))
        return {word: min(counts.get(pair, 0) for pair in some) for word, some in pairs.items()}

    def coverage(self, terms: Sequence[tuple[str, ...]], texts: Sequence[str]) -> list[float]:
        """Returns the IDF-weighted share of the terms that each text contains, 0 to 1.

        Any word of a term counts as the term. The document frequency of a term is the sum over its words; a term that no
        passage contains is left out.
        """
        common = self.word_frequencies(word for term in terms for word in term)
        size = self.store.manifest.passages
        weighed = [(words, math.log(1 + size / min(size, sum(common[word] for word in words))))
                   for term in terms if (words := [word for word in term if common[word]])]
        whole = sum(weight for _, weight in weighed) or 1.0
        plain = [fold(text) for text in texts]
        return [sum(weight for words, weight in weighed if any(word in text for word in words)) / whole for text in plain]

    def weights(self, query: Query) -> dict[str, float]:
        """Returns the weight of each channel; BM25 has weight 0 for questions that are not Chinese."""
        s = self.settings
        lexical = s.lexical_weight if query.language == "zh" else 0.0
        return {"dense": s.dense_weight, "sentence": s.sentence_weight, "lexical": lexical, "names": s.name_weight,
                "dictionary": s.dictionary_weight, "period": s.period_weight, "tokens": s.token_weight}

    def hits(self, query: Query, channels: Mapping[str, Scores], k: int | None = None) -> list[Hit]:
        """Fuses the channels and returns the ``k`` best passages without near-duplicates, best first."""
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
                shingles = letter_pairs(passage.text)
                same = next((at for at, other in enumerate(seen) if _overlap(shingles, other) > _DUPLICATE_OVERLAP), None)
                if same is not None:
                    hits[same] = replace(hits[same], alike=hits[same].alike + 1)
                    continue
                seen.append(shingles)
                found = {name: ChannelScore(ranks[name][row], round(scores[row], 4))
                         for name, scores in channels.items() if row in scores}
                text = f"{passage.context} {passage.text}"
                words = (*rarity.rarest(text, query.places), *(w for term in query.terms for w in term if w in text))
                hits.append(Hit(len(hits) + 1, score, passage, articles[passage.article_id], found,
                                tuple(dict.fromkeys(words))[:_WORDS_SHOWN]))
                if len(hits) == k:
                    return hits
        return hits


class Rarity:
    """Inverse document frequency of the words of a question.

    Words that no passage has are left out or, with ``missing``, weigh most.
    """

    def __init__(self, archive: ReadableArchive, tokens: Sequence[str], passages: int, *, missing: bool = False) -> None:
        counts: dict[str, float] = dict.fromkeys(tokens, _UNSEEN_COUNT) if missing else {}
        counts |= archive.document_frequencies(tokens)
        self.weights = {
            token: math.log(1 + max(passages, 1) / count) * (_DATE_WEIGHT if is_date(token) else 1.0)
            for token, count in counts.items()}
        self._sum = sum(self.weights.values())

    def share(self, text: str, more: Iterable[str] = ()) -> float:
        """Returns the IDF-weighted share of the question's words that a text or the tokens ``more`` contain, 0 to 1."""
        if not self._sum:
            return 0.0
        tokens = {*search_tokens(text), *more}
        return sum(weight for token, weight in self.weights.items() if token in tokens) / self._sum

    def rarest(self, text: str, names: Sequence[str]) -> tuple[str, ...]:
        """Returns the names in a text, then the question's words in it, rarest first."""
        tokens = set(search_tokens(text))
        words = sorted((t for t in self.weights if t in tokens and len(t) > 1), key=lambda t: -self.weights[t])
        return tuple(dict.fromkeys([*(name for name in names if name in text), *words]))


def _ranks(scores: Scores) -> dict[int, int]:
    return {row: rank for rank, row in enumerate(sorted(scores, key=lambda row: -scores[row]), 1)}


def _overlap(one: frozenset[str], other: frozenset[str]) -> float:
    """Returns the Jaccard similarity; 0 if the sizes alone show that it is at most ``_DUPLICATE_OVERLAP``."""
    if min(len(one), len(other)) <= _DUPLICATE_OVERLAP * max(len(one), len(other)):
        return 0.0
    return jaccard(one, other)


def fuse(channels: Mapping[str, Scores], weights: Mapping[str, float]) -> list[tuple[int, float]]:
    """Returns ``(row, score)`` by the weighted sum of the channels, best first.

    A passage that a cosine channel did not find gets the channel's lowest score. The channel ``tokens`` counts by its
    distance to its best score, so that it never raises a score.

    >>> fuse({"dense": {1: 2.0, 2: 1.0}, "lexical": {2: 1.0}}, {"dense": 1.0, "lexical": 4.0})
    [(2, 5.0), (1, 2.0)]
    >>> fuse({"lexical": {1: 0.5, 2: 1.0, 3: 0.5}, "tokens": {1: 0.75, 2: 0.5}}, {"lexical": 4.0, "tokens": 100.0})
    [(1, 2.0), (2, -21.0), (3, -23.0)]
    """
    rows = {row for scores in channels.values() for row in scores}
    floor = {name: min(scores.values(), default=0.0) if name in _CHANNELS_WITHOUT_ZERO else 0.0 for name, scores in channels.items()}
    top = {name: max(scores.values(), default=0.0) if name == "tokens" else 0.0 for name, scores in channels.items()}
    total = {row: sum(weights[name] * (scores.get(row, floor[name]) - top[name]) for name, scores in channels.items()) for row in rows}
    return sorted(total.items(), key=lambda item: (-item[1], item[0]))


def _share_of_best(found: Sequence[tuple[int, float]]) -> Scores:
    best = max((score for _, score in found), default=0.0)
    return {row: score / best for row, score in found} if best > 0 else {}
