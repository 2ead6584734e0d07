"""Scores how well one piece of text continues another, from the words on both sides of the seam.

All scores are in nats: 0 is neutral, +3 is strong evidence for, -3 against. The layout is lost, so the evidence is in the
text: sentence ends, open quotation marks and brackets, split words and numbers, and n-grams that occur elsewhere on the
page.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import log

from rag.language.text import fold, sentences
from rag.pages.blocks import is_whole
from rag.pages.fitted import fitted
from rag.pages.ngram_model import Lexicon, all_pairs, pairs
from rag.pages.pieces import BodyBlock

# Set by hand while the failures of generated pages were read; measured on pages that were only counted (docs/research.md).
_CONTEXT = 60  # characters compared on each side of a seam
_START_LENGTH = 3  # characters that count as the start of a sentence
_SINGLE_PAIR_WEIGHT = 0.2  # weight of a bigram that occurs once in a text
_MAX_PARAGRAPH = 20_000  # characters of a paragraph that are read
_SPLIT_NUMBER_SCORE = 5.0  # nats for a seam between two digits
_MIN_PARAGRAPH = 12  # characters
_MIN_WHOLE_SHARE = 0.5  # share of paragraphs with a final sentence end from which the page is prose, not a list or verse
_OPENING_WORDS = ("近日", "日前", "连日来", "记者从", "当地时间")  # anywhere in the first 60 characters
_PAIRED = {"“": "”", "‘": "’", "《": "》", "(": ")", "（": "）", "「": "」", "【": "】"}
_DAY_IN_CLAUSE = re.compile(r"^[^,\uff0c;\uff1b。:\uff1a]*\d日")  # in the first clause
_ANAPHOR = re.compile("他|她|它|这|此|该|其|与此同时|同时|另|随后|接着|不仅|然而|但|而|也|还|并|因|除了")  # never opens a story
_KNOWN_SPEAKER = re.compile(  # a speaker without an office: an earlier sentence has introduced the person
    "[^主总部长书委会局院人员家厅国]{2,8}?(?:还|也)?(?:表示|指出|强调|说|认为|介绍|提出|告诉|坦言)")
_LEAD_WORDS = ("近日", "日前", "今天", "昨天", "今日", "昨日", "近期", "近年来", "当地时间", "记者从", "眼下", "当前", "连日来", "据")


@dataclass(frozen=True)
class Seams:
    """Scores the joints of one page.

    ``ngrams``: counts of the page's character 3-grams and 4-grams. ``sentence_starts``: counts of the first three characters
    of its sentences. The last four fields are caches.
    """

    lexicon: Lexicon
    ngrams: Counter[str]
    sentence_starts: Counter[str] = field(default_factory=Counter)
    ends_in_sentences: bool = True  # whether most paragraphs end with a sentence (not so in lists and verse)
    width: int = 0  # characters; 90th percentile of the line lengths
    score_cache: dict[tuple[str, ...], float] = field(default_factory=dict)
    pair_cache: dict[str, frozenset[str]] = field(default_factory=dict)
    weight_cache: dict[frozenset[str], float] = field(default_factory=dict)
    rarity_cache: dict[str, float] = field(default_factory=dict)

    def continues(self, before: str, after: str) -> float:
        """Scores, -6 to 10 nats, whether ``after`` continues the unfinished sentence ``before``."""
        key = (before[-_CONTEXT:], after[:_CONTEXT])
        if key not in self.score_cache:
            self.score_cache[key] = self._continues(*key)
        return self.score_cache[key]

    def _continues(self, before: str, after: str) -> float:
        if before[-1:].isdigit() and after[:1].isdigit():
            return _SPLIT_NUMBER_SCORE
        score = 0.6 * (self.lexicon.follows(before, after) - self._start_on_page(after))
        score += self._repeated_ngrams(before, after) + _bracket(before, after)
        if before[-1:] in ",，、":
            score += 1.0
        return max(-6.0, min(10.0, score))

    def _repeated_ngrams(self, before: str, after: str) -> float:
        left, right = fold(before[-3:]), fold(after[:3])
        if not left[-1:].isalnum():
            return 0.0  # n-grams across a comma prove nothing
        found = sum(1 for a in range(1, 4) for b in range(1, 4)
                    if 3 <= a + b <= 4 and len(left) >= a and len(right) >= b and self.ngrams[left[-a:] + right[:b]])
        return min(3.0, 0.9 * found)

    def begins(self, text: str) -> float:
        """Scores, -4 to 2.5 nats, whether the text begins a sentence; text from the middle of one scores below 0."""
        if text[:1] in "“‘《(（":
            return 0.5
        key = (text[:24],)
        if key not in self.score_cache:
            self.score_cache[key] = max(-4.0, min(2.5, 0.7 * (self.lexicon.opens(text) + self._start_on_page(text))))
        return self.score_cache[key]

    def _start_on_page(self, text: str) -> float:
        """Scores how much more often sentences of this page begin with these characters than the lexicon expects.

        The lexicon is of 1998 and lacks newer names.
        """
        head = fold(text[:_START_LENGTH])
        begun = self.sentence_starts[head] - 1  # without the text itself
        if begun < 1:
            return 0.0
        return max(0.0, log((begun + 0.5) / (max(0, self.ngrams[head] - begun) + 0.5)) - self.lexicon.opens(text))

    def pairs(self, text: str) -> frozenset[str]:
        """Returns the distinct bigrams of a text, cached."""
        if text not in self.pair_cache:
            self.pair_cache[text] = pairs(text)
        return self.pair_cache[text]

    def topic_overlap(self, one: frozenset[str], other: frozenset[str]) -> float:
        """Returns the topic overlap of two texts, 0 to 1: shared bigrams as a share of the smaller text, weighted by rarity."""
        least = min(self._weight(one), self._weight(other))
        return sum(map(self._rarity, one & other)) / least if least else 0.0

    def similarity(self, some: list[str], others: list[str]) -> float:
        """Returns the cosine similarity of two texts' rarity-weighted bigrams, 0 to 1; only repeated bigrams have full weight."""
        one, other = self._vector(some), self._vector(others)
        norm = (sum(v * v for v in one.values()) * sum(v * v for v in other.values())) ** 0.5
        return sum(v * other.get(k, 0.0) for k, v in one.items()) / norm if norm else 0.0

    def _vector(self, texts: list[str]) -> dict[str, float]:
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(all_pairs(text[:_MAX_PARAGRAPH]))
        return {pair: (count if count > 1 else _SINGLE_PAIR_WEIGHT) * self._rarity(pair) for pair, count in counts.items()}

    def _weight(self, some: frozenset[str]) -> float:
        if some not in self.weight_cache:
            self.weight_cache[some] = sum(map(self._rarity, some))
        return self.weight_cache[some]

    def _rarity(self, pair: str) -> float:
        if pair not in self.rarity_cache:
            self.rarity_cache[pair] = max(0.0, self.lexicon.rarity(pair))
        return self.rarity_cache[pair]

    def lead_score(self, title: str, text: str, rest: Sequence[str]) -> float:
        """Scores in nats whether ``text`` is the lead of a story whose other pieces are ``rest``."""
        key = (title, text, *rest)
        if key not in self.score_cache:
            evidence = self.lead_features(title, text, rest)
            self.score_cache[key] = sum(w * e for w, e in zip(fitted()["lead"].values(), evidence, strict=True))
        return self.score_cache[key]

    def lead_features(self, title: str, text: str, rest: Sequence[str]) -> tuple[float, ...]:
        """Returns the five features of a lead, in the order of their weights in ``fitted.json``.

        They are the share of the headline's rare bigrams in it, the share of its own in the rest of the story, and whether it
        is dated, begins with an anaphor, and has a speaker without an office (newspapers give it at the first mention).
        """
        head, words, start = self.pairs(title), self.pairs(text), self.pairs(text[:160])
        taken_up = sum(map(self._rarity, head & words)) / self._weight(head) if self._weight(head) else 0.0
        summed_up = self.topic_overlap(start, frozenset().union(*map(self.pairs, rest)))
        return taken_up, summed_up, float(is_dated(text)), float(bool(_ANAPHOR.match(text))), float(bool(_KNOWN_SPEAKER.match(text)))


def is_dated(text: str) -> bool:
    """Tells whether a text opens with a day or a word such as 近日, as news reports do.

    >>> [is_dated(text) for text in ("近日,新渠通水", "新渠通水", "第十四届全市水利工作会议3月5日在城西召开", "新渠通水,3月5日放水")]
    [True, False, True, False]
    """
    head = text[:16]
    if any(word in head for word in _LEAD_WORDS) or _DAY_IN_CLAUSE.search(text[:_CONTEXT]):
        return True
    return any(word in text[:60] for word in _OPENING_WORDS)


def page_seams(lexicon: Lexicon, texts: list[str]) -> Seams:
    """Returns the seam scorer of a page, given its body texts.

    >>> from rag.pages.ngram_model import lexicon
    >>> page_seams(lexicon(), []).continues("西安邮电大", "学对此签约") > 0
    True
    """
    ngrams: Counter[str] = Counter()
    sentence_starts: Counter[str] = Counter()
    for text in texts:
        folded = fold(text[:_MAX_PARAGRAPH])
        sentence_starts.update(folded[a : a + _START_LENGTH] for a, _ in sentences(folded))
        for n in (3, 4):
            ngrams.update(folded[i : i + n] for i in range(len(folded) - n + 1))
        if len(ngrams) > 400_000:
            break
    long = [is_whole(text) for text in texts if len(text) >= _MIN_PARAGRAPH]
    widths = sorted(map(len, texts))
    width = widths[len(widths) * 9 // 10] if widths else 0
    return Seams(lexicon, ngrams, sentence_starts, bool(long) and sum(long) >= _MIN_WHOLE_SHARE * len(long), width)


def _bracket(before: str, after: str) -> float:
    """Scores brackets and quotation marks: 3 nats for each pair around the seam that closes within 40 characters, -1 for a half."""
    score = 0.0
    for mark, close in _PAIRED.items():
        is_open = before.rfind(mark) > before.rfind(close)
        at_close, at_mark = after.find(close), after.find(mark)
        closes = at_close >= 0 and (at_mark < 0 or at_close < at_mark)
        if is_open and closes and at_close <= 40:
            score += 3.0
        elif is_open != closes:
            score -= 1.0
    return score


def is_open(piece: BodyBlock) -> bool:
    """Tells whether a piece ends inside a sentence.

    >>> is_open(BodyBlock(0, "新渠通水,", ())), is_open(BodyBlock(0, "新渠通水。", ()))
    (True, False)
    """
    return not piece.closes and not piece.row and not is_whole(piece.text)
