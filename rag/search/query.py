"""Question → :class:`Query`: its language, its names and times, its search tokens.

The archive is Chinese. A question in another language is searched by its own vector, the pinyin of its names and the
dictionary translations of its words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from rag.errors import QuestionError
from rag.language.dates import date_tokens
from rag.language.periods import Period, asked_period
from rag.language.text import is_han, language, search_tokens

MAX_CHARACTERS = 2000  # of a question; a longer text is an article that was pasted by mistake

_STOP = frozenset("的了是在有和与及或多少个几哪什么怎么如何为被把对从到吗呢吧请问谁何时这那其中")
_STOP_PAIRS = frozenset(
    "多少 什么 哪些 哪个 哪家 哪几 哪一 哪两 几个 几所 几家 怎样 怎么 如何 为何 是否 "
    "是多 少个 少家 少名 少人 是什 是哪 有多 有哪 请问 一共 共有".split()
)


@dataclass(frozen=True)
class Query:
    """A question with the forms that search and reading need.

    ``localised``: an English question with its names, dates and large figures in Chinese; the reader is shown this form.
    ``chinese``: the generator's translation, shown beside it. ``name_translations``: ``(English name, its spelling in the archive)``,
    for romanised and foreign names. ``pinyin_readings``: all pinyin syllabifications of the romanised names. ``places``: the places of
    the question; articles that mention fewer of them than others are left out. ``terms``: for each English word its possible Chinese
    translations.
    """

    question: str
    language: str
    localised: str = ""
    chinese: str = ""
    name_translations: tuple[tuple[str, str], ...] = ()
    pinyin_readings: tuple[tuple[str, ...], ...] = ()
    places: tuple[str, ...] = ()
    terms: tuple[tuple[str, ...], ...] = ()

    @property
    def tokens(self) -> tuple[str, ...]:
        """Returns the search tokens without question words, in order of first use.

        >>> Query("大桥多少米?", "zh").tokens
        ('大', '桥', '米', '大桥', '桥多', '少米')
        """
        found = [*search_tokens(self.question), *date_tokens(self.question)]
        return tuple(dict.fromkeys(t for t in found if t not in _STOP and t not in _STOP_PAIRS))

    @property
    def words(self) -> tuple[str, ...]:
        """Returns the tokens for BM25: without single Chinese characters, unless there is nothing else.

        Bigrams carry the information of their characters, and characters make a search three times as slow.

        >>> Query("大桥多少米?", "zh").words
        ('大桥', '桥多', '少米')
        """
        return tuple(t for t in self.tokens if len(t) > 1 or not is_han(t)) or self.tokens

    @property
    def match_terms(self) -> tuple[tuple[str, ...], ...]:
        """Returns the terms to match in sentences: each word of a Chinese question, or the translations of each English word.

        >>> Query("How many bridges?", "en", terms=(("大桥", "桥梁"),)).match_terms
        (('大桥', '桥梁'),)
        """
        return self.terms if self.language == "en" else tuple((word,) for word in self.words)

    @property
    def period(self) -> Period | None:
        """Returns the period that the question names, or ``None``.

        >>> Query("2024年产量多少?", "zh").period.days, Query("产量多少?", "zh").period
        (366, None)
        """
        return asked_period(self.question)


def read_query(question: str) -> Query:
    """Normalises and checks a question.

    >>> read_query(" 随州开工多少个项目? ").language
    'zh'

    Raises :class:`QuestionError` for a text that is empty, has no letter or digit, or has over 2,000 characters.
    """
    text = "".join(c for c in question if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))
    text = re.sub(r"\s+", " ", text).strip()
    if not text:
        raise QuestionError("the question is empty; ask something, for example: rag ask \"新开工项目有多少个?\"")
    if len(text) > MAX_CHARACTERS:
        raise QuestionError(f"the question has {len(text):,} characters; at most {MAX_CHARACTERS:,} can be asked at once")
    if not any(c.isalnum() for c in text):
        raise QuestionError(f"the question {text[:20]!r} has no word in it; ask with words, in Chinese or English")
    return Query(text, language(text))


_MAX_TRANSLATIONS = 12  # words; longer lists are cut


def with_translations(question: str, terms: Sequence[tuple[str, ...]], texts: Sequence[str]) -> str:
    """Appends to a question the translations of its words that occur in the texts, as the reader is shown it.

    >>> with_translations("How many bridges?", [("大桥", "桥梁")], ["新建桥梁47座"])
    'How many bridges? (桥梁)'
    """
    whole = "\n".join(texts)
    found = dict.fromkeys(word for words in terms for word in words if word in whole and word not in question)
    return f"{question} ({' '.join(list(found)[:_MAX_TRANSLATIONS])})" if found else question


_SHORT_QUESTION = 4  # words, or pairs of Chinese characters, up to which a question counts as cut short
_FOLLOW_UP_ZH = re.compile(r"^(那|那么|其中|它|他|她|这|该|还有|此外|另外|又|再)|呢[?？]?$|(它们?|他们?|她们?|这里|那里|上述)")
_FOLLOW_UP_EN = re.compile(r"^(and|but|then|also|what about|how about)\b|\b(it|its|they|their|them|there|he|she|his|her|those|these|"
                       r"that (zone|city|company|project|event))\b", re.I)


def is_follow_up(question: str) -> bool:
    """Tells whether a question depends on the conversation: it starts with a connective, has a pronoun, or is very short.

    >>> [is_follow_up(q) for q in ("And in April?", "那苏州呢?", "How many projects did Suizhou start?")]
    [True, True, False]
    """
    text = question.strip()
    if language(text) == "zh":
        return bool(_FOLLOW_UP_ZH.search(text)) or len(text) <= _SHORT_QUESTION * 2
    return bool(_FOLLOW_UP_EN.search(text)) or len(text.split()) <= _SHORT_QUESTION
