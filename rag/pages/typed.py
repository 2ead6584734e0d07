"""Labels the lines of a page that marks no headings: headlines, authors, sub-headings, first and further lines of paragraphs, furniture.

A linear-chain conditional random field (Lafferty, McCallum and Pereira 2001) over what can be seen of a line and its two neighbours, with
one hidden layer; ``training/train_lines.py`` trains it on pages that are set by chance, and writes ``lines.npz``.

>>> page = "早报 2023年9月5日\\n\\n新渠昨天通水\\n\\n　　本报讯 新渠昨天在城西通水,两岸的田都浇\\n上了水。"
>>> [(block.text, block.kind) for block in with_kinds(page, split_blocks(page))][1:]
[('新渠昨天通水', 'heading'), ('本报讯 新渠昨天在城西通水,两岸的田都浇上了水。', '')]
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources

import numpy as np

from rag.language.names import SURNAMES
from rag.pages.blocks import Block, is_whole, slice_ranges, split_blocks, trim
from rag.pages.dates import masthead_date
from rag.pages.lexicon import lexicon
from rag.pages.marks import (
    author_of,
    credit_of,
    has_lead,
    header_parts,
    is_byline,
    is_masthead,
    is_page_header,
    is_pointer,
    is_section_name,
    paper_name,
    photographer_of,
)
from rag.pages.seams import Seams, page_seams

LABELS = "MFKHhBSNPIR"  # head of the page, other furniture, kicker, headline and its further lines, byline, sub-heading, first paragraph without a headline above,
# paragraph and its further lines, row of a table
_KINDS = {"M": "furniture", "F": "furniture", "K": "kicker", "H": "heading", "B": "byline", "S": "subhead", "N": "opening"}
_WIDE_GAP = re.compile(r"\s{2,}")
_HAN = "一二三四五六七八九十"
_NUMBERS = {"han": rf"(?:之|其)?[{_HAN}]{{1,3}}(?:[、.\uff0e:\uff1a]|(?<=之[{_HAN}])\s)", "figure": r"\d{1,2}(?:[、.\uff0e)\uff09](?!\d)|\s+(?=[\u4e00-\u9fff]))",
            "circle": "[①-⑳]", "brackets": rf"[(\uff08](?:[{_HAN}]{{1,3}}|\d{{1,2}})[)\uff09]", "article": rf"第[{_HAN}]+条"}
_NUMBERED = re.compile("|".join(f"(?P<{name}>{form})" for name, form in _NUMBERS.items()))
_OPENING = "“‘《【［[〖〔「『(\uff08<"
_NAME_LAST = re.compile(rf"(?:^|[\W_])[{''.join(sorted(SURNAMES))}][\u4e00-\u9fff]{{1,2}}[)\uff09]?$")  # a word that may be a name
_BRACKETS = {"【": "】", "《": "》", "［": "］", "[": "]", "〖": "〗", "〔": "〕", "「": "」", "『": "』", "<": ">"}
_SHORT = 0.9  # share of the width of a page below which a line is short
_WIDTH_AT = 0.9  # quantile of the lengths of lines that counts as the width of a page
_WIDEST = 60  # characters of a line from which lines are not wrapped


@dataclass(frozen=True)
class LineModel:
    """The weights of the random field: a hidden layer, an output layer, and what one label after another costs (in nats)."""

    hidden: np.ndarray  # (3 * features + 1, units)
    output: np.ndarray  # (units + 1, labels)
    follows: np.ndarray  # (labels, labels)
    begins: np.ndarray  # (labels,)

    def labels(self, features: np.ndarray) -> str:
        """Returns the likeliest labels of the lines with these features (n, features), by the algorithm of Viterbi."""
        units = np.maximum(_with_one(in_context(features)) @ self.hidden, 0.0)
        scores = _with_one(units) @ self.output
        best, back = self.begins + scores[0], []
        for row in scores[1:]:
            ways = best[:, None] + self.follows
            back.append(ways.argmax(0))
            best = ways.max(0) + row
        path = [int(best.argmax())]
        for came in reversed(back):
            path.append(int(came[path[-1]]))
        return "".join(LABELS[at] for at in reversed(path))


def _with_one(rows: np.ndarray) -> np.ndarray:
    return np.hstack([rows, np.ones((len(rows), 1))])


def in_context(features: np.ndarray) -> np.ndarray:
    """Returns the features of each line beside those of the line before and after it: (n, features) to (n, 3 * features).

    >>> in_context(np.array([[1.0], [2.0]])).tolist()
    [[0.0, 1.0, 2.0], [1.0, 2.0, 0.0]]
    """
    none = np.zeros((1, features.shape[1]))
    return np.hstack([np.vstack([none, features[:-1]]), features, np.vstack([features[1:], none])])


@cache
def line_model() -> LineModel:
    """Loads the weights."""
    with resources.files(__package__).joinpath("lines.npz").open("rb") as file, np.load(file) as found:
        return LineModel(**{name: found[name].astype(np.float64) for name in found.files})


def with_kinds(page: str, blocks: Sequence[Block]) -> list[Block]:
    """Returns the blocks of a page that marks no headings with their kinds; the lines of a paragraph, and of a headline, are one block."""
    lines = [part for block in blocks for part in split_author(page, block)]
    if not lines:
        return []
    labels = labels_of(page, lines)
    out: list[Block] = []
    for block, label in zip(lines, labels, strict=True):
        if block.row or block.ruled:
            out.append(block)
        elif label in "Ih" and out and not (out[-1].row or out[-1].ruled or out[-1].kind in ("furniture", "byline")):
            out[-1] = _joined(out[-1], block)
        else:
            out.append(_as_heading(block, _KINDS[label]) if label in "HKS" else replace(block, kind=_KINDS.get(label, "")))
    return out


def labels_of(page: str, lines: Sequence[Block]) -> str:
    """Returns the labels of lines: once as they look, and again by how they are like the first headline that was found so."""
    seen, ways = line_features(page, lines), [way_of(page, line) for line in lines]
    labels = line_model().labels(with_likeness(seen, ways, None))
    return line_model().labels(with_likeness(seen, ways, ways[labels.index("H")])) if "H" in labels else labels


def with_likeness(features: np.ndarray, ways: Sequence[str], first: str | None) -> np.ndarray:
    """Adds to the features of lines whether they are set off like the first headline, and whether they are not; ``None`` if it is not known.

    >>> with_likeness(np.zeros((2, 1)), ["◎", ""], "◎").tolist()
    [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    like = [[0.0, 0.0] if first is None else [float(way == first), float(way != first)] for way in ways]
    return np.hstack([features, np.array(like)])


def split_author(page: str, block: Block) -> list[Block]:
    """Splits off the author that stands on the line of a headline, after a wide gap.

    >>> [part.text for part in split_author("夜渡        文/江一叶", *split_blocks("夜渡        文/江一叶"))]
    ['夜渡', '文/江一叶']
    """
    gaps = [] if block.row or block.ruled else list(_WIDE_GAP.finditer(page, block.start, block.end))
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

    >>> ["".join(text[slice(*_bare_span(text))]) for text in ("★☆★ 夜渡", "【夜渡】", "一、夜渡", "“夜渡”开船!", "※ 夜渡 ※")]
    ['夜渡', '夜渡', '夜渡', '“夜渡”开船!', '夜渡']
    """
    start, end = 0, len(text)
    while start < end and (text[start].isspace() or (_is_mark(text[start]) and text[start] not in _OPENING)):
        start += 1
    numbered = _NUMBERED.match(text, start)
    start = numbered.end() if numbered else start
    while end > start and (text[end - 1].isspace() or unicodedata.category(text[end - 1])[0] == "S" or text[end - 1] in "*※=~-"):
        end -= 1
    start, end = trim(text, start, end)
    if end - start > 2 and (close := _BRACKETS.get(text[start])) == text[end - 1] and text.count(close) == 1:
        start, end = trim(text, start + 1, end - 1)
    return (start, end) if start < end else (0, len(text))


def _is_mark(letter: str) -> bool:
    return unicodedata.category(letter)[0] in "SP"


def line_features(page: str, lines: Sequence[Block]) -> np.ndarray:
    """Returns what can be seen of each line: (n, features), each from -1 to 1.5."""
    bare = ["".join(line.text.split()) for line in lines]
    texts = [text for text, line in zip(bare, lines, strict=True) if not (line.row or line.ruled)]
    sizes = sorted(map(len, texts)) or [1]
    width = max(4, sizes[int(_WIDTH_AT * (len(sizes) - 1))])
    ways = [way_of(page, line) for line in lines]
    short = [way if len(text) < _SHORT * width and not is_whole(text) else "" for way, text in zip(ways, bare, strict=True)]
    seams = page_seams(lexicon(), texts)
    about = [sum(map(is_whole, texts)) / max(1, len(texts)), float(np.mean([line.gap > 0 for line in lines[1:] or lines])),
             float(width > _WIDEST), min(1.5, width / 40)]
    return np.array([
        [*about, *_shape(page, line, text, width), *_wording(line, text), *_place(lines, at), *_like_others(short, at, ways[at]),
         *_joint(seams, bare[at - 1] if at else "", text)]
        for at, (line, text) in enumerate(zip(lines, bare, strict=True))])


def _shape(page: str, line: Block, text: str, width: int) -> list[float]:
    """How long a line is, how far in it stands, what is around it."""
    size = len(text)
    left = page.rfind("\n", 0, line.start) + 1
    indent = sum(2 if letter == "　" else 1 for letter in page[left : line.start])
    words = line.text.split()
    return [min(1.5, size / width), *(float(size <= most) for most in (4, 7, 10, 14, 20, 30)), float(size >= 0.9 * width), float(size > width),
            float(indent == 0), float(0 < indent <= 2), float(3 <= indent <= 4), float(indent > 4), min(1.5, indent / 20),
            float(line.gap > 0), float(line.gap > 1), float(line.row or line.ruled),
            float(len(words) > 1 and all(len(word) == 1 for word in words)), float(bool(_WIDE_GAP.search(line.text))), min(1.0, len(words) / 6)]


def _wording(line: Block, text: str) -> list[float]:
    """How a line begins and ends, and which set phrases it holds."""
    first, last = text[0], text[-1]
    is_mark = _is_mark(first) and first not in _OPENING
    letters = sum(map(str.isalnum, text)) / len(text)
    return [float(is_mark), float(is_mark and text[:2] == 2 * first), float(first in _OPENING), float(bool(_NUMBERED.match(text))), letters,
            sum(map(str.isdigit, text)) / len(text), float(letters == 0), float(is_whole(text)), float(last in ",，、"), float(last in ";；:：—"),
            float(last in ")）】》」』”’〕〗]>"), float(last.isalnum()), float("。" in text[:-1]), float("，" in text or "," in text),
            float("：" in text or ":" in text), float(is_byline(line.text)), float(author_of(line.text) is not None), float(has_lead(text)),
            float(bool(masthead_date(text))), float(is_page_header(line.text)), float(is_masthead(line.text)), float(bool(paper_name(line.text))),
            min(1.0, header_parts(line.text) / 3), float(is_pointer(line.text)), float(is_section_name(text)), float(text.startswith(("图", "▲图"))),
            float(text.startswith(("——", "—"))), float(photographer_of(line.text) is not None or credit_of(line.text) is not None),
            float(bool(_NAME_LAST.search(line.text)))]


def _place(lines: Sequence[Block], at: int) -> list[float]:
    """Where on the page a line stands."""
    after = len(lines) - 1 - at
    return [float(at == 0), float(at == 1), float(at < 4), float(after == 0), float(after < 3)]


def way_of(page: str, line: Block) -> str:
    """Names the way in which a line is set off: its mark, its kind of number, its bracket, or how far in it stands; else ``""``.

    >>> [way_of(line, *split_blocks(line)) for line in ("◎新渠通水", "三、新渠", "【新渠】", "          新渠", "新渠")]
    ['◎', 'han', '【', 'centred', '']
    """
    numbered = _NUMBERED.match(line.text)
    if numbered:
        return str(numbered.lastgroup)
    first = line.text[0]
    if _is_mark(first) and (first not in _OPENING or first in _BRACKETS):
        return first
    return "centred" if line.start - page.rfind("\n", 0, line.start) > 5 else ""


def _like_others(short: Sequence[str], at: int, way: str) -> list[float]:
    """How many short lines of the page are set off as a line is, and whether one before it is."""
    count = short.count(way) if way else 0
    return [float(bool(way)), min(1.0, count / 4), float(count > 1), float(bool(way) and way in short[:at]), float(bool(way) and way == short[at])]


def _joint(seams: Seams, before: str, text: str) -> list[float]:
    """How well a line continues the one before, and begins a sentence."""
    joins = seams.continues(before, text) / 8 if before and not is_whole(before) else 0.0
    return [joins, float(bool(before) and is_whole(before)), seams.begins(text) / 4]

