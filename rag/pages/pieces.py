"""Records between the steps of the pipeline: pieces of body text, photos, regions.

::

    Block ──label──▶ Labelled ──▶ BodyBlock (body) / Photo (caption) ──▶ Region (what stands under one headline)
"""

from __future__ import annotations

from dataclasses import dataclass, field

from rag.pages.blocks import Block, Range

# Labels of blocks. "text" is body text; a "heading" is not classified yet; "pull" is a pull quote.
LABELS = ("text", "heading", "title", "kicker", "section", "subhead", "byline", "credit", "caption", "photo",
          "pull", "header", "marker", "row", "ruled", "boilerplate", "pointer")


@dataclass(frozen=True)
class BodyBlock:
    """The body text of one block, without jump lines and the author at its end.

    ``opens``: an article certainly begins here (本报讯 …). ``closes``: it certainly ends here (trailing author, 下转…).
    ``continues_from_elsewhere``: it continues a text of another page (上接…). ``continues_elsewhere``: another page continues
    it (下转…). ``paused``: a wide gap or a picture precedes it. ``row``: it is a table row. ``begins``: it is known to begin a
    paragraph. ``to_page``, ``back_page``: the pages that 下转… and 上接… name.
    """

    block: int
    text: str
    ranges: tuple[Range, ...]
    subheads: tuple[Block, ...] = ()
    author: tuple[Range, ...] = ()
    opens: bool = False
    closes: bool = False
    continues_from_elsewhere: bool = False
    continues_elsewhere: bool = False
    paused: bool = False
    row: bool = False
    begins: bool = False
    to_page: str = ""
    back_page: str = ""


@dataclass(frozen=True)
class Photo:
    """The caption and credit of a picture; ``block`` is the number of its block on the page."""

    block: int
    caption: tuple[Range, ...] = ()
    credit: tuple[Range, ...] = ()


@dataclass
class Region:
    """The headline block, body text and pictures under one headline.

    ``joints`` maps a block number to the kind of its joint and the confidence in it, 0 to 1. ``see``: the page to which a line
    under the headline points (详见…).
    """

    title: tuple[Block, ...] = ()
    kicker: tuple[Block, ...] = ()
    section: tuple[Block, ...] = ()
    byline: tuple[Range, ...] = ()
    pieces: list[BodyBlock] = field(default_factory=list)
    photos: list[Photo] = field(default_factory=list)
    loose: list[Block] = field(default_factory=list)
    is_photo: bool = False
    joints: dict[int, tuple[str, float]] = field(default_factory=dict)
    confidence: float = 1.0
    doubts: list[str] = field(default_factory=list)
    see: str = ""
