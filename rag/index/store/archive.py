"""The SQLite file of an index: sources, articles, passages, sentences, facts, vectors, and lexical search.

Lexical search is BM25 [1]_ in SQLite's FTS5. It covers the tokens of :func:`rag.language.text.search_tokens`, and pinyin syllables,
so that a phrase of syllables matches a Chinese name by its romanised form.

.. [1] Robertson and Zaragoza, *The Probabilistic Relevance Framework: BM25 and Beyond*, 2009.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields, replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from rag.errors import StoreError
from rag.index.facts import facts_of
from rag.index.store.protocol import digest_with_holders
from rag.language.dates import date_tokens
from rag.language.text import search_tokens, sentences, syllables
from rag.records import Article, Caption, Fact, Filter, Joint, Jump, Links, Passage, PrintedLine, Run

JUMPING = ('"jump": {', '"links": {')  # stand in the record of an article with a jump line or links, and in no other
_IS_JUMPING = " + ".join(f"instr(record, '{key}')" for key in JUMPING) + " > 0"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS sources (name TEXT PRIMARY KEY, sha256 TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS articles (
    article_id TEXT PRIMARY KEY, source TEXT NOT NULL, doc_id TEXT NOT NULL, date TEXT NOT NULL, record TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS articles_source ON articles (source);
CREATE INDEX IF NOT EXISTS articles_date ON articles (date);
CREATE INDEX IF NOT EXISTS articles_jumping ON articles (source) WHERE {jumping};
CREATE TABLE IF NOT EXISTS passages (
    row INTEGER PRIMARY KEY AUTOINCREMENT, passage_id TEXT NOT NULL, article_id TEXT NOT NULL, field TEXT NOT NULL,
    item INTEGER NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL,
    text TEXT NOT NULL, context TEXT NOT NULL, vector BLOB);
CREATE INDEX IF NOT EXISTS passages_id ON passages (passage_id);
CREATE INDEX IF NOT EXISTS passages_pending ON passages (row) WHERE vector IS NULL;
CREATE INDEX IF NOT EXISTS passages_article ON passages (article_id);
CREATE TABLE IF NOT EXISTS sentences (
    row INTEGER PRIMARY KEY AUTOINCREMENT, passage INTEGER NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL, vector BLOB);
CREATE INDEX IF NOT EXISTS sentences_passage ON sentences (passage);
CREATE INDEX IF NOT EXISTS sentences_pending ON sentences (row) WHERE vector IS NULL;
CREATE TABLE IF NOT EXISTS facts (
    passage INTEGER NOT NULL, article_id TEXT NOT NULL, field TEXT NOT NULL, item INTEGER NOT NULL,
    start INTEGER NOT NULL, "end" INTEGER NOT NULL, sentence_start INTEGER NOT NULL, sentence_end INTEGER NOT NULL,
    what TEXT NOT NULL, value TEXT NOT NULL, shown TEXT NOT NULL, kind TEXT NOT NULL, unit TEXT NOT NULL,
    period TEXT NOT NULL, since TEXT NOT NULL, until TEXT NOT NULL, rounded INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS facts_passage ON facts (passage);
CREATE INDEX IF NOT EXISTS facts_time ON facts (since, until);
CREATE TABLE IF NOT EXISTS centres (name TEXT PRIMARY KEY, vector BLOB NOT NULL);
CREATE VIRTUAL TABLE IF NOT EXISTS lexical USING fts5
    (tokens, pinyin, tokenize="unicode61 remove_diacritics 0 tokenchars '|'");
CREATE VIRTUAL TABLE IF NOT EXISTS vocabulary USING fts5vocab (lexical, 'col');
"""
_NO_FILTER = Filter()
_FACT_COLUMNS = tuple(field.name for field in fields(Fact))
_PASSAGE_COLUMNS = 'passage_id, article_id, text, start, "end", field, item, context'


class Archive:
    """An open SQLite file. Readers open it read-only; only ``rag build`` writes."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    @classmethod
    def create(cls, file: Path) -> Archive:
        """Opens a file for writing and creates missing tables."""
        connection = sqlite3.connect(file)
        connection.executescript(_SCHEMA.format(jumping=_IS_JUMPING))
        return cls(connection)

    @classmethod
    def open(cls, file: Path) -> Archive:
        """Opens a file for reading from any thread. Raises :class:`StoreError` if it is not an archive."""
        try:
            connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True, check_same_thread=False)
            connection.execute("SELECT count(*) FROM sources").fetchone()
        except sqlite3.Error as error:
            raise StoreError(f"{file}: damaged ({error}); make the index anew: `rag build --fresh`") from error
        return cls(connection)

    def close(self) -> None:
        """Closes the file."""
        self.connection.close()

    # -- writing ------------------------------------------------------------------------------------------

    def sources(self) -> dict[str, str]:
        """Returns the name of each source → SHA-256 of its bytes."""
        return dict(self.connection.execute("SELECT name, sha256 FROM sources"))

    def remove_source(self, name: str) -> None:
        """Deletes a source with its articles and passages."""
        with self.connection:
            self._remove(name)

    def _remove(self, name: str) -> None:
        its_passages = "SELECT row FROM passages WHERE article_id IN (SELECT article_id FROM articles WHERE source = ?)"
        for statement in (
            f"DELETE FROM lexical WHERE rowid IN ({its_passages})",
            f"DELETE FROM sentences WHERE passage IN ({its_passages})",
            f"DELETE FROM facts WHERE passage IN ({its_passages})",
            f"DELETE FROM passages WHERE row IN ({its_passages})",
            "DELETE FROM articles WHERE source = ?",
            "DELETE FROM sources WHERE name = ?",
        ):
            self.connection.execute(statement, (name,))

    def add_source(self, name: str, sha256: str, articles: Iterable[tuple[Article, list[Passage]]]) -> int:
        """Adds or replaces a source; returns its number of articles.

        Runs in a transaction: an error leaves the archive unchanged.
        """
        count, not_added = 0, set()
        with self.connection:
            self._remove(name)
            for article, passages in articles:
                if self._add_article(article, passages):
                    count += 1
                else:
                    not_added.add(article.article_id)
            holders = {article.source for article in self.articles(not_added).values()} - {name}
            self.connection.execute("INSERT INTO sources VALUES (?, ?)", (name, digest_with_holders(sha256, holders)))
        return count

    def _add_article(self, article: Article, passages: list[Passage]) -> bool:
        record = json.dumps(article_to_dict(article), ensure_ascii=False)
        done = self.connection.execute(
            "INSERT OR IGNORE INTO articles VALUES (?, ?, ?, ?, ?)",
            (article.article_id, article.source, article.doc_id, article.date, record),
        )
        if not done.rowcount:
            return False
        dated = date_tokens(article.date)
        for passage in passages:
            self._add_passage(passage, [*dated, *date_tokens(passage.text, article.date)], article.date)
        return True

    def _add_passage(self, passage: Passage, dates: Sequence[str], written: str) -> None:
        row = self.connection.execute(
            f"INSERT INTO passages ({_PASSAGE_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (passage.passage_id, passage.article_id, passage.text, passage.start, passage.end, passage.field,
             passage.item, passage.context),
        ).lastrowid
        searched_text = f"{passage.context} \n {passage.text}"
        self.connection.execute(
            "INSERT INTO lexical (rowid, tokens, pinyin) VALUES (?, ?, ?)",
            (row, " ".join([*search_tokens(searched_text), *dates]), " ".join(syllables(searched_text))),
        )
        self.connection.executemany(
            'INSERT INTO sentences (passage, start, "end") VALUES (?, ?, ?)',
            [(row, passage.start + a, passage.start + b) for a, b in sentences(passage.text)],
        )
        self.connection.executemany(
            f"INSERT INTO facts VALUES ({', '.join('?' * (len(_FACT_COLUMNS) + 1))})",
            [(row, *(getattr(fact, name) for name in _FACT_COLUMNS)) for fact in facts_of(passage, written)])

    def pending(self, limit: int) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
        """Returns up to ``limit`` passages and as many sentences without a vector, each ``(row, text to embed)``."""
        passages = self.connection.execute(
            "SELECT row, context || char(10) || text FROM passages WHERE vector IS NULL LIMIT ?", (limit,)).fetchall()
        inner = self.connection.execute(
            'SELECT s.row, substr(p.text, s.start - p.start + 1, s."end" - s.start) FROM sentences s '
            "JOIN passages p ON p.row = s.passage WHERE s.vector IS NULL LIMIT ?", (limit,)).fetchall()
        return passages, inner

    def pending_count(self) -> int:
        """Returns the number of texts without a vector."""
        return sum(
            self.connection.execute(f"SELECT count(*) FROM {table} WHERE vector IS NULL").fetchone()[0]
            for table in ("passages", "sentences"))

    def set_vectors(self, table: str, rows: Sequence[int], vectors: np.ndarray) -> None:
        """Stores the vectors, ``(n, dim) float32``, of rows of ``passages`` or ``sentences``."""
        with self.connection:
            self.connection.executemany(
                f"UPDATE {table} SET vector = ? WHERE row = ?",
                [(vector.astype(np.float32).tobytes(), row) for row, vector in zip(rows, vectors, strict=True)])

    def set_centres(self, centres: Mapping[str, np.ndarray]) -> None:
        """Stores the mean vectors ``(dim,)`` of typical questions, by language."""
        with self.connection:
            self.connection.executemany("INSERT OR REPLACE INTO centres VALUES (?, ?)", [
                (name, centre.astype(np.float32).tobytes()) for name, centre in centres.items()])

    def centres(self) -> dict[str, np.ndarray]:
        """Returns the mean vectors ``(dim,)`` of typical questions, by language."""
        return {name: np.frombuffer(blob, np.float32) for name, blob in self.connection.execute("SELECT * FROM centres")}

    def vector_rows(self, table: str) -> np.ndarray:
        """Returns the rows of ``passages`` or ``sentences``, ``(n,) int64``, ascending; row numbers are never reused."""
        return np.fromiter((row for (row,) in self.connection.execute(f"SELECT row FROM {table} ORDER BY row")), np.int64)

    def vectors(self, table: str, rows: np.ndarray) -> np.ndarray:
        """Returns the vectors of rows, in the order of ``rows``: ``(n, dim) float32``."""
        found = dict(self._select("row, vector", table, "row", map(int, rows)))
        data = np.frombuffer(b"".join(found[int(row)] for row in rows), np.float32)
        return data.reshape(len(rows), -1) if len(rows) else data.reshape(0, 0)

    # -- reading ------------------------------------------------------------------------------------------

    def counts(self) -> tuple[int, int, int]:
        """Returns the number of sources, articles and passages."""
        tables = ("sources", "articles", "passages")
        sources, articles, passages = (
            self.connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables)
        return sources, articles, passages

    def articles(self, ids: Iterable[str]) -> dict[str, Article]:
        """Returns articles by id; unknown ids are left out."""
        found = self._select("article_id, record", "articles", "article_id", ids)
        return {article_id: article_from_dict(json.loads(record)) for article_id, record in found}

    def dates(self, ids: Iterable[str]) -> dict[str, str]:
        """Returns article id → ISO day, month or year; ``""`` if the date is unknown."""
        return dict(self._select("article_id, date", "articles", "article_id", ids))

    def passages(self, rows: Iterable[int]) -> dict[int, Passage]:
        """Returns passages by row; unknown rows are left out."""
        return {row: Passage(*values) for row, *values in self._select(f"row, {_PASSAGE_COLUMNS}", "passages", "row", rows)}

    def sentence_places(self, rows: Iterable[int]) -> dict[int, tuple[int, int, int]]:
        """Returns sentence row → (passage row, start, end) in the field of the passage."""
        return {row: (p, a, b) for row, p, a, b in self._select('row, passage, start, "end"', "sentences", "row", rows)}

    def sentences_of(self, passage_id: str) -> list[tuple[int, int, int]]:
        """Returns the sentences of a passage in order: ``(sentence row, start, end)``."""
        return self.connection.execute(
            'SELECT s.row, s.start, s."end" FROM sentences s JOIN passages p ON p.row = s.passage '
            "WHERE p.passage_id = ? ORDER BY s.start", (passage_id,)).fetchall()

    def facts(self, passages: Iterable[str]) -> list[tuple[str, Fact]]:
        """Returns the facts of passages, given by their ids: ``(passage id, fact)``."""
        rows = dict(self._select("row, passage_id", "passages", "passage_id", passages))
        names = ", ".join(f'"{name}"' for name in _FACT_COLUMNS)
        return [(rows[row], Fact(*(*values[:-1], bool(values[-1]))))
                for row, *values in self._select(f"passage, {names}", "facts", "passage", rows)]

    def document_frequencies(self, tokens: Sequence[str]) -> dict[str, int]:
        """Returns the number of passages that contain each token; unknown tokens are left out."""
        return {
            term: count for term, count, column in self._select("term, doc, col", "vocabulary", "term", tokens)
            if column == "tokens"}

    def _select(self, columns: str, table: str, key: str, values: Iterable[Any]) -> list[Any]:
        keys = list(values)
        found: list[Any] = []
        for at in range(0, len(keys), 500):
            part = keys[at : at + 500]
            marks = ", ".join("?" * len(part))
            found += self.connection.execute(f"SELECT {columns} FROM {table} WHERE {key} IN ({marks})", part)
        return found

    def allowed(self, only: Filter) -> tuple[np.ndarray, np.ndarray]:
        """Returns the passage rows and the sentence rows that match a filter, each ``(n,) int64``."""
        condition, values = _condition(only)
        passages = f"SELECT p.row FROM passages p JOIN articles a ON a.article_id = p.article_id WHERE {condition}"
        sentences_ = f"SELECT row FROM sentences WHERE passage IN ({passages})"
        first, second = (
            np.array([row for (row,) in self.connection.execute(query, values)], dtype=np.int64)
            for query in (passages, sentences_))
        return first, second

    def lexical(self, tokens: Sequence[str], limit: int, only: Filter = _NO_FILTER) -> list[tuple[int, float]]:
        """Returns passages by BM25 over tokens, best first: ``(row, score)``, higher is better; ``[]`` for no tokens."""
        words = " OR ".join(_fts_string(token) for token in dict.fromkeys(tokens))
        return self._match(f"tokens : ({words})", limit, only) if words else []

    def phrases(self, phrases: Sequence[Sequence[str]], limit: int, only: Filter = _NO_FILTER) -> list[tuple[int, float]]:
        """Returns the passages that contain one of the pinyin phrases, best first by BM25."""
        wanted = " OR ".join(_fts_string(" ".join(phrase)) for phrase in phrases if phrase)
        return self._match(f"pinyin : ({wanted})", limit, only) if wanted else []

    def articles_with_all_words(
        self, words: Sequence[Sequence[Sequence[str]]], phrases: Sequence[Sequence[str]], only: Filter = _NO_FILTER, limit: int = 20_000
    ) -> dict[str, tuple[str, str]]:
        """Returns the articles with a passage that contains all words: article id → date and source; ``{}`` for no words.

        A word is a list of spellings, a spelling the list of its tokens. ``phrases`` are the pinyin spellings of a name.
        """
        spellings = [" OR ".join(f"({' AND '.join(map(_fts_string, tokens))})" for tokens in word) for word in words if word]
        parts = [f"tokens : ({way})" for way in spellings]
        if phrases:
            parts.append(f"pinyin : ({' OR '.join(_fts_string(' '.join(phrase)) for phrase in phrases)})")
        if not parts:
            return {}
        condition, values = _condition(only)
        rows = self.connection.execute(
            "SELECT DISTINCT a.article_id, a.date, a.source FROM lexical JOIN passages p ON p.row = lexical.rowid "
            f"JOIN articles a ON a.article_id = p.article_id WHERE lexical MATCH ? AND {condition} LIMIT ?",
            (" AND ".join(parts), *values, limit))
        return {article_id: (date, source) for article_id, date, source in rows}

    def listed(self, source: str, text: str, offset: int, limit: int) -> tuple[int, list[Article]]:
        """Returns the number of articles of a source (``""``: all) that contain a text in any field, and a page of them."""
        wanted = [("source = ?", source), ("instr(record, ?) > 0", text)]
        where = " AND ".join(["1", *(condition for condition, value in wanted if value)])
        values = [value for _, value in wanted if value]
        total = self.connection.execute(f"SELECT count(*) FROM articles WHERE {where}", values).fetchone()[0]
        rows = self.connection.execute(
            f"SELECT record FROM articles WHERE {where} ORDER BY rowid LIMIT ? OFFSET ?", (*values, limit, offset))
        return total, [article_from_dict(json.loads(record)) for (record,) in rows]

    def dated(self, day: str) -> list[Article]:
        """Returns the articles with exactly this date, in order."""
        rows = self.connection.execute("SELECT record FROM articles WHERE date = ? ORDER BY rowid", (day,))
        return [article_from_dict(json.loads(record)) for (record,) in rows]

    def jumping(self) -> list[Article]:
        """Returns the articles with a jump line or links."""
        rows = self.connection.execute(f"SELECT record FROM articles WHERE {_IS_JUMPING} ORDER BY rowid")
        return [article_from_dict(json.loads(record)) for (record,) in rows]

    def articles_by_source(self) -> dict[str, int]:
        """Returns the name of each source → its number of articles."""
        return dict(self.connection.execute(
            "SELECT s.name, (SELECT count(*) FROM articles a WHERE a.source = s.name) FROM sources s ORDER BY s.name"))

    def article_ids(self) -> list[str]:
        """Returns the ids of all articles, in order."""
        return [article_id for (article_id,) in self.connection.execute("SELECT article_id FROM articles ORDER BY rowid")]

    def _match(self, query: str, limit: int, only: Filter) -> list[tuple[int, float]]:
        condition, values = _condition(only)
        joined = "" if not only else (
            "JOIN passages p ON p.row = lexical.rowid JOIN articles a ON a.article_id = p.article_id")
        found = self.connection.execute(
            f"SELECT lexical.rowid, -bm25(lexical) AS score FROM lexical {joined} "
            f"WHERE lexical MATCH ? AND {condition} ORDER BY score DESC LIMIT ?", (query, *values, limit))
        return [(row, score) for row, score in found]


def _condition(only: Filter) -> tuple[str, tuple[str, ...]]:
    """Returns a filter as SQL over ``articles a`` and ``passages p``; dates are compared as far as both are precise."""
    parts = {
        "a.date <> '' AND a.date >= substr(?, 1, length(a.date))": only.since,
        "a.date <> '' AND substr(a.date, 1, length(?1)) <= ?1".replace("?1", "?"): only.until,
        "instr(a.source, ?) > 0": only.source,
    }
    conditions = [(sql, value) for sql, value in parts.items() if value]
    conditions += [("instr(a.record, ?) > 0", name) for name in only.mentioning]
    values = [value for sql, value in conditions for _ in range(sql.count("?"))]
    if any(only.telling):
        conditions.append(("p.row IN (SELECT passage FROM facts WHERE since = ? AND until = ?)", ""))
        values += only.telling
    return " AND ".join(sql for sql, _ in conditions) or "1", tuple(values)


def _fts_string(words: str) -> str:
    """Quotes words as an FTS5 string, which contains no operators."""
    return '"' + words.replace('"', '""') + '"'


def article_to_dict(article: Article) -> dict[str, Any]:
    """Returns an article as it is stored: each printed line as a list, and no ``lines`` for a source without pages."""
    raw = asdict(replace(article, lines=()))
    del raw["lines"]
    lines = [[line.start, line.end, line.page, list(chain(*line.stops)), *line.across, int(line.down), line.confidence]
             for line in article.lines]
    return {**raw, "lines": lines} if lines else raw


def article_from_dict(raw: dict[str, Any]) -> Article:
    """Restores an article from its stored form; the inverse of :func:`article_to_dict`."""
    captions = tuple(Caption(c["text"], c["credit"], _runs(c["runs"]), _runs(c.get("credit_runs", []))) for c in raw["captions"])
    return Article(**{
        **raw, "captions": captions, "runs": {name: _runs(runs) for name, runs in raw["runs"].items()},
        "joints": tuple(Joint(**joint) for joint in raw["joints"]), "doubts": tuple(raw["doubts"]),
        "jump": Jump(**raw["jump"]) if raw.get("jump") else None, "links": Links(**raw["links"]) if raw.get("links") else None,
        "lines": tuple(_line(*line) for line in raw.get("lines", ())),
    })


def _line(
    start: int, end: int, page: int, stops: list[Any], low: float, high: float, down: int, confidence: float | None
) -> PrintedLine:
    return PrintedLine(start, end, page, tuple(zip(stops[::2], stops[1::2], strict=True)), (low, high), bool(down), confidence)


def _runs(raw: list[dict[str, int]]) -> tuple[Run, ...]:
    return tuple(Run(**run) for run in raw)
