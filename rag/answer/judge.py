"""How probable it is that what was found answers the question: calibrated, so that .8 is right four times in five.

A logistic regression over four signs. Its weights stand in ``fitted.json``, written by ``training/calibrate.py`` from questions
with known answers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from rag.answer.choose import Piece, fitted
from rag.answer.locate import Found, Located

_UNKNOWN = 0.5  # the likelihood of an answer without words of the paper, such as a bare yes


def signs_of(pieces: Sequence[Piece], found: Found) -> dict[str, float]:
    """What tells whether ``found`` answers, each about -3 to 3.

    ``margin``: the reader's log odds that a sentence answers, read by itself, halved, of the likeliest one; ``likely``: those
    that the answer lies in the words found, if any sentence answers; ``agreed``: 1 where the generator found the same words, -1
    where it found others, 0 where it was not asked; ``refused``: 1 where it found nothing.
    """
    likely = min((likelihood(located, pieces) for located in found.located), default=_UNKNOWN)
    agreed = 0.0 if found.agreed is None or found.refused else (1.0 if found.agreed else -1.0)
    alone = max(piece.alone for piece in pieces)
    return {"margin": max(-3.0, min(3.0, alone / 2)), "likely": _log_odds(likely), "agreed": agreed,
            "refused": float(found.refused)}


def chance(signs: Mapping[str, float]) -> float:
    """The probability that an answer with these signs is right.

    >>> signs = {"margin": 3.0, "likely": 2.0, "agreed": 1.0, "refused": 0.0}
    >>> 0.0 < chance({**signs, "margin": -3.0, "agreed": -1.0}) < chance(signs) < 1.0
    True
    """
    weights = fitted()["answer"]
    return 1.0 / (1.0 + math.exp(-(weights["constant"] + sum(weights[name] * value for name, value in signs.items()))))


def chances(pieces: Sequence[Piece]) -> np.ndarray:
    """``(n,)``: the probability of each sentence that it is the one that answers, if any does."""
    weights = np.exp(np.array([piece.score for piece in pieces]) - max(piece.score for piece in pieces))
    return np.asarray(weights / weights.sum())


def likelihood(located: Located, pieces: Sequence[Piece]) -> float:
    """The probability that the answer lies in some words, if any sentence answers."""
    return float(chances(pieces)[list(pieces).index(located.piece)]) * located.probability


def _log_odds(probability: float) -> float:
    """Log odds, cut off at one in twenty.

    >>> _log_odds(0.5), round(_log_odds(1.0), 2)
    (0.0, 2.94)
    """
    kept = max(0.05, min(0.95, float(probability)))
    return math.log(kept / (1.0 - kept))
