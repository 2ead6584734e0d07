"""Statistics of a Milvus archive: sums for the centre and spread of the vectors, and document frequencies.

All statistics are sums, so a build only adds and subtracts its changes. A killed build leaves a mark, and the next build counts
everything again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from rag.index.store.milvus_conditions import is_in
from rag.index.store.milvus_tables import Metadata, Table, Tables, batched
from rag.index.store.vectors import centred

VECTORS = ("passages", "sentences")
_MANY_VECTORS = 10_000  # vectors; from here on centring all of them again is expensive
_MAX_DRIFT = {False: 0.001, True: 0.02}  # how far the mean may move before all vectors are centred again: few, many vectors


@dataclass
class Sums:
    """Sums over vectors.

    ``count``: their number. ``total``: their sum ``(dim,)``. ``outer``: sum of the outer products of the centred ones
    ``(dim, dim)``.
    """

    count: int
    total: np.ndarray
    outer: np.ndarray

    @classmethod
    def zero(cls, dimension: int) -> Sums:
        """Returns the sums of no vectors."""
        return cls(0, np.zeros(dimension), np.zeros((dimension, dimension)))

    def add(self, raw: np.ndarray, unit: np.ndarray, sign: int = 1) -> None:
        """Adds vectors, or subtracts them (``sign`` -1): the originals ``raw`` and the centred ``unit``, both ``(n, dim)``."""
        self.count += sign * len(raw)
        self.total += sign * raw.sum(axis=0, dtype=np.float64)
        self.outer += sign * (unit.T.astype(np.float64) @ unit)

    def plus(self, other: Sums) -> Sums:
        """Returns the sums over both sets of vectors."""
        return Sums(self.count + other.count, self.total + other.total, self.outer + other.outer)


@dataclass
class Tally:
    """The changes of a build: sums over vectors by table, and document frequencies by token."""

    dimension: int
    sums: dict[str, Sums] = field(default_factory=dict)
    words: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.sums = {name: Sums.zero(self.dimension) for name in VECTORS}

    def add_words(self, passages: Iterable[str], sign: int = 1) -> None:
        """Adds or subtracts passages, given as tokens separated by spaces."""
        for tokens in passages:
            for token in set(tokens.split()):
                self.words[token] += sign


@dataclass(frozen=True)
class Centres:
    """The centres of a table by number: 0 is the zero vector, the last is in use."""

    metadata: Metadata
    name: str

    def matrix(self) -> np.ndarray:
        """Returns all centres, ``(n, dim) float32``."""
        stored = self.metadata.matrix("centre", self.name)
        return np.zeros((1, self.metadata.dimension), np.float32) if stored is None else stored

    def add(self, centre: np.ndarray) -> None:
        """Adds a centre and uses it from now on; the old ones remain, because stored vectors still refer to them."""
        self.metadata.put_matrix("centre", self.name, np.vstack([self.matrix(), centre]))


def vector_fields(raw: np.ndarray, centres: np.ndarray) -> Iterator[dict[str, Any]]:
    """Yields the stored fields of vectors ``(n, dim)``.

    These are the vector centred with the last centre, the number of that centre, and the length before normalising.
    """
    centre = centres[-1]
    lengths = np.maximum(np.linalg.norm(raw - centre, axis=1), 1e-9)
    for vector, length in zip(centred(raw, centre), lengths, strict=True):
        yield {"vector": vector.tolist(), "length": float(length), "centre": len(centres) - 1}


def raw_vectors(rows: Sequence[Mapping[str, Any]], centres: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Restores the vectors of stored rows: the originals and the centred ones, both ``(n, dim) float32``."""
    unit = np.array([row["vector"] for row in rows], dtype=np.float32).reshape(len(rows), centres.shape[1])
    lengths = np.array([row["length"] for row in rows], dtype=np.float32)[:, None]
    return unit * lengths + centres[[row["centre"] for row in rows]], unit


def count_all(tables: Tables) -> Tally:
    """Returns the tally of the whole archive, which takes a pass over it."""
    tally = Tally(tables.metadata.dimension)
    for name in VECTORS:
        table: Table = getattr(tables, name)
        centres = Centres(tables.metadata, name).matrix()
        for part in batched(table.scan("centre >= 0", ["centre", "length", "vector"])):
            tally.sums[name].add(*raw_vectors(part, centres))
    tally.add_words(row["tokens"] for row in tables.passages.scan("", ["tokens"]))
    return tally


def store_tally(tables: Tables, change: Tally | None) -> None:
    """Adds the changes of a build to the stored statistics; ``None`` counts everything again."""
    tally = count_all(tables) if change is None else change
    if change is None:
        tables.words.delete("passages >= 0")
    _write_words(tables.words, tally.words)
    for name in VECTORS:
        sums = tally.sums[name] if change is None else read_sums(tables.metadata, name).plus(tally.sums[name])
        sums = _recentre(tables, name, sums)
        tables.metadata.put("sums", {name: sums.count})
        tables.metadata.put_matrix("sums", name, np.vstack([sums.total, sums.outer]))


def read_sums(metadata: Metadata, name: str) -> Sums:
    """Returns the stored sums of a table."""
    count, matrix = metadata.get("sums", name), metadata.matrix("sums", name)
    return Sums.zero(metadata.dimension) if matrix is None else Sums(count, matrix[0].astype(np.float64), matrix[1:].astype(np.float64))


def _write_words(words: Table, change: Mapping[str, int]) -> None:
    """Adds changes to the stored document frequencies; tokens without a passage are deleted."""
    for part in batched((token for token, by in change.items() if by), 2_000):
        stored = {row["word"]: row["passages"] for row in words.where_in("word", part, ["word", "passages"])}
        now = {token: stored.get(token, 0) + change[token] for token in part}
        words.put({"word": token, "passages": count} for token, count in now.items() if count > 0)
        if vanished := [token for token, count in now.items() if count <= 0 and token in stored]:
            words.delete(is_in("word", vanished))


def _recentre(tables: Tables, name: str, sums: Sums) -> Sums:
    """Centres all vectors of a table again if their mean has moved too far; returns the new sums."""
    centres, table = Centres(tables.metadata, name), getattr(tables, name)
    mean = sums.total / max(sums.count, 1)
    if np.linalg.norm(mean - centres.matrix()[-1]) > _MAX_DRIFT[sums.count >= _MANY_VECTORS]:
        centres.add(mean)
    centre_matrix = centres.matrix()
    newest, recounted = len(centre_matrix) - 1, Sums.zero(tables.metadata.dimension)
    if not table.query(f"centre >= 0 and centre < {newest}", ["row"], 1):
        return sums
    for part in batched(table.scan(f"centre == {newest}", ["centre", "length", "vector"])):
        recounted.add(*raw_vectors(part, centre_matrix))
    for part in batched(table.scan(f"centre >= 0 and centre < {newest}", table.stored_fields)):
        raw, _ = raw_vectors(part, centre_matrix)
        moved = list(vector_fields(raw, centre_matrix))
        table.put({**row, **fields} for row, fields in zip(part, moved, strict=True))
        recounted.add(*raw_vectors(moved, centre_matrix))
    return recounted
