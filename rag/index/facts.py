"""Lists every figure of the archive: what it counts, for which period, and where it is printed.

A fact contains no generated text: it points to the figure and its sentence in the article, and ``what`` consists of words of that
sentence.
"""

from __future__ import annotations

from collections.abc import Iterator

from rag.language.figures import CELLS, figures_of, sort_of, time_at, whole_figure
from rag.language.quantities import is_rounded, unit_of
from rag.language.text import sentences
from rag.language.when import times_in
from rag.records import Fact, Passage

_CLAUSE_ENDS = "\uff0c,;\uff1b。:\uff1a"
_MIN_SUBJECT = 6  # characters in front of a figure that make a subject; fewer take the subject of the clause before
_MAX_WHAT = 40  # characters of ``Fact.what``


def facts_of(passage: Passage, written: str) -> Iterator[Fact]:
    """Yields the facts of a passage; ``written`` is the ISO date of its article.

    >>> page = Passage("p", "a", "1—7月,全社会用电量5.6万亿千瓦时,同比增长7.7%。", 0, 28)
    >>> [(fact.what, fact.shown, fact.period) for fact in facts_of(page, "2024-08-20")]
    [('全社会用电量', '5.6万亿千瓦时', '2024-01/2024-07'), ('全社会用电量 同比', '增长7.7%', '2024-01/2024-07')]
    """
    for start, end in sentences(passage.text):
        text = passage.text[start:end]
        named = times_in(text, written)
        for figure in (one for one in figures_of(text) if one.kind != "clock"):
            first, last = whole_figure(text, figure.start, figure.end)
            when = time_at(text, figure.start, written, None if CELLS in text else named)
            period = when.period if when else None
            yield Fact(
                article_id=passage.article_id, field=passage.field, item=passage.item, start=passage.start + start + first,
                end=passage.start + start + last, sentence_start=passage.start + start, sentence_end=passage.start + end,
                what=what_is_counted(text, first, last, [(time.start, time.end) for time in named]), value=str(figure.value),
                shown=text[first:last], kind=sort_of(figure), unit=unit_of(text, figure), period=when.iso if when else "",
                since=period.start.isoformat() if period else "", until=period.end.isoformat() if period else "",
                rounded=is_rounded(text[first:last]))


def what_is_counted(text: str, start: int, end: int, times: list[tuple[int, int]]) -> str:
    """Returns the words that say what the figure at ``text[start:end]`` counts.

    These are the words of its clause. A short clause gets the subject of the clause before.

    >>> what_is_counted("随州新开工项目47个,增长5%", 7, 10, []), what_is_counted("随州新开工项目47个,增长5%", 13, 15, [])
    ('随州新开工项目', '随州新开工项目 增长')
    """
    if CELLS in text:
        cell = text.rfind(CELLS, 0, start) + len(CELLS) if CELLS in text[:start] else 0
        return f"{text.split(CELLS)[0]} {text[cell:start]}".strip()[:_MAX_WHAT]
    begin = max((text.rfind(mark, 0, start) for mark in _CLAUSE_ENDS), default=-1) + 1
    words = _without_times(text, begin, start, times)
    if len(words) >= _MIN_SUBJECT or begin == 0:
        return (words or _text_after(text, end))[-_MAX_WHAT:]
    before = max((text.rfind(mark, 0, begin - 1) for mark in _CLAUSE_ENDS), default=-1) + 1
    figure = next((one for one in figures_of(text) if before <= one.start < begin), None)
    subject = _without_times(text, before, figure.start if figure else begin - 1, times)
    return f"{subject} {words}".strip()[-_MAX_WHAT:] or _text_after(text, end)


def _without_times(text: str, start: int, end: int, times: list[tuple[int, int]]) -> str:
    """Returns ``text[start:end]`` without the times in it."""
    inside = [(max(a, start), min(b, end)) for a, b in times if a < end and b > start]
    for a, b in reversed(inside):
        text, end = text[:a] + text[b:], end - (b - a)
    return text[start:end].strip(" ,\uff0c的")


def _text_after(text: str, end: int) -> str:
    stop = min((at for mark in _CLAUSE_ENDS if (at := text.find(mark, end)) >= 0), default=len(text))
    return text[end:stop].strip()[:_MAX_WHAT]
