"""Tables of ``| a | b |`` lines → one block per row, each cell after its column header.

A row is then readable by itself, and every character still has an offset in the page. A unit that the line above the table names for
all of it (``单位:亿元``, or ``(亿元)``), or for the columns of one measure (``投资:亿元``), is put behind each bare figure.

>>> from rag.pages.blocks import split_blocks
>>> page = "| 村 | 面积(亩) |\\n|---|---|\\n| 下坪村 | 2460 |"
>>> [block.text for block in with_rows(page, split_blocks(page)) if block.row]
['村 下坪村 | 面积(亩) 2460']
>>> page = "各村产值(单位:万元)\\n| 村 | 产值 | 增速 |\\n|---|---|---|\\n| 下坪村 | 12.5 | 3.1 |"
>>> [block.text for block in with_rows(page, split_blocks(page)) if block.row]
['村 下坪村 | 产值 12.5万元 | 增速 3.1']
>>> page = "金额单位:万元\\n| 村 | 收入 | 受助人数 |\\n|---|---|---|\\n| 下坪村 | 12.5 | 31 |"
>>> [block.text for block in with_rows(page, split_blocks(page)) if block.row]
['村 下坪村 | 收入 12.5万元 | 受助人数 31']
>>> page = "產量為公噸,產地價為元/公斤\\n| 品項 | 107年產量 | 產地價 |\\n|---|---|---|\\n| 鳳梨 | 3,420 | 22.5 |"
>>> [block.text for block in with_rows(page, split_blocks(page)) if block.row]
['品項 鳳梨 | 107年產量 3,420公噸 | 產地價 22.5元/公斤']
>>> page = "| 各村产值(万元) | 各村产值(万元) |\\n|---|---|\\n| 村 | 产值 |\\n| 下坪村 | 12.5 |"
>>> [block.text for block in with_rows(page, split_blocks(page)) if not block.ruled]
['各村产值(万元)', '村 下坪村 | 产值 12.5万元']
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from rag.language.numerals import is_bare
from rag.language.text import fold, simplified
from rag.language.units import RATIO, is_unit
from rag.pages.blocks import Block, Range, spell, trim

_RULER = re.compile(r"\|?[\s:|\-]*-[\s:|\-]*")
_HAS_DIGIT = re.compile(r"\d")
_WORD = r"[^\s();。:,\uff08\uff09\uff0c\uff1b\uff1a]"
_UNIT = re.compile(rf"({_WORD}{{0,8}}?)([单單]\s?位)?\s?[:\uff1a为為]\s*({_WORD}{{1,8}})")
_BRACKET = re.compile(r"[(\uff08]([^()\uff08\uff09,\uff0c;\uff1b]{1,8})(?=[,\uff0c;\uff1b)\uff09])")
_MONEY, _COUNTED = "元", re.compile("[数數人次户戶]$")  # how a unit of money, and the header of a column that counts, end
# a column with a unit of its own, or none
_OTHER_MEASURE = re.compile(r"[(\uff08][^\d()\uff08\uff09]+[)\uff09]$|[增减±]|名次|排名|位次|[序编]号")


def with_rows(page: str, blocks: Sequence[Block]) -> list[Block]:
    """Replaces the lines of each table by its rows; headers and rules stay as blocks with ``ruled`` set."""
    out: list[Block] = []
    at = 0
    while at < len(blocks):
        end = at
        while end < len(blocks) and _is_line(blocks[end]) and (end == at or not blocks[end].gap):
            end += 1
        if end - at > 1:
            out += _rows(page, blocks[at:end], _units(page, blocks[at - 1]) if at else [])
        else:
            end = at + 1
            out.append(blocks[at])
        at = end
    return out


def _is_line(block: Block) -> bool:
    return not block.level and block.text.startswith("|") and block.text.count("|") > 1


@dataclass(frozen=True)
class Unit:
    """Where a unit stands that is not repeated in each cell, and the measure whose columns have it; ``""`` for all columns."""

    place: Range
    measure: str = ""


def _units(page: str, above: Block) -> list[Unit]:
    """Returns the units that the line above a table names, for all of it or for some columns; none where one is not clear."""
    named = [Unit(match.span(3), match[1]) for match in _UNIT.finditer(page, above.start, above.end)
             if match[2] or is_unit(simplified(fold(match[3])))]
    in_brackets = [Unit(match.span(1)) for match in _BRACKET.finditer(page, above.start, above.end) if is_unit(match[1])]
    found = named or in_brackets
    measures = {unit.measure for unit in found}
    is_clear = len(found) == 1 or (len(measures) == len(found) and "" not in measures)
    return found if is_clear and not any("、" in page[slice(*unit.place)] for unit in found) else []


def _unit_of(page: str, header: str, units: Sequence[Unit], headers: Sequence[str]) -> Range | None:
    """Returns where the unit of a column stands: that of its measure, else one of no column's measure in particular."""
    name = simplified(header)
    own = next((unit for unit in units if unit.measure and simplified(unit.measure) in name), None)
    of_all = [unit for unit in units if not any(unit.measure and simplified(unit.measure) in simplified(other) for other in headers)]
    unit = own or (of_all[0] if len(units) == len(of_all) == 1 else None)
    if unit is None or (unit is not own and page[slice(*unit.place)].endswith(_MONEY) and _COUNTED.search(header)):
        return None
    return unit.place


def _rows(page: str, lines: Sequence[Block], units: Sequence[Unit]) -> Iterator[Block]:
    lines = list(lines)
    while len(lines) > 1 and (title := _title(page, lines[0])):
        yield replace(lines[0], text=spell(page, (title,)), ranges=(title,))
        units = units or _units(page, replace(lines[0], start=title[0], end=title[1]))
        del lines[0]
        while len(lines) > 1 and _RULER.fullmatch(lines[0].text):
            yield replace(lines.pop(0), ruled=True)
    ruled = any(_RULER.fullmatch(line.text) for line in lines[1:2])
    first = _cells(page, lines[0])
    header = first if ruled or not any(_HAS_DIGIT.search(page[a:b]) for a, b in first[1:]) else []
    for number, line in enumerate(lines):
        if (header and not number) or _RULER.fullmatch(line.text):
            yield replace(line, ruled=True)
        else:
            ranges = tuple(_row_ranges(page, header, _cells(page, line), units))
            yield replace(line, text=spell(page, ranges), ranges=ranges, row=True)


def _title(page: str, line: Block) -> Range | None:
    """Returns the range of the title of a table that spans all its columns, as merged cells repeat it in each."""
    cells = [cell for cell in _cells(page, line) if cell[0] < cell[1]]
    is_one = len(cells) > 1 and len({page[a:b] for a, b in cells}) == 1
    return cells[0] if is_one and not _RULER.fullmatch(line.text) and not is_bare(page[slice(*cells[0])]) else None


def _cells(page: str, line: Block) -> list[Range]:
    """Returns the range of each cell, without outer space; an empty cell has an empty range."""
    bars = [at for at in range(line.start, line.end) if page[at] == "|"]
    return [trim(page, one + 1, other) for one, other in pairwise([*bars, *([line.end] if page[line.end - 1] != "|" else [])])]


def _row_ranges(page: str, header: Sequence[Range], cells: Sequence[Range], units: Sequence[Unit]) -> Iterator[Range]:
    """Yields header and cell in turn; the separators are the characters before the cell in its own line."""
    before: Range | None = None
    headers = [page[slice(*one)] for one in header]
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
        name = page[slice(*named)]
        takes_unit = column and is_bare(page[slice(*cell)]) and not (RATIO.search(name) or _OTHER_MEASURE.search(name))
        if takes_unit and (unit := _unit_of(page, name, units, headers)):
            yield unit
        before = cell
