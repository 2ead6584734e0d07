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

from rag.index.store.milvus_conditions import among
from rag.index.store.milvus_tables import Facts, Table, Tables, batched
from rag.index.store.vectors import centred

VECTORS = ("passages", "sentences")
_STEADY = 10_000  # vectors from which it is worth while to centre all of them anew as seldom as can be
_DRIFT = {False: 0.001, True: 0.02}  # how far the mean of vectors of length 1 may move until then: of few, of many


@dataclass
class Sums:
    """Of some vectors: how many, their sum ``(dim,)``, and the sum of the outer products of the centred ones ``(dim, dim)``."""

    count: int
    total: np.ndarray
    outer: np.ndarray

    @classmethod
    def nothing(cls, dimension: int) -> Sums:
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
        self.sums = {name: Sums.nothing(self.dimension) for name in VECTORS}

    def add_words(self, passages: Iterable[str], sign: int = 1) -> None:
        """Reckons passages in or out, given by their tokens with spaces between."""
        for tokens in passages:
            for token in set(tokens.split()):
                self.words[token] += sign


@dataclass(frozen=True)
class Centres:
    """The centres that the vectors of a table were centred with, by number: 0 is none at all, the largest is the one in use."""

    facts: Facts
    name: str

    def matrix(self) -> np.ndarray:
        """All of them, ``(n, dim) float32``."""
        known = self.facts.matrix("centre", self.name)
        return np.zeros((1, self.facts.dimension), np.float32) if known is None else known

    def add(self, centre: np.ndarray) -> None:
        """Puts another one into use; those before it stay, as vectors may still be centred with them."""
        self.facts.put_matrix("centre", self.name, np.vstack([self.matrix(), centre]))


def fields_of(raw: np.ndarray, centres: np.ndarray) -> Iterator[dict[str, Any]]:
    """How vectors ``(n, dim)`` lie in a table: centred with the last centre, which of the centres that is, and their length then."""
    centre = centres[-1]
    lengths = np.maximum(np.linalg.norm(raw - centre, axis=1), 1e-9)
    for vector, length in zip(centred(raw, centre), lengths, strict=True):
        yield {"vector": vector.tolist(), "length": float(length), "centre": len(centres) - 1}


def raw_of(rows: Sequence[Mapping[str, Any]], centres: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The vectors of rows that have one, as the embedder made them, and centred: both ``(n, dim) float32``."""
    unit = np.array([row["vector"] for row in rows], dtype=np.float32).reshape(len(rows), centres.shape[1])
    lengths = np.array([row["length"] for row in rows], dtype=np.float32)[:, None]
    return unit * lengths + centres[[row["centre"] for row in rows]], unit


def counted(tables: Tables) -> Tally:
    """The tally of everything that is there; takes a pass over the whole archive."""
    tally = Tally(tables.facts.dimension)
    for name in VECTORS:
        table: Table = getattr(tables, name)
        centres = Centres(tables.facts, name).matrix()
        for part in batched(table.scan("centre >= 0", ["centre", "length", "vector"])):
            tally.sums[name].add(*raw_of(part, centres))
    tally.add_words(row["tokens"] for row in tables.passages.scan("", ["tokens"]))
    return tally


def settle(tables: Tables, change: Tally | None) -> None:
    """Reckons what came and went into what is stored; ``None`` counts everything anew."""
    tally = counted(tables) if change is None else change
    if change is None:
        tables.words.delete("passages >= 0")
    _write_words(tables.words, tally.words)
    for name in VECTORS:
        sums = tally.sums[name] if change is None else read_sums(tables.facts, name).plus(tally.sums[name])
        sums = _recentred(tables, name, sums)
        tables.facts.put("sums", {name: sums.count})
        tables.facts.put_matrix("sums", name, np.vstack([sums.total, sums.outer]))


def read_sums(facts: Facts, name: str) -> Sums:
    """The stored sums of a table."""
    count, matrix = facts.get("sums", name), facts.matrix("sums", name)
    return Sums.nothing(facts.dimension) if matrix is None else Sums(count, matrix[0].astype(np.float64), matrix[1:].astype(np.float64))


def _write_words(words: Table, change: Mapping[str, int]) -> None:
    """Adds to the stored counts; a token that stands nowhere any more is taken out."""
    for part in batched((token for token, by in change.items() if by), 2_000):
        known = {row["word"]: row["passages"] for row in words.having("word", part, ["word", "passages"])}
        now = {token: known.get(token, 0) + change[token] for token in part}
        words.put({"word": token, "passages": count} for token, count in now.items() if count > 0)
        if gone := [token for token, count in now.items() if count <= 0 and token in known]:
            words.delete(among("word", gone))


def _recentred(tables: Tables, name: str, sums: Sums) -> Sums:
    """Centres all vectors of a table anew where their mean has moved too far; returns the sums as they are then."""
    centres, table = Centres(tables.facts, name), getattr(tables, name)
    mean = sums.total / max(sums.count, 1)
    if np.linalg.norm(mean - centres.matrix()[-1]) > _DRIFT[sums.count >= _STEADY]:
        centres.add(mean)
    known = centres.matrix()
    newest, fresh = len(known) - 1, Sums.nothing(tables.facts.dimension)
    if not table.query(f"centre >= 0 and centre < {newest}", ["row"], 1):
        return sums
    for part in batched(table.scan(f"centre == {newest}", ["centre", "length", "vector"])):
        fresh.add(*raw_of(part, known))
    for part in batched(table.scan(f"centre >= 0 and centre < {newest}", table.written)):
        raw, _ = raw_of(part, known)
        made = list(fields_of(raw, known))
        table.put({**row, **fields} for row, fields in zip(part, made, strict=True))
        fresh.add(*raw_of(made, known))
    return fresh
