"""Opens an index for search."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from rag.index.store import layout
from rag.index.store.archive import Archive
from rag.index.store.derived import read_centres, repaired
from rag.index.store.vectors import VectorIndex, open_vectors


@dataclass(frozen=True)
class Store:
    """An open index. ``query_centres``: the mean vector of typical questions by language, each ``(dim,) float32``."""

    manifest: layout.Manifest
    archive: Archive
    passages: VectorIndex
    sentences: VectorIndex
    query_centres: Mapping[str, np.ndarray]

    @classmethod
    def open(cls, folder: Path, wanted: layout.Settings) -> Store:
        """Opens ``index/``; damaged derived files are recomputed.

        Raises :class:`StoreError` if there is no index, its archive is damaged, or it was built with other settings than
        ``wanted``. The message names the command that repairs it.
        """
        manifest = layout.read_manifest(folder)
        layout.check_settings(folder, manifest, wanted)
        manifest = repaired(folder, manifest)
        home = folder / manifest.generation
        centres, archive = read_centres(home / layout.CENTRES), Archive.open(home / layout.ARCHIVE)
        return cls(
            manifest=manifest,
            archive=archive,
            passages=open_vectors(home / layout.PASSAGES, centres, "passages", partial(archive.vectors, "passages")),
            sentences=open_vectors(home / layout.SENTENCES, centres, "sentences", partial(archive.vectors, "sentences")),
            query_centres={name[6:]: centres[name] for name in centres if name.startswith("query.")},
        )
