"""Cuts articles into passages: consecutive whole sentences of one field, with their offsets.

The title, section and date go into ``Passage.context``, which is embedded and searched but never quoted.
"""

from __future__ import annotations

from collections.abc import Iterator

from rag.language.text import sentences
from rag.records import Article, Passage, content_id, headline

_AUTHOR, _PHOTOGRAPHER = "作者", "图片来源 摄影"  # headings of a byline and a credit, as a bare name does not tell what it is


def passages_of(article: Article, max_characters: int = 350) -> list[Passage]:
    """Returns the passages of the body, the captions, the photo credits and the byline of an article.

    A sentence is split only if it is longer than ``max_characters``. A passage may span paragraphs, but a sub-heading always
    starts a new passage. An empty article gives ``[]``. Of one that only points to a story, which is told there, the captions
    are left.

    >>> article = Article("a", "page", "d", "开工47个。总投资86.8亿元。\\n## 安全\\n演练一场。", title="项目")
    >>> [p.text for p in passages_of(article, 50)]
    ['开工47个。总投资86.8亿元。', '演练一场。']
    """
    is_pointer = bool(article.links and article.links.told_in)
    found = [] if is_pointer else [
        _passage(article, "text", 0, article.text[start:end], start, heading)
        for start, end, heading in _blocks(article.text, max_characters)
    ]
    for item, caption in enumerate(article.captions):
        if caption.text:
            found.append(_passage(article, "caption", item, caption.text, 0, ""))
        if caption.credit:
            found.append(_passage(article, "credit", item, caption.credit, 0, f"{_PHOTOGRAPHER} {caption.text}".strip()))
    if article.byline and not is_pointer:
        found.append(_passage(article, "byline", 0, article.byline, 0, _AUTHOR))
    return found


def context_of(article: Article, heading: str = "") -> str:
    """Returns the context of a passage: the section, title, sub-heading and date of its article.

    What continues a story of another page also stands under the headline of the story.

    >>> context_of(Article("a", "p", "d", "", title="签约", kicker="某区", date="2024-07-05"), "投资")
    '某区 签约 投资 2024-07-05'
    >>> from rag.records import Links
    >>> context_of(Article("b", "q", "d", "", title="签约", date="2024-07-05", links=Links("a", story="某区 签约")))
    '某区 签约 2024-07-05'
    """
    named = headline(article) if article.title or article.kicker else ""
    story = article.links.story if article.links and article.links.continues else ""
    named = named if story in named else story if named in story else f"{story} {named}"
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
    """Yields ``(start, end, heading)``: the longest runs of sentences within the limit, each with the sub-heading above it."""
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
    """Yields the ranges of sentences and heading lines; a sentence longer than the limit is split."""
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
