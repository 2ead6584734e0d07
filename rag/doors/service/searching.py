"""Search with facets: how the finds divide by month, source, place and person, narrowed and sorted as a reader wants."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rag.language.names import PLACE_KINDS, Names, mentions_in, no_english_name
from rag.records import Article, Filter, Hit
from rag.search.query import Query
from rag.search.retrieve import Retriever

_FACET_NAMES = 12  # names of a facet
Mentions = Mapping[str, tuple[Sequence[str], Sequence[str]]]  # article id → its places and persons


@dataclass(frozen=True)
class Search:
    """What was found. ``total``: articles that hold every word of the query, which the facets count; where none does, those shown.

    ``complete``: whether the facets count all articles that hold the words, or only the ones shown.
    """

    hits: tuple[Hit, ...]
    total: int
    complete: bool
    facets: Mapping[str, Sequence[Mapping[str, Any]]]


def find(retriever: Retriever, query: Query, k: int, only: Filter, sort: str, mentions: Any, *, quick: bool = False) -> Search:
    """Searches, counts and sorts; ``mentions(ids)`` tells the places and persons of articles, as far as they are known."""
    found = retriever.hits(query, retriever.channels(query, only), k) if quick else retriever.search(query, k, only)
    hits = sort_hits(found, sort)
    holding = retriever.holding(query, only)
    dates = holding or {hit.article.article_id: (hit.article.date, hit.article.source) for hit in hits}
    return Search(tuple(hits), len(dates), bool(holding), _facets(dates, mentions(dates)))


def sort_hits(hits: Sequence[Hit], order: str) -> list[Hit]:
    """By ``relevance``, or by ``date``, the newest first (``date_asc``: the oldest); those without a date come last."""
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
    """The places and persons that an article mentions, the most frequent first.

    A place counts if the dictionary knows it as a name (青春 is none, whatever the tagger says) or it is called one; a person of
    two characters if the byline or the text names it twice.

    >>> mentions_of(Article("a", "p", "d", "随州市的郭晓东说,随州今年开工47个项目,产值齐增。", section="随州市"))
    (['随州'], ['郭晓东'])
    """
    text = "\n".join((article.section, article.kicker, article.title, article.byline, article.text))
    places, persons = (Counter(names).most_common() for names in mentions_in(text))
    confirmed_places = [name for name, _ in places if english_name(name) or english_name(f"{name}市")
                        or any(f"{name}{kind}" in text for kind in PLACE_KINDS)]
    confirmed_persons = [name for name, times in persons if len(name) > 2 or times > 1 or name in article.byline]
    return confirmed_places[:_FACET_NAMES], confirmed_persons[:_FACET_NAMES]
