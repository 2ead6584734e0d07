"""``Library``: an open archive behind all interfaces of the server."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, suppress
from datetime import date
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

from rag.doors.desk import UPLOADS, DeskStore, sign
from rag.doors.service import sources as pages
from rag.doors.service.errors import Busy, NoIndex, NotReady
from rag.doors.service.events import Queued, QueuedEvent
from rag.doors.service.extras import Extras
from rag.doors.service.queue import FairQueue, Place
from rag.doors.service.searching import Search, find
from rag.engine import Rag
from rag.errors import RagError, SourceError, StoreError
from rag.index.build import source_name
from rag.index.store.backends import manifest_of
from rag.records import Answer, Article, Event, EvidenceFound, Filter, Hit, Turn
from rag.search.query import is_follow_up, read_query

log = logging.getLogger(__name__)

T = TypeVar("T")
_END = object()
_SEARCH_THREADS = 4  # threads that search and read articles; another one writes answers
_EARLY_HITS = 10  # hits for a client in the queue


class Library:
    """An archive for many clients: one answer at a time, searches in parallel, builds in the background.

    All coroutines must run on one event loop. A thread loads the models after :meth:`start`.
    """

    def __init__(self, rag: Rag, *, waiting: int = 64, waiting_each: int = 8) -> None:
        self.rag, self.desk = rag, DeskStore.open(rag.config.index.dir)
        self.queue = FairQueue(waiting, waiting_each)
        self._writer = ThreadPoolExecutor(1, "writer")
        self._searchers = ThreadPoolExecutor(_SEARCH_THREADS, "searcher")
        self._builder = ThreadPoolExecutor(1, "builder")
        self._names = ThreadPoolExecutor(1, "names")
        self._state, self._detail = "loading", ""
        self._progress: dict[str, Any] | None = None
        self._searchable, self._closing = threading.Event(), threading.Event()
        self._extras = Extras(rag, self.desk, self.queue, self._writer, self._closing)
        previous, rag.progress = rag.progress, self._report_fetch
        self._report_progress = previous or (lambda stage, done, total: None)

    # -- opening and closing --------------------------------------------------------------------------------

    def start(self) -> None:
        """Loads the index and the models in the background; the page can be opened meanwhile.

        BLAS is limited to one thread: concurrent searches with all cores each would wait for one another.
        """
        from threadpoolctl import threadpool_limits

        for stage in ("rag.answer", "rag.gather.answer"):
            import_module(stage)  # now: two threads that import it at the same time could find it half loaded
        threadpool_limits(1, "blas")
        self._builder.submit(self._run_logged, self._load)

    def close(self) -> None:
        """Cancels queued work, waits for running work, and ends the threads."""
        self._closing.set()
        for pool in (self._builder, self._names, self._writer, self._searchers):
            pool.shutdown(wait=True, cancel_futures=True)
        self.desk.close()

    def _load(self) -> None:
        """Loads search first, because it is fast, then what answers need."""
        try:
            manifest_of(self.rag.config)
        except StoreError as error:
            self._set("no_index", str(error))
            self._load_models(index=False)
            return
        if self._load_models(index=True):
            self._progress = None
            self._set("ready")
            self._names.submit(self._extras.prepare)

    def _load_models(self, *, index: bool) -> bool:
        try:
            if index:
                _ = self.rag.retriever, self.rag.dictionary
                self._searchable.set()
                self.rag.warm_up()
            else:
                _ = self.rag.embedder
        except RagError as error:
            self._set("failed", str(error))
            return False
        return True

    def _report_fetch(self, stage: str, done: int, total: int) -> None:
        """Reports the progress of a model that is fetched or converted at the start."""
        self._report_progress(stage, done, total)
        if self._state == "loading":
            self._progress = {"stage": stage, "done": done, "total": total}

    def _set(self, state: str, detail: str = "") -> None:
        self._state, self._detail = state, detail

    # -- state ----------------------------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        """Returns the state for ``/api/health``."""
        from importlib.metadata import version

        try:
            manifest = manifest_of(self.rag.config)
            self._reopen_if_rebuilt(manifest.generation)
            index = {"generation": manifest.generation, "built": manifest.built, "sources": manifest.sources,
                     "articles": manifest.articles, "passages": manifest.passages}
        except StoreError:
            index = None
        return {"status": self._state, "detail": self._detail, "progress": self._progress, "index": index,
                "queue": {"waiting": self.queue.waiting, "writing": self.queue.serving},
                "version": version("wenbao"), "examples": self._extras.examples}

    def _reopen_if_rebuilt(self, generation: str) -> None:
        """Opens the new index if another process has built one."""
        store = self.rag.__dict__.get("retriever")
        if self._state == "ready" and store is not None and not self.is_building and store.store.manifest.generation != generation:
            self._progress = {"stage": "opening", "done": 0, "total": 1}
            self._builder.submit(self._run_logged, self._reopen)

    def _reopen(self) -> None:
        self.rag.__dict__.pop("retriever", None)
        try:
            _ = self.rag.retriever
        finally:
            self._progress = None
        self._names.submit(self._extras.prepare)

    def needs_search(self) -> None:
        """Raises :class:`NoIndex` if there is no index, :class:`NotReady` if search is not available yet."""
        if self._state == "no_index":
            raise NoIndex(self._detail)
        if self._state == "failed":
            raise NotReady(self._detail)
        if not self._searchable.is_set():
            raise NotReady("the models are being loaded; try again in some seconds")

    async def until_searchable(self, seconds: float = 120) -> None:
        """Waits while the models are loading; raises like :meth:`needs_search`."""
        ends = time.monotonic() + seconds
        while self._state == "loading" and not self._searchable.is_set() and time.monotonic() < ends:
            await asyncio.sleep(0.05)
        self.needs_search()

    # -- asking ---------------------------------------------------------------------------------------------

    async def ask(
        self, question: str, history: Sequence[Turn] = (), client: str = "", *, asked_on: date | None = None,
        operation: str | None = None,
    ) -> AsyncGenerator[QueuedEvent, None]:
        """Yields the events of an answer, last the checked :class:`Answer`; closing the iterator stops the work.

        A waiting client gets the retrieved passages at once, and :class:`Queued` after each move. Raises
        :class:`QuestionError`, :class:`StoreError`, :class:`Busy`, :class:`TooMany`, :class:`NotReady`.
        """
        read_query(question)
        from rag.gather.plan import check_operation

        check_operation(operation)
        await self.until_searchable()
        place = self.queue.enter(client)
        shown = False
        try:
            if place.position:
                yield Queued(place.position)
                if not (history and is_follow_up(question)):
                    yield EvidenceFound(tuple(await self.search(question, _EARLY_HITS)))
                    shown = True
            while place.position:
                await place.moved()
                if place.position:
                    yield Queued(place.position)
        except BaseException:
            place.leave()
            raise
        async with aclosing(self._events(question, history, asked_on, operation, place)) as events:
            async for event in events:
                if not (shown and isinstance(event, EvidenceFound)):
                    yield event

    async def _events(
        self, question: str, history: Sequence[Turn], asked_on: date | None, operation: str | None, place: Place
    ) -> AsyncGenerator[Event, None]:
        """Runs the engine in the writer thread; the place is left when the engine ends, even if the client has left before."""
        loop, events, stopped = asyncio.get_running_loop(), asyncio.Queue[Any](), threading.Event()

        def send(event: Any) -> None:
            loop.call_soon_threadsafe(events.put_nowait, event)

        def run() -> None:
            try:
                for event in self.rag.stream(question, history, asked_on=asked_on, stopped=stopped.is_set, operation=operation):
                    send(event)
            except BaseException as error:  # raised again by the listener
                send(error)
            finally:
                loop.call_soon_threadsafe(place.leave)  # before the end is told, after which the loop may be closed
                send(_END)

        try:
            self._writer.submit(run)
        except RuntimeError as error:
            place.leave()
            raise NotReady("the server is being stopped; ask again later") from error
        try:
            while (event := await events.get()) is not _END:
                if isinstance(event, BaseException):
                    raise event
                yield event
        finally:
            stopped.set()

    async def answer(self, question: str, history: Sequence[Turn] = (), client: str = "") -> Answer:
        """Returns the checked answer without its events."""
        async with aclosing(self.ask(question, history, client)) as events:
            async for event in events:
                if isinstance(event, Answer):
                    return event
        raise AssertionError("a stream ends with an Answer")

    def receipt(self, answer: Answer) -> dict[str, Any]:
        """Returns the JSON form of an answer with the signature of this desk, which storing and exporting it require."""
        record = answer.to_dict()
        signature = sign(record, self.secret)
        return {**record, "answer_id": signature[:16], "signature": signature}

    @property
    def secret(self) -> bytes:
        """Returns the key that signs answers."""
        return self.desk.secret()

    # -- searching and reading ------------------------------------------------------------------------------

    async def run(self, work: Callable[..., T], *values: Any) -> T:
        """Runs a function in a search thread, beside the writer."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._searchers, partial(work, *values))
        except RuntimeError as error:
            if self._closing.is_set():
                raise Busy("the server is being stopped; try again later") from error
            raise

    async def search(self, query: str, k: int | None = None, only: Filter | None = None) -> list[Hit]:
        """Returns the ``k`` best passages; see :meth:`rag.engine.Rag.search`."""
        await self.until_searchable()
        return await self.run(self.rag.search, query, k, only)

    async def find(self, query: str, k: int, only: Filter, sort: str, *, quick: bool = False) -> Search:
        """Searches with facets; ``quick`` skips the reranking by tokens."""
        await self.until_searchable()
        return await self.run(self._find, query, k, only, sort, quick)

    def _find(self, query: str, k: int, only: Filter, sort: str, quick: bool) -> Search:
        return find(self.rag.retriever, self.rag.parse_query(query), k, only, sort, self.desk.mentions, quick=quick)

    async def article(self, article_id: str) -> Article:
        """Returns an article. Raises :class:`StoreError` for an unknown id."""
        await self.until_searchable()
        return await self.run(self.rag.article, article_id)

    # -- sources and builds ---------------------------------------------------------------------------------

    @property
    def home(self) -> Path:
        """Returns the folder that source names are relative to."""
        return self.rag.config.index.dir.resolve().parent

    async def sources(self) -> list[dict[str, Any]]:
        """Returns the sources, removed ones last: name, number of articles, origin, whether the file is missing."""
        with suppress(NoIndex):
            await self.until_searchable()
        return await self.run(self._sources)

    def _sources(self) -> list[dict[str, Any]]:
        counts = self.rag.retriever.store.archive.articles_by_source() if self._searchable.is_set() else {}
        removed = self.desk.removed()
        names = [*(name for name in counts if name not in removed), *sorted(removed)]
        own = source_name(self.rag.config.index.dir / UPLOADS, self.rag.config) + "/"
        return [{"name": name, "articles": counts.get(name, 0) if name not in removed else 0,
                 "added_by": "desk" if name.startswith(own) else "configuration",
                 "removed": name in removed, "missing": not (self.home / name).is_file()} for name in names]

    def add(self, home: Path, names: Sequence[str]) -> list[str]:
        """Moves the files of a preview to the sources and starts a build; returns the source names."""
        kept = [source_name(file, self.rag.config) for file in pages.keep(home, self.rag.config.index.dir, names)]
        for name in kept:
            self.desk.restore(name)
        self.build()
        return kept

    def remove(self, name: str) -> None:
        """Removes a source and starts a build; its file stays.

        Raises :class:`StoreError` for an unknown name, :class:`SourceError` for the only source.
        """
        names = {row["name"] for row in self._sources() if not row["removed"]}
        if name not in names:
            raise StoreError(f"{name}: no such source; see the list of sources")
        if len(names) == 1:
            raise SourceError(f"{name}: is the only source, and an archive needs one; add another first")
        self.desk.remove(name)
        self.build()

    def restore(self, name: str) -> None:
        """Restores a removed source and starts a build. Raises :class:`StoreError` if it was not removed."""
        if name not in self.desk.removed():
            raise StoreError(f"{name}: was not removed; see the list of sources")
        self.desk.restore(name)
        self.build()

    def build(self) -> None:
        """Starts a build in the background."""
        self._progress = self._progress or {"stage": "waiting", "done": 0, "total": 0}
        self._builder.submit(self._run_logged, self._build)

    def _run_logged(self, work: Callable[[], None]) -> None:
        """Runs work of the builder thread; an unexpected exception is logged and shown as the state."""
        try:
            work()
        except Exception as error:
            log.exception("builder")
            self._progress = None
            self._set("failed", f"{type(error).__name__}: {error}; see the log, and start the server again")

    @property
    def is_building(self) -> bool:
        """Tells whether a build is running or queued."""
        return self._progress is not None

    def _build(self) -> None:
        began = time.monotonic()

        def progress(stage: str, done: int, total: int) -> None:
            rate = done / max(time.monotonic() - began, 0.001)
            left = (total - done) / rate if done and total else None
            self._progress = {"stage": stage, "done": done, "total": total, "rate": round(rate, 1),
                              "seconds_left": None if left is None else round(left, 1)}

        before = self._state
        if before == "no_index":
            self._set("building")
        try:
            report = self.rag.build(progress=progress)
            self._progress = {"stage": "opening", "done": 1, "total": 1}
            if self._load_models(index=True):
                self._set("ready", "; ".join(report.failed))
        except RagError as error:
            log.warning("build: %s", error)
            self._set(before, str(error))
        finally:
            self._progress = None
        if self._searchable.is_set() and not self._closing.is_set():
            self._names.submit(self._extras.prepare)

    def correct(self, article: Article, values: Mapping[str, str | None]) -> None:
        """Stores corrections of the title, byline or date of an article (``None`` withdraws one) and starts a build."""
        for field, value in values.items():
            same = value is not None and value == article.corrected.get(field, getattr(article, field))
            self.desk.correct(article.article_id, article.source, field, None if same else value)
        self.build()
