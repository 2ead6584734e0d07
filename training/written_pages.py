"""Pages of plain text whose lines were labelled by their writers, and others that are put together from their parts.

    python training/written_pages.py FOLDER > training/written_pages.jsonl

``FOLDER`` has a folder for each writer, with ``*.lab`` files: each line is a label (``rag.pages.line_labels.LABELS``), ``|`` and the
line as it stands on the page; blank lines are blank. A line of ``written_pages.jsonl``: ``{writer, lines: [[text, label], ...]}``.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from typed_pages import Page

from rag.pages.line_labels import LABELS

Line = tuple[str, str]
WRITTEN = Path(__file__).with_suffix(".jsonl")
_BEGINS = "KHN"  # labels with which a story begins
_ORDERED = 0.5  # share of the pages on which the stories keep their order
_WHOLE = 0.7  # and of those that keep their head, and of those that keep their foot


def main() -> None:
    for file in sorted(Path(sys.argv[1]).glob("*/*.lab")):
        lines = list(read(file))
        if any(label == "H" for _, label in lines):
            print(json.dumps({"writer": file.parent.name, "lines": lines}, ensure_ascii=False))


def read(file: Path) -> Iterator[Line]:
    """Yields the lines of a labelled page."""
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        label, bar, text = line.partition("|")
        if not line.strip():
            yield "", ""
        elif bar and label in LABELS and len(label) == 1:
            yield (text, label) if text.strip() else ("", "")
        else:
            print(f"{file}:{number}: no label: {line}", file=sys.stderr)


def written_pages() -> list[tuple[str, list[Line]]]:
    """The writers and the lines of their pages."""
    rows = map(json.loads, WRITTEN.read_text(encoding="utf-8").splitlines())
    return [(row["writer"], [(text, label) for text, label in row["lines"]]) for row in rows]


def varied(lines: list[Line], chance: random.Random) -> Page:
    """A page with some stories of another, in any order, some without its head or its foot."""
    head, stories, foot = parts_of(lines)
    kept = [story for story in stories if chance.random() < 0.8] or stories
    if chance.random() > _ORDERED:
        chance.shuffle(kept)
    page = [*(head if chance.random() < _WHOLE else ()), *(line for story in kept for line in story),
            *(foot if chance.random() < _WHOLE else ())]
    if chance.random() < 0.1:
        from opencc import OpenCC

        convert = OpenCC(chance.choice(("s2tw", "t2s"))).convert
        page = [(convert(text), label) for text, label in page]
    return Page(page)


def parts_of(lines: list[Line]) -> tuple[list[Line], list[list[Line]], list[Line]]:
    """The head, the stories and the foot of a page; furniture between stories stands at the end of the one before.

    >>> page = [("早报", "M"), ("", ""), ("渠通", "H"), ("渠", "h"), ("水。", "P"), ("桥成", "H"), ("路。", "P"), ("完", "F")]
    >>> head, stories, foot = parts_of(page)
    >>> len(head), [len(story) for story in stories], foot
    (2, [3, 2], [('完', 'F')])
    """
    labels = [label for _, label in lines]
    starts = [at for at, label in enumerate(labels) if label and label in _BEGINS and not _follows(labels, at)]
    last = max((at for at, label in enumerate(labels) if label and label not in "MF"), default=-1) + 1
    bounds = [*starts, last]
    stories = [lines[start:end] for start, end in pairwise(bounds)]
    return (lines[: bounds[0]], stories, lines[last:])


def _follows(labels: list[str], at: int) -> bool:
    """Whether a label stands inside the heading of a story that has begun before."""
    before = next((label for label in reversed(labels[:at]) if label), "")
    return bool(before) and before in "KHh" and not (labels[at] == "H" and before in "Hh")


if __name__ == "__main__":
    main()
