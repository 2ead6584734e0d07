"""Plan → rows: each term is searched, read and given its figure; a plan without terms gathers every sentence that answers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from rag.answer.locate import Located
from rag.answer.tables import row_name
from rag.gather.candidates import Candidate, candidates, chance_of, with_generator_votes
from rag.gather.compute import Value, signed
from rag.gather.operation import log_odds
from rag.gather.plan import ARITHMETIC, OVER_SERIES, Plan, SubQuestion, asks_fact
from rag.gather.rows import choose_jointly, likeness
from rag.gather.sub_questions import SubQuestionReader
from rag.language.quantities import is_rounded
from rag.search.query import Query

_LOOKED_AT = 12  # sentences for one figure
_EXACT_DIGITS = 4
_CLEAR = (0.02, 0.95)  # probabilities of the likeliest figure beyond which the generator is not asked


@dataclass(frozen=True)
class SubQuestionResult:
    """The figure (or the words of a fact) found for one sub-question, with its log odds and the figures that other reports give."""

    term: SubQuestion
    found: Candidate | None
    score: float = -math.inf
    others: tuple[Candidate, ...] = ()
    words: Located | None = None
    parts: tuple[tuple[int, Candidate], ...] = ()

    @property
    def chance(self) -> float:
        """Returns the probability that the figure is the one that is asked for."""
        return chance_of(self.score)

    @property
    def value(self) -> Value | None:
        """Returns what is computed with; ``None`` if it is no figure. Raises :class:`CannotComputeError` if its parts do not add up.
        """
        parts = self.parts or (((1, self.found),) if self.found else ())
        values = [(sign, Value(part.value, part.kind, part.unit, is_rounded(part.shown))) for sign, part in parts]
        return signed(values) if values else None


def gather_terms(plan: Plan, query: Query, asker: SubQuestionReader, least: float) -> list[SubQuestionResult]:
    """Returns the figure of each term of a plan; none where no figure answers with a probability of at least ``least``."""
    lists = [_candidates(term, query, asker) for term in plan.terms]
    chosen = choose_jointly(lists, of_one_measure=plan.operation in ARITHMETIC | OVER_SERIES)
    rows = []
    for number, (term, found, best) in enumerate(zip(plan.terms, lists, chosen, strict=True)):
        if best is None:
            rows.append(SubQuestionResult(term, None))
        elif chance_of(best[1]) < least or _is_told_better(number, plan.terms, chosen):
            rows.append(SubQuestionResult(term, None, best[1]))
        else:
            rows.append(SubQuestionResult(_as_row(term, best[0]), best[0], best[1], tuple(_same_report(best[0], found))))
    return rows


def gather_facts(plan: Plan, query: Query, asker: SubQuestionReader, least: float) -> list[SubQuestionResult]:
    """Returns the figure or the words that answer each term of a plan; none where nothing answers surely enough, a figure from
    ``least`` on.
    """
    figures = replace(plan, terms=tuple(term for term in plan.terms if not asks_fact(term.question)))
    rows = {row.term.question: row for row in gather_terms(figures, query, asker, least)}
    return [rows.get(term.question) or _fact(term, query, asker) for term in plan.terms]


def _fact(term: SubQuestion, query: Query, asker: SubQuestionReader) -> SubQuestionResult:
    """Returns the words that answer a term, as likely right as a single answer has to be."""
    words, chance = asker.look_up(term, query) or (None, 0.0)
    return SubQuestionResult(term, None, log_odds(chance), words=words if chance >= asker.settings.min_chance else None)


def _candidates(term: SubQuestion, query: Query, asker: SubQuestionReader) -> list[Candidate]:
    pieces = asker.read(term, query, _LOOKED_AT)
    found = candidates(pieces, term)
    is_clear = not found or not _CLEAR[0] < chance_of(found[0].score) < _CLEAR[1]
    return found if is_clear else with_generator_votes(found, asker.words(term, pieces))


def _as_row(term: SubQuestion, found: Candidate) -> SubQuestion:
    """Returns a term that a row of a table answers is called as the row is, unless it is told apart by its time."""
    if not found.piece.is_row or (term.when and term.label == term.when.label):
        return term
    return replace(term, label=row_name(found.piece.text))


def _is_told_better(number: int, terms: Sequence[SubQuestion], chosen: Sequence[tuple[Candidate, float] | None]) -> bool:
    """Tells whether the figure of a term was found for another one too, with higher odds (or as high, and before it).

    That is the very same one, or as much in another report: for the same time, such as a part that is taken for the whole, or in
    so many digits that another time hardly had the same.
    """
    own = chosen[number]
    assert own is not None
    rivals = [(other[1], -at) for at, other in enumerate(chosen) if other and at != number and (
        _place(other[0]) == _place(own[0]) or (_amount(other[0]) == _amount(own[0]) and (
            terms[at].when == terms[number].when or _is_exact(own[0].value))))]
    return any(rival > (own[1], -number) for rival in rivals)


def _is_exact(value: Fraction) -> bool:
    """Tells whether a figure has so many digits that two things hardly have the same by chance.

    >>> _is_exact(Fraction("67.58")), _is_exact(Fraction("5.3")), _is_exact(Fraction(3000000))
    (True, False, False)
    """
    digits = f"{float(value):.6f}".replace(".", "").strip("0")
    return len(digits) >= _EXACT_DIGITS


def _amount(one: Candidate) -> tuple[Fraction, tuple[str, str]]:
    return one.value, one.measure


def _place(one: Candidate) -> tuple[str, int]:
    return one.piece.passage.passage_id, one.piece.start + one.start


def _same_report(best: Candidate, found: Sequence[Candidate]) -> list[Candidate]:
    """Returns the figures that other sentences give for the same: of the same measure, told in much the same words."""
    return [one for one in found if one.piece is not best.piece and one.measure == best.measure
            and (one.value == best.value or likeness(one, best) > 0.6)]
