"""HTML → page text: a paragraph per block element, ``# `` before headings, ``| a | b |`` for the rows of a table.

What stands in menus, footers and the like is kept as a comment (``<!-- … -->``), which belongs to no article; scripts stay out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bs4 import BeautifulSoup
from bs4.element import NavigableString, PreformattedString, Tag

_HEADINGS = {f"h{n}": n for n in range(1, 7)}
_BLOCKS = frozenset("p div li ul ol table tr td th section article header footer main figure figcaption blockquote br hr "
                    "dl dt dd pre body html address form fieldset nav aside caption center".split()) | frozenset(_HEADINGS)
_HIDDEN = frozenset("script style noscript template head title iframe svg select button".split())
_AROUND = frozenset("nav footer aside menu".split())
_AROUND_NAMES = re.compile(
    r"(?:^|[-_\s])(?:nav|navbar|navigation|menu|foot|footer|copyright|breadcrumbs?|sidebar|share|related|comments?|adv?|ads|advert\w*|"
    r"banner|toolbar|topbar|pager|pagination)(?:$|[-_\s\d])", re.I)


def text_of_html(html: str) -> str:
    """The text of an HTML page.

    >>> text_of_html("<h1>签约</h1><p>某区<b>昨天</b>签约。</p><div class='footer'>版权所有</div>")
    '# 签约\\n\\n某区昨天签约。\\n\\n<!-- 版权所有 -->'
    >>> text_of_html("<table><tr><th>村</th><th>面积</th></tr><tr><td>下坪</td><td>2460</td></tr></table>")
    '| 村 | 面积 |\\n|---|---|\\n| 下坪 | 2460 |'
    """
    page = BeautifulSoup(html, "html.parser")
    return "\n\n".join(_lines(page.body or page, around=False))


def _lines(element: Tag, around: bool) -> Iterator[str]:
    """The lines of an element; those inside of its blocks are theirs."""
    words: list[str] = []
    around = around or element.name in _AROUND or bool(_AROUND_NAMES.search(_named(element)))
    for child in element.children:
        if isinstance(child, PreformattedString):
            continue  # comments, declarations
        if isinstance(child, NavigableString):
            words.append(str(child))
        elif isinstance(child, Tag) and child.name not in _HIDDEN:
            if child.name not in _BLOCKS and not child.find(_BLOCKS):
                words.append(child.get_text())
                continue
            yield from _line(words, element, around)
            words = []
            rows = _rows(child) if child.name == "table" else []
            yield from ["\n".join(rows)] if rows else _lines(child, around)
    yield from _line(words, element, around)


def _line(words: list[str], element: Tag, around: bool) -> Iterator[str]:
    text = " ".join("".join(words).split())
    level = _HEADINGS.get(element.name, 0)
    if text:
        yield f"<!-- {text} -->" if around else "#" * level + " " * bool(level) + text


def _named(element: Tag) -> str:
    named = element.attrs or {}
    classes: object = named.get("class") or []
    words = [str(word) for word in classes] if isinstance(classes, list) else [str(classes)]
    return " ".join([*words, str(named.get("id") or "")])


def _rows(table: Tag) -> list[str]:
    """The rows of a table of figures, its caption before them; nothing for a table that only lays the page out."""
    rows = [row.find_all(["td", "th"]) for row in table.find_all("tr")]
    rows = [row for row in rows if row]
    if len(rows) < 2 or max(map(len, rows)) < 2 or table.find(["table", "p", "div", *_HEADINGS]):
        return []
    lines = [_row(row) for row in rows]
    if all(cell.name == "th" for cell in rows[0]):
        lines.insert(1, "|" + "---|" * lines[0].count(" | ") + "---|")
    caption = table.find("caption")
    return [*([" ".join(caption.get_text().split()) + "\n"] if caption else []), *lines]


def _row(cells: list[Tag]) -> str:
    """One row as a line; a cell over several columns stands in each."""
    texts = []
    for cell in cells:
        span = str(cell.get("colspan") or "1")
        text = " ".join(cell.get_text(" ").split()).replace("|", "/")
        texts += [text] * (min(int(span), 50) if span.isdigit() else 1)
    return f"| {' | '.join(texts)} |"
