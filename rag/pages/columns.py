"""Words with boxes → text: columns → lines → paragraphs, headings by their size.

Columns are found by cutting the page where nothing is printed (Nagy & Seth, *Hierarchical representation of optically scanned
documents*, 1984): down a gutter if one runs through, else across the widest blank, again and again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from rag.pages.marks import is_byline, is_page_header

_GUTTER = 0.9  # character sizes of blank between two columns
_BLANK = 0.45  # character sizes of blank, beside the usual distance of lines, between two parts of a column
_HEADING = 1.15  # times the size of the body
_INDENT = 1.2  # character sizes by which a paragraph is indented
_SAME_SIZE = 0.2
_CELL = 8  # characters of a middling cell
_SHORT = 1.5  # character sizes that lack to a full line


@dataclass(frozen=True)
class Run:
    """Characters that stand side by side: their box (points, from the top left), size and text."""

    left: float
    top: float
    right: float
    bottom: float
    size: float
    text: str


def text_of_runs(runs: Sequence[Run]) -> str:
    """The text of one page.

    >>> column = lambda left, *texts: [Run(left, 12 * n, left + 60, 12 * n + 10, 10, text) for n, text in enumerate(texts)]
    >>> text_of_runs([*column(0, "左栏一行,", "左栏二行。"), *column(80, "右栏一行,", "右栏二行。")])
    '左栏一行,左栏二行。\\n\\n右栏一行,右栏二行。'
    """
    if not runs:
        return ""
    body = median(run.size for run in runs for _ in run.text)
    runs, above, below = _without_headers(runs)
    larger: list[float] = []
    for size in sorted((run.size for run in runs if run.size > _HEADING * body), reverse=True):
        larger += [] if larger and _alike(larger[-1], size) else [size]
    parts = list(above)
    for column in _columns(runs) if runs else ():
        for lines in _parts(_lines(column), body):
            if is_table(lines):
                parts.append("\n".join(_ruled(lines)))
                continue
            size = max(run.size for run in lines[0])
            level = min(sum(one > size for one in larger) or 1, 6) if size > _HEADING * body else 0
            parts.append("#" * level + " " * bool(level) + _joined(lines))
    return "\n\n".join([*parts, *below])


def _alike(size: float, other: float) -> bool:
    """Whether two sizes are one, as a recogniser measures them."""
    return abs(size - other) <= _SAME_SIZE * max(size, other)


def _without_headers(runs: Sequence[Run]) -> tuple[list[Run], list[str], list[str]]:
    """The runs between the masthead and the foot of the page, and these: they run across all columns."""
    lines = _lines(sorted(runs, key=lambda run: (run.top, run.left)))
    said = [" ".join(run.text for run in line) for line in lines]
    first = next((at for at, text in enumerate(said) if not is_page_header(text)), len(lines))
    last = next((at for at in range(len(lines), first, -1) if not is_page_header(said[at - 1])), first)
    return [run for line in lines[first:last] for run in line], said[:first], said[last:]


# -- runs → columns ---------------------------------------------------------------------------------------------


def _columns(runs: list[Run]) -> Iterator[list[Run]]:
    """The parts of a page in the order in which they are read."""
    lines = _lines(sorted(runs, key=lambda run: (run.top, run.left)))
    if len(runs) > 1 and not is_table(lines):
        if 0 < (head := _headline(lines)) < len(lines):
            yield [run for line in lines[:head] for run in line]
            yield from _columns([run for line in lines[head:] for run in line])
            return
        down = max(_blanks(runs, lambda run: (run.left, run.right)), default=(0.0, 0.0))
        if down[0] >= _GUTTER * median(run.size for run in runs):
            yield from _columns([run for run in runs if run.right <= down[1] + 0.1])
            yield from _columns([run for run in runs if run.right > down[1] + 0.1])
            return
        usual = _usual_gap(runs)
        rows = _blanks(runs, lambda run: (run.top, run.bottom))
        across = max((((blank - usual) / _size_at(runs, end), end) for blank, end in rows), default=(0.0, 0.0))
        if across[0] >= _BLANK:
            yield from _columns([run for run in runs if run.bottom <= across[1] + 0.1])
            yield from _columns([run for run in runs if run.bottom > across[1] + 0.1])
            return
    yield [run for line in lines for run in line]


def _headline(lines: Sequence[Sequence[Run]]) -> int:
    """How many lines at the top are one headline with its byline, over whatever columns stand below."""
    body = median(run.size for line in lines for run in line for _ in run.text)
    head = 0
    while head < len(lines) and len(lines[head]) == 1 and lines[head][0].size > _HEADING * body:
        head += 1
    return head + bool(0 < head < len(lines) and len(lines[head]) == 1 and is_byline(lines[head][0].text))


def _blanks(runs: Sequence[Run], span: Callable[[Run], tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """The blanks that run through: how wide each is, and where what stands before it ends."""
    spans = sorted(map(span, runs))
    end = spans[0][1]
    for low, high in spans[1:]:
        if low > end:
            yield low - end, end
        end = max(end, high)


def _size_at(runs: Sequence[Run], end: float) -> float:
    """The smaller of the sizes above and below a blank: two lines of a headline stand further apart than those of its story."""
    above = max((run for run in runs if run.bottom <= end + 0.1), key=lambda run: run.bottom)
    below = min((run for run in runs if run.top > end), key=lambda run: run.top)
    return min(above.size, below.size)


def _usual_gap(runs: Sequence[Run]) -> float:
    """The usual blank between lines."""
    tops = sorted({(round(run.top), round(run.bottom)) for run in runs})
    gaps = [other[0] - one[1] for one, other in pairwise(tops) if other[0] >= one[1]]
    return max(0.0, median(gaps)) if gaps else 0.0


# -- tables -----------------------------------------------------------------------------------------------------


def is_table(lines: Sequence[Sequence[Run]]) -> bool:
    """Whether lines are rows: as many short cells in each, one below another, and a column of figures among them."""
    lines = [_cells(line) for line in lines]
    if len(lines) < 3 or len(lines[0]) < 2 or any(len(line) != len(lines[0]) for line in lines):
        return False
    columns = list(zip(*lines, strict=True))
    aligned = all(min(_spread(run.left for run in column), _spread(run.right for run in column)) < 1.5 * column[0].size
                  for column in columns)
    short = median(len(run.text) for line in lines for run in line) <= _CELL
    figures = any(sum(run.text[0].isdigit() for run in column) >= len(column) - 1 for column in columns)
    return aligned and short and figures


def _cells(line: Sequence[Run]) -> list[Run]:
    """The runs of a line, those with spaces in them in parts, each with its share of the width."""
    cells = []
    for run in line:
        wide = (run.right - run.left) / max(1, len(run.text))
        at = 0
        for text in run.text.split(" "):
            left, at = run.left + at * wide, at + len(text) + 1
            cells += [replace(run, left=left, right=left + len(text) * wide, text=text)] if text else []
    return cells


def _spread(places: Iterable[float]) -> float:
    found = list(places)
    return max(found) - min(found)


def _ruled(lines: Sequence[Sequence[Run]]) -> Iterator[str]:
    for number, line in enumerate(map(_cells, lines)):
        yield f"| {' | '.join(run.text.replace('|', '/') for run in line)} |"
        if not number and not any(run.text[0].isdigit() for run in line[1:]):
            yield "|" + "---|" * len(line)


def _parts(lines: Sequence[list[Run]], body: float) -> Iterator[list[list[Run]]]:
    """The paragraphs of a column, and its tables."""
    at = 0
    while at < len(lines):
        end = at
        while end < len(lines) and (len(lines[end]) > 1) == (len(lines[at]) > 1):
            end += 1
        part = list(lines[at:end])
        yield from [part] if is_table(part) else _paragraphs(part, lines, body)
        at = end


# -- columns → paragraphs ---------------------------------------------------------------------------------------


def _lines(runs: Sequence[Run]) -> list[list[Run]]:
    lines: list[list[Run]] = []
    for run in runs:
        if lines and abs(lines[-1][0].top - run.top) < 0.5 * run.size:
            lines[-1].append(run)
        else:
            lines.append([run])
    return [sorted(line, key=lambda run: run.left) for line in lines]


def _paragraphs(lines: Sequence[list[Run]], column: Sequence[list[Run]], body: float) -> Iterator[list[list[Run]]]:
    """Lines that belong together: a new paragraph is indented, or follows a short line, or is of another size; the lines of a
    headline may be centred.
    """
    left, right = min(line[0].left for line in column), max(line[-1].right for line in column)
    paragraph: list[list[Run]] = []
    for line in lines:
        size = line[0].size
        if paragraph:
            before = paragraph[-1]
            indented = left + _INDENT * size < line[0].left < left + 3 * size
            short = before[-1].right < right - _SHORT * size and before[-1].text[-1] in "。！？!?”"
            if (size <= _HEADING * body and (indented or short)) or not _alike(before[0].size, size):
                yield paragraph
                paragraph = []
        paragraph.append(line)
    yield paragraph


def _joined(lines: Sequence[Sequence[Run]]) -> str:
    text = ""
    for run in (run for line in lines for run in line):
        text += (" " if text and text[-1].isascii() and text[-1].isalpha() and run.text[0].isascii() else "") + run.text
    return text
