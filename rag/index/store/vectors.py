"""The FAISS files of an index: centred vectors of passages and of sentences, and what centres and scales them.

E5's vectors all point roughly the same way, and those of a language share a direction of their own. Taking the
mean away (of the passages from passages, of typical questions of a language from its questions) and making
the length 1 again leaves what tells texts apart; see Mu and Viswanath, *All-but-the-Top*, 2018.

Up to some hundred thousand vectors search is exact. Beyond, the vectors are kept in cells (inverted lists) at a few bits a
dimension (RaBitQ [1]_), of which the nearest cells are looked through; the best are then compared exactly, by their vectors in SQLite.

.. [1] Gao and Long, *RaBitQ: Quantizing High-Dimensional Vectors with a Theoretical Error Bound for ANN Search*, SIGMOD 2024.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rag.errors import StoreError

SentenceKey = tuple[int, int, int]
Vectors = Callable[[np.ndarray], np.ndarray]  # rows (n,) → their vectors as the embedder made them (n, dim)

_EXACT_LIMIT = 200_000  # vectors up to which search is exact
_READ_BATCH = 50_000  # vectors that are read at a time
_TRAINING_PER_CELL = 60  # vectors for each cell, from which the cells are found
_BITS_PER_DIMENSION = 4  # a dimension
_PROBED_CELLS = 256  # cells that are looked through: .96 of what exact search finds among a million (benchmarks/scale.md)
_RESCORED_FACTOR = 12  # times as many as are wanted are compared exactly
_MIN_INCREMENTAL = 10_000  # vectors whose mean a small change does not move; of fewer everything is made anew, as that takes no time
_REBUILD_FACTOR = 2.0  # times as large, from which centre and cells are found anew


def centred(vectors: np.ndarray, centre: np.ndarray) -> np.ndarray:
    """Vectors less their centre, of length 1 again: ``(n, dim) float32``.

    >>> centred(np.array([[1.0, 1.0]]), np.array([1.0, 0.0])).tolist()
    [[0.0, 1.0]]
    """
    shifted = vectors - centre
    length = np.linalg.norm(shifted, axis=1, keepdims=True)
    return (shifted / np.maximum(length, 1e-9)).astype(np.float32)


@dataclass(frozen=True)
class VectorIndex:
    """One FAISS index (inner product) with what is needed to centre a query and to scale its scores.

    ``vectors`` gives the embedder's vectors of some rows, for what a compressed index compares exactly.
    """

    index: Any
    centre: np.ndarray
    second_moment: np.ndarray
    vectors: Vectors

    def search(self, query: np.ndarray, k: int, only: np.ndarray | None = None) -> list[tuple[int, float]]:
        """The k nearest rows of one centred query ``(dim,)``: ``(row, z-score)``, best first; of the rows ``only``, if given."""
        if not self.index.ntotal or (only is not None and not len(only)):
            return []
        wanted = k if self._is_exact else k * _RESCORED_FACTOR
        limit = min(wanted, self.index.ntotal)
        scores, rows = self.index.search(query[None].astype(np.float32), limit, params=self._search_parameters(only))
        rows, scores = rows[0][rows[0] >= 0], scores[0][rows[0] >= 0]
        if not self._is_exact and len(rows):
            scores = centred(self.vectors(rows), self.centre) @ query
            order = np.argsort(-scores, kind="stable")[:k]
            rows, scores = rows[order], scores[order]
        spread = self.spread(query)
        return [(int(row), float(score) / spread) for row, score in zip(rows, scores, strict=True)]

    @property
    def _is_exact(self) -> bool:
        return not hasattr(self.index, "nprobe")

    def _search_parameters(self, only: np.ndarray | None) -> Any:
        """FAISS's parameters of a search; the search of an archive narrowed to a few rows looks through every cell."""
        import faiss

        parameters: Any = faiss
        options = {} if only is None else {"sel": parameters.IDSelectorBatch(only)}
        if self._is_exact:
            return parameters.SearchParameters(**options) if options else None
        cells = _PROBED_CELLS if only is None or len(only) > self.index.ntotal // 10 else self.index.nlist
        return parameters.IVFRaBitQSearchParameters(nprobe=min(cells, self.index.nlist), **options)

    def score(self, query: np.ndarray, row: int) -> float:
        """The z-score of one row."""
        vector = self.index.reconstruct(row) if self._is_exact else centred(self.vectors(np.array([row])), self.centre)[0]
        return float(vector @ query) / self.spread(query)

    def spread(self, query: np.ndarray) -> float:
        """Standard deviation of the query's scores over all rows, without visiting them: √(qᵀ·M·q)."""
        return float(np.sqrt(max(query @ self.second_moment @ query, 1e-12)))


def update_vectors(
    file: Path, rows: np.ndarray, vectors: Vectors, dimension: int, old: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Makes a FAISS file hold exactly ``rows``; returns its centre, second moment, and the number of vectors they were found with.

    What the file and ``old`` (what this gave the last time) hold already is kept, so that a small change takes a short time. Made
    anew where there is nothing yet or little, or the archive has since become twice as large or half as large.
    """
    import faiss

    found = int(old["found"][0]) if "found" in old else 0
    if file.is_file() and found >= _MIN_INCREMENTAL and found / _REBUILD_FACTOR <= max(len(rows), 1) <= found * _REBUILD_FACTOR:
        index = faiss.read_index(str(file))
        present = _ids(index)
        new, centre = np.setdiff1d(rows, present), old["centre"]
        total = _remove_rows(index, np.setdiff1d(present, rows), old["moment"] * len(present))
    else:
        found, new, centre = len(rows), rows, _mean(rows, vectors, dimension)
        index, total = _new_index(rows, vectors, centre, dimension), np.zeros((dimension, dimension), np.float32)
    for batch in _batches(new):
        unit = centred(vectors(batch), centre)
        index.add_with_ids(unit, batch)
        total = total + unit.T @ unit
    try:
        faiss.write_index(index, str(file))
    except RuntimeError as error:
        raise OSError(f"{file} cannot be written") from error
    return {"centre": centre.astype(np.float32), "moment": (total / max(len(rows), 1)).astype(np.float32), "found": np.array([found])}


def _ids(index: Any) -> np.ndarray:
    """The rows of an index, ``(n,) int64``."""
    import faiss

    if hasattr(index, "id_map"):
        return faiss.vector_to_array(index.id_map)
    lists = index.invlists
    cells = [faiss.rev_swig_ptr(lists.get_ids(cell), size).copy() for cell in range(index.nlist) if (size := lists.list_size(cell))]
    return np.concatenate(cells) if cells else np.zeros(0, np.int64)


def _remove_rows(index: Any, removed: np.ndarray, total: np.ndarray) -> np.ndarray:
    """Removes rows; returns the sum of the second moment without them (of a compressed index, without their share of it)."""
    if not len(removed):
        return total
    if hasattr(index, "id_map"):
        unit = np.stack([index.reconstruct(int(row)) for row in removed])
        total = total - unit.T @ unit
    else:
        total = total * (1 - len(removed) / index.ntotal)
    index.remove_ids(removed)
    return total


def _batches(rows: np.ndarray) -> Iterator[np.ndarray]:
    for at in range(0, len(rows), _READ_BATCH):
        yield rows[at : at + _READ_BATCH]


def _mean(rows: np.ndarray, vectors: Vectors, dimension: int) -> np.ndarray:
    total = np.zeros(dimension)
    for batch in _batches(rows):
        total += vectors(batch).sum(axis=0)
    return total / max(len(rows), 1)


def _new_index(rows: np.ndarray, vectors: Vectors, centre: np.ndarray, dimension: int) -> Any:
    """An index without vectors: exact for few, in cells for many."""
    import faiss

    if len(rows) <= _EXACT_LIMIT:
        return faiss.IndexIDMap2(faiss.IndexFlatIP(dimension))
    cells = min(len(rows), int(2 ** np.ceil(np.log2(np.sqrt(len(rows)) * 2))))
    index: Any = faiss.index_factory(dimension, f"IVF{cells},RaBitQ{_BITS_PER_DIMENSION}", faiss.METRIC_INNER_PRODUCT)
    sample = np.sort(np.random.default_rng(0).choice(rows, min(len(rows), cells * _TRAINING_PER_CELL), replace=False))
    index.train(centred(vectors(sample), centre))
    return index


def open_vectors(file: Path, centres: Mapping[str, np.ndarray], name: str, vectors: Vectors) -> VectorIndex:
    """Opens a FAISS file, a large one without reading it. Raises :class:`StoreError` if it is damaged."""
    import faiss

    try:
        index = faiss.read_index(str(file))
    except RuntimeError as error:
        raise StoreError(f"{file}: damaged; make the index anew: `rag build --fresh`") from error
    return VectorIndex(index, centres[f"{name}.centre"], centres[f"{name}.moment"], vectors)
