"""The collections that an archive has in Milvus, and the few ways in which they are read and written.

::

    wenbao (alias) ─▶ wenbao_<build>_facts        sources, settings, manifest, centres
                      wenbao_<build>_articles     articles as JSON, in pieces
                      wenbao_<build>_passages     passages with tokens, syllables, BM25 and vector
                      wenbao_<build>_sentences    sentences with vector
                      wenbao_<build>_words        in how many passages each token stands

The alias points at the collections that readers open; ``rag build --fresh`` fills new ones beside them.
"""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

import numpy as np

from rag.errors import StoreError
from rag.index.store.milvus_conditions import is_in, literal
from rag.index.store.milvus_server import milvus_errors
from rag.records import content_id

T = TypeVar("T")
ALIAS = "wenbao"
MAX_TEXT_BYTES = 65_535  # bytes of a text field, and no server takes more
_METADATA_NAME = re.compile(rf"({ALIAS}_\w+)_facts")
_REQUEST_TIMEOUT = 60.0  # seconds that a request may take
_WRITE_BATCH = 500  # rows with vectors or texts of one message to the server; some megabytes
_READ_PAGE = 2_000  # rows with vectors or texts of one answer; some tens of megabytes
_LARGE_FIELDS = ("vector", "words", "record")  # kinds and names of fields that make a row long
_MAX_RESULT_ROWS = 16_384  # rows of one answer that has a limit, and no server gives more

# The fields of each collection, the key first. "unused" is a vector, as Milvus takes no collection without one.
_FIELDS: Mapping[str, Mapping[str, str]] = {
    "facts": {"key": "text", "kind": "text", "name": "text", "value": "text", "vector": "vector"},
    "articles": {"row": "number", "article_id": "text", "source": "text", "date": "text", "part": "number", "record": "text",
                 "unused": "unused"},
    "passages": {"row": "number", "passage_id": "text", "article_id": "text", "source": "text", "date": "text", "field": "text",
                 "item": "number", "start": "number", "end": "number", "text": "text", "context": "text", "tokens": "words",
                 "pinyin": "words", "lexical": "bm25 tokens", "sounds": "bm25 pinyin", "centre": "number", "length": "real",
                 "vector": "vector"},
    "sentences": {"row": "number", "passage": "number", "passage_id": "text", "article_id": "text", "source": "text",
                  "date": "text", "start": "number", "end": "number", "centre": "number", "length": "real", "vector": "vector"},
    "words": {"word": "text", "passages": "number", "unused": "unused"},
}
_INDEXED_FIELDS = ("kind", "article_id", "source", "passage_id")  # text fields with an index of their own


def batched(values: Iterable[T], size: int = _WRITE_BATCH) -> Iterator[list[T]]:
    """Values in lists of at most a size, as messages have one.

    >>> list(batched("春江花月夜", 2))
    [['春', '江'], ['花', '月'], ['夜']]
    """
    rest = iter(values)
    while part := list(islice(rest, size)):
        yield part


@dataclass(frozen=True)
class Table:
    """One collection."""

    client: Any
    address: str
    name: str
    fields: Mapping[str, str]

    @property
    def key(self) -> str:
        """The field that no two rows share."""
        return next(iter(self.fields))

    @property
    def stored_fields(self) -> list[str]:
        """The fields that are written; Milvus fills those of BM25 itself."""
        return [name for name, kind in self.fields.items() if not kind.startswith("bm25")]

    @property
    def _write_batch(self) -> int:
        """How many rows go into one message."""
        return _WRITE_BATCH if any(name in _LARGE_FIELDS or kind in _LARGE_FIELDS for name, kind in self.fields.items()) else _READ_PAGE

    def load(self) -> None:
        """Has Milvus hold the collection ready; a server that was started again holds none."""
        with milvus_errors(self.address):
            self.client.load_collection(self.name, timeout=_REQUEST_TIMEOUT)

    def query(self, condition: str, fields: Sequence[str], limit: int | None = None) -> list[dict[str, Any]]:
        """The rows that meet a condition, in no order."""
        more = {} if limit is None else {"limit": min(limit, _MAX_RESULT_ROWS)}
        with milvus_errors(self.address):
            return list(self.client.query(self.name, filter=condition, output_fields=list(fields), timeout=_REQUEST_TIMEOUT, **more))

    def scan(self, condition: str, fields: Sequence[str]) -> Iterator[dict[str, Any]]:
        """The rows that meet a condition (``""``: all), however many, in the order of their key."""
        size = _READ_PAGE if any(name in _LARGE_FIELDS or self.fields[name] in _LARGE_FIELDS for name in fields) else _MAX_RESULT_ROWS
        with milvus_errors(self.address):
            pages = self.client.query_iterator(
                self.name, batch_size=size, filter=condition, output_fields=list(fields), timeout=_REQUEST_TIMEOUT)
        try:
            while True:
                with milvus_errors(self.address):
                    page = pages.next()
                if not page:
                    return
                yield from page
        finally:
            pages.close()

    def where_in(self, field: str, values: Iterable[str | int], fields: Sequence[str]) -> Iterator[dict[str, Any]]:
        """The rows whose field has one of some values."""
        for part in batched(dict.fromkeys(values), self._write_batch):
            yield from self.query(is_in(field, part), fields)

    def count(self, condition: str) -> int:
        """How many rows meet a condition."""
        return int(self.query(condition, ["count(*)"])[0]["count(*)"])

    def put(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Writes rows, each in place of the one with its key."""
        unused = {name: [0.0, 0.0] for name, kind in self.fields.items() if kind == "unused"}
        for part in batched(rows, self._write_batch):
            with milvus_errors(self.address):
                self.client.upsert(self.name, [{**row, **unused} for row in part], timeout=_REQUEST_TIMEOUT)

    def delete(self, condition: str) -> None:
        """Takes the rows out that meet a condition."""
        with milvus_errors(self.address):
            self.client.delete(self.name, filter=condition, timeout=_REQUEST_TIMEOUT)

    def search(self, field: str, query: Any, limit: int, condition: str) -> list[tuple[int, float]]:
        """The best rows by a vector or by BM25: ``(row, score)``, best first."""
        with milvus_errors(self.address):
            hits = self.client.search(
                self.name, data=[query], anns_field=field, filter=condition, limit=max(1, min(limit, _MAX_RESULT_ROWS)),
                timeout=_REQUEST_TIMEOUT)
        return [(int(hit[self.key]), float(hit["distance"])) for hit in hits[0]]


@dataclass(frozen=True)
class Metadata:
    """What is known about the archive as a whole: kind and name → a value in JSON and a vector."""

    table: Table
    dimension: int

    def get(self, kind: str, name: str = "") -> Any:
        """One value; ``None`` if there is none."""
        found = self.table.query(is_in("key", [_key(kind, name)]), ["value"])
        return json.loads(found[0]["value"]) if found else None

    def of(self, kind: str) -> dict[str, Any]:
        """The values of a kind by name, in order of name."""
        rows = self.table.scan(f"kind == {literal(kind)}", ["name", "value"])
        return dict(sorted((row["name"], json.loads(row["value"])) for row in rows))

    def put(self, kind: str, values: Mapping[str, Any]) -> None:
        """Writes values by name."""
        empty = [0.0] * self.dimension
        self.table.put({"key": _key(kind, name), "kind": kind, "name": name, "vector": empty,
                        "value": json.dumps(value, ensure_ascii=False)} for name, value in values.items())

    def drop(self, kind: str, name: str = "") -> None:
        """Takes one value out."""
        self.table.delete(is_in("key", [_key(kind, name)]))

    def matrix(self, kind: str, name: str) -> np.ndarray | None:
        """The matrix ``(n, dim) float32`` of that name; ``None`` if there is none."""
        rows = self.table.query(f"kind == {literal(f'{kind}:{name}')}", ["name", "vector"])
        ordered = sorted(rows, key=lambda row: int(row["name"]))
        return np.array([row["vector"] for row in ordered], dtype=np.float32) if rows else None

    def put_matrix(self, kind: str, name: str, matrix: np.ndarray) -> None:
        """Writes a matrix ``(n, dim)`` in place of the one of that name and size."""
        rows = f"{kind}:{name}"
        self.table.put({"key": _key(rows, str(at)), "kind": rows, "name": str(at), "value": "",
                        "vector": vector.astype(np.float32).tolist()} for at, vector in enumerate(matrix))


def _key(kind: str, name: str) -> str:
    """A key of hexadecimal digits, as pymilvus pages through keys without escaping them."""
    return content_id(kind, name)


@dataclass(frozen=True)
class Tables:
    """The collections of one archive."""

    stem: str
    metadata: Metadata
    articles: Table
    passages: Table
    sentences: Table
    words: Table

    def drop(self) -> None:
        """Takes the collections away."""
        drop(self.words.client, self.words.address, self.stem)

    def flush(self) -> None:
        """Has Milvus write down what it holds in memory."""
        for table in (self.articles, self.passages, self.sentences, self.words, self.metadata.table):
            with milvus_errors(table.address):
                table.client.flush(table.name, timeout=_REQUEST_TIMEOUT)

    def publish(self) -> None:
        """Points the alias here: from now on readers open these collections."""
        client, address = self.words.client, self.words.address
        replaced = current_stem(client, address)
        with milvus_errors(address):
            move = client.alter_alias if replaced else client.create_alias
            move(self.metadata.table.name, ALIAS, timeout=_REQUEST_TIMEOUT)


def current_stem(client: Any, address: str) -> str:
    """The stem of the collections that readers open; ``""`` if there are none.

    Raises :class:`StoreError` if the name of the alias belongs to something else.
    """
    with milvus_errors(address):
        if not client.has_collection(ALIAS, timeout=_REQUEST_TIMEOUT):
            return ""
        is_alias = ALIAS not in client.list_collections()
        target = client.describe_alias(ALIAS)["collection_name"] if is_alias else ALIAS
    stem = _METADATA_NAME.fullmatch(target)
    if stem is None:
        raise StoreError(f"{address}: holds a collection {target} that `rag build` did not make; "
                         "name another database in store.address (http://HOST:19530/DATABASE), or drop it")
    return stem[1]


def stems(client: Any, address: str) -> list[str]:
    """The stems of all collections of this program, the oldest first."""
    with milvus_errors(address):
        return sorted(match[1] for name in client.list_collections() if (match := _METADATA_NAME.fullmatch(name)))


def open_tables(client: Any, address: str, stem: str) -> Tables:
    """The collections of a stem, loaded. Raises :class:`StoreError` if one is missing or has other fields."""
    tables = {part: Table(client, address, f"{stem}_{part}", fields) for part, fields in _FIELDS.items()}
    with milvus_errors(address):
        found = {part: client.describe_collection(table.name) for part, table in tables.items()}
    for part, table in tables.items():
        if {field["name"] for field in found[part]["fields"]} != set(table.fields):
            raise StoreError(f"{address}: the collection {table.name} has other fields; make the index anew: `rag build --fresh`")
        table.load()
    dimension = next(int(field["params"]["dim"]) for field in found["facts"]["fields"] if field["name"] == "vector")
    return Tables(stem, Metadata(tables.pop("facts"), dimension), **tables)


def metadata_of(client: Any, address: str, stem: str) -> Metadata:
    """The facts of a stem alone, to be read, without a look at the other collections."""
    table = Table(client, address, f"{stem}_facts", _FIELDS["facts"])
    table.load()
    return Metadata(table, 0)


def create_tables(client: Any, address: str, dimension: int) -> Tables:
    """New, empty collections for vectors of a dimension."""
    stem = f"{ALIAS}_{time.strftime('%Y%m%d%H%M%S')}_{uuid.uuid4().hex[:6]}"
    with milvus_errors(address):
        lite = "lite" in client.get_server_version()
        for part, fields in _FIELDS.items():
            schema, index = _schema(client, fields, dimension, "standard" if lite else "whitespace"), _index(client, fields)
            client.create_collection(f"{stem}_{part}", schema=schema, consistency_level="Session")
            client.create_index(f"{stem}_{part}", index, sync=False)  # nothing to wait for: it is empty
    return open_tables(client, address, stem)


def drop(client: Any, address: str, stem: str) -> None:
    """Takes the collections of a stem away."""
    with milvus_errors(address):
        for name in client.list_collections():
            if name.startswith(f"{stem}_"):
                client.drop_collection(name)


def _schema(client: Any, fields: Mapping[str, str], dimension: int, tokenizer: str) -> Any:
    """``tokenizer`` splits at spaces; milvus-lite's standard one does too, as search tokens hold letters and digits alone."""
    from pymilvus import DataType, Function, FunctionType

    text = {"datatype": DataType.VARCHAR, "max_length": MAX_TEXT_BYTES}
    analysed = {"enable_analyzer": True, "enable_match": True, "analyzer_params": {"tokenizer": tokenizer}}
    kinds: dict[str, dict[str, Any]] = {
        "number": {"datatype": DataType.INT64}, "real": {"datatype": DataType.FLOAT}, "text": text, "words": text | analysed,
        "vector": {"datatype": DataType.FLOAT_VECTOR, "dim": dimension}, "unused": {"datatype": DataType.FLOAT_VECTOR, "dim": 2},
    }
    schema = client.create_schema(auto_id=False, enable_dynamic_field=False)
    for name, kind in fields.items():
        if kind.startswith("bm25"):
            schema.add_field(name, DataType.SPARSE_FLOAT_VECTOR)
            schema.add_function(Function(f"{name}_bm25", FunctionType.BM25, [kind.removeprefix("bm25 ")], [name]))
        else:
            schema.add_field(name, **kinds[kind], is_primary=name == next(iter(fields)))
    return schema


def _index(client: Any, fields: Mapping[str, str]) -> Any:
    index = client.prepare_index_params()
    for name, kind in fields.items():
        if kind in ("vector", "unused"):
            index.add_index(name, index_type="FLAT", metric_type="IP")
        elif kind.startswith("bm25"):
            index.add_index(name, index_type="SPARSE_INVERTED_INDEX", metric_type="BM25", params={"bm25_k1": 1.2, "bm25_b": 0.75})
        elif name in _INDEXED_FIELDS:
            index.add_index(name, index_type="INVERTED")
    return index
