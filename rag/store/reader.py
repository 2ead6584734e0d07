"""An index opened for search."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rag.errors import StoreError
from rag.store import layout
from rag.store.archive import Archive
from rag.store.vectors import VectorIndex, open_vectors


@dataclass(frozen=True)
class Store:
    """Everything that search reads; ``query_centres`` holds the mean of typical questions by language."""

    manifest: layout.Manifest
    archive: Archive
    passages: VectorIndex
    sentences: VectorIndex
    query_centres: Mapping[str, np.ndarray]

    @classmethod
    def open(cls, folder: Path, wanted: layout.Settings) -> Store:
        """Opens ``index/``.

        Raises :class:`StoreError` if there is none, if it is damaged, or if it was built with other settings
        than ``wanted``; the message names the command that mends it.
        """
        manifest = layout.read_manifest(folder)
        layout.check_settings(folder, manifest, wanted)
        home = folder / manifest.generation
        centres = _read_centres(home / layout.CENTRES)
        return cls(
            manifest=manifest,
            archive=Archive.open(home / layout.ARCHIVE),
            passages=open_vectors(home / layout.PASSAGES, centres, "passages"),
            sentences=open_vectors(home / layout.SENTENCES, centres, "sentences"),
            query_centres={name[6:]: centres[name] for name in centres if name.startswith("query.")},
        )


def _read_centres(file: Path) -> dict[str, np.ndarray]:
    try:
        with np.load(file) as data:
            return {name: data[name] for name in data.files}
    except (OSError, ValueError, KeyError) as error:
        raise StoreError(f"{file}: damaged ({error}); make the index anew: `rag build --fresh`") from error
