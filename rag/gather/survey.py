"""Every sentence that answers, instead of the one that answers best: events to list and count, reports to compare, rows of a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.answer.choose import CandidateSentence
from rag.answer.locate import clause_of
from rag.gather.candidates import Candidate, candidates
from rag.gather.gather import SubQuestionResult
from rag.gather.plan import Plan, SubQuestion
from rag.gather.sub_questions import answers
from rag.language.dates import in_chinese
from rag.language.text import letter_pairs
from rag.language.when import When, day_of, times_in
from rag.records import headline

_ONE_EVENT = 0.3  # of the words that answer, from which two sentences tell of one event
_BEHIND = 4.0  # log odds behind the best figure from which one is not looked at
_AS_WELL = 2.0  # log odds behind the likeliest sentence within which another tells as well
_SHOWN = 40  # characters of an event that are shown


@dataclass(frozen=True, eq=False)
class Event:
    """A sentence that tells of an event: its words, and its day, month or year."""

    piece: CandidateSentence
    start: int
    end: int
    when: When | None

    @property
    def words(self) -> str:
        """Returns the words that answer."""
        return self.piece.text[self.start : self.end]


def reports(plan: Plan, pieces: Sequence[CandidateSentence], asked: When | None) -> list[SubQuestionResult]:
    """Returns the figures that reports give for one thing, each value once, the best first, with the odds that its sentence answers by
    itself; one without a time is that of its paper's day.
    """
    found = _of_one_thing(candidates([piece for piece in pieces if answers(piece)], SubQuestion(plan.question, asked)))
    rows: list[SubQuestionResult] = []
    for one in found:
        same = next((at for at, row in enumerate(rows) if row.found and row.found.value == one.value), None)
        if same is None:
            when = one.when or day_of(one.piece.article.date)
            rows.append(SubQuestionResult(SubQuestion(plan.question, when, when.label if when else ""), one, one.piece.log_odds_alone))
        else:
            rows[same] = replace(rows[same], others=(*rows[same].others, one))
    return rows


def by_day(plan: Plan, pieces: Sequence[CandidateSentence]) -> list[SubQuestionResult]:
    """Returns the figure that the reports of each day give for one thing, in order of time."""
    days: dict[str, SubQuestionResult] = {}
    assert plan.within, "a plan of days"
    for one in _of_one_thing(candidates([piece for piece in pieces if answers(piece)], plan.topic)):
        told = one.when if one.when and one.when.day and plan.within.since <= one.when.iso < plan.within.until else None
        day = told or day_of(one.piece.article.date)
        if day:
            days.setdefault(day.iso, SubQuestionResult(SubQuestion(plan.topic.question, day, day.label), one, one.piece.log_odds_alone))
    return [days[day] for day in sorted(days)]


def events(pieces: Sequence[CandidateSentence], when: When | None) -> list[Event]:
    """Returns the events that sentences tell of, each once, in order of time; ``pieces`` come likeliest first."""
    found: list[Event] = []
    for piece in filter(answers, pieces):
        one = Event(piece, *_words_of(piece), time_of(piece))
        if when and one.when and not (when.covers(one.when) or one.when.covers(when)):
            continue
        if not any(_same_event(one, other) for other in found):
            found.append(one)
    return sorted(found, key=lambda one: (_day(one), one.start))


def first_told(pieces: Sequence[CandidateSentence], asked: When | None = None) -> CandidateSentence | None:
    """Returns the earliest of the sentences that tell of an event about as well as the likeliest one: events are reported when they
    happen.

    A report of what is to come yields to one of what has happened. ``asked``: the time in which it was, as the question tells.
    """
    timely = [piece for piece in pieces if piece.timely and not (asked and (when := time_of(piece)) and not asked.covers(when))]
    close = [piece for piece in timely if piece.score > timely[0].score - _AS_WELL and piece.article.date]
    return min(close, key=lambda piece: (bool(_to_come(piece)), piece.article.date), default=timely[0] if timely else None)


def time_of(piece: CandidateSentence) -> When | None:
    """Returns the time of what a sentence tells: one that is yet to come, else the narrowest that it names, else the day of its paper.
    """
    written = [time.when for time in times_in(in_chinese(piece.article.date))]
    meant = _to_come(piece) or [*_named(piece), *written]
    return min(meant, key=lambda when: (not when.day, when.last - when.first), default=None)


def _named(piece: CandidateSentence) -> list[When]:
    return [time.when for time in times_in(piece.text, piece.article.date) if time.when.year]


def _to_come(piece: CandidateSentence) -> list[When]:
    """Returns the times of a sentence, if all lie after the day of its paper."""
    day, named = piece.article.date, _named(piece)
    return named if all(day and when.period and when.period.start.isoformat() > day for when in named) else []


def _of_one_thing(found: Sequence[Candidate]) -> list[Candidate]:
    """Returns the likeliest figure of each sentence, where it measures the same as the likeliest of all."""
    of_sentence = {id(one.piece): one for one in reversed(found)}
    return [one for one in found if one is of_sentence[id(one.piece)] and one.score > found[0].score - _BEHIND
            and one.measure == found[0].measure]


def _words_of(piece: CandidateSentence) -> tuple[int, int]:
    """Returns the clauses around the words that answer: those that the generator takes, else those that the reader finds."""
    first, last = piece.generator_spans[0] if piece.generator_spans else (piece.span.start, max(piece.span.end, piece.span.start + 1))
    start, end = clause_of(piece.text, first, last, _SHOWN)
    return (start, end) if end - start <= _SHOWN else (first, last)


def _same_event(one: Event, other: Event) -> bool:
    if one.when and other.when and not (one.when.covers(other.when) or other.when.covers(one.when)):
        return False
    left, right = (letter_pairs(f"{headline(event.piece.article)}{event.piece.text}") for event in (one, other))
    inner, outer = letter_pairs(one.words), letter_pairs(other.words)
    return _share(left, right) > _ONE_EVENT or _share(inner, outer) > 2 * _ONE_EVENT


def _share(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / (min(len(one), len(other)) or 1)


def _day(event: Event) -> str:
    return event.when.iso if event.when else event.piece.article.date
