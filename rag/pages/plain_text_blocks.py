"""Finds the headlines, authors and paragraphs of a page that marks no headings, by the labels of its lines.

>>> from rag.pages.blocks import split_blocks
>>> page = "早报 2023年9月5日\\n\\n新渠昨天通水\\n\\n　　本报讯 新渠昨天在城西通水,两岸的田都浇\\n上了水。"
>>> [(block.text, block.kind) for block in with_kinds(page, split_blocks(page))][1:]
[('新渠昨天通水', 'heading'), ('本报讯 新渠昨天在城西通水,两岸的田都浇上了水。', 'paragraph')]
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace

from rag.pages.blocks import Block, slice_ranges, trim
from rag.pages.line_labels import BRACKETS, NUMBERED, OPENING, WIDE_GAP, is_mark, label_lines
from rag.pages.marks import is_byline

_KINDS = {"M": "head", "F": "furniture", "K": "kicker", "H": "heading", "B": "byline", "S": "subhead", "N": "opening",
          "P": "paragraph"}


def with_kinds(page: str, blocks: Sequence[Block]) -> list[Block]:
    """Returns the blocks of a page that marks no headings with their kinds; the lines of a paragraph or a headline are one block."""
    lines = [part for block in blocks for part in split_author(page, block)]
    if not lines:
        return []
    labels = label_lines(page, lines)
    out: list[Block] = []
    for block, label in zip(lines, labels, strict=True):
        if block.row or block.ruled:
            out.append(block)
        elif label in "Ih" and out and not (out[-1].row or out[-1].ruled or out[-1].kind in ("head", "furniture", "byline")):
            out[-1] = _joined(out[-1], _as_heading(block, "") if label == "h" else block)
        else:
            out.append(_as_heading(block, _KINDS[label]) if label in "HKS" else replace(block, kind=_KINDS.get(label, "")))
    return out


def split_author(page: str, block: Block) -> list[Block]:
    """Splits off the author that stands on the line of a headline, after a wide gap.

    >>> from rag.pages.blocks import split_blocks
    >>> [part.text for part in split_author("夜渡        文/江一叶", *split_blocks("夜渡        文/江一叶"))]
    ['夜渡', '文/江一叶']
    """
    gaps = [] if block.row or block.ruled else list(WIDE_GAP.finditer(page, block.start, block.end))
    if not gaps or len(block.ranges) > 1 or not is_byline(page[gaps[-1].end() : block.end]):
        return [block]
    start, end = gaps[-1].span()
    return [replace(block, end=start, text=page[block.start : start], ranges=((block.start, start),)),
            replace(block, start=end, text=page[end : block.end], ranges=((end, block.end),), gap=0)]


def _joined(block: Block, further: Block) -> Block:
    return replace(block, end=further.end, text=block.text + further.text, ranges=block.ranges + further.ranges)


def _as_heading(block: Block, kind: str) -> Block:
    """Returns a headline without its ornament, its number, the brackets around it, and the spaces between all its letters."""
    words = list(re.finditer(r"\S+", block.text))
    letters = [word for word in words if len(word.group()) == 1]
    text, ranges = block.text, block.ranges
    if len(words) > 1 and len(words) - len(letters) <= 1 and len(letters) > 1:
        ranges = tuple(one for word in words for one in slice_ranges(ranges, *word.span()))
        text = "".join(word.group() for word in words)
    start, end = _bare_span(text)
    ranges = slice_ranges(ranges, start, end)
    return replace(block, level=1, kind=kind, text=text[start:end], ranges=ranges, start=ranges[0][0], mark=(block.start, ranges[0][0]))


def _bare_span(text: str) -> tuple[int, int]:
    """Returns where a headline stands between what adorns it; all of it if nothing else is there.

    >>> headlines = "★☆★ 夜渡", "【夜渡】", "一、夜渡", "“夜渡”开船!", "※ 夜渡 ※", "＊夜渡＊"
    >>> [text[slice(*_bare_span(text))] for text in headlines]
    ['夜渡', '夜渡', '夜渡', '“夜渡”开船!', '夜渡', '夜渡']
    """
    start, end = 0, len(text)
    while start < end and (text[start].isspace() or (is_mark(text[start]) and text[start] not in OPENING)):
        start += 1
    before = text[:start]
    numbered = NUMBERED.match(text, start)
    start = numbered.end() if numbered else start
    while end > start and (text[end - 1].isspace() or unicodedata.category(text[end - 1])[0] == "S" or text[end - 1] in before + "~-"):
        end -= 1
    start, end = trim(text, start, end)
    if end - start > 2 and (close := BRACKETS.get(text[start])) == text[end - 1] and text.count(close) == 1:
        start, end = trim(text, start + 1, end - 1)
    return (start, end) if start < end else (0, len(text))
