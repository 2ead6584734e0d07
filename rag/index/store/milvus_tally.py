"""What a Milvus archive counts of itself: the sums behind centre and spread of the vectors, and the passages of each token.

All of it adds up, so that a build reckons with what came and went, not with the whole archive. A build that was killed
leaves a mark, and the next one counts everything anew.
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
_MANY_VECTORS = 10_000  # vectors from which it is worth while to centre all of them anew as seldom as can be
_MAX_DRIFT = {False: 0.001, True: 0.02}  # how far the mean of vectors of length 1 may move until then: of few, of many


@dataclass
class Sums:
    """Of some vectors: how many, their sum ``(dim,)``, and the sum of the outer products of the centred ones ``(dim, dim)``."""

    count: int
    total: np.ndarray
    outer: np.ndarray

    @classmethod
    def zero(cls, dimension: int) -> Sums:
        """The sums of no vector."""
        return cls(0, np.zeros(dimension), np.zeros((dimension, dimension)))

    def add(self, raw: np.ndarray, unit: np.ndarray, sign: int = 1) -> None:
        """Reckons vectors in, or out (``sign`` -1): as the embedder made them, and centred, both ``(n, dim)``."""
        self.count += sign * len(raw)
        self.total += sign * raw.sum(axis=0, dtype=np.float64)
        self.outer += sign * (unit.T.astype(np.float64) @ unit)

    def plus(self, other: Sums) -> Sums:
        """The sums of both."""
        return Sums(self.count + other.count, self.total + other.total, self.outer + other.outer)


@dataclass
class Tally:
    """What came and went: vectors by table, and in how many passages each token stands."""

    dimension: int
    sums: dict[str, Sums] = field(default_factory=dict)
    words: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.sums = {name: Sums.zero(self.dimension) for name in VECTORS}

    def add_words(self, passages: Iterable[str], sign: int = 1) -> None:
        """Reckons passages in or out, given by their tokens with spaces between."""
        for tokens in passages:
            for token in set(tokens.split()):
                self.words[token] += sign


@dataclass(frozen=True)
class Centres:
    """The centres that the vectors of a table were centred with, by number: 0 is none at all, the largest is the one in use."""

    metadata: Metadata
    name: str

    def matrix(self) -> np.ndarray:
        """All of them, ``(n, dim) float32``."""
        stored = self.metadata.matrix("centre", self.name)
        return np.zeros((1, self.metadata.dimension), np.float32) if stored is None else stored

    def add(self, centre: np.ndarray) -> None:
        """Puts another one into use; those before it stay, as vectors may still be centred with them."""
        self.metadata.put_matrix("centre", self.name, np.vstack([self.matrix(), centre]))


def vector_fields(raw: np.ndarray, centres: np.ndarray) -> Iterator[dict[str, Any]]:
    """How vectors ``(n, dim)`` lie in a table: centred with the last centre, which of the centres that is, and their length then."""
    centre = centres[-1]
    lengths = np.maximum(np.linalg.norm(raw - centre, axis=1), 1e-9)
    for vector, length in zip(centred(raw, centre), lengths, strict=True):
        yield {"vector": vector.tolist(), "length": float(length), "centre": len(centres) - 1}


def raw_vectors(rows: Sequence[Mapping[str, Any]], centres: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The vectors of rows that have one, as the embedder made them, and centred: both ``(n, dim) float32``."""
    unit = np.array([row["vector"] for row in rows], dtype=np.float32).reshape(len(rows), centres.shape[1])
    lengths = np.array([row["length"] for row in rows], dtype=np.float32)[:, None]
    return unit * lengths + centres[[row["centre"] for row in rows]], unit


def count_all(tables: Tables) -> Tally:
    """The tally of everything that is there; takes a pass over the whole archive."""
    tally = Tally(tables.metadata.dimension)
    for name in VECTORS:
        table: Table = getattr(tables, name)
        centres = Centres(tables.metadata, name).matrix()
        for part in batched(table.scan("centre >= 0", ["centre", "length", "vector"])):
            tally.sums[name].add(*raw_vectors(part, centres))
    tally.add_words(row["tokens"] for row in tables.passages.scan("", ["tokens"]))
    return tally


def store_tally(tables: Tables, change: Tally | None) -> None:
    """Reckons what came and went into what is stored; ``None`` counts everything anew."""
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
    """The stored sums of a table."""
    count, matrix = metadata.get("sums", name), metadata.matrix("sums", name)
    return Sums.zero(metadata.dimension) if matrix is None else Sums(count, matrix[0].astype(np.float64), matrix[1:].astype(np.float64))


def _write_words(words: Table, change: Mapping[str, int]) -> None:
    """Adds to the stored counts; a token that stands nowhere any more is taken out."""
    for part in batched((token for token, by in change.items() if by), 2_000):
        stored = {row["word"]: row["passages"] for row in words.where_in("word", part, ["word", "passages"])}
        now = {token: stored.get(token, 0) + change[token] for token in part}
        words.put({"word": token, "passages": count} for token, count in now.items() if count > 0)
        if vanished := [token for token, count in now.items() if count <= 0 and token in stored]:
            words.delete(is_in("word", vanished))


def _recentre(tables: Tables, name: str, sums: Sums) -> Sums:
    """Centres all vectors of a table anew where their mean has moved too far; returns the sums as they are then."""
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
