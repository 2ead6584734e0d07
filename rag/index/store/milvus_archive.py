"""An archive in Milvus during a build; written in place.

Passages and sentences are inserted without vectors, which follow later, so a killed build continues where it stopped. ``publish``
is the last step: it stores the statistics and points readers at the collections.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from rag.errors import SourceError, StoreError
from rag.index.facts import facts_of
from rag.index.store.archive import article_to_dict
from rag.index.store.layout import Settings
from rag.index.store.milvus_conditions import is_in, period_text
from rag.index.store.milvus_reading import MilvusReading, split_record
from rag.index.store.milvus_server import connect
from rag.index.store.milvus_tables import (
    MAX_TEXT_BYTES,
    Table,
    Tables,
    batched,
    create_tables,
    current_stem,
    drop,
    open_tables,
    stems,
)
from rag.index.store.milvus_tally import VECTORS, Centres, Tally, raw_vectors, store_tally, vector_fields
from rag.index.store.protocol import digest_with_holders
from rag.language.dates import date_tokens
from rag.language.text import search_tokens, sentences, syllables
from rag.records import Article, Passage

_PENDING_CONDITION = "centre < 0"


@dataclass(frozen=True)
class MilvusManifest:
    """The build that made an archive in Milvus, and the size of the archive."""

    generation: str
    settings: Settings
    sources: int
    articles: int
    passages: int
    built: str


def check_settings(address: str, have: Mapping[str, Any], wanted: Settings) -> None:
    """Raises :class:`StoreError` with the first setting that differs between archive and configuration."""
    for name, value in asdict(wanted).items():
        if have.get(name) != value:
            raise StoreError(f"{address}: was built with {name} {have.get(name)}, but the configuration says {value}; "
                             "make the index anew with `rag build --fresh`, or go back to the old setting")


class MilvusArchive(MilvusReading):
    """An archive in Milvus for reading and writing. Only one build may write at a time."""

    def __init__(self, tables: Tables) -> None:
        super().__init__(tables)
        self._was_killed = tables.metadata.get("open") is not None
        self._is_open = self._was_killed
        self._tally = Tally(tables.metadata.dimension)

    @classmethod
    def open(cls, address: str, token: str = "") -> MilvusArchive:
        """Opens the archive for readers. Raises :class:`StoreError` if there is none."""
        client = connect(address, token)
        stem = current_stem(client, address)
        if not stem:
            raise StoreError(f"{address}: no index here; make it with `rag build`")
        return cls(open_tables(client, address, stem))

    @classmethod
    def create(cls, address: str, settings: Settings, *, token: str = "", fresh: bool = False) -> MilvusArchive:
        """Opens the archive for a build: that of a killed build, else the one that readers use, else a new one.

        ``fresh`` starts a new one; the old one stays in use until :meth:`publish`. Raises :class:`StoreError` if the
        archive was built with other settings.
        """
        client = connect(address, token, create=True)
        in_use = current_stem(client, address)
        for stem in [stem for stem in stems(client, address) if stem != in_use]:
            unfinished = None if fresh else _unfinished_build(client, address, stem, settings)
            if unfinished is not None:
                return cls(unfinished)
            drop(client, address, stem)
        if in_use and not fresh:
            tables = open_tables(client, address, in_use)
            check_settings(address, tables.metadata.get("settings") or {}, settings)
            return cls(tables)
        tables = create_tables(client, address, settings.dimension)
        tables.metadata.put("settings", {"": asdict(settings)})
        return cls(tables)

    @property
    def is_unpublished(self) -> bool:
        """Tells whether there are changes since the last :meth:`publish`, also of a killed build."""
        return self._is_open or self.tables.metadata.get("manifest") is None

    # -- sources --------------------------------------------------------------------------------------------

    def remove_source(self, name: str) -> None:
        """Deletes a source with its articles and passages."""
        condition = is_in("source", [name])
        self._mark_unfinished(name)
        for part in batched(self.tables.passages.scan(condition, ["tokens"])):
            self._tally.add_words((row["tokens"] for row in part), -1)
        for table in VECTORS:
            removed = getattr(self.tables, table).scan(f"({condition}) and centre >= 0", ["centre", "length", "vector"])
            self._tally_vectors(table, removed, -1)
        for collection in (self.tables.sentences, self.tables.passages, self.tables.articles):
            collection.delete(condition)
        self.tables.metadata.drop("source", name)

    def add_source(self, name: str, sha256: str, articles: Iterable[tuple[Article, list[Passage]]]) -> int:
        """Adds or replaces a source; returns its number of articles.

        An error while reading the articles leaves the archive unchanged. An interrupted source has no SHA-256, so the next
        build reads it again.
        """
        given = {article.article_id: (article, passages) for article, passages in reversed(list(articles))}
        for _, passages in given.values():
            _check_lengths(name, passages)
        self.remove_source(name)
        rows = self.tables.articles.where_in("article_id", given, ["article_id", "source"])
        existing = {row["article_id"]: row["source"] for row in rows}
        new = [pair for key, pair in reversed(given.items()) if key not in existing]
        self._mark_unfinished(name)
        self._write(new)
        total = sum(len(passages) for _, passages in new)
        digest = digest_with_holders(sha256, set(existing.values()))
        self.tables.metadata.put("source", {name: {"sha256": digest, "articles": len(new), "passages": total}})
        return len(new)

    def _mark_unfinished(self, name: str) -> None:
        """Marks a source as unfinished, and the archive as being written."""
        if not self._is_open:
            self.tables.metadata.put("open", {"": True})
            self._is_open = True
        self.tables.metadata.put("source", {name: {"sha256": "", "articles": 0, "passages": 0}})

    def _write(self, pairs: Sequence[tuple[Article, list[Passage]]]) -> None:
        articles = [row for article, _ in pairs for row in _article_rows(article)]
        passages = [_passage_row(article, passage) for article, some in pairs for passage in some]
        sentence_rows = [_sentence_rows(row) for row in passages]
        first = self._reserve_rows({"articles": len(articles), "passages": len(passages), "sentences": sum(map(len, sentence_rows))})
        for number, row in enumerate(passages, first["passages"]):
            row["row"] = number
        inner = [{**sentence, "passage": row["row"]} for row, some in zip(passages, sentence_rows, strict=True) for sentence in some]
        empty = {"vector": [0.0] * self.tables.metadata.dimension, "length": 0.0, "centre": -1}
        self.tables.articles.put({**row, "row": number} for number, row in enumerate(articles, first["articles"]))
        self.tables.passages.put({**row, **empty} for row in passages)
        self.tables.sentences.put({**row, **empty, "row": number} for number, row in enumerate(inner, first["sentences"]))
        self._tally.add_words(row["tokens"] for row in passages)

    def _reserve_rows(self, wanted: Mapping[str, int]) -> dict[str, int]:
        """Reserves row numbers for each table, never used before; returns the first of each."""
        given = self.tables.metadata.of("next")
        first = {name: given.get(name, 1) for name in wanted}
        self.tables.metadata.put("next", {name: first[name] + count for name, count in wanted.items()})
        return first

    # -- vectors --------------------------------------------------------------------------------------------

    def pending(self, limit: int) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
        """Returns up to ``limit`` passages and as many sentences without a vector, each ``(row, text to embed)``."""
        waiting = self.tables.passages.query(_PENDING_CONDITION, ["row", "context", "text"], limit)
        inner = self.tables.sentences.query(_PENDING_CONDITION, ["row", "passage", "start", "end"], limit)
        around = self.passages(row["passage"] for row in inner)
        cut = [(row["row"], around[row["passage"]], row["start"], row["end"]) for row in inner if row["passage"] in around]
        return (sorted((row["row"], f"{row['context']}\n{row['text']}") for row in waiting),
                sorted((row, passage.text[start - passage.start : end - passage.start]) for row, passage, start, end in cut))

    def pending_count(self) -> int:
        """Returns the number of texts without a vector."""
        return self.tables.passages.count(_PENDING_CONDITION) + self.tables.sentences.count(_PENDING_CONDITION)

    def set_vectors(self, table: str, rows: Sequence[int], vectors: np.ndarray) -> None:
        """Stores the vectors, ``(n, dim) float32``, of rows of ``passages`` or ``sentences``."""
        collection: Table = getattr(self.tables, table)
        fields_but_vector = [name for name in collection.stored_fields if name != "vector"]
        known = {row["row"]: row for row in collection.where_in("row", map(int, rows), fields_but_vector)}
        existing = [at for at, row in enumerate(rows) if row in known]
        centres = Centres(self.tables.metadata, table)
        if existing and len(centres.matrix()) == 1:  # the mean of the first vectors is close to that of all
            centres.add(vectors[existing].mean(axis=0))
        stored = list(vector_fields(vectors[existing], centres.matrix()))
        collection.put({**known[rows[at]], **fields} for at, fields in zip(existing, stored, strict=True))
        self._tally_vectors(table, stored)

    def _tally_vectors(self, table: str, rows: Iterable[Mapping[str, Any]], sign: int = 1) -> None:
        centres = Centres(self.tables.metadata, table).matrix()
        for part in batched(rows):
            self._tally.sums[table].add(*raw_vectors(part, centres), sign)

    def set_centres(self, centres: Mapping[str, np.ndarray]) -> None:
        """Stores the mean vectors ``(dim,)`` of typical questions, by language."""
        for language, centre in centres.items():
            self.tables.metadata.put_matrix("query", language, centre[None])
        self.tables.metadata.put("query", dict.fromkeys(centres, True))

    def centres(self) -> dict[str, np.ndarray]:
        """Returns the mean vectors ``(dim,)`` of typical questions, by language."""
        table_ = {language: self.tables.metadata.matrix("query", language) for language in self.tables.metadata.of("query")}
        return {language: matrix[0] for language, matrix in table_.items() if matrix is not None}

    # -- the end of a build ---------------------------------------------------------------------------------

    def publish(self) -> MilvusManifest:
        """Stores the statistics, points readers at the collections, and returns the manifest."""
        metadata = self.tables.metadata
        store_tally(self.tables, None if self._was_killed else self._tally)
        manifest = self._manifest()
        metadata.put("manifest", {"": asdict(manifest)})
        metadata.drop("open")
        self.tables.flush()
        self.tables.publish()
        self._was_killed, self._is_open, self._tally = False, False, Tally(metadata.dimension)
        return manifest

    def _manifest(self) -> MilvusManifest:
        generation = f"milvus-{time.strftime('%Y%m%d-%H%M%S')}-{uuid.uuid4().hex[:8]}"
        settings = Settings(**self.tables.metadata.get("settings"))
        return MilvusManifest(generation, settings, *self.counts(), built=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()))


def _unfinished_build(client: Any, address: str, stem: str, settings: Settings) -> Tables | None:
    """Returns the collections that a killed build with the same settings left; ``None`` if there is nothing to continue."""
    try:
        tables = open_tables(client, address, stem)
    except StoreError:  # the build was killed while it created its collections
        return None
    finished = tables.metadata.get("manifest") is not None
    return None if finished or tables.metadata.get("settings") != asdict(settings) else tables


def _article_rows(article: Article) -> Iterator[dict[str, Any]]:
    record = json.dumps(article_to_dict(article), ensure_ascii=False)
    for part, piece in enumerate(split_record(record)):
        yield {"article_id": article.article_id, "source": article.source, "date": article.date, "part": part, "record": piece}


def _passage_row(article: Article, passage: Passage) -> dict[str, Any]:
    searched = f"{passage.context} \n {passage.text}"
    dates = [*date_tokens(article.date), *date_tokens(passage.text, article.date)]
    periods = sorted({(fact.since, fact.until) for fact in facts_of(passage, article.date) if fact.since})
    return {
        **asdict(passage), "source": article.source, "date": article.date,
        "tells": _truncated([period_text(*ends) for ends in periods]),
        "tokens": _truncated([*search_tokens(searched), *dates]), "pinyin": f" {_truncated(syllables(searched))} ",
    }


def _sentence_rows(passage: Mapping[str, Any]) -> list[dict[str, Any]]:
    shared = {name: passage[name] for name in ("passage_id", "article_id", "source", "date", "tells")}
    return [{**shared, "start": passage["start"] + a, "end": passage["start"] + b} for a, b in sentences(passage["text"])]


def _truncated(words: Sequence[str]) -> str:
    """Joins words with spaces, as many as fit a field of Milvus; only a very long caption does not fit."""
    text = " ".join(words)
    while len(text.encode()) > MAX_TEXT_BYTES - 2:
        text = text[: len(text) * 9 // 10].rpartition(" ")[0]
    return text


def _check_lengths(name: str, passages: Sequence[Passage]) -> None:
    longest = max((len(passage.text.encode()) for passage in passages), default=0)
    if longest > MAX_TEXT_BYTES:
        raise SourceError(f"{name}: a caption or byline of {longest} bytes is longer than the {MAX_TEXT_BYTES} that Milvus takes; "
                          "shorten it")
