"""The ledger of figures: facts of the archive that a query is about, with their sentences."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from rag.language.places import places_in
from rag.records import Article, Fact, Filter, field_text, headline
from rag.search.query import Query
from rag.search.retrieve import Retriever

_PASSAGES = 200  # passages whose figures are looked at
_HELD = 0.5  # share of the words of a query that a fact must hold


@dataclass(frozen=True)
class Entry:
    """A fact with its article; ``held``: the share of the query's words that its sentence and headline hold, 0 to 1."""

    fact: Fact
    article: Article
    held: float

    @property
    def quote(self) -> str:
        """Returns the sentence, as printed."""
        text = field_text(self.article, self.fact.field, self.fact.item)
        return text[self.fact.sentence_start : self.fact.sentence_end]

    def to_dict(self) -> dict[str, Any]:
        """Returns the JSON form of ``rag facts --json``."""
        return {**asdict(self.fact), "places": places_in(self.quote) or places_in(headline(self.article)), "quote": self.quote,
                "title": headline(self.article), "source": self.article.source, "doc_id": self.article.doc_id,
                "date": self.article.date, "held": round(self.held, 4)}


def entries(retriever: Retriever, query: Query, k: int, only: Filter, *, unit: str = "", kind: str = "") -> list[Entry]:
    """Returns the ``k`` facts that hold most of the words of a query, best first; those of one unit or kind alone, if it is given.
    """
    hits = retriever.search(query, _PASSAGES, only)
    archive = retriever.store.archive
    by_passage = {hit.passage.passage_id: hit for hit in hits}
    found = [(fact, by_passage[passage_id].article) for passage_id, fact in archive.facts(by_passage)
             if (not unit or fact.unit == unit) and (not kind or fact.kind == kind)]
    shares = retriever.coverage(query.match_terms, [f"{headline(article)} {_sentence(fact, article)}" for fact, article in found])
    own = retriever.coverage(query.match_terms, [fact.what for fact, _ in found])
    ranked = sorted(zip(found, shares, own, strict=True), key=lambda row: (-row[1] - row[2], row[0][0].since or row[0][1].date))
    return [Entry(fact, article, share) for (fact, article), share, _ in ranked if share >= _HELD][:k]


def _sentence(fact: Fact, article: Article) -> str:
    return field_text(article, fact.field, fact.item)[fact.sentence_start : fact.sentence_end]


COLUMNS = ("what", "shown", "value", "kind", "unit", "period", "since", "until", "rounded", "places", "quote", "title", "date",
           "source", "doc_id", "article_id", "field", "start", "end")


def csv_rows(found: Iterable[Entry]) -> list[list[str]]:
    """Returns the ledger as rows of text, the names of the columns first."""
    rows = [entry.to_dict() for entry in found]
    return [list(COLUMNS), *([" ".join(row[name]) if name == "places" else str(row[name]) for name in COLUMNS] for row in rows)]
