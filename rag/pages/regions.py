"""Groups the labelled blocks into regions: the text and pictures under one headline; a photo story is its own region."""

from __future__ import annotations

from dataclasses import replace

from rag.pages.blocks import Block, Range, is_whole, slice_ranges
from rag.pages.marks import (
    author_of,
    byline_start,
    continued_from,
    continued_to,
    credit_of,
    has_dateline,
    page_number,
    photographer_of,
    pointed_to,
    reporter_of,
)
from rag.pages.photos import MAX_CAPTION
from rag.pages.pieces import BodyBlock, Photo, Region

_MAX_BARE_POINTER = 14  # characters of a line that says nothing but 详见今日本报第5版
_FRONT_MATTER = ("section", "kicker", "title")


class _RegionBuilder:
    """Builds the regions in one pass. Body text is added to ``current``, which after a photo story is not ``regions[-1]``."""

    def __init__(self, blocks: list[Block], labels: list[str]) -> None:
        self.blocks, self.labels = blocks, labels
        self.regions: list[Region] = []
        self.current: Region | None = None
        self.in_front_matter = False
        self.subheads: list[Block] = []
        self.back_page: str | None = None  # of a jump line 上接… on a line of its own
        self.credit: tuple[int, tuple[Range, ...]] | None = None

    def current_region(self) -> Region:
        if self.current is None:
            self.current = Region()
            self.regions.append(self.current)
        return self.current

    def add_block(self, at: int) -> None:
        label, block = self.labels[at], self.blocks[at]
        if label in _FRONT_MATTER:
            self._front_matter(label, block)
            return
        self.in_front_matter = False
        if label == "subhead":
            self.subheads.append(block)
        elif label == "byline":
            self._byline(at, block)
        elif label in ("text", "row"):
            self._piece(at, block)
        elif label == "marker":
            self._marker(block)
        elif label == "pointer":
            self._pointer(block)
        elif label == "photo":
            self._photo_story(at, block)
        elif label in ("caption", "credit"):
            self._photo(at, label, block)

    def _front_matter(self, label: str, block: Block) -> None:
        if not self.in_front_matter:
            self._flush_subheads()
            self.current = Region()
            self.regions.append(self.current)
        self.in_front_matter = True
        region = self.current_region()
        setattr(region, label, (*getattr(region, label), block))

    def _byline(self, at: int, block: Block) -> None:
        if self.current_region().byline or (self.current_region().pieces and not self.current_region().pieces[-1].closes):
            self._piece(at, block)
            return
        self.current_region().byline = slice_ranges(block.ranges, byline_start(block.text), len(block.text))

    def _piece(self, at: int, block: Block) -> None:
        begins = block.kind in ("paragraph", "opening")
        piece = replace(_piece_of(at, block), subheads=tuple(self.subheads), paused=self._paused(at), begins=begins)
        if self.back_page is not None:
            piece = replace(piece, continues_from_elsewhere=True, back_page=self.back_page)
        self.subheads, self.back_page = [], None
        if (piece.continues_from_elsewhere or block.kind == "opening") and self.current_region().pieces:
            self.current = None  # a story of another page, or one without a headline
        self.current_region().pieces.append(piece)
        named = reporter_of(piece.text)
        if named and not self.current_region().byline:
            self.current_region().byline = slice_ranges(piece.ranges, *named[1])

    def _paused(self, at: int) -> bool:
        return self.blocks[at].gap > 1 or (at > 0 and self.labels[at - 1] in ("caption", "credit", "photo"))

    def _marker(self, block: Block) -> None:
        if continued_from(block.text) == len(block.text):
            self.back_page = page_number(block.text)
        elif self.current_region().pieces:
            last = self.current_region().pieces[-1]
            self.current_region().pieces[-1] = replace(last, continues_elsewhere=True, to_page=page_number(block.text))

    def _pointer(self, block: Block) -> None:
        """Keeps the page that a line under a headline points to, if the line says nothing else."""
        if self.current and self.current.title and len(block.text) <= _MAX_BARE_POINTER:
            self.current.see = pointed_to(block.text)

    def _photo_story(self, at: int, block: Block) -> None:
        taken = photographer_of(block.text)
        end = taken[0] if taken else len(block.text)
        credit = slice_ranges(block.ranges, *taken[1]) if taken else self.credit[1] if self.credit else ()
        if not taken and self.credit and self.current and self.current.photos:
            self.current.photos.pop()
        piece = BodyBlock(at, block.text[:end], slice_ranges(block.ranges, 0, end), closes=is_whole(block.text[:end]) or bool(taken))
        if at and self.labels[at - 1] == "photo" and not self.regions[-1].pieces[-1].closes:
            self.regions[-1].pieces.append(piece)
            self.regions[-1].photos += [Photo(at, (), credit)] if taken else []
            return
        photos = [Photo(at, (), credit)] if credit or piece.closes else []
        self.regions.append(Region(pieces=[piece], photos=photos, is_photo=True))
        self.credit = None

    def _photo(self, at: int, label: str, block: Block) -> None:
        photos = self.current_region().photos
        near = photos[-1] if photos and photos[-1].block >= at - 1 else None
        if label == "credit":
            span = credit_of(block.text) or (0, len(block.text))
            credit = slice_ranges(block.ranges, *span)
            self.credit = (at, credit)
            if near and not near.credit:
                photos[-1] = replace(near, block=at, credit=credit)
            else:
                photos.append(Photo(at, (), credit))
            return
        taken = photographer_of(block.text) if len(block.text) <= MAX_CAPTION + 20 else None
        caption = slice_ranges(block.ranges, 0, taken[0] if taken else len(block.text))
        credit = slice_ranges(block.ranges, *taken[1]) if taken else ()
        if near and not near.caption and not credit:
            photos[-1] = replace(near, block=at, caption=caption)
        else:
            photos.append(Photo(at, caption, credit))

    def _flush_subheads(self) -> None:
        if self.subheads:
            self.current_region().loose += self.subheads
            self.subheads = []


def regions_of(blocks: list[Block], labels: list[str]) -> list[Region]:
    """Returns the regions of a page, in page order."""
    builder = _RegionBuilder(blocks, labels)
    for at in range(len(blocks)):
        builder.add_block(at)
    builder._flush_subheads()
    return [r for r in builder.regions if r.title or r.pieces or r.photos or r.loose or r.kicker or r.section]


def _piece_of(at: int, block: Block) -> BodyBlock:
    """Returns the body text of a block, without continuation marks and trailing author."""
    text = block.text
    if block.row:
        return BodyBlock(at, text, block.ranges, row=True)
    start, end = marked, jump = continued_from(text), continued_to(text)
    author = author_of(text[:end]) if end > start else None
    continues_elsewhere = end < len(text)
    name: tuple[Range, ...] = ()
    if author and author[0] > start:
        end, name = author[0], slice_ranges(block.ranges, *author[1])
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    body = text[start:end]
    return BodyBlock(at, body, slice_ranges(block.ranges, start, end), (), name, has_dateline(body), bool(name), bool(marked),
                 continues_elsewhere, to_page=page_number(text[jump:]), back_page=page_number(text[:marked]))
