"""Completes a short follow-up question with the place and time of the question before it."""

from __future__ import annotations

from rag.language.periods import asked_period
from rag.language.places import place_words
from rag.language.quantities import read
from rag.language.text import language


def with_place_and_time_of(question: str, last: str) -> str:
    """Adds to a Chinese question the place of the last question if it names none, and its day or month if it names no time.

    >>> with_place_and_time_of("总投资额是多少?", "随州高新区4月集中开工多少个重点项目?")
    '随州高新区4月总投资额是多少?'
    >>> with_place_and_time_of("苏州高新区呢?", "随州高新区4月集中开工多少个重点项目?")
    '苏州高新区呢?'
    """
    if language(question) != "zh" or language(last) != "zh" or place_words(question):
        return question
    places = "".join(place_words(last)[:1])
    times = "" if asked_period(question) or _times(question) else "".join(_times(last))
    return f"{places}{times}{question}" if places else question


def _times(question: str) -> list[str]:
    return [figure.text for figure in read(question) if figure.kind in ("day", "month")]
