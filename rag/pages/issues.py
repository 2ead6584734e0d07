"""Joins the pages of an issue: stories that run over several pages, and front-page lines that only point to a story.

An article belongs to one file, so a story is not made one article: its parts are linked. An issue is a day's paper in one
folder, or one file if the day is unknown. The evidence for a link is printed (the jump lines and page numbers, the headline
that the inner page repeats or shortens) or stands in the text: a sentence that runs on, a common topic.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePath

from rag.pages.blocks import is_whole
from rag.pages.dates import name_date
from rag.pages.fitted import fitted
from rag.pages.ngram_model import lexicon
from rag.pages.seams import Seams, page_seams
from rag.records import Article, Jump, Links, headline

_MAX_RUN_ON_SCORE = 4.0  # nats; limit of the seam score, either way
_MAX_POINTER = 150  # characters of the text of a pointer
_MIN_TOLD_SHARE = 0.75  # share of a pointer's rare bigrams that its story holds
_NO_JUMP = Jump()
_JUMP_LINE = re.compile(r"[（(【]?(?:上接|紧接|下转)\S*?版[）)】]?|[（(【]?[^\s。！？!?（(【]{0,4}见\S{1,8}版\S{0,5}$")

Issue = tuple[str, str]


def issue_of(article: Article) -> Issue:
    """Returns the issue of an article: its folder and the day of the paper, or its file and ``""`` if the day is unknown.

    >>> front = Article("a", "报/1.txt", "d", "", date="2024-07-05", date_from="masthead")
    >>> issue_of(front), issue_of(replace(front, date=""))
    (('报', '2024-07-05'), ('报/1.txt', ''))
    """
    folder = PurePath(article.source).parent
    day = (article.date if article.date_from in ("masthead", "hand") else "") or name_date(folder.name)
    return (str(folder), day) if day else (article.source, "")


def join_issues(articles: Iterable[Article]) -> list[Article]:
    """Returns the articles with the links that they have among one another, in the same order.

    >>> front = Article("a", "一.txt", "d", "新渠全长九公里,", "新渠通水", page="1", jump=Jump("2"), date="2024", date_from="masthead")
    >>> inner = replace(front, article_id="b", text="灌田三万亩。", page="2", jump=Jump(back="1"))
    >>> [article.links.story for article in join_issues([front, inner])]
    ['新渠通水', '新渠通水']
    """
    given = list(articles)
    issues: dict[Issue, list[Article]] = defaultdict(list)
    for article in given:
        issues[issue_of(article)].append(article)
    found = {article_id: links for some in issues.values() for article_id, links in links_of(some).items()}
    return [replace(article, links=found.get(article.article_id)) for article in given]


def links_of(articles: Sequence[Article]) -> dict[str, Links]:
    """Returns the links of the articles of one issue: article id → links; articles without links are left out."""
    pages = [replace(article, links=None) for article in articles if article.date_from != "archive"]  # headlines as printed
    if not any(article.jump for article in pages):
        return {}
    seams = page_seams(lexicon(), [article.text for article in pages])
    after = _continuations(pages, seams)
    before = {rest: one for one, rest in after.items()}
    by_id = {article.article_id: article for article in pages}
    links = {one: Links(before.get(one, ""), after.get(one, ""), story=headline(by_id[_first(one, before)]))
             for one in by_id if one in after or one in before}
    return links | {one: Links(told_in=story, story=headline(by_id[story]))
                    for one, story in _told_elsewhere(pages, set(links), before, seams)}


def _first(article_id: str, before: Mapping[str, str]) -> str:
    while article_id in before:
        article_id = before[article_id]
    return article_id


def _continuations(articles: Sequence[Article], seams: Seams) -> dict[str, str]:
    """Returns article id → id of the part that continues it; the best pair is taken first, and every part once."""
    scored = sorted(((continuation_score(one, rest, seams), one.article_id, rest.article_id)
                     for one, rest in candidates(articles)), reverse=True)
    after: dict[str, str] = {}
    for score, one, rest in scored:
        if score > 0 and one not in after and rest not in after.values() and _last(rest, after) != one:
            after[one] = rest
    return after


def _last(article_id: str, after: Mapping[str, str]) -> str:
    while article_id in after:
        article_id = after[article_id]
    return article_id


def candidates(articles: Sequence[Article]) -> Iterator[tuple[Article, Article]]:
    """Yields the pairs that a jump line may join, each a part and what may continue it."""
    for one in articles:
        for rest in articles:
            to, back = _jump(one).to, _jump(rest).back
            if one is not rest and (to or back) and one.text and rest.text and not (one.page and one.page == rest.page):
                yield one, rest


def _jump(article: Article) -> Jump:
    return article.jump or _NO_JUMP


def continuation_score(one: Article, rest: Article, seams: Seams) -> float:
    """Returns the log odds that ``rest`` continues ``one`` on another page, by the weights of ``fitted.json``."""
    weights = fitted()["jumps"]
    return sum(weights[name] * value for name, value in continuation_features(one, rest, seams).items())


def continuation_features(one: Article, rest: Article, seams: Seams) -> dict[str, float]:
    """Returns what tells for and against ``rest`` as the continuation of ``one``.

    ``named``, ``other page``: the number of jump lines that name the page of the other part, or another page. ``one mark``: only one
    part has a jump line. ``headline``: share of the inner headline's words that the first has; ``other headline``: share that it has
    not. ``topic``: the same for all words. ``run on``: nats that the text runs on over the page break.
    """
    to, back = _jump(one).to, _jump(rest).back
    marks = [(named, page) for named, page in ((to, rest.page), (back, one.page)) if named and page]
    inner = seams.pairs(_JUMP_LINE.sub("", rest.title)) if one.title else frozenset()
    repeated = seams.topic_overlap(inner, seams.pairs(headline(one))) if inner else 0.0
    last, first = one.text.rpartition("\n")[2], rest.text.partition("\n")[0]
    run_on = seams.begins(first) if is_whole(last) else seams.continues(last, first)
    return {
        "bias": 1.0, "named": float(sum(named == page for named, page in marks)),
        "other page": float(sum(named != page for named, page in marks)), "one mark": float(not (to and back)),
        "headline": repeated, "other headline": 1.0 - repeated if inner else 0.0,
        "topic": seams.topic_overlap(_words(one, seams), _words(rest, seams)),
        "run on": max(-_MAX_RUN_ON_SCORE, min(_MAX_RUN_ON_SCORE, run_on))}


def _words(article: Article, seams: Seams) -> frozenset[str]:
    return seams.pairs(_JUMP_LINE.sub("", f"{article.kicker}\n{article.title}\n{article.text}"))


def _told_elsewhere(
    articles: Sequence[Article], linked: set[str], before: Mapping[str, str], seams: Seams
) -> Iterator[tuple[str, str]]:
    """Yields the articles that only point to a story of the issue, each with the id of the story."""
    for pointer in articles:
        named = _jump(pointer).see or _jump(pointer).to
        if not named or pointer.article_id in linked or not pointer.title or len(pointer.text) > _MAX_POINTER:
            continue
        shares = [(seams.topic_overlap(_words(pointer, seams), _words(story, seams)), story.article_id) for story in articles
                  if story is not pointer and story.article_id not in before and len(story.text) > len(pointer.text)
                  and named == story.page]
        share, story_id = max(shares, default=(0.0, ""))
        if share > _MIN_TOLD_SHARE:
            yield pointer.article_id, story_id
