"""Checks the receipt of an answer offline: do its quotations stand in the article and in the source, are its figures theirs, and does
what was worked out follow from its rows?
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from rag.errors import SourceError
from rag.gather import compute
from rag.gather.compute import CannotComputeError, Value, days_between
from rag.gather.tell import written
from rag.index.store.protocol import ReadableArchive
from rag.language.figures import figures_of, sort_of
from rag.language.quantities import Quantity, exact, header_unit, read, unit_of, unsupported
from rag.language.text import fold
from rag.language.when import bare_days, times_in
from rag.pages import is_archive, read_text
from rag.records import field_text

Told = Mapping[str, Any]  # an answer, or a part of one, as JSON

_PAIRS: Mapping[str, Callable[[Value, Value], Value]] = {
    "difference": compute.difference, "compare": compute.difference, "share": compute.share, "percent_change": compute.percent_change}
_ALL: Mapping[str, Callable[[Sequence[Value]], Value]] = {"sum": compute.total, "average": compute.average}
_ROUNDED = ("约", "about ")  # before a result that is no exact decimal


@dataclass(frozen=True)
class Check:
    """One thing that was checked, whether it holds, and what was seen if it does not."""

    what: str
    holds: bool
    seen: str = ""


def verify_answer(answer: Told, archive: ReadableArchive, home: Path) -> Iterator[Check]:
    """Checks the citations, the rows, what was worked out and every figure of an answer (as ``rag ask --json`` gives it).

    ``home`` is the folder from which sources are named. Raises :class:`SourceError` for what is no answer.
    """
    try:
        cited = [*answer["citations"], *(figure["citation"] for figure in answer.get("figures", ()))]
        for citation in cited:
            yield from _check_citation(citation, archive, home)
        yield from check_rows(answer)
        yield from check_derived(answer)
        if not answer["refused"]:
            added = unsupported(answer["answer"], [*(citation["quote"] for citation in cited), *_worked_with(answer)])
            yield Check("every figure of the answer stands in a quotation", not added, ", ".join(q.text for q in added))
    except (AttributeError, IndexError, KeyError, TypeError, ValueError, ZeroDivisionError) as error:
        raise SourceError(f"this is no answer of `rag ask --json` ({type(error).__name__}: {error})") from error


def _check_citation(citation: Told, archive: ReadableArchive, home: Path) -> Iterator[Check]:
    number, quote = citation["number"], citation["quote"]
    article = archive.articles([citation["article_id"]]).get(citation["article_id"])
    if article is None:
        yield Check(f"[{number}] stands in its article", False, "the article is not in the index any more")
    else:
        there = field_text(article, citation["field"], citation["item"])[citation["start"] : citation["end"]]
        yield Check(f"[{number}] stands in its article", there == quote, there)
    if is_archive(citation["source"]):
        return
    try:
        page = read_text(home / citation["source"])
    except SourceError as error:
        yield Check(f"[{number}] stands in its page", False, str(error))
        return
    spelled = "".join(page[start:end] for start, end in citation["source_spans"])
    yield Check(f"[{number}] stands in its page", "".join(spelled.split()) == "".join(quote.split()), spelled)


# -- rows and what was worked out from them -------------------------------------------------------------------------


def check_rows(answer: Told) -> Iterator[Check]:
    """Tells whether the figure or the words of each row stand in its first quotation as printed, and a figure reads to the row's
    value.

    >>> row = {"value": "5", "shown": "5吨", "kind": "number", "unit": "吨", "citations": [1], "start": 2, "end": 4}
    >>> list(check_rows({"citations": [{"number": 1, "quote": "生产5吨。"}], "rows": [row]}))
    [Check(what='[1] holds the figure of row 1', holds=True, seen='')]
    """
    quotes = {citation["number"]: citation["quote"] for citation in answer["citations"]}
    dates = {citation["number"]: citation.get("date", "") for citation in answer["citations"]}
    for number, row in enumerate(answer.get("rows", ()), 1):
        cited = (row.get("citations") or [0])[0]
        if row["value"]:
            seen = _wrong_in(row, quotes.get(cited, ""))
            yield Check(f"[{cited}] holds the figure of row {number}", not seen, seen)
        elif row.get("kind") == "time":
            quote, written = quotes.get(cited, ""), dates.get(cited, "")
            told = [written, *(time.when.iso for time in (*times_in(quote, written), *bare_days(quote, written)))]
            yield Check(f"[{cited}] holds the figure of row {number}", row["period"] in told, ", ".join(told))
        elif row.get("kind") == "text":
            seen = quotes.get(cited, "")[row["start"] : row["end"]]
            yield Check(f"[{cited}] holds the words of row {number}", seen == row["shown"], seen)


def _wrong_in(row: Told, quote: str) -> str:
    """Returns what a quotation holds in place of the figure of a row; nothing where it is that figure."""
    printed = quote[row["start"] : row["end"]]
    if row["shown"] not in (printed, printed + "".join(header_unit(fold(quote), row["start"]))):
        return printed or "no such place"
    figures = [figure for figure in figures_of(quote) if row["start"] <= figure.start and figure.end <= row["end"]]
    wanted = (Fraction(row["value"]), row["kind"], row["unit"])
    if any((figure.value, sort_of(figure), unit_of(quote, figure)) == wanted for figure in figures):
        return ""
    return ", ".join(f"{figure.text} = {figure.value}" for figure in figures) or printed


def check_derived(answer: Told) -> Iterator[Check]:
    """Tells whether what was worked out follows from its rows, exactly, and is stated as it was worked out.

    >>> rows = [{"value": value, "kind": "number", "unit": "吨"} for value in ("5", "3")]
    >>> derived = {"operation": "sum", "rows": [0, 1], "value": "8", "kind": "number", "unit": "吨", "shown": "8吨"}
    >>> [(check.what, check.holds) for check in check_derived({"rows": rows, "derived": derived})]
    [('the sum follows from its rows', True), ('the sum is stated as it was worked out', True)]
    """
    derived = answer.get("derived")
    if not derived or not derived["value"]:
        return
    if derived["operation"] == "filter":
        yield _check_filter(answer)
        return
    name = derived["operation"].replace("_", " ")
    stated = Value(Fraction(derived["value"]), derived["kind"], derived["unit"])
    try:
        found = _worked_out(derived["operation"], _terms(answer), derived["unit"])
    except CannotComputeError as error:
        yield Check(f"the {name} follows from its rows", False, str(error))
        return
    if found is not None:
        yield Check(f"the {name} follows from its rows", found == stated, f"{found.value}{found.unit}")
    yield Check(f"the {name} is stated as it was worked out", _states(derived["shown"], stated), derived["shown"])


def _check_filter(answer: Told) -> Check:
    """Tells whether the things that are named, and their number, are those that meet the condition."""
    derived, rows = answer["derived"], answer["rows"]
    values = [Value(Fraction(term["value"]), term["kind"], term["unit"]) for term in _terms(answer)]
    first = [term[0] for term in derived["terms"]] if derived.get("terms") else derived["rows"]
    try:
        kept = [rows[at]["label"] for at, met in zip(first, compute.met_by(derived["condition"], values), strict=True) if met]
    except CannotComputeError as error:
        return Check("the filter follows from its rows", False, str(error))
    holds = len(kept) == int(derived["value"]) and derived["shown"] in ("、".join(kept), ", ".join(kept))
    return Check("the filter follows from its rows", holds, "、".join(kept))


def _terms(answer: Told) -> list[Told]:
    """Returns what is worked with: the rows, or what some of them add up to."""
    rows, derived = answer["rows"], answer["derived"]
    if not derived.get("terms"):
        return [rows[at] for at in derived["rows"]]
    found: list[Told] = []
    for term in derived["terms"]:
        parts = [(1 if at >= 0 else -1, rows[max(at, ~at)]) for at in term]
        values = [(sign, Value(Fraction(row["value"]), row["kind"], row["unit"])) for sign, row in parts]
        value = compute.signed(values)
        found.append({"value": str(value.value), "kind": value.kind, "unit": value.unit})
    return found


def _worked_out(operation: str, rows: Sequence[Told], unit: str) -> Value | None:
    """Returns what an operation gives over some rows, in a unit; nothing for one that is no arithmetic."""
    if operation == "count":
        return Value(Fraction(len(rows)))
    if operation in ("first", "apart"):
        return Value(Fraction(days_between([row["period"] for row in rows]) or 0))
    printed = [Value(Fraction(row["value"]), row["kind"], row["unit"]) for row in rows if row["value"]]
    values = compute.in_one_unit(printed, unit)
    if operation not in (*_PAIRS, *_ALL):
        return None
    if len(values) < len(rows) or (operation in _PAIRS and len(values) != 2):
        raise CannotComputeError("rows")
    value = _PAIRS[operation](*values) if operation in _PAIRS else _ALL[operation](values)
    return replace(value, rough=False)


def _states(shown: str, stated: Value) -> bool:
    """Tells whether a printed figure is a value, to its last place where it says that it is rounded.

    >>> _states("66.4 billion tonnes", Value(Fraction(66400000000)))
    True
    >>> _states("约33.33%", Value(Fraction(100, 3))), _states("33.33%", Value(Fraction(100, 3)))
    (True, False)
    """
    if (stated.unit == "秒" or stated.kind == "clock") and shown in (written(stated, (), language) for language in ("zh", "en")):
        return True
    value = abs(stated.value)
    return any(abs(figure.value - value) <= (_last_place(figure) / 2 if shown.startswith(_ROUNDED) else 0) for figure in read(shown))


def _last_place(figure: Quantity) -> Fraction:
    digits = "".join(c for c in figure.text if c.isdigit() or c == ".")
    if not digits.strip(".") or not Fraction(digits):
        return Fraction(1)
    return figure.value / Fraction(digits) / 10 ** len(digits.partition(".")[2])


def _worked_with(answer: Told) -> Iterator[str]:
    """Returns what the figures of a gathered answer may come from beside its quotations: what was asked, its times, what was worked
    out.
    """
    if not answer.get("rows"):
        return
    yield from (answer["question"], answer.get("rewritten", ""), answer.get("search_question", ""))
    yield from (citation["date"] for citation in answer["citations"])
    for told in (*(row["label"] for row in answer["rows"]), *answer.get("missing", ()), *answer.get("parts", ())):
        yield from (told[time.start : time.end] for time in times_in(told))
    yield from (row["shown"] for row in answer["rows"] if row.get("kind") == "time")  # checked against the quotation and its date
    for row in answer["rows"]:
        if any(time.end - time.start == len(row["label"]) for time in times_in(row["label"])):
            yield row["label"] + row["shown"]  # a month that is followed by digits reads as a number
    if answer.get("derived"):
        yield answer["derived"]["shown"]
        yield answer["derived"].get("condition", "")
        if answer["derived"]["operation"] == "filter":
            yield f"{answer['derived']['value']} {len(_terms(answer))}"
        for term in _terms(answer) if answer["derived"].get("terms") else ():
            yield f"{exact(Fraction(term['value']))}{'%' if term['kind'] != 'number' else term['unit']}"
