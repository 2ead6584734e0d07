"""The store in Milvus: articles, vectors and BM25 on a server, or in one milvus-lite file.

Reading order: :mod:`~rag.index.store.milvus_server` (connection and errors), :mod:`~rag.index.store.milvus_conditions`,
:mod:`~rag.index.store.milvus_tables` (collections), :mod:`~rag.index.store.milvus_reading` (search reads),
:mod:`~rag.index.store.milvus_tally` (centres and counts), :mod:`~rag.index.store.milvus_archive` (builds write).

Vectors are stored centred, each with the number of its centre and its length, which together give the original vector. So a build
can replace an outdated centre without embedding anything again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from rag.errors import StoreError
from rag.index.store.layout import Settings
from rag.index.store.milvus_archive import MilvusArchive, MilvusManifest, check_settings
from rag.index.store.milvus_conditions import all_of, is_in
from rag.index.store.milvus_reading import MilvusRows
from rag.index.store.milvus_server import connect, disconnect
from rag.index.store.milvus_tables import Metadata, Table, current_stem, metadata_of
from rag.index.store.milvus_tally import read_sums

__all__ = [
    "MilvusArchive", "MilvusManifest", "MilvusRows", "MilvusStore", "MilvusVectors",
    "disconnect", "open_milvus", "read_milvus_manifest",
]

_PREFETCHED_ROWS = 64  # rows fetched with one request; they are likely scored next
_CACHED_VECTORS = 4096  # fetched vectors in the cache; 6 MB at 384 dimensions


@dataclass(frozen=True)
class MilvusVectors:
    """The centred vectors of a table, with the scale of scores."""

    table: Table
    second_moment: np.ndarray
    _cache: dict[int, np.ndarray] = field(default_factory=dict, repr=False)

    def search(self, query: np.ndarray, k: int, only: Any = None) -> list[tuple[int, float]]:
        """Returns the k nearest rows of a centred query ``(dim,)``: ``(row, z-score)``, best first.

        ``only`` restricts the search: a result of :meth:`MilvusArchive.allowed`, or row numbers.
        """
        if only is None:
            condition = ""
        elif isinstance(only, MilvusRows):
            condition = only.condition
        elif len(only):
            condition = is_in("row", map(int, only))
        else:
            return []
        found = self.table.search("vector", query.astype(np.float32).tolist(), k, all_of("centre >= 0", condition))
        spread = self.spread(query)
        return [(row, score / spread) for row, score in found]

    def score(self, query: np.ndarray, row: int) -> float:
        """Returns the z-score of one row."""
        return float(self._vector(row) @ query) / self.spread(query)

    def spread(self, query: np.ndarray) -> float:
        """Returns the standard deviation of the query's scores over all rows, computed as √(qᵀ·M·q)."""
        return float(np.sqrt(max(query @ self.second_moment @ query, 1e-12)))

    def _vector(self, row: int) -> np.ndarray:
        """Returns a vector; fetches the next rows too, because the sentences of a passage are scored one after the other."""
        vector = self._cache.get(row)
        if vector is None:
            if len(self._cache) >= _CACHED_VECTORS:
                self._cache.clear()
            found = self.table.query(f"row >= {row} and row < {row + _PREFETCHED_ROWS}", ["row", "vector"])
            fetched = {entry["row"]: np.array(entry["vector"], dtype=np.float32) for entry in found}
            self._cache.update(fetched)
            vector = fetched.get(row)
        if vector is None:
            raise StoreError(f"row {row}: is no longer in the archive; ask again")
        return vector


@dataclass(frozen=True)
class MilvusStore:
    """An index in Milvus that is open for search."""

    manifest: MilvusManifest
    archive: MilvusArchive
    passages: MilvusVectors
    sentences: MilvusVectors
    query_centres: Mapping[str, np.ndarray]


def open_milvus(address: str, wanted: Settings, *, token: str = "") -> MilvusStore:
    """Opens the archive at an address: ``http://HOST:19530``, or a milvus-lite file that ends in ``.db``.

    Raises :class:`StoreError` if there is no archive, no server answers, or it was built with other settings than ``wanted``.
    """
    archive = MilvusArchive.open(address, token)
    metadata = archive.tables.metadata
    manifest = _manifest(address, metadata)
    check_settings(address, asdict(manifest.settings), wanted)
    return MilvusStore(
        manifest=manifest, archive=archive, passages=_vectors(archive.tables.passages, metadata, "passages"),
        sentences=_vectors(archive.tables.sentences, metadata, "sentences"),
        query_centres=archive.centres(),
    )


def read_milvus_manifest(address: str, token: str = "") -> MilvusManifest:
    """Reads the manifest of the archive at an address, in few requests. Raises :class:`StoreError` if there is none."""
    client = connect(address, token)
    stem = current_stem(client, address)
    if not stem:
        raise StoreError(f"{address}: no index here; make it with `rag build`")
    return _manifest(address, metadata_of(client, address, stem))


def _manifest(address: str, metadata: Metadata) -> MilvusManifest:
    raw = metadata.get("manifest")
    if raw is None:
        raise StoreError(f"{address}: no whole index here; make it with `rag build`")
    try:
        return MilvusManifest(**{**raw, "settings": Settings(**raw["settings"])})
    except (TypeError, KeyError) as error:
        raise StoreError(f"{address}: made by another version ({error}); make the index anew: `rag build --fresh`") from error


def _vectors(table: Table, metadata: Metadata, name: str) -> MilvusVectors:
    sums = read_sums(metadata, name)
    return MilvusVectors(table, (sums.outer / max(sums.count, 1)).astype(np.float32))
