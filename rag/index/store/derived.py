"""The files that are computed from the archive: written by a build, checked when opened, recomputed if damaged."""

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

_CHECKSUM_LIMIT = 1_000_000_000  # bytes; the checksum of a larger archive is not compared at opening


def write_derived(archive: Archive, home: Path, dimension: int) -> None:
    """Updates the FAISS files and the centres of a generation from its archive; vectors already in them are kept."""
    centres_file = home / layout.CENTRES
    old = read_centres(centres_file) if centres_file.is_file() else {}
    centres_file.unlink(missing_ok=True)  # after a kill the vectors are recomputed, not combined with old centres
    centres = {f"query.{language}": centre for language, centre in archive.centres().items()}
    for table, file in (("passages", layout.PASSAGES), ("sentences", layout.SENTENCES)):
        state = {name.removeprefix(f"{table}."): value for name, value in old.items() if name.startswith(f"{table}.")}
        found = update_vectors(home / file, archive.vector_rows(table), partial(archive.vectors, table), dimension, state)
        centres |= {f"{table}.{name}": value for name, value in found.items()}
    with centres_file.open("wb") as out:
        np.savez(out, allow_pickle=False, **centres)


def read_centres(file: Path) -> dict[str, np.ndarray]:
    """Returns the arrays of ``centres.npz`` by name. Raises :class:`StoreError` if the file is damaged."""
    try:
        with np.load(file) as data:
            return {name: data[name] for name in data.files}
    except Exception as error:  # damaged files raise a dozen exception types of NumPy and zipfile
        raise layout.damaged_error(file, f"cannot be read ({error})") from error


def with_checksums(manifest: layout.Manifest, home: Path) -> layout.Manifest:
    """Returns the manifest with the current sizes and checksums of its files."""
    return replace(manifest, sizes={name: (home / name).stat().st_size for name in layout.FILES},
                   sums={name: layout.checksum_of(home / name) for name in layout.FILES})


def repaired(folder: Path, manifest: layout.Manifest) -> layout.Manifest:
    """Checks the files of a generation and recomputes damaged derived files, which is logged; returns the valid manifest.

    Raises :class:`StoreError` if the archive is damaged or a derived file cannot be written.
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
