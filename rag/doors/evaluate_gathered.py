"""Measures answers that were gathered from several reports and worked out from their figures."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from statistics import mean
from typing import TYPE_CHECKING, Any

from rag.doors.evaluate import Report, holds, times
from rag.language.quantities import read
from rag.language.text import fold
from rag.records import Answer, Row

if TYPE_CHECKING:
    from rag.engine import Rag

_SHARED = 6  # characters that a citation and the quotation of a true row must have in common


def evaluate_gathered(rag: Rag, questions: Iterable[Mapping[str, Any]]) -> Report:
    """Questions are ``{"id", "question", "complete", "rows", "must", "must_not"?}``.

    A true row is ``{"period", "value", "sources": [{"quote", "date"?}]}``. It is found if the answer cites one of its sources, or
    has its value for its period. ``right``: every group of ``must`` has one of its words in the answer, and nothing of
    ``must_not`` is there; where a question cannot be answered in full, the answer says so. ``wrong``: not right, and neither
    refused nor said to lack something.
    """
    told = [(row, answer, judged(row, answer)) for row in questions for answer in [rag.ask(row["question"])]]
    figures: dict[str, float] = {}
    for name in ("recall", "precision", "derived", "right", "wrong", "incomplete_said"):
        values = [one[name] for _, _, one in told if one[name] is not None]
        if values:
            figures[name] = mean(float(value) for value in values)
    failures = [{"id": row["id"], "question": row["question"], "operation": answer.operation, "answer": answer.text,
                 "refused": answer.refused, "wanted": row.get("must", []), **one} for row, answer, one in told if not one["right"]]
    return Report("gathered", len(told), {**figures, **times([answer.seconds["total"] for _, answer, _ in told])}, failures)


def judged(row: Mapping[str, Any], answer: Answer) -> dict[str, Any]:
    """Returns how one answer does; ``None`` for what does not apply to it."""
    found = [_is_found(true, answer) for true in row["rows"]]
    own = [any(_is_row(mine, true, answer) for true in row["rows"]) for mine in answer.rows]
    lacking = answer.refused or bool(answer.missing)
    held = all(_told(answer.text, group) for group in row.get("must", [])) and not _told(answer.text, row.get("must_not", []))
    if row["complete"]:
        right, wrong = held and not answer.refused, not held and not lacking
    else:
        right, wrong = lacking, not lacking
    worked = row.get("derived") is not None and row["complete"] and all(found) and not answer.refused
    return {"recall": mean(found) if found else None, "precision": mean(own) if own else None, "derived": held if worked else None,
            "right": right, "wrong": wrong, "incomplete_said": None if row["complete"] else lacking}


def _told(text: str, wanted: Sequence[str]) -> bool:
    """Tells whether a text holds one of some answers; the digits of a bare figure count in whatever scale they are printed.

    >>> _told("多664亿千瓦时", ["664"]), _told("多1664亿千瓦时", ["664"])
    (True, False)
    """
    digits = [figure for figure in wanted if re.fullmatch(r"[\d.,]+", figure)]
    return holds(text, wanted) or any(re.search(rf"(?<![\d.,]){re.escape(figure)}(?![\d.,]*\d)", text) for figure in digits)


def _is_found(true: Mapping[str, Any], answer: Answer) -> bool:
    cited = any(tells(true, citation.quote, citation.date) for citation in answer.citations)
    return cited or any(_same_value(mine, true) for mine in answer.rows)


def _is_row(mine: Row, true: Mapping[str, Any], answer: Answer) -> bool:
    cited = [citation for citation in answer.citations if citation.number in mine.citations]
    return _same_value(mine, true) or any(tells(true, citation.quote, citation.date) for citation in cited)


def tells(true: Mapping[str, Any], quote: str, date: str) -> bool:
    """Tells whether a quotation of a report of some day tells a true row."""
    return any(source.get("date", date) == date and _share(quote, source["quote"]) for source in true["sources"])


def _share(one: str, other: str) -> bool:
    """Tells whether two texts have a run of six characters in common, or the shorter one whole.

    >>> _share("今年新开工47个", "新开工47个,总投资"), _share("开工47个", "完工47个")
    (True, False)
    """
    left, right = ("".join(fold(text).split()) for text in (one, other))
    size = min(_SHARED, len(left), len(right))
    return any(right[at : at + size] in left for at in range(len(right) - size + 1))


def _same_value(mine: Row, true: Mapping[str, Any]) -> bool:
    if not mine.value or not mine.period or mine.period != iso_period(true["period"]):
        return False
    values = {quantity.value for quantity in read(f"{true['value']}{true.get('unit', '')}")}
    return abs(Fraction(mine.value)) in values


def iso_period(period: str) -> str:
    """Returns a quarter as its months.

    >>> iso_period("2023-Q1"), iso_period("2023-04")
    ('2023-01/2023-03', '2023-04')
    """
    year, _, quarter = period.partition("-Q")
    last = int(quarter) * 3 if quarter.isdigit() else 0
    return f"{year}-{last - 2:02}/{year}-{last:02}" if last else period
