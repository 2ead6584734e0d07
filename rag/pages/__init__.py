"""Reconstructs the articles of newspaper pages whose layout is lost.

Files in reading order: ``files`` and ``archive`` (input formats), ``printed`` (where the text stands in
print), ``blocks`` (lines with their offsets), ``marks`` (set
phrases), ``photos`` and ``headings`` (block labels), ``lexicon`` and ``seams`` (does B continue A?), ``regions`` and
``assembly`` (reading order), ``dates``, ``articles`` (the result), ``reader`` (the pipeline), ``issues`` (pages → issue).
"""

from rag.pages.archive import iter_archive
from rag.pages.files import is_archive, read_articles, read_text
from rag.pages.reader import Page, articles_of, read_page

__all__ = ["Page", "articles_of", "is_archive", "iter_archive", "read_articles", "read_page", "read_text"]
