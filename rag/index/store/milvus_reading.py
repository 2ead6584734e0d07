"""An archive in Milvus for reading; implements the methods of :class:`rag.index.store.archive.Archive`.

Milvus has no joins, so passages and sentences repeat the source and date of their article. The JSON of an article may exceed the
limit of a field. It is stored in overlapping pieces, so that a name is complete in at least one of them.
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
from rag.index.store.archive import JUMPING, article_from_dict
from rag.index.store.milvus_conditions import all_of, contains, is_in, literal, matches_exactly, period_text
from rag.index.store.milvus_tables import Table, Tables
from rag.records import Article, Fact, Filter, Passage

_NO_FILTER = Filter()
_PIECE_CHARACTERS = 16_000  # characters of an article's JSON in one row, each up to four bytes
_OVERLAP_CHARACTERS = 256  # characters that a piece shares with the one before
_PASSAGE_FIELDS = ("passage_id", "article_id", "text", "start", "end", "field", "item", "context")
_NO_ROWS = "row < 0"
_K1, _B = 1.2, 0.75  # parameters of BM25, as in SQLite


def split_record(record: str, size: int = _PIECE_CHARACTERS, overlap: int = _OVERLAP_CHARACTERS) -> list[str]:
    """Splits a text into pieces of at most ``size + overlap`` characters; each begins with the end of the one before.

    >>> split_record("春江花月夜", 2, 1)
    ['春江', '江花月', '月夜']
    """
    return [record[max(0, at - overlap) : at + size] for at in range(0, len(record), size)]


def join_pieces(pieces: Sequence[str], overlap: int = _OVERLAP_CHARACTERS) -> str:
    """Joins the pieces of :func:`split_record`.

    >>> join_pieces(["春江", "江花月", "月夜"], 1)
    '春江花月夜'
    """
    return "".join(piece[overlap if at else 0 :] for at, piece in enumerate(pieces))


@dataclass(frozen=True)
class MilvusRows:
    """The rows that match a condition; Milvus evaluates it during a search."""

    table: Table
    condition: str

    def __len__(self) -> int:
        return self.table.count(self.condition)

    def __iter__(self) -> Iterator[int]:
        return (row["row"] for row in self.table.scan(self.condition, ["row"]))

    def tolist(self) -> list[int]:
        """Returns all rows, in order."""
        return list(self)


class MilvusReading:
    """An archive in Milvus for reading; safe to use from several threads."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables

    def close(self) -> None:
        """Does nothing: clients are shared by address, see :func:`~rag.index.store.milvus_server.disconnect`."""

    # -- the whole ------------------------------------------------------------------------------------------

    def sources(self) -> dict[str, str]:
        """Returns the name of each source → SHA-256 of its bytes, ``""`` if writing it was interrupted."""
        return {name: value["sha256"] for name, value in self.tables.metadata.of("source").items()}

    def articles_by_source(self) -> dict[str, int]:
        """Returns the name of each source → its number of articles."""
        return {name: value["articles"] for name, value in sorted(self.tables.metadata.of("source").items())}

    def counts(self) -> tuple[int, int, int]:
        """Returns the number of sources, articles and passages."""
        known = self.tables.metadata.of("source").values()
        return len(known), sum(value["articles"] for value in known), sum(value["passages"] for value in known)

    # -- articles -------------------------------------------------------------------------------------------

    def articles(self, ids: Iterable[str]) -> dict[str, Article]:
        """Returns articles by id; unknown ids are left out."""
        return {name: article_from_dict(json.loads(record)) for name, record in self._records(ids).items()}

    def _records(self, ids: Iterable[str]) -> dict[str, str]:
        found: dict[str, dict[int, str]] = defaultdict(dict)
        for row in self.tables.articles.where_in("article_id", ids, ["article_id", "part", "record"]):
            found[row["article_id"]][row["part"]] = row["record"]
        return {name: join_pieces([pieces[part] for part in sorted(pieces)]) for name, pieces in found.items()}

    def dates(self, ids: Iterable[str]) -> dict[str, str]:
        """Returns article id → ISO day, month or year; ``""`` if the date is unknown."""
        return {row["article_id"]: row["date"] for row in self.tables.articles.where_in("article_id", ids, ["article_id", "date"])}

    def article_ids(self) -> list[str]:
        """Returns the ids of all articles, in order."""
        return [row["article_id"] for row in self.tables.articles.scan("part == 0", ["article_id"])]

    def listed(self, source: str, text: str, offset: int, limit: int) -> tuple[int, list[Article]]:
        """Returns the number of articles of a source (``""``: all) that contain a text in any field, and a page of them."""
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

    def dated(self, day: str) -> list[Article]:
        """Returns the articles with exactly this date, in order."""
        return self._in_order(f"part == 0 and date == {literal(day)}")

    def jumping(self) -> list[Article]:
        """Returns the articles with a jump line or links."""
        found = self._in_order(" or ".join(f"({contains('record', key)})" for key in JUMPING))
        return [article for article in found if article.jump or article.links]

    def _in_order(self, condition: str) -> list[Article]:
        ids = list(dict.fromkeys(row["article_id"] for row in self.tables.articles.scan(condition, ["article_id"])))
        found = self.articles(ids)
        return [found[name] for name in ids if name in found]

    def _articles_with_text(self, text: str, condition: str = "") -> list[str]:
        """Returns the ids of the articles whose JSON contains a text, in order."""
        rows = self.tables.articles.scan(all_of(condition, contains("record", text[:_OVERLAP_CHARACTERS])), ["article_id"])
        ids = list(dict.fromkeys(row["article_id"] for row in rows))
        if matches_exactly(text) and len(text) <= _OVERLAP_CHARACTERS:
            return ids
        records = self._records(ids)
        return [name for name in ids if text in records[name]]

    # -- passages and sentences -----------------------------------------------------------------------------

    def passages(self, rows: Iterable[int]) -> dict[int, Passage]:
        """Returns passages by row; unknown rows are left out."""
        return {row["row"]: Passage(*(row[name] for name in _PASSAGE_FIELDS))
                for row in self.tables.passages.where_in("row", map(int, rows), ["row", *_PASSAGE_FIELDS])}

    def facts(self, passages: Iterable[str]) -> list[tuple[str, Fact]]:
        """Returns the facts of passages, given by their ids: ``(passage id, fact)``; they are computed on each call."""
        rows = self.tables.passages.where_in("passage_id", passages, list(_PASSAGE_FIELDS))
        found = [Passage(*(row[name] for name in _PASSAGE_FIELDS)) for row in rows]
        written = self.dates({passage.article_id for passage in found})
        return [(passage.passage_id, fact) for passage in found for fact in facts_of(passage, written[passage.article_id])]

    def sentence_places(self, rows: Iterable[int]) -> dict[int, tuple[int, int, int]]:
        """Returns sentence row → (passage row, start, end) in the field of the passage."""
        return {row["row"]: (row["passage"], row["start"], row["end"])
                for row in self.tables.sentences.where_in("row", map(int, rows), ["row", "passage", "start", "end"])}

    def sentences_of(self, passage_id: str) -> list[tuple[int, int, int]]:
        """Returns the sentences of a passage in order: ``(sentence row, start, end)``."""
        rows = self.tables.sentences.query(f"passage_id == {literal(passage_id)}", ["row", "start", "end"])
        return sorted(((row["row"], row["start"], row["end"]) for row in rows), key=lambda place: place[1])

    def document_frequencies(self, tokens: Sequence[str]) -> dict[str, int]:
        """Returns the number of passages that contain each token; unknown tokens are left out."""
        return {row["word"]: row["passages"] for row in self.tables.words.where_in("word", tokens, ["word", "passages"])}

    # -- filters and lexical search -------------------------------------------------------------------------

    def allowed(self, only: Filter) -> tuple[MilvusRows, MilvusRows]:
        """Returns the passage rows and the sentence rows that match a filter."""
        condition = self._condition(only) or "row >= 0"
        return MilvusRows(self.tables.passages, condition), MilvusRows(self.tables.sentences, condition)

    def _condition(self, only: Filter) -> str:
        """Returns a filter as a condition; dates are compared as text, as far as both are precise."""
        parts = []
        if only.since:
            begun = is_in("date", (only.since[:size] for size in range(1, len(only.since))))
            parts.append(f'date != "" and (date >= {literal(only.since)} or {begun})')
        if only.until:
            parts.append(f'date != "" and date <= {literal(only.until + "~")}')  # "~" sorts after every continuation of a date
        if only.source:
            names = [name for name in self.sources() if only.source in name]
            parts.append(is_in("source", names) if names else _NO_ROWS)
        for name in only.mentioning:
            ids = self._articles_with_text(name)
            parts.append(is_in("article_id", ids) if ids else _NO_ROWS)
        if any(only.telling):
            parts.append(contains("tells", period_text(*only.telling)))
        return all_of(*parts) if parts else ""

    def lexical(self, tokens: Sequence[str], limit: int, only: Filter = _NO_FILTER) -> list[tuple[int, float]]:
        """Returns passages by BM25 over tokens, best first: ``(row, score)``, higher is better; ``[]`` for no tokens.

        milvus-lite computes document frequencies by segment, so its scores differ from those of SQLite; the order is
        similar.
        """
        words = " ".join(dict.fromkeys(tokens))
        return self._bm25_search("lexical", words, limit, self._condition(only)) if words else []

    def phrases(self, phrases: Sequence[Sequence[str]], limit: int, only: Filter = _NO_FILTER) -> list[tuple[int, float]]:
        """Returns the passages that contain one of the pinyin phrases, best first by BM25 over the phrases.

        Milvus knows the document frequency of a syllable but not of a phrase. It finds the passages, and the scores are
        computed here.
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
        """Returns passages by BM25, best first; milvus-lite returns negative scores."""
        return [(row, abs(score)) for row, score in self.tables.passages.search(field, words, limit, condition)]

    def articles_with_all_words(
        self, words: Sequence[Sequence[Sequence[str]]], phrases: Sequence[Sequence[str]], only: Filter = _NO_FILTER, limit: int = 20_000
    ) -> dict[str, tuple[str, str]]:
        """Returns the articles with a passage that contains all words: article id → date and source; ``{}`` for no words.

        A word is a list of spellings, a spelling the list of its tokens. ``phrases`` are the pinyin spellings of a name.
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
    """Returns the condition that a passage contains one of the spellings of a word."""
    ways = (" and ".join(f"text_match(tokens, {literal(token)})" for token in tokens) for tokens in word)
    return " or ".join(f"({way})" for way in ways)


def bm25_over_phrases(texts: Mapping[int, str], weights: Mapping[str, float]) -> list[tuple[int, float]]:
    """Ranks texts by BM25 over phrases with the given IDF, best first; texts without a phrase are left out.

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
    """Returns the inverse document frequency as SQLite computes it: near 0 for phrases in half of the passages."""
    return max(math.log((total - count + 0.5) / (count + 0.5)), 1e-6) if count <= total else 1e-6


def _phrase_text(phrase: Sequence[str]) -> str:
    return f" {' '.join(phrase)} "


def _any_phrase(phrases: Sequence[Sequence[str]]) -> str:
    """Returns the condition that a passage contains one of the phrases of syllables."""
    return " or ".join(contains("pinyin", _phrase_text(phrase)) for phrase in phrases)
