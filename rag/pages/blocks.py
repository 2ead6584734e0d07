"""Splits a page into blocks: lines with their offsets.

>>> [(b.text, b.level, b.gap) for b in split_blocks("## 签约\\n\\n正文。\\n\\n\\n\\n图片来源:某区")]
[('签约', 2, 0), ('正文。', 0, 1), ('图片来源:某区', 0, 3)]
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag.language.text import HAN
from rag.pages.marks import reporter_of

SENTENCE_END = "。！？!?…"
_CLOSING_MARKS = "”’」』）)》】\"'"
_LINE = re.compile(r"[^\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]+")
_HEADING = re.compile(r"\s*(#{1,6})(?:\s+|(?=[^#\s]))")
_ZERO_WIDTH = "\ufeff\u200b\u200c\u200d"
_REMOVE_ZERO_WIDTH = dict.fromkeys(map(ord, _ZERO_WIDTH))
_STRAY = re.compile(rf"(?<=[{HAN}])[ \-\u00ad](?=[{HAN}])")
_WHOLE = re.compile(rf"(?:[{SENTENCE_END}]|\.{{3,}}|(?<=[A-Za-z]{{2}})\.)[{_CLOSING_MARKS}]*$")
_HAN = re.compile(f"[{HAN}]")
_MIN_SPACED_SHARE, _MIN_SPACED_LENGTH = 0.7, 6  # of a line that a scanner spaced: share of gaps with a space, characters
_MIN_SPACED_LINES = 0.5  # share of the lines of a page that a scanner spaced
_MIN_STRAY_MARKS = 4  # stray marks from which they are an artefact of the page, not the writer's choice

Range = tuple[int, int]


@dataclass(frozen=True)
class Block:
    """A line, a table row, or, on pages without heading marks, a paragraph or headline joined from lines; ``text`` joins its
    ``ranges``.

    ``text`` has no stray marks; it is the concatenation of the page's ``ranges``. ``level``: 1 to 6 for a heading, else 0.
    ``gap``: the number of blank lines before. ``mark``: the range of ``## ``. ``row``: a table row with its column headers.
    ``ruled``: the header or a rule of a table. ``kind``: what the line is on a page that marks no headings (see ``typed``).
    """

    start: int
    end: int
    text: str
    ranges: tuple[Range, ...]
    level: int = 0
    gap: int = 0
    mark: Range = (0, 0)
    row: bool = False
    ruled: bool = False
    kind: str = ""


def split_blocks(page: str) -> list[Block]:
    """Returns the blocks of a page, in page order; blank lines are skipped."""
    stray = stray_marks(page)
    blocks: list[Block] = []
    last = 0
    for line in _LINE.finditer(page):
        block = _block(page, line.start(), line.end(), stray)
        if block is None:
            continue
        gap = max(0, page.count("\n", last, line.start()) - (1 if blocks else 0))
        blocks.append(Block(**{**vars(block), "gap": gap}))
        last = line.end()
    return blocks


def _block(page: str, start: int, end: int, stray: frozenset[int]) -> Block | None:
    heading = _HEADING.match(page, start, end)
    level, mark = 0, (start, start)
    if heading and heading.end() < end and page[heading.end() : end].translate(_REMOVE_ZERO_WIDTH).strip():
        level, mark = len(heading.group(1)), (heading.start(1), heading.end(1))
        start = heading.end()
    start, end = trim(page, start, end)
    if start == end:
        return None
    ranges = _without_marks(start, end, stray)
    return Block(start, end, spell(page, ranges), ranges, level, 0, mark)


def trim(page: str, start: int, end: int) -> Range:
    """Returns the range without outer white space and zero-width characters.

    >>> trim(" 签约 ", 0, 4)
    (1, 3)
    """
    while start < end and (page[start].isspace() or page[start] in _ZERO_WIDTH):
        start += 1
    while end > start and (page[end - 1].isspace() or page[end - 1] in _ZERO_WIDTH):
        end -= 1
    return start, end


def _without_marks(start: int, end: int, stray: frozenset[int]) -> tuple[Range, ...]:
    """Returns the parts of ``[start, end)`` between the stray marks."""
    if not stray:
        return ((start, end),)
    ranges, last = [], start
    for at in range(start, end):
        if at in stray:
            ranges.append((last, at))
            last = at + 1
    return tuple(r for r in [*ranges, (last, end)] if r[0] < r[1])


def spell(page: str, ranges: tuple[Range, ...]) -> str:
    """Returns the characters of the page at the ranges.

    >>> spell("项目 签约", ((0, 2), (3, 5)))
    '项目签约'
    """
    return "".join(page[a:b] for a, b in ranges)


def slice_ranges(ranges: tuple[Range, ...], start: int, end: int) -> tuple[Range, ...]:
    """Returns the ranges of ``text[start:end]``, where ``text`` is what the ranges spell.

    >>> slice_ranges(((10, 13), (14, 20)), 2, 5)
    ((12, 13), (14, 16))
    """
    out, at = [], 0
    for low, high in ranges:
        a, b = max(start, at), min(end, at + high - low)
        if a < b:
            out.append((low + a - at, low + b - at))
        at += high - low
    return tuple(out)


def is_whole(text: str) -> bool:
    """Tells whether a text ends with a complete sentence.

    >>> is_whole("他说:“好!”"), is_whole("开展党群连"), is_whole("The gates opened.")
    (True, False, True)
    """
    return bool(_WHOLE.search(text[-8:]))


def stray_marks(page: str) -> frozenset[int]:
    """Returns the offsets of spaces and hyphens that stand inside running Chinese text by mistake.

    Some such spaces are intended (in a headline, between the halves of a motto), so a page must have at least four before any
    of them counts. In a line with a space between almost all characters, every space counts: a scanner put them there. A short line
    counts as one where most longer ones are.

    >>> sorted(stray_marks("每年 暑期,专-家到北戴 河,是一 项制度。")), sorted(stray_marks("库 容 1 2 0 0 万"))
    ([2, 7, 12, 17], [1, 3, 5, 7, 9, 11])
    >>> sorted(stray_marks("库 容\\n库 容 1 2 0 0 万")), stray_marks("库 容")
    ([1, 5, 7, 9, 11, 13, 15], frozenset())
    """
    found = []
    shortest = _MIN_SPACED_LENGTH
    long_lines = [line.group() for line in _LINE.finditer(page) if _letters(line.group()) >= shortest]
    if long_lines and sum(map(_is_spaced, long_lines)) >= _MIN_SPACED_LINES * len(long_lines):
        shortest = 2
    lines = [line.span() for line in _LINE.finditer(page) if _is_spaced(line.group(), shortest)]
    spaced = [at for line in lines for at in range(*line) if page[at] == " "]
    for line in _LINE.finditer(page):
        if is_whole(page[line.start() : line.end()].rstrip()) or line.end() - line.start() > 60:
            found += [m.start() for m in _STRAY.finditer(page, *_before_author(page, *line.span()))]
    return frozenset(spaced) | frozenset(found if len(found) >= _MIN_STRAY_MARKS else ())


def _letters(line: str) -> int:
    body = line.strip(" #")
    return len(body) - body.count(" ")


def _is_spaced(line: str, shortest: int = _MIN_SPACED_LENGTH) -> bool:
    """Tells whether a line has a space between almost all characters.

    >>> [_is_spaced(line) for line in ("## 白 石 镇 新 建 三 座 水 库", "本报讯 8月3日 三座水库开工", "a b c d e f g")]
    [True, False, False]
    """
    body = line.strip(" #")
    gaps = len(re.findall(r"(?<=\S) (?=\S)", body))
    letters = _letters(line)
    return letters >= shortest and gaps >= _MIN_SPACED_SHARE * (letters - 1) and bool(_HAN.search(body))


def _before_author(page: str, start: int, end: int) -> Range:
    if _HEADING.match(page, start, end):
        return start, start
    lead = reporter_of(page[start:end])
    start += lead[0] if lead else 0
    final = max(page.rfind(mark, start, end) for mark in SENTENCE_END)
    return start, end if final < end - 12 else final + 1
