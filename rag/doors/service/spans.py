"""Maps spans of articles to the raw page, and finds a span again after a rebuild."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from rag.errors import SourceError, StoreError
from rag.pages import is_archive, read_text
from rag.records import OF_PICTURES, Article, field_text, runs_of, source_spans


@dataclass(frozen=True)
class Place:
    """A span of a field of an article. ``moved``: whether it differs from the span that was searched for."""

    article: Article
    field: str
    item: int
    start: int
    end: int
    moved: bool


def checked_span(article: Article, field: str, item: int, start: int, end: int) -> tuple[int, int]:
    """Clips a span to the length of its field. Raises :class:`StoreError` for a missing field or an invalid span.

    >>> checked_span(Article("a", "p", "d", "今年开工47个。"), "text", 0, 4, 99)
    (4, 8)
    """
    text = field_text(article, field, item)
    if not text:
        raise StoreError(f"the article has no {field or 'such field'} {item or ''}".strip() + "; reload it")
    if not 0 <= start <= end:
        raise StoreError(f"{start}–{end} is no span; give a start and an end from 0 on")
    return min(start, len(text)), min(end, len(text))


def raw_text(article: Article, home: Path) -> str:
    """Returns the raw page of an article, or the text of an archive item. Raises :class:`SourceError` if the file is missing."""
    return article.text if is_item(article) else page_text(home / article.source)


def page_text(file: Path) -> str:
    """Returns the text of a page file, cached until the file changes. Raises :class:`SourceError` if it is missing."""
    try:
        changed = file.stat().st_mtime_ns
    except OSError as error:
        raise SourceError(f"{file.name}: is not there any more; put the file back, or remove the source") from error
    return _page_text(file, changed)


@lru_cache(maxsize=32)
def _page_text(file: Path, changed: int) -> str:
    return read_text(file)


def is_item(article: Article) -> bool:
    """Tells whether an article is an item of an archive, which has no page."""
    return is_archive(article.source)


def again_in_page(file: Path, quote: str, start: int) -> tuple[int, int] | None:
    """Returns the span of a quotation in a page, nearest to ``start``, or ``None``. Raises :class:`SourceError`."""
    return _nearest(page_text(file), quote, start)


def spans_in_page(article: Article, field: str, item: int, start: int, end: int) -> tuple[tuple[int, int], ...]:
    """Returns the ranges of the raw page that contain a span; an archive item has ranges for its text only."""
    if is_item(article):
        return ((start, end),) if field == "text" else ()
    return source_spans(runs_of(article, field, item), start, end)


def all_spans(article: Article) -> tuple[tuple[int, int], ...]:
    """Returns all ranges of the raw page that an article uses, in page order, adjacent ranges merged.

    >>> all_spans(Article("a", "a.jsonl", "d", "今年开工47个。"))
    ((0, 8),)
    """
    if is_item(article):
        return ((0, len(article.text)),)
    runs = [run for field in article.runs.values() for run in field]
    runs += [run for caption in article.captions for run in (*caption.runs, *caption.credit_runs)]
    joined: list[tuple[int, int]] = []
    for start, end in sorted((run.source, run.source + run.end - run.start) for run in runs):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)


def find_again(quote: str, wanted: Iterable[Article], field: str, start: int, end: int) -> Place | None:
    """Finds a quotation in the first article that contains it, nearest to its old offset; white space is ignored.

    >>> found = find_again("47个", [Article("a", "p", "d", "今年开工47个。")], "text", 0, 3)
    >>> (found.start, found.end, found.moved) if found else None
    (4, 7, True)
    """
    for article in wanted:
        for name, item in _fields(article, field):
            text = field_text(article, name, item)
            if name == field and text[start:end] == quote:
                return Place(article, name, item, start, end, False)
            if (spot := _nearest(text, quote, start)) is not None:
                return Place(article, name, item, *spot, True)
    return None


def _fields(article: Article, first: str) -> list[tuple[str, int]]:
    fields = [("text", 0), ("title", 0), ("kicker", 0), ("byline", 0)]
    fields += [(name, item) for item in range(len(article.captions)) for name in OF_PICTURES]
    return sorted(fields, key=lambda field: field[0] != first)


def _nearest(text: str, quote: str, start: int) -> tuple[int, int] | None:
    letters = [at for at, character in enumerate(text) if not character.isspace()]
    plain, wanted = "".join(text[at] for at in letters), "".join(quote.split())
    if not wanted:
        return None
    found, at = [], plain.find(wanted)
    while at >= 0:
        found.append((letters[at], letters[at + len(wanted) - 1] + 1))
        at = plain.find(wanted, at + 1)
    return min(found, key=lambda spot: abs(spot[0] - start), default=None)
