"""Rule-based translation of the figures, names and set phrases in a Chinese text.

A small model translates figures and names wrongly (86.8亿 is 8.68 billion), so it is given them in English. It only writes
the sentence around them.
"""

from __future__ import annotations

import re

from rag.language.clock import clock_in_english
from rag.language.dates import with_digits
from rag.language.names import Names, no_english_name, romanise_names
from rag.language.quantities import MONTHS, glossary
from rag.language.text import HAN

_TERMS = {
    "今年以来": "So far this year", "截至目前": "To date", "目前": "currently", "近日": "recently", "日前": "recently",
    "近年来": "In recent years", "今年上半年": "In the first half of this year", "上半年": "the first half of the year",
    "今年": "this year", "去年": "last year", "本月": "this month", "上个月": "last month", "昨天": "yesterday", "明天": "tomorrow",
    "同比增长": "grew year on year by", "同比下降": "fell year on year by",
    "总投资额": "total investment of", "总投资": "total investment of",
    "高新技术产业开发区": "High-tech Zone", "高新区": "High-tech Zone", "经济技术开发区": "Economic Development Zone",
    "经开区": "Economic Development Zone", "管委会": "administrative committee", "党工委": "Party working committee",
    "新开工项目": "newly started projects", "续建项目": "projects under continued construction",
}
_ZONES = {
    r"high-tech (?:industrial )?(?:development )?zone": "高新区", r"economic(?: and technological)? development zone": "经开区",
    r"new area": "新区", r"free trade zone": "自贸区",
}
_YEAR_FIRST = re.compile(rf"\b(\d{{4}}) ({'|'.join(MONTHS)})( \d{{1,2}}(?:-\d{{1,2}})?)?")
_TERM = re.compile("|".join(sorted(map(re.escape, _TERMS), key=len, reverse=True)))


def in_english(text: str, question: str = "", known: Names = no_english_name) -> str:
    """Translates the figures, names and set phrases of a Chinese text; the rest stays Chinese.

    Names that ``known`` has get their English form, others pinyin. With a ``question``, pinyin is used only for names in the
    question and persons of three characters; the generator translates the rest (迪拜 is Dubai, not Dibai).

    >>> in_english("今年以来,随州高新区总投资额86.8亿元")
    'So far this year, Suizhou High-tech Zone total investment of 8.68 billion yuan'
    """
    text = clock_in_english(with_digits(text))
    for chinese, english in glossary(text):
        text = text.replace(chinese, f" {english} ", 1)
    parts = re.split(f"({_TERM.pattern})", text)
    named = "".join(f" {_TERMS[part]} " if part in _TERMS else romanise_names(part, question, known) for part in parts)
    spaced = re.sub(r" +([,.;\uff0c\u3002])", r"\1", re.sub(r"\s+", " ", named)).strip()
    return _YEAR_FIRST.sub(lambda m: f"{m[2]}{m[3]}, {m[1]}" if m[3] else f"{m[2]} {m[1]}", spaced)


def zones_in_chinese(question: str) -> str:
    """Replaces the English names of development zones in a question by the Chinese ones.

    >>> zones_in_chinese("Does the 随州 High-tech Zone grow?")
    'Does the 随州高新区 grow?'
    """
    for english, chinese in _ZONES.items():
        question = re.sub(rf"(?:(?<=[{HAN}]) )?\b{english}\b", chinese, question, flags=re.I)
    return question
