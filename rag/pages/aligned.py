"""Columns that a plain text sets with tabs or spaces → ``| a | b |`` lines, as in every other format.

>>> print(with_bars("水库      库容(万立方米)   水位\\n赤峡      18600            152.4米\\n龙脊湾    14200            138.7米"))
| 水库 | 库容(万立方米) | 水位 |
|---|---|---|
| 赤峡 | 18600 | 152.4米 |
| 龙脊湾 | 14200 | 138.7米 |
"""

from __future__ import annotations

import re

from rag.language.numerals import HAN_NUMERAL
from rag.language.when import times_in

_GAP = re.compile(r"\t+| {2,}|\u3000{2,}")
_FIGURE = re.compile(r"[-+−]?\d[\d.,:]*\D{0,6}|[-–—]+")  # a figure with its unit, a time of the day, or the dash of an empty cell
_COUNTED = re.compile(rf"[-+−]?[\d{HAN_NUMERAL}]\S{{0,7}}|[-–—]+")  # a short cell that begins with a numeral, also a Chinese one
_MIN_ROWS, _MIN_COLUMNS = 3, 3


def with_bars(text: str) -> str:
    """Writes runs of at least three lines with as many cells as rows of a table, if most cells are figures or if the cells of a column
    are below a header that is none; else the text as it is.
    """
    lines = text.split("\n")
    out: list[str] = []
    at = 0
    while at < len(lines):
        rows = _run(lines, at)
        if len(rows) >= _MIN_ROWS and (_is_of_figures(rows[1:]) or _has_counted_column(rows)):
            first, *rest = ("| " + " | ".join(row) + " |" for row in rows)
            ruler = [] if _is_of_figures(rows[:1]) and not _has_counted_column(rows) else ["|" + "---|" * len(rows[0])]
            out += [first, *ruler, *rest]
            at += len(rows)
        else:
            out.append(lines[at])
            at += 1
    return "\n".join(out)


def _run(lines: list[str], at: int) -> list[list[str]]:
    """Returns the cells of the lines from ``at`` on that have as many of them as the first one."""
    rows: list[list[str]] = []
    for line in lines[at:]:
        cells = [] if "|" in line else _GAP.split(line.strip())
        if len(cells) < _MIN_COLUMNS or (rows and len(cells) != len(rows[0])):
            break
        rows.append(cells)
    return rows


def _has_counted_column(rows: list[list[str]]) -> bool:
    """Tells whether all cells of a column but its header begin with a numeral."""
    return any(not _COUNTED.fullmatch(header) and all(map(_COUNTED.fullmatch, cells)) for header, *cells in zip(*rows, strict=True))


def _is_of_figures(rows: list[list[str]]) -> bool:
    """Tells whether at least half of the cells after the first column are figures, and no times."""
    cells = [cell for row in rows for cell in row[1:]]
    return 2 * sum(bool(_FIGURE.fullmatch(cell)) and not times_in(cell) for cell in cells) >= len(cells)
