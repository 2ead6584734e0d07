"""Candidates of each term → one figure for each, chosen together: the figures of one series are told in much the same words."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import lru_cache

from rag.answer.locate import clause_of
from rag.gather.candidates import Candidate, chance_of, fitted
from rag.language.text import fold, jaccard
from rag.language.units import factor

_HARDLY = 0.01  # probability below which a figure tells no more for a measure than none
_ROOM = 24  # characters of a sentence by which its wording is compared
_FIGURES = re.compile(r"[\d.,%\u2030零〇一二两三四五六七八九十百千万亿点年月日季度上下半号份第]+")


Chosen = list[tuple[Candidate, float] | None]


def choose_jointly(terms: Sequence[Sequence[Candidate]], *, of_one_measure: bool = False) -> Chosen:
    """Chooses one candidate for each sub-question, ``None`` for one without any.

    ``of_one_measure``: all are of the measure with which the terms are answered most likely, as what is worked out needs it.
    """
    measures = dict.fromkeys(one.measure for found in terms for one in found) if of_one_measure and len(terms) > 1 else {}
    ways: list[Sequence[Sequence[Candidate]]] = [
        [[one for one in found if _alike(one.measure, measure)] for found in terms] for measure in measures]
    return max(map(_best_of, ways or [terms]), key=_log_likelihood)


def _best_of(terms: Sequence[Sequence[Candidate]]) -> Chosen:
    return [max(((one, _together(one, number, terms)) for one in found), key=lambda pair: pair[1], default=None)
            for number, found in enumerate(terms)]


def _log_likelihood(chosen: Chosen) -> float:
    """Of all terms answered rightly; one without a figure counts as one with hardly a chance."""
    return sum(math.log(max(_HARDLY, chance_of(best[1]) if best else 0.0)) for best in chosen)


def _alike(one: tuple[str, str], other: tuple[str, str]) -> bool:
    """Tells whether a figure can be compared with those of a measure: it is of the same kind, and its unit, if any, converts exactly.
    """
    return one[0] == other[0] and (not one[1] or factor(one[1], other[1]) is not None)


def _together(one: Candidate, own: int, terms: Sequence[Sequence[Candidate]]) -> float:
    """Returns the log odds of a candidate; it gains by how alike it and the most believed of each other term are told."""
    alike = [max((likeness(one, other) * chance_of(other.score) for other in found), default=0.0)
             for number, found in enumerate(terms) if number != own and found]
    return one.score + fitted()["together"]["like_others"] * (sum(alike) / len(alike) if alike else 0.0)


def likeness(one: Candidate, other: Candidate) -> float:
    """Returns how alike the words before two figures are, 0 to 1, whatever their numbers and times."""
    return jaccard(_words_of(one), _words_of(other))


def _words_of(one: Candidate) -> frozenset[str]:
    return _pairs(one.piece.text, one.start, one.end)


@lru_cache(4096)
def _pairs(text: str, start: int, end: int) -> frozenset[str]:
    begin, _ = clause_of(text, start, end, _ROOM)
    plain = _FIGURES.sub("", fold(text[min(begin, start) : start]))[-_ROOM:] + "#" + fold(text[end : end + 2])
    return frozenset(plain[at : at + 2] for at in range(len(plain) - 1))
