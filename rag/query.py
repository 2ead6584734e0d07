"""Question → :class:`Query`: its language, its Chinese form, the names in it, what is searched for.

The archive is Chinese. A question in another language is searched with its own vector, with the pinyin of the
names in it, and (where there is one) with the words of its translation.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from rag.dates import date_tokens
from rag.errors import QuestionError
from rag.periods import Period, asked_period
from rag.text import is_han, language, search_tokens

MAX_CHARACTERS = 2000

_STOP = frozenset("的了是在有和与及或多少个几哪什么怎么如何为被把对从到吗呢吧请问谁何时这那其中")
_STOP_PAIRS = frozenset(
    "多少 什么 哪些 哪个 哪家 哪几 哪一 哪两 几个 几所 几家 怎样 怎么 如何 为何 是否 "
    "是多 少个 少家 少名 少人 是什 是哪 有多 有哪 请问 一共 共有".split()
)


@dataclass(frozen=True)
class Query:
    """A question as it is searched and answered.

    ``chinese``: itself, its translation, or ``""`` where there is none yet. ``named``: itself with the names and dates in
    Chinese, as it is read with the evidence. ``forms``: the romanised names in it as the archive writes them. ``sounds``:
    the pinyin of these names. ``scope``: the places and names that an article must mention to answer it. ``terms``: what each
    of its English words may be in Chinese.
    """

    question: str
    language: str
    chinese: str
    named: str = ""
    forms: tuple[tuple[str, str], ...] = ()
    sounds: tuple[tuple[str, ...], ...] = ()
    scope: tuple[str, ...] = ()
    terms: tuple[tuple[str, ...], ...] = ()

    @property
    def tokens(self) -> tuple[str, ...]:
        """Search tokens without question words, in order of first use."""
        return _asked(f"{self.question} {self.chinese}" if self.chinese != self.question else self.question)

    @property
    def words(self) -> tuple[str, ...]:
        """The tokens that search looks for: single characters are left to a question that has nothing longer.

        A pair says all that its characters say, and characters make a search three times as slow.
        """
        return _longer(self.tokens)

    @property
    def chinese_words(self) -> tuple[str, ...]:
        """The words of the Chinese form alone: those that a sentence which answers would share."""
        return _longer(_asked(self.chinese or self.question))

    @property
    def period(self) -> Period | None:
        """The days that it asks about, where it names any."""
        return asked_period(self.question)


def _asked(text: str) -> tuple[str, ...]:
    """Tokens and dates of a text, each once, without question words."""
    found = [*search_tokens(text), *date_tokens(text)]
    return tuple(dict.fromkeys(t for t in found if t not in _STOP and t not in _STOP_PAIRS))


def _longer(tokens: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(t for t in tokens if len(t) > 1 or not is_han(t)) or tokens


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
    spoken = language(text)
    return Query(text, spoken, text if spoken == "zh" else "")


_ASKING = r"(?:how|what|which|who|whom|whose|when|where|why)\b"
_WITH = "(?:(?:about|roughly|approximately|in|at|by|for|to|on|from|of|with|out of) )*"
_NEXT_EN = re.compile(rf",? and (?={_WITH}{_ASKING})|, (?=(?:in|at|by|for|to|on|from|with) (?:how|what)\b)", re.I)
_NEXT_ZH = re.compile("[,\uff0c;\uff1b](?=[^,\uff0c;\uff1b]*(?:多少|几|什么|哪|谁|何))")
ASKS_EN = re.compile(rf"\b{_ASKING}", re.I)


def parts_asked(question: str) -> list[str]:
    """The questions in a question that asks for several things; itself where it asks for one.

    >>> parts_asked("How long is the bridge, and by how many metres does it beat the old one?")
    ['How long is the bridge?', 'by how many metres does it beat the old one?']
    >>> parts_asked("大桥全长多少米,有几座桥塔?"), parts_asked("今年1至4月,大桥通车几次?")
    (['大桥全长多少米?', '有几座桥塔?'], ['今年1至4月,大桥通车几次?'])
    >>> parts_asked("What bridge was opened on 5 May, and where?")
    ['What bridge was opened on 5 May?', 'where (What bridge was opened on 5 May)?']
    """
    chinese = language(question) == "zh"
    parts = [part.strip(" ?\uff1f") for part in (_NEXT_ZH if chinese else _NEXT_EN).split(question)]
    asks, words = (_ASKS_ZH, parts[0]) if chinese else (ASKS_EN, parts[0].split())
    if len(parts) < 2 or len(words) <= _FEW_WORDS or not all(asks.search(part) for part in parts):
        return [question]  # or one whose first part leans on the rest: "On which day and in which town was it built?"
    bare = [not chinese and len(part.split()) <= _BARE for part in parts]  # read by itself it would ask about anything
    return [f"{part} ({parts[0]})?" if short else f"{part}?" for part, short in zip(parts, bare, strict=True)]


_FEW_WORDS = 4
_BARE = 2  # English words of a part that asks nothing by itself
_YES_NO_ZH = re.compile(r"是否|能否|可否|有无|吗|(.)[不没]\1")
_YES_NO_EN = re.compile(r"(?:^|[,;:] )(?:(?:and|but|so) )?(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|may|"
                        r"must)\b", re.I)


_CHOICE_EN = r"(?i)\b(?:\w+er|more|less)\b.* or "
_ASKS_ZH = re.compile("[谁哪几吗呢何多怎么?\uff1f]|什么|是否|能否|可否|有无|(.)[不没]\\1")


def is_a_question(chinese: str) -> bool:
    """Whether a Chinese text asks something; a small generator sometimes makes a statement out of a question.

    >>> is_a_question("甲城有多少座图书馆"), is_a_question("甲城的图书馆")
    (True, False)
    """
    return bool(_ASKS_ZH.search(chinese))


def asks_yes_or_no(question: str) -> bool:
    """Whether "yes" or "no" can answer a question; they cannot where one of two is to be named.

    >>> [asks_yes_or_no(q) for q in ("In April, did it grow?", "随州是否领先?", "有没有上市公司?", "What did it sign?")]
    [True, True, True, False]
    >>> asks_yes_or_no("Is the yield higher in wet years or in dry ones?")
    False
    """
    asks, choice = (_YES_NO_ZH, "还是") if language(question) == "zh" else (_YES_NO_EN, _CHOICE_EN)
    return bool(asks.search(question)) and not re.search(choice, question)


def asks_the_same(chinese: str, question: str) -> bool:
    """Whether a Chinese form of an English question asks for the same kind of thing: a number, yes or no, or neither.

    >>> [asks_the_same(zh, "How many bridges were opened?") for zh in ("开通了多少座桥?", "开通了哪些桥?", "开通桥了吗?", "开通了桥")]
    [True, False, False, False]
    """
    if not is_a_question(chinese) or asks_yes_or_no(chinese) > asks_yes_or_no(question):
        return False
    return asks_for_count(chinese) or not asks_for_count(question)


_COUNTS = re.compile(r"多少|(?<!哪)几[个家名项人所条次]|总额|how (?:many|much)|"
                   r"what (?:is|was|were|are) the (?:total|number|value|investment)", re.I)


def asks_for_count(question: str) -> bool:
    """Whether a question asks for a count or a sum.

    >>> asks_for_count("how many projects?"), asks_for_count("谁是主任?")
    (True, False)
    """
    return bool(_COUNTS.search(question))


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
        return bool(_LEANS_ZH.search(text)) or len(text) <= _FEW_WORDS * 2
    return bool(_LEANS_EN.search(text)) or len(text.split()) <= _FEW_WORDS
