"""HTML → page text: a paragraph per block element, ``# `` before headings; scripts and menus stay out."""

from __future__ import annotations

from html.parser import HTMLParser

_HEADINGS = {f"h{n}": n for n in range(1, 7)}
_BLOCKS = frozenset("p div li ul ol table tr td th section article header footer main figure figcaption blockquote br hr "
                    "dl dt dd pre body address form fieldset".split()) | frozenset(_HEADINGS)
_HIDDEN = frozenset("script style noscript template head nav title".split())


class _Reader(HTMLParser):
    """Collects lines; ``hidden`` is the name of the element that hides what is read now, and its depth."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = []
        self.words: list[str] = []
        self.level = 0
        self.hidden = ""
        self.depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "body":
            self.hidden = ""  # an unclosed head must not hide the page
        if self.hidden:
            self.depth += tag == self.hidden
        elif tag in _HIDDEN:
            self.hidden, self.depth = tag, 1
        elif tag in _BLOCKS:
            self.close_line()
            self.level = _HEADINGS.get(tag, 0)

    def handle_endtag(self, tag: str) -> None:
        if self.hidden:
            self.depth -= tag == self.hidden
            self.hidden = self.hidden if self.depth else ""
        elif tag in _BLOCKS:
            self.close_line()
            self.level = 0

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.words.append(data)

    def close_line(self) -> None:
        """Ends the line that is being read."""
        text = " ".join("".join(self.words).split())
        if text:
            self.lines.append("#" * self.level + " " * bool(self.level) + text)
        self.words = []


def text_of_html(html: str) -> str:
    """The text of an HTML page.

    >>> text_of_html("<h1>签约</h1><p>某区<b>昨天</b>签约。</p>")
    '# 签约\\n\\n某区昨天签约。'
    """
    reader = _Reader()
    reader.feed(html)
    reader.close()
    reader.close_line()
    return "\n\n".join(reader.lines)
