"""The interface of a store: what search reads and what a build writes.

The program uses stores only through these Protocols. SQLite with FAISS and Milvus implement them;
``tests/test_store_conformance.py`` checks both.

::

    Store ── archive: ReadableArchive       articles, passages, sentences, BM25, filters
          ├─ passages: Vectors      nearest passages
          ├─ sentences: Vectors     nearest sentences
          ├─ query_centres          mean vector of typical questions by language
          └─ manifest: Manifest     build and size
    Writing                         the archive during a build

A *row* is the number of a passage or sentence; it does not change while the passage is in the archive.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from rag.index.store.layout import Settings
from rag.records import Article, Fact, Filter, Passage

Rows = Any  # the rows that match a filter: an array, or an object that the vectors of the same store accept


def digest_with_holders(sha256: str, holders: Iterable[str]) -> str:
    """Returns the digest of a source, marked with the other sources that hold some of its articles.

    >>> holders_of(digest_with_holders("a1", {"old/01.txt"})), digest_with_holders("a1", ())
    (['old/01.txt'], 'a1')
    """
    return "\n".join([sha256, *sorted(holders)])


def holders_of(digest: str) -> list[str]:
    """Returns the sources that hold articles of a source, because they have them too and were read first."""
    return digest.splitlines()[1:]


class Manifest(Protocol):
    """The build that made an index, and the size of the index."""

    @property
    def generation(self) -> str:
        """Returns a name that changes with every build that changes the index."""

    @property
    def settings(self) -> Settings:
        """Returns the settings that the index depends on."""

    @property
    def sources(self) -> int:
        """Returns the number of sources."""

    @property
    def articles(self) -> int:
        """Returns the number of articles."""

    @property
    def passages(self) -> int:
        """Returns the number of passages."""

    @property
    def built(self) -> str:
        """Returns the end of the build as an ISO time in UTC."""


class Vectors(Protocol):
    """The centred vectors of passages or of sentences."""

    def search(self, query: np.ndarray, k: int, only: Rows | None = None) -> list[tuple[int, float]]:
        """Returns the k nearest rows of a centred query ``(dim,)``: ``(row, z-score)``, best first.

        ``only`` restricts the search to some rows.
        """

    def score(self, query: np.ndarray, row: int) -> float:
        """Returns the z-score of one row."""


class ReadableArchive(Protocol):
    """An archive that is read."""

    def counts(self) -> tuple[int, int, int]:
        """Returns the number of sources, articles and passages."""

    def sources(self) -> dict[str, str]:
        """Returns the name of each source → SHA-256 of its bytes."""

    def articles(self, ids: Iterable[str]) -> dict[str, Article]:
        """Returns articles by id; unknown ids are left out."""

    def dates(self, ids: Iterable[str]) -> dict[str, str]:
        """Returns article id → ISO day, month or year; ``""`` if the date is unknown."""

    def passages(self, rows: Iterable[int]) -> dict[int, Passage]:
        """Returns passages by row; unknown rows are left out."""

    def sentence_places(self, rows: Iterable[int]) -> dict[int, tuple[int, int, int]]:
        """Returns sentence row → (passage row, start, end) in the field of the passage."""

    def sentences_of(self, passage_id: str) -> list[tuple[int, int, int]]:
        """Returns the sentences of a passage in order: ``(sentence row, start, end)``."""

    def facts(self, passages: Iterable[str]) -> list[tuple[str, Fact]]:
        """Returns the facts of passages, given by their ids: ``(passage id, fact)``."""

    def document_frequencies(self, tokens: Sequence[str]) -> dict[str, int]:
        """Returns the number of passages that contain each token; unknown tokens are left out."""

    def allowed(self, only: Filter) -> tuple[Rows, Rows]:
        """Returns the passage rows and the sentence rows that match a filter."""

    def lexical(self, tokens: Sequence[str], limit: int, only: Filter = ...) -> list[tuple[int, float]]:
        """Returns passages by BM25 over tokens, best first: ``(row, score)``, higher is better; ``[]`` for no tokens."""

    def phrases(self, phrases: Sequence[Sequence[str]], limit: int, only: Filter = ...) -> list[tuple[int, float]]:
        """Returns the passages that contain one of the pinyin phrases, best first by BM25."""

    def articles_with_all_words(
        self, words: Sequence[Sequence[Sequence[str]]], phrases: Sequence[Sequence[str]], only: Filter = ..., limit: int = ...
    ) -> dict[str, tuple[str, str]]:
        """Returns the articles with a passage that contains all words: article id → date and source; ``{}`` for no words.

        A word is a list of spellings, a spelling the list of its tokens. ``phrases`` are the pinyin spellings of a name.
        """

    def listed(self, source: str, text: str, offset: int, limit: int) -> tuple[int, list[Article]]:
        """Returns the number of articles of a source (``""``: all) that contain a text in any field, and a page of them."""

    def articles_by_source(self) -> dict[str, int]:
        """Returns the name of each source → its number of articles."""

    def article_ids(self) -> list[str]:
        """Returns the ids of all articles, in order."""

    def close(self) -> None:
        """Releases the resources of the archive."""


class Writing(Protocol):
    """An archive during a build."""

    def counts(self) -> tuple[int, int, int]:
        """Returns the number of sources, articles and passages."""

    def sources(self) -> dict[str, str]:
        """Returns the name of each source → SHA-256 of its bytes (see :func:`digest_with_holders`), or another value if writing it
        was interrupted.
        """

    def articles(self, ids: Iterable[str]) -> dict[str, Article]:
        """Returns articles by id; unknown ids are left out."""

    def listed(self, source: str, text: str, offset: int, limit: int) -> tuple[int, list[Article]]:
        """Returns the number of articles of a source (``""``: all) that contain a text in any field, and a page of them."""

    def dates(self, ids: Iterable[str]) -> dict[str, str]:
        """Returns article id → ISO day, month or year; ``""`` if the date is unknown."""

    def dated(self, day: str) -> list[Article]:
        """Returns the articles with exactly this date, in order."""

    def jumping(self) -> list[Article]:
        """Returns the articles with a jump line or links."""

    def add_source(self, name: str, sha256: str, articles: Iterable[tuple[Article, list[Passage]]]) -> int:
        """Adds or replaces a source; returns its number of articles, without those that other sources hold.

        An error while reading the articles leaves the archive unchanged.
        """

    def remove_source(self, name: str) -> None:
        """Deletes a source with its articles and passages."""

    def pending(self, limit: int) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
        """Returns up to ``limit`` passages and as many sentences without a vector, each ``(row, text to embed)``."""

    def pending_count(self) -> int:
        """Returns the number of texts without a vector."""

    def set_vectors(self, table: str, rows: Sequence[int], vectors: np.ndarray) -> None:
        """Stores the vectors, ``(n, dim) float32``, of rows of ``passages`` or ``sentences``."""

    def set_centres(self, centres: Mapping[str, np.ndarray]) -> None:
        """Stores the mean vectors ``(dim,)`` of typical questions, by language."""

    def close(self) -> None:
        """Releases the resources of the archive."""


class Store(Protocol):
    """An index that is open for search."""

    @property
    def manifest(self) -> Manifest:
        """Returns the manifest of the build."""

    @property
    def archive(self) -> ReadableArchive:
        """Returns the articles, passages and lexical search."""

    @property
    def passages(self) -> Vectors:
        """Returns the passage vectors."""

    @property
    def sentences(self) -> Vectors:
        """Returns the sentence vectors."""

    @property
    def query_centres(self) -> Mapping[str, np.ndarray]:
        """Returns the mean vector of typical questions by language, each ``(dim,) float32``."""
