"""OCR output (ALTO, PAGE XML, hOCR) → page text with its printed lines: words with their boxes, read by columns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from rag.errors import SourceError
from rag.pages.columns import read_columns
from rag.pages.grids import TextBox
from rag.pages.printed import Printed, join_pages, line_in_box, on_page
from rag.records import Box

_BOX = re.compile(r"bbox (-?\d+) (-?\d+) (-?\d+) (-?\d+)")
_POINT = re.compile(r"(-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?)")
_WORD_CONFIDENCE = re.compile(r"x_wconf (\d+(?:\.\d+)?)")

Size = tuple[float, float] | None  # width and height of a page, in the unit of its boxes


def read_xml(data: bytes) -> Printed:
    """Returns the text of an OCR file, page by page, with its printed lines. Raises :class:`SourceError` for other XML."""
    from bs4 import BeautifulSoup

    file = BeautifulSoup(data, "html.parser")
    for pages, runs in ((file.find_all("page"), _alto), (file.find_all("page"), _page_xml), (file.find_all(class_="ocr_page"), _hocr)):
        found = join_pages(on_page(read_columns(list(runs(page))), number) for number, page in enumerate(pages, 1))
        if found.text:
            return found
    raise SourceError("is neither ALTO nor PAGE XML nor hOCR; give the page as one of these, or as .txt")


def _alto(page: Any) -> Iterator[TextBox]:
    size = _size(page.get("width"), page.get("height"))
    for line in page.find_all("textline"):
        words = [word for word in line.find_all("string") if word.get("content")]
        for word in words:
            left, top = float(word.get("hpos") or 0), float(word.get("vpos") or 0)
            high = float(word.get("height") or line.get("height") or 10)
            box = (left, top, left + float(word.get("width") or 0), top + high)
            yield _run(box, str(word["content"]), size, _number(word.get("wc")))


def _page_xml(page: Any) -> Iterator[TextBox]:
    size = _size(page.get("imagewidth"), page.get("imageheight"))
    for line in page.find_all("textline"):
        coords, said = line.find("coords"), line.find("textequiv", recursive=False) or line.find("textequiv")
        text = " ".join(said.unicode.get_text().split()) if said and said.unicode else ""
        points = [(float(x), float(y)) for x, y in _POINT.findall(str(coords.get("points") or ""))] if coords else []
        if text and points:
            across, along = zip(*points, strict=True)
            box = (min(across), min(along), max(across), max(along))
            yield _run(box, text, size, _number(said.get("conf")))


def _hocr(page: Any) -> Iterator[TextBox]:
    whole = _BOX.search(str(page.get("title") or ""))
    begin_x, begin_y, end_x, end_y = map(float, whole.groups()) if whole else (0.0, 0.0, 0.0, 0.0)
    size = _size(end_x - begin_x, end_y - begin_y)
    for word in page.find_all(class_=["ocrx_word", "ocr_word"]):
        title = str(word.get("title") or "")
        box, sure = _BOX.search(title), _WORD_CONFIDENCE.search(title)
        if box and word.get_text().strip():
            left, top, right, bottom = map(float, box.groups())
            placed = (left - begin_x, top - begin_y, right - begin_x, bottom - begin_y)
            yield _run(placed, " ".join(word.get_text().split()), size, float(sure[1]) / 100 if sure else None)


def _run(box: Box, text: str, size: Size, confidence: float | None) -> TextBox:
    """Returns a word or line as a run; its confidence counts from 0 to 1."""
    known = None if confidence is None else round(min(1.0, max(0.0, confidence)), 3)
    return TextBox(*box, box[3] - box[1], text, line_in_box(text, box, size, known))


def _size(width: Any, height: Any) -> Size:
    wide, high = _number(width), _number(height)
    return (wide, high) if wide and high else None


def _number(written: Any) -> float | None:
    """Reads a number of an attribute; ``None`` if there is none.

    >>> _number("0.93"), _number(None), _number("high")
    (0.93, None, None)
    """
    with suppress(TypeError, ValueError):
        return float(written)
    return None
