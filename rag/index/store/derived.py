"""The files that are derived from the archive: made by a build, checked when they are opened, made again if they are damaged."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from rag.errors import StoreError
from rag.index.store import layout
from rag.index.store.archive import Archive
from rag.index.store.vectors import update_vectors

log = logging.getLogger(__name__)

_THOROUGH = 1_000_000_000  # bytes of an archive up to which its checksum is compared when it is opened; `rag doctor` always does


def write_derived(archive: Archive, home: Path, dimension: int) -> None:
    """Brings the FAISS files and the centres of a generation up to date with its archive, keeping what is in them already."""
    kept = home / layout.CENTRES
    old = read_centres(kept) if kept.is_file() else {}
    kept.unlink(missing_ok=True)  # if this is killed, what it leaves is made anew, never taken for the centres of other vectors
    centres = {f"query.{language}": centre for language, centre in archive.centres().items()}
    for table, file in (("passages", layout.PASSAGES), ("sentences", layout.SENTENCES)):
        own = {name.removeprefix(f"{table}."): value for name, value in old.items() if name.startswith(f"{table}.")}
        found = update_vectors(home / file, archive.vector_rows(table), partial(archive.vectors, table), dimension, own)
        centres |= {f"{table}.{name}": value for name, value in found.items()}
    with kept.open("wb") as out:
        np.savez(out, allow_pickle=False, **centres)


def read_centres(file: Path) -> dict[str, np.ndarray]:
    """The arrays of ``centres.npz``. Raises :class:`StoreError` if it is damaged."""
    try:
        with np.load(file) as data:
            return {name: data[name] for name in data.files}
    except Exception as error:  # NumPy and zipfile raise a dozen types on damaged files
        raise layout.damaged(file, f"cannot be read ({error})") from error


def sealed(manifest: layout.Manifest, home: Path) -> layout.Manifest:
    """The manifest with the sizes and checksums of the files as they are now."""
    return replace(manifest, sizes={name: (home / name).stat().st_size for name in layout.FILES},
                   sums={name: layout.sum_of(home / name) for name in layout.FILES})


def checked(folder: Path, manifest: layout.Manifest) -> layout.Manifest:
    """The manifest of a generation whose files are whole; derived files that are not are made again, which is logged.

    Raises :class:`StoreError` where the archive itself is damaged, or what is derived cannot be written.
    """
    home = folder / manifest.generation
    small = manifest.sizes[layout.ARCHIVE] <= _THOROUGH
    if fault := layout.fault_of(home, manifest, layout.ARCHIVE, thorough=small):
        raise layout.damaged(home / layout.ARCHIVE, fault)
    faults = {name: fault for name in layout.DERIVED if (fault := layout.fault_of(home, manifest, name, thorough=small))}
    return _mended(folder, manifest, faults) if faults else manifest


def _mended(folder: Path, manifest: layout.Manifest, faults: Mapping[str, str]) -> layout.Manifest:
    import filelock

    home = folder / manifest.generation
    told = "; ".join(f"{name}: {fault}" for name, fault in faults.items())
    try:
        with filelock.FileLock(folder / ".lock", timeout=60):
            for name in layout.DERIVED:
                (home / name).unlink(missing_ok=True)
            archive = Archive.open(home / layout.ARCHIVE)
            try:
                write_derived(archive, home, manifest.settings.dimension)
            finally:
                archive.close()
            mended = sealed(manifest, home)
            layout.write_manifest(folder, mended)
    except (OSError, filelock.Timeout) as error:
        raise StoreError(f"{home}: damaged ({told}), and cannot be repaired ({error}); make the folder writable, "
                         "or make the index anew: `rag build --fresh`") from error
    log.warning("%s: repaired from the archive (%s)", home, told)
    return mended
