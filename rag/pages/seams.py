"""How well one piece of text continues another, from the words on both sides of the seam.

All scores are in nats: 0 says nothing, +3 is strong, -3 speaks against. The evidence is what is left when the
page's geometry is gone: sentence ends, open quotation marks and brackets, a word or number cut in two, and runs
of characters that the page shows elsewhere.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import log

from rag.language.text import fold, sentences
from rag.pages.blocks import is_whole
from rag.pages.lexicon import Lexicon, all_pairs, pairs
from rag.pages.pieces import Piece

_REACH = 60  # characters on either side of a seam that are looked at
_START = 3  # characters of a sentence's beginning
_ONCE = 0.2  # weight of a pair that a text holds once
_LONGEST = 20_000  # characters of one paragraph that are looked at
_NUMBER_CUT = 5.0
_PARAGRAPH_AT_LEAST = 12  # characters
_HABIT = 0.5
_OPENINGS = ("近日", "日前", "连日来", "记者从", "当地时间")  # in a first sentence, wherever they stand
_PAIRED = {"“": "”", "‘": "’", "《": "》", "(": ")", "（": "）", "「": "」", "【": "】"}
_A_DAY = re.compile(r"^[^,\uff0c;\uff1b。:\uff1a]*\d日")  # in the first clause
_GOES_ON = re.compile("他|她|它|这|此|该|其|与此同时|同时|另|随后|接着|不仅|然而|但|而|也|还|并|因|除了")  # never a story's first word
_SAID_AGAIN = re.compile(  # a speaker without an office was named before
    "[^主总部长书委会局院人员家厅国]{2,8}?(?:还|也)?(?:表示|指出|强调|说|认为|介绍|提出|告诉|坦言)")
OPENING = (6.4, 7.0, 1.3, -2.4, -3.0)  # nats for each evidence of ``opening_evidence``; see benchmarks/openings.py
_LEAD_WORDS = ("近日", "日前", "今天", "昨天", "今日", "昨日", "近期", "近年来", "当地时间", "记者从", "眼下", "当前", "连日来", "据")


@dataclass(frozen=True)
class Seams:
    """Scores joints on one page; ``echo`` counts the page's own runs of three and four characters, ``starts`` those of
    three with which its sentences begin."""

    lexicon: Lexicon
    echo: Counter[str]
    starts: Counter[str] = field(default_factory=Counter)
    habit: bool = True  # do this page's paragraphs end with a sentence (a list's or a poem's do not)?
    width: int = 0  # characters in the page's long lines
    known: dict[tuple[str, ...], float] = field(default_factory=dict)
    sets: dict[str, frozenset[str]] = field(default_factory=dict)
    weights: dict[frozenset[str], float] = field(default_factory=dict)

    def continues(self, before: str, after: str) -> float:
        """Does ``after`` go on with the unfinished sentence ``before``?"""
        key = (before[-_REACH:], after[:_REACH])
        if key not in self.known:
            self.known[key] = self._continues(*key)
        return self.known[key]

    def _continues(self, before: str, after: str) -> float:
        if before[-1:].isdigit() and after[:1].isdigit():
            return _NUMBER_CUT
        score = 0.6 * (self.lexicon.follows(before, after) - self._new_start(after))
        score += self._echoes(before, after) + _bracket(before, after)
        if before[-1:] in ",，、":
            score += 1.0
        return max(-6.0, min(10.0, score))

    def _echoes(self, before: str, after: str) -> float:
        left, right = fold(before[-3:]), fold(after[:3])
        if not left[-1:].isalnum():
            return 0.0  # what follows a comma elsewhere follows any comma
        found = sum(1 for a in range(1, 4) for b in range(1, 4)
                    if 3 <= a + b <= 4 and len(left) >= a and len(right) >= b and self.echo[left[-a:] + right[:b]])
        return min(3.0, 0.9 * found)

    def begins(self, text: str) -> float:
        """Does the text begin a sentence? (A piece from the middle of one scores below 0.)"""
        if text[:1] in "“‘《(（":
            return 0.5
        key = (text[:24],)
        if key not in self.known:
            self.known[key] = max(-4.0, min(2.5, 0.7 * (self.lexicon.opens(text) + self._new_start(text))))
        return self.known[key]

    def _new_start(self, text: str) -> float:
        """How much likelier the page shows a text to begin a sentence than the lexicon, which lacks names of later years."""
        head = fold(text[:_START])
        begun = self.starts[head] - 1  # the text itself is one of them
        if begun < 1:
            return 0.0
        return max(0.0, log((begun + 0.5) / (self.echo[head] - begun + 0.5)) - self.lexicon.opens(text))

    def pairs(self, text: str) -> frozenset[str]:
        """The pairs of characters in the text, remembered."""
        if text not in self.sets:
            self.sets[text] = pairs(text)
        return self.sets[text]

    def shared(self, one: frozenset[str], other: frozenset[str]) -> float:
        """Rare pairs of characters that both texts hold, per text length: the likeness of their matter, 0 to 1."""
        least = min(self._weight(one), self._weight(other))
        return sum(map(self._rarity, one & other)) / least if least else 0.0

    def likeness(self, some: list[str], others: list[str]) -> float:
        """Cosine of two texts' matter, 0 to 1: rare pairs of characters, of which only repeated ones count in full."""
        one, other = self._vector(some), self._vector(others)
        norm = (sum(v * v for v in one.values()) * sum(v * v for v in other.values())) ** 0.5
        return sum(v * other.get(k, 0.0) for k, v in one.items()) / norm if norm else 0.0

    def _vector(self, texts: list[str]) -> dict[str, float]:
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(all_pairs(text[:_LONGEST]))
        return {pair: (count if count > 1 else _ONCE) * self._rarity(pair) for pair, count in counts.items()}

    def _weight(self, some: frozenset[str]) -> float:
        if some not in self.weights:
            self.weights[some] = sum(map(self._rarity, some))
        return self.weights[some]

    def _rarity(self, pair: str) -> float:
        return max(0.0, self.lexicon.rarity(pair))

    def opening(self, title: str, text: str, rest: Sequence[str]) -> float:
        """Does a story begin with ``text``, if ``rest`` is what else it holds? See ``benchmarks/openings.py``."""
        key = (title, text, *rest)
        if key not in self.known:
            evidence = self.opening_evidence(title, text, rest)
            self.known[key] = sum(w * e for w, e in zip(OPENING, evidence, strict=True))
        return self.known[key]

    def opening_evidence(self, title: str, text: str, rest: Sequence[str]) -> tuple[float, ...]:
        """What tells a lead: it takes up the headline (share of its rare pairs), its beginning sums up the rest
        (share of its own rare pairs found there), it says when it was, its first word refers to nothing before, and who
        speaks in it is told with an office, as newspapers do at the first mention.
        """
        head, words, start = self.pairs(title), self.pairs(text), self.pairs(text[:160])
        taken_up = sum(map(self._rarity, head & words)) / self._weight(head) if self._weight(head) else 0.0
        told = self.shared(start, frozenset().union(*map(self.pairs, rest)))
        return taken_up, told, float(is_dated(text)), float(bool(_GOES_ON.match(text))), float(bool(_SAID_AGAIN.match(text)))


def is_dated(text: str) -> bool:
    """Whether a text opens as news does: with a day, or with the words for one.

    >>> [is_dated(text) for text in ("近日,新渠通水", "新渠通水", "第十四届全市水利工作会议3月5日在城西召开", "新渠通水,3月5日放水")]
    [True, False, True, False]
    """
    head = text[:16]
    if any(word in head for word in _LEAD_WORDS) or _A_DAY.search(text[:_REACH]):
        return True
    return any(word in text[:60] for word in _OPENINGS)


def page_seams(lexicon: Lexicon, texts: list[str]) -> Seams:
    """The scorer of a page whose body texts are these."""
    echo: Counter[str] = Counter()
    starts: Counter[str] = Counter()
    for text in texts:
        folded = fold(text[:_LONGEST])
        starts.update(folded[a : a + _START] for a, _ in sentences(folded))
        for n in (3, 4):
            echo.update(folded[i : i + n] for i in range(len(folded) - n + 1))
        if len(echo) > 400_000:
            break
    long = [is_whole(text) for text in texts if len(text) >= _PARAGRAPH_AT_LEAST]
    widths = sorted(map(len, texts))
    width = widths[len(widths) * 9 // 10] if widths else 0
    return Seams(lexicon, echo, starts, bool(long) and sum(long) >= _HABIT * len(long), width)


def _bracket(before: str, after: str) -> float:
    """Evidence of a quotation mark or bracket that opens before the seam and closes behind it."""
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


def is_open(piece: Piece) -> bool:
    """Does the piece stop before its sentence does?"""
    return not piece.closes and not piece.row and not is_whole(piece.text)
