"""Rows of tables: what their table is about, what names them, and of which time each of their cells is."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag.language.figures import CELLS, figures_of, time_at
from rag.language.numerals import is_bare
from rag.language.periods import Period
from rag.language.text import fold
from rag.language.when import times_in

_TOTAL = re.compile("^[合总總小共]\\s*[计計]|^平均|^[总總][数數量额額和]?$|^全[^\\s]{0,2}$")  # what the row of totals is called
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
    line = above[-1].lstrip("#").strip() if above else ""
    return "" if line.endswith(_SENTENCE_ENDS) else line


@dataclass(frozen=True)
class Cell:
    """A cell ``row[start:end]``; ``times``: the periods in its column header and in the first cell of its row; ``measure``: its header
    without times.
    """

    start: int
    end: int
    times: tuple[Period, ...]
    measure: str


def cells(row: str, written: str) -> list[Cell]:
    """Returns the cells of a row after the first one, which names it; ``written`` is the ISO date of the article."""
    found, start = [], 0
    for text in row.split(CELLS):
        end = start + len(text)
        figures = [figure.start for figure in figures_of(row) if start and start <= figure.start < end]
        times = [when.period for when in (time_at(row, at, written) for at in figures) if when and when.period]
        header = row[start : figures[0] if figures else end]
        for time in reversed(times_in(header)):
            header = header[: time.start] + header[time.end :]
        if start:
            found.append(Cell(start, end, tuple(times), header.strip()))
        start = end + len(CELLS)
    return found


def of_other_times(row: str, period: Period, written: str) -> tuple[list[Cell], list[Cell]]:
    """Returns the cells of another time than ``period``, and those of them whose measure has no cell of that time.

    >>> from datetime import date
    >>> row = "季度 一季度 | 2023年产值 35.7 | 2024年产值 36.9 | 2023年税收 3.1"
    >>> [[row[c.start:c.end] for c in some] for some in of_other_times(row, Period(date(2024, 1, 1), date(2024, 3, 31)), "2024-05-01")]
    [['2023年产值 35.7', '2023年税收 3.1'], ['2023年税收 3.1']]
    """
    every = cells(row, written)
    others = [cell for cell in every if cell.times and not any(
        time.start <= period.end and period.start <= time.end for time in cell.times)]
    told = {cell.measure for cell in every if cell not in others}
    return others, [cell for cell in others if cell.measure not in told]


def row_name(row: str) -> str:
    """Returns what a row is about: its first cell that is no bare number, without the header before it.

    >>> row_name("镇 甲镇 | 产量 7"), row_name("甲镇 | 7"), row_name("名次 5 | 学校 三中 | 总分 28"), row_name("年份 2023 | 产量 7")
    ('甲镇', '甲镇', '三中', '2023')
    """
    names = [cell.split(" ", 1)[-1].strip() or cell for cell in row.split(CELLS)]
    return next((name for name in names if not is_bare(name.rstrip("%"))), names[0])


def cell_under(row: str, header: str) -> tuple[int, int] | None:
    """Returns where a cell of a row stands, behind its header; ``None`` for a row without such a cell.

    >>> row = "镇 甲镇 | 2023年产量(吨) 7 | 2024年产量(吨) 9.5"
    >>> row[slice(*cell_under(row, "2024年产量（吨）"))], cell_under(row, "面积")
    ('9.5', None)
    """
    start, wanted = 0, fold(header).strip()
    for text in row.split(CELLS):
        if start and wanted and fold(text).startswith(wanted + " "):
            return start + len(wanted) + 1, start + len(text)
        start += len(text) + len(CELLS)
    return None


def is_total(row: str) -> bool:
    """Tells whether a row of a table is called a total or an average of the others.

    >>> [is_total(row) for row in ("村 甲村 | 户数 30", "村 全镇 | 户数 42", "合 计 | 42", "学校 平均 | 8.1")]
    [False, True, False, True]
    """
    return bool(_TOTAL.search(fold(row_name(row))))


def is_named(row: str, question: str) -> bool:
    """Tells whether a question names a row.

    >>> [is_named("线路 7路 | 客流 35", question) for question in ("7路的客流?", "27路的客流?", "17路和7路")]
    [True, False, True]
    """
    name = fold(row_name(row))
    return len(name) > 1 and bool(re.search((r"(?<!\d)" if name[0].isdigit() else "") + re.escape(name), fold(question)))
