"""CC-CEDICT, a Chinese-English dictionary, as three tables: English gloss → Chinese words, proper name → English, and common words.

The format is ``Traditional Simplified [pin1 yin1] /gloss; gloss/gloss/``, one word in a line; see cc-cedict.org.
"""

from __future__ import annotations

import gzip
import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from rag.errors import ModelError

FILE = "cedict.sqlite"
PACKED = "cedict.u8.gz"
_ENTRY = re.compile(r"\S+ ([\u4e00-\u9fff]{1,8}) \[[^]]*\] /(.+)/")
_NAME = re.compile(r"\S+ ([\u4e00-\u9fff·]{2,12}) \[([^]]*)\] /(?:PRC )?([^/]+)/")
_ENGLISH_NAME = re.compile(  # a name, and not the beginning of a longer one (Russian army): what follows describes it
    r"((?>[A-Z][\w.'’&-]*(?: (?:(?:of|the|and|for|de|la|on|da|von|van) )*[A-Z][\w.'’&-]*)*))"
    r"\s*(?:$|[,;\u4e00-\u9fff]|(?:(?: ?[a-z-]+){0,4} )?(?:in|of|on|at|near|or|from|to|between|by)\b"
    r"|(?:[a-z-]+ ){0,2}(?:city|county|district|province|state|town|township|prefecture|municipality|island|region)(?:$|[,; ]))")
_BRACKETS = re.compile(r"\([^)]*\) ?")
_PEOPLE_AND_LANGUAGES = ("(person)", "person or people", "(language)")  # a Russian is no name
_ABBREVIATION = re.compile(r"[A-Z]{2,6}")
_WITH_ABBREVIATION = re.compile(r"([A-Za-z])[A-Za-z' -]+ \(([A-Z]{2,6})\)")
_NOT_TRANSLATIONS = ("CL:", "variant of", "old variant", "see ", "surname", "abbr. for", "used in", "erhua")
_MAX_GLOSS_WORDS = 5  # longer glosses are explanations


def convert_cedict(folder: Path) -> None:
    """Converts ``cedict.u8.gz`` in a folder to ``cedict.sqlite``. Raises :class:`ModelError` if the file has another format."""
    packed = folder / PACKED
    with gzip.open(packed, "rt", encoding="utf-8") as file:
        lines = file.readlines()
    rows = {(gloss if gloss.isupper() else gloss_key(gloss.split()), word) for line in lines for word, gloss in glosses(line)}
    if not rows:
        raise ModelError(f"{packed}: not a dictionary in the format of CC-CEDICT")
    (folder / FILE).unlink(missing_ok=True)  # left by a killed conversion
    table = sqlite3.connect(folder / FILE)
    with table:
        table.execute("CREATE TABLE glosses (key TEXT, word TEXT, PRIMARY KEY (key, word)) WITHOUT ROWID")
        table.executemany("INSERT INTO glosses VALUES (?, ?)", sorted(rows))
        table.execute("CREATE TABLE names (word TEXT PRIMARY KEY, english TEXT) WITHOUT ROWID")
        table.executemany("INSERT INTO names VALUES (?, ?)", sorted(proper_names(lines).items()))
        table.execute("CREATE TABLE common (word TEXT PRIMARY KEY) WITHOUT ROWID")
        table.executemany("INSERT INTO common VALUES (?)", [(word,) for word in sorted(common_words(lines))])
    table.close()
    packed.unlink()


def glosses(line: str) -> Iterator[tuple[str, str]]:
    """Yields the simplified word of a line with each English gloss.

    >>> list(glosses("保費 保费 [bao3 fei4] /insurance premium; (old) fee/CL:筆|笔[bi3]/"))
    [('保费', 'insurance premium'), ('保费', 'fee')]
    >>> list(glosses("世貿組織 世贸组织 [Shi4 mao4 Zu3 zhi1] /World Trade Organization (WTO)/"))
    [('世贸组织', 'world trade organization'), ('世贸组织', 'WTO')]
    """
    entry = _ENTRY.match(line)
    if not entry:
        return
    for meaning in entry[2].split("/"):
        if not meaning.startswith(_NOT_TRANSLATIONS):
            for part in re.split("[;,]", meaning):
                gloss = _normalised(part)
                if gloss and len(gloss.split()) <= _MAX_GLOSS_WORDS:
                    yield entry[1], gloss
                yield from ((entry[1], abbreviation) for abbreviation in _abbreviations(part.strip()))


def proper_names(lines: Iterable[str]) -> dict[str, str]:
    """Returns the words that are only proper names (their pinyin is capitalised), with their English.

    >>> proper_names(["迪拜 迪拜 [Di2 bai4] /Dubai/", "光明 光明 [Guang1 ming2] /Guangming (place)/",
    ...               "光明 光明 [guang1 ming2] /light/", "內羅畢 内罗毕 [Nei4 luo2 bi4] /Nairobi, capital of Kenya/"])
    {'迪拜': 'Dubai', '内罗毕': 'Nairobi'}
    >>> proper_names(["俄軍 俄军 [E2 jun1] /Russian army/", "俄語 俄语 [E2 yu3] /Russian (language)/"])
    {}
    """
    names: dict[str, str] = {}
    ambiguous = set()
    for entry in filter(None, map(_NAME.match, lines)):
        word, pinyin, gloss = entry.groups()
        english = _ENGLISH_NAME.match(_BRACKETS.sub("", gloss))
        if not pinyin[0].isupper():
            ambiguous.add(word)
        elif english and not gloss.startswith(_NOT_TRANSLATIONS) and not any(kind in gloss for kind in _PEOPLE_AND_LANGUAGES):
            names.setdefault(word, english[1])
    return {word: english for word, english in names.items() if word not in ambiguous}


def common_words(lines: Iterable[str]) -> set[str]:
    """Returns the words that are no proper names (none of their pinyin is capitalised).

    >>> common_words(["東西 东西 [dong1 xi5] /thing/", "光明 光明 [Guang1 ming2] /Guangming/", "光明 光明 [guang1 ming2] /light/"])
    {'东西'}
    """
    found: dict[bool, set[str]] = {True: set(), False: set()}
    for entry in filter(None, map(_NAME.match, lines)):
        found[entry[2][:1].isupper()].add(entry[1])
    return found[False] - found[True]


def _normalised(gloss: str) -> str:
    """Removes remarks in brackets and a leading article or preposition from a gloss."""
    text = re.sub(r"\([^)]*\)|\[[^]]*\]|\{[^}]*\}", "", gloss).strip().lower()
    text = re.sub(r"^(?:to|a|an|the|of) ", "", text)
    return " ".join(text.strip(" .,;!?").replace("-", " ").split())


def _abbreviations(gloss: str) -> list[str]:
    """Returns the abbreviations of a gloss: the gloss itself, or in brackets behind it. They stay upper case as keys.

    >>> _abbreviations("gross domestic product (GDP)"), _abbreviations("EU"), _abbreviations("colour (US)")
    (['GDP'], ['EU'], [])
    """
    if _ABBREVIATION.fullmatch(gloss):
        return [gloss]
    return [abbreviation for first, abbreviation in _WITH_ABBREVIATION.findall(gloss) if first.upper() == abbreviation[0]]


def gloss_key(words: Sequence[str]) -> str:
    """Returns the key of English words: their Porter stems.

    >>> gloss_key(["insurance", "premiums"]) == gloss_key(["insurance", "premium"])
    True
    """
    return " ".join(_stem(word.lower()) for word in words)


@lru_cache(maxsize=100_000)
def _stem(word: str) -> str:
    return str(_stemmer().stemWord(word))


@lru_cache(maxsize=1)
def _stemmer() -> Any:
    import snowballstemmer

    return snowballstemmer.stemmer("english")
