"""General text functions: language, sentences, folding for matching, search tokens, pinyin.

A folded text has the same length as the original, so offsets found in it are valid in the original.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u3007"
_HAN = re.compile(f"[{HAN}]")
_LATIN_WORD = re.compile(r"[A-Za-z]+")
_FUNCTION_WORDS = frozenset("a an and are at by did do does for from had has have how in is many much of on or that the to was "
                            "were what when where which who whose why with".split())
_CLOSING_MARKS = "”’」』》】)）\"'"
_SENTENCE_END = re.compile(rf"(?:[。!?！？;；]+|…{{2,}}|(?m:(?<!^\d)(?<!^\d\d))\.(?=\s|$))[{_CLOSING_MARKS}]*")
_TOKEN = re.compile(rf"[{HAN}]+|\d+(?:[.,]\d+)*%?|[^\W\d_{HAN}]+")


def language(text: str) -> str:
    """Returns ``"zh"`` for a Chinese sentence, else ``"en"``.

    Function words decide, so that foreign terms in a sentence do not change its language.

    >>> [language(q) for q in ("ESG 创新中心在哪?", "What is 专精特新 in the Kunming zone?", "47?")]
    ['zh', 'en', 'en']
    """
    words = [word.lower() for word in _LATIN_WORD.findall(text)]
    chinese = len(_HAN.findall(text))
    built_in_english = any(word in _FUNCTION_WORDS for word in words)
    return "zh" if chinese and (not built_in_english or chinese >= 4 * len(words)) else "en"


def is_han(character: str) -> bool:
    """Tells whether a text begins with a Chinese character.

    >>> is_han("随州"), is_han("Suizhou"), is_han("")
    (True, False, False)
    """
    return bool(_HAN.match(character))


def fold(text: str) -> str:
    """Converts a text to half width, lower case, straight quotes and simplified characters; the length never changes.

    >>> fold("ＡＢＣ，“甲”臺東漁港")
    'abc,"甲"台东渔港'
    """
    return "".join(map(_fold_character, text))


def simplified(text: str) -> str:
    """Converts traditional characters to simplified ones (OpenCC); the length never changes.

    >>> simplified("八億四千萬元")
    '八亿四千万元'
    """
    return "".join(map(_simplified_character, text))


@lru_cache(maxsize=65_536)
def _simplified_character(character: str) -> str:
    return str(_converter().convert(character)) if is_han(character) else character


@lru_cache(maxsize=1)
def _converter() -> Any:
    from opencc import OpenCC

    return OpenCC("t2s")


@lru_cache(maxsize=65_536)
def _fold_character(character: str) -> str:
    if character in "“”„‟":
        return '"'
    if character in "‘’`":
        return "'"
    if character in "、":
        return character
    folded = _simplified_character(unicodedata.normalize("NFKC", character).lower())
    return folded if len(folded) == 1 else character


def sentences(text: str) -> list[tuple[int, int]]:
    """Returns the character ranges of the sentences, ``[]`` for a blank text.

    A line break always ends a sentence. A semicolon does too, because newspapers chain independent facts with it. Closing
    quotation marks belong to the sentence before them.

    >>> [("开工47个。“好!”他说。")[a:b] for a, b in sentences("开工47个。“好!”他说。")]
    ['开工47个。', '“好!”', '他说。']
    >>> sentences("1. 新渠通水\\n12. Gates open. All of them")  # numbers of a list end no sentence
    [(0, 7), (8, 23), (24, 35)]
    """
    found = []
    for start, end in _lines(text):
        last = start
        for match in _SENTENCE_END.finditer(text, start, end):
            found.append((last, match.end()))
            last = match.end()
        found.append((last, end))
    return [span for span in (_trimmed(text, a, b) for a, b in found) if span[0] < span[1]]


def _lines(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for line in text.split("\n"):
        yield start, start + len(line)
        start += len(line) + 1


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def search_tokens(text: str) -> list[str]:
    """Returns the tokens for lexical search: Chinese characters, their bigrams, Latin words, numbers, numbers with their unit.

    A decimal point becomes ``p`` and a percent sign ``pc``, so that every tokenizer sees a figure as one word.

    >>> search_tokens("随州7月 Open Day"), search_tokens("9.5%")
    (['随', '州', '随州', '7', '7月', '月', 'open', 'day'], ['9p5pc'])
    """
    tokens: list[str] = []
    last_end, last_number = -1, ""
    for match in _TOKEN.finditer(fold(text)):
        word = match.group()
        if _HAN.match(word):
            tokens += [last_number + word[0]] if last_number and match.start() == last_end else []
            tokens += word
            tokens += [word[i : i + 2] for i in range(len(word) - 1)]
            last_number = ""
        else:
            last_number = word.replace(",", "").replace(".", "p").replace("%", "pc") if word[0].isdigit() else ""
            tokens.append(last_number or word)
        last_end = match.end()
    return tokens


def syllables(text: str) -> list[str]:
    """Returns the pinyin of the Chinese characters, in order and without tones; ``|`` marks other text between them.

    >>> syllables("随州,西安")
    ['sui', 'zhou', '|', 'xi', 'an']
    """
    from pypinyin import lazy_pinyin

    found: list[str] = []
    for piece in re.split(f"([{HAN}]+)", text):
        if _HAN.match(piece):
            found += [s.replace("ü", "v") for s in lazy_pinyin(piece)]
        elif piece.strip() and found:
            found.append("|")
    return found


def letter_pairs(text: str) -> frozenset[str]:
    """Returns the pairs of neighbouring letters and digits of a text; a text of one letter is its own pair.

    >>> sorted(letter_pairs("开工,7个")), letter_pairs("甲"), letter_pairs("")
    (['7个', '工7', '开工'], frozenset({'甲'}), frozenset())
    """
    plain = "".join(c for c in fold(text) if c.isalnum())
    return frozenset(plain[at : at + 2] for at in range(len(plain) - 1)) or frozenset([plain] if plain else [])


def jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    """Returns the share of what two sets hold that both hold, 0 to 1; 0 for two empty sets.

    >>> jaccard(frozenset("ab"), frozenset("bc"))
    0.3333333333333333
    """
    return len(one & other) / (len(one | other) or 1)
