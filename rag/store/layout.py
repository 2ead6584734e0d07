"""The files of ``index/`` and the manifest that says which of them are valid, and for which settings.

::

    index/
      manifest.json       written last, by one atomic rename: it names the generation that readers open
      <generation>/       archive.sqlite · passages.faiss · sentences.faiss · centres.npz
      building/           the next generation while `rag build` works on it; a killed build goes on there
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from rag.errors import StoreError

VERSION = 3
MANIFEST = "manifest.json"
BUILDING = "building"
ARCHIVE = "archive.sqlite"
PASSAGES = "passages.faiss"
SENTENCES = "sentences.faiss"
CENTRES = "centres.npz"
FILES = (ARCHIVE, PASSAGES, SENTENCES, CENTRES)


@dataclass(frozen=True)
class Settings:
    """What an index depends on; an index built with other settings is refused, never guessed at."""

    embedder: str
    dimension: int
    max_characters: int
    version: int = VERSION


@dataclass(frozen=True)
class Manifest:
    """``sizes``: bytes of each file of the generation, by name, to notice one that was cut short."""

    generation: str
    settings: Settings
    sizes: dict[str, int]
    sources: int
    articles: int
    passages: int
    built: str


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Publishes a generation: after this rename, readers open it."""
    draft = folder / f"{MANIFEST}.{os.getpid()}"
    draft.write_text(json.dumps(asdict(manifest), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    os.replace(draft, folder / MANIFEST)


def read_manifest(folder: Path) -> Manifest:
    """The manifest of an index, with its files there and whole.

    Raises :class:`StoreError` if there is no index, or if it is damaged; both name the mending command.
    """
    try:
        raw = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        manifest = Manifest(**{**raw, "settings": Settings(**raw["settings"])})
    except FileNotFoundError as error:
        raise StoreError(f"{folder}: no index here; make it with `rag build`") from error
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise StoreError(f"{folder / MANIFEST}: damaged ({error}); make the index anew: `rag build --fresh`") from error
    _check_files(folder / manifest.generation, manifest)
    return manifest


def check_settings(folder: Path, manifest: Manifest, wanted: Settings) -> None:
    """Raises :class:`StoreError` naming the first setting in which index and configuration differ."""
    have, want = asdict(manifest.settings), asdict(wanted)
    for name, value in want.items():
        if have[name] != value:
            raise StoreError(
                f"{folder}: was built with {name} {have[name]}, but the configuration says {value}; "
                "make the index anew with `rag build --fresh`, or go back to the old setting"
            )


def _check_files(folder: Path, manifest: Manifest) -> None:
    for name in FILES:
        file, size = folder / name, manifest.sizes.get(name)
        have = file.stat().st_size if file.is_file() else None
        if have is None or have != size:
            state = "missing" if have is None else f"{have} bytes instead of {size}"
            raise StoreError(f"{file}: {state}; the index is damaged, make it anew: `rag build --fresh`")
