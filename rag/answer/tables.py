"""What a row of a table does not say by itself: what its table is about, and of which time each of its cells is."""

from __future__ import annotations

from rag.language.figures import CELLS, figures_of, time_at
from rag.language.periods import Period

_SENTENCE_ENDS = ("。", "!", "?", "\uff01", "\uff1f", "”")


def table_caption(text: str, start: int) -> str:
    """Returns the line above the table in which a row at ``start`` stands; ``""`` if that is a whole sentence or there is none.

    >>> text = "本县公布产量。\\n各镇产量\\n镇 甲镇 | 产量 7\\n镇 乙镇 | 产量 8"
    >>> table_caption(text, text.index("镇 乙镇"))
    '各镇产量'
    """
    above = text[:start].split("\n")[:-1]
    while above and CELLS in above[-1]:
        above.pop()
    line = above[-1].strip() if above else ""
    return "" if line.endswith(_SENTENCE_ENDS) else line


def cells_of_other_times(row: str, period: Period, written: str) -> list[tuple[int, int]]:
    """Returns the ranges of the cells whose figures are of another time than ``period``; ``written`` is the ISO date of the article.

    >>> from datetime import date
    >>> row = "季度 一季度 | 2023年产值 35.7 | 2024年产值 36.9"
    >>> [row[a:b] for a, b in cells_of_other_times(row, Period(date(2024, 1, 1), date(2024, 3, 31)), "2024-05-01")]
    ['2023年产值 35.7']
    """
    ranges, start = [], 0
    for cell in row.split(CELLS):
        end = start + len(cell)
        times = [time_at(row, figure.start, written) for figure in figures_of(row) if start and start <= figure.start < end]
        named = [when.period for when in times if when and when.period]
        if named and not any(one.start <= period.end and period.start <= one.end for one in named):
            ranges.append((start, end))
        start = end + len(CELLS)
    return ranges
