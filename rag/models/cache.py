"""The model cache: a folder for each model, completed by a single rename.

::

    <cache>/<owner>--<name>/          the files of the model, and origin.json: their source, sizes and SHA-256
    <cache>/<owner>--<name>.partial/  the files of a running or killed download
    <cache>/<owner>--<name>.lock      the lock against concurrent downloads
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rag.errors import ModelError

Progress = Callable[[str, int, int], None]
ORIGIN = "origin.json"


def cache_folder() -> Path:
    """Returns ``$WENBAO_CACHE``, or ``~/.cache/wenbao``."""
    named = os.environ.get("WENBAO_CACHE")
    return Path(named).expanduser() if named else Path.home() / ".cache" / "wenbao"


def home_of(name: str) -> Path:
    """Returns the cache folder of a model.

    >>> home_of("intfloat/multilingual-e5-small").name
    'intfloat--multilingual-e5-small'
    """
    return cache_folder() / name.replace("/", "--").replace(":", "--")


def read_origin(home: Path) -> dict[str, Any] | None:
    """Returns the content of ``origin.json``; ``None`` if the model is not completely cached.

    Raises :class:`ModelError` if a file is missing or has another size than recorded.
    """
    try:
        origin: dict[str, Any] = json.loads((home / ORIGIN).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    for name, known in origin["files"].items():
        file = home / name
        size = file.stat().st_size if file.is_file() else -1
        if size != known["size"]:
            raise ModelError(f"{file}: {max(size, 0):,} bytes instead of {known['size']:,}; remove {home} and run "
                             "`rag models --fetch`")
    return origin


def publish(partial: Path, home: Path, source: str) -> None:
    """Writes ``origin.json`` with the hashes of the files, then renames the folder into place."""
    files = {
        file.relative_to(partial).as_posix(): {"size": file.stat().st_size, "sha256": sha256_of(file)}
        for file in sorted(partial.rglob("*")) if file.is_file()
    }
    (partial / ORIGIN).write_text(json.dumps({"source": source, "files": files}, indent=1) + "\n", encoding="utf-8")
    os.replace(partial, home)


def sha256_of(file: Path) -> str:
    """Returns the SHA-256 of a file, in hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
