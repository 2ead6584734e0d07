"""Foreign names across scripts: finds the Chinese transliteration of an English name in a text (Ryabkov: 里亚布科夫).

A joint source-channel model [1]_: each pinyin initial and final emits up to three letters of the name. Its probabilities, and how
much more often a character stands in a transliteration than in other text, are learned by ``training/train_transliteration.py`` from
the foreign names of CC-CEDICT and kept in ``transliteration.json``.

.. [1] Li, Zhang and Su, *A Joint Source-Channel Model for Machine Transliteration*, ACL 2004.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import chain

import numpy as np

from rag.language.text import simplified

LONGEST_CHUNK = 3  # letters that one initial or final emits
LONGEST_NAME = 8  # Chinese characters
_SHORTEST_WORD = 4  # letters of an English name that is looked for
FLOOR = 1e-6  # probability of a chunk that an initial or final was never seen to emit
_MOST_GAIN = 4.0  # log odds that the characters alone can give: most of what looks like a foreign name is another one
_MOST_TIMES = 8  # times that a text counts, as what the passages near a question tell of again and again is rather a name
_COMPARED = 20  # texts of each length whose times are counted
_HOPELESS = -8.0  # log odds of a beginning below which a text is not followed further
_START, _END = "^", "$"


@dataclass(frozen=True)
class Model:
    """``chunks``: initial or final → letters → probability. ``letters``: pairs of letters → log probability. ``characters``: character
    → log odds that it belongs to a transliteration. ``least``: log odds from which a text is taken for the name.
    """

    chunks: dict[str, dict[str, float]]
    letters: dict[str, float]
    characters: dict[str, float]
    least: float


@dataclass(frozen=True)
class Match:
    """A Chinese text that may be a name, and the log odds that it is, against a text that has nothing to do with it."""

    text: str
    log_odds: float


def letters_of(name: str) -> str:
    """Returns the letters of a name, in lower case and without accents.

    >>> letters_of("Pérez-Castejón")
    'perezcastejon'
    """
    plain = unicodedata.normalize("NFKD", name.lower())
    return re.sub("[^a-z]", "", plain)


@cache
def sounds_of(character: str) -> tuple[str, str]:
    """Returns the pinyin initial and final of a Chinese character, the initial may be ``""``.

    >>> sounds_of("布"), sounds_of("亚")
    (('b', 'u'), ('y', 'a'))
    """
    from pypinyin import Style, pinyin

    initial, final = (pinyin(character, style=style, strict=False)[0][0] for style in (Style.INITIALS, Style.FINALS))
    return (initial if initial.isascii() else "", final if final.isascii() else "")


def transliteration_in(name: str, texts: Iterable[str]) -> str:
    """Returns the Chinese text that is most likely the name; ``""`` if none is likely enough.

    >>> transliteration_in("Ryabkov", ["俄副外长里亚布科夫3月1日表示"]), transliteration_in("Ryabkov", ["外长王毅表示"])
    ('里亚布科夫', '')
    """
    found = best_match(name, texts, model())
    return found.text if found and found.log_odds >= model().least else ""


def best_match(name: str, texts: Iterable[str], learned: Model) -> Match | None:
    """Returns the likeliest transliteration in some texts; ``None`` for a name of under four letters and texts without candidates."""
    wanted, text = letters_of(name), simplified("\n".join(texts))
    if len(wanted) < _SHORTEST_WORD:
        return None
    weights = np.array([learned.characters.get(character, np.nan) for character in text], float)
    kinds = {character: number for number, character in enumerate(dict.fromkeys(text))}
    places = np.array([kinds[character] for character in text], int)
    emitted = _emissions(wanted, tuple(kinds), learned)
    start = np.flatnonzero(~np.isnan(weights))
    reached, gain, loss = emitted[places[start], 0], np.maximum(weights[start], 0.0), np.minimum(weights[start], 0.0)
    usual, found = _usual(wanted, learned), dict[str, float]()
    for size in range(2, LONGEST_NAME + 1):
        promising = (_log(reached) - usual[:-1]).max(axis=1) + np.minimum(gain, _MOST_GAIN) + loss > _HOPELESS
        at = start + size - 1
        promising &= at < len(text)
        promising[promising] &= ~np.isnan(weights[at[promising]])
        start, at, reached, gain, loss = (values[promising] for values in (start, at, reached, gain, loss))
        if not len(start):
            break
        gain, loss = gain + np.maximum(weights[at], 0.0), loss + np.minimum(weights[at], 0.0)
        reached = np.einsum("np,npq->nq", reached, emitted[places[at]])
        odds = _log(reached[:, -1]) + np.minimum(gain, _MOST_GAIN) + loss - usual[-1]
        found |= {text[start[top] : start[top] + size]: float(odds[top]) for top in np.argsort(odds)[-_COMPARED:]}
    told = (Match(words, odds + math.log(min(_MOST_TIMES, text.count(words)))) for words, odds in found.items())
    return max(told, key=lambda match: match.log_odds, default=None)


def _emissions(wanted: str, characters: tuple[str, ...], learned: Model) -> np.ndarray:
    """Returns ``(characters, n + 1, n + 1)``: the probability that a character emits ``wanted[p:q]``."""
    out = np.zeros((len(characters), len(wanted) + 1, len(wanted) + 1))
    told = {number: sounds_of(character) for number, character in enumerate(characters) if character in learned.characters}
    emitted = {sound: _emitted(sound, wanted, learned) for sound in set(chain(*told.values()))}
    for number, (initial, final) in told.items():
        out[number] = emitted[initial] @ emitted[final]
    return out


def _emitted(sound: str, wanted: str, learned: Model) -> np.ndarray:
    """Returns ``(n + 1, n + 1)``: the probability that an initial or final emits ``wanted[p:q]``; no sound emits nothing."""
    size = len(wanted) + 1
    if not sound:
        return np.eye(size)
    chunks = learned.chunks.get(sound, {})
    out = np.zeros((size, size))
    for p in range(size):
        for q in range(p, min(size, p + LONGEST_CHUNK + 1)):
            out[p, q] = chunks.get(wanted[p:q], FLOOR)
    return out


def _usual(wanted: str, learned: Model) -> np.ndarray:
    """Returns ``(n + 2,)``: the log probability of the first 0 to n letters of a name as English names are spelt, and of the whole."""
    rarest = min(learned.letters.values())
    pairs = zip(_START + wanted, wanted + _END, strict=True)
    return np.cumsum([0.0, *(learned.letters.get(one + other, rarest) for one, other in pairs)])


def _log(values: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(values))


@cache
def model() -> Model:
    """Loads what ``training/train_transliteration.py`` learned."""
    text = resources.files(__package__).joinpath("transliteration.json").read_text(encoding="utf-8")
    return Model(**json.loads(text))
