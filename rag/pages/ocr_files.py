"""OCR output (ALTO, PAGE XML, hOCR) → page text: words with their boxes, read by columns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from rag.errors import SourceError
from rag.pages.columns import Run, text_of_runs

_BOX = re.compile(r"bbox (-?\d+) (-?\d+) (-?\d+) (-?\d+)")
_POINT = re.compile(r"(-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?)")


def text_of_xml(data: bytes) -> str:
    """Returns the text of an OCR file, page by page. Raises :class:`SourceError` for other XML."""
    from bs4 import BeautifulSoup

    file = BeautifulSoup(data, "html.parser")
    for pages, runs in (("page", _alto), ("page", _page_xml), (re.compile("div|body"), _hocr)):
        found = [text for page in file.find_all(pages) if (text := text_of_runs(list(runs(page))))]
        if found:
            return "\n\n".join(found)
    raise SourceError("is neither ALTO nor PAGE XML nor hOCR; give the page as one of these, or as .txt")


def _alto(page: Any) -> Iterator[Run]:
    for line in page.find_all("textline"):
        words = [word for word in line.find_all("string") if word.get("content")]
        for word in words:
            left, top = float(word.get("hpos") or 0), float(word.get("vpos") or 0)
            high = float(word.get("height") or line.get("height") or 10)
            yield Run(left, top, left + float(word.get("width") or 0), top + high, high, str(word["content"]))


def _page_xml(page: Any) -> Iterator[Run]:
    for line in page.find_all("textline"):
        coords, said = line.find("coords"), line.find("unicode")
        if coords and said and said.get_text().strip():
            points = [(float(x), float(y)) for x, y in _POINT.findall(str(coords.get("points") or ""))]
            if points:
                left, top = min(x for x, _ in points), min(y for _, y in points)
                right, bottom = max(x for x, _ in points), max(y for _, y in points)
                yield Run(left, top, right, bottom, bottom - top, " ".join(said.get_text().split()))


def _hocr(page: Any) -> Iterator[Run]:
    if "ocr_page" not in (page.get("class") or []):
        return
    for word in page.find_all(class_=["ocrx_word", "ocr_word"]):
        box = _BOX.search(str(word.get("title") or ""))
        if box and word.get_text().strip():
            left, top, right, bottom = map(float, box.groups())
            yield Run(left, top, right, bottom, bottom - top, " ".join(word.get_text().split()))
