"""The places of a question or a text: Chinese ones by jieba's part-of-speech tags [1]_, romanised ones by their sound.

.. [1] https://github.com/fxsjy/jieba
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import pairwise

from rag.language.names import (
    COUNTRYWIDE,
    NOT_PERSON_ENDINGS,
    PLACE_SUFFIXES,
    SURNAMES,
    is_word,
    tagged,
    without_negated,
)
from rag.language.pinyin import readings
from rag.language.text import simplified, syllables

PLACE_KINDS = ("特别行政区", "自治区", "自治州", "自治县", "高新区", "开发区", "新区", "省", "市", "县", "区", "州")
_SUFFIX = re.compile(f"(?:{'|'.join(PLACE_KINDS)})$")
_PLACE_WORDS = "(?:county|city|district|province|town|township|prefecture|village|zone|high-tech)"


def places_in(chinese: str) -> list[str]:
    """Returns the places that a Chinese question names, without 市, 省 and similar suffixes; 中国, 全国 and the like do not count.

    >>> places_in("随州高新区今年新开工多少个项目?")
    ['随州']
    >>> places_in("法国巴黎有多少座桥?"), places_in("隨州市有多少座橋?")
    (['法国', '巴黎'], ['随州'])
    """
    words = tagged(simplified(without_negated(chinese)))
    parts = [part for word, tag in words if tag == "ns" and len(word) > 1 for part in _word_parts(word)]
    return list(dict.fromkeys(core for word in parts if (core := _without_suffix(word)) not in COUNTRYWIDE))


def _without_suffix(place: str) -> str:
    """Removes 市, 省 and similar suffixes from a place name, unless a single character would be left."""
    core = _SUFFIX.sub("", place)
    return core if len(core) > 1 else place


def place_words(question: str) -> list[str]:
    """Returns the places that a Chinese question names, with their suffixes.

    >>> place_words("随州高新区今年新开工多少个项目?")
    ['随州高新区']
    """
    found: list[str] = []
    goes_on = False
    for word, tag in tagged(without_negated(question)):
        is_place = tag == "ns" and len(word) > 1 and _without_suffix(word) not in COUNTRYWIDE
        if goes_on and _SUFFIX.fullmatch(word):
            found[-1] += word
        elif is_place:
            found.append(word)
        goes_on = is_place
    return found


def mentions_in(text: str) -> tuple[list[str], list[str]]:
    """Returns the places and the persons that a text mentions, one entry for each mention.

    A person is a name of two or three characters that begins with a Chinese surname.

    >>> mentions_in("随州高新区的郭晓东说,随州今年开工47个项目。")
    (['随州', '随州'], ['郭晓东'])
    """
    words = tagged.__wrapped__(text)  # uncached: whole articles would fill the cache
    places = [core for word, tag in words if tag == "ns" and len(word) > 1 and (core := _without_suffix(word)) not in COUNTRYWIDE]
    persons = [word for word, tag in words if tag.startswith("nr") and 2 <= len(word) <= 3 and word[0] in SURNAMES
               and word[-1] not in NOT_PERSON_ENDINGS]
    return places, persons


def names_town(text: str) -> bool:
    """Tells whether a text names a town or a larger place; villages and streets, which jieba mostly guesses, do not count.

    >>> [names_town(text) for text in ("桐坞乡今年秋季栽培菌棒190万棒。", "收菇点设在樟溪老粮站。", "客商来自杭州。")]
    [True, False, True]
    """
    words = tagged.__wrapped__(simplified(text))
    places = [(word, after) for (word, tag), (after, _) in pairwise([*words, ("", "")]) if tag == "ns" and len(word) > 1]
    return any(_without_suffix(word) not in COUNTRYWIDE and ({word[-1], after} & PLACE_SUFFIXES.keys() or is_word(word))
               for word, after in places)


def _word_parts(word: str) -> list[str]:
    """Splits a dictionary entry into its component words; a simple word is its only component."""
    import jieba

    parts = [part for part in jieba.cut_for_search(word) if part != word]
    return parts if "".join(parts) == word and min(map(len, parts)) > 1 else [word]


def places_meant(question: str, forms: Mapping[str, str]) -> list[str]:
    """Returns the Chinese places that an English question names; ``forms`` maps its romanised names to Chinese.

    A form counts only if jieba tags it as a place or if the question calls it one (``Linquan county``).

    >>> places_meant("Who runs the port in Linquan county, Wang Li?", {"Linquan": "临泉", "Wang Li": "王力"})
    ['临泉']
    """
    meant = without_negated(question)
    return list(dict.fromkeys(form for name, form in forms.items() if name in meant and (
        places_in(form) or re.search(rf"{re.escape(name)}(?:'s)? {_PLACE_WORDS}", meant, re.I))))


def places_by_sound(romanised: Iterable[str]) -> list[str]:
    """Returns the romanised names that sound like a place that jieba knows.

    >>> places_by_sound(["Hangzhou", "Guo Xiaodong"])
    ['Hangzhou']
    """
    return [name for name in romanised if any(way in _place_sounds() for way in readings(name))]


@cache
def _place_sounds() -> frozenset[tuple[str, ...]]:
    """Returns the sounds of the places that jieba knows."""
    import jieba.posseg

    tagged("")  # loads its words
    return frozenset(tuple(syllables(word)) for word, tag in jieba.posseg.dt.word_tag_tab.items() if tag == "ns" and len(word) > 1)
