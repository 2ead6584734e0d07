"""What lies in ``index/``: SQLite for articles, passages and lexical search, FAISS for vectors, a manifest.

Reading order: :mod:`~rag.store.layout` (files and manifest), :mod:`~rag.store.archive` (the SQLite file),
:mod:`~rag.store.vectors` (the FAISS files), :mod:`~rag.store.derived` (how they are made and mended),
:mod:`~rag.store.reader` (all of it opened for search).
"""

from rag.store.archive import Archive
from rag.store.derived import sealed, write_derived
from rag.store.layout import Manifest, Settings, read_manifest, write_manifest
from rag.store.reader import Store
from rag.store.vectors import SentenceKey, VectorIndex

__all__ = [
    "Archive", "Manifest", "SentenceKey", "Settings", "Store", "VectorIndex",
    "read_manifest", "sealed", "write_derived", "write_manifest",
]
