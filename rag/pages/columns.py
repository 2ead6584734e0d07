"""Words with boxes → text with the places of its lines: columns → lines → paragraphs, headings by their size.

Columns are found by recursive XY-cut (Nagy & Seth, *Hierarchical representation of optically scanned documents*, 1984): the
page is split at a vertical gutter if there is one, else at the widest horizontal blank.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby, pairwise
from statistics import median

from rag.pages.grids import Row, TextBox, find_tables, is_table, rows_of
from rag.pages.marks import is_byline, is_page_header
from rag.pages.printed import Printed, join_pages, join_words, moved, thinned

# Set by hand on pages of known layout (benchmarks/newsprint.py, tests/test_formats.py).
_MIN_GUTTER = 0.9  # character sizes; blank between two columns
_MIN_BLANK = 0.45  # character sizes; blank between two parts of a column, in addition to the usual line gap
_HEADING_SIZE = 1.15  # size of a heading, relative to the body size
_MIN_INDENT = 1.2  # character sizes; indent of a paragraph
_SIZE_TOLERANCE = 0.2  # relative difference up to which two sizes count as equal
_SHORT_LINE = 1.5  # character sizes by which the last line of a paragraph is shorter than the column


Token = TextBox | str  # what a text is put together of: runs, and the spaces and marks between them


def read_columns(runs: Sequence[TextBox]) -> Printed:
    """Returns the text of one page with its printed lines; ``""`` for no runs.

    >>> column = lambda left, *texts: [TextBox(left, 12 * n, left + 60, 12 * n + 10, 10, text) for n, text in enumerate(texts)]
    >>> read_columns([*column(0, "左栏一行,", "左栏二行。"), *column(80, "右栏一行,", "右栏二行。")]).text
    '左栏一行,左栏二行。\\n\\n右栏一行,右栏二行。'
    """
    if not runs:
        return Printed("")
    body = median(run.size for run in runs for _ in run.text)
    runs, tables = _with_tables_as_runs(runs)
    runs, above, below = _without_headers(runs)
    larger: list[float] = []
    for size in sorted((run.size for run in runs if run.size > _HEADING_SIZE * body), reverse=True):
        larger += [] if larger and _same_size(larger[-1], size) else [size]
    parts = [list(_spaced(line)) for line in above]
    for column in _columns(runs) if runs else ():
        for lines in _parts(rows_of(column), body, tables):
            if is_table(lines):
                parts.append(list(_ruled(lines)))
                continue
            size = max(run.size for run in lines[0])
            level = min(sum(one > size for one in larger) or 1, 6) if size > _HEADING_SIZE * body else 0
            parts.append(["#" * level + " " * bool(level), *_joined(lines)])
    return join_pages(_written(part) for part in (*parts, *(list(_spaced(line)) for line in below)))


def _with_tables_as_runs(runs: Sequence[TextBox]) -> tuple[list[TextBox], dict[TextBox, list[Row]]]:
    """Puts one run in place of each table, as large as the table; returns the rows for which it stands."""
    tables: dict[TextBox, list[Row]] = {}
    for rows in find_tables(runs):
        inner = [run for row in rows for run in row]
        tables[TextBox(min(run.left for run in inner), min(run.top for run in inner), max(run.right for run in inner),
                   max(run.bottom for run in inner), inner[0].size, "|")] = [*rows]
    within = {id(run) for rows in tables.values() for row in rows for run in row}
    rest = [run for run in runs if id(run) not in within]
    return sorted([*rest, *tables], key=lambda run: (run.top, run.left)) if tables else rest, tables


def _written(tokens: Iterable[Token]) -> Printed:
    """Puts a paragraph together; the runs of a line become one printed line unless a gap or a change of confidence parts them."""
    text, lines, before = "", [], None
    for token in tokens:
        if isinstance(token, str):
            text += token
            continue
        if token.printed:
            line = moved(token.printed, len(text))
            if before and _is_next(before, token) and (joined := join_words(lines[-1], line)):
                lines[-1] = joined
            else:
                lines.append(line)
        text, before = text + token.text, token
    return Printed(text, tuple(map(thinned, lines)))


def _is_next(run: TextBox, other: TextBox) -> bool:
    """Tells whether a run follows another one in its line, no further away than a space."""
    return abs(run.top - other.top) < 0.5 * run.size and -0.5 * run.size < other.left - run.right < _MIN_GUTTER * run.size


def _same_size(size: float, other: float) -> bool:
    """Tells whether two sizes are equal within the error of OCR."""
    return abs(size - other) <= _SIZE_TOLERANCE * max(size, other)


def _without_headers(runs: Sequence[TextBox]) -> tuple[list[TextBox], list[list[TextBox]], list[list[TextBox]]]:
    """Returns the runs without page headers, the header lines at the top and those at the foot; they span all columns."""
    lines = rows_of(sorted(runs, key=lambda run: (run.top, run.left)))
    texts = [" ".join(run.text for run in line) for line in lines]
    first = next((at for at, text in enumerate(texts) if not is_page_header(text)), len(lines))
    last = next((at for at in range(len(lines), first, -1) if not is_page_header(texts[at - 1])), first)
    return [run for line in lines[first:last] for run in line], lines[:first], lines[last:]


def _spaced(line: Sequence[TextBox]) -> Iterator[Token]:
    for place, run in enumerate(line):
        yield from (" ", run) if place else (run,)


# -- runs → columns ---------------------------------------------------------------------------------------------


def _columns(runs: list[TextBox]) -> Iterator[list[TextBox]]:
    """Yields the parts of a page in reading order."""
    lines = rows_of(sorted(runs, key=lambda run: (run.top, run.left)))
    if len(runs) > 1:
        if 0 < (head := _headline(lines)) < len(lines):
            yield [run for line in lines[:head] for run in line]
            yield from _columns([run for line in lines[head:] for run in line])
            return
        down = max(_blanks(runs, lambda run: (run.left, run.right)), default=(0.0, 0.0))
        if down[0] >= _MIN_GUTTER * median(run.size for run in runs):
            yield from _columns([run for run in runs if run.right <= down[1] + 0.1])
            yield from _columns([run for run in runs if run.right > down[1] + 0.1])
            return
        usual = _usual_gap(runs)
        rows = _blanks(runs, lambda run: (run.top, run.bottom))
        across = max((((blank - usual) / _size_at(runs, end), end) for blank, end in rows), default=(0.0, 0.0))
        if across[0] >= _MIN_BLANK:
            yield from _columns([run for run in runs if run.bottom <= across[1] + 0.1])
            yield from _columns([run for run in runs if run.bottom > across[1] + 0.1])
            return
    yield [run for line in lines for run in line]


def _headline(lines: Sequence[Sequence[TextBox]]) -> int:
    """Returns the number of lines at the top that form a headline with its byline, across the columns below."""
    body = median(run.size for line in lines for run in line for _ in run.text)
    head = 0
    while head < len(lines) and len(lines[head]) == 1 and lines[head][0].size > _HEADING_SIZE * body:
        head += 1
    return head + bool(0 < head < len(lines) and len(lines[head]) == 1 and is_byline(lines[head][0].text))


def _blanks(runs: Sequence[TextBox], span: Callable[[TextBox], tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """Yields ``(width, start)`` of the blanks that no run crosses, along the axis of ``span``."""
    spans = sorted(map(span, runs))
    end = spans[0][1]
    for low, high in spans[1:]:
        if low > end:
            yield low - end, end
        end = max(end, high)


def _size_at(runs: Sequence[TextBox], end: float) -> float:
    """Returns the smaller of the sizes above and below a blank, because the lines of a headline are further apart."""
    above = max((run for run in runs if run.bottom <= end + 0.1), key=lambda run: run.bottom)
    below = min((run for run in runs if run.top > end), key=lambda run: run.top)
    return min(above.size, below.size)


def _usual_gap(runs: Sequence[TextBox]) -> float:
    """Returns the median blank between lines."""
    tops = sorted({(round(run.top), round(run.bottom)) for run in runs})
    gaps = [other[0] - one[1] for one, other in pairwise(tops) if other[0] >= one[1]]
    return max(0.0, median(gaps)) if gaps else 0.0


# -- tables -----------------------------------------------------------------------------------------------------


def _ruled(lines: Sequence[Sequence[TextBox]]) -> Iterator[Token]:
    for number, line in enumerate(lines):
        yield "\n" * bool(number)
        for place, run in enumerate(line):
            yield " | " if place else "| "
            yield replace(run, text=run.text.replace("|", "/"))
        yield " |"
        if not number and not any(run.text[0].isdigit() for run in line[1:]):
            yield "\n|" + "---|" * len(line)


def _parts(lines: Sequence[list[TextBox]], body: float, tables: Mapping[TextBox, list[Row]]) -> Iterator[Sequence[Row]]:
    """Yields the paragraphs and tables of a column."""
    for is_found, some in groupby(lines, lambda line: any(run in tables for run in line)):
        if is_found:
            for run in (run for line in some for run in line):
                yield tables.get(run, [[run]])
        else:
            yield from _paragraphs(list(some), lines, body)


# -- columns → paragraphs ---------------------------------------------------------------------------------------


def _paragraphs(lines: Sequence[list[TextBox]], column: Sequence[list[TextBox]], body: float) -> Iterator[list[list[TextBox]]]:
    """Yields the lines of each paragraph. A new one is indented, follows a short line or has another size; headline lines may
    be centred.
    """
    left, right = min(line[0].left for line in column), max(line[-1].right for line in column)
    paragraph: list[list[TextBox]] = []
    for line in lines:
        size = line[0].size
        if paragraph:
            before = paragraph[-1]
            indented = left + _MIN_INDENT * size < line[0].left < left + 3 * size
            short = before[-1].right < right - _SHORT_LINE * size and before[-1].text[-1] in "。！？!?”"
            if (size <= _HEADING_SIZE * body and (indented or short)) or not _same_size(before[0].size, size):
                yield paragraph
                paragraph = []
        paragraph.append(line)
    yield paragraph


def _joined(lines: Sequence[Sequence[TextBox]]) -> Iterator[Token]:
    last = ""
    for run in (run for line in lines for run in line):
        if last.isascii() and last.isalpha() and run.text[0].isascii():
            yield " "
        yield run
        last = run.text[-1]
