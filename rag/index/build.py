"""Updates the index from the sources; the only module that writes to ``index/``.

A build is incremental (it skips sources whose bytes did not change), atomic (readers see the old index until the last rename) and
resumable (a killed build continues in ``index/building/``). A source that cannot be read is reported and keeps its old articles;
the other sources are built.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
import sqlite3
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from rag.config import Config
from rag.doors.desk import FILE, UPLOADS, DeskStore
from rag.errors import SourceError, StoreError
from rag.index.embed import Embedder
from rag.index.issues import join_touched
from rag.index.passages import passages_of
from rag.index.store import (
    Archive,
    Manifest,
    Settings,
    layout,
    read_manifest,
    with_checksums,
    write_derived,
    write_manifest,
)
from rag.index.store.protocol import Writing, holders_of
from rag.language.typical import TYPICAL_QUESTIONS
from rag.pages import is_archive, iter_archive, read_articles
from rag.pages.files import ARCHIVES
from rag.records import Article

log = logging.getLogger(__name__)

Progress = Callable[[str, int, int], None]
SUFFIXES = (".txt", ".md", ".html", ".htm", ".xml", ".hocr", ".pdf", ".docx", ".png", ".jpg", ".jpeg", ".tif", ".tiff", *ARCHIVES)


@dataclass
class Report:
    """The result of a build.

    ``failed``: one line for each file or archive line that could not be read. ``joined``: the sources whose stories were joined
    with, or parted from, those of other pages of their issue. ``embedded``: number of new vectors.
    ``articles``, ``passages``: numbers in the whole index. ``seconds``: duration of the build.
    """

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    joined: list[str] = field(default_factory=list)
    embedded: int = 0
    articles: int = 0
    passages: int = 0
    seconds: float = 0.0

    @property
    def has_changes(self) -> bool:
        """Tells whether the build changed the index."""
        return bool(self.added or self.changed or self.removed or self.joined or self.embedded)


def settings_of(config: Config, embedder: Embedder) -> Settings:
    """Returns the settings that an index of this configuration depends on."""
    return Settings(embedder.fingerprint, embedder.dimension, config.passages.max_characters)


def build(
    config: Config, embedder: Embedder, paths: Sequence[Path] = (), *,
    fresh: bool = False, progress: Progress | None = None,
) -> Report:
    """Updates the index from ``paths``, or from the configured sources, in which case sources that are gone are removed.

    ``fresh`` builds a new index; the old one stays usable until the new one is complete. ``progress(stage, done, total)`` is
    called often. Raises :class:`SourceError` if there is no source or none can be read, :class:`StoreError` if the folder
    cannot be written or another build is running.
    """
    import filelock

    began = time.perf_counter()
    folder = config.index.dir
    files = list(discover(paths) if paths else source_files(config))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(folder / ".lock", timeout=1):
            report = _build(config, embedder, files, not paths, fresh, progress or _log_progress)
    except filelock.Timeout as error:
        raise StoreError(f"{folder}: another `rag build` is at work here; wait for it to end") from error
    except (OSError, sqlite3.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise StoreError(f"{folder}: cannot be written ({reason}); make room, or set index.dir to another folder") from error
    report.seconds = time.perf_counter() - began
    return report


def source_files(config: Config) -> Iterator[Path]:
    """Yields the files of the configured sources and of uploads, without the sources that users removed.

    Raises :class:`SourceError` if no file is left or a configured path does not exist.
    """
    uploads, removed = config.index.dir / UPLOADS, _read_desk(config).removed
    added = [uploads] if uploads.is_dir() and any(_is_source(file) for file in uploads.rglob("*")) else []
    kept = [file for file in discover([*config.source.paths, *added]) if source_name(file, config) not in removed]
    if not kept:
        raise SourceError("every source was removed at the desk; restore one there, or name other pages in source.paths")
    yield from kept


def check_sources(config: Config, paths: Sequence[Path] = ()) -> None:
    """Raises :class:`SourceError` if a build of ``paths`` (default: the configured sources) would find no source."""
    for _ in discover(paths) if paths else source_files(config):
        pass


def wait_for_change(config: Config, paths: Sequence[Path] = (), *, interval: float = 1.0) -> None:
    """Waits until a source is added, changed or removed, then until nothing changes for ``interval`` seconds."""
    before = now = _modification_stamps(config, paths)
    while now == before:
        time.sleep(interval)
        now = _modification_stamps(config, paths)
    time.sleep(interval)
    while (later := _modification_stamps(config, paths)) != now:
        now = later
        time.sleep(interval)


def _modification_stamps(config: Config, paths: Sequence[Path]) -> dict[str, tuple[int, int]]:
    """Returns the modification time and size of each source file; a path that does not exist counts as empty."""
    modified = {}
    for path in paths or (*config.source.paths, config.index.dir / UPLOADS, config.index.dir / FILE):
        files = [path] if path.is_file() else [f for f in path.rglob("*") if f.is_file() and _is_source(f)]
        for file in files:
            with suppress(OSError):
                modified[str(file)] = (file.stat().st_mtime_ns, file.stat().st_size)
    return modified


@dataclass(frozen=True)
class _DeskState:
    """What users changed at the desk: the removed sources, and the corrections by source and article id."""

    removed: frozenset[str] = frozenset()
    corrections: dict[str, dict[str, dict[str, str]]] = field(default_factory=dict)


def _read_desk(config: Config) -> _DeskState:
    if not (config.index.dir / FILE).is_file():
        return _DeskState()
    desk = DeskStore(config.index.dir / FILE)
    try:
        return _DeskState(frozenset(desk.removed()), desk.corrections())
    finally:
        desk.close()


def corrected(article: Article, values: Mapping[str, str]) -> Article:
    """Applies a user's corrections to an article. ``corrected`` keeps the values of the page; the article id does not change.

    >>> page = Article("a", "p", "d", "正文", title="签纤")
    >>> corrected(page, {"title": "签约"}).title, corrected(page, {"title": "签约"}).corrected
    ('签约', {'title': '签纤'})
    """
    printed = {name: getattr(article, name) for name in values}
    runs = {name: spelled for name, spelled in article.runs.items() if name not in values}
    changed: dict[str, Any] = {**values, **({"date_from": "hand"} if "date" in values else {})}
    return replace(article, **changed, runs=runs, corrected=printed)


def discover(paths: Iterable[Path]) -> Iterator[Path]:
    """Yields the source files under the paths, sorted by name; hidden files are skipped.

    Raises :class:`SourceError` if a path does not exist or a folder has no source.
    """
    for path in paths:
        if path.is_file():
            yield path
        elif path.is_dir():
            found = sorted(f for f in path.rglob("*") if f.is_file() and _is_source(f))
            if not found:
                raise SourceError(f"{path}: no source in this folder; sources end in {' '.join(SUFFIXES)}")
            yield from found
        else:
            raise SourceError(f"{path}: no such file or folder; name the pages (`rag build PAGE…`), or set source.paths in config.yaml")


def _is_source(file: Path) -> bool:
    return not file.name.startswith(".") and file.name.lower().endswith(SUFFIXES)


def _build(
    config: Config, embedder: Embedder, files: list[Path], prune: bool, fresh: bool, progress: Progress,
) -> Report:
    settings = settings_of(config, embedder)
    if config.store.backend == "milvus":
        return _build_in_milvus(config, embedder, files, prune, fresh, progress)
    working, resumed = _prepare_working_folder(config.index.dir, settings, fresh)
    archive = Archive.create(working / layout.ARCHIVE)
    report = Report()
    try:
        sources = _update_archive(archive, config, embedder, files, prune, report, progress, resumed=resumed)
        if report.has_changes or resumed or fresh or not (config.index.dir / layout.MANIFEST).exists():
            _write_derived(archive, embedder, working)
            archive.close()
            _publish(config.index.dir, working, settings, (sources, report.articles, report.passages))
    finally:
        archive.close()
    shutil.rmtree(working, ignore_errors=True)
    return report


def _build_in_milvus(
    config: Config, embedder: Embedder, files: list[Path], prune: bool, fresh: bool, progress: Progress,
) -> Report:
    """Runs the same steps on Milvus, which is written in place and published at the end."""
    from rag.index.store.backends import token_from_environment
    from rag.index.store.milvus import MilvusArchive

    settings, report = settings_of(config, embedder), Report()
    archive = MilvusArchive.create(config.store.address, settings, token=token_from_environment(config), fresh=fresh)
    try:
        _update_archive(archive, config, embedder, files, prune, report, progress, resumed=archive.is_unpublished)
        if report.has_changes or fresh or archive.is_unpublished:
            archive.set_centres(_query_centres(embedder))
            archive.publish()
    finally:
        archive.close()
    return report


def _update_archive(
    archive: Writing, config: Config, embedder: Embedder, files: list[Path], prune: bool, report: Report, progress: Progress,
    *, resumed: bool,
) -> int:
    """Reads, removes, joins and embeds; returns the number of sources. Raises :class:`SourceError` if none could be read.

    ``resumed``: a killed build has written into the archive, so any issue may have to be joined.
    """
    if prune:  # first, so that a moved file is not taken for one whose articles are there already
        _prune(archive, {source_name(file, config) for file in files}, report)
    _read_sources(archive, files, config, report, progress)
    touched = [*report.added, *report.changed, *report.removed]
    if touched or resumed:
        report.joined = join_touched(archive, None if resumed else touched, config.passages.max_characters)
    report.embedded = _embed(archive, embedder, progress)
    sources, report.articles, report.passages = archive.counts()
    if not sources:
        raise SourceError("nothing could be read: " + "; ".join(report.failed))
    return sources


def _query_centres(embedder: Embedder) -> dict[str, np.ndarray]:
    return {language: embedder.queries(questions).mean(axis=0) for language, questions in TYPICAL_QUESTIONS.items()}


def _prepare_working_folder(folder: Path, settings: Settings, fresh: bool) -> tuple[Path, bool]:
    """Prepares the folder of the next generation and tells whether a killed build left it.

    Otherwise it is a copy of the current generation, or empty.
    """
    working = folder / layout.BUILDING
    stamp = working / "settings"
    resumed = not fresh and stamp.is_file() and stamp.read_text(encoding="utf-8") == repr(settings)
    if not resumed:
        shutil.rmtree(working, ignore_errors=True)
        working.mkdir()
        if not fresh and (folder / layout.MANIFEST).exists():
            manifest = read_manifest(folder)
            layout.check_settings(folder, manifest, settings)
            for name in layout.FILES:
                if not layout.fault_of(folder / manifest.generation, manifest, name, thorough=False):
                    shutil.copyfile(folder / manifest.generation / name, working / name)
        stamp.write_text(repr(settings), encoding="utf-8")
    return working, resumed


def _read_sources(archive: Writing, files: list[Path], config: Config, report: Report, progress: Progress) -> None:
    """Reads what is new or changed; then again those whose articles were held by a source that is gone or changed."""
    known = archive.sources()
    _read_files(archive, files, known, config, report, progress)
    let_go = {name for name in report.unchanged if {*report.removed, *report.changed}.intersection(holders_of(known[name]))}
    if let_go:
        report.unchanged = [name for name in report.unchanged if name not in let_go]
        again = [file for file in files if source_name(file, config) in let_go]
        _read_files(archive, again, dict.fromkeys(let_go, ""), config, report, progress)


def _read_files(
    archive: Writing, files: Sequence[Path], known: Mapping[str, str], config: Config, report: Report, progress: Progress,
) -> None:
    corrections = _read_desk(config).corrections
    for number, file in enumerate(files, 1):
        progress("read", number, len(files))
        name = source_name(file, config)
        own = corrections.get(name, {})
        try:
            digest = hashlib.sha256(file.read_bytes() + (repr(own).encode() if own else b"")).hexdigest()
            if known.get(name, "").split("\n")[0] == digest:
                report.unchanged.append(name)
                continue
            articles = (corrected(a, own[a.article_id]) if a.article_id in own else a for a in _articles(file, name, report))
            pairs = ((article, passages_of(article, config.passages.max_characters)) for article in articles)
            archive.add_source(name, digest, pairs)
        except (SourceError, OSError) as error:
            report.failed.append(str(error))
            continue
        (report.changed if name in known else report.added).append(name)


def _articles(file: Path, name: str, report: Report) -> Iterator[Article]:
    """Yields the articles of a page or an archive; invalid archive lines are reported and skipped."""
    if not is_archive(file):
        yield from read_articles(file, name)
        return
    for item in iter_archive(file, name):
        if isinstance(item, SourceError):
            report.failed.append(str(item))
        else:
            yield item


def _prune(archive: Writing, present: set[str], report: Report) -> None:
    for name in sorted(set(archive.sources()) - present):
        archive.remove_source(name)
        report.removed.append(name)


def source_name(file: Path, config: Config) -> str:
    """Names a source by its path from the project folder, so that the name does not depend on the current folder."""
    full, home = file.resolve(), config.index.dir.resolve().parent
    return full.relative_to(home).as_posix() if full.is_relative_to(home) else full.as_posix()


def _embed(archive: Writing, embedder: Embedder, progress: Progress) -> int:
    total, done = archive.pending_count(), 0
    while True:
        passages, sentences = archive.pending(embedder.batch)
        if not passages and not sentences:
            return done
        for table, pending in (("passages", passages), ("sentences", sentences)):
            if pending:
                vectors = embedder.passages([text for _, text in pending])
                archive.set_vectors(table, [row for row, _ in pending], vectors)
                done += len(pending)
                progress("embed", done, total)


def _write_derived(archive: Archive, embedder: Embedder, working: Path) -> None:
    archive.set_centres(_query_centres(embedder))
    write_derived(archive, working, embedder.dimension)


def _publish(folder: Path, working: Path, settings: Settings, counts: tuple[int, int, int]) -> None:
    """Renames the new generation into place, points the manifest at it, and deletes the older generations."""
    generation = f"generation-{time.strftime('%Y%m%d-%H%M%S')}-{uuid.uuid4().hex[:8]}"
    (working / "settings").unlink()
    built = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    manifest = with_checksums(Manifest(generation, settings, {}, *counts, built=built), working)
    working.rename(folder / generation)
    write_manifest(folder, manifest)
    for old in folder.glob("generation-*"):
        if old.name != generation:
            shutil.rmtree(old, ignore_errors=True)


def _log_progress(stage: str, done: int, total: int) -> None:
    log.debug("%s %d of %d", stage, done, total)
