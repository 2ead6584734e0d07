"""Text tools used everywhere: language, sentences, forms for matching, search tokens, pinyin.

Nothing here changes a text that is quoted: folded forms have the same length as the original,
so offsets found in them hold in the original.
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
_CLOSERS = "”’」』》】)）\"'"
_SENTENCE_END = re.compile(rf"(?:[。!?！？;；]+|…{{2,}}|\.(?=\s|$))[{_CLOSERS}]*")
_TOKEN = re.compile(rf"[{HAN}]+|\d+(?:[.,]\d+)*%?|[^\W\d_{HAN}]+")


def language(text: str) -> str:
    """The language that a sentence is built in: ``"zh"``, or ``"en"`` for any other.

    Terms of the other language in it do not count: what does are its function words.

    >>> [language(q) for q in ("ESG 创新中心在哪?", "What is 专精特新 in the Kunming zone?", "47?")]
    ['zh', 'en', 'en']
    """
    words = [word.lower() for word in _LATIN_WORD.findall(text)]
    chinese = len(_HAN.findall(text))
    built_in_english = any(word in _FUNCTION_WORDS for word in words)
    return "zh" if chinese and (not built_in_english or chinese >= 4 * len(words)) else "en"


def is_han(character: str) -> bool:
    """Whether a text begins with a Chinese character."""
    return bool(_HAN.match(character))


def fold(text: str) -> str:
    """Half width, lower case, straight quotes, simplified characters; the length never changes.

    >>> fold("ＡＢＣ，“甲”臺東漁港")
    'abc,"甲"台东渔港'
    """
    return "".join(map(_fold_character, text))


def simplified(text: str) -> str:
    """A text with each traditional character as the simplified one (OpenCC); the length never changes.

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
    """The ranges of the sentences; a line break always ends one; closing quotes stay with theirs.

    Semicolons end a sentence too: newspapers chain independent facts with them.

    >>> [("开工47个。“好!”他说。")[a:b] for a, b in sentences("开工47个。“好!”他说。")]
    ['开工47个。', '“好!”', '他说。']
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
    """What lexical search indexes: Chinese characters and their pairs, Latin words, numbers, numbers with what they count.

    A decimal point is written ``p`` and a percent sign ``pc``, so that a figure is one word to any tokenizer.

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
    """Pinyin of the Chinese characters in order, without tones; ``|`` where something else stands between.

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
