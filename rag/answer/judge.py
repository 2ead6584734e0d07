"""Calibrated confidence: the probability that an answer is right (of the answers with 0.8, four in five are).

The model is a logistic regression over three features, called signs. ``training/calibrate.py`` fits its weights on questions
with known answers and writes them to ``fitted.json``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from rag.answer.choose import Piece, fitted
from rag.answer.locate import Found


def signs_of(pieces: Sequence[Piece], found: Found) -> dict[str, float]:
    """Returns the features of an answer, each about -3 to 3.

    ``margin``: half the highest of the reader's log odds for a sentence by itself. ``agreed``: 1 if the generator found the same
    words, -1 if it found others, 0 if it was not asked or found nothing. ``refused``: 1 if it found nothing.
    """
    agreed = 0.0 if found.agreed is None or found.refused else (1.0 if found.agreed else -1.0)
    alone = max(piece.alone for piece in pieces)
    return {"margin": max(-3.0, min(3.0, alone / 2)), "agreed": agreed, "refused": float(found.refused)}


def chance(signs: Mapping[str, float]) -> float:
    """Returns the probability, 0 to 1, that an answer with these features is right.

    >>> signs = {"margin": 3.0, "agreed": 1.0, "refused": 0.0}
    >>> 0.0 < chance({**signs, "margin": -3.0, "agreed": -1.0}) < chance(signs) < 1.0
    True
    """
    weights = fitted()["answer"]
    return 1.0 / (1.0 + math.exp(-(weights["constant"] + sum(weights[name] * value for name, value in signs.items()))))


def sentence_probabilities(pieces: Sequence[Piece]) -> np.ndarray:
    """Returns ``(n,) float64``: the probability that each sentence answers, given that one does (softmax of the scores)."""
    weights = np.exp(np.array([piece.score for piece in pieces]) - max(piece.score for piece in pieces))
    return np.asarray(weights / weights.sum())
