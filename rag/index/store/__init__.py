"""Stores the index: SQLite for articles, passages and lexical search, FAISS for vectors, and a manifest.

Reading order: :mod:`~rag.index.store.layout` (files and manifest), :mod:`~rag.index.store.archive` (the SQLite file),
:mod:`~rag.index.store.vectors` (the FAISS files), :mod:`~rag.index.store.derived` (how they are computed and repaired),
:mod:`~rag.index.store.reader` (the whole index, open for search).
"""

from rag.index.store.archive import Archive
from rag.index.store.derived import with_checksums, write_derived
from rag.index.store.layout import Manifest, Settings, read_manifest, write_manifest
from rag.index.store.reader import Store
from rag.index.store.vectors import SentenceKey, VectorIndex

__all__ = [
    "Archive", "Manifest", "SentenceKey", "Settings", "Store", "VectorIndex",
    "read_manifest", "with_checksums", "write_derived", "write_manifest",
]
