"""Words with boxes → tables: short cells below and beside one another, found before the page is cut into columns.

Bottom-up, after T-Recs (Kieninger, *Table structure recognition based on robust block segmentation*, 1998): a cell is linked to the
aligned cell below it and to the next cell of its row; linked cells are a table if their rows are alike.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import median

from rag.records import PrintedLine

_LONGEST = 12  # characters of a cell
_MEDIAN = 8  # characters; median length of the cells of a table
_LEADING = 2.6  # character sizes from one row to the next, at most
_ASIDE = 1.5  # character sizes by which the cells of a column may be out of line
_UNEVEN = 0.2  # character sizes by which the cells of a row may be higher or lower
_SIZE = 0.2  # relative difference up to which two sizes count as equal: OCR takes figures for smaller than Chinese characters
_SHARED = 0.8  # share of the rows of the shorter of two columns that the other has too
_ROWS = 3  # at least


@dataclass(frozen=True)
class TextBox:
    """Adjacent characters with their bounding box (points or pixels from the top left), font size and text.

    ``printed``: where the characters of ``text`` stand on the page; the box may be deskewed.
    """

    left: float
    top: float
    right: float
    bottom: float
    size: float
    text: str
    printed: PrintedLine | None = None


Row = Sequence[TextBox]


def find_tables(runs: Sequence[TextBox]) -> list[list[list[TextBox]]]:
    """Returns the rows of each table; every run is one cell.

    >>> table = [TextBox(x, 12 * n, x + 10, 12 * n + 10, 10, text) for n in range(3) for x, text in ((0, "甲"), (40, "7"))]
    >>> text = [TextBox(80, 12 * n, 280, 12 * n + 10, 10, "一行正文并没有分开,它比一个格子长") for n in range(9)]
    >>> [[[run.text for run in row] for row in rows] for rows in find_tables([*table, *text])]
    [[['甲', '7'], ['甲', '7'], ['甲', '7']]]
    """
    ordered = sorted(runs, key=lambda run: (run.top, run.left))
    below = _links_below(ordered)
    columns = {number: column for chain in _chains(below) if (column := _column_in(ordered, chain)) for number in column}
    found = []
    for group in _groups(ordered, below, columns):
        rows = [list(row) for row in _alike(rows_of(ordered[number] for number in sorted(group)))]
        if is_table(rows):
            found.append(rows)
    return found


def _links_below(runs: Sequence[TextBox]) -> dict[int, int]:
    """For each short run the aligned one below it, if nothing else is nearer below."""
    tops = [run.top for run in runs]
    links = {}
    for number, run in enumerate(runs):
        if len(run.text) > _LONGEST:
            continue
        window = range(bisect_right(tops, run.top + 0.5 * run.size), bisect_left(tops, run.top + _LEADING * run.size))
        under = next((at for at in window if runs[at].left < run.right and runs[at].right > run.left), None)
        if under is not None and len(runs[under].text) <= _LONGEST and _aligned(run, runs[under]):
            links[number] = under
    return links


def _aligned(run: TextBox, other: TextBox) -> bool:
    aside = min(abs(run.left - other.left), abs(run.right - other.right), abs(run.left + run.right - other.left - other.right) / 2)
    return aside < _ASIDE * run.size and _same_size(run, other)


def _same_size(run: TextBox, other: TextBox) -> bool:
    return abs(run.size - other.size) <= _SIZE * run.size


def _chains(below: dict[int, int]) -> Iterator[list[int]]:
    for first in below.keys() - set(below.values()):
        chain = [first]
        while chain[-1] in below:
            chain.append(below[chain[-1]])
        yield chain


def _column_in(runs: Sequence[TextBox], chain: Sequence[int]) -> Sequence[int]:
    """Returns the column of a table in a chain, without the lines of text above or below it; empty if there is none."""
    lengths = [len(runs[number].text) for number in chain]
    first, last = 0, len(chain)
    while last - first >= _ROWS and median(lengths[first:last]) > _MEDIAN:
        first, last = (first + 1, last) if lengths[first] >= lengths[last - 1] else (first, last - 1)
    return chain[first:last] if last - first >= _ROWS else []


def _groups(runs: Sequence[TextBox], below: dict[int, int], columns: dict[int, Sequence[int]]) -> Iterator[list[int]]:
    """Yields the runs of each group that links hold together; ``columns``: the column of each run that is in one."""
    links = [(one, other) for one, other in below.items() if one in columns and other in columns]
    tops = [run.top for run in runs]
    for number, column in columns.items():
        run = runs[number]
        row = range(bisect_left(tops, run.top - _UNEVEN * run.size), bisect_right(tops, run.top + _UNEVEN * run.size))
        right = min((at for at in row if runs[at].left >= run.right - 0.1), key=lambda at: runs[at].left, default=None)
        if right in columns and _same_size(run, runs[right]) and _share_rows(runs, column, columns[right]):
            links.append((number, right))
    parent = {number: number for number in columns}

    def root(number: int) -> int:
        while parent[number] != number:
            parent[number] = number = parent[parent[number]]
        return number

    for one, other in links:
        parent[root(one)] = root(other)
    groups = defaultdict(list)
    for number in columns:
        groups[root(number)].append(number)
    yield from groups.values()


def _share_rows(runs: Sequence[TextBox], column: Sequence[int], other: Sequence[int]) -> bool:
    """Tells whether two columns have their rows in common: those of two tables side by side mostly have not."""
    shared = sum(any(abs(runs[one].top - runs[at].top) < _UNEVEN * runs[one].size for at in other) for one in column)
    return shared >= max(_ROWS, _SHARED * min(len(column), len(other)))


def rows_of(runs: Iterable[TextBox]) -> list[list[TextBox]]:
    """Returns the lines of runs that are sorted by their tops, each from left to right."""
    lines: list[list[TextBox]] = []
    for run in runs:
        if lines and abs(lines[-1][0].top - run.top) < 0.5 * run.size:
            lines[-1].append(run)
        else:
            lines.append([run])
    return [sorted(line, key=lambda run: run.left) for line in lines]


def _alike(rows: Sequence[Row]) -> Sequence[Row]:
    """Returns the longest run of rows with as many cells as most rows of more than one have."""
    counts = Counter(len(row) for row in rows if len(row) > 1)
    if not counts:
        return []
    usual = counts.most_common(1)[0][0]
    return max((list(some) for alike, some in groupby(rows, lambda row: len(row) == usual) if alike), key=len)


def is_table(lines: Sequence[Row]) -> bool:
    """Tells whether lines form a table: three or more lines of equally many short, aligned cells, with a column of figures.

    >>> is_table([[TextBox(0, 12 * n, 10, 12 * n + 10, 10, "甲"), TextBox(40, 12 * n, 50, 12 * n + 10, 10, "7")] for n in range(3)])
    True
    """
    if len(lines) < _ROWS or len(lines[0]) < 2 or any(len(line) != len(lines[0]) for line in lines):
        return False
    columns = list(zip(*lines, strict=True))
    aligned = all(min(_spread(run.left for run in column), _spread(run.right for run in column)) < _ASIDE * column[0].size
                  for column in columns)
    short = median(len(run.text) for line in lines for run in line) <= _MEDIAN
    figures = any(sum(run.text[0].isdigit() for run in column) >= len(column) - 1 for column in columns)
    return aligned and short and figures


def _spread(places: Iterable[float]) -> float:
    found = list(places)
    return max(found) - min(found)
