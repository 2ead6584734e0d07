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

_CHECKSUM_LIMIT = 1_000_000_000  # bytes of an archive up to which its checksum is compared when it is opened; `rag doctor` always does


def write_derived(archive: Archive, home: Path, dimension: int) -> None:
    """Brings the FAISS files and the centres of a generation up to date with its archive, keeping what is in them already."""
    centres_file = home / layout.CENTRES
    old = read_centres(centres_file) if centres_file.is_file() else {}
    centres_file.unlink(missing_ok=True)  # if this is killed, what it leaves is made anew, never taken for the centres of other vectors
    centres = {f"query.{language}": centre for language, centre in archive.centres().items()}
    for table, file in (("passages", layout.PASSAGES), ("sentences", layout.SENTENCES)):
        state = {name.removeprefix(f"{table}."): value for name, value in old.items() if name.startswith(f"{table}.")}
        found = update_vectors(home / file, archive.vector_rows(table), partial(archive.vectors, table), dimension, state)
        centres |= {f"{table}.{name}": value for name, value in found.items()}
    with centres_file.open("wb") as out:
        np.savez(out, allow_pickle=False, **centres)


def read_centres(file: Path) -> dict[str, np.ndarray]:
    """The arrays of ``centres.npz``. Raises :class:`StoreError` if it is damaged."""
    try:
        with np.load(file) as data:
            return {name: data[name] for name in data.files}
    except Exception as error:  # NumPy and zipfile raise a dozen types on damaged files
        raise layout.damaged_error(file, f"cannot be read ({error})") from error


def with_checksums(manifest: layout.Manifest, home: Path) -> layout.Manifest:
    """The manifest with the sizes and checksums of the files as they are now."""
    return replace(manifest, sizes={name: (home / name).stat().st_size for name in layout.FILES},
                   sums={name: layout.checksum_of(home / name) for name in layout.FILES})


def repaired(folder: Path, manifest: layout.Manifest) -> layout.Manifest:
    """The manifest of a generation whose files are whole; derived files that are not are made again, which is logged.

    Raises :class:`StoreError` where the archive itself is damaged, or what is derived cannot be written.
    """
    home = folder / manifest.generation
    thorough = manifest.sizes[layout.ARCHIVE] <= _CHECKSUM_LIMIT
    if fault := layout.fault_of(home, manifest, layout.ARCHIVE, thorough=thorough):
        raise layout.damaged_error(home / layout.ARCHIVE, fault)
    faults = {name: fault for name in layout.DERIVED if (fault := layout.fault_of(home, manifest, name, thorough=thorough))}
    return _repair(folder, manifest, faults) if faults else manifest


def _repair(folder: Path, manifest: layout.Manifest, faults: Mapping[str, str]) -> layout.Manifest:
    import filelock

    home = folder / manifest.generation
    summary = "; ".join(f"{name}: {fault}" for name, fault in faults.items())
    try:
        with filelock.FileLock(folder / ".lock", timeout=60):
            for name in layout.DERIVED:
                (home / name).unlink(missing_ok=True)
            archive = Archive.open(home / layout.ARCHIVE)
            try:
                write_derived(archive, home, manifest.settings.dimension)
            finally:
                archive.close()
            repaired_manifest = with_checksums(manifest, home)
            layout.write_manifest(folder, repaired_manifest)
    except (OSError, filelock.Timeout) as error:
        raise StoreError(f"{home}: damaged ({summary}), and cannot be repaired ({error}); make the folder writable, "
                         "or make the index anew: `rag build --fresh`") from error
    log.warning("%s: repaired from the archive (%s)", home, summary)
    return repaired_manifest
