"""Searches with facets: counts the results by month, source, place and person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rag.language.names import Names, no_english_name
from rag.language.places import PLACE_KINDS, mentions_in
from rag.records import Article, Filter, Hit
from rag.search.query import Query
from rag.search.retrieve import Retriever

_FACET_NAMES = 12  # values shown for a facet
Mentions = Mapping[str, tuple[Sequence[str], Sequence[str]]]  # article id → its places and persons


@dataclass(frozen=True)
class Search:
    """The result of a search. ``facets``: facet → its most frequent values with their counts.

    ``total``: number of articles that contain every word of the query, or of the articles shown if none does. ``complete``:
    whether the facets count all these articles, or only those shown.
    """

    hits: tuple[Hit, ...]
    total: int
    complete: bool
    facets: Mapping[str, Sequence[Mapping[str, Any]]]


def find(retriever: Retriever, query: Query, k: int, only: Filter, sort: str, mentions: Any, *, quick: bool = False) -> Search:
    """Searches, counts and sorts. ``mentions(ids)`` returns the known places and persons of articles."""
    found = retriever.hits(query, retriever.channels(query, only), k) if quick else retriever.search(query, k, only)
    hits = sort_hits(found, sort)
    holding = retriever.articles_with_all_words(query, only)
    dates = holding or {hit.article.article_id: (hit.article.date, hit.article.source) for hit in hits}
    return Search(tuple(hits), len(dates), bool(holding), _facets(dates, mentions(dates)))


def sort_hits(hits: Sequence[Hit], order: str) -> list[Hit]:
    """Sorts hits by ``relevance``, or by ``date`` (newest first) or ``date_asc``; hits without a date come last.

    >>> from rag.records import Passage
    >>> old, new = (Hit(1, 1.0, Passage("p", "a", "文", 0, 1), Article("a", "p", "d", "文", date=day)) for day in ("2023", "2024"))
    >>> [hit.article.date for hit in sort_hits([old, new], "date")]
    ['2024', '2023']
    """
    if order == "relevance":
        return list(hits)
    dated = sorted((hit for hit in hits if hit.article.date), key=lambda hit: hit.article.date, reverse=order == "date")
    ranked = [*dated, *(hit for hit in hits if not hit.article.date)]
    return [replace(hit, rank=rank) for rank, hit in enumerate(ranked, 1)]


def _facets(found: Mapping[str, tuple[str, str]], mentions: Mentions) -> dict[str, list[dict[str, Any]]]:
    months = Counter(date[:7] for date, _ in found.values() if len(date) >= 7)
    named = [mentions.get(article_id, ((), ())) for article_id in found]
    return {
        "months": [{"month": month, "count": months[month]} for month in sorted(months)],
        "sources": _top_counts(source for _, source in found.values()),
        "zones": _top_counts(zone for zones, _ in named for zone in zones),
        "persons": _top_counts(person for _, persons in named for person in persons),
    }


def _top_counts(names: Iterable[str]) -> list[dict[str, Any]]:
    return [{"name": name, "count": count} for name, count in Counter(names).most_common(_FACET_NAMES)]


def mentions_of(article: Article, english_name: Names = no_english_name) -> tuple[list[str], list[str]]:
    """Returns the places and persons that an article mentions, most frequent first.

    The tagger proposes names. A place counts if the dictionary lists it or the text adds 市, 县 or the like to it (青春 is
    neither); a person of two characters counts if the byline or the text names it twice.

    >>> mentions_of(Article("a", "p", "d", "随州市的郭晓东说,随州今年开工47个项目,产值齐增。", section="随州市"))
    (['随州'], ['郭晓东'])
    """
    text = "\n".join((article.section, article.kicker, article.title, article.byline, article.text))
    places, persons = (Counter(names).most_common() for names in mentions_in(text))
    confirmed_places = [name for name, _ in places if english_name(name) or english_name(f"{name}市")
                        or any(f"{name}{kind}" in text for kind in PLACE_KINDS)]
    confirmed_persons = [name for name, times in persons if len(name) > 2 or times > 1 or name in article.byline]
    return confirmed_places[:_FACET_NAMES], confirmed_persons[:_FACET_NAMES]
