"""What is prepared once the archive is open and nobody waits: token vectors, names for the facets, example questions."""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from rag.doors.desk import DeskStore
from rag.doors.service.examples import candidates
from rag.doors.service.queue import FairQueue
from rag.doors.service.searching import mentions_of
from rag.engine import Rag
from rag.errors import RagError, StoppedError
from rag.language.names import no_english_name
from rag.records import Answer

log = logging.getLogger(__name__)

_NAMES_BATCH = 20  # articles whose names are extracted at a time
_EXAMPLES_TRIED, _EXAMPLES_SHOWN = 12, 4  # example questions: asked at most, shown at most
_SMALL_ARCHIVE = 200  # passages; the token vectors of a smaller archive are computed in advance


class Extras:
    """Prepares the extras of an open archive; ``examples`` are the questions that were tried and answered so far.

    ``writer`` is the thread that writes answers. Clients in the ``queue`` go first, and ``closing`` ends the work.
    """

    def __init__(
        self, rag: Rag, desk: DeskStore, queue: FairQueue, writer: ThreadPoolExecutor, closing: threading.Event
    ) -> None:
        self.examples: list[str] = []
        self._rag, self._desk, self._queue, self._writer, self._closing = rag, desk, queue, writer, closing

    def prepare(self) -> None:
        """Fills the token cache, finds the names in the articles, and tests the example questions."""
        try:
            self._rag.retriever.warm_token_cache(_SMALL_ARCHIVE)
            self._read_mentions()
            self._try_examples()
        except Exception:
            log.exception("names and examples")

    def _read_mentions(self) -> None:
        """Finds the places and persons in articles that were not processed yet; facets use those found so far."""
        archive = self._rag.retriever.store.archive
        ids = archive.article_ids()
        saved = self._desk.mentions(ids)
        new = [article_id for article_id in ids if article_id not in saved]
        for at in range(0, len(new), _NAMES_BATCH):
            if self._closing.is_set():
                return
            found = archive.articles(new[at : at + _NAMES_BATCH])
            names = self._rag.dictionary.english if self._rag.dictionary else no_english_name
            self._desk.add_mentions({article_id: mentions_of(article, names) for article_id, article in found.items()})

    def _try_examples(self) -> None:
        """Asks the example questions and keeps those that are answered; questions of clients go first."""
        store = self._rag.retriever.store
        saved = self._desk.examples(store.manifest.generation)
        if saved is not None:
            self.examples = saved
            return
        self.examples = []
        for question in candidates(store.archive.listed("", "", 0, _EXAMPLES_TRIED)[1], self._rag.examples, _EXAMPLES_TRIED):
            if len(self.examples) < _EXAMPLES_SHOWN and not self._closing.is_set() and self._is_answered(question):
                self.examples = [*self.examples, question]
        if not self._closing.is_set():
            self._desk.keep_examples(store.manifest.generation, self.examples)

    def _is_answered(self, question: str) -> bool:
        """Tells whether the archive answers a question; starts again if a client asks meanwhile."""
        def answer() -> Answer:
            events = self._rag.stream(question, stopped=lambda: bool(self._queue.serving or self._closing.is_set()))
            return next(event for event in events if isinstance(event, Answer))

        while not self._closing.is_set():
            try:
                return not self._writer.submit(answer).result().refused
            except StoppedError:
                time.sleep(0.5)
            except RagError:
                return False
        return False
