"""Keeps the links between the pages of an issue right while an archive grows.

Links depend on all pages of an issue, so they are not made with a file but after the files were read, from the articles in the
archive. Only the issues that a build touched are looked at, and only the sources whose links changed are written again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePath

from rag.index.passages import passages_of
from rag.index.store.protocol import Writing
from rag.pages import is_archive
from rag.pages.dates import name_date
from rag.pages.issues import Issue, issue_of, links_of
from rag.records import Article, Links

_ALL = 1_000_000  # more articles than a source holds


def join_touched(archive: Writing, touched: Collection[str] | None, max_characters: int) -> list[str]:
    """Brings the links up to date after the sources ``touched`` were read (``None``: any source may have been).

    Returns the sources that were written again.
    """
    rewritten: dict[str, dict[str, Links | None]] = defaultdict(dict)
    issues = _touched_issues(archive, touched)
    digests = archive.sources() if issues else {}
    pages: dict[str, list[str]] = defaultdict(list)
    for name in digests:
        pages[str(PurePath(name).parent)].append(name)
        pages[name].append(name)
    for issue in issues:
        articles = list(_articles_of(archive, issue, pages))
        links = links_of(articles)
        for article in articles:
            if article.links != links.get(article.article_id):
                rewritten[article.source][article.article_id] = links.get(article.article_id)
    for source, changed in rewritten.items():
        _rewrite(archive, source, digests[source], changed, max_characters)
    return sorted(rewritten)


def _touched_issues(archive: Writing, touched: Collection[str] | None) -> set[Issue]:
    """Returns the issues with jump lines that hold a touched source, or a link to an article that is gone or was read again."""
    jumping = archive.jumping()
    issues = {issue_of(article) for article in jumping}
    if touched is None or not issues:
        return issues
    linked = {target for article in jumping for target in _targets(article)}
    gone = linked - archive.dates(linked).keys() if linked else set()
    pages = [source for source in touched if not is_archive(source)]
    read = [article for source in pages for article in archive.listed(source, "", 0, _ALL)[1]]
    moved = gone | {article.article_id for article in read}
    stale = {issue_of(article) for article in jumping if moved.intersection(_targets(article))}
    return issues & (stale | set(map(issue_of, read)))


def _targets(article: Article) -> list[str]:
    links = article.links
    return [target for target in (links.continues, links.continued_in, links.told_in) if target] if links else []


def _articles_of(archive: Writing, issue: Issue, pages: Mapping[str, Sequence[str]]) -> Iterator[Article]:
    """Yields the articles of an issue; ``pages``: the sources of each folder, and each source by itself."""
    place, day = issue
    if day and not name_date(PurePath(place).name):
        found = archive.dated(day)
    else:  # the folder is named for the day, or the issue is a file
        found = [article for name in pages.get(place, ()) for article in archive.listed(name, "", 0, _ALL)[1]]
    yield from (article for article in found if issue_of(article) == issue)


def _rewrite(archive: Writing, source: str, digest: str, changed: dict[str, Links | None], max_characters: int) -> None:
    """Writes a source again with other links; a part of a story is searched under the headline of the story."""
    before = archive.listed(source, "", 0, _ALL)[1]
    articles = [replace(article, links=changed.get(article.article_id, article.links)) for article in before]
    archive.add_source(source, digest, [(article, passages_of(article, max_characters)) for article in articles])
