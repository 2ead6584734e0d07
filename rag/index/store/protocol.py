"""What a store must have: what search reads of it, and what a build writes into it.

The program knows stores by these Protocols alone. SQLite with FAISS and Milvus both have what they ask for, and
``tests/test_store_conformance.py`` holds each to the same facts.

::

    Store ── archive: Reading       articles, passages, sentences, BM25, filters
          ├─ passages: Vectors      nearest passages
          ├─ sentences: Vectors     nearest sentences
          ├─ query_centres          the mean of typical questions by language
          └─ manifest: Manifest     which build this is, and how large
    Writing                         the archive as a build fills it

A *row* is the number of a passage or of a sentence; it stays as long as that passage stands in the archive.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from rag.index.store.layout import Settings
from rag.records import Article, Fact, Filter, Passage

Rows = Any  # the rows that a filter lets through: an array, or what the vectors of the same store take for one


class Manifest(Protocol):
    """Which build an index comes from, and how much it holds."""

    @property
    def generation(self) -> str:
        """A name that changes with each build that changed something."""

    @property
    def settings(self) -> Settings:
        """What the index depends on."""

    @property
    def sources(self) -> int:
        """How many sources there are."""

    @property
    def articles(self) -> int:
        """How many articles there are."""

    @property
    def passages(self) -> int:
        """How many passages there are."""

    @property
    def built(self) -> str:
        """When the build ended, as ISO time in UTC."""


class Vectors(Protocol):
    """The centred vectors of passages or of sentences."""

    def search(self, query: np.ndarray, k: int, only: Rows | None = None) -> list[tuple[int, float]]:
        """The k nearest rows of one centred query ``(dim,)``: ``(row, z-score)``, best first; of the rows ``only``, if given."""

    def score(self, query: np.ndarray, row: int) -> float:
        """The z-score of one row."""


class Reading(Protocol):
    """An archive that is read."""

    def counts(self) -> tuple[int, int, int]:
        """How many sources, articles and passages there are."""

    def sources(self) -> dict[str, str]:
        """Name of each source → SHA-256 of what was read."""

    def articles(self, ids: Iterable[str]) -> dict[str, Article]:
        """Articles by id; ids that are not there are left out."""

    def dates(self, ids: Iterable[str]) -> dict[str, str]:
        """Article id → ISO date, or what is known of it; ``""`` where the paper does not tell."""

    def passages(self, rows: Iterable[int]) -> dict[int, Passage]:
        """Passages by row number; rows that are not there are left out."""

    def sentence_places(self, rows: Iterable[int]) -> dict[int, tuple[int, int, int]]:
        """Sentence row → (passage row, start, end) in the passage's field."""

    def sentences_of(self, passage_id: str) -> list[tuple[int, int, int]]:
        """The sentences of a passage, in order: ``(sentence row, start, end)``."""

    def facts(self, passages: Iterable[str]) -> list[tuple[str, Fact]]:
        """The figures of some passages, given by their ids: ``(passage id, fact)``."""

    def document_frequencies(self, tokens: Sequence[str]) -> dict[str, int]:
        """In how many passages each token stands; tokens that stand nowhere are left out."""

    def allowed(self, only: Filter) -> tuple[Rows, Rows]:
        """The rows of passages and of sentences that a filter lets through."""

    def lexical(self, tokens: Sequence[str], limit: int, only: Filter = ...) -> list[tuple[int, float]]:
        """Passages by BM25 over tokens, best first: ``(row, score)``, larger is better; no tokens, no hits."""

    def phrases(self, phrases: Sequence[Sequence[str]], limit: int, only: Filter = ...) -> list[tuple[int, float]]:
        """Passages in which one of the pinyin phrases stands, best first by BM25."""

    def holding(
        self, words: Sequence[Sequence[Sequence[str]]], phrases: Sequence[Sequence[str]], only: Filter = ..., limit: int = ...
    ) -> dict[str, tuple[str, str]]:
        """The articles that hold each of some words in one passage: article id → date and source; no words, no articles."""

    def listed(self, source: str, text: str, offset: int, limit: int) -> tuple[int, list[Article]]:
        """How many articles a source has (``""``: all) that hold a text in any field, and some of them in their order."""

    def articles_by_source(self) -> dict[str, int]:
        """Name of each source → how many articles it gave."""

    def article_ids(self) -> list[str]:
        """The ids of all articles, in order."""

    def close(self) -> None:
        """Gives back what the archive holds open."""


class Writing(Protocol):
    """An archive that a build fills."""

    def counts(self) -> tuple[int, int, int]:
        """How many sources, articles and passages there are."""

    def sources(self) -> dict[str, str]:
        """Name of each source → SHA-256 of what was read; a source whose writing was cut short has another one."""

    def add_source(self, name: str, sha256: str, articles: Iterable[tuple[Article, list[Passage]]]) -> int:
        """Puts a source in, replacing what stood under its name; returns how many articles it gave.

        An error in reading the articles leaves the archive as it was.
        """

    def remove_source(self, name: str) -> None:
        """Takes a source out, with its articles and passages."""

    def pending(self, limit: int) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
        """Up to ``limit`` passages and sentences that have no vector yet: ``(row, text to embed)``."""

    def pending_count(self) -> int:
        """How many texts wait for their vector."""

    def set_vectors(self, table: str, rows: Sequence[int], vectors: np.ndarray) -> None:
        """Stores vectors, ``(n, dim) float32``, for rows of ``passages`` or ``sentences``."""

    def set_centres(self, centres: Mapping[str, np.ndarray]) -> None:
        """Keeps the mean vectors ``(dim,)`` of typical questions, by language."""

    def close(self) -> None:
        """Gives back what the archive holds open."""


class Store(Protocol):
    """Everything that search reads."""

    @property
    def manifest(self) -> Manifest:
        """Which build this is."""

    @property
    def archive(self) -> Reading:
        """Articles, passages and lexical search."""

    @property
    def passages(self) -> Vectors:
        """The vectors of passages."""

    @property
    def sentences(self) -> Vectors:
        """The vectors of sentences."""

    @property
    def query_centres(self) -> Mapping[str, np.ndarray]:
        """The mean vector of typical questions, by language: each ``(dim,) float32``."""
