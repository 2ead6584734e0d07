"""The text of a source with its printed lines, and where a quotation stands in print.

::

    file ─▶ Printed (text, lines) ─with_lines▶ Article.lines ─place_of▶ page, boxes and confidence of a quotation
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from math import inf
from operator import attrgetter

from rag.records import Article, Box, PrintedLine, field_text, runs_of, source_spans

_TOLERANCE = 0.1  # share of the height of a line by which a character may be off its place
_MAX_CONFIDENCE_STEP = 0.1  # difference up to which two words of a line share its confidence
_DOWN = 1.5  # height of a line in its widths from which it runs down the page

Point = tuple[float, float]
Stop = tuple[int, float]


@dataclass(frozen=True)
class Printed:
    """The text of a source and its printed lines, ascending; ``()`` for a source without pages, such as plain text."""

    text: str
    lines: tuple[PrintedLine, ...] = ()


@dataclass(frozen=True)
class Place:
    """Where a quotation is printed; see ``page``, ``boxes`` and ``confidence`` of :class:`rag.records.Citation`."""

    page: int | None = None
    boxes: tuple[Box, ...] = ()
    confidence: float | None = None


# -- a source -------------------------------------------------------------------------------------------------------


def join_pages(parts: Iterable[Printed]) -> Printed:
    """Joins texts with a blank line between; empty ones are left out.

    >>> joined = join_pages([Printed("甲"), Printed(""), Printed("乙", (PrintedLine(0, 1, 2),))])
    >>> joined.text, joined.lines[0].start
    ('甲\\n\\n乙', 3)
    """
    text, lines = [], []
    at = 0
    for part in parts:
        if part.text:
            lines += [moved(line, at) for line in part.lines]
            text.append(part.text)
            at += len(part.text) + 2
    return Printed("\n\n".join(text), tuple(lines))


def on_page(printed: Printed, page: int) -> Printed:
    """Returns the text with its lines on page ``page``, from 1."""
    return replace(printed, lines=tuple(replace(line, page=page) for line in printed.lines))


def with_lines(article: Article, lines: Sequence[PrintedLine]) -> Article:
    """Returns the article with those lines of its source that hold one of its characters.

    >>> from rag.records import Run
    >>> lines = (PrintedLine(0, 2, 1), PrintedLine(2, 4, 1))
    >>> with_lines(Article("a", "p", "d", "签", runs={"text": (Run(0, 1, 3),)}), lines).lines == lines[1:]
    True
    """
    runs = [run for spelled in (*article.runs.values(), *(caption.runs for caption in article.captions)) for run in spelled]
    own = {at for run in runs for at in range(bisect_right(lines, run.source, key=attrgetter("end")),
                                              bisect_left(lines, run.source + run.end - run.start, key=attrgetter("start")))}
    return replace(article, lines=tuple(lines[at] for at in sorted(own)))


# -- a line ---------------------------------------------------------------------------------------------------------


def line_between(begin: Point, end: Point, over: Point, shares: Sequence[float]) -> PrintedLine:
    """Returns a line of ``len(shares) - 1`` characters on page 1, from its first corner ``begin`` to ``end``, as high as ``over``.

    ``shares``: the borders of the characters as shares of the length of the line. Points are shares of the page.

    >>> line_between((0.1, 0.2), (0.5, 0.2), (0.1, 0.3), [0, 0.5, 1]).stops
    ((0, 0.1), (2, 0.5))
    """
    down = abs(end[1] - begin[1]) > abs(end[0] - begin[0])
    first, last = begin[down], end[down]
    low, high = sorted(_on_sheet(point[not down]) for point in (begin, over))
    stops = [(at, _on_sheet(first + (last - first) * share)) for at, share in enumerate(shares)]
    return PrintedLine(0, len(shares) - 1, 1, _evened(stops, _TOLERANCE * (high - low)), (low, high), down)


def line_in_box(text: str, box: Box, size: tuple[float, float] | None, confidence: float | None) -> PrintedLine:
    """Returns the line of a recognised text in a box, on page 1; ``box`` and ``size`` of the page in the same unit.

    Only the box of the whole is known, so a narrow character, such as a Latin letter, is taken to be half as wide as a wide one.

    >>> line_in_box("共47个", (10, 10, 40, 20), (100, 100), 0.9).box(1, 3)
    (0.2, 0.1, 0.3, 0.2)
    """
    if size is None:
        return PrintedLine(0, len(text), 1, confidence=confidence)
    (left, top), (right, bottom) = ((x / size[0], y / size[1]) for x, y in (box[:2], box[2:]))
    widths = [1.0 if unicodedata.east_asian_width(character) in "WFA" else 0.5 for character in text]
    shares = [wide / sum(widths) for wide in accumulate(widths, initial=0.0)]
    if sum(widths) >= 2 and 0 < _DOWN * (box[2] - box[0]) < box[3] - box[1]:
        line = line_between((left, top), (left, bottom), (right, top), shares)
    else:
        line = line_between((left, top), (right, top), (left, bottom), shares)
    return replace(line, confidence=confidence)


def _on_sheet(share: float) -> float:
    return round(min(1.0, max(0.0, share)), 4)


def _evened(stops: Sequence[Stop], tolerance: float) -> tuple[Stop, ...]:
    """Leaves out the stops that interpolation gives within the tolerance.

    The slopes that keep to all stops since the last one kept are narrowed step by step (swing filter, Elmeleegy et al., 2009).
    """
    kept, last, low, high = [stops[0]], stops[0], -inf, inf
    for at, x in stops[1:]:
        if last is not kept[-1] and not low <= (x - kept[-1][1]) / (at - kept[-1][0]) <= high:
            kept.append(last)
            low, high = -inf, inf
        begin, first = kept[-1]
        low, high = max(low, (x - tolerance - first) / (at - begin)), min(high, (x + tolerance - first) / (at - begin))
        last = (at, x)
    return (*kept, last)


def moved(line: PrintedLine, by: int) -> PrintedLine:
    """Returns the line ``by`` characters further on in its text."""
    return replace(line, start=line.start + by, end=line.end + by)


def join_words(line: PrintedLine, word: PrintedLine) -> PrintedLine | None:
    """Returns a line with the word that follows it, ``None`` if they do not adjoin or OCR was not as sure of both."""
    unlike = abs((line.confidence or 0.0) - (word.confidence or 0.0)) > _MAX_CONFIDENCE_STEP
    if unlike or word.start - line.end > 1 or line.down or word.down or bool(line.stops) != bool(word.stops):
        return None
    low, high = min(line.across[0], word.across[0]), max(line.across[1], word.across[1])
    offset = word.start - line.start  # all stops are kept: thinned twice they would drift; the whole line is thinned once
    stops = [*line.stops, *((at + offset, x) for at, x in word.stops if at + offset > line.end - line.start)]
    confidences = [one.confidence for one in (line, word) if one.confidence is not None]
    return replace(line, end=word.end, stops=tuple(stops) if line.stops else (), across=(low, high),
                   confidence=min(confidences, default=None))


def thinned(line: PrintedLine) -> PrintedLine:
    """Returns a line that was joined of words without the stops that its other stops give."""
    if not line.stops:
        return line
    return replace(line, stops=_evened(line.stops, _TOLERANCE * (line.across[1] - line.across[0])))


# -- a quotation ----------------------------------------------------------------------------------------------------


def place_of(article: Article, field: str, item: int, start: int, end: int) -> Place:
    """Returns where ``field[start:end]`` of an article is printed; all is unknown for a source without pages.

    >>> from rag.records import Run
    >>> line = PrintedLine(0, 4, 3, ((0, 0.1), (4, 0.5)), (0.2, 0.25), confidence=0.7)
    >>> place_of(Article("a", "p", "d", "开工47个", runs={"text": (Run(0, 4, 0),)}, lines=(line,)), "text", 0, 2, 4)
    Place(page=3, boxes=((0.3, 0.2, 0.5, 0.25),), confidence=0.7)
    """
    spans = source_spans(runs_of(article, field, item), start, end)
    parts = [part for low, high in spans for part in _lines_between(article.lines, low, high)]
    if not parts:
        return Place()
    page = parts[0][0].page
    confidences = [line.confidence for line, _, _ in parts if line.confidence is not None]
    return Place(page, tuple(_row_boxes(part for part in parts if part[0].page == page)), min(confidences, default=None))


def doubtful_words(article: Article, field: str, item: int, start: int, end: int, below: float) -> list[str]:
    """Returns the parts of ``field[start:end]`` in lines whose OCR confidence is below a value.

    >>> from rag.records import Run
    >>> line = PrintedLine(2, 4, 3, confidence=0.7)
    >>> doubtful_words(Article("a", "p", "d", "开工47个", runs={"text": (Run(0, 5, 0),)}, lines=(line,)), "text", 0, 0, 5, 0.8)
    ['47']
    """
    found: list[tuple[int, int]] = []
    for run in runs_of(article, field, item):
        if run.end <= start or end <= run.start:
            continue
        offset = run.start - run.source
        for line, low, high in _lines_between(article.lines, max(run.start, start) - offset, min(run.end, end) - offset):
            if line.confidence is not None and line.confidence < below:
                begin = found.pop()[0] if found and found[-1][1] == low + offset else low + offset
                found.append((begin, high + offset))
    return [field_text(article, field, item)[low:high] for low, high in found]


def _lines_between(lines: Sequence[PrintedLine], start: int, end: int) -> Iterator[tuple[PrintedLine, int, int]]:
    """Yields the lines with a character in ``[start, end)``, each with the first and last of these characters."""
    for line in lines[bisect_right(lines, start, key=attrgetter("end")) : bisect_left(lines, end, key=attrgetter("start"))]:
        low, high = max(line.start, start), min(line.end, end)
        if low < high:
            yield line, low, high


def _row_boxes(parts: Iterable[tuple[PrintedLine, int, int]]) -> Iterator[Box]:
    """Yields one box for each printed line, though a gap or a change of confidence may have parted it."""
    row: Box | None = None
    direction = False
    for line, low, high in parts:
        box = line.box(low, high)
        if box is None:
            continue
        if row and line.down == direction and _adjoin(row, box, line.down):
            row = (min(row[0], box[0]), min(row[1], box[1]), max(row[2], box[2]), max(row[3], box[3]))
            continue
        if row:
            yield row
        row, direction = box, line.down
    if row:
        yield row


def _adjoin(one: Box, other: Box, down: bool) -> bool:
    """Tells whether two boxes stand in one line, less than its height apart."""
    gap = max(one[down], other[down]) - min(one[2 + down], other[2 + down])
    shared = min(one[3 - down], other[3 - down]) - max(one[1 - down], other[1 - down])
    high = min(one[3 - down] - one[1 - down], other[3 - down] - other[1 - down])
    return gap < high and shared > 0.5 * high
