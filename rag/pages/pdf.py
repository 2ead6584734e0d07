"""PDF → page text: characters with boxes → lines → columns → paragraphs, headings by their size.

Columns are found by cutting the page where nothing is printed (Nagy & Seth, *Hierarchical representation of optically scanned documents*,
1984): down a gutter if one runs through, else across the widest blank, again and again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from rag.errors import SourceError

_GUTTER = 0.9  # character sizes of blank between two columns
_BLANK = 0.45  # character sizes of blank, beside the usual distance of lines, between two parts of a column
_APART = 0.9  # character sizes between two runs of one line that are no neighbours
_HEADING = 1.15  # times the size of the body
_INDENT = 1.2  # character sizes by which a paragraph is indented
_SHORT = 1.5  # character sizes that lack to a full line
_PAGES_AT_MOST = 2000


@dataclass(frozen=True)
class Run:
    """Characters that stand side by side: their box (points, from the top left), size and text."""

    left: float
    top: float
    right: float
    bottom: float
    size: float
    text: str


def text_of_pdf(data: bytes) -> str:
    """The text of a PDF, read column by column. Raises :class:`SourceError` for one that is locked, broken or too long."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        locked = "assword" in str(error)
        raise SourceError("is locked with a password; save it without one" if locked else f"damaged PDF ({error}); save it again") from error
    try:
        if len(document) > _PAGES_AT_MOST:
            raise SourceError(f"has {len(document):,} pages; split it into files of at most {_PAGES_AT_MOST:,}")
        return "\n\n".join(filter(None, (text_of_runs(_runs(page)) for page in document)))
    finally:
        document.close()


def text_of_runs(runs: Sequence[Run]) -> str:
    """The text of one page.

    >>> column = lambda left, *texts: [Run(left, 12 * n, left + 60, 12 * n + 10, 10, text) for n, text in enumerate(texts)]
    >>> text_of_runs([*column(0, "左栏一行,", "左栏二行。"), *column(80, "右栏一行,", "右栏二行。")])
    '左栏一行,左栏二行。\\n\\n右栏一行,右栏二行。'
    """
    if not runs:
        return ""
    body = median(run.size for run in runs for _ in run.text)
    larger = sorted({round(run.size) for run in runs if run.size > _HEADING * body}, reverse=True)
    parts = []
    for column in _columns(list(runs)):
        for lines in _paragraphs(_lines(column)):
            size = max(run.size for run in lines[0])
            level = min(larger.index(round(size)) + 1, 6) if size > _HEADING * body else 0
            parts.append("#" * level + " " * bool(level) + _joined(lines))
    return "\n\n".join(parts)


# -- characters → runs ------------------------------------------------------------------------------------------


def _runs(page: Any) -> list[Run]:
    import pypdfium2.raw as pdfium

    text, height = page.get_textpage(), page.get_height()
    found: list[list[Any]] = []
    for at in range(text.count_chars()):
        character = chr(pdfium.FPDFText_GetUnicode(text, at))
        if character.isspace() or not character.isprintable():
            continue
        left, bottom, right, top = text.get_charbox(at, loose=True)
        size = pdfium.FPDFText_GetFontSize(text, at) or top - bottom
        box = [left, height - top, right, height - bottom, size, character]
        if found and _goes_on(found[-1], box):
            gap = box[0] - found[-1][2]
            found[-1][5] += (" " if gap > 0.2 * size and character.isascii() and found[-1][5][-1].isascii() else "") + character
            found[-1][2], found[-1][3] = max(found[-1][2], right), max(found[-1][3], box[3])
        else:
            found.append(box)
    return [Run(*box) for box in found]


def _goes_on(run: list[Any], box: list[Any]) -> bool:
    same_line = abs(run[1] - box[1]) < 0.5 * box[4] and abs(run[4] - box[4]) < 0.2 * box[4]
    return bool(same_line and -0.5 * box[4] < box[0] - run[2] < _APART * box[4])


# -- runs → columns ---------------------------------------------------------------------------------------------


def _columns(runs: list[Run]) -> Iterator[list[Run]]:
    """The parts of a page in the order in which they are read."""
    if len(runs) > 1:
        size = median(run.size for run in runs)
        down = _cut(runs, lambda run: (run.left, run.right))
        if down and down[0] >= _GUTTER * size:
            left = [run for run in runs if run.right <= down[1] + 0.1]
            yield from _columns(left)
            yield from _columns([run for run in runs if run.right > down[1] + 0.1])
            return
        across = _cut(runs, lambda run: (run.top, run.bottom))
        if across and across[0] >= _usual_gap(runs) + _BLANK * size:
            yield from _columns([run for run in runs if run.bottom <= across[1] + 0.1])
            yield from _columns([run for run in runs if run.bottom > across[1] + 0.1])
            return
    yield sorted(runs, key=lambda run: (run.top, run.left))


def _cut(runs: Sequence[Run], span: Any) -> tuple[float, float] | None:
    """The widest blank that runs through: its width, and where what stands before it ends."""
    spans = sorted(map(span, runs))
    widest, end = None, spans[0][1]
    for low, high in spans[1:]:
        if low > end and (widest is None or low - end > widest[0]):
            widest = (low - end, end)
        end = max(end, high)
    return widest


def _usual_gap(runs: Sequence[Run]) -> float:
    """The usual blank between lines."""
    tops = sorted({(round(run.top), round(run.bottom)) for run in runs})
    gaps = [other[0] - one[1] for one, other in zip(tops, tops[1:], strict=False) if other[0] >= one[1]]
    return max(0.0, median(gaps)) if gaps else 0.0


# -- columns → paragraphs ---------------------------------------------------------------------------------------


def _lines(runs: Sequence[Run]) -> list[list[Run]]:
    lines: list[list[Run]] = []
    for run in runs:
        if lines and abs(lines[-1][0].top - run.top) < 0.5 * run.size:
            lines[-1].append(run)
        else:
            lines.append([run])
    return [sorted(line, key=lambda run: run.left) for line in lines]


def _paragraphs(lines: Sequence[list[Run]]) -> Iterator[list[list[Run]]]:
    """Lines that belong together: a new paragraph is indented, or follows a short line, or is of another size."""
    left, right = min(line[0].left for line in lines), max(line[-1].right for line in lines)
    paragraph: list[list[Run]] = []
    for line in lines:
        size = line[0].size
        if paragraph:
            before = paragraph[-1]
            indented = left + _INDENT * size < line[0].left < left + 3 * size
            short = before[-1].right < right - _SHORT * size and before[-1].text[-1] in "。！？!?”"
            if indented or short or abs(before[0].size - size) > 0.1 * size:
                yield paragraph
                paragraph = []
        paragraph.append(line)
    yield paragraph


def _joined(lines: Sequence[Sequence[Run]]) -> str:
    text = ""
    for run in (run for line in lines for run in line):
        text += (" " if text and text[-1].isascii() and text[-1].isalpha() and run.text[0].isascii() else "") + run.text
    return text
