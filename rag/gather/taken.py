"""The operands that the generator copied → rows: each figure is looked for in the line that was named, and read there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from rag.answer.choose import Piece
from rag.answer.locate import locate, whole_figure
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
    figures = tuple((one.sign, figure) for one in operand.figures if (figure := _figure(one, lines)))
    if figures and len(figures) == len(operand.figures) and figures[0][0] > 0:
        first = figures[0][1]
        return Gathered(_timed(term, first.piece), first, score, parts=figures if len(figures) > 1 else ())
    if words and len(operand.figures) == 1 and (located := locate(operand.figures[0].words, _line_of(operand.figures[0], lines))):
        return Gathered(term, None, score, words=located)
    return Gathered(term, None)


def _timed(term: Term, piece: Piece) -> Term:
    """A term whose label is a time knows which."""
    times = times_in(term.label, piece.article.date)
    if len(times) == 1 and (times[0].start, times[0].end) == (0, len(term.label)):
        return replace(term, when=times[0].when, label=times[0].when.label)
    return term


def _line_of(printed: Printed, lines: Sequence[Piece]) -> Sequence[Piece]:
    """The line that was named; none for a number that no line has. What stands in another line only is not taken from there."""
    return lines[printed.line : printed.line + 1] if printed.line >= 0 else ()


def _figure(printed: Printed, lines: Sequence[Piece]) -> Candidate | None:
    """The figure of its line that some words are; in a row of a table not in the cell that names it."""
    for piece in _line_of(printed, lines):
        text, wanted = fold(piece.text), fold(printed.words)
        figures = [one for one in figures_of(piece.text) if not names_row(piece.text, one.start)]
        for match in re.finditer(re.escape(wanted), text) if wanted else ():
            inside = [one for one in figures if match.start() < one.end and one.start < match.end()]
            if len(inside) == 1 and not _is_cut(text, inside[0], *match.span()):
                return _candidate(piece, inside[0])
    return None


def _is_cut(text: str, figure: Quantity, start: int, end: int) -> bool:
    """Whether ``text[start:end]`` is a part of a longer figure."""
    return figure.start < start or (figure.end > end and text[end : end + 1].isdigit())


def _candidate(piece: Piece, figure: Quantity) -> Candidate:
    whole = whole_figure(piece, figure.start, figure.end)
    when = time_at(piece.text, figure.start, piece.article.date)
    return Candidate(piece, whole.start, whole.end, figure.value, sort_of(figure), unit_of(piece.text, figure), when, 0.0)


def moments(taken: Operands, lines: Sequence[Piece]) -> list[tuple[Term, Piece | None, When | None]]:
    """For operands that are days: the line and the time of each."""
    return [(Term(one.label, label=one.label), *_moment(one, lines)) for one in taken.operands]


def _moment(operand: Operand, lines: Sequence[Piece]) -> tuple[Piece | None, When | None]:
    for printed in operand.figures[:1]:
        for piece in _line_of(printed, lines):
            at = fold(piece.text).find(fold(printed.words))
            for time in times_in(piece.text, piece.article.date) if at >= 0 else ():
                if time.start < at + len(printed.words) and at < time.end:
                    return piece, time.when
    return None, None
