"""The FAISS files of an index: centred vectors of passages and of sentences, and the centres themselves.

E5's vectors all point roughly the same way, and those of a language share a direction of their own. Taking the
mean away (of the passages from passages, of typical questions of a language from its questions) and making
the length 1 again leaves what tells texts apart; see Mu and Viswanath, *All-but-the-Top*, 2018.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rag.errors import StoreError

SentenceKey = tuple[int, int, int]


def centred(vectors: np.ndarray, centre: np.ndarray) -> np.ndarray:
    """Vectors less their centre, of length 1 again: ``(n, dim) float32``.

    >>> centred(np.array([[1.0, 1.0]]), np.array([1.0, 0.0])).tolist()
    [[0.0, 1.0]]
    """
    moved = vectors - centre
    length = np.linalg.norm(moved, axis=1, keepdims=True)
    return (moved / np.maximum(length, 1e-9)).astype(np.float32)


@dataclass(frozen=True)
class VectorIndex:
    """One FAISS index (inner product, exact) with what is needed to centre a query and to scale its scores."""

    index: Any
    centre: np.ndarray
    second_moment: np.ndarray

    def search(self, query: np.ndarray, k: int, only: np.ndarray | None = None) -> list[tuple[int, float]]:
        """The k nearest rows of one centred query ``(dim,)``: ``(row, z-score)``, best first; of the rows ``only``, if given."""
        import faiss

        if not self.index.ntotal or (only is not None and not len(only)):
            return []
        selected: Any = faiss.SearchParameters
        chosen = None if only is None else selected(sel=faiss.IDSelectorBatch(only))
        scores, rows = self.index.search(query[None].astype(np.float32), min(k, self.index.ntotal), params=chosen)
        spread = self.spread(query)
        return [(int(row), float(score) / spread) for row, score in zip(rows[0], scores[0], strict=True) if row >= 0]

    def score(self, query: np.ndarray, row: int) -> float:
        """The z-score of one row."""
        return float(self.index.reconstruct(row) @ query) / self.spread(query)

    def spread(self, query: np.ndarray) -> float:
        """Standard deviation of the query's scores over all rows, without visiting them: √(qᵀ·M·q)."""
        return float(np.sqrt(max(query @ self.second_moment @ query, 1e-12)))


def build_vectors(rows: np.ndarray, vectors: np.ndarray, file: Path) -> dict[str, np.ndarray]:
    """Writes the FAISS file of ``vectors (n, dim)`` under their row numbers; returns centre and second moment."""
    import faiss

    dimension = vectors.shape[1]
    centre = vectors.mean(axis=0) if len(vectors) else np.zeros(dimension, np.float32)
    unit = centred(vectors, centre)
    index = faiss.IndexIDMap2(faiss.IndexFlatIP(dimension))
    if len(unit):
        index.add_with_ids(unit, rows)
    faiss.write_index(index, str(file))
    moment = unit.T @ unit / max(len(unit), 1)
    return {"centre": centre.astype(np.float32), "moment": moment.astype(np.float32)}


def open_vectors(file: Path, centres: Mapping[str, np.ndarray], name: str) -> VectorIndex:
    """Opens a FAISS file. Raises :class:`StoreError` if it is damaged."""
    import faiss

    try:
        index = faiss.read_index(str(file))
    except RuntimeError as error:
        raise StoreError(f"{file}: damaged; make the index anew: `rag build --fresh`") from error
    return VectorIndex(index, centres[f"{name}.centre"], centres[f"{name}.moment"])
