"""Dictionary-based query translation: English words → Chinese words, and Chinese names → English names.

The dictionary needs no model. An ambiguous word is not disambiguated: its translations form one synonym set, which counts
as one word with the document frequency of the whole set (Pirkola, *The Effects of Query Structure and Dictionary Setups
in Dictionary-Based Cross-Language Information Retrieval*, 1998).
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from rag.errors import ModelError
from rag.language.text import HAN, is_han
from rag.models.cedict import FILE, gloss_key

_LONGEST_PHRASE = 5  # words
_WORD = re.compile(rf"[A-Za-z]+(?:'[a-z]+)?|[{HAN}]+")
_CAPITALISED = re.compile(r"(?<![\w'’-])[A-Z][a-z]+(?: [A-Z][a-z]+)*(?!-?[A-Za-z]|['’](?!s\b)[A-Za-z])")
_MIN_NAME_SHARE = 0.5  # share of an English word's translations that must be names for the word to be one
_STOP_WORDS = frozenset((
    "a an the of in on at to for by from with and or as is are was were be been being do does did has have had can could will would "
    "should may might must how many much what which who whom whose when where why that this these those it its his her their there "
    "than then into over about after before during between up down out off per each all any some most more other such own same so "
    "too very not no if while both against under above according report said say says name named called kind type long").split())

Term = tuple[str, ...]


class Dictionary:
    """A compiled dictionary, opened from a folder."""

    def __init__(self, folder: Path) -> None:
        """Opens the dictionary. Raises :class:`ModelError` if the folder has none."""
        file = folder / FILE
        try:
            self._table = sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False)
            self._table.execute("SELECT 1 FROM glosses, names, common LIMIT 1")
        except sqlite3.Error as error:
            raise ModelError(f"{file}: no dictionary ({error}); run `rag models --fetch`, or set retrieval.dictionary to \"\" "
                             "to do without") from error

    def terms(self, question: str) -> tuple[Term, ...]:
        """Returns for each word or phrase of an English question its Chinese translations of at least two characters.

        Chinese names translate to themselves. A word in capitals is read only as an abbreviation. Stop words and words that
        the dictionary lacks are left out.

        >>> Dictionary(folder).terms("How many insurance premiums did 甲镇 pay?")[:2]                    # doctest: +SKIP
        (('保费',), ('甲镇',))
        """
        words = [re.sub("'s?$", "", word) for word in _WORD.findall(question.replace("-", " "))]
        keys = [word if is_han(word) else gloss_key([word]) for word in words]
        capitals = {word for word in words if word.isupper() and len(word) > 1 and not question.isupper()}
        known = self._translations({key for at in range(len(words)) for _, key in _longest_first(words, keys, at)})
        known |= {word: (word,) for word in words if is_han(word)}
        short = self._abbreviations({word for word in words if len(word) > 2 and word.lower() not in _STOP_WORDS} | capitals)
        found: list[Term] = []
        at = 0
        while at < len(words):
            phrases = [(end, known[key]) for end, key in _longest_first(words, keys, at) if key in known]
            if words[at] in capitals:  # the lower-case word is a different word
                phrases = [(end, term) for end, term in phrases if end > at + 1]
            at, term = phrases[0] if phrases else (at + 1, short.get(words[at], ()))
            found.append(tuple(word for word in term if len(word) > 1))
        return tuple(dict.fromkeys(filter(None, found)))

    def english(self, name: str) -> str:
        """Returns the English form of a Chinese proper name; ``""`` if the dictionary has no such name.

        >>> Dictionary(folder).english("迪拜")                                                            # doctest: +SKIP
        'Dubai'
        """
        found = self._table.execute("SELECT english FROM names WHERE word = ?", (name,)).fetchone()
        return str(found[0]) if found else ""

    def is_common(self, word: str) -> bool:
        """Tells whether the dictionary knows a Chinese word, and not as a proper name.

        >>> Dictionary(folder).is_common("东西"), Dictionary(folder).is_common("迪拜")                    # doctest: +SKIP
        (True, False)
        """
        return self._table.execute("SELECT 1 FROM common WHERE word = ?", (word,)).fetchone() is not None

    def chinese_names(self, text: str) -> dict[str, Term]:
        """Returns the English proper names in a text that the dictionary has, longest first, each with its Chinese forms.

        >>> Dictionary(folder).chinese_names("Which towns of Morocco were hit?")                          # doctest: +SKIP
        {'Morocco': ('摩洛哥',)}
        """
        runs = {" ".join(words[at:end]) for words in map(str.split, _CAPITALISED.findall(text))
                for at in range(len(words)) for end in range(at + 1, min(len(words), at + _LONGEST_PHRASE) + 1)}
        rows = self._table.execute(
            f"SELECT english, word FROM names WHERE english IN ({','.join('?' * len(runs))}) ORDER BY word", list(runs))
        known: dict[str, list[str]] = {}
        for english, word in rows:
            known.setdefault(english, []).append(word)
        glosses = self._translations({gloss_key(name.split()) for name in known})
        return {name: tuple(known[name]) for name in sorted(known, key=lambda name: -len(name))
                if _is_mostly_name(known[name], glosses.get(gloss_key(name.split()), ()))}

    def _abbreviations(self, words: Iterable[str]) -> dict[str, Term]:
        wanted = {word: word.upper() for word in words}
        known = self._translations(set(wanted.values()))
        return {word: known[capitals] for word, capitals in wanted.items() if capitals in known}

    def _translations(self, keys: Iterable[str]) -> dict[str, Term]:
        wanted = list(keys)
        rows = self._table.execute(
            f"SELECT key, word FROM glosses WHERE key IN ({','.join('?' * len(wanted))}) ORDER BY key, word", wanted)
        known: dict[str, list[str]] = {}
        for key, word in rows:
            known.setdefault(key, []).append(word)
        return {key: tuple(some) for key, some in known.items()}


def _is_mostly_name(names: Sequence[str], words: Sequence[str]) -> bool:
    """Tells whether an English word is a name: most of its Chinese translations are names or begin with one.

    >>> _is_mostly_name(["北湖区"], ["北", "北方", "北面"]), _is_mostly_name(["夏威夷"], ["夏威夷", "夏威夷州"])
    (False, True)
    """
    named = [word for word in words if any(word.startswith(name) for name in names)]
    return len(named) >= _MIN_NAME_SHARE * len(words)


def _longest_first(words: Sequence[str], keys: Sequence[str], at: int) -> Iterator[tuple[int, str]]:
    """Yields end and key of the phrases that begin at a word, longest first; none begins or ends with a stop word."""
    for end in range(min(len(words), at + _LONGEST_PHRASE), at, -1):
        if not {words[at].lower(), words[end - 1].lower()} & _STOP_WORDS:
            yield end, " ".join(keys[at:end])
