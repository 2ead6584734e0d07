"""The output of the reader: scores of sentences, and probabilities of spans in them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

LONGEST_SPAN = 60  # tokens of an answer span


@dataclass(frozen=True)
class Sentence:
    """A sentence to read, with the headline (and date) of its article."""

    title: str
    text: str


@dataclass(frozen=True)
class Span:
    """``text[start:end]`` of a sentence, with its probability among all spans of the sentence."""

    start: int
    end: int
    probability: float


@dataclass(frozen=True, eq=False)
class SentenceScores:
    """The scores of a sentence.

    ``margin``: its logit minus that of "no answer". ``offsets``: ``(tokens, 2)``, start and end of each token in characters.
    ``starts``, ``ends``: log probabilities that a token starts or ends the answer, ``(tokens,)``. ``barred``: the tokens in which no
    answer may lie.

    >>> scores = SentenceScores(2.0, np.array([[0, 2], [2, 3]]), np.log([0.9, 0.1]), np.log([0.8, 0.2]))
    >>> scores.best().end, round(scores.best().probability, 2), round(scores.probability(2, 3), 2)
    (2, 0.78, 0.22)
    """

    margin: float
    offsets: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    barred: np.ndarray | None = None

    def excluding(self, ranges: Sequence[tuple[int, int]], lost: Sequence[tuple[int, int]] = ()) -> SentenceScores:
        """Excludes spans that overlap some ranges of characters and renormalises the others.

        The margin gains ln(1 - p), where p is the probability of an answer that overlaps one of the ``lost`` ranges.

        >>> scores = SentenceScores(2.0, np.array([[0, 2], [2, 3]]), np.log([0.9, 0.1]), np.log([0.9, 0.1]))
        >>> left = scores.excluding([(0, 2)])
        >>> left.best().start, left.margin, scores.excluding([(0, 2)], [(0, 2)]).margin < 0
        (2, 2.0, True)
        """
        barred = np.zeros(len(self.offsets), bool)
        for start, end in ranges:
            barred |= (self.offsets[:, 0] < end) & (self.offsets[:, 1] > start)
        if barred.all() or not barred.any():
            return self
        kept = max(1e-6, 1.0 - sum(self.probability(start, end) for start, end in lost))
        return replace(self, barred=barred, margin=self.margin + math.log(kept))

    @cached_property
    def _spans(self) -> np.ndarray:
        """Returns the log probability of each span by first and last token, ``(tokens, tokens)``; ``-inf`` for invalid spans."""
        joint = self.starts[:, None] + self.ends[None, :]
        allowed = np.triu(np.ones_like(joint, bool)) & ~np.triu(np.ones_like(joint, bool), LONGEST_SPAN)
        if self.barred is not None:
            before = np.cumsum(self.barred)
            allowed &= (before[None, :] == before[:, None]) & ~self.barred[:, None]
        joint = np.where(allowed, joint, -np.inf)
        return joint - np.logaddexp.reduce(joint, axis=None) if joint.size else joint

    def best(self) -> Span:
        """Returns the most probable span."""
        if not len(self.offsets):
            return Span(0, 0, 0.0)
        first, last = np.unravel_index(int(self._spans.argmax()), self._spans.shape)
        return Span(int(self.offsets[first, 0]), int(self.offsets[last, 1]), float(np.exp(self._spans[first, last])))

    def probability(self, start: int, end: int) -> float:
        """Returns the probability that the answer span overlaps ``text[start:end]``."""
        inside = np.flatnonzero((self.offsets[:, 0] < end) & (self.offsets[:, 1] > start))
        if not len(inside):
            return 0.0
        before, after = int(inside[0]), int(inside[-1])
        outside = np.exp(self._spans[:, :before]).sum() + np.exp(self._spans[after + 1 :, :]).sum()
        return float(max(0.0, 1.0 - outside))


@dataclass(frozen=True, eq=False)
class ReaderScores:
    """The reader's scores of several sentences, in input order.

    >>> scores = SentenceScores(2.0, np.array([[0, 1], [1, 2]]), np.log([0.9, 0.1]), np.log([0.1, 0.9]))
    >>> reading = ReaderScores((scores,))
    >>> reading.best(0).start, reading.best(0).end, reading.margins.tolist()
    (0, 2, [2.0])
    """

    scores: tuple[SentenceScores, ...]

    @property
    def margins(self) -> np.ndarray:
        """Returns the log odds of each sentence against "no answer", ``(n,) float``."""
        return np.array([s.margin for s in self.scores], float)

    def best(self, sentence: int) -> Span:
        """Returns the most probable span of a sentence."""
        return self.scores[sentence].best()

    def probability(self, sentence: int, start: int, end: int) -> float:
        """Returns the probability that the answer overlaps ``text[start:end]``, given that this sentence answers."""
        return self.scores[sentence].probability(start, end)


def log_softmax(values: Sequence[float] | np.ndarray) -> np.ndarray:
    """Converts logits ``(n,)`` to log probabilities.

    >>> [round(float(value), 3) for value in np.exp(log_softmax([0.0, 0.0]))], len(log_softmax([]))
    ([0.5, 0.5], 0)
    """
    array = np.asarray(values, float)
    return array - np.logaddexp.reduce(array) if len(array) else array
