"""The Milvus collections of an archive, and the operations on them.

::

    wenbao (alias) ─▶ wenbao_<build>_facts        metadata: sources, settings, manifest, centres
                      wenbao_<build>_articles     articles as JSON, in pieces
                      wenbao_<build>_passages     passages with tokens, syllables, BM25 and vector
                      wenbao_<build>_sentences    sentences with vector
                      wenbao_<build>_words        document frequency of each token

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
MAX_TEXT_BYTES = 65_535  # bytes of a text field; the limit of Milvus
_METADATA_NAME = re.compile(rf"({ALIAS}_\w+)_facts")
_REQUEST_TIMEOUT = 60.0  # seconds
_WRITE_BATCH = 500  # rows of a message with vectors or texts; some megabytes
_READ_PAGE = 2_000  # rows of a response with vectors or texts; some tens of megabytes
_LARGE_FIELDS = ("vector", "words", "record")  # kinds and names of fields that take much memory
_MAX_RESULT_ROWS = 16_384  # rows of a response with a limit; the limit of Milvus

# The fields of each collection, the primary key first. "unused" is a dummy vector: Milvus requires one in each collection.
_FIELDS: Mapping[str, Mapping[str, str]] = {
    "facts": {"key": "text", "kind": "text", "name": "text", "value": "text", "vector": "vector"},
    "articles": {"row": "number", "article_id": "text", "source": "text", "date": "text", "part": "number", "record": "text",
                 "unused": "unused"},
    "passages": {"row": "number", "passage_id": "text", "article_id": "text", "source": "text", "date": "text", "field": "text",
                 "item": "number", "start": "number", "end": "number", "text": "text", "context": "text", "tokens": "words",
                 "pinyin": "words", "lexical": "bm25 tokens", "sounds": "bm25 pinyin", "tells": "text", "centre": "number",
                 "length": "real", "vector": "vector"},
    "sentences": {"row": "number", "passage": "number", "passage_id": "text", "article_id": "text", "source": "text",
                  "date": "text", "tells": "text", "start": "number", "end": "number", "centre": "number", "length": "real",
                  "vector": "vector"},
    "words": {"word": "text", "passages": "number", "unused": "unused"},
}
_INDEXED_FIELDS = ("kind", "article_id", "source", "passage_id")  # text fields with an inverted index


def batched(values: Iterable[T], size: int = _WRITE_BATCH) -> Iterator[list[T]]:
    """Splits values into lists of at most ``size``.

    >>> list(batched("春江花月夜", 2))
    [['春', '江'], ['花', '月'], ['夜']]
    """
    rest = iter(values)
    while part := list(islice(rest, size)):
        yield part


@dataclass(frozen=True)
class Table:
    """A collection."""

    client: Any
    address: str
    name: str
    fields: Mapping[str, str]

    @property
    def key(self) -> str:
        """Returns the name of the primary key."""
        return next(iter(self.fields))

    @property
    def stored_fields(self) -> list[str]:
        """Returns the names of the fields that are written; Milvus computes those of BM25."""
        return [name for name, kind in self.fields.items() if not kind.startswith("bm25")]

    @property
    def _write_batch(self) -> int:
        """Returns the number of rows in one message."""
        return _WRITE_BATCH if any(name in _LARGE_FIELDS or kind in _LARGE_FIELDS for name, kind in self.fields.items()) else _READ_PAGE

    def load(self) -> None:
        """Loads the collection into memory, which a restarted server requires."""
        with milvus_errors(self.address):
            self.client.load_collection(self.name, timeout=_REQUEST_TIMEOUT)

    def query(self, condition: str, fields: Sequence[str], limit: int | None = None) -> list[dict[str, Any]]:
        """Returns the rows that match a condition, unordered."""
        more = {} if limit is None else {"limit": min(limit, _MAX_RESULT_ROWS)}
        with milvus_errors(self.address):
            return list(self.client.query(self.name, filter=condition, output_fields=list(fields), timeout=_REQUEST_TIMEOUT, **more))

    def scan(self, condition: str, fields: Sequence[str]) -> Iterator[dict[str, Any]]:
        """Yields all rows that match a condition (``""``: any), ordered by key."""
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
        """Yields the rows whose field has one of the values."""
        for part in batched(dict.fromkeys(values), self._write_batch):
            yield from self.query(is_in(field, part), fields)

    def count(self, condition: str) -> int:
        """Returns the number of rows that match a condition."""
        return int(self.query(condition, ["count(*)"])[0]["count(*)"])

    def put(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Inserts rows; a row with the same key is replaced."""
        unused = {name: [0.0, 0.0] for name, kind in self.fields.items() if kind == "unused"}
        for part in batched(rows, self._write_batch):
            with milvus_errors(self.address):
                self.client.upsert(self.name, [{**row, **unused} for row in part], timeout=_REQUEST_TIMEOUT)

    def delete(self, condition: str) -> None:
        """Deletes the rows that match a condition."""
        with milvus_errors(self.address):
            self.client.delete(self.name, filter=condition, timeout=_REQUEST_TIMEOUT)

    def search(self, field: str, query: Any, limit: int, condition: str) -> list[tuple[int, float]]:
        """Returns the best rows by vector or BM25: ``(row, score)``, best first."""
        with milvus_errors(self.address):
            hits = self.client.search(
                self.name, data=[query], anns_field=field, filter=condition, limit=max(1, min(limit, _MAX_RESULT_ROWS)),
                timeout=_REQUEST_TIMEOUT)
        return [(int(hit[self.key]), float(hit["distance"])) for hit in hits[0]]


@dataclass(frozen=True)
class Metadata:
    """The metadata of an archive: kind and name → a value in JSON and a vector."""

    table: Table
    dimension: int

    def get(self, kind: str, name: str = "") -> Any:
        """Returns a value, or ``None``."""
        found = self.table.query(is_in("key", [_key(kind, name)]), ["value"])
        return json.loads(found[0]["value"]) if found else None

    def of(self, kind: str) -> dict[str, Any]:
        """Returns the values of a kind by name, sorted by name."""
        rows = self.table.scan(f"kind == {literal(kind)}", ["name", "value"])
        return dict(sorted((row["name"], json.loads(row["value"])) for row in rows))

    def put(self, kind: str, values: Mapping[str, Any]) -> None:
        """Writes values by name."""
        empty = [0.0] * self.dimension
        self.table.put({"key": _key(kind, name), "kind": kind, "name": name, "vector": empty,
                        "value": json.dumps(value, ensure_ascii=False)} for name, value in values.items())

    def drop(self, kind: str, name: str = "") -> None:
        """Deletes a value."""
        self.table.delete(is_in("key", [_key(kind, name)]))

    def matrix(self, kind: str, name: str) -> np.ndarray | None:
        """Returns the matrix ``(n, dim) float32`` of a name, or ``None``."""
        rows = self.table.query(f"kind == {literal(f'{kind}:{name}')}", ["name", "vector"])
        ordered = sorted(rows, key=lambda row: int(row["name"]))
        return np.array([row["vector"] for row in ordered], dtype=np.float32) if rows else None

    def put_matrix(self, kind: str, name: str, matrix: np.ndarray) -> None:
        """Writes a matrix ``(n, dim)``; it replaces the one of the same name and size."""
        rows = f"{kind}:{name}"
        self.table.put({"key": _key(rows, str(at)), "kind": rows, "name": str(at), "value": "",
                        "vector": vector.astype(np.float32).tolist()} for at, vector in enumerate(matrix))


def _key(kind: str, name: str) -> str:
    """Returns a hexadecimal key, because pymilvus does not escape the keys that it pages through."""
    return content_id(kind, name)


@dataclass(frozen=True)
class Tables:
    """The collections of an archive."""

    stem: str
    metadata: Metadata
    articles: Table
    passages: Table
    sentences: Table
    words: Table

    def drop(self) -> None:
        """Deletes the collections."""
        drop(self.words.client, self.words.address, self.stem)

    def flush(self) -> None:
        """Makes Milvus write its memory to disk."""
        for table in (self.articles, self.passages, self.sentences, self.words, self.metadata.table):
            with milvus_errors(table.address):
                table.client.flush(table.name, timeout=_REQUEST_TIMEOUT)

    def publish(self) -> None:
        """Points the alias at these collections, so that readers open them from now on."""
        client, address = self.words.client, self.words.address
        replaced = current_stem(client, address)
        with milvus_errors(address):
            move = client.alter_alias if replaced else client.create_alias
            move(self.metadata.table.name, ALIAS, timeout=_REQUEST_TIMEOUT)


def current_stem(client: Any, address: str) -> str:
    """Returns the name stem of the collections that readers open, ``""`` if there are none.

    Raises :class:`StoreError` if the alias name belongs to something else.
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
    """Returns the name stems of all archives of this program, oldest first."""
    with milvus_errors(address):
        return sorted(match[1] for name in client.list_collections() if (match := _METADATA_NAME.fullmatch(name)))


def open_tables(client: Any, address: str, stem: str) -> Tables:
    """Opens and loads the collections of a stem. Raises :class:`StoreError` if one is missing or has other fields."""
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
    """Opens only the metadata of a stem, for reading."""
    table = Table(client, address, f"{stem}_facts", _FIELDS["facts"])
    table.load()
    return Metadata(table, 0)


def create_tables(client: Any, address: str, dimension: int) -> Tables:
    """Creates empty collections for vectors of a dimension."""
    stem = f"{ALIAS}_{time.strftime('%Y%m%d%H%M%S')}_{uuid.uuid4().hex[:6]}"
    with milvus_errors(address):
        lite = "lite" in client.get_server_version()
        for part, fields in _FIELDS.items():
            schema, index = _schema(client, fields, dimension, "standard" if lite else "whitespace"), _index(client, fields)
            client.create_collection(f"{stem}_{part}", schema=schema, consistency_level="Session")
            client.create_index(f"{stem}_{part}", index, sync=False)  # the collection is empty, so there is nothing to wait for
    return open_tables(client, address, stem)


def drop(client: Any, address: str, stem: str) -> None:
    """Deletes the collections of a stem."""
    with milvus_errors(address):
        for name in client.list_collections():
            if name.startswith(f"{stem}_"):
                client.drop_collection(name)


def _schema(client: Any, fields: Mapping[str, str], dimension: int, tokenizer: str) -> Any:
    """Returns the schema of a collection.

    ``tokenizer`` splits at spaces; the standard one of milvus-lite does too, because search tokens are letters and digits.
    """
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
