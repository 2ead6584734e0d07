"""The operands that the generator copied → rows: each figure is looked for in the line that was named, and read there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from rag.answer.choose import Piece
from rag.answer.locate import Located, locate, whole_figure
from rag.gather.candidates import Candidate, fitted
from rag.gather.gather import Gathered
from rag.gather.operands import Operand, Operands, Printed
from rag.gather.plan import Plan, Term
from rag.language.figures import figures_of, names_row, sort_of, time_at
from rag.language.quantities import Quantity, unit_of
from rag.language.text import fold
from rag.language.when import When, times_in


def plan_of(taken: Operands, question: str) -> Plan:
    """What is done with the operands."""
    return Plan(taken.operation, question, tuple(Term(one.label, label=one.label) for one in taken.operands), ends=taken.ends)


def gathered(taken: Operands, lines: Sequence[Piece]) -> list[Gathered]:
    """A row for each operand; one without a figure where a figure of it stands in no line."""
    score = log_odds_of(taken)
    return [_row(one, lines, score, words=taken.operation == "each") for one in taken.operands]


def log_odds_of(taken: Operands) -> float:
    """The log odds that all operands are right, by how sure the generator is of what it wrote."""
    weights = fitted()["operands"]
    return weights["constant"] + weights["surely"] * (taken.log_probability if taken.log_probability is not None else weights["usual"])


def _row(operand: Operand, lines: Sequence[Piece], score: float, *, words: bool) -> Gathered:
    term = Term(operand.label, label=operand.label)
    found = [(one.sign, _figure(one, lines)) for one in operand.figures]
    figures = tuple((sign, figure) for sign, figure in found if figure)
    if figures and len(figures) == len(found):
        first = figures[0][1]
        return Gathered(_timed(term, first.piece), first, score, parts=figures if len(figures) > 1 else ())
    if words and len(operand.figures) == 1 and (located := _words(operand.figures[0], lines)):
        return Gathered(term, None, score, words=located)
    return Gathered(term, None)


def _timed(term: Term, piece: Piece) -> Term:
    """A term whose label is a time knows which."""
    times = times_in(term.label, piece.article.date)
    if len(times) == 1 and (times[0].start, times[0].end) == (0, len(term.label)):
        return replace(term, when=times[0].when, label=times[0].when.label)
    return term


def _near(printed: Printed, lines: Sequence[Piece]) -> Iterator[Piece]:
    """The line that was named, then those beside it."""
    order = sorted(range(len(lines)), key=lambda at: abs(at - printed.line))
    return (lines[at] for at in order)


def _words(printed: Printed, lines: Sequence[Piece]) -> Located | None:
    return next((found for piece in _near(printed, lines) if (found := locate(printed.words, [piece]))), None)


def _figure(printed: Printed, lines: Sequence[Piece]) -> Candidate | None:
    for piece in _near(printed, lines):
        if candidate := _in_line(printed.words, piece):
            return candidate
    return None


def _in_line(words: str, piece: Piece) -> Candidate | None:
    """The figure of a line that some words are; in a row of a table not in the cell that names it."""
    text, wanted = fold(piece.text), fold(words)
    figures = [one for one in figures_of(piece.text) if not names_row(piece.text, one.start)]
    at = text.find(wanted)
    while at >= 0:
        end = at + len(wanted)
        inside = [one for one in figures if at < one.end and one.start < end]
        cuts = any(one.start < at or (one.end > end and text[end : end + 1].isdigit()) for one in inside)
        if len(inside) == 1 and not cuts:
            return _candidate(piece, inside[0])
        at = text.find(wanted, at + 1)
    return None


def _candidate(piece: Piece, figure: Quantity) -> Candidate:
    whole = whole_figure(piece, figure.start, figure.end)
    when = time_at(piece.text, figure.start, piece.article.date)
    return Candidate(piece, whole.start, whole.end, figure.value, sort_of(figure), unit_of(piece.text, figure), when, 0.0)


def moments(taken: Operands, lines: Sequence[Piece]) -> list[tuple[Term, Piece | None, When | None]]:
    """For operands that are days: the line and the time of each."""
    return [(Term(one.label, label=one.label), *_moment(one, lines)) for one in taken.operands]


def _moment(operand: Operand, lines: Sequence[Piece]) -> tuple[Piece | None, When | None]:
    for printed in operand.figures[:1]:
        for piece in _near(printed, lines):
            at = fold(piece.text).find(fold(printed.words))
            for time in times_in(piece.text, piece.article.date) if at >= 0 else ():
                if time.start < at + len(printed.words) and at < time.end:
                    return piece, time.when
    return None, None
