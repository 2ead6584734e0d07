"""Tables of ``| a | b |`` lines → one block per row, each cell after its column header.

A row is then readable by itself, and every character still has an offset in the page.

>>> from rag.pages.blocks import split_blocks
>>> page = "| 村 | 面积(亩) |\\n|---|---|\\n| 下坪村 | 2460 |"
>>> [block.text for block in with_rows(page, split_blocks(page)) if block.row]
['村 下坪村 | 面积(亩) 2460']
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from rag.pages.blocks import Block, Range, spell, trim

_RULER = re.compile(r"\|?[\s:|\-]*-[\s:|\-]*")
_HAS_DIGIT = re.compile(r"\d")


def with_rows(page: str, blocks: Sequence[Block]) -> list[Block]:
    """Replaces the lines of each table by its rows; headers and rules stay as blocks with ``ruled`` set."""
    out: list[Block] = []
    at = 0
    while at < len(blocks):
        end = at
        while end < len(blocks) and _is_line(blocks[end]) and (end == at or not blocks[end].gap):
            end += 1
        if end - at > 1:
            out += _rows(page, blocks[at:end])
        else:
            end = at + 1
            out.append(blocks[at])
        at = end
    return out


def _is_line(block: Block) -> bool:
    return not block.level and block.text.startswith("|") and block.text.count("|") > 1


def _rows(page: str, lines: Sequence[Block]) -> Iterator[Block]:
    ruled = any(_RULER.fullmatch(line.text) for line in lines[1:2])
    first = _cells(page, lines[0])
    header = first if ruled or not any(_HAS_DIGIT.search(page[a:b]) for a, b in first[1:]) else []
    for number, line in enumerate(lines):
        if (header and not number) or _RULER.fullmatch(line.text):
            yield replace(line, ruled=True)
        else:
            ranges = tuple(_row_ranges(header, _cells(page, line)))
            yield replace(line, text=spell(page, ranges), ranges=ranges, row=True)


def _cells(page: str, line: Block) -> list[Range]:
    """Returns the range of each cell, without outer space; an empty cell has an empty range."""
    bars = [at for at in range(line.start, line.end) if page[at] == "|"]
    return [trim(page, one + 1, other) for one, other in pairwise([*bars, *([line.end] if page[line.end - 1] != "|" else [])])]


def _row_ranges(header: Sequence[Range], cells: Sequence[Range]) -> Iterator[Range]:
    """Yields header and cell in turn; the separators are the characters before the cell in its own line."""
    before: Range | None = None
    for column, cell in enumerate(cells):
        if cell[0] == cell[1]:
            continue
        space = (cell[0] - 1, cell[0])
        if before:
            yield before[1], cell[0]
        named = header[column] if column < len(header) else (0, 0)
        if named[0] < named[1]:
            yield named
            yield space
        yield cell
        before = cell
