"""PDF → page text with its printed lines: characters with their boxes, read by columns."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from rag.errors import SourceError
from rag.pages.columns import read_columns
from rag.pages.grids import TextBox
from rag.pages.printed import Printed, join_pages, line_between, on_page
from rag.records import PrintedLine

PDFIUM = threading.RLock()  # PDFium is not thread-safe: every call holds this lock
_MAX_GAP = 0.9  # gap, in character sizes, from which two characters of a line belong to different runs
_MAX_PAGES = 2000  # pages of a file
_IMAGE_OBJECT = 3  # PDFium's type number of image objects
_DPI = 300  # pixels per inch at which a scanned page is rendered for OCR
_DEVICE_STEPS = 1_000_000  # device units across a page, for exact coordinates from PDFium


def read_pdf(data: bytes) -> Printed:
    """Returns the text of a PDF, column by column, with its printed lines.

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
        return join_pages(on_page(_read_page(document, number), number + 1) for number in range(len(document)))
    finally:
        with PDFIUM:
            document.close()


def _read_page(document: Any, number: int) -> Printed:
    """Returns the text of a page with its lines; OCR reads a page that has images and no text."""
    with PDFIUM:
        page = document[number]
        runs = _runs(page)
        if runs or not any(True for _ in page.get_objects(filter=[_IMAGE_OBJECT])):
            return read_columns(runs)
        pixels = page.render(scale=_DPI / 72).to_numpy()[:, :, :3].copy()
    from rag.pages.scans import read_pixels

    return read_pixels(pixels)


def _runs(page: Any) -> list[TextBox]:
    import pypdfium2.raw as pdfium

    text, height = page.get_textpage(), page.get_height()
    found: list[list[Any]] = []
    borders: list[list[float]] = []
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
            borders[-1] += [left] * (1 + spaced)
            found[-1][2], found[-1][3] = max(found[-1][2], right), max(found[-1][3], box[3])
        else:
            found.append(box)
            borders.append([left])
        spaced = False
    lines = (_printed(page, height, box, starts) for box, starts in zip(found, borders, strict=True))
    return [replace(TextBox(*box), printed=line) for box, line in zip(found, lines, strict=True)]


def _printed(page: Any, height: float, box: Sequence[Any], starts: Sequence[float]) -> PrintedLine:
    """Returns the printed line of a run, given where its characters start, on the page as it is shown: cropped and turned."""
    left, top, right, bottom = box[:4]
    begin, over, end = (_shown(page, x, height - y) for x, y in ((left, top), (left, bottom), (right, top)))
    wide = max(right - left, 1e-6)
    shares = [min(1.0, max(0.0, (x - left) / wide)) for x in (*starts, right)]
    return line_between(begin, end, over, shares)


def _shown(page: Any, across: float, up: float) -> tuple[float, float]:
    """Converts a point of a page, in points from the bottom left, to shares of the page as it is shown."""
    import ctypes

    import pypdfium2.raw as pdfium

    x, y = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDF_PageToDevice(page, 0, 0, _DEVICE_STEPS, _DEVICE_STEPS, 0, across, up, x, y)
    return x.value / _DEVICE_STEPS, y.value / _DEVICE_STEPS


def _continues(run: list[Any], box: list[Any]) -> bool:
    same_line = abs(run[1] - box[1]) < 0.5 * box[4] and abs(run[4] - box[4]) < 0.2 * box[4]
    return bool(same_line and -0.5 * box[4] < box[0] - run[2] < _MAX_GAP * box[4])
