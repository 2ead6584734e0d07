"""Generates example questions from the archive: a clause that ends in a figure becomes a question for that figure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from rag.language.places import places_in
from rag.language.quantities import read
from rag.language.text import sentences
from rag.records import Article

_CLAUSE_LENGTHS = range(8, 31)  # characters of a clause
_MAX_UNIT = 3  # characters; the clause must end in the figure and its unit
_TIME_UNITS = "年月日号时点"  # a number before them is a date or time, not a count
_NUMERAL = re.compile(r"^[\d.,零〇一二两三四五六七八九十百千万亿多余]+")


def questions_of(article: Article) -> Iterator[str]:
    """Yields the questions that an article answers, in the order of its clauses.

    >>> list(questions_of(Article("a", "p", "d", "今年以来,随州高新区新开工项目47个,总投资额86.8亿元。")))
    ['随州高新区新开工项目多少个?']
    """
    for start, end in sentences(article.text):
        for clause in re.split("[,，;；。:：]", article.text[start:end]):
            figures = [figure for figure in read(clause) if not figure.soft]
            if len(clause) not in _CLAUSE_LENGTHS or len(figures) != 1 or figures[0].kind != "number" or not places_in(clause):
                continue
            unit = _NUMERAL.sub("", figures[0].text) + clause[figures[0].end :]
            if unit and len(unit) <= _MAX_UNIT and unit[0] not in _TIME_UNITS:
                yield f"{clause[: figures[0].start]}多少{unit}?"


def candidates(articles: Iterable[Article], configured: Iterable[str], limit: int) -> list[str]:
    """Returns the configured questions and one of each article, ``limit`` at most, without duplicates."""
    generated = [question for article in articles if (question := next(questions_of(article), ""))]
    return list(dict.fromkeys([*configured, *generated]))[:limit]
