"""Finds pictures: credit lines, captions (also those that pose as headings), photo stories, display quotations.

A credit stands beside its caption; the white space around the pair tells on which side. A caption is short; a
paragraph under a credit that describes the picture (图为…) and is longer is a photo story of its own.
"""

from __future__ import annotations

from collections import Counter

from rag.language.text import fold
from rag.pages.blocks import FINAL, Block, is_whole
from rag.pages.lexicon import pairs
from rag.pages.marks import credit_of, has_lead, is_byline, taken_by
from rag.pages.seams import Seams

CAPTION_AT_MOST = 60  # characters; longer text under a credit is a story or the body going on
_STORY_AT_MOST = 420
_UNDER_CREDIT = 3.0  # nats for text under a credit line belonging to the picture
_PULL = range(10, 61)
_PULLS_LOOKED_AT = 400
_NEARLY = 0.85


def label_photos(blocks: list[Block], labels: list[str]) -> None:
    """Marks credits, captions and photo stories in ``labels``."""
    for at, block in enumerate(blocks):
        if labels[at] == "text" and credit_of(block.text):
            labels[at] = "credit"
    for at, block in enumerate(blocks):
        if labels[at] == "credit":
            _label_caption(blocks, labels, at)
        elif labels[at] == "text" and (found := taken_by(block.text)):
            labels[at] = "caption" if found[0] <= CAPTION_AT_MOST else "photo"
        elif labels[at] == "text" and _names_picture(block.text):
            labels[at] = "caption"


def _names_picture(text: str) -> bool:
    begins = text.startswith(("图为", "上图为", "下图为", "左图为", "右图为"))
    return begins and len(text) <= CAPTION_AT_MOST and is_whole(text)


def _label_caption(blocks: list[Block], labels: list[str], at: int) -> None:
    before = at - 1 if at else None
    after = at + 1 if at + 1 < len(blocks) and labels[at + 1] in ("text", "heading") else None
    if (before is not None and labels[before] == "heading" and blocks[at].gap <= 1 < blocks[before].gap):
        labels[before] = "caption"
    elif after is not None and labels[after] == "heading":
        if blocks[after].gap <= max(1, blocks[at].gap - 1) and not _begins_article(blocks, labels, after):
            labels[after] = "caption"
    elif after is not None:
        labels[after] = _text_under_credit(blocks, labels, at)


def _begins_article(blocks: list[Block], labels: list[str], heading: int) -> bool:
    nxt = heading + 1
    return nxt < len(blocks) and (is_byline(blocks[nxt].text) or has_lead(blocks[nxt].text))


def _text_under_credit(blocks: list[Block], labels: list[str], at: int) -> str:
    text = blocks[at + 1].text
    if is_whole(text) and len(text) <= CAPTION_AT_MOST and not has_lead(text):
        return "caption"
    return "photo" if _shows_picture(text) else "text"


def _shows_picture(text: str) -> bool:
    return "图为" in text[-60:] and len(text) <= _STORY_AT_MOST


def rejoin_photo_stories(blocks: list[Block], labels: list[str], seams: Seams) -> None:
    """Marks the first part of a photo story that a column cuts in two: it does not say 图为, nor who took the picture."""
    for at in range(1, len(blocks)):
        under_credit = at > 1 and labels[at - 2] == "credit"
        shown = labels[at] == "photo" or (under_credit and labels[at] == "text" and _shows_picture(blocks[at].text))
        if not shown or labels[at - 1] != "text" or is_whole(blocks[at - 1].text):
            continue
        follows = at + 1 < len(blocks) and labels[at + 1] == "text"
        beyond = seams.continues(blocks[at - 1].text, blocks[at + 1].text) if follows else 0.0
        if seams.continues(blocks[at - 1].text, blocks[at].text) + _UNDER_CREDIT * under_credit > max(0.0, beyond):
            labels[at - 1] = labels[at] = "photo"


def label_pulls(blocks: list[Block], labels: list[str]) -> None:
    """Marks whole sentences that the page prints once more for display."""
    wanted = [at for at, b in enumerate(blocks) if labels[at] in ("text", "heading") and len(b.text) in _PULL
              and b.text[-1] in FINAL][:_PULLS_LOOKED_AT]
    if not wanted:
        return
    bodies = [_match_form(b.text) if labels[at] in ("text", "photo") else "" for at, b in enumerate(blocks)]
    page = "\n".join(bodies)
    twice = Counter(bodies)
    for at in wanted:
        quote = _match_form(blocks[at].text)
        own = 1 if labels[at] == "text" else 0
        repeated = page.count(quote) > own and twice[quote] <= own
        if repeated or (labels[at] == "heading" and quote[-1] == "。" and _nearly_in(quote, bodies)):
            labels[at] = "pull"


def _nearly_in(quote: str, bodies: list[str]) -> bool:
    """Does a paragraph hold the quotation, slips of a character or two aside?"""
    wanted = pairs(quote)
    return any(len(wanted & pairs(body)) >= _NEARLY * len(wanted) for body in bodies[:_PULLS_LOOKED_AT] if body)


def _match_form(text: str) -> str:
    return "".join(fold(text).split())
