"""The files of ``index/``, and the manifest that names the valid ones and their settings.

::

    index/
      manifest.json       written last, by an atomic rename; names the generation that readers open
      <generation>/       archive.sqlite (the data) · passages.faiss · sentences.faiss · centres.npz (computed from it)
      building/           the next generation while `rag build` runs; a killed build continues there
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rag.errors import StoreError

VERSION = 11  # of the layout; an index of another version is refused
MANIFEST = "manifest.json"
BUILDING = "building"
ARCHIVE = "archive.sqlite"
PASSAGES = "passages.faiss"
SENTENCES = "sentences.faiss"
CENTRES = "centres.npz"
DERIVED = (PASSAGES, SENTENCES, CENTRES)  # computed from the archive, and recomputed if damaged
FILES = (ARCHIVE, *DERIVED)


@dataclass(frozen=True)
class Settings:
    """The settings that an index depends on; an index with other settings is rejected."""

    embedder: str
    dimension: int
    max_characters: int
    version: int = VERSION


@dataclass(frozen=True)
class Manifest:
    """The description of a generation. ``sizes``: bytes of each file by name, to detect truncated files; ``sums``: their SHA-256."""

    generation: str
    settings: Settings
    sizes: dict[str, int]
    sources: int
    articles: int
    passages: int
    built: str
    sums: dict[str, str] = field(default_factory=dict)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Publishes a generation: after this rename readers open it."""
    draft = folder / f"{MANIFEST}.{os.getpid()}"
    with draft.open("w", encoding="utf-8") as out:
        out.write(json.dumps(asdict(manifest), ensure_ascii=False, indent=1) + "\n")
        out.flush()
        os.fsync(out.fileno())
    os.replace(draft, folder / MANIFEST)


def read_manifest(folder: Path) -> Manifest:
    """Reads the manifest and checks that its archive exists with the right size; derived files are checked when they are opened.

    Raises :class:`StoreError` if there is no index or it is damaged. The message names the command that repairs it.
    """
    try:
        raw = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        manifest = Manifest(**{**raw, "settings": Settings(**raw["settings"])})
    except FileNotFoundError as error:
        raise StoreError(f"{folder}: no index here; make it with `rag build` (`rag build PAGE…` without a config.yaml)") from error
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise StoreError(f"{folder / MANIFEST}: damaged ({error}); make the index anew: `rag build --fresh`") from error
    if fault := fault_of(folder / manifest.generation, manifest, ARCHIVE, thorough=False):
        raise damaged_error(folder / manifest.generation / ARCHIVE, fault)
    return manifest


def check_settings(folder: Path, manifest: Manifest, wanted: Settings) -> None:
    """Raises :class:`StoreError` with the first setting that differs between index and configuration."""
    built_with, configured = asdict(manifest.settings), asdict(wanted)
    for name, value in configured.items():
        if built_with[name] != value:
            raise StoreError(
                f"{folder}: was built with {name} {built_with[name]}, but the configuration says {value}; "
                "make the index anew with `rag build --fresh`, or go back to the old setting"
            )


def fault_of(folder: Path, manifest: Manifest, name: str, *, thorough: bool = True) -> str:
    """Returns what is wrong with a file of a generation, ``""`` if nothing; ``thorough`` also compares its checksum."""
    file, size = folder / name, manifest.sizes.get(name)
    actual = file.stat().st_size if file.is_file() else None
    if actual is None or actual != size:
        return "missing" if actual is None else f"{actual} bytes instead of {size}"
    if thorough and name in manifest.sums and checksum_of(file) != manifest.sums[name]:
        return "its checksum does not fit"
    return ""


def checksum_of(file: Path) -> str:
    """Returns the SHA-256 of a file, in hexadecimal."""
    with file.open("rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest()


def damaged_error(file: Path, fault: str) -> StoreError:
    """Returns the error for a damaged file; it names the command that repairs the index."""
    return StoreError(f"{file}: {fault}; the index is damaged, make it anew: `rag build --fresh`")
