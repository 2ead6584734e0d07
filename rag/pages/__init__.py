"""Damaged newspaper pages → true articles.

Files in reading order: ``files`` and ``archive`` (what can be read), ``blocks`` (lines that know their place),
``marks`` (set phrases), ``photos`` and ``headings`` (what each block is), ``lexicon`` and ``seams`` (does B continue
A?), ``regions`` and ``assembly`` (which order is best), ``dates``, ``articles`` (the result), ``reader`` (the whole way).
"""

from rag.pages.archive import iter_archive
from rag.pages.files import is_archive, read_articles, read_text
from rag.pages.reader import Page, articles_of, read_page

__all__ = ["Page", "articles_of", "is_archive", "iter_archive", "read_articles", "read_page", "read_text"]
