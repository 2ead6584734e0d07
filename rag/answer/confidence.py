"""Calibrated confidence: the probability that an answer is right (of the answers with 0.8, four in five are).

The model is a logistic regression over four features. ``training/calibrate.py`` fits its weights on questions
with known answers and writes them to ``fitted.json``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from rag.answer.choose import CandidateSentence, fitted
from rag.answer.locate import GroundedAnswer

_SUREST = 7.0  # of a refusal: a probability of .999
_USUAL = 4.0  # for a generator that tells no probabilities: .98


def answer_features(pieces: Sequence[CandidateSentence], found: GroundedAnswer) -> dict[str, float]:
    """Returns the four features of the confidence model, each about -3 to 3 (``surely``: 0 to 14).

    ``margin``: half the highest of the reader's log odds for a sentence by itself. ``agreed``: 1 if the generator found the same
    words, -1 if it found others, 0 if it found no answer. ``refused``: how often it found no answer, 0 to 2.
    ``surely``: how sure it was of that, as the sum of -ln(1 - p) over these times.
    """
    agreed = 0.0 if found.agreed is None else (1.0 if found.agreed else -1.0)
    alone = max(piece.log_odds_alone for piece in pieces)
    return {"margin": max(-3.0, min(3.0, alone / 2)), "agreed": agreed, "refused": float(len(found.refusals)),
            "surely": sum(map(sureness, found.refusals))}


def sureness(log_probability: float | None) -> float:
    """Returns -ln(1 - p), 0 to 7, of the log probability ln(p) of a text.

    >>> round(sureness(math.log(0.9)), 1), sureness(0.0), sureness(None)
    (2.3, 7.0, 4.0)
    """
    if log_probability is None:
        return _USUAL
    return min(_SUREST, -math.log(max(math.exp(-_SUREST), -math.expm1(log_probability))))


def chance(signs: Mapping[str, float]) -> float:
    """Returns the probability, 0 to 1, that an answer with these features is right.

    >>> signs = {"margin": 3.0, "agreed": 1.0, "refused": 0.0, "surely": 0.0}
    >>> 0.0 < chance({**signs, "margin": -3.0, "agreed": -1.0}) < chance(signs) < 1.0
    True
    """
    weights = fitted()["answer"]
    return 1.0 / (1.0 + math.exp(-(weights["constant"] + sum(weights[name] * value for name, value in signs.items()))))


def sentence_probabilities(pieces: Sequence[CandidateSentence]) -> np.ndarray:
    """Returns ``(n,) float64``: the probability that each sentence answers, given that one does (softmax of the scores)."""
    weights = np.exp(np.array([piece.score for piece in pieces]) - max(piece.score for piece in pieces))
    return np.asarray(weights / weights.sum())
