"""The order of the page: puts displaced columns back, choosing among all whole-page readings the best one.

A reading's score is the sum of its joints (see ``seams``): headline to first piece, piece to piece, last piece to
the end. The page as it stands is one reading; each other one moves the end of a region (columns out of order
always leave their last part at the end of some region) to the beginning of an article, or out into a story of its
own. Moves are tried exhaustively. Those from one region to one place differ only in where the moved part begins; that it was
moved is as likely as all of them together. The best is taken until none gains: with the geometry gone this takes the place
of the search over block orders in Gao et al., "Newspaper article reconstruction using ant colony optimization and
bipartite graph" (2013).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from rag.pages.blocks import Block
from rag.pages.pieces import Piece, Region
from rag.pages.seams import Seams, is_open

_MOVE = 4.5
_FAR = 2.0  # more nats if it moves under another headline
_STORY = 5.0  # nats that a story without headline must gain
_NEXT = 2.0  # nats for text that goes on below on the page
_PAUSE = 2.0  # nats against text going on behind a picture or a wide gap, if the sentence before was complete
_BROKEN_OFF = 4.0  # nats against an article that ends inside a sentence
_NEVER = 9.0  # nats against text after an article's end, or before its beginning
_UNRELATED = 0.09  # share of rare pairs: nine in ten pairs of different stories have less, nine in ten halves of one more
_MATTER = 6.0  # most nats that likeness of matter may give or take
_MOVES_AT_MOST = 4
_PIECES_AT_MOST = 400  # beyond this a page is read in the order in which it stands


@dataclass(frozen=True)
class Move:
    """The pieces of region ``source`` from ``start`` on go to the beginning of ``target``, or become a new story."""

    source: int
    start: int
    target: int
    to: str  # "front" | "alone"


def assemble(regions: list[Region], seams: Seams) -> list[Region]:
    """The regions with their pieces in the best order; moved joints are marked ``displaced``."""
    if sum(len(r.pieces) for r in regions) > _PIECES_AT_MOST:
        return regions
    for _ in range(_MOVES_AT_MOST):
        ways: dict[tuple[int, int, str], dict[Move, float]] = {}
        for move in _moves(regions):
            ways.setdefault((move.source, move.target, move.to), {})[move] = _gain(regions, move, seams)
        sums = [(float(np.logaddexp.reduce(list(gains.values()))), gains) for gains in ways.values()]
        gain, gains = max(sums, default=(0.0, {}), key=lambda pair: pair[0])
        if gain <= 0:
            break
        regions = _moved(regions, max(gains, key=gains.__getitem__), gain)
    return regions


def _moves(regions: list[Region]) -> Iterator[Move]:
    for source, region in enumerate(regions):
        if region.is_photo or region.joints:
            continue
        for start in range(len(region.pieces)):
            if start:
                yield Move(source, start, source, "front")
                if region.pieces[start - 1].closes or region.pieces[start].opens:
                    yield Move(source, start, len(regions), "alone")
            if not start and region.title:
                continue
            for target, other in enumerate(regions):
                if target != source and not other.is_photo and other.title and other.pieces:
                    yield Move(source, start, target, "front")


def _gain(regions: list[Region], move: Move, seams: Seams) -> float:
    source = regions[move.source]
    kept, moved = source.pieces[: move.start], source.pieces[move.start :]
    before = _reading(source, source.pieces, seams)
    if move.to == "alone":
        gain = _reading(source, kept, seams) + _reading(Region(pieces=moved), moved, seams) - before - _STORY
        return gain + _strangeness(source, kept, moved, seams) if gain > -_MATTER else gain
    if move.target == move.source:
        return _reading(source, moved + kept, seams) - before - _MOVE
    target = regions[move.target]
    before += _reading(target, target.pieces, seams)
    gain = _reading(source, kept, seams) + _reading(target, moved + target.pieces, seams) - before - _MOVE
    if gain <= -_MATTER:
        return gain
    matter = _matter(target, source, kept, moved, seams)
    return gain + matter - _FAR if matter > 0 else -_NEVER


def _matter(target: Region, source: Region, kept: list[Piece], moved: list[Piece], seams: Seams) -> float:
    """Nats for the moved text being about the target's matter rather than that of where it stands."""
    words = _words([], moved, seams)
    there = _words(target.title, target.pieces, seams)
    here = _words(source.title, kept, seams)
    return max(-_MATTER, min(_MATTER, 15.0 * (seams.shared(words, there) - seams.shared(words, here))))


def _strangeness(source: Region, kept: list[Piece], moved: list[Piece], seams: Seams) -> float:
    """Nats against a story of its own that is about the same matter as what it leaves behind."""
    shared = seams.shared(_words([], moved, seams), _words(source.title, kept, seams))
    return max(-_MATTER, min(0.0, 60.0 * (_UNRELATED - shared)))


def _words(title: Iterable[Block], pieces: list[Piece], seams: Seams) -> frozenset[str]:
    texts = [b.text for b in title] + [p.text for p in pieces]
    return frozenset().union(*map(seams.pairs, texts))


def _reading(region: Region, pieces: list[Piece], seams: Seams) -> float:
    """The score of these pieces, in this order, under the region's headline."""
    if not pieces:
        return -_NEVER if region.title and region.pieces else 0.0
    score = _front(region, pieces, seams)
    for one, other in itertools.pairwise(pieces):
        score += joint_score(one, other, seams)
    last = pieces[-1]
    return score - (_BROKEN_OFF if is_open(last) and not last.continues_elsewhere else 0.0)


def _front(region: Region, pieces: list[Piece], seams: Seams) -> float:
    title, first = "".join(b.text for b in region.title), pieces[0]
    parts = 2 if len(pieces) > 1 and is_open(first) else 1  # a lead that is cut in two is read whole
    lead, rest = "".join(p.text for p in pieces[:parts]), [p.text for p in pieces[parts:]]
    score = seams.begins(first.text) + seams.opening(title, lead, rest)
    return score + (6.0 if first.opens else 3.0 if first.continues_from_elsewhere else 0.0)


def joint_score(one: Piece, other: Piece, seams: Seams) -> float:
    """Nats for ``other`` standing right behind ``one``."""
    score = 0.0
    if one.closes or one.continues_elsewhere:
        score -= _NEVER
    if other.opens or other.continues_from_elsewhere:
        score -= _NEVER
    if is_open(one):
        near = _NEXT if one.block < other.block else 0.0
        return score + near + seams.continues(one.text, other.text)
    return score + seams.begins(other.text) - (_PAUSE if other.paused else 0.0)


def _moved(regions: list[Region], move: Move, gain: float) -> list[Region]:
    """The regions after a move, the new joints marked with the belief in them."""
    belief = 1.0 - 0.5 / (1.0 + gain)
    source = regions[move.source]
    kept, moved = source.pieces[: move.start], source.pieces[move.start :]
    out = list(regions)
    first = moved[0].block if moved else 0
    photos = [p for p in source.photos if p.block > first]
    if move.to == "alone":
        source.pieces, source.photos = kept, [p for p in source.photos if p.block <= first]
        out.insert(move.source + 1, Region(pieces=moved, photos=photos, doubts=["no headline found"], confidence=belief))
        return out
    target = regions[move.target]
    if target is not source:
        target.photos += photos
        source.photos = [p for p in source.photos if p.block <= first]
        source.pieces = kept
    rest = kept if target is source else target.pieces
    target.pieces = moved + rest
    target.joints[rest[0].block] = ("displaced", belief)
    target.confidence = min(target.confidence, belief)
    return [r for r in out if r.pieces or r.title or r.photos or r.loose]
