"""Other counts and sums beside the one that was asked for, so that nobody quotes the wrong one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from rag.evidence import Evidence
from rag.ground import Located, citation, clause_of
from rag.quantities import read, unit_of
from rag.records import Figure

_ASKS = re.compile(r"多少|几[个家名项人所条次]|总额|how (?:many|much)|"
                   r"what (?:is|was|were|are) the (?:total|number|value|investment)", re.I)
_MOST = 5


def asks_for_count(question: str) -> bool:
    """Whether a question asks for a count or a sum.

    >>> asks_for_count("how many projects?"), asks_for_count("谁是主任?")
    (True, False)
    """
    return bool(_ASKS.search(question))


def other_figures(located: Sequence[Located], nearby: Iterable[Evidence], first_number: int) -> tuple[Figure, ...]:
    """Figures of the same unit in the sentences around, best sentence first, at most five; none for an answer without one."""
    asked = [(q.value, unit_of(l.evidence.text, q)) for l in located for q in read(l.evidence.text)
             if l.start <= q.start < l.end and not q.soft]
    if not asked:
        return ()
    unit = asked[0][1]
    shown = {v for v, _ in asked}
    found: list[Figure] = []
    for evidence in nearby:
        for quantity in read(evidence.text):
            if quantity.soft or quantity.kind != "number" or quantity.value in shown or unit_of(evidence.text, quantity) != unit:
                continue
            shown.add(quantity.value)
            start, end = clause_of(evidence.text, quantity.start, quantity.end)
            found.append(Figure(evidence.text[quantity.start : quantity.end] + unit, evidence.text[start:end],
                                evidence.article.date, citation(first_number + len(found), evidence)))
            if len(found) == _MOST:
                return tuple(found)
    return tuple(found)
