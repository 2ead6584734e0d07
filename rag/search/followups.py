"""A question that was cut short takes its place and time from the one before it."""

from __future__ import annotations

from rag.language.names import place_words
from rag.language.periods import asked_period
from rag.language.quantities import read
from rag.language.text import language


def carried_on(question: str, last: str) -> str:
    """A Chinese question with the place of the last one where it names none, and with its day or month where it names no time.

    >>> carried_on("总投资额是多少?", "随州高新区4月集中开工多少个重点项目?")
    '随州高新区4月总投资额是多少?'
    >>> carried_on("苏州高新区呢?", "随州高新区4月集中开工多少个重点项目?")
    '苏州高新区呢?'
    """
    if language(question) != "zh" or language(last) != "zh" or place_words(question):
        return question
    places = "".join(place_words(last)[:1])
    times = "" if asked_period(question) or _times(question) else "".join(_times(last))
    return f"{places}{times}{question}" if places else question


def _times(question: str) -> list[str]:
    return [figure.text for figure in read(question) if figure.kind in ("day", "month")]
