"""Pinyin: the syllables of a romanised name, and the letters of a Chinese one (pypinyin [1]_).

.. [1] https://github.com/mozillazg/python-pinyin
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache

from rag.language.text import syllables

_MAX_SYLLABLES = 6  # pinyin syllables of a name
_HALF_SYLLABLES = frozenset("m n ng hm hng".split())  # interjections, never part of a name


@cache
def readings(name: str) -> tuple[tuple[str, ...], ...]:
    """Returns every split of a romanised name into two to six pinyin syllables.

    An apostrophe, hyphen or space always separates two syllables.

    >>> readings("Xi'an"), readings("Spark")
    ((('xi', 'an'),), ())
    """
    return tuple(way for way in pinyin_splits(name) if 2 <= len(way) <= _MAX_SYLLABLES)


def pinyin_splits(name: str) -> list[tuple[str, ...]]:
    """Returns at most 64 splits of a name into any number of pinyin syllables.

    >>> pinyin_splits("Line"), pinyin_splits("Spark")
    ([('lin', 'e'), ('li', 'ne')], [])
    """
    parts = [p for p in re.split(r"[\s'\u2019-]+", name.lower().replace("\u00fc", "v")) if p]
    ways: list[tuple[str, ...]] = [()]
    for part in parts:
        ways = [way + more for way in ways for more in _splits(part)][:64]
    return [way for way in ways if way and not set(way) & _HALF_SYLLABLES]


@cache
def _splits(letters: str) -> tuple[tuple[str, ...], ...]:
    if not letters:
        return ((),)
    known = _syllable_set()
    return tuple(
        (letters[:size], *rest)
        for size in range(min(6, len(letters)), 0, -1) if letters[:size] in known
        for rest in _splits(letters[size:])
    )


@cache
def _syllable_set() -> frozenset[str]:
    """Returns the Mandarin syllables that pypinyin knows, without tones, ü as v."""
    return frozenset(characters_by_sound())


@cache
def characters_by_sound() -> dict[str, str]:
    """Maps each syllable to the characters that can have its sound.

    >>> "随" in characters_by_sound()["sui"]
    True
    """
    from pypinyin.pinyin_dict import pinyin_dict

    found: dict[str, set[str]] = {}
    for code, sounds in pinyin_dict.items():
        for sound in {_without_tone(sound) for sound in sounds.split(",")}:
            if sound.isascii() and sound.isalpha():
                found.setdefault(sound, set()).add(chr(code))
    return {sound: "".join(sorted(characters)) for sound, characters in found.items()}


def _without_tone(sound: str) -> str:
    letters = unicodedata.normalize("NFD", sound).replace("u\u0308", "v")
    return "".join(c for c in letters if not unicodedata.combining(c))


def join_syllables(sounds: Sequence[str]) -> str:
    """Joins syllables to one capitalised word, with an apostrophe before a vowel.

    >>> join_syllables(["xi", "an"])
    "Xi'an"
    """
    return "".join(("'" if i and s[0] in "aeo" else "") + s for i, s in enumerate(sounds)).capitalize()


def is_pinyin_of(english: str, name: str) -> bool:
    """Tells whether an English name is the pinyin of a Chinese one.

    >>> is_pinyin_of("Xi'an", "西安"), is_pinyin_of("Robert", "罗伯特")
    (True, False)
    """
    return re.sub("[^a-z]", "", english.lower()) == "".join(syllables(name)).replace("v", "u")
