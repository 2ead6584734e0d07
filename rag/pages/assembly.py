"""Restores the reading order: moves displaced columns back to their articles.

The score of an order is the sum of its joint scores (see ``seams``): headline to first piece, piece to piece, last piece to
the end. The search starts from the order on the page. A move takes the end of a region (displaced columns leave their last
part there) to the front of an article or makes it a new story. All moves are scored. Moves from one region to the same
target differ only in where the moved part begins, so their gains are added as probabilities (log-sum-exp). The best move
is made until none gains. Without layout, this replaces the search over block orders in Gao et al., "Newspaper article
reconstruction using ant colony optimization and bipartite graph" (2013).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from rag.pages.blocks import Block
from rag.pages.marks import pointed_to
from rag.pages.pieces import BodyBlock, Region
from rag.pages.seams import Seams, is_open

# Set by hand while the failures of generated pages were read; measured on pages that were only counted (docs/research.md).
_MOVE_COST = 4.5  # nats; cost of a move
_OTHER_HEADLINE_COST = 2.0  # nats; additional cost of a move to another headline
_NEW_STORY_COST = 5.0  # nats; cost of a new story without a headline
_IN_ORDER_BONUS = 2.0  # nats for a continuation that stands further down the page
_PAUSE_COST = 2.0  # nats against text after a picture or a wide gap, if the sentence before is complete
_BROKEN_OFF_COST = 4.0  # nats against an article that ends inside a sentence
_FORBIDDEN_COST = 9.0  # nats against text after an article's certain end or before its certain beginning
_UNRELATED_SHARE = 0.09  # topic overlap: 90 % of different stories have less, 90 % of the halves of one story have more
_MAX_TOPIC_SCORE = 6.0  # nats; limit of the topic score
_MAX_MOVES = 4  # moves on one page
_MAX_PIECES = 400  # a page with more keeps its order


@dataclass(frozen=True)
class Move:
    """A move of the pieces of region ``source`` from ``start`` on, to the front of ``target`` or into a new story."""

    source: int
    start: int
    target: int
    to: str  # "front" | "alone"


def assemble(regions: list[Region], seams: Seams) -> list[Region]:
    """Returns the regions with their pieces in the best order; the joints of moved pieces are marked ``displaced``."""
    if sum(len(r.pieces) for r in regions) > _MAX_PIECES:
        return regions
    for _ in range(_MAX_MOVES):
        ways: dict[tuple[int, int, str], dict[Move, float]] = {}
        for move in _possible_moves(regions):
            ways.setdefault((move.source, move.target, move.to), {})[move] = _gain(regions, move, seams)
        sums = [(float(np.logaddexp.reduce(list(gains.values()))), gains) for gains in ways.values()]
        gain, gains = max(sums, default=(0.0, {}), key=lambda pair: pair[0])
        if gain <= 0:
            break
        regions = _apply_move(regions, max(gains, key=gains.__getitem__), gain)
    return regions


def _possible_moves(regions: list[Region]) -> Iterator[Move]:
    for source, region in enumerate(regions):
        if region.is_photo or region.joints:
            continue
        for start in range(len(region.pieces)):
            if start and region.pieces[start].row:  # a table keeps together, with what stands above it
                continue
            if start:
                yield Move(source, start, source, "front")
                if region.pieces[start - 1].closes or region.pieces[start].opens:
                    yield Move(source, start, len(regions), "alone")
            if not start and region.title:
                continue
            for target, other in enumerate(regions):
                if target != source and not other.is_photo and other.title and other.pieces and not _only_points(other):
                    yield Move(source, start, target, "front")


def _only_points(region: Region) -> bool:
    """Tells whether a region is a headline with a line that points to its story on another page."""
    return bool(region.see) or (len(region.pieces) == 1 and bool(pointed_to(region.pieces[0].text)))


def _gain(regions: list[Region], move: Move, seams: Seams) -> float:
    source = regions[move.source]
    kept, moved = source.pieces[: move.start], source.pieces[move.start :]
    before = _order_score(source, source.pieces, seams)
    if move.to == "alone":
        gain = _order_score(source, kept, seams) + _order_score(Region(pieces=moved), moved, seams) - before - _NEW_STORY_COST
        return gain + _same_topic_penalty(source, kept, moved, seams) if gain > -_MAX_TOPIC_SCORE else gain
    if move.target == move.source:
        return _order_score(source, moved + kept, seams) - before - _MOVE_COST
    target = regions[move.target]
    before += _order_score(target, target.pieces, seams)
    gain = _order_score(source, kept, seams) + _order_score(target, moved + target.pieces, seams) - before - _MOVE_COST
    if gain <= -_MAX_TOPIC_SCORE:
        return gain
    topic = _topic_score(target, source, kept, moved, seams)
    return gain + topic - _OTHER_HEADLINE_COST if topic > 0 else -_FORBIDDEN_COST


def _topic_score(target: Region, source: Region, kept: list[BodyBlock], moved: list[BodyBlock], seams: Seams) -> float:
    """Scores, -6 to 6 nats, whether the moved text is closer in topic to the target than to the source."""
    words = _bigrams([], moved, seams)
    there = _bigrams(target.title, target.pieces, seams)
    here = _bigrams(source.title, kept, seams)
    gain = 15.0 * (seams.topic_overlap(words, there) - seams.topic_overlap(words, here))
    return max(-_MAX_TOPIC_SCORE, min(_MAX_TOPIC_SCORE, gain))


def _same_topic_penalty(source: Region, kept: list[BodyBlock], moved: list[BodyBlock], seams: Seams) -> float:
    """Scores, -6 to 0 nats, against a new story that has the topic of the text it leaves."""
    overlap = seams.topic_overlap(_bigrams([], moved, seams), _bigrams(source.title, kept, seams))
    return max(-_MAX_TOPIC_SCORE, min(0.0, 60.0 * (_UNRELATED_SHARE - overlap)))


def _bigrams(title: Iterable[Block], pieces: list[BodyBlock], seams: Seams) -> frozenset[str]:
    texts = [b.text for b in title] + [p.text for p in pieces]
    return frozenset().union(*map(seams.pairs, texts))


def _order_score(region: Region, pieces: list[BodyBlock], seams: Seams) -> float:
    """Returns the score of the pieces, in this order, under the region's headline."""
    if not pieces:
        return -_FORBIDDEN_COST if region.title and region.pieces else 0.0
    score = _opening_score(region, pieces, seams)
    for one, other in itertools.pairwise(pieces):
        score += joint_score(one, other, seams)
    last = pieces[-1]
    return score - (_BROKEN_OFF_COST if is_open(last) and not last.continues_elsewhere else 0.0)


def _opening_score(region: Region, pieces: list[BodyBlock], seams: Seams) -> float:
    title, first = "".join(b.text for b in region.title), pieces[0]
    parts = 2 if len(pieces) > 1 and is_open(first) else 1  # a split lead is scored as a whole
    lead, rest = "".join(p.text for p in pieces[:parts]), [p.text for p in pieces[parts:]]
    score = seams.begins(first.text) + seams.lead_score(title, lead, rest)
    return score + (6.0 if first.opens else 3.0 if first.continues_from_elsewhere else 0.0)


def joint_score(one: BodyBlock, other: BodyBlock, seams: Seams) -> float:
    """Returns the score in nats of ``other`` directly after ``one``."""
    score = 0.0
    if one.closes or one.continues_elsewhere:
        score -= _FORBIDDEN_COST
    if other.opens or other.continues_from_elsewhere:
        score -= _FORBIDDEN_COST
    if is_open(one):
        near = _IN_ORDER_BONUS if one.block < other.block else 0.0
        return score + near + seams.continues(one.text, other.text)
    return score + seams.begins(other.text) - (_PAUSE_COST if other.paused else 0.0)


def _apply_move(regions: list[Region], move: Move, gain: float) -> list[Region]:
    """Makes a move and returns the regions; the new joint gets its confidence from the gain in nats."""
    confidence = 1.0 - 0.5 / (1.0 + gain)
    source = regions[move.source]
    kept, moved = source.pieces[: move.start], source.pieces[move.start :]
    out = list(regions)
    first = moved[0].block if moved else 0
    photos = [p for p in source.photos if p.block > first]
    if move.to == "alone":
        source.pieces, source.photos = kept, [p for p in source.photos if p.block <= first]
        out.insert(move.source + 1, Region(pieces=moved, photos=photos, doubts=["no headline found"], confidence=confidence))
        return out
    target = regions[move.target]
    if target is not source:
        target.photos += photos
        source.photos = [p for p in source.photos if p.block <= first]
        source.pieces = kept
    rest = kept if target is source else target.pieces
    target.pieces = moved + rest
    target.joints[rest[0].block] = ("displaced", confidence)
    target.confidence = min(target.confidence, confidence)
    return [r for r in out if r.pieces or r.title or r.photos or r.loose]
