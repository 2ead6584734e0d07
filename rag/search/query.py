"""Question → :class:`Query`: its language, the names and times in it, what is searched for.

The archive is Chinese. A question in another language is searched with its own vector, with the pinyin of the names in
it and with the translations of its words that a dictionary has.
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

MAX_CHARACTERS = 2000

_STOP = frozenset("的了是在有和与及或多少个几哪什么怎么如何为被把对从到吗呢吧请问谁何时这那其中")
_STOP_PAIRS = frozenset(
    "多少 什么 哪些 哪个 哪家 哪几 哪一 哪两 几个 几所 几家 怎样 怎么 如何 为何 是否 "
    "是多 少个 少家 少名 少人 是什 是哪 有多 有哪 请问 一共 共有".split()
)


@dataclass(frozen=True)
class Query:
    """A question as it is searched and answered.

    ``named``: itself with the names, dates and figures of an English question in Chinese, as it is read with the sentences.
    ``chinese``: the generator's translation of it, which is read beside it.
    ``forms``: the romanised names in it as the archive writes them. ``sounds``: the pinyin of these names. ``scope``: the places
    and names that an article must mention to answer it. ``terms``: what each of its English words may be in Chinese.
    """

    question: str
    language: str
    named: str = ""
    chinese: str = ""
    forms: tuple[tuple[str, str], ...] = ()
    sounds: tuple[tuple[str, ...], ...] = ()
    scope: tuple[str, ...] = ()
    terms: tuple[tuple[str, ...], ...] = ()

    @property
    def tokens(self) -> tuple[str, ...]:
        """Search tokens without question words, in order of first use."""
        found = [*search_tokens(self.question), *date_tokens(self.question)]
        return tuple(dict.fromkeys(t for t in found if t not in _STOP and t not in _STOP_PAIRS))

    @property
    def words(self) -> tuple[str, ...]:
        """The tokens that search looks for: single characters are left to a question that has nothing longer.

        A pair says all that its characters say, and characters make a search three times as slow.
        """
        return tuple(t for t in self.tokens if len(t) > 1 or not is_han(t)) or self.tokens

    @property
    def meant(self) -> tuple[tuple[str, ...], ...]:
        """What a sentence that answers would share with it: its words, each with all translations of an English one."""
        return self.terms if self.language == "en" else tuple((word,) for word in self.words)

    @property
    def period(self) -> Period | None:
        """The days that it asks about, where it names any."""
        return asked_period(self.question)


def read_query(question: str) -> Query:
    """Checks and reads a question.

    >>> read_query(" 随州开工多少个项目? ").language
    'zh'

    Raises :class:`QuestionError` for text that is empty, without a letter or digit, or over 2,000 characters.
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


_GLOSSES = 12


def glossed(question: str, terms: Sequence[tuple[str, ...]], texts: Sequence[str]) -> str:
    """A question with those translations of its words that stand in some texts, as the reader is shown it.

    >>> glossed("How many bridges?", [("大桥", "桥梁")], ["新建桥梁47座"])
    'How many bridges? (桥梁)'
    """
    whole = "\n".join(texts)
    found = dict.fromkeys(word for words in terms for word in words if word in whole and word not in question)
    return f"{question} ({' '.join(list(found)[:_GLOSSES])})" if found else question


_ASKS_EN = re.compile(r"\b(?:how|what|which|who|whom|whose|when|where|why)\b", re.I)
_ASKS_ZH = re.compile("多少|哪[几些个家位种一]?|几(?!乎)|什么|谁|何[时地处]|[为如]何|怎")


def asks_twice(question: str) -> bool:
    """Whether a question has two question words or more, and so may ask for two things.

    >>> asks_twice("How long is the bridge, and when was it opened?"), asks_twice("大桥全长多少米?")
    (True, False)
    """
    return len((_ASKS_ZH if language(question) == "zh" else _ASKS_EN).findall(question)) > 1


_YES_NO_ZH = re.compile(r"是否|能否|可否|有无|吗|(.)[不没]\1")
_YES_NO_EN = re.compile(r"(?:^|[,;:] )(?:(?:and|but|so) )?(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|may|"
                        r"must)\b", re.I)


_CHOICE_EN = r"(?i)\b(?:\w+er|more|less)\b.* or "
def asks_yes_or_no(question: str) -> bool:
    """Whether "yes" or "no" can answer a question; they cannot where one of two is to be named.

    >>> [asks_yes_or_no(q) for q in ("In April, did it grow?", "随州是否领先?", "有没有上市公司?", "What did it sign?")]
    [True, True, True, False]
    >>> asks_yes_or_no("Is the yield higher in wet years or in dry ones?")
    False
    """
    asks, choice = (_YES_NO_ZH, "还是") if language(question) == "zh" else (_YES_NO_EN, _CHOICE_EN)
    return bool(asks.search(question)) and not re.search(choice, question)


_FEW = 4  # words of a question that is cut short
_LEANS_ZH = re.compile(r"^(那|那么|其中|它|他|她|这|该|还有|此外|另外|又|再)|呢[?？]?$|(它们?|他们?|她们?|这里|那里|上述)")
_LEANS_EN = re.compile(r"^(and|but|then|also|what about|how about)\b|\b(it|its|they|their|them|there|he|she|his|her|those|these|"
                       r"that (zone|city|company|project|event))\b", re.I)


def leans_on_history(question: str) -> bool:
    """Whether a question can only be understood from what was said before: it begins in the middle, points back, or is cut short.

    >>> [leans_on_history(q) for q in ("And in April?", "那苏州呢?", "How many projects did Suizhou start?")]
    [True, True, False]
    """
    text = question.strip()
    if language(text) == "zh":
        return bool(_LEANS_ZH.search(text)) or len(text) <= _FEW * 2
    return bool(_LEANS_EN.search(text)) or len(text.split()) <= _FEW
