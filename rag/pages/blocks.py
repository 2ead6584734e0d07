"""The lines of a page as blocks, each of which knows where it stands.

>>> [(b.text, b.level, b.gap) for b in split_blocks("## 签约\\n\\n正文。\\n\\n\\n\\n图片来源:某区")]
[('签约', 2, 0), ('正文。', 0, 1), ('图片来源:某区', 0, 3)]
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag.language.text import HAN
from rag.pages.marks import reporter_of

FINAL = "。！？!?…"
CLOSERS = "”’」』）)》】\"'"
_LINE = re.compile(r"[^\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]+")
_HEADING = re.compile(r"\s*(#{1,6})(?:\s+|(?=[^#\s]))")
_BLANK = "\ufeff\u200b\u200c\u200d"
_NOTHING = dict.fromkeys(map(ord, _BLANK))
_STRAY = re.compile(rf"(?<=[{HAN}])[ \-\u00ad](?=[{HAN}])")
_WHOLE = re.compile(rf"(?:[{FINAL}]|\.{{3,}})[{CLOSERS}]*$")
_HAN = re.compile(f"[{HAN}]")
_SPACED, _SPACED_AT_LEAST = 0.7, 6  # share of gaps with a space, characters of a line
_STRAY_HABIT = 4  # so many odd spaces on a page are a habit of the page, not of the writer

Range = tuple[int, int]


@dataclass(frozen=True)
class Block:
    """One line: ``page[start:end]`` without heading marks and outer space.

    ``text`` is free of stray marks inside words, and ``ranges`` spell it out of the page. ``level`` is 1 to 6
    for a heading, 0 for anything else; ``gap`` counts the blank lines before; ``mark`` is the range of ``## ``.
    ``row``: a row of a table, under its header; ``ruled``: that header, or a rule of the table.
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


def split_blocks(page: str) -> list[Block]:
    """The blocks of a page in page order; blank lines give none."""
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
    if heading and heading.end() < end and page[heading.end() : end].translate(_NOTHING).strip():
        level, mark = len(heading.group(1)), (heading.start(1), heading.end(1))
        start = heading.end()
    start, end = trim(page, start, end)
    if start == end:
        return None
    ranges = ink(start, end, stray)
    return Block(start, end, spell(page, ranges), ranges, level, 0, mark)


def trim(page: str, start: int, end: int) -> Range:
    """The range without outer space (including marks that have no width)."""
    while start < end and (page[start].isspace() or page[start] in _BLANK):
        start += 1
    while end > start and (page[end - 1].isspace() or page[end - 1] in _BLANK):
        end -= 1
    return start, end


def ink(start: int, end: int, stray: frozenset[int]) -> tuple[Range, ...]:
    """The parts of ``[start, end)`` that lie between stray marks."""
    if not stray:
        return ((start, end),)
    ranges, last = [], start
    for at in range(start, end):
        if at in stray:
            ranges.append((last, at))
            last = at + 1
    return tuple(r for r in [*ranges, (last, end)] if r[0] < r[1])


def spell(page: str, ranges: tuple[Range, ...]) -> str:
    """The characters of the page at these ranges."""
    return "".join(page[a:b] for a, b in ranges)


def cut(ranges: tuple[Range, ...], start: int, end: int) -> tuple[Range, ...]:
    """The part ``[start, end)`` of the text that the ranges spell.

    >>> cut(((10, 13), (14, 20)), 2, 5)
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
    """Does the text end as a sentence does?

    >>> is_whole("他说:“好!”"), is_whole("开展党群连")
    (True, False)
    """
    return bool(_WHOLE.search(text[-8:]))


def stray_marks(page: str) -> frozenset[int]:
    """Where a space or hyphen stands inside running Chinese text by mistake.

    A writer sets such a space now and then on purpose (in a headline, between two halves of a motto), so a
    page must show the habit before any of its spaces is taken for a slip. A line with a space between nearly all its
    characters was spaced by a scanner.

    >>> sorted(stray_marks("每年 暑期,专-家到北戴 河,是一 项制度。")), sorted(stray_marks("库 容 1 2 0 0 万"))
    ([2, 7, 12, 17], [1, 3, 5, 7, 9, 11])
    """
    found = []
    spaced = [at for line in _LINE.finditer(page) if _is_spaced(line.group()) for at in range(*line.span()) if page[at] == " "]
    for line in _LINE.finditer(page):
        if is_whole(page[line.start() : line.end()].rstrip()) or line.end() - line.start() > 60:
            found += [m.start() for m in _STRAY.finditer(page, *_before_author(page, *line.span()))]
    return frozenset(spaced) | frozenset(found if len(found) >= _STRAY_HABIT else ())


def _is_spaced(line: str) -> bool:
    """Whether a space stands between nearly all characters of a line.

    >>> [_is_spaced(line) for line in ("## 白 石 镇 新 建 三 座 水 库", "本报讯 8月3日 三座水库开工", "a b c d e f g")]
    [True, False, False]
    """
    body = line.strip(" #")
    gaps = len(re.findall(r"(?<=\S) (?=\S)", body))
    letters = len(body) - body.count(" ")
    return letters >= _SPACED_AT_LEAST and gaps >= _SPACED * (letters - 1) and bool(_HAN.search(body))


def _before_author(page: str, start: int, end: int) -> Range:
    if _HEADING.match(page, start, end):
        return start, start
    lead = reporter_of(page[start:end])
    start += lead[0] if lead else 0
    final = max(page.rfind(mark, start, end) for mark in FINAL)
    return start, end if final < end - 12 else final + 1
