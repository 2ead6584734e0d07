"""Calibrated confidence: the probability that an answer is right (of the answers with 0.8, four in five are).

The model is a logistic regression over four features, called signs. ``training/calibrate.py`` fits its weights on questions
with known answers and writes them to ``fitted.json``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from rag.answer.choose import Piece, fitted
from rag.answer.locate import Found, Located

_WITHOUT_SPAN = 0.5  # span probability of an answer without a span, such as "yes"


def signs_of(pieces: Sequence[Piece], found: Found) -> dict[str, float]:
    """Returns the features of an answer, each about -3 to 3.

    ``margin``: half the highest of the reader's log odds for a sentence by itself. ``likely``: log odds that the answer lies in
    the spans found, given that a sentence answers. ``agreed``: 1 if the generator found the same words, -1 if it found others,
    0 if it was not asked or found nothing. ``refused``: 1 if it found nothing.
    """
    likely = min((span_probability(located, pieces) for located in found.located), default=_WITHOUT_SPAN)
    agreed = 0.0 if found.agreed is None or found.refused else (1.0 if found.agreed else -1.0)
    alone = max(piece.alone for piece in pieces)
    return {"margin": max(-3.0, min(3.0, alone / 2)), "likely": _log_odds(likely), "agreed": agreed,
            "refused": float(found.refused)}


def chance(signs: Mapping[str, float]) -> float:
    """Returns the probability, 0 to 1, that an answer with these features is right.

    >>> signs = {"margin": 3.0, "likely": 2.0, "agreed": 1.0, "refused": 0.0}
    >>> 0.0 < chance({**signs, "margin": -3.0, "agreed": -1.0}) < chance(signs) < 1.0
    True
    """
    weights = fitted()["answer"]
    return 1.0 / (1.0 + math.exp(-(weights["constant"] + sum(weights[name] * value for name, value in signs.items()))))


def sentence_probabilities(pieces: Sequence[Piece]) -> np.ndarray:
    """Returns ``(n,) float64``: the probability that each sentence answers, given that one does (softmax of the scores)."""
    weights = np.exp(np.array([piece.score for piece in pieces]) - max(piece.score for piece in pieces))
    return np.asarray(weights / weights.sum())


def span_probability(located: Located, pieces: Sequence[Piece]) -> float:
    """Returns the probability that the answer lies in a span, given that a sentence answers."""
    return float(sentence_probabilities(pieces)[list(pieces).index(located.piece)]) * located.probability


def _log_odds(probability: float) -> float:
    """Returns the log odds of a probability clipped to 0.05 – 0.95.

    >>> _log_odds(0.5), round(_log_odds(1.0), 2)
    (0.0, 2.94)
    """
    kept = max(0.05, min(0.95, float(probability)))
    return math.log(kept / (1.0 - kept))
