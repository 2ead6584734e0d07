"""Question for one figure → the figures of the archive that may answer it, each with what tells for it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from importlib import resources

from rag.answer.choose import CandidateSentence
from rag.answer.locate import Located, whole_figure
from rag.gather.plan import SubQuestion
from rag.language.figures import figures_of, names_row, sort_of, time_at, without_direction
from rag.language.quantities import Quantity, unit_of
from rag.language.units import RATIO
from rag.language.when import When, times_in

_LEAST = 1e-3  # probability below which a figure of a sentence is not looked at


@dataclass(frozen=True, eq=False)
class Candidate:
    """A figure that may answer: ``piece.text[start:end]``, and the time that it tells of.

    ``likely``: log probability that the answer lies in this figure, among the figures of the sentence that may tell of the time asked
    about. ``fits``: whether the question asks for a figure of its kind. ``timed``: 1 if its time is the one asked about, -1 if its
    sentence names that beside another one for it, else 0.
    ``written``: 1 if the generator took it for the answer, -1 if it took another, 0 if it took none or was not asked. ``score``: the
    log odds that it answers.
    """

    piece: CandidateSentence
    start: int
    end: int
    value: Fraction
    kind: str
    unit: str
    when: When | None
    likely: float
    fits: bool = False
    timed: float = 0.0
    written: float = 0.0

    @property
    def score(self) -> float:
        """Log odds that it answers, by what reader and generator make of its sentence and of the figure, and by its kind."""
        weights = fitted()["figure"]
        signs = {"read": self.piece.score, "alone": self.piece.log_odds_alone, "likely": self.likely, "kind": self.fits,
                 "timed": self.timed, "written": self.written}
        return weights["constant"] + sum(weights[name] * value for name, value in signs.items())

    @property
    def shown(self) -> str:
        """Returns the figure as it is printed, with the word that rounds it and its unit."""
        return Located(self.piece, self.start, self.end).shown

    @property
    def measure(self) -> tuple[str, str]:
        """Returns what may be added to what: the kind of the figure and its unit."""
        return self.kind, self.unit


def chance_of(log_odds: float) -> float:
    """Log odds as a probability.

    >>> chance_of(0.0), chance_of(-math.inf)
    (0.5, 0.0)
    """
    return 0.0 if log_odds == -math.inf else 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, log_odds))))


def candidates(pieces: Sequence[CandidateSentence], term: SubQuestion) -> list[Candidate]:
    """Returns the figures of some sentences that may answer a sub-question, likeliest first, without those of another period."""
    found = [one for piece in pieces if piece.timely and math.isfinite(piece.log_odds_alone) for one in _of_piece(piece, term)]
    return sorted(found, key=lambda one: -one.score)


def with_generator_votes(found: Sequence[Candidate], words: Sequence[Located]) -> list[Candidate]:
    """Marks each candidate that overlaps the generator's answer (1; the others -1; 0 for all if none does), and sorts by score."""
    taken = [any(one.piece is at.piece and one.start < at.end and at.start < one.end for at in words) for one in found]
    told = [replace(one, written=1.0 if mine else -1.0 if any(taken) else 0.0) for one, mine in zip(found, taken, strict=True)]
    return sorted(told, key=lambda one: -one.score)


def _of_piece(piece: CandidateSentence, term: SubQuestion) -> Iterator[Candidate]:
    asked = term.when
    figures = [(figure, time_at(piece.text, figure.start, piece.article.date)) for figure in figures_of(piece.text)
               if not names_row(piece.text, figure.start)]
    is_named = any(time.when.same(asked) for time in times_in(piece.text, piece.article.date)) if asked else True
    timely = [(figure, when) for figure, when in figures if is_named or not when or (asked and when.same(asked))]
    weighed = [(figure, when, piece.probability(figure.start, figure.end)) for figure, when in timely]
    whole = sum(probability for *_, probability in weighed) or 1.0
    for figure, when, probability in weighed:
        if probability > _LEAST:
            yield figure_in(piece, figure, when, term, probability / max(1.0, whole) if not asked else probability / whole)


def figure_in(piece: CandidateSentence, figure: Quantity, when: When | None, term: SubQuestion, probability: float) -> Candidate:
    """Returns a figure of a sentence as a candidate for a term."""
    whole, unit, kind = whole_figure(piece, figure.start, figure.end), unit_of(piece.text, figure), sort_of(figure)
    is_change = kind == "percent" and bool(without_direction(figure.text)[0])  # 增长5% tells no level, as 指数为49% does
    fits = kind == "percent" if RATIO.search(term.question) else not is_change
    taken = any(whole.start < end and start < whole.end for start, end in piece.generator_spans)
    written = 0.0 if not piece.generator_spans else 1.0 if taken else -1.0
    timed = 0.0 if not (term.when and when) else 1.0 if when.same(term.when) else -1.0
    return Candidate(piece, whole.start, whole.end, figure.value, kind, unit, when, math.log(probability), fits, timed, written)


@cache
def fitted() -> Mapping[str, Mapping[str, float]]:
    """Returns the weights that ``training/fit_figures.py`` fitted."""
    weights: Mapping[str, Mapping[str, float]] = json.loads(
        resources.files(__package__).joinpath("fitted.json").read_text(encoding="utf-8"))
    return weights
