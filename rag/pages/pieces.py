"""What the steps of reading hand on: a labelled block, a piece of body text, an article under construction.

::

    Block ──label──▶ Labelled ──▶ Piece (body) / Photo (caption) ──▶ Region (what stands under one headline)
"""

from __future__ import annotations

from dataclasses import dataclass, field

from rag.pages.blocks import Block, Range

# The labels a block may bear. "text" is body, "heading" is not yet decided.
LABELS = ("text", "heading", "title", "kicker", "section", "subhead", "byline", "credit", "caption", "photo",
          "pull", "header", "marker", "row", "ruled", "around", "pointer")


@dataclass(frozen=True)
class Piece:
    """A stretch of body text that no column or picture interrupts.

    ``opens``: an article surely begins here (本报讯 …). ``closes``: it surely ends here (trailing author, 下转…).
    ``resumes``: the text comes from another page (上接…). ``goes_on``: it goes on there (下转…).
    ``paused``: a wide gap or a picture stands before it. ``row``: it is a row of a table.
    """

    block: int
    text: str
    ranges: tuple[Range, ...]
    subheads: tuple[Block, ...] = ()
    author: tuple[Range, ...] = ()
    opens: bool = False
    closes: bool = False
    resumes: bool = False
    goes_on: bool = False
    paused: bool = False
    row: bool = False


@dataclass(frozen=True)
class Photo:
    """A picture's caption and credit; ``block`` is the page's block where it stands."""

    block: int
    caption: tuple[Range, ...] = ()
    credit: tuple[Range, ...] = ()


@dataclass
class Region:
    """What the page shows under one headline: the front matter, pieces and pictures."""

    title: tuple[Block, ...] = ()
    kicker: tuple[Block, ...] = ()
    section: tuple[Block, ...] = ()
    byline: tuple[Range, ...] = ()
    pieces: list[Piece] = field(default_factory=list)
    photos: list[Photo] = field(default_factory=list)
    loose: list[Block] = field(default_factory=list)
    is_photo: bool = False
    joints: dict[int, tuple[str, float]] = field(default_factory=dict)
    confidence: float = 1.0
    doubts: list[str] = field(default_factory=list)
