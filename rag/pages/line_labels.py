"""Labels the lines of a page that marks no headings by what can be seen of them: headlines, authors, paragraphs, furniture.

A linear-chain conditional random field [1]_ over what is seen of a line and of its two neighbours, with one hidden layer.
``training/train_lines.py`` trains it on pages that are set by chance, and writes ``line_labels.npz``.

.. [1] Lafferty, McCallum and Pereira, "Conditional random fields", ICML 2001
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np

from rag.language.names import SURNAMES
from rag.pages.blocks import Block, is_whole
from rag.pages.dates import masthead_date
from rag.pages.marks import (
    author_of,
    continued_from,
    continued_to,
    credit_of,
    has_dateline,
    header_parts,
    is_byline,
    is_masthead,
    is_page_header,
    is_pointer,
    is_section_name,
    paper_name,
    photographer_of,
)
from rag.pages.ngram_model import lexicon
from rag.pages.seams import Seams, page_seams

# M head of the page, F other furniture, K kicker, H headline, h its further lines, B byline, S sub-heading, N first paragraph of a
# story without a headline, P paragraph, I its further lines, R row of a table
LABELS = "MFKHhBSNPIR"
WIDE_GAP = re.compile(r"\s{2,}")
_HAN = "一二三四五六七八九十"
_NUMBERS = {
    "han": rf"(?:之|其)?[{_HAN}]{{1,3}}(?:[、.\uff0e:\uff1a]|(?<=之[{_HAN}])\s)",
    "figure": r"\d{1,2}(?:[、.\uff0e)\uff09](?!\d)|\s+(?=[\u4e00-\u9fff]))",
    "circle": "[①-⑳]", "brackets": rf"[(\uff08](?:[{_HAN}]{{1,3}}|\d{{1,2}})[)\uff09]", "article": rf"第[{_HAN}]+条"}
NUMBERED = re.compile("|".join(f"(?P<{name}>{form})" for name, form in _NUMBERS.items()))
OPENING = "“‘《【［[〖〔「『(\uff08<"
_NAME_LAST = re.compile(rf"(?:^|[\W_])[{''.join(sorted(SURNAMES))}][\u4e00-\u9fff]{{1,2}}[)\uff09]?$")  # a word that may be a name
BRACKETS = {"【": "】", "《": "》", "［": "］", "[": "]", "〖": "〗", "〔": "〕", "「": "」", "『": "』", "<": ">"}
_SHORT = 0.9  # share of the width of a page below which a line is short
_WIDTH_AT = 0.9  # quantile of the lengths of lines that counts as the width of a page
_LONGEST_HEADLINE = 40  # characters
_LINES_AROUND, _AROUND = 8, 300  # lines and characters with which a line is compared
_WIDEST = 60  # characters of a line from which lines are not wrapped
_MANY_LINES = 60  # lines of a long page


@dataclass(frozen=True)
class LineModel:
    """The weights of the CRF: a hidden layer, an output layer, label transition scores and start scores, in nats."""

    hidden: np.ndarray  # (3 * features + 1, units)
    output: np.ndarray  # (units + 1, labels)
    transitions: np.ndarray  # (labels, labels)
    start_scores: np.ndarray  # (labels,)

    def labels(self, features: np.ndarray) -> str:
        """Returns the likeliest labels of the lines with these features (n, features), by the algorithm of Viterbi."""
        units = np.maximum(_with_one(in_context(features)) @ self.hidden, 0.0)
        scores = _with_one(units) @ self.output
        best, back = self.start_scores + scores[0], []
        for row in scores[1:]:
            ways = best[:, None] + self.transitions
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
    with resources.files(__package__).joinpath("line_labels.npz").open("rb") as file, np.load(file) as found:
        return LineModel(**{name: found[name].astype(np.float64) for name in found.files})


def label_lines(page: str, lines: Sequence[Block]) -> str:
    """Labels the lines with the CRF twice: the second pass knows whether a line is set off like the first headline of the first pass.
    """
    seen, ways = line_features(page, lines), [headline_style(page, line) for line in lines]
    labels = line_model().labels(with_headline_style(seen, ways, None))
    return line_model().labels(with_headline_style(seen, ways, ways[labels.index("H")])) if "H" in labels else labels


def with_headline_style(features: np.ndarray, ways: Sequence[str], first: str | None) -> np.ndarray:
    """Adds two features: whether a line is set off like the first headline, and whether it is not; ``None``: the headline is not
    known.

    >>> with_headline_style(np.zeros((2, 1)), ["◎", ""], "◎").tolist()
    [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    like = [[0.0, 0.0] if first is None else [float(way == first), float(way != first)] for way in ways]
    return np.hstack([features, np.array(like)])


def is_mark(letter: str) -> bool:
    """Tells whether a character is an ornament or a punctuation mark.

    >>> [is_mark(letter) for letter in "■★、新"]
    [True, True, True, False]
    """
    return unicodedata.category(letter)[0] in "SP"


def line_features(page: str, lines: Sequence[Block]) -> np.ndarray:
    """Returns what can be seen of each line: (n, features), each from -1 to 1.5."""
    bare = ["".join(line.text.split()) for line in lines]
    texts = [text for text, line in zip(bare, lines, strict=True) if not (line.row or line.ruled)]
    sizes = sorted(map(len, texts)) or [1]
    width = max(4, sizes[int(_WIDTH_AT * (len(sizes) - 1))])
    ways = [headline_style(page, line) for line in lines]
    short = [way if len(text) < _SHORT * width and not is_whole(text) else "" for way, text in zip(ways, bare, strict=True)]
    often = Counter(filter(None, short))
    first = {way: at for at, way in reversed(list(enumerate(short)))}
    indents = [_indent(page, line) for line in lines]
    alike = Counter(indents)
    commonest = max(alike.values(), default=0)
    seams = page_seams(lexicon(), texts)
    about = [sum(map(is_whole, texts)) / max(1, len(texts)), float(np.mean([line.gap > 0 for line in lines[1:] or lines])),
             float(width > _WIDEST), min(1.5, width / 40)]
    return np.array([
        [*about, *_shape(line, text, width, indents[at]), *_wording(line, text), *_place(lines, at), *_beside(bare, indents, at, width),
         alike[indents[at]] / len(lines), float(alike[indents[at]] == commonest),
         *_like_others(ways[at], often[ways[at]], first.get(ways[at], at) >= at, short[at] == ways[at]),
         *_joint(seams, bare[at - 1] if at else "", text), *_topic(seams, bare, at)]
        for at, (line, text) in enumerate(zip(lines, bare, strict=True))])


def _indent(page: str, line: Block) -> int:
    """Returns how far in a line stands, in narrow spaces."""
    left = page.rfind("\n", 0, line.start) + 1
    return sum(2 if letter == "　" else 1 for letter in page[left : line.start])


def _shape(line: Block, text: str, width: int, indent: int) -> list[float]:
    """Returns how long a line is, how far in it stands, what is around it."""
    size = len(text)
    words = line.text.split()
    seen = [
        *(size <= most for most in (4, 7, 10, 14, 20, 30)), size >= 0.9 * width, size > width,
        indent == 0, 0 < indent <= 2, 3 <= indent <= 4, indent > 4, line.gap > 0, line.gap > 1, line.row or line.ruled,
        len(words) > 1 and all(len(word) == 1 for word in words), WIDE_GAP.search(line.text) is not None]
    return [min(1.5, size / width), min(1.5, indent / 20), min(1.0, len(words) / 6), *map(float, seen)]


def _wording(line: Block, text: str) -> list[float]:
    """Returns how a line begins and ends, and which set phrases it holds."""
    first, last = text[0], text[-1]
    adorned = is_mark(first) and first not in OPENING
    letters = sum(map(str.isalnum, text)) / len(text)
    seen = [
        adorned, adorned and text[:2] == 2 * first, first in OPENING, NUMBERED.match(text) is not None, text.startswith("—"),
        letters == 0, is_whole(text), last in ",，、", last in ";；:：—", last in ")）】》」』”’〕〗]>", last.isalnum(),
        "。" in text[:-1], "，" in text or "," in text, "：" in text or ":" in text,
        is_byline(line.text), author_of(line.text) is not None, has_dateline(text), _NAME_LAST.search(line.text) is not None,
        photographer_of(line.text) is not None or credit_of(line.text) is not None, text.startswith(("图", "▲图")),
        masthead_date(text) != "", is_page_header(line.text), is_masthead(line.text), paper_name(line.text) != "",
        is_pointer(line.text), is_section_name(text), continued_from(line.text) > 0, continued_to(line.text) < len(line.text)]
    return [letters, sum(map(str.isdigit, text)) / len(text), min(1.0, header_parts(line.text) / 3), *map(float, seen)]


def _place(lines: Sequence[Block], at: int) -> list[float]:
    """Returns where on the page a line stands, and how many lines it has."""
    after = len(lines) - 1 - at
    seen = at == 0, at == 1, at < 4, after == 0, after < 3
    return [at / len(lines), min(1.0, len(lines) / _MANY_LINES), *map(float, seen)]


def _beside(texts: Sequence[str], indents: Sequence[int], at: int, width: int) -> list[float]:
    """Returns how much longer a line is than those before and after it, how much further in it stands, and whether it stands as far
    in.
    """
    found = []
    for other in (at - 1, at + 1):
        there = 0 <= other < len(texts)
        size, indent = (len(texts[other]), indents[other]) if there else (0, 0)
        found += [np.clip((len(texts[at]) - size) / width, -1, 1), np.clip((indents[at] - indent) / 8, -1, 1),
                  float(there and indent == indents[at])]
    return found


def headline_style(page: str, line: Block) -> str:
    """Returns how a line is set off: its ornament, numbering scheme or opening bracket, ``centred`` if it is indented by six narrow
    spaces or more, else ``""``.

    >>> from rag.pages.blocks import split_blocks
    >>> [headline_style(line, *split_blocks(line)) for line in ("◎新渠通水", "三、新渠", "【新渠】", "          新渠", "新渠")]
    ['◎', 'han', '【', 'centred', '']
    """
    numbered = NUMBERED.match(line.text)
    if numbered:
        return str(numbered.lastgroup)
    first = line.text[0]
    if is_mark(first) and (first not in OPENING or first in BRACKETS):
        return first
    return "centred" if line.start - page.rfind("\n", 0, line.start) > 5 else ""


def _like_others(way: str, count: int, is_first: bool, is_short: bool) -> list[float]:
    """Returns how many short lines of the page are set off as a line is, whether one of them stands before it, and whether it is one.
    """
    return [min(1.0, count / 4), *map(float, (way != "", count > 1, way != "" and not is_first, way != "" and is_short))]


def _joint(seams: Seams, before: str, text: str) -> list[float]:
    """Returns how well a line continues the one before, and begins a sentence."""
    joins = seams.continues(before, text) / 8 if before and not is_whole(before) else 0.0
    return [joins, float(bool(before) and is_whole(before)), seams.begins(text) / 4]


def _topic(seams: Seams, texts: Sequence[str], at: int) -> list[float]:
    """Returns how much a line that may be a headline shares with the text above and below it, and how much these share (0 to 1)."""
    if len(texts[at]) > _LONGEST_HEADLINE:
        return [0.0, 0.0, 0.0]
    before, behind = "".join(texts[max(0, at - _LINES_AROUND) : at]), "".join(texts[at + 1 : at + 1 + _LINES_AROUND])
    line, above, below = map(seams.pairs, (texts[at], before[-_AROUND:], behind[:_AROUND]))
    shared = seams.topic_overlap(line, above), seams.topic_overlap(line, below), 4 * seams.topic_overlap(above, below)
    return [min(1.0, value) for value in shared]
