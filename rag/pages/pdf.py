"""PDF → page text: characters with their boxes, read by columns."""

from __future__ import annotations

import threading
from typing import Any

from rag.errors import SourceError
from rag.pages.columns import Run, text_of_runs

PDFIUM = threading.RLock()  # PDFium is not thread-safe: every call holds this lock
_MAX_GAP = 0.9  # gap, in character sizes, from which two characters of a line belong to different runs
_MAX_PAGES = 2000  # pages of a file
_IMAGE_OBJECT = 3  # PDFium's type number of image objects
_DPI = 300  # pixels per inch at which a scanned page is rendered for OCR


def text_of_pdf(data: bytes) -> str:
    """Returns the text of a PDF, column by column.

    Raises :class:`SourceError` for a file that is locked, damaged or over 2,000 pages.
    """
    import pypdfium2

    try:
        with PDFIUM:
            document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        locked = "assword" in str(error)
        message = "is locked with a password; save it without one" if locked else f"damaged PDF ({error}); save it again"
        raise SourceError(message) from error
    try:
        if len(document) > _MAX_PAGES:
            raise SourceError(f"has {len(document):,} pages; split it into files of at most {_MAX_PAGES:,}")
        return "\n\n".join(filter(None, (_page_text(document, number) for number in range(len(document)))))
    finally:
        with PDFIUM:
            document.close()


def _page_text(document: Any, number: int) -> str:
    """Returns the text of a page; OCR reads a page that has images and no text."""
    with PDFIUM:
        page = document[number]
        runs = _runs(page)
        if runs or not any(True for _ in page.get_objects(filter=[_IMAGE_OBJECT])):
            return text_of_runs(runs)
        pixels = page.render(scale=_DPI / 72).to_numpy()[:, :, :3].copy()
    from rag.pages.scans import text_of_pixels

    return text_of_pixels(pixels)


def _runs(page: Any) -> list[Run]:
    import pypdfium2.raw as pdfium

    text, height = page.get_textpage(), page.get_height()
    found: list[list[Any]] = []
    spaced = False
    for at in range(text.count_chars()):
        character = chr(pdfium.FPDFText_GetUnicode(text, at))
        if character.isspace() or not character.isprintable():
            spaced = character in " \u3000"
            continue
        left, bottom, right, top = text.get_charbox(at, loose=True)
        size = pdfium.FPDFText_GetFontSize(text, at) or top - bottom
        box = [left, height - top, right, height - bottom, size, character]
        if found and _continues(found[-1], box):
            found[-1][5] += (" " if spaced else "") + character
            found[-1][2], found[-1][3] = max(found[-1][2], right), max(found[-1][3], box[3])
        else:
            found.append(box)
        spaced = False
    return [Run(*box) for box in found]


def _continues(run: list[Any], box: list[Any]) -> bool:
    same_line = abs(run[1] - box[1]) < 0.5 * box[4] and abs(run[4] - box[4]) < 0.2 * box[4]
    return bool(same_line and -0.5 * box[4] < box[0] - run[2] < _MAX_GAP * box[4])
