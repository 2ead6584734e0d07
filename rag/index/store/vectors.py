"""The FAISS files: centred vectors of passages and sentences, with what centres queries and scales scores.

The vectors of E5 share a common direction, and those of one language another. Subtracting the mean and normalising again removes it
(Mu and Viswanath, *All-but-the-Top*, 2018). The mean of the passages is subtracted from passages, the mean of typical questions of
a language from its questions.

Search is exact up to 200,000 vectors. Beyond that, an inverted file (IVF) holds the vectors in a few bits for each dimension
(RaBitQ [1]_). Search scans the nearest cells and rescores the best vectors exactly, with the originals from SQLite.

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
Vectors = Callable[[np.ndarray], np.ndarray]  # rows (n,) → their original vectors (n, dim)

# Chosen by recall, time and memory on up to a million passages (benchmarks/scale.md).
_EXACT_LIMIT = 200_000  # vectors; larger indexes are compressed
_READ_BATCH = 50_000  # vectors read at a time
_TRAINING_PER_CELL = 60  # training vectors for each cell
_BITS_PER_DIMENSION = 4  # of a compressed vector
_PROBED_CELLS = 256  # cells that a search scans; recall 0.97 among a million passages
_RESCORED_FACTOR = 12  # times k results are rescored exactly
_MIN_INCREMENTAL = 10_000  # vectors; a smaller index is recomputed at once, since its mean moves with every change
_REBUILD_FACTOR = 2.0  # growth or shrinkage after which centre and cells are recomputed


def centred(vectors: np.ndarray, centre: np.ndarray) -> np.ndarray:
    """Subtracts the centre and normalises: ``(n, dim) float32``, rows of unit length.

    >>> centred(np.array([[1.0, 1.0]]), np.array([1.0, 0.0])).tolist()
    [[0.0, 1.0]]
    """
    shifted = vectors - centre
    length = np.linalg.norm(shifted, axis=1, keepdims=True)
    return (shifted / np.maximum(length, 1e-9)).astype(np.float32)


@dataclass(frozen=True)
class VectorIndex:
    """A FAISS index (inner product), with the centre of queries and the scale of scores.

    ``vectors(rows)`` returns the original vectors, which rescore the results of a compressed index.
    """

    index: Any
    centre: np.ndarray
    second_moment: np.ndarray
    vectors: Vectors

    def search(self, query: np.ndarray, k: int, only: np.ndarray | None = None) -> list[tuple[int, float]]:
        """Returns the k nearest rows of a centred query ``(dim,)``: ``(row, z-score)``, best first.

        ``only`` restricts the search to some rows.
        """
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
        """Returns the FAISS search parameters; a search restricted to few rows probes all cells."""
        import faiss

        parameters: Any = faiss
        options = {} if only is None else {"sel": parameters.IDSelectorBatch(only)}
        if self._is_exact:
            return parameters.SearchParameters(**options) if options else None
        cells = _PROBED_CELLS if only is None or len(only) > self.index.ntotal // 10 else self.index.nlist
        return parameters.IVFRaBitQSearchParameters(nprobe=min(cells, self.index.nlist), **options)

    def score(self, query: np.ndarray, row: int) -> float:
        """Returns the z-score of one row."""
        vector = self.index.reconstruct(row) if self._is_exact else centred(self.vectors(np.array([row])), self.centre)[0]
        return float(vector @ query) / self.spread(query)

    def spread(self, query: np.ndarray) -> float:
        """Returns the standard deviation of the query's scores over all rows, computed as √(qᵀ·M·q)."""
        return float(np.sqrt(max(query @ self.second_moment @ query, 1e-12)))


def update_vectors(
    file: Path, rows: np.ndarray, vectors: Vectors, dimension: int, old: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Updates a FAISS file to hold exactly ``rows``.

    Returns its centre and second moment, and ``found``, the number of rows when they were last computed in full. ``old`` is the
    previous return value. The update is incremental; everything is recomputed if the file is missing or small, or if the
    archive has doubled or halved since the last full computation.
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
    """Returns the rows of an index, ``(n,) int64``."""
    import faiss

    if hasattr(index, "id_map"):
        return faiss.vector_to_array(index.id_map)
    lists = index.invlists
    cells = [faiss.rev_swig_ptr(lists.get_ids(cell), size).copy() for cell in range(index.nlist) if (size := lists.list_size(cell))]
    return np.concatenate(cells) if cells else np.zeros(0, np.int64)


def _remove_rows(index: Any, removed: np.ndarray, total: np.ndarray) -> np.ndarray:
    """Removes rows; returns the sum of outer products without them (scaled, not exact, for a compressed index)."""
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
    """Creates an empty index: exact for few vectors, IVF for many."""
    import faiss

    if len(rows) <= _EXACT_LIMIT:
        return faiss.IndexIDMap2(faiss.IndexFlatIP(dimension))
    cells = min(len(rows), int(2 ** np.ceil(np.log2(np.sqrt(len(rows)) * 2))))
    index: Any = faiss.index_factory(dimension, f"IVF{cells},RaBitQ{_BITS_PER_DIMENSION}", faiss.METRIC_INNER_PRODUCT)
    sample = np.sort(np.random.default_rng(0).choice(rows, min(len(rows), cells * _TRAINING_PER_CELL), replace=False))
    index.train(centred(vectors(sample), centre))
    return index


def open_vectors(file: Path, centres: Mapping[str, np.ndarray], name: str, vectors: Vectors) -> VectorIndex:
    """Opens a FAISS file. Raises :class:`StoreError` if it is damaged."""
    import faiss

    try:
        index = faiss.read_index(str(file))
    except RuntimeError as error:
        raise StoreError(f"{file}: damaged; make the index anew: `rag build --fresh`") from error
    return VectorIndex(index, centres[f"{name}.centre"], centres[f"{name}.moment"], vectors)
