"""HTML → page text: a paragraph per block element, ``# `` before headings, ``| a | b |`` for the rows of a table.

The title, menus, footers and other boilerplate become comments (``<!-- … -->``), which belong to no article; scripts are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile, zip_longest

from bs4 import BeautifulSoup
from bs4.element import NavigableString, PreformattedString, Tag

from rag.pages.dates import masthead_date

_HEADINGS = {f"h{n}": n for n in range(1, 7)}
_BLOCKS = frozenset("p div li ul ol table tr td th section article header footer main figure figcaption blockquote br hr "
                    "dl dt dd pre body html address form fieldset nav aside caption center".split()) | frozenset(_HEADINGS)
_HIDDEN = frozenset("script style noscript template head title iframe svg select button".split())
_BOILERPLATE_TAGS = frozenset("nav footer aside menu".split())
_BOILERPLATE_NAMES = re.compile(
    r"(?:^|[-_\s])(?:nav|navbar|navigation|menu|foot|footer|copyright|breadcrumbs?|sidebar|share|related|comments?|adv?|ads|advert\w*|"
    r"banner|toolbar|topbar|pager|pagination)(?:$|[-_\s\d])", re.I)

_MENU = re.compile(r"(?:[^|>»›。]{1,20}\s*[|>»›]\s*){2,}[^|>»›。]{1,30}")  # three short words or more between bars or arrows


def text_of_html(html: str) -> str:
    """Returns the text of an HTML page; ``""`` for one without text.

    >>> text_of_html("<h1>签约</h1><p>某区<b>昨天</b>签约。</p><div class='footer'>版权所有</div>")
    '# 签约\\n\\n某区昨天签约。\\n\\n<!-- 版权所有 -->'
    >>> text_of_html("<table><tr><th>村</th><th>面积</th></tr><tr><td>下坪</td><td>2460</td></tr></table>")
    '| 村 | 面积 |\\n|---|---|\\n| 下坪 | 2460 |'
    >>> text_of_html("<p>首页 &gt; 新闻 &gt; 本县</p>")
    '<!-- 首页 > 新闻 > 本县 -->'
    """
    page = BeautifulSoup(html, "html.parser")
    title = " ".join(page.title.get_text().replace("--", "—").split()) if page.title else ""
    return "\n\n".join([*([f"<!-- {title} -->"] if title else []), *_lines(page.body or page, is_boilerplate=False)])


def _lines(element: Tag, is_boilerplate: bool) -> Iterator[str]:
    """Yields the lines of an element; each block element inside it gives lines of its own."""
    words: list[str] = []
    is_boilerplate = is_boilerplate or element.name in _BOILERPLATE_TAGS or bool(_BOILERPLATE_NAMES.search(_names_of(element)))
    for child in element.children:
        if isinstance(child, PreformattedString):
            continue  # comments, declarations
        if isinstance(child, NavigableString):
            words.append(str(child))
        elif isinstance(child, Tag) and child.name not in _HIDDEN:
            if child.name not in _BLOCKS and not child.find(_BLOCKS):
                words.append(child.get_text())
                continue
            yield from _line(words, element, is_boilerplate)
            words = []
            rows = _rows(child) if child.name == "table" else []
            yield from ["\n".join(rows)] if rows else _lines(child, is_boilerplate)
    yield from _line(words, element, is_boilerplate)


def _line(words: list[str], element: Tag, is_boilerplate: bool) -> Iterator[str]:
    text = " ".join("".join(words).split())
    level = _HEADINGS.get(element.name, 0)
    is_menu = not level and _MENU.fullmatch(text) and not masthead_date(text)
    if text:
        yield f"<!-- {text} -->" if is_boilerplate or is_menu else "#" * level + " " * bool(level) + text


def _names_of(element: Tag) -> str:
    named = element.attrs or {}
    classes: object = named.get("class") or []
    words = [str(word) for word in classes] if isinstance(classes, list) else [str(classes)]
    return " ".join([*words, str(named.get("id") or "")])


def _rows(table: Tag) -> list[str]:
    """Returns the caption and rows of a data table; ``[]`` for a layout table."""
    rows = [row.find_all(["td", "th"]) for row in table.find_all("tr")]
    rows = [row for row in rows if row]
    if len(rows) < 2 or max(map(len, rows)) < 2 or table.find(["table", "p", "div", *_HEADINGS]):
        return []
    heads = sum(1 for _ in takewhile(lambda row: all(cell.name == "th" for cell in row), rows[:-1]))
    grid = _grid(rows)
    lines = [_line_of(row) for row in grid[heads:]]
    if heads:
        header = [" ".join(dict.fromkeys(filter(None, column))) for column in zip_longest(*grid[:heads], fillvalue="")]
        lines = [_line_of(header), "|" + "---|" * len(header), *lines]
    caption = table.find("caption")
    return [*([" ".join(caption.get_text().split()) + "\n"] if caption else []), *lines]


def _grid(rows: Sequence[Sequence[Tag]]) -> list[list[str]]:
    """Returns the texts of the cells by row and column; a cell that spans several columns or rows is repeated in each."""
    grid: list[list[str]] = []
    reaching: dict[int, tuple[str, int]] = {}  # column → text of a cell of a row above, and how many rows it still spans
    for row in rows:
        cells, texts, below = list(row), list[str](), dict[int, tuple[str, int]]()
        while cells or len(texts) in reaching:
            if len(texts) in reaching:
                (text, left), wide = reaching.pop(len(texts)), 1
            else:
                cell = cells.pop(0)
                text = " ".join(cell.get_text(" ").split()).replace("|", "/")
                left, wide = _span(cell, "rowspan") - 1, _span(cell, "colspan")
            for _ in range(wide):
                if left:
                    below[len(texts)] = (text, left - 1)
                texts.append(text)
        grid.append(texts)
        reaching = below
    return grid


def _span(cell: Tag, name: str) -> int:
    span = str(cell.get(name) or "1")
    return max(1, min(int(span), 50)) if span.isdigit() else 1


def _line_of(texts: list[str]) -> str:
    return f"| {' | '.join(texts)} |"
