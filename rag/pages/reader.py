"""The pipeline from the text of a page to its articles.

::

    text ─split_blocks▶ blocks ─label▶ labels ─regions_of▶ regions ─assemble▶ regions in order ─write▶ articles
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath

from rag.pages.articles import furniture_of, write_article
from rag.pages.assembly import assemble
from rag.pages.blocks import Block, split_blocks
from rag.pages.dates import masthead_date, name_date
from rag.pages.headings import label_headings
from rag.pages.lexicon import lexicon
from rag.pages.marks import continued_from, continued_to, is_byline, is_page_header, is_pointer
from rag.pages.photos import label_photos, label_pull_quotes, rejoin_photo_stories
from rag.pages.regions import regions_of
from rag.pages.seams import Seams, page_seams
from rag.pages.tables import with_rows
from rag.records import Article

_MAX_SECTION_NAME = 10  # characters


@dataclass(frozen=True)
class Page:
    """The articles of a page. ``furniture`` lists ``(start, end, reason)`` for text that belongs to no article."""

    articles: tuple[Article, ...]
    furniture: tuple[tuple[int, int, str], ...] = ()


def articles_of(text: str, source: str) -> list[Article]:
    """Returns the articles of a newspaper page, in page order.

    >>> [a.title for a in articles_of("## 项目集中签约\\n\\n本报讯 近日,某区举行签约会。 苏某", "页.txt")]
    ['项目集中签约']
    """
    return list(read_page(text, source).articles)


def read_page(text: str, source: str = "page") -> Page:
    """Returns the articles and the furniture of a page; an empty page has none. Never raises.

    >>> read_page("第5版\\n\\n## 签约\\n\\n本报讯 近日,某区签约。").furniture[0]
    (0, 3, 'page header')
    """
    blocks = with_rows(text, split_blocks(text))
    if not blocks:
        return Page(())
    labels, seams = label_blocks(blocks)
    regions = assemble(regions_of(blocks, labels), seams)
    day = next((d for at, b in enumerate(blocks) if labels[at] == "header" and (d := masthead_date(b.text))), "")
    stem = PurePath(source).stem
    day = day or name_date(stem)
    articles = [write_article(text, region, seams, source, f"{stem}#{n}", day)
                for n, region in enumerate(regions, start=1)]
    return Page(tuple(articles), furniture_of(text, blocks, labels, articles))


def label_blocks(blocks: list[Block]) -> tuple[list[str], Seams]:
    """Returns a label for each block (see ``pieces.LABELS``) and the seam scorer of the page."""
    labels, seams = label_all_but_headings(blocks)
    label_headings(blocks, labels, seams)
    return labels, seams


def label_all_but_headings(blocks: list[Block]) -> tuple[list[str], Seams]:
    """Returns the same as :func:`label_blocks`, with every heading still labelled ``heading``."""
    labels = ["heading" if block.level else "text" for block in blocks]
    for at, block in enumerate(blocks):
        if labels[at] == "text":
            labels[at] = _surface_label(block)
    label_photos(blocks, labels)
    label_pull_quotes(blocks, labels)
    _label_sections(blocks, labels)
    seams = page_seams(lexicon(), [b.text for at, b in enumerate(blocks) if labels[at] in ("text", "heading")])
    rejoin_photo_stories(blocks, labels, seams)
    return labels, seams


def _surface_label(block: Block) -> str:
    if block.row or block.ruled:
        return "row" if block.row else "ruled"
    if block.text.startswith("<!--") and block.text.endswith("-->"):
        return "boilerplate"
    if is_page_header(block.text):
        return "header"
    if is_pointer(block.text):
        return "pointer"
    if continued_from(block.text) == len(block.text) or continued_to(block.text) == 0:
        return "marker"
    return "byline" if is_byline(block.text) else "text"


def _label_sections(blocks: list[Block], labels: list[str]) -> None:
    """Labels short lines: before a heading they name a section, before a pointer they head a list of pointers."""
    for at in range(len(blocks) - 1):
        text = blocks[at].text
        short = labels[at] == "text" and len(text) <= _MAX_SECTION_NAME and text.isalpha()
        if short and labels[at + 1] in ("heading", "pointer"):
            labels[at] = "section" if labels[at + 1] == "heading" else "pointer"
