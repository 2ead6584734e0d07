"""Adds pages to the archive: stores uploads under safe names, previews them, then moves them to the sources."""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import Any

from rag.config import Config
from rag.doors.desk import UPLOADS, DeskStore
from rag.errors import SourceError
from rag.index.build import SUFFIXES, source_files, source_name

INCOMING = "incoming"  # folder in the index folder for uploads that are not sources yet
MOST_FILES = 20  # files of one upload; the desk says so too
_MAX_UNPACKED = 100_000_000  # bytes of an unpacked .docx
_LIMITED_READER = """import sys
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (4_000_000_000, 4_000_000_000))
except ImportError:
    pass  # not on every system
from rag.doors.cli import main
sys.exit(main(sys.argv[1:]))
"""
_PREVIEW_LIFETIME = 3600  # seconds
_TOKEN = re.compile(r"[\w-]{16,32}")


@dataclass(frozen=True)
class Preview:
    """The articles of an uploaded file, or the error that prevented reading it."""

    name: str
    articles: Sequence[dict[str, Any]]
    error: str | None


def safe_name(name: str) -> str:
    r"""Returns the last part of a file name, without characters that are special to a file system or a shell.

    >>> safe_name("../../etc/第3版 要闻.txt"), safe_name("C:\\页\\..\\a.PDF")
    ('第3版 要闻.txt', 'a.PDF')

    Raises :class:`SourceError` for a name without a known ending.
    """
    last = PureWindowsPath(name.replace("\x00", "")).name
    cleaned = re.sub(r"[^\w.() -]", "_", last).strip(" .")
    stem, suffix = cleaned, next((s for s in sorted(SUFFIXES, key=len, reverse=True) if cleaned.lower().endswith(s)), "")
    if not suffix or len(cleaned) == len(suffix):
        raise SourceError(f"{cleaned or 'a file without a name'}: no kind of page that can be read; send {' '.join(SUFFIXES)}")
    stem = cleaned[: -len(suffix)].lstrip(".")[:80] or "page"
    return stem + cleaned[-len(suffix):]


def take_in(files: Sequence[tuple[str, bytes]], folder: Path) -> str:
    """Stores uploaded files under ``folder/incoming/TOKEN``; returns the token.

    Raises :class:`SourceError` for no files, an unknown file type, an empty file, or a ``.docx`` that unpacks to too much.
    """
    if not files:
        raise SourceError("no file was sent; choose a page")
    named = [(safe_name(name), data) for name, data in files]
    for name, data in named:
        _check(name, data)
    _delete_old(folder / INCOMING)
    token = secrets.token_urlsafe(18)
    home = folder / INCOMING / token
    home.mkdir(parents=True)
    for name, data in named:
        unique(home, name).write_bytes(data)
    return token


def _check(name: str, data: bytes) -> None:
    if not data:
        raise SourceError(f"{name}: is empty; send a page with text")
    if name.lower().endswith(".docx"):
        import io

        try:
            size = sum(part.file_size for part in zipfile.ZipFile(io.BytesIO(data)).infolist())
        except zipfile.BadZipFile as error:
            raise SourceError(f"{name}: damaged .docx file ({error}); save it again or as .txt") from error
        if size > _MAX_UNPACKED:
            raise SourceError(f"{name}: unpacks to {size // 1_000_000} MB; split it, or save it as .txt")


def _delete_old(home: Path) -> None:
    if home.is_dir():
        for old in home.iterdir():
            if time.time() - old.stat().st_mtime > _PREVIEW_LIFETIME:
                shutil.rmtree(old, ignore_errors=True)


def incoming(token: str, folder: Path) -> Path:
    """Returns the folder of a token. Raises :class:`SourceError` if the token is unknown or expired."""
    home = folder / INCOMING / token
    if not _TOKEN.fullmatch(token) or not home.is_dir():
        raise SourceError("this preview is gone; send the files again")
    return home


def preview(home: Path, seconds: int = 90) -> list[Preview]:
    """Reads each file of a folder in a subprocess, in at most ``seconds`` and with limited memory."""
    return [_read_in_subprocess(file, seconds) for file in sorted(home.iterdir())]


def _read_in_subprocess(file: Path, seconds: int) -> Preview:
    command = [sys.executable, "-c", _LIMITED_READER, "articles", file.name, "--json"]
    try:
        done = subprocess.run(command, cwd=file.parent, capture_output=True, timeout=seconds, check=False,
                              env={**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[3]),
                                                                              os.environ.get("PYTHONPATH", "")])})
    except subprocess.TimeoutExpired:
        late = f"{file.name}: was not read within {seconds} s; split it into single pages, or raise chat.read_seconds"
        return Preview(file.name, (), late)
    if done.returncode:
        last_line = ["", *done.stderr.decode("utf-8", "replace").strip().splitlines()][-1]
        message = last_line.removeprefix("rag: ") if last_line.startswith("rag: ") else "could not be read; save it again or as .txt"
        return Preview(file.name, (), message if message.startswith(file.name) else f"{file.name}: {message}")
    return Preview(file.name, json.loads(done.stdout), None)


def keep(home: Path, folder: Path, names: Sequence[str]) -> list[Path]:
    """Moves the named files of a preview to the sources; files with the same content are stored once."""
    uploads = folder / UPLOADS
    uploads.mkdir(parents=True, exist_ok=True)
    kept = []
    for name in names:
        file = home / name
        digest = hashlib.sha256(file.read_bytes()).digest()
        same = next((old for old in uploads.iterdir() if hashlib.sha256(old.read_bytes()).digest() == digest), None)
        target = same or unique(uploads, name)
        if same is None:
            os.replace(file, target)
        kept.append(target)
    shutil.rmtree(home, ignore_errors=True)
    return kept


def add_files(config: Config, files: Sequence[Path]) -> list[str]:
    """Copies files to the sources like an upload at the desk; the next build reads them. Returns the source names.

    Raises :class:`SourceError` if a file is missing, empty or of an unknown type.
    """
    try:
        sent = [(file.name, file.read_bytes()) for file in files]
    except OSError as error:
        raise SourceError(f"{error.filename}: cannot be read ({error.strerror}); check the path") from error
    home = incoming(take_in(sent, config.index.dir), config.index.dir)
    names = [source_name(file, config) for file in keep(home, config.index.dir, [file.name for file in sorted(home.iterdir())])]
    restore_sources(config, names, known=False)
    return names


def remove_sources(config: Config, names: Sequence[str]) -> None:
    """Marks sources as removed; the next build leaves them out. Raises :class:`SourceError` for an unknown name."""
    known = {source_name(file, config) for file in source_files(config)}
    for name in names:
        if name not in known:
            raise SourceError(f"{name}: no such source; the names are those that `rag search` prints")
    if known <= set(names):
        raise SourceError("these are all the sources, and an archive needs one; add another first")
    desk = DeskStore.open(config.index.dir)
    for name in names:
        desk.remove(name)
    desk.close()


def restore_sources(config: Config, names: Sequence[str], *, known: bool = True) -> None:
    """Withdraws removals. Raises :class:`SourceError` if ``known`` and a source was not removed."""
    desk = DeskStore.open(config.index.dir)
    try:
        for name in names:
            if known and name not in desk.removed():
                raise SourceError(f"{name}: was not removed; removed are: {', '.join(sorted(desk.removed())) or 'none'}")
            desk.restore(name)
    finally:
        desk.close()


def unique(folder: Path, name: str) -> Path:
    """Returns a path with this name that does not exist yet: ``a.txt``, ``a-2.txt``, and so on."""
    suffix = next(s for s in sorted(SUFFIXES, key=len, reverse=True) if name.lower().endswith(s))
    stem, ending, number = name[: -len(suffix)], name[-len(suffix):], 1
    file = folder / name
    while file.exists():
        number += 1
        file = folder / f"{stem}-{number}{ending}"
    return file
