"""How probable it is that what was found answers the question: calibrated, so that .8 is right four times in five.

A logistic regression over a handful of signs. Its weights stand in ``fitted.json``, written by
``training/calibrate.py`` from questions with known answers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from rag.answer.choose import Piece, fitted
from rag.answer.locate import Found
from rag.answer.read import sureness

Signs = Mapping[str, float]


def signs_of(pieces: Sequence[Piece], found: Found, agreed: bool | None) -> dict[str, float]:
    """What tells whether ``found`` answers, each about -3 to 3.

    ``margin``: the reader's log odds of the first sentence; ``sure``: those that it is this sentence and no other; ``words``: those
    that the answer lies in the words found; ``agreed`` and ``refused``: what the generator said, 0 where it was not asked.
    """
    words = min((l.probability for l in found.located), default=0.5)
    return {"margin": max(-3.0, min(3.0, pieces[0].margin / 2)), "sure": _log_odds(sureness(pieces)), "words": _log_odds(words),
            "agreed": float(agreed is True), "refused": float(agreed is False)}


def chance(signs: Signs) -> float:
    """The probability that an answer with these signs is right.

    >>> 0.0 < chance({"margin": -3.0}) < chance({"margin": 3.0}) < 1.0
    True
    """
    weights = fitted()["answer"]
    return 1.0 / (1.0 + math.exp(-(weights["constant"] + sum(weights[name] * value for name, value in signs.items()))))


def _log_odds(probability: float) -> float:
    """Log odds, cut off at one in twenty.

    >>> _log_odds(0.5), round(_log_odds(1.0), 2)
    (0.0, 2.94)
    """
    kept = max(0.05, min(0.95, probability))
    return math.log(kept / (1.0 - kept))
