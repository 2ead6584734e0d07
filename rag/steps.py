"""The steps from a question to its answer; :meth:`rag.Rag.stream` runs them over the parts of an open archive.

::

    question ─▶ find sentences ─▶ look up ─▶ read a computation at once ─▶ plan, gather ─▶ Answer
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Generator as Yields
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from rag.answer import choose_pieces, refuse_instead, write_answer
from rag.answer.choose import CandidateSentence
from rag.answer.word import label_in_english
from rag.gather.draft import ASKED_FROM, Planned, draft_plan, plan_question, with_chinese_names_and_times
from rag.gather.execute import READ_AT_ONCE, compute_if_sure, execute_plan
from rag.gather.operands import Operands, lines_to_read, take_operands
from rag.gather.operation import one_sentence_confidence, updated_by_operands
from rag.gather.prompts import DraftedPlan
from rag.gather.sub_questions import SubQuestionReader
from rag.generate import Generator, Stoppable
from rag.records import Answer, Event, EvidenceFound, Hit, Stage
from rag.search.query import Query
from rag.search.retrieve import Retriever

if TYPE_CHECKING:
    from rag.config import Config
    from rag.language.names import Names
    from rag.reader import Reader

PASSAGES = 20  # likeliest passages among whose sentences the evidence is chosen


class Clock:
    """Seconds of each step, and until the first text."""

    def __init__(self) -> None:
        self._began = self._last = time.perf_counter()
        self._laps: dict[str, float] = {}

    def lap(self, name: str) -> None:
        """Ends a step; one that comes again is added to."""
        now = time.perf_counter()
        self._laps[name], self._last = self._laps.get(name, 0.0) + now - self._last, now

    def first(self, name: str) -> None:
        """Marks the moment of something that happens several times."""
        self._laps.setdefault(name, time.perf_counter() - self._began)

    def seconds(self) -> dict[str, float]:
        """Returns the seconds of each step, and in all (``total``)."""
        return {**self._laps, "total": time.perf_counter() - self._began}


class Opened(Protocol):
    """What the steps take of an open archive, which :class:`rag.Rag` is."""

    @property
    def config(self) -> Config:
        """Returns the settings."""

    @property
    def reader(self) -> Reader:
        """Judges sentences."""

    @property
    def known_names(self) -> Names:
        """Returns the English names that the dictionary has."""

    def classify(self, query: Query, operation: str = "") -> tuple[str, float]:
        """See :meth:`rag.Rag.classify`."""

    def parse_query(self, query: str) -> Query:
        """See :meth:`rag.Rag.parse_query`."""

    def translated(self, query: Query, generator: Generator | None = None) -> Query:
        """See :meth:`rag.Rag.translated`."""


@dataclass(frozen=True)
class Evidence:
    """A question, translated where it needs to be, the passages that search finds for it and the sentences that may answer."""

    query: Query
    hits: Sequence[Hit]
    pieces: Sequence[CandidateSentence]


@dataclass(frozen=True)
class Steps:
    """One question on its way through an archive."""

    rag: Opened
    retriever: Retriever
    generator: Stoppable
    clock: Clock

    def answer(self, query: Query, operation: str = "") -> Iterator[Event]:
        """Yields what was found, the draft as it is written, then the checked answer.

        A question that probably needs one figure is answered from one sentence first; this answer stands if the probability of
        several figures is below 0.2, or if it is sure. Otherwise the generator copies the operands out of the retrieved sentences;
        if some are missing, the question is decomposed, and each sub-question is retrieved and read separately. If nothing can be
        computed, the one-sentence answer is used after all, as many differences and totals are printed, or the question is refused.

        ``operation``: what is to be computed, if the client said so.
        """
        found = yield from self._find(query)
        asks, several = self.rag.classify(query, operation)
        settings = self.rag.config.answering
        looked_up = None
        if several <= settings.work_out:
            looked_up = yield from self._looked_up(found)
            is_sure = not looked_up.refused and one_sentence_confidence(several, looked_up.chance) >= settings.min_alone
            if is_sure or several < ASKED_FROM or settings.work_out == 1:
                yield self._told(looked_up, found)
                return
        planned, worked_out = yield from self._worked_out(found, asks, several, operation)
        if worked_out is None or (worked_out.refused and not operation):
            looked_up = looked_up or (yield from self._looked_up(found))
            if planned.plan and one_sentence_confidence(planned.several, looked_up.chance) < settings.min_chance:
                looked_up = worked_out or refuse_instead(looked_up)
            worked_out = looked_up
        yield self._told(worked_out, found)

    def _worked_out(
        self, found: Evidence, asks: str, several: float, operation: str
    ) -> Yields[Event, None, tuple[Planned, Answer | None]]:
        """Returns what is worked out from the sentences that were found, or else from what is gathered by a plan; and that plan."""
        if asks in READ_AT_ONCE:
            answer, taken = self._at_once(found, operation)
            if answer:
                return Planned(None, several), answer
            several = several if operation else updated_by_operands(several, taken)
        planned = plan_question(found.query, asks, several, self.generator, self.rag.config.answering.work_out)
        self.clock.lap("plan")
        if planned.plan is None:
            return planned, None
        yield Stage("plan")
        return planned, self._gathered(planned.plan, found)

    def _find(self, query: Query) -> Yields[Event, None, Evidence]:
        rag = self.rag
        hits = self.retriever.search(query, max(rag.config.retrieval.k, PASSAGES))
        self.clock.lap("search")
        yield EvidenceFound(tuple(hits))
        yield Stage("translate")
        query = rag.translated(query, self.generator)
        self.clock.lap("translate")
        yield Stage("read")
        self.generator.check()
        pieces = choose_pieces(self.retriever, rag.reader, query, hits, rag.config.answering)
        self.clock.lap("read")
        return Evidence(query, hits, pieces)

    def _at_once(self, found: Evidence, operation: str = "") -> tuple[Answer | None, Operands | None]:
        """Returns what the sentences that were found tell, worked out, where they tell all of it; and what the generator took from
        them.
        """
        self.generator.check()
        lines = lines_to_read(found.pieces)
        taken = take_operands(found.query.localised or found.query.question, lines, self.generator) if lines else None
        answer = compute_if_sure(taken, lines, found.query, self._asker, self._in_english, operation)
        if answer and taken and taken.operation == "rank" and not self._same_end(taken, found.query):
            answer = None
        self.clock.lap("gather")
        return answer, taken

    def _same_end(self, taken: Operands, query: Query) -> bool:
        """Tells whether a plan of the question, drafted without the sentences, ranks from the same end: of ranks that were kept back
        from training the generator turns one in three round where it reads a table.
        """
        self.generator.check()
        plan = draft_plan(with_chinese_names_and_times(query), self.generator)
        return plan is None or plan.operation != "rank" or plan.ends == taken.ends

    def _gathered(self, plan: DraftedPlan, found: Evidence) -> Answer | None:
        """Returns what the parts of a plan give, each gathered for itself; ``None`` where the archive has nothing for them."""
        answer = execute_plan(plan, found.query, self._asker, self._in_english)
        self.clock.lap("gather")
        return answer

    def _looked_up(self, found: Evidence) -> Yields[Event, None, Answer]:
        """Returns the answer that one sentence holds."""
        settings = self.rag.config
        yield Stage("write")
        events = write_answer(
            self.generator, found.query, found.pieces, settings=settings.answering, max_tokens=settings.generation.max_new_tokens,
            known=self.rag.known_names)
        for event in events:
            if isinstance(event, Answer):
                self.clock.lap("write")
                return event
            self.clock.first("first_text")
            yield event
        raise AssertionError("what is looked up ends with an Answer")

    def _told(self, answer: Answer, found: Evidence) -> Answer:
        """Returns an answer with how it came about."""
        return replace(
            answer, search_question=found.query.localised, seconds=self.clock.seconds(), made_with=self._made_with(),
            retrieved=tuple((hit.passage.passage_id, round(hit.score, 4)) for hit in found.hits))

    def _made_with(self) -> dict[str, str]:
        manifest = self.retriever.store.manifest
        name = self.generator.name if self.generator.has_written else "none was needed"
        return {"index": manifest.generation, "embedder": manifest.settings.embedder, "generator": name}

    @property
    def _asker(self) -> SubQuestionReader:
        rag = self.rag
        return SubQuestionReader(self.retriever, rag.reader, self.generator, rag.parse_query, rag.config.answering,
                                 self.generator.check)

    @property
    def _in_english(self) -> Callable[[str], str]:
        """Puts a Chinese label into English."""
        return lambda label: label_in_english(self.generator, label, self.rag.known_names)
