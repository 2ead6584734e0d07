"""Reconstructs the articles of newspaper pages whose layout is lost.

Files in reading order:

- input formats: ``files``, ``archive``, ``web``, ``word_files``, ``ocr_files``, ``pdf``, ``scans`` (OCR); ``grids`` and ``columns``
  (text boxes → tables and columns); ``printed`` (where the text stands in print), ``page_images`` (a page as a picture)
- text → blocks: ``blocks`` (lines with their offsets), ``tables`` and ``aligned`` (rows), ``line_labels`` and ``plain_text_blocks``
  (pages without heading marks)
- labels: ``marks`` (set phrases), ``photos``, ``headings``
- continuity: ``ngram_model`` and ``seams`` (does B continue A?)
- articles: ``pieces``, ``regions`` and ``assembly`` (reading order), ``dates``, ``articles`` (the result)
- ``page_parser`` (the pipeline), ``issues`` (pages → issue)
"""

from rag.pages.archive import iter_archive
from rag.pages.files import is_archive, read_articles, read_text
from rag.pages.page_parser import Page, articles_of, read_page

__all__ = ["Page", "articles_of", "is_archive", "iter_archive", "read_articles", "read_page", "read_text"]
