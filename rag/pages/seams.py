"""How well one piece of text continues another, from the words on both sides of the seam.

All scores are in nats: 0 says nothing, +3 is strong, -3 speaks against. The evidence is what is left when the
page's geometry is gone: sentence ends, open quotation marks and brackets, a word or number cut in two, and runs
of characters that the page shows elsewhere.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from rag.pages.blocks import is_whole
from rag.pages.lexicon import Lexicon, pairs
from rag.pages.pieces import Piece
from rag.text import fold

_PAIRED = {"“": "”", "‘": "’", "《": "》", "(": ")", "（": "）", "「": "」", "【": "】"}
_LEAD_WORDS = ("近日", "日前", "今天", "昨天", "今日", "昨日", "近期", "近年来", "当地时间", "记者从", "眼下", "当前", "连日来", "据")


@dataclass(frozen=True)
class Seams:
    """Scores joints on one page; ``echo`` counts the page's own runs of three and four characters."""

    lexicon: Lexicon
    echo: Counter[str]

    def continues(self, before: str, after: str) -> float:
        """Does ``after`` go on with the unfinished sentence ``before``?"""
        score = 0.6 * self.lexicon.follows(before, after)
        score += self._echoes(before, after) + _bracket(before, after)
        if before[-1:].isdigit() and after[:1].isdigit():
            score += 2.0
        if before[-1:] in ",，、":
            score += 1.0
        return max(-6.0, min(10.0, score))

    def _echoes(self, before: str, after: str) -> float:
        left, right = fold(before[-3:]), fold(after[:3])
        found = sum(1 for a in range(1, 4) for b in range(1, 4)
                    if 3 <= a + b <= 4 and len(left) >= a and len(right) >= b and self.echo[left[-a:] + right[:b]])
        return min(3.0, 0.9 * found)

    def begins(self, text: str) -> float:
        """Does the text begin a sentence? (A piece from the middle of one scores below 0.)"""
        if text[:1] in "“‘《(（":
            return 0.5
        return max(-4.0, min(2.5, 0.7 * self.lexicon.opens(text)))

    def shared(self, one: frozenset[str], other: frozenset[str]) -> float:
        """Rare pairs of characters that both texts hold, per text length: the likeness of their matter, 0 to 1."""
        if not one or not other:
            return 0.0
        both = sum(max(0.0, self.lexicon.rarity(p)) for p in one & other)
        least = min(sum(max(0.0, self.lexicon.rarity(p)) for p in s) for s in (one, other))
        return both / least if least else 0.0

    def leads(self, title: str, text: str) -> float:
        """How well the text would do as the first paragraph under the title."""
        score = 0.0
        if title:
            score += 6.0 * self.shared(pairs(title), pairs(text[:160]))
        head = text[:16]
        if any(word in head for word in _LEAD_WORDS) or ("日" in head and any(c.isdigit() for c in head)):
            score += 1.0
        return score


def page_seams(lexicon: Lexicon, texts: list[str]) -> Seams:
    """The scorer of a page whose body texts are these."""
    echo: Counter[str] = Counter()
    for text in texts:
        folded = fold(text[:20_000])
        for n in (3, 4):
            echo.update(folded[i : i + n] for i in range(len(folded) - n + 1))
        if len(echo) > 400_000:
            break
    return Seams(lexicon, echo)


def _bracket(before: str, after: str) -> float:
    """Evidence of a quotation mark or bracket that opens before the seam and closes behind it."""
    score = 0.0
    for mark, close in _PAIRED.items():
        is_open = before.rfind(mark) > before.rfind(close)
        at_close, at_mark = after.find(close), after.find(mark)
        closes = 0 <= at_close and (at_mark < 0 or at_close < at_mark)
        if is_open and closes and at_close <= 40:
            score += 3.0
        elif is_open != closes:
            score -= 1.0
    return score


def is_open(piece: Piece) -> bool:
    """Does the piece stop before its sentence does?"""
    return not piece.closes and not is_whole(piece.text)
