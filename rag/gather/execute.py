"""Computes an answer from operands that the generator copied, or by executing a plan of sub-questions."""

from __future__ import annotations

from collections.abc import Sequence

from rag.answer.choose import CandidateSentence
from rag.gather.answer import tell, tell_events, tell_first, tell_latest, tell_moments, tell_reports, tell_times
from rag.gather.candidates import chance_of
from rag.gather.compute import CannotComputeError
from rag.gather.draft import with_chinese_names_and_times
from rag.gather.gather import SubQuestionResult, gather_facts, gather_terms
from rag.gather.ground_operands import ground_operands, log_odds_of, moments, plan_of, terms_of
from rag.gather.operands import Operands
from rag.gather.plan import ARITHMETIC, OVER_EVENTS, OVER_SERIES, Plan, SubQuestion, make_plan
from rag.gather.prompts import DraftedPlan
from rag.gather.sub_questions import SubQuestionReader
from rag.gather.survey import by_day, events, reports
from rag.gather.tell import Named
from rag.language.when import When, times_in
from rag.records import Answer
from rag.search.query import Query

READ_AT_ONCE = ARITHMETIC | OVER_SERIES | {"each", "apart", "first", "list", "count"}  # what a few sentences or a table may tell
_SURVEYED, _READ_ALONE = 60, 24  # sentences that are looked at to list all that answer, and read by themselves
_OF_AN_EVENT = 20  # sentences that are looked at for each event
_TAKEN = 0.4  # probability from which a figure is a row


def compute_if_sure(
    taken: Operands | None, lines: Sequence[CandidateSentence], query: Query, asker: SubQuestionReader, named: Named,
    operation: str = "",
) -> Answer | None:
    """Returns the answer computed from the generator's operands if none is missing, all come from one article, and its confidence
    reaches ``answering.min_computed``; else ``None``. Figures of several reports are looked for one by one instead.

    ``taken``: the operands that the generator copied from ``lines``; ``operation``: what is to be computed, if the client said so.
    """
    answer = compute_from_operands(taken, lines, query, named) if taken else None
    if answer is None or answer.refused or answer.missing or operation not in ("", answer.operation):
        return None
    is_of_one_report = len({citation.article_id for citation in answer.citations}) == 1
    return answer if is_of_one_report and answer.chance >= asker.settings.min_computed else None


def compute_from_operands(taken: Operands, lines: Sequence[CandidateSentence], query: Query, named: Named) -> Answer | None:
    """Computes the answer from the operands that the generator copied from one prompt.

    ``None`` if it chose ``lookup``, if a figure is of another period, or if the figures cannot be combined.
    """
    if taken.operation == "lookup":
        return None
    question, language = with_chinese_names_and_times(query), query.language
    if taken.operation in OVER_EVENTS:
        plan = plan_of(taken, terms_of(taken), question)
        return tell_moments(plan, moments(taken, lines), language, named, chance_of(log_odds_of(taken)))
    rows = ground_operands(taken, lines)
    plan = plan_of(taken, [row.term for row in rows], question)
    if _of_another_time(plan, rows):
        return None
    try:
        return tell(plan, rows, language, named)
    except CannotComputeError:  # figures that do not add up to one thing were taken for it
        return None


def _of_another_time(plan: Plan, rows: Sequence[SubQuestionResult]) -> bool:
    """Tells whether a figure is of another period than those that the question names and what lies between them.

    A question that names a single year may compare it with another (in each row of a table), or ask what came since.
    """
    named = [time.when for time in times_in(plan.question) if time.when.year]
    compares = any(sign < 0 for row in rows for sign, _ in row.parts)
    is_closed = (plan.operation in OVER_SERIES - {"series"} and not compares) or len({when.year for when in named}) > 1
    figures = [figure for row in rows for figure in (row.found, *(part for _, part in row.parts)) if figure]
    told = [figure.when for figure in figures if figure.when and figure.when.year]
    return bool(named) and is_closed and any(
        not any(when.covers(own) or own.covers(when) for when in named) and not (plan.operation in OVER_SERIES and _between(own, named))
        for own in told)


def _between(when: When, named: Sequence[When]) -> bool:
    """Tells whether a time lies between the first and the last of some times.

    >>> _between(When(2021, 1, 12), [When(2019, 1, 12), When(2023, 1, 12)])
    True
    """
    own, periods = when.period, [other.period for other in named if other.period]
    return bool(own and periods and min(one.start for one in periods) <= own.start and own.end <= max(one.end for one in periods))


def execute_plan(drafted: DraftedPlan, query: Query, asker: SubQuestionReader, named: Named) -> Answer | None:
    """Executes a drafted plan and computes the answer: retrieves and reads each sub-question, or surveys all reports.

    ``None`` if the plan cannot be executed or the survey finds nothing. ``named`` puts a Chinese label into the question's language.
    """
    plan, language = make_plan(drafted, with_chinese_names_and_times(query)), query.language
    if plan.terms and plan.operation in OVER_EVENTS:
        return tell_times(plan, [(term, asker.read(term, query, _OF_AN_EVENT)) for term in plan.terms], language, named)
    told: Answer | None = None
    if plan.terms:
        gather = gather_facts if plan.operation == "each" else gather_terms
        told = tell(plan, gather(plan, query, asker, _TAKEN), language, named)
        if plan.operation != "rank" or told.derived:
            return told
    is_first_report = plan.operation == "first" and len(drafted.parts) < 2
    if plan.operation in ARITHMETIC | OVER_EVENTS | {"each"} and not is_first_report:
        return None
    term = plan.topic
    if plan.within:
        rows = by_day(plan, asker.survey(term, query, _SURVEYED, _READ_ALONE, plan.within))
        return tell(plan, rows, language, named) if rows else None
    if plan.operation in ("latest", "first"):
        pieces = asker.search_later_or_earlier(term, query, _SURVEYED, _READ_ALONE, later=plan.operation == "latest")
    else:
        pieces = asker.survey(term, query, _SURVEYED, _READ_ALONE)
    surveyed = _surveyed(plan, term, pieces, language, named)
    return surveyed if surveyed and (surveyed.derived or not (told and told.rows)) else told


def _surveyed(plan: Plan, term: SubQuestion, pieces: Sequence[CandidateSentence], language: str, named: Named) -> Answer | None:
    if plan.operation in ("list", "count"):
        return tell_events(plan, events(pieces, term.when), language)
    if plan.operation == "first":
        return tell_first(plan, pieces, language)
    rows = reports(plan, pieces, term.when)
    if plan.operation == "latest":
        return tell_latest(plan, rows, language)
    return tell_reports(plan, rows, language, named) if rows else None
