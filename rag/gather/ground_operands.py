"""The operands that the generator copied → rows: each figure is looked for in the line that was named, and read there."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace

from rag.answer.choose import CandidateSentence
from rag.answer.locate import locate, whole_figure
from rag.answer.tables import cell_under, is_total, row_name
from rag.gather.candidates import Candidate, fitted
from rag.gather.gather import SubQuestionResult
from rag.gather.operands import CopiedFigure, Operand, Operands
from rag.gather.plan import OVER_SERIES, Plan, SubQuestion
from rag.language.figures import CELLS, figures_of, names_row, sort_of, time_at
from rag.language.quantities import Quantity, unit_of
from rag.language.text import fold
from rag.language.when import When, bare_days, times_in

_SUMMED = 3  # rows of which one may be the total


def plan_of(taken: Operands, terms: Sequence[SubQuestion], question: str) -> Plan:
    """Returns what is done with some terms."""
    return Plan(taken.operation, question, tuple(terms), ends=taken.ends, condition=taken.condition)


def terms_of(taken: Operands) -> list[SubQuestion]:
    """Returns a term for each operand."""
    return [SubQuestion(one.label, label=one.label) for one in taken.operands]


def ground_operands(taken: Operands, lines: Sequence[CandidateSentence]) -> list[SubQuestionResult]:
    """Turns the operands into results, one for each; a figure that is not in the line that was named is missing."""
    score = log_odds_of(taken)
    return [row for operand in taken.operands for row in _rows_of(operand, lines, score, taken.operation)]


def _rows_of(operand: Operand, lines: Sequence[CandidateSentence], score: float, operation: str) -> list[SubQuestionResult]:
    if operation in OVER_SERIES and any(one.last is not None for one in operand.figures):
        every = _of_whole_table(operand, lines) if operation == "rank" else operand
        return without_total([_row(one, lines, score) for one in _each_row(every, lines)])
    cells = [cell for one in operand.figures for cell in _cells_of(one, lines) if not _is_empty(cell, lines)]
    return [_row(replace(operand, figures=tuple(cells)), lines, score, words=operation == "each")]


def _of_whole_table(operand: Operand, lines: Sequence[CandidateSentence]) -> Operand:
    """Returns the same over all rows of its table but totals: what ranks is the highest of all."""
    rows = [at for one in operand.figures[:1] for at in _rows_at(one, lines)]
    inside = range(operand.figures[0].line, (operand.figures[0].last or 0) + 1)
    kept = [at for at in rows if not is_total(lines[at].text)]
    if not kept or any((one.line, one.last) != (inside.start, inside.stop - 1) for one in operand.figures):
        return operand
    return replace(operand, figures=tuple(replace(one, line=at, last=at) for one in operand.figures for at in kept))


def _rows_at(printed: CopiedFigure, lines: Sequence[CandidateSentence]) -> range:
    """Returns the lines of the table in which a line stands."""
    if not 0 <= printed.line < len(lines) or not lines[printed.line].is_row:
        return range(0)
    source = lines[printed.line].article.article_id
    first = last = printed.line
    while first and lines[first - 1].is_row and lines[first - 1].article.article_id == source:
        first -= 1
    while last + 1 < len(lines) and lines[last + 1].is_row and lines[last + 1].article.article_id == source:
        last += 1
    return range(first, last + 1)


def _each_row(operand: Operand, lines: Sequence[CandidateSentence]) -> list[Operand]:
    rows: dict[int, list[CopiedFigure]] = {}
    for one in operand.figures:
        for cell in _cells_of(one, lines):
            rows.setdefault(cell.line, []).append(cell)
    names = [*(row_name(line.text) for line in lines), "…"]
    whole = {line: cells for line, cells in sorted(rows.items()) if not any(_is_empty(cell, lines) for cell in cells)}
    return [Operand(names[line], tuple(cells)) for line, cells in whole.items()]


def _cells_of(printed: CopiedFigure, lines: Sequence[CandidateSentence]) -> list[CopiedFigure]:
    """Returns the cells of a column; the first row that is not shown is one too, whose figure is nowhere."""
    if printed.last is None:
        return [printed]
    rows = range(max(printed.line, 0), min(printed.last + 1, len(lines)))
    found = [replace(printed, line=row, last=row) for row in rows]
    return [*found, replace(printed, line=len(lines))] if rows and _is_cut_off(lines[rows[-1]], lines) else found


def _is_empty(printed: CopiedFigure, lines: Sequence[CandidateSentence]) -> bool:
    """Tells whether a row has a cell under a header without a digit in it; a line without such a cell is no row of that table."""
    row = lines[printed.line] if printed.last is not None and printed.line < len(lines) else None
    cell = cell_under(row.text, printed.words) if row else None
    return bool(row and cell and not re.search(r"\d", row.text[slice(*cell)]))


def _is_cut_off(row: CandidateSentence, lines: Sequence[CandidateSentence]) -> bool:
    """Tells whether a table goes on below a row with one that is not shown."""
    below = row.article.text[row.end :].lstrip("\n").split("\n", 1)[0]
    return CELLS in below and below not in [line.text for line in lines]


def _figure_in(piece: CandidateSentence, cell: tuple[int, int]) -> Quantity | None:
    """Returns the first figure of a part of a row."""
    return next((one for one in figures_of(piece.text) if cell[0] <= one.start < cell[1]), None)


def without_total(rows: Sequence[SubQuestionResult]) -> list[SubQuestionResult]:
    """Returns the rows of a column without one that holds the sum of the others, if there are at least three."""
    counted = [row.found for row in rows if row.found and not row.parts and row.found.kind == "number"]
    if len(counted) < max(len(rows), _SUMMED):
        return list(rows)
    whole = sum(one.value for one in counted)
    return [row for row, one in zip(rows, counted, strict=True) if 2 * one.value != whole]


def log_odds_of(taken: Operands) -> float:
    """Returns the log odds that all operands are right, by how sure the generator is of what it wrote."""
    weights = fitted()["operands"]
    return weights["constant"] + weights["surely"] * (taken.log_probability if taken.log_probability is not None else weights["usual"])


def _row(operand: Operand, lines: Sequence[CandidateSentence], score: float, *, words: bool = False) -> SubQuestionResult:
    term = SubQuestion(operand.label, label=operand.label)
    figures = tuple((one.sign, figure) for one in operand.figures if (figure := _figure(one, lines)))
    is_whole = figures and len(figures) == len(operand.figures) and figures[0][0] > 0
    if words and len(operand.figures) == 1 and not (is_whole and len(operand.figures[0].words) <= len(figures[0][1].shown)):
        located = locate(operand.figures[0].words, _line_of(operand.figures[0], lines))
        return SubQuestionResult(term, None, score if located else -math.inf, words=located)
    if is_whole and not any(_contradicts(term, figure) for _, figure in figures):
        first = figures[0][1]
        return SubQuestionResult(_timed(term, first.piece), first, score, parts=figures if len(figures) > 1 else ())
    return SubQuestionResult(term, None)


def _contradicts(term: SubQuestion, figure: Candidate) -> bool:
    """Tells whether a label names one time and its figure is told for another."""
    named = [time.when for time in times_in(term.label, figure.piece.article.date)]
    when = figure.when
    return when is not None and len(named) == 1 and not (named[0].covers(when) or when.covers(named[0]))


def _timed(term: SubQuestion, piece: CandidateSentence) -> SubQuestion:
    """Returns a term whose label is a time knows which."""
    times = times_in(term.label, piece.article.date)
    if len(times) == 1 and (times[0].start, times[0].end) == (0, len(term.label)):
        return replace(term, when=times[0].when, label=times[0].when.label)
    return term


def _line_of(printed: CopiedFigure, lines: Sequence[CandidateSentence]) -> Sequence[CandidateSentence]:
    """Returns the line that was named; none for a number that no line has. What stands in another line only is not taken from there.
    """
    return lines[printed.line : printed.line + 1] if printed.line >= 0 else ()


def _figure(printed: CopiedFigure, lines: Sequence[CandidateSentence]) -> Candidate | None:
    """Returns the figure of its line that some words are, or that stands under them in a table; in a row not in the cell that names
    it.
    """
    for piece in _line_of(printed, lines):
        if printed.last is not None:
            cell = cell_under(piece.text, printed.words)
            inside = _figure_in(piece, cell) if cell else None
            return _candidate(piece, inside) if inside else None
        text, wanted = fold(piece.text), fold(printed.words)
        figures = [one for one in figures_of(piece.text) if not names_row(piece.text, one.start)]
        for match in re.finditer(re.escape(wanted), text) if wanted else ():
            met = [one for one in figures if match.start() < one.end and one.start < match.end()]
            if len(met) == 1 and not _is_cut(text, met[0], *match.span()):
                return _candidate(piece, met[0])
    return None


def _is_cut(text: str, figure: Quantity, start: int, end: int) -> bool:
    """Tells whether ``text[start:end]`` is a part of a longer figure."""
    return figure.start < start or (figure.end > end and text[end : end + 1].isdigit())


def _candidate(piece: CandidateSentence, figure: Quantity) -> Candidate:
    whole = whole_figure(piece, figure.start, figure.end)
    when = time_at(piece.text, figure.start, piece.article.date)
    return Candidate(piece, whole.start, whole.end, figure.value, sort_of(figure), unit_of(piece.text, figure), when, 0.0)


def moments(taken: Operands, lines: Sequence[CandidateSentence]) -> list[tuple[SubQuestion, CandidateSentence | None, When | None]]:
    """For operands that are days: the line and the time of each."""
    return [(term, *_moment(one, lines)) for term, one in zip(terms_of(taken), taken.operands, strict=True)]


def _moment(operand: Operand, lines: Sequence[CandidateSentence]) -> tuple[CandidateSentence | None, When | None]:
    for printed in operand.figures[:1]:
        for piece in _line_of(printed, lines):
            at = fold(piece.text).find(fold(printed.words))
            named = [*times_in(piece.text, piece.article.date), *bare_days(piece.text, piece.article.date)]
            for time in named if at >= 0 else ():
                if time.start < at + len(printed.words) and at < time.end:
                    return piece, time.when
    return None, None
