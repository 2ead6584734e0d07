"""Labels pictures and pull quotes: credit lines, captions (also those marked as headings), photo stories, pull quotes.

A credit stands next to its caption; the blank lines around the pair show on which side. A caption is short. A longer
paragraph under a credit that describes the picture (图为…) is a photo story.
"""

from __future__ import annotations

from collections import Counter

from rag.language.text import fold
from rag.pages.blocks import SENTENCE_END, Block, is_whole
from rag.pages.marks import credit_of, has_dateline, is_byline, photographer_of
from rag.pages.ngram_model import pairs
from rag.pages.seams import Seams

# Set by hand while the failures of generated pages were read; measured on pages that were only counted (docs/research.md).
MAX_CAPTION = 60  # characters; longer text under a credit is a photo story or body text
_MAX_PHOTO_STORY = 420  # characters
_CREDIT_BONUS = 3.0  # nats added for text under a credit line to belong to the picture
_PULL_QUOTE_LENGTHS = range(10, 61)  # characters
_MAX_COMPARED = 400  # blocks, to bound the time on very long pages
_MIN_SHARED_BIGRAMS = 0.85  # share of a quote's bigrams that a paragraph must contain


def label_photos(blocks: list[Block], labels: list[str]) -> None:
    """Labels credits, captions and photo stories, in place in ``labels``.

    >>> from rag.pages.blocks import split_blocks
    >>> labels = ["text", "text"]
    >>> label_photos(split_blocks("图片来源:某区\\n市民在公园赏花。"), labels)
    >>> labels
    ['credit', 'caption']
    """
    for at, block in enumerate(blocks):
        if labels[at] == "text" and credit_of(block.text):
            labels[at] = "credit"
    for at, block in enumerate(blocks):
        if labels[at] == "credit":
            _label_caption(blocks, labels, at)
        elif labels[at] == "text" and (found := photographer_of(block.text)):
            labels[at] = "caption" if found[0] <= MAX_CAPTION else "photo"
        elif labels[at] == "text" and _is_caption(block.text):
            labels[at] = "caption"


def _is_caption(text: str) -> bool:
    begins = text.startswith(("图为", "上图为", "下图为", "左图为", "右图为"))
    return begins and len(text) <= MAX_CAPTION and is_whole(text)


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
    following = heading + 1
    return following < len(blocks) and (is_byline(blocks[following].text) or has_dateline(blocks[following].text))


def _text_under_credit(blocks: list[Block], labels: list[str], at: int) -> str:
    text = blocks[at + 1].text
    if is_whole(text) and len(text) <= MAX_CAPTION and not has_dateline(text):
        return "caption"
    return "photo" if _describes_picture(text) else "text"


def _describes_picture(text: str) -> bool:
    return "图为" in text[-60:] and len(text) <= _MAX_PHOTO_STORY


def rejoin_photo_stories(blocks: list[Block], labels: list[str], seams: Seams) -> None:
    """Labels the first part of a photo story that a column break splits; that part has neither 图为 nor a photographer."""
    for at in range(1, len(blocks)):
        under_credit = at > 1 and labels[at - 2] == "credit"
        shown = labels[at] == "photo" or (under_credit and labels[at] == "text" and _describes_picture(blocks[at].text))
        if not shown or labels[at - 1] != "text" or is_whole(blocks[at - 1].text):
            continue
        follows = at + 1 < len(blocks) and labels[at + 1] == "text"
        beyond = seams.continues(blocks[at - 1].text, blocks[at + 1].text) if follows else 0.0
        if seams.continues(blocks[at - 1].text, blocks[at].text) + _CREDIT_BONUS * under_credit > max(0.0, beyond):
            labels[at - 1] = labels[at] = "photo"


def label_pull_quotes(blocks: list[Block], labels: list[str]) -> None:
    """Labels pull quotes: whole sentences that the page repeats for display.

    >>> from rag.pages.blocks import split_blocks
    >>> labels = ["text", "text"]
    >>> label_pull_quotes(split_blocks("这是全县人民的一件大事。\\n\\n他说,这是全县人民的一件大事。"), labels)
    >>> labels
    ['pull', 'text']
    """
    candidates = [at for at, b in enumerate(blocks) if labels[at] in ("text", "heading") and len(b.text) in _PULL_QUOTE_LENGTHS
                  and b.text[-1] in SENTENCE_END][:_MAX_COMPARED]
    if not candidates:
        return
    bodies = [_match_form(b.text) if labels[at] in ("text", "photo") else "" for at, b in enumerate(blocks)]
    page = "\n".join(bodies)
    twice = Counter(bodies)
    for at in candidates:
        quote = _match_form(blocks[at].text)
        own = 1 if labels[at] == "text" else 0
        repeated = page.count(quote) > own and twice[quote] <= own
        if repeated or (labels[at] == "heading" and quote[-1] == "。" and _almost_contains(quote, bodies)):
            labels[at] = "pull"


def _almost_contains(quote: str, bodies: list[str]) -> bool:
    """Tells whether a paragraph contains the quotation, give or take a few characters."""
    wanted = pairs(quote)
    return any(len(wanted & pairs(body)) >= _MIN_SHARED_BIGRAMS * len(wanted) for body in bodies[:_MAX_COMPARED] if body)


def _match_form(text: str) -> str:
    return "".join(fold(text).split())
