"""Article → passages: whole sentences of one field, up to a length, with their offsets.

The title, zone and date go into ``Passage.context``: embedded and searched, never quoted.
"""

from __future__ import annotations

from collections.abc import Iterator

from rag.language.text import sentences
from rag.records import Article, Passage, content_id, headline


def passages_of(article: Article, max_characters: int = 350) -> list[Passage]:
    """Cuts the body, the captions and the byline of an article into passages.

    Sentences are never cut unless one alone is longer than ``max_characters``. A new paragraph may join
    the passage before it; a sub-heading always begins a new passage. An empty article gives ``[]``.

    >>> article = Article("a", "page", "d", "开工47个。总投资86.8亿元。\\n## 安全\\n演练一场。", title="项目")
    >>> [p.text for p in passages_of(article, 50)]
    ['开工47个。总投资86.8亿元。', '演练一场。']
    """
    found = [
        _passage(article, "text", 0, article.text[start:end], start, heading)
        for start, end, heading in _blocks(article.text, max_characters)
    ]
    for item, caption in enumerate(article.captions):
        if caption.text:
            found.append(_passage(article, "caption", item, caption.text, 0, ""))
    if article.byline:
        found.append(_passage(article, "byline", 0, article.byline, 0, ""))
    return found


def context_of(article: Article, heading: str = "") -> str:
    """What a reader of one passage should know of its article.

    >>> context_of(Article("a", "p", "d", "", title="签约", kicker="某区", date="2024-07-05"), "投资")
    '某区 签约 投资 2024-07-05'
    """
    named = headline(article) if article.title or article.kicker else ""
    return " ".join(part for part in (article.section, named, heading, article.date) if part)


def _passage(article: Article, field: str, item: int, text: str, start: int, heading: str) -> Passage:
    return Passage(
        passage_id=content_id(article.article_id, field, str(item), str(start), text),
        article_id=article.article_id,
        text=text,
        start=start,
        end=start + len(text),
        field=field,
        item=item,
        context=context_of(article, heading),
    )


def _blocks(text: str, limit: int) -> Iterator[tuple[int, int, str]]:
    """Ranges of neighbouring sentences that fit the limit, each with the sub-heading above it."""
    heading, first, last = "", -1, -1
    for start, end in _pieces(text, limit):
        if text.startswith("## ", start):
            if first >= 0:
                yield first, last, heading
            heading, first = text[start + 3 : end], -1
        elif first >= 0 and end - first <= limit:
            last = end
        else:
            if first >= 0:
                yield first, last, heading
            first, last = start, end
    if first >= 0:
        yield first, last, heading


def _pieces(text: str, limit: int) -> Iterator[tuple[int, int]]:
    """Sentences, a heading line in one piece, and an over-long sentence in slices of the limit."""
    for line_start, line_end in _line_ranges(text):
        if text.startswith("## ", line_start):
            yield line_start, line_end
            continue
        for start, end in sentences(text[line_start:line_end]):
            for at in range(line_start + start, line_start + end, limit):
                yield at, min(at + limit, line_start + end)


def _line_ranges(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for line in text.split("\n"):
        if line.strip():
            yield start, start + len(line)
        start += len(line) + 1
