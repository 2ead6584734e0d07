"""An archive in Milvus as search reads it: the methods of :class:`rag.index.store.archive.Archive`, asked of collections.

Milvus joins no collections, so passages and sentences carry the source and date of their article. The JSON of an
article may be longer than a field of Milvus; it lies there in pieces that overlap, so that a name stands whole in one.
"""

from __future__ import annotations

import json
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from rag.index.facts import facts_of
from rag.index.store.archive import article_from_dict
from rag.index.store.milvus_conditions import all_of, contains, is_in, literal, matches_exactly
from rag.index.store.milvus_tables import Table, Tables
from rag.records import Article, Fact, Filter, Passage

_NO_FILTER = Filter()
_PIECE_CHARACTERS = 16_000  # characters of an article's JSON in one row; each may have four bytes
_OVERLAP_CHARACTERS = 256  # characters that a piece shares with the one before it
_PASSAGE_FIELDS = ("passage_id", "article_id", "text", "start", "end", "field", "item", "context")
_NO_ROWS = "row < 0"
_K1, _B = 1.2, 0.75  # of BM25, as in SQLite


def split_record(record: str, size: int = _PIECE_CHARACTERS, overlap: int = _OVERLAP_CHARACTERS) -> list[str]:
    """A text in pieces of at most ``size + overlap`` characters, each but the first with the end of the one before.

    >>> split_record("春江花月夜", 2, 1)
    ['春江', '江花月', '月夜']
    """
    return [record[max(0, at - overlap) : at + size] for at in range(0, len(record), size)]


def join_pieces(pieces: Sequence[str], overlap: int = _OVERLAP_CHARACTERS) -> str:
    """The inverse of :func:`split_record`.

    >>> join_pieces(["春江", "江花月", "月夜"], 1)
    '春江花月夜'
    """
    return "".join(piece[overlap if at else 0 :] for at, piece in enumerate(pieces))


@dataclass(frozen=True)
class MilvusRows:
    """The rows that meet a condition; Milvus looks them up itself when it searches."""

    table: Table
    condition: str

    def __len__(self) -> int:
        return self.table.count(self.condition)

    def __iter__(self) -> Iterator[int]:
        return (row["row"] for row in self.table.scan(self.condition, ["row"]))

    def tolist(self) -> list[int]:
        """All of them, in order."""
        return list(self)


class MilvusReading:
    """The reading half of an archive in Milvus; any number of threads may share one."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables

    def close(self) -> None:
        """Nothing is held open: the connection belongs to the address, see :func:`~rag.index.store.milvus_server.disconnect`."""

    # -- the whole ------------------------------------------------------------------------------------------

    def sources(self) -> dict[str, str]:
        """Name of each source → SHA-256 of what was read; ``""`` for one whose writing was cut short."""
        return {name: value["sha256"] for name, value in self.tables.metadata.of("source").items()}

    def articles_by_source(self) -> dict[str, int]:
        """Name of each source → how many articles it gave."""
        return {name: value["articles"] for name, value in sorted(self.tables.metadata.of("source").items())}

    def counts(self) -> tuple[int, int, int]:
        """How many sources, articles and passages there are."""
        known = self.tables.metadata.of("source").values()
        return len(known), sum(value["articles"] for value in known), sum(value["passages"] for value in known)

    # -- articles -------------------------------------------------------------------------------------------

    def articles(self, ids: Iterable[str]) -> dict[str, Article]:
        """Articles by id; ids that are not there are left out."""
        return {name: article_from_dict(json.loads(record)) for name, record in self._records(ids).items()}

    def _records(self, ids: Iterable[str]) -> dict[str, str]:
        found: dict[str, dict[int, str]] = defaultdict(dict)
        for row in self.tables.articles.where_in("article_id", ids, ["article_id", "part", "record"]):
            found[row["article_id"]][row["part"]] = row["record"]
        return {name: join_pieces([pieces[part] for part in sorted(pieces)]) for name, pieces in found.items()}

    def dates(self, ids: Iterable[str]) -> dict[str, str]:
        """Article id → ISO date, or what is known of it; ``""`` where the paper does not tell."""
        return {row["article_id"]: row["date"] for row in self.tables.articles.where_in("article_id", ids, ["article_id", "date"])}

    def article_ids(self) -> list[str]:
        """The ids of all articles, in order."""
        return [row["article_id"] for row in self.tables.articles.scan("part == 0", ["article_id"])]

    def listed(self, source: str, text: str, offset: int, limit: int) -> tuple[int, list[Article]]:
        """How many articles a source has (``""``: all) that hold a text in any field, and some of them in their order."""
        own = is_in("source", [source]) if source else ""
        if text:
            ids = self._articles_with_text(text, own)
            total, shown = len(ids), ids[offset : offset + limit]
        else:
            counts = self.articles_by_source()
            total = counts.get(source, 0) if source else sum(counts.values())
            first = self.tables.articles.scan(all_of("part == 0", own), ["article_id"])
            shown = [row["article_id"] for row in islice(first, offset, offset + limit)]
        found = self.articles(shown)
        return total, [found[name] for name in shown if name in found]

    def _articles_with_text(self, text: str, condition: str = "") -> list[str]:
        """The articles in whose JSON a text stands, in their order."""
        rows = self.tables.articles.scan(all_of(condition, contains("record", text[:_OVERLAP_CHARACTERS])), ["article_id"])
        ids = list(dict.fromkeys(row["article_id"] for row in rows))
        if matches_exactly(text) and len(text) <= _OVERLAP_CHARACTERS:
            return ids
        records = self._records(ids)
        return [name for name in ids if text in records[name]]

    # -- passages and sentences -----------------------------------------------------------------------------

    def passages(self, rows: Iterable[int]) -> dict[int, Passage]:
        """Passages by row number; rows that are not there are left out."""
        return {row["row"]: Passage(*(row[name] for name in _PASSAGE_FIELDS))
                for row in self.tables.passages.where_in("row", map(int, rows), ["row", *_PASSAGE_FIELDS])}

    def facts(self, passages: Iterable[str]) -> list[tuple[str, Fact]]:
        """The figures of some passages, given by their ids: ``(passage id, fact)``; they are read when they are asked for."""
        rows = self.tables.passages.where_in("passage_id", passages, list(_PASSAGE_FIELDS))
        found = [Passage(*(row[name] for name in _PASSAGE_FIELDS)) for row in rows]
        written = self.dates({passage.article_id for passage in found})
        return [(passage.passage_id, fact) for passage in found for fact in facts_of(passage, written[passage.article_id])]

    def sentence_places(self, rows: Iterable[int]) -> dict[int, tuple[int, int, int]]:
        """Sentence row → (passage row, start, end) in the passage's field."""
        return {row["row"]: (row["passage"], row["start"], row["end"])
                for row in self.tables.sentences.where_in("row", map(int, rows), ["row", "passage", "start", "end"])}

    def sentences_of(self, passage_id: str) -> list[tuple[int, int, int]]:
        """The sentences of a passage, in order: ``(sentence row, start, end)``."""
        rows = self.tables.sentences.query(f"passage_id == {literal(passage_id)}", ["row", "start", "end"])
        return sorted(((row["row"], row["start"], row["end"]) for row in rows), key=lambda place: place[1])

    def document_frequencies(self, tokens: Sequence[str]) -> dict[str, int]:
        """In how many passages each token stands; tokens that stand nowhere are left out."""
        return {row["word"]: row["passages"] for row in self.tables.words.where_in("word", tokens, ["word", "passages"])}

    # -- filters and lexical search -------------------------------------------------------------------------

    def allowed(self, only: Filter) -> tuple[MilvusRows, MilvusRows]:
        """The rows of passages and of sentences that a filter lets through."""
        condition = self._condition(only) or "row >= 0"
        return MilvusRows(self.tables.passages, condition), MilvusRows(self.tables.sentences, condition)

    def _condition(self, only: Filter) -> str:
        """A filter as Milvus takes it; a date is compared as far as it is known, as text."""
        parts = []
        if only.since:
            begun = is_in("date", (only.since[:size] for size in range(1, len(only.since))))
            parts.append(f'date != "" and (date >= {literal(only.since)} or {begun})')
        if only.until:
            parts.append(f'date != "" and date <= {literal(only.until + "~")}')  # "~" comes after all that a date goes on with
        if only.source:
            names = [name for name in self.sources() if only.source in name]
            parts.append(is_in("source", names) if names else _NO_ROWS)
        for name in only.mentioning:
            ids = self._articles_with_text(name)
            parts.append(is_in("article_id", ids) if ids else _NO_ROWS)
        return all_of(*parts) if parts else ""

    def lexical(self, tokens: Sequence[str], limit: int, only: Filter = _NO_FILTER) -> list[tuple[int, float]]:
        """Passages by BM25 over tokens, best first: ``(row, score)``, larger is better; no tokens, no hits.

        milvus-lite counts how rare a token is by segment: its scores are its own, their order is near that of others.
        """
        words = " ".join(dict.fromkeys(tokens))
        return self._bm25_search("lexical", words, limit, self._condition(only)) if words else []

    def phrases(self, phrases: Sequence[Sequence[str]], limit: int, only: Filter = _NO_FILTER) -> list[tuple[int, float]]:
        """Passages in which one of the pinyin phrases stands, best first by BM25 over the phrases.

        Milvus knows the rarity of a syllable, but not of a phrase: it finds the passages, and they are weighed here.
        """
        wanted = [phrase for phrase in phrases if phrase]
        if not wanted:
            return []
        syllables = " ".join(dict.fromkeys(syllable for phrase in wanted for syllable in phrase))
        rows = [row for row, _ in self._bm25_search("sounds", syllables, limit, all_of(_any_phrase(wanted), self._condition(only)))]
        texts = {row["row"]: row["pinyin"] for row in self.tables.passages.where_in("row", rows, ["row", "pinyin"])}
        total = self.counts()[2]
        weights = {_phrase_text(phrase): _idf(total, self.tables.passages.count(_any_phrase([phrase]))) for phrase in wanted}
        return bm25_over_phrases(texts, weights)

    def _bm25_search(self, field: str, words: str, limit: int, condition: str) -> list[tuple[int, float]]:
        """Passages by BM25, best first; milvus-lite gives its scores a minus sign."""
        return [(row, abs(score)) for row, score in self.tables.passages.search(field, words, limit, condition)]

    def holding(
        self, words: Sequence[Sequence[Sequence[str]]], phrases: Sequence[Sequence[str]], only: Filter = _NO_FILTER, limit: int = 20_000
    ) -> dict[str, tuple[str, str]]:
        """The articles that hold each of some words in one passage: article id → date and source; no words, no articles.

        A word is given by the ways to write it, a way by the tokens that it consists of; ``phrases`` are ways to say a name.
        """
        parts = [_any_spelling(word) for word in words if word] + ([_any_phrase(phrases)] if phrases else [])
        if not parts:
            return {}
        found: dict[str, tuple[str, str]] = {}
        for row in self.tables.passages.scan(all_of(*parts, self._condition(only)), ["article_id", "date", "source"]):
            found[row["article_id"]] = row["date"], row["source"]
            if len(found) == limit:
                break
        return found


def _any_spelling(word: Sequence[Sequence[str]]) -> str:
    """The condition that a passage holds a word in one of the ways to write it."""
    ways = (" and ".join(f"text_match(tokens, {literal(token)})" for token in tokens) for tokens in word)
    return " or ".join(f"({way})" for way in ways)


def bm25_over_phrases(texts: Mapping[int, str], weights: Mapping[str, float]) -> list[tuple[int, float]]:
    """Texts by BM25 over some phrases of given rarity, best first; those without any are left out.

    >>> bm25_over_phrases({1: " sui zhou shi ", 2: " xi an ", 3: " sui zhou sui zhou "}, {" sui zhou ": 1.0})[0][0]
    3
    """
    sizes = {row: text.count(" ") for row, text in texts.items()}
    mean = sum(sizes.values()) / max(len(sizes), 1)
    scores: dict[int, float] = defaultdict(float)
    for row, text in texts.items():
        for phrase, weight in weights.items():
            if times := len(re.findall(f"(?={re.escape(phrase)})", text)):
                scores[row] += weight * times * (_K1 + 1) / (times + _K1 * (1 - _B + _B * sizes[row] / mean))
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))


def _idf(total: int, count: int) -> float:
    """Inverse document frequency, as SQLite reckons it: next to nothing for what stands in half of the passages."""
    return max(math.log((total - count + 0.5) / (count + 0.5)), 1e-6) if count <= total else 1e-6


def _phrase_text(phrase: Sequence[str]) -> str:
    return f" {' '.join(phrase)} "


def _any_phrase(phrases: Sequence[Sequence[str]]) -> str:
    """The condition that one of some phrases of syllables stands in a passage."""
    return " or ".join(contains("pinyin", _phrase_text(phrase)) for phrase in phrases)
