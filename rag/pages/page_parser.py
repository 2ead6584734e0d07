"""The pipeline from the text of a page to its articles.

::

    text ─split_blocks▶ blocks ─label▶ labels ─regions_of▶ regions ─assemble▶ regions in order ─write▶ articles
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

from rag.pages.articles import furniture_of, write_article
from rag.pages.assembly import assemble
from rag.pages.blocks import Block, is_whole, split_blocks
from rag.pages.dates import masthead_date, name_date, name_page
from rag.pages.headings import label_headings
from rag.pages.marks import (
    continued_from,
    continued_to,
    header_page,
    is_byline,
    is_masthead,
    is_page_header,
    is_pointer,
    paper_name,
)
from rag.pages.ngram_model import lexicon
from rag.pages.photos import label_photos, label_pull_quotes, rejoin_photo_stories
from rag.pages.plain_text_blocks import with_kinds
from rag.pages.regions import regions_of
from rag.pages.seams import Seams, page_seams
from rag.pages.tables import with_rows
from rag.records import Article

_MAX_SECTION_NAME = 10  # characters
_MASTHEAD_LINES = 3
_TITLE_ENDS = "”’』」》)）】%％!！?？"  # marks that may end a headline
_LONGEST_NAME = 10  # characters of a paper's name that does not tell that it is one
_LONGEST_HEADING = 36  # characters of a line at the head of a page above which it is text
_KNOWN_LABELS = {"head": "header", "furniture": "boilerplate", "byline": "byline"}  # kinds of lines → labels
_KNOWN_HEADINGS = {"heading": "title", "kicker": "kicker", "subhead": "subhead"}


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
    blocks = read_blocks(text)
    if not blocks:
        return Page(())
    labels, seams = label_blocks(blocks)
    regions = assemble(regions_of(blocks, labels), seams)
    heads = [block for at, block in enumerate(blocks) if labels[at] == "header" or (not at and labels[at] == "boilerplate")]
    day = next((d for block in heads if (d := masthead_date(block.text))), "")
    stem = PurePath(source).stem
    day = day or name_date(stem)
    paper = _paper_of(blocks, labels, heads)
    written = [write_article(text, region, seams, source, f"{stem}#{n}", day)
               for n, region in enumerate(regions, start=1)]
    headers = [(b.start, number) for at, b in enumerate(blocks) if labels[at] == "header" and (number := header_page(b.text))]
    otherwise = name_page(stem, PurePath(source).parent.name)
    masthead = "\n".join(block.text for block in heads)
    articles = [replace(article, page=_page_of(article, headers) or otherwise, paper=paper, masthead=masthead) for article in written]
    return Page(tuple(articles), furniture_of(text, blocks, labels, articles))


def _paper_of(blocks: Sequence[Block], labels: Sequence[str], heads: Sequence[Block]) -> str:
    """Returns the name of the paper: a name of one at the head of the page, else the short line that stands above the date."""
    named = next((name for block in heads if (name := paper_name(block.text.strip("<!-> ")))), "")
    first = blocks[0].text.strip("<!-> ")
    is_head = labels[0] == "header" or (labels[0] == "boilerplate" and masthead_date(first))
    if named or not is_head:
        return named
    words = [word for word in first.split() if not masthead_date(word) and not is_page_header(word)]
    name = "".join(words) if all(len(word) == 1 for word in words) else words[0]
    return name if name.isalnum() and len(name) <= _LONGEST_NAME else ""


def _page_of(article: Article, headers: list[tuple[int, str]]) -> str:
    """Returns the page number of an article: that of the only header, or of the last header before it if there are several."""
    if len({number for _, number in headers}) == 1:
        return headers[0][1]
    begin = min((run.source for runs in article.runs.values() for run in runs), default=0)
    return next((number for at, number in reversed(headers) if at <= begin), "")


def read_blocks(text: str) -> list[Block]:
    """Returns the blocks of a page; on a page without heading marks each line is classified by its layout and wording (see
    ``line_labels``).
    """
    blocks = with_rows(text, split_blocks(text))
    return blocks if any(block.level for block in blocks) else with_kinds(text, blocks)


def label_blocks(blocks: list[Block]) -> tuple[list[str], Seams]:
    """Returns a label for each block (see ``pieces.LABELS``) and the seam scorer of the page."""
    labels, seams = label_all_but_headings(blocks)
    for at, block in enumerate(blocks):
        if labels[at] == "heading":
            labels[at] = _KNOWN_HEADINGS.get(block.kind, "heading")
    label_headings(blocks, labels, seams)
    return labels, seams


def label_all_but_headings(blocks: list[Block]) -> tuple[list[str], Seams]:
    """Returns the same as :func:`label_blocks`, with every heading still labelled ``heading``."""
    labels = ["heading" if block.level and not _is_jump_line(block.text) else "text" for block in blocks]
    for at, block in enumerate(blocks):
        if labels[at] == "text":
            labels[at] = _surface_label(block)
    by_lines = any(block.kind for block in blocks)
    if not by_lines:
        _label_masthead(blocks, labels)
    label_photos(blocks, labels)
    label_pull_quotes(blocks, labels)
    if not by_lines:
        _label_sections(blocks, labels)
    seams = page_seams(lexicon(), [b.text for at, b in enumerate(blocks) if labels[at] in ("text", "heading")])
    rejoin_photo_stories(blocks, labels, seams)
    return labels, seams


def _surface_label(block: Block) -> str:
    if block.kind in _KNOWN_LABELS:
        return _KNOWN_LABELS[block.kind]
    if block.row or block.ruled:
        return "row" if block.row else "ruled"
    if block.text.startswith("<!--") and block.text.endswith("-->"):
        return "boilerplate"
    if _is_jump_line(block.text):
        return "marker"
    if is_pointer(block.text):
        return "pointer"
    if block.kind:
        return "text"
    if is_page_header(block.text):
        return "header"
    return "byline" if is_byline(block.text) else "text"


def _is_jump_line(text: str) -> bool:
    """Tells whether a line is only a continuation mark; a heading may be one too."""
    return continued_from(text) == len(text) or continued_to(text) == 0


def _label_masthead(blocks: list[Block], labels: list[str]) -> None:
    """Labels the line with the date at the head of a page, and the lines above it that hold the paper's name alone."""
    for at, block in enumerate(blocks[:_MASTHEAD_LINES]):
        if not block.level and masthead_date(block.text) and (labels[at] == "header" or is_masthead(block.text)):
            for place in range(at + 1):
                is_title = blocks[place].level and not paper_name(blocks[place].text)
                if not is_title and labels[place] != "boilerplate":
                    labels[place] = "header"
        if len(block.text) > _LONGEST_HEADING or is_whole(block.text):
            return


def _label_sections(blocks: list[Block], labels: list[str]) -> None:
    """Labels short lines: before a heading they name a section, before a pointer they head a list of pointers."""
    for at in range(len(blocks) - 1):
        text = blocks[at].text
        short = labels[at] == "text" and len(text) <= _MAX_SECTION_NAME and text.isalpha()
        if short and labels[at + 1] in ("heading", "pointer"):
            labels[at] = "section" if labels[at + 1] == "heading" else "pointer"
