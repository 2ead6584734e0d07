"""``Rag``: opens an index and answers. Everything above it (functions, commands, pages) is a thin door.

::

    question ─▶ understand ─▶ search ─▶ choose sentences ─▶ read, judge, word ─▶ Answer
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.config import Config, load_config
from rag.errors import QuestionError, StoreError
from rag.records import Answer, Article, Event, EvidenceFound, Filter, Hit, Turn
from rag.search.query import Query, is_follow_up, read_query

if TYPE_CHECKING:
    from rag.gather.ledger import Entry
    from rag.generate import Generator
    from rag.index.build import Progress, Report
    from rag.index.embed import Embedder
    from rag.language.names import Names
    from rag.reader import Reader
    from rag.search.dictionary import Dictionary
    from rag.search.retrieve import Retriever
    from rag.steps import Clock
    from rag.verify import Check


@dataclass
class Rag:
    """An open archive. Models are loaded when they are first needed; :meth:`warm_up` loads them now.

    >>> rag = Rag.open("config.yaml")                                   # doctest: +SKIP
    >>> rag.ask("how many projects did Suizhou start?").text            # doctest: +SKIP
    """

    config: Config
    progress: Progress | None = field(default=None, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _kept: dict[tuple[Any, ...], tuple[EvidenceFound, Answer]] = field(default_factory=dict, repr=False)

    @classmethod
    def open(cls, config: str | Path | Config | None = None, *, index: str | Path | None = None) -> Rag:
        """Opens what a config file describes; ``index`` overrides its ``index.dir``.

        Raises :class:`~rag.errors.ConfigError`; a missing or foreign index is reported by the first search.
        """
        settings = config if isinstance(config, Config) else load_config(config)
        if index is not None:
            folder = settings.index.model_copy(update={"dir": Path(index)})
            settings = settings.model_copy(update={"index": folder})
        return cls(settings)

    # -- what people call -----------------------------------------------------------------------------------

    def ask(
        self, question: str, history: Sequence[Turn] = (), *, asked_on: date | None = None, operation: str | None = None
    ) -> Answer:
        """Returns a checked answer. Raises :class:`QuestionError` for what is no question, :class:`StoreError`, ....

        ``asked_on``: the day from which "last month" or 去年 in the question are reckoned; without it they are left as they are.
        ``operation``: what is to be done (``lookup``, ``series``, ``sum``, …); by itself it is told from the question.
        """
        for event in self.stream(question, history, asked_on=asked_on, operation=operation):
            if isinstance(event, Answer):
                return event
        raise AssertionError("a stream ends with an Answer")

    def stream(
        self, question: str, history: Sequence[Turn] = (), *, asked_on: date | None = None,
        stopped: Callable[[], bool] = lambda: False, operation: str | None = None,
    ) -> Iterator[Event]:
        """Returns what was found first, then the draft as it is written, then the checked :class:`Answer`.

        ``stopped`` is asked between steps and between the words of the generator; once it says yes the work ends with
        :class:`StoppedError`. A build that ends meanwhile changes nothing: the answer comes from the index it began with.
        The same question, asked again of the same index, is answered at once.
        """
        from rag.steps import Clock

        clock, retriever = Clock(), self.retriever
        key = (retriever.store.manifest.generation, question, asked_on, operation, *history)
        if kept := self._kept.get(key):
            clock.lap("kept")
            yield kept[0]
            yield replace(kept[1], seconds=clock.seconds())
            return
        evidence = EvidenceFound(())
        for event in self._answered(question, history, asked_on, retriever, clock, stopped, operation):
            evidence = event if isinstance(event, EvidenceFound) else evidence
            if isinstance(event, Answer) and self.config.answering.kept:
                self._kept[key] = evidence, event
                for old in list(self._kept)[: -self.config.answering.kept]:
                    self._kept.pop(old, None)
            yield event

    def _answered(
        self, question: str, history: Sequence[Turn], asked_on: date | None, retriever: Retriever, clock: Clock,
        stopped: Callable[[], bool], operation: str | None,
    ) -> Iterator[Event]:
        """Yields the steps of an answer; its times are those that were reckoned from the day of asking, and those of its sentences."""
        from rag.gather.plan import check_operation
        from rag.generate import Stoppable
        from rag.search.asked_on import with_absolute_times
        from rag.steps import Steps

        check_operation(operation)
        generator = Stoppable(lambda: self.generator, stopped)
        dated, times = with_absolute_times(question, asked_on) if asked_on else (question, ())
        query = self.parse_question(dated, history, generator)
        clock.lap("understand")
        written_out = "" if query.question == question.strip() else query.question
        for event in Steps(self, retriever, generator, clock).answer(query, operation or ""):
            if isinstance(event, Answer):
                event = replace(event, question=question, times=(*times, *event.times), rewritten=written_out)
            yield event

    def search(self, query: str, k: int | None = None, only: Filter | None = None) -> list[Hit]:
        """Returns the ``k`` best passages (default: ``retrieval.k``), best first; ``only`` from some dates or sources."""
        if k is not None and k < 1:
            raise QuestionError(f"k must be at least 1, not {k}")
        return self.retriever.search(self.parse_query(query), k, only or Filter())

    def facts(self, query: str, k: int = 50, only: Filter | None = None, *, unit: str = "", kind: str = "") -> list[Entry]:
        """Returns the ``k`` figures of the archive that a query is about, best first, each with its sentence.

        ``unit``: as printed (元, 吨), ``kind``: ``number``, ``percent`` or ``points``; figures of any, if none is given.
        """
        from rag.gather.ledger import entries

        if k < 1:
            raise QuestionError(f"k must be at least 1, not {k}")
        return entries(self.retriever, self.parse_query(query), k, only or Filter(), unit=unit, kind=kind)

    def parse_query(self, query: str) -> Query:
        """Parses a search query without a conversation, and puts the names, dates and large figures of an English one into Chinese."""
        return self._named(read_query(query))

    def article(self, article_id: str) -> Article:
        """Returns the article of a citation or hit. Raises :class:`StoreError` for an id that is not in the index."""
        found = self.retriever.store.archive.articles([article_id])
        if article_id not in found:
            raise StoreError(f"{article_id}: no such article in {self.config.index.dir}")
        return found[article_id]

    def verify(self, answer: Mapping[str, Any]) -> list[Check]:
        """Checks the receipt of an answer (``Answer.to_dict()``) against index and sources; no model is needed."""
        from rag.index.store.backends import open_archive
        from rag.verify import verify_answer

        archive = open_archive(self.config)
        try:
            return list(verify_answer(answer, archive, self.config.index.dir.resolve().parent))
        finally:
            archive.close()

    @property
    def examples(self) -> tuple[str, ...]:
        """Questions to begin with, from the configuration."""
        return self.config.chat.examples

    def build(self, paths: Sequence[Path] = (), *, fresh: bool = False, progress: Progress | None = None) -> Report:
        """Brings the index up to date; see :func:`rag.index.build.build`."""
        from rag.index.build import build, check_sources
        from rag.index.embed import for_building

        check_sources(self.config, paths)  # before a model is fetched
        with for_building(self.embedder, self.config) as embedder:
            report = build(self.config, embedder, paths, fresh=fresh, progress=progress)
        self.__dict__.pop("retriever", None)
        return report

    def warm_up(self) -> None:
        """Loads the models and writes one word, so that the first question is as quick as the others."""
        from rag.answer.prompts import warm_up_prompts
        from rag.gather.operands import operands_prompt
        from rag.gather.prompts import plan_prompt
        from rag.generate import complete

        _ = self.retriever, self.dictionary, self.reader
        if self.config.retrieval.token_weight:
            self.embedder.interaction("", [""])
        for prompt in (*warm_up_prompts(), plan_prompt(""), operands_prompt("", ())):
            complete(self.generator, prompt, max_tokens=1)

    def classify(self, query: Query, operation: str = "") -> tuple[str, float]:
        """Returns the likeliest operation other than ``lookup`` and the probability that the question needs one.

        A given ``operation`` is returned with probability 1, ``lookup`` with 0. See :data:`rag.gather.plan.OPERATIONS`.
        """
        from rag.gather.operation import classify_operation

        return (operation, float(operation != "lookup")) if operation else classify_operation(self.reader.states(query.question))

    # -- steps ----------------------------------------------------------------------------------------------

    def parse_question(self, question: str, history: Sequence[Turn] = (), generator: Generator | None = None) -> Query:
        """Reads a question: a follow-up is written out, its names are looked up."""
        asked = query = read_query(question)
        if history and is_follow_up(asked.question):
            query = self._written_out(asked, history, generator or self.generator)
        return replace(self._named(query), language=asked.language)

    def _named(self, query: Query) -> Query:
        from rag.answer.naming import with_names

        return with_names(query, self.retriever, self.dictionary)

    @property
    def known_names(self) -> Names:
        """Returns the English names of Chinese proper names that the dictionary has."""
        from rag.language.names import no_english_name

        return self.dictionary.english if self.dictionary else no_english_name

    def _written_out(self, query: Query, history: Sequence[Turn], generator: Generator) -> Query:
        from rag.answer.prompts import rewrite_prompt
        from rag.generate import complete
        from rag.search.followups import with_place_and_time_of

        whole = complete(generator, rewrite_prompt(query.question, history), max_tokens=80, stop=("\n",))
        written = read_query(whole) if whole.strip() else query
        if written.language != query.language:  # not what was asked
            written = query
        return read_query(with_place_and_time_of(written.question, history[-1].question))

    def translated(self, query: Query, generator: Generator | None = None) -> Query:
        """Returns an English question with its Chinese beside it; a translation with a figure that was not asked about is thrown away.
        """
        from rag.answer.prompts import translate_prompt
        from rag.generate import complete
        from rag.language.quantities import unsupported
        from rag.language.text import simplified

        if query.language == "zh" or query.chinese:
            return query
        asked = query.localised or query.question
        written = simplified(complete(generator or self.generator, translate_prompt(asked), max_tokens=80, stop=("\n",)).strip())
        return query if unsupported(written, [query.question, asked]) else replace(query, chinese=written)

    # -- parts, each made when it is first needed ------------------------------------------------------------

    @cached_property
    def embedder(self) -> Embedder:
        """Returns the multilingual embedder."""
        from rag.index.embed import open_embedder

        with self._lock:
            return open_embedder(self.config.embedding, offline=self.config.models.offline, progress=self.progress)

    @cached_property
    def reader(self) -> Reader:
        """Returns the reader that judges sentences."""
        from rag.reader import open_reader

        with self._lock:
            return open_reader(offline=self.config.models.offline, progress=self.progress)

    @cached_property
    def generator(self) -> Generator:
        """Returns the small generator."""
        from rag.generate import open_generator

        with self._lock:
            return open_generator(self.config.generation, self._model)

    def _model(self, name: str) -> Path:
        from rag.models import resolve

        return resolve(name, offline=self.config.models.offline, progress=self.progress)

    @cached_property
    def dictionary(self) -> Dictionary | None:
        """Returns the English words that search knows; ``None`` if the configuration does without."""
        from rag.search.dictionary import Dictionary

        named = self.config.retrieval.dictionary
        with self._lock:
            return Dictionary(self._model(named)) if named else None

    @cached_property
    def retriever(self) -> Retriever:
        """Returns the open index with the embedder."""
        from rag.index.build import settings_of
        from rag.index.store.backends import manifest_of, open_store
        from rag.search.retrieve import Retriever

        manifest_of(self.config)  # before a model is fetched
        store = open_store(self.config, settings_of(self.config, self.embedder))
        return Retriever(store, self.embedder, self.config.retrieval)
