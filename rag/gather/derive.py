"""The rows of an answer → what a plan asks to be worked out from them, and how that is said."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from rag.answer.choose import CandidateSentence
from rag.gather import compute
from rag.gather.compute import CannotComputeError, Value
from rag.gather.plan import ARITHMETIC, Plan
from rag.gather.tell import Line, in_full, in_language, listed, words, written
from rag.language.units import unit_asked
from rag.records import Derived, Row

LISTED = 3  # rows that are told beside the one that was asked for; more stand in the table of the answer alone
_FALLS = re.compile(r"降|跌|减|\b(?:f[ae]ll|drop|declin|decreas)", re.I)


@dataclass(frozen=True)
class AnswerTable:
    """The cited rows of an answer: for each line its value (``lines``), the position of its sub-question (``places``) and its rows
    (``of``; the index of a subtracted row is stored as its complement ``~index``).
    """

    rows: tuple[Row, ...]
    lines: tuple[Line, ...]
    pieces: tuple[CandidateSentence, ...]
    missing: tuple[str, ...]
    places: tuple[int, ...] = ()
    of: tuple[tuple[int, ...], ...] = ()

    def rows_of(self, used: Iterable[int]) -> tuple[int, ...]:
        """Returns the rows of some lines."""
        return tuple(max(row, ~row) for at in used for row in self.of[at])

    def terms_of(self, used: Iterable[int]) -> tuple[tuple[int, ...], ...]:
        """Returns the rows of each of some lines, nothing if each has one."""
        terms = tuple(self.of[at] for at in used)
        return terms if any(len(rows) > 1 for rows in terms) else ()


def worked_out(plan: Plan, told: AnswerTable, language: str) -> tuple[Derived | None, str]:
    """Returns what a plan asks for, worked out, and how it is said; nothing where a figure that it takes is missing."""
    if plan.operation == "rank":
        return _ranked(plan, told, language)
    if plan.operation == "filter":
        return _filtered(plan, told, language)
    if plan.operation == "each" and (totals := [line.total for line in told.lines if line.total]):
        return _derived(plan, told, range(len(told.lines)), "; ".join(totals)), ""
    wanted = plan.order or range(len(plan.terms))
    if plan.operation not in ARITHMETIC or not wanted or not set(wanted) <= set(told.places):
        return None, ""
    used = [told.places.index(place) for place in wanted]
    try:
        return _arithmetic(plan, told, used, language)
    except CannotComputeError as error:
        return None, words(language, "cannot", why=error.told(language))


def _values(plan: Plan, told: AnswerTable, used: Iterable[int]) -> list[Value]:
    """Returns the figures of some rows, in one unit where they convert exactly."""
    return compute.in_one_unit([value for at in used if (value := told.lines[at].value)], unit_asked(plan.question))


def _arithmetic(plan: Plan, told: AnswerTable, used: Sequence[int], language: str) -> tuple[Derived | None, str]:
    operation, values = plan.operation, _values(plan, told, used)
    printed = [told.rows[at].shown for at in told.rows_of(used)]
    first, second = told.lines[used[0]].label, told.lines[used[-1]].label

    if operation in ("sum", "average"):
        value = compute.total(values) if operation == "sum" else compute.average(values)
        shown = written(value, printed, language)
        return _derived(plan, told, used, shown, value), words(language, operation, d=shown)
    if len(values) != 2:
        return _compared(plan, told, used, values, language) if operation == "compare" else (None, "")
    if operation == "share":
        value = compute.share(*values)
        shown = written(value, printed, language)
        return _derived(plan, told, used, shown, value), words(language, "share", d=shown)
    if operation == "percent_change":
        value = compute.percent_change(*values)
        shown = written(replace(value, value=abs(value.value)), printed, language)
        rose = ("增长" if value.value >= 0 else "下降") if language == "zh" else ("rose" if value.value >= 0 else "fell")
        return _derived(plan, told, used, shown, value), words(language, "change", a=first, b=second, rose=rose, d=shown)
    value = compute.difference(*values)
    shown = written(replace(value, value=abs(value.value)), printed, language)
    if operation == "compare":
        higher, lower = (first, second) if value.value >= 0 else (second, first)
        said = words(language, "equal") if not value.value else words(language, "higher", a=higher, b=lower, d=shown)
        return _derived(plan, told, used, shown, value), said
    if not value.value:
        return _derived(plan, told, used, shown, value), words(language, "equal")
    more = ("多" if value.value >= 0 else "少") if language == "zh" else ("more" if value.value >= 0 else "less")
    return _derived(plan, told, used, shown, value), words(language, "difference", a=first, b=second, more=more, d=shown)


def _derived(plan: Plan, told: AnswerTable, used: Iterable[int], shown: str, value: Value | None = None) -> Derived:
    """Returns what was worked out from some lines; ``value``: ``None`` for what is no figure."""
    used = list(used)
    figure = (str(value.value), value.kind, value.unit) if value else ("", "", "")
    return Derived(plan.operation, told.rows_of(used), *figure, shown, told.terms_of(used))


def _compared(plan: Plan, told: AnswerTable, used: Sequence[int], values: Sequence[Value], language: str) -> tuple[Derived | None, str]:
    """Of three or more the highest."""
    compute.average(values)  # they can be compared
    line = told.lines[max(zip(values, used, strict=True), key=lambda pair: pair[0].value)[1]]
    return _derived(plan, told, used, line.label), words(language, "most", of="", a=line.label, v=line.total or line.shown)


def _ranked(plan: Plan, told: AnswerTable, language: str) -> tuple[Derived | None, str]:
    """Returns the rows with the most, or the least, or both, as it is asked."""
    values = _values(plan, told, range(len(told.lines)))
    if len(values) < 2:
        return None, ""
    try:
        compute.average(values)
    except CannotComputeError as error:
        return None, words(language, "cannot", why=error.told(language))
    is_printed = all(len(rows) == 1 for rows in told.of)  # a change that is worked out was subtracted as it is asked
    falls = -1 if is_printed and _FALLS.search(plan.question) and min(value.value for value in values) < 0 else 1
    order = sorted(range(len(values)), key=lambda at: -falls * values[at].value)
    ends = [(end, order[0 if end == "most" else -1]) for end in plan.ends]
    among = "of these" if told.missing else "of" if len(values) > LISTED else ""
    of = words(language, among, n=len(values)) if among else ""
    said = words(language, "sep").join(
        words(language, key, of=of, a=told.lines[at].label, v=in_full(told.lines[at], language)) + told.lines[at].marks
        for key, at in ends)
    return _derived(plan, told, order, told.lines[ends[0][1]].label), said


def _filtered(plan: Plan, told: AnswerTable, language: str) -> tuple[Derived | None, str]:
    """Returns the rows that meet a condition."""
    values = _values(plan, told, range(len(told.lines)))
    if not values or told.missing:
        return None, ""
    try:
        kept = [line for line, is_kept in zip(told.lines, compute.met_by(plan.condition, values), strict=True) if is_kept]
    except CannotComputeError as error:
        return None, words(language, "cannot", why=error.told(language))
    condition = in_language(plan.condition, language)
    said = words(language, "kept" if kept else "none kept", n=len(kept), m=len(values), a=listed(kept, language), c=condition)
    shown = words(language, "and").join(line.label for line in kept)
    derived = _derived(plan, told, range(len(values)), shown, Value(Fraction(len(kept))))
    return replace(derived, condition=plan.condition), said
