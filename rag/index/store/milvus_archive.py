"""An archive in Milvus as a build fills it, in place.

Passages and sentences go in without a vector and get it later, so that a killed build goes on where it stopped.
``publish`` is the last step: it reckons centres and counts, and points readers at the collections.
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
from rag.index.store.layout import Settings
from rag.index.store.milvus_conditions import among
from rag.index.store.milvus_reading import MilvusReading, pieces_of
from rag.index.store.milvus_server import connect
from rag.index.store.milvus_tables import LONGEST, Table, Tables, batched, created, current, drop, opened, stems
from rag.index.store.milvus_tally import VECTORS, Centres, Tally, fields_of, raw_of, settle
from rag.language.dates import date_tokens
from rag.language.text import search_tokens, sentences, syllables
from rag.records import Article, Passage

_PENDING = "centre < 0"


@dataclass(frozen=True)
class MilvusManifest:
    """Which build an archive in Milvus comes from, and how much it holds."""

    generation: str
    settings: Settings
    sources: int
    articles: int
    passages: int
    built: str


def check_settings(address: str, have: Mapping[str, Any], wanted: Settings) -> None:
    """Raises :class:`StoreError` naming the first setting in which archive and configuration differ."""
    for name, value in asdict(wanted).items():
        if have.get(name) != value:
            raise StoreError(f"{address}: was built with {name} {have.get(name)}, but the configuration says {value}; "
                             "make the index anew with `rag build --fresh`, or go back to the old setting")


class MilvusArchive(MilvusReading):
    """An archive in Milvus, read and written. One build at a time may write."""

    def __init__(self, tables: Tables) -> None:
        super().__init__(tables)
        self._was_killed = tables.facts.get("open") is not None
        self._is_open = self._was_killed
        self._tally = Tally(tables.facts.dimension)

    @classmethod
    def open(cls, address: str, token: str = "") -> MilvusArchive:
        """The archive that readers see. Raises :class:`StoreError` where there is none."""
        client = connect(address, token)
        stem = current(client, address)
        if not stem:
            raise StoreError(f"{address}: no index here; make it with `rag build`")
        return cls(opened(client, address, stem))

    @classmethod
    def create(cls, address: str, settings: Settings, *, token: str = "", fresh: bool = False) -> MilvusArchive:
        """The archive that a build fills: the one that readers see, or one that a killed build left, or a new one.

        ``fresh`` begins a new one beside the old, which stays in use until :meth:`publish`.
        Raises :class:`StoreError` if the archive was made with other settings.
        """
        client = connect(address, token, create=True)
        in_use = current(client, address)
        for stem in [stem for stem in stems(client, address) if stem != in_use]:
            left = None if fresh else _left(client, address, stem, settings)
            if left is not None:
                return cls(left)
            drop(client, address, stem)
        if in_use and not fresh:
            tables = opened(client, address, in_use)
            check_settings(address, tables.facts.get("settings") or {}, settings)
            return cls(tables)
        tables = created(client, address, settings.dimension)
        tables.facts.put("settings", {"": asdict(settings)})
        return cls(tables)

    @property
    def is_unpublished(self) -> bool:
        """Whether something was written since :meth:`publish`, by this build or by a killed one, or nothing was published yet."""
        return self._is_open or self.tables.facts.get("manifest") is None

    # -- sources --------------------------------------------------------------------------------------------

    def remove_source(self, name: str) -> None:
        """Takes a source out, with its articles and passages."""
        own = among("source", [name])
        self._mark(name)
        for part in batched(self.tables.passages.scan(own, ["tokens"])):
            self._tally.add_words((row["tokens"] for row in part), -1)
        for table in VECTORS:
            self._reckon(table, getattr(self.tables, table).scan(f"({own}) and centre >= 0", ["centre", "length", "vector"]), -1)
        for held in (self.tables.sentences, self.tables.passages, self.tables.articles):
            held.delete(own)
        self.tables.facts.drop("source", name)

    def add_source(self, name: str, sha256: str, articles: Iterable[tuple[Article, list[Passage]]]) -> int:
        """Puts a source in, replacing what stood under its name; returns how many articles it gave.

        An error in reading the articles leaves the archive as it was. A source whose writing is cut short has no SHA-256,
        so that the next build reads it again.
        """
        given = {article.article_id: (article, passages) for article, passages in reversed(list(articles))}
        for _, passages in given.values():
            _check_lengths(name, passages)
        self.remove_source(name)
        there = {row["article_id"] for row in self.tables.articles.having("article_id", given, ["article_id"])}
        own = [pair for key, pair in reversed(given.items()) if key not in there]
        self._mark(name)
        self._write(own)
        total = sum(len(passages) for _, passages in own)
        self.tables.facts.put("source", {name: {"sha256": sha256, "articles": len(own), "passages": total}})
        return len(own)

    def _mark(self, name: str) -> None:
        """Marks a source as unfinished, and the archive as being written."""
        if not self._is_open:
            self.tables.facts.put("open", {"": True})
            self._is_open = True
        self.tables.facts.put("source", {name: {"sha256": "", "articles": 0, "passages": 0}})

    def _write(self, pairs: Sequence[tuple[Article, list[Passage]]]) -> None:
        articles = [row for article, _ in pairs for row in _article_rows(article)]
        passages = [_passage_row(article, passage) for article, some in pairs for passage in some]
        own = [_sentence_rows(row) for row in passages]
        first = self._numbers({"articles": len(articles), "passages": len(passages), "sentences": sum(map(len, own))})
        for number, row in enumerate(passages, first["passages"]):
            row["row"] = number
        inner = [{**sentence, "passage": row["row"]} for row, some in zip(passages, own, strict=True) for sentence in some]
        empty = {"vector": [0.0] * self.tables.facts.dimension, "length": 0.0, "centre": -1}
        self.tables.articles.put({**row, "row": number} for number, row in enumerate(articles, first["articles"]))
        self.tables.passages.put({**row, **empty} for row in passages)
        self.tables.sentences.put({**row, **empty, "row": number} for number, row in enumerate(inner, first["sentences"]))
        self._tally.add_words(row["tokens"] for row in passages)

    def _numbers(self, wanted: Mapping[str, int]) -> dict[str, int]:
        """The first of so many row numbers that were never given before, by table."""
        given = self.tables.facts.of("next")
        first = {name: given.get(name, 1) for name in wanted}
        self.tables.facts.put("next", {name: first[name] + count for name, count in wanted.items()})
        return first

    # -- vectors --------------------------------------------------------------------------------------------

    def pending(self, limit: int) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
        """Up to ``limit`` passages and sentences that have no vector yet: ``(row, text to embed)``."""
        waiting = self.tables.passages.query(_PENDING, ["row", "context", "text"], limit)
        inner = self.tables.sentences.query(_PENDING, ["row", "passage", "start", "end"], limit)
        around = self.passages(row["passage"] for row in inner)
        cut = [(row["row"], around[row["passage"]], row["start"], row["end"]) for row in inner if row["passage"] in around]
        return (sorted((row["row"], f"{row['context']}\n{row['text']}") for row in waiting),
                sorted((row, passage.text[start - passage.start : end - passage.start]) for row, passage, start, end in cut))

    def pending_count(self) -> int:
        """How many texts wait for their vector."""
        return self.tables.passages.count(_PENDING) + self.tables.sentences.count(_PENDING)

    def set_vectors(self, table: str, rows: Sequence[int], vectors: np.ndarray) -> None:
        """Stores vectors, ``(n, dim) float32``, for rows of ``passages`` or ``sentences``."""
        held: Table = getattr(self.tables, table)
        known = {row["row"]: row for row in held.having("row", map(int, rows), [name for name in held.written if name != "vector"])}
        there = [at for at, row in enumerate(rows) if row in known]
        centres = Centres(self.tables.facts, table)
        if there and len(centres.matrix()) == 1:  # the first vectors: their mean is near that of all
            centres.add(vectors[there].mean(axis=0))
        made = list(fields_of(vectors[there], centres.matrix()))
        held.put({**known[rows[at]], **fields} for at, fields in zip(there, made, strict=True))
        self._reckon(table, made)

    def _reckon(self, table: str, rows: Iterable[Mapping[str, Any]], sign: int = 1) -> None:
        centres = Centres(self.tables.facts, table).matrix()
        for part in batched(rows):
            self._tally.sums[table].add(*raw_of(part, centres), sign)

    def set_centres(self, centres: Mapping[str, np.ndarray]) -> None:
        """Keeps the mean vectors ``(dim,)`` of typical questions, by language."""
        for language, centre in centres.items():
            self.tables.facts.put_matrix("query", language, centre[None])
        self.tables.facts.put("query", dict.fromkeys(centres, True))

    def centres(self) -> dict[str, np.ndarray]:
        """These mean vectors, ``(dim,)`` each."""
        held = {language: self.tables.facts.matrix("query", language) for language in self.tables.facts.of("query")}
        return {language: matrix[0] for language, matrix in held.items() if matrix is not None}

    # -- the end of a build ---------------------------------------------------------------------------------

    def publish(self) -> MilvusManifest:
        """Makes what was written what readers open, and returns its manifest."""
        facts = self.tables.facts
        settle(self.tables, None if self._was_killed else self._tally)
        manifest = self._manifest()
        facts.put("manifest", {"": asdict(manifest)})
        facts.drop("open")
        self.tables.flush()
        self.tables.publish()
        self._was_killed, self._is_open, self._tally = False, False, Tally(facts.dimension)
        return manifest

    def _manifest(self) -> MilvusManifest:
        generation = f"milvus-{time.strftime('%Y%m%d-%H%M%S')}-{uuid.uuid4().hex[:8]}"
        settings = Settings(**self.tables.facts.get("settings"))
        return MilvusManifest(generation, settings, *self.counts(), built=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()))


def _left(client: Any, address: str, stem: str, settings: Settings) -> Tables | None:
    """What a killed build with the same settings left; ``None`` if it never was published, or was replaced since."""
    try:
        tables = opened(client, address, stem)
    except StoreError:  # killed while it made its collections
        return None
    finished = tables.facts.get("manifest") is not None
    return None if finished or tables.facts.get("settings") != asdict(settings) else tables


def _article_rows(article: Article) -> Iterator[dict[str, Any]]:
    record = json.dumps(asdict(article), ensure_ascii=False)
    for part, piece in enumerate(pieces_of(record)):
        yield {"article_id": article.article_id, "source": article.source, "date": article.date, "part": part, "record": piece}


def _passage_row(article: Article, passage: Passage) -> dict[str, Any]:
    searched = f"{passage.context} \n {passage.text}"
    dates = [*date_tokens(article.date), *date_tokens(passage.text, article.date)]
    return {
        **asdict(passage), "source": article.source, "date": article.date,
        "tokens": _fitting([*search_tokens(searched), *dates]), "pinyin": f" {_fitting(syllables(searched))} ",
    }


def _sentence_rows(passage: Mapping[str, Any]) -> list[dict[str, Any]]:
    shared = {name: passage[name] for name in ("passage_id", "article_id", "source", "date")}
    return [{**shared, "start": passage["start"] + a, "end": passage["start"] + b} for a, b in sentences(passage["text"])]


def _fitting(words: Sequence[str]) -> str:
    """Words with spaces between, as many as a field of Milvus takes; only a caption of many pages is longer."""
    text = " ".join(words)
    while len(text.encode()) > LONGEST - 2:
        text = text[: len(text) * 9 // 10].rpartition(" ")[0]
    return text


def _check_lengths(name: str, passages: Sequence[Passage]) -> None:
    longest = max((len(passage.text.encode()) for passage in passages), default=0)
    if longest > LONGEST:
        raise SourceError(f"{name}: a caption or byline of {longest} bytes is longer than the {LONGEST} that Milvus takes; shorten it")
