"""Related figures, shown next to the answer so that nobody quotes the wrong one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rag.answer.choose import CandidateSentence
from rag.answer.locate import Located, citation, clause_of, figures_in
from rag.language.quantities import Quantity, read, unit_of
from rag.records import Figure

_MAX_FIGURES = 5  # other figures shown with an answer


def other_figures(located: Sequence[Located], nearby: Iterable[CandidateSentence], first_number: int) -> tuple[Figure, ...]:
    """Returns at most five other figures with the unit of the answer, from the best sentences; ``()`` if the answer counts nothing.

    The newest comes first, so that the later of two conflicting reports leads. ``first_number`` numbers the first citation.
    """
    asked = [(q.value, unit_of(text, q)) for text, q in figures_in(located) if q.kind == "number"]
    if not asked:
        return ()
    unit = asked[0][1]
    shown = {v for v, _ in asked}
    found: list[tuple[CandidateSentence, Quantity]] = []
    for piece in nearby:
        for quantity in read(piece.text):
            if quantity.soft or quantity.kind != "number" or quantity.value in shown or unit_of(piece.text, quantity) != unit:
                continue
            shown.add(quantity.value)
            found.append((piece, quantity))
    newest_first = sorted(found[:_MAX_FIGURES], key=lambda pair: pair[0].article.date, reverse=True)
    return tuple(_figure(piece, quantity, unit, number) for number, (piece, quantity) in enumerate(newest_first, first_number))


def _figure(piece: CandidateSentence, quantity: Quantity, unit: str, number: int) -> Figure:
    start, end = clause_of(piece.text, quantity.start, quantity.end)
    return Figure(piece.text[quantity.start : quantity.end] + unit, piece.text[start:end], piece.article.date,
                  citation(number, piece))
