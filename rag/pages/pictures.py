"""Renders a page as an image, and finds a quotation on it.

PDFium is not thread-safe, so every call here holds :data:`PDFIUM`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import SequenceMatcher
from io import BytesIO
from pathlib import Path
from typing import Any

from rag.errors import SourceError
from rag.pages.pdf import PDFIUM

_SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp")
_LONGEST_SIDE = 2000  # pixels; longer side of a rendered page
_MIN_SCALE = 0.05  # pixels per point, or per pixel of an image
_MAX_PIXELS = 150_000_000  # pixels of an image: a newspaper page at 600 dpi
_MAX_PAGES = 2000  # as in rag.pages.pdf
_MIN_PIECE = 4  # characters; shorter matches of a split quotation are ignored
_MAX_GAP = 1.5  # character sizes; larger gaps separate lines
_MIN_COVERAGE = 0.5  # share of a quotation that must be found
_MAX_QUOTE_PAGES = 3  # pages on which one quotation is marked
_DEVICE_STEPS = 1_000_000  # device units across a page, for exact coordinates from PDFium

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Spot:
    """A quotation on page ``page`` (from 1): a box ``(left, top, right, bottom)`` per line, in shares (0 to 1) of the page."""

    page: int
    boxes: tuple[Box, ...]


@dataclass(frozen=True)
class _Text:
    """The folded characters of a page, each with the number of its original character."""

    text: str
    origins: tuple[int, ...]


def has_picture(path: Path) -> bool:
    """Tells by its name whether a source can be shown as an image: a PDF or an image file.

    >>> has_picture(Path("a.PDF")), has_picture(Path("a.txt"))
    (True, False)
    """
    return path.suffix.lower() in (".pdf", *_SUFFIXES)


def page_count(path: Path) -> int:
    """Returns the number of pages of a PDF or image. Raises :class:`SourceError` if the file cannot be opened."""
    if path.suffix.lower() == ".pdf":
        with _pdf(path) as document:
            return len(document)
    with _picture(path) as picture:
        return int(getattr(picture, "n_frames", 1))


def page_picture(path: Path, page: int = 1, scale: float = 2.0) -> bytes:
    """Renders a page as PNG, with at most 2,000 pixels on the longer side.

    ``scale``: pixels per point of a PDF, or per pixel of an image, which is never enlarged. Raises :class:`SourceError` for a
    missing page and for a file that is locked, damaged or too large.
    """
    if path.suffix.lower() == ".pdf":
        with _pdf(path) as document:
            sheet = document[_place(path, page, len(document))]
            fits = _LONGEST_SIDE / max(1.0, *sheet.get_size())
            return _png(sheet.render(scale=min(max(scale, _MIN_SCALE), fits)).to_pil())
    with _picture(path) as picture:
        picture.seek(_place(path, page, getattr(picture, "n_frames", 1)))
        return _png(_scaled_down(picture, scale))


def spots(path: Path, quote: str, *, lines: Sequence[tuple[str, Box]] = ()) -> list[Spot]:
    """Returns where a quotation stands, one spot per page; ``[]`` if less than half of it is found.

    White space, line breaks and width are ignored. A quotation that is split over columns is matched by its longest pieces.
    A PDF is searched in its text layer. For an image, or a PDF of one scanned page, pass ``lines``: the OCR lines with
    their boxes, in shares of the page as shown.
    """
    if lines:
        return _spots_in_lines(_fold(quote), lines)
    if path.suffix.lower() != ".pdf":
        return []
    with _pdf(path) as document:
        return _spots_in_pdf(document, _fold(quote))


def _spots_in_pdf(document: Any, quote: str) -> list[Spot]:
    found = _locate(quote, (_text_of(sheet.get_textpage()) for sheet in document))
    marked = ((page + 1, _boxes(document[page], sorted(characters))) for page, characters in found.items())
    return [Spot(page, boxes) for page, boxes in marked if boxes]


def _spots_in_lines(quote: str, lines: Sequence[tuple[str, Box]]) -> list[Spot]:
    """Finds a quotation in OCR lines; each character gets an equal part of its line's box."""
    pieces = [(character, (left + (right - left) * i / len(text), top, left + (right - left) * (i + 1) / len(text), bottom))
              for text, (left, top, right, bottom) in lines for i, character in enumerate(text)]
    found = _locate(quote, [_folded("".join(character for character, _ in pieces))])
    return [Spot(1, _join_boxes(pieces[at][1] for at in sorted(found[0])))] if found else []


# -- the text -------------------------------------------------------------------------------------------------


def _fold(text: str) -> str:
    return _folded(text).text


def _folded(text: str) -> _Text:
    """Removes white space and unprintable characters, and converts full-width characters to half width.

    >>> _folded("４7 个，\\n")
    _Text(text='47个,', origins=(0, 1, 3, 4))
    """
    pairs = [(folded, at) for at, character in enumerate(text) if character.isprintable()
             for folded in unicodedata.normalize("NFKC", character) if not folded.isspace()]
    return _Text("".join(folded for folded, _ in pairs), tuple(at for _, at in pairs))


def _text_of(layer: Any) -> _Text:
    import pypdfium2.raw as pdfium

    return _folded("".join(chr(pdfium.FPDFText_GetUnicode(layer, at)) for at in range(layer.count_chars())))


def _locate(quote: str, pages: Iterable[_Text]) -> dict[int, set[int]]:
    """Returns page → numbers of the quotation's characters there: whole on one page, else in its longest pieces."""
    if not quote:
        return {}
    texts: list[_Text] = []
    for page, text in enumerate(pages):
        at = text.text.find(quote)
        if at >= 0:
            return {page: set(text.origins[at : at + len(quote)])}
        texts.append(text)
    grams = {quote[i : i + _MIN_PIECE] for i in range(len(quote) - _MIN_PIECE + 1)}
    counts = {page: sum(gram in text.text for gram in grams) for page, text in enumerate(texts)}
    likely = sorted((page for page in counts if counts[page]), key=lambda page: -counts[page])[:_MAX_QUOTE_PAGES]
    found, covered, missing = {}, 0, [quote]
    for page in likely:
        pieces, missing = _pieces(missing, texts[page].text)
        if pieces:
            covered += sum(size for _, size in pieces)
            found[page] = {texts[page].origins[i] for at, size in pieces for i in range(at, at + size)}
    return dict(sorted(found.items())) if covered >= _MIN_COVERAGE * len(quote) else {}


def _pieces(wanted: Sequence[str], text: str) -> tuple[list[tuple[int, int]], list[str]]:
    """Returns offset and length of the longest pieces of the wanted texts, and the texts that are still missing."""
    matcher = SequenceMatcher(None, "", text, autojunk=False)
    found, missing, left = [], [], list(wanted)
    while left:
        part = left.pop()
        matcher.set_seq1(part)
        match = matcher.find_longest_match()
        if match.size < _MIN_PIECE:
            missing.append(part)
            continue
        found.append((match.b, match.size))
        left += [rest for rest in (part[: match.a], part[match.a + match.size :]) if rest]
    return found, missing


# -- the boxes ------------------------------------------------------------------------------------------------


def _boxes(sheet: Any, characters: Sequence[int]) -> tuple[Box, ...]:
    layer = sheet.get_textpage()
    return _join_boxes(_page_shares(sheet, layer.get_charbox(at, loose=True)) for at in characters)


def _page_shares(sheet: Any, box: Box) -> Box:
    """Converts PDFium's ``(left, bottom, right, top)`` to shares of the page as shown, after cropping and rotation."""
    import ctypes

    import pypdfium2.raw as pdfium

    x, y = ctypes.c_int(), ctypes.c_int()
    corners = []
    for across, up in (box[:2], box[2:]):
        pdfium.FPDF_PageToDevice(sheet, 0, 0, _DEVICE_STEPS, _DEVICE_STEPS, 0, across, up, x, y)
        corners.append((x.value / _DEVICE_STEPS, y.value / _DEVICE_STEPS))
    (left, right), (top, bottom) = (sorted(min(1.0, max(0.0, share)) for share in shares) for shares in zip(*corners, strict=True))
    return left, top, right, bottom


def _join_boxes(boxes: Iterable[Box]) -> tuple[Box, ...]:
    """Joins the boxes of consecutive characters to one box per line; lines may be horizontal or vertical.

    >>> _join_boxes([(0.1, 0.1, 0.2, 0.2), (0.2, 0.1, 0.3, 0.2), (0.1, 0.3, 0.2, 0.4)])
    ((0.1, 0.1, 0.3, 0.2), (0.1, 0.3, 0.2, 0.4))
    """
    lines: list[Box] = []
    last, way = None, ""
    for box in boxes:
        goes = _direction_of(last, box, way or "across down") if last else ""
        if goes:
            line, way = lines.pop(), goes
            lines.append((min(line[0], box[0]), min(line[1], box[1]), max(line[2], box[2]), max(line[3], box[3])))
        else:
            way = ""
            lines.append(box)
        last = box
    return tuple((round(a, 5), round(b, 5), round(c, 5), round(d, 5)) for a, b, c, d in lines if c > a and d > b)


def _direction_of(last: Box, box: Box, ways: str) -> str:
    """Returns the direction in which a character continues the line, ``across`` or ``down``; ``""`` if it does not."""
    gaps = [max(last[i], box[i]) - min(last[i + 2], box[i + 2]) for i in (0, 1)]
    sizes = [max(last[i + 2] - last[i], box[i + 2] - box[i]) for i in (0, 1)]
    for way, along, over in (("across", 0, 1), ("down", 1, 0)):
        if way in ways and gaps[along] < _MAX_GAP * sizes[along] and gaps[over] < -0.4 * sizes[over]:
            return way
    return ""


# -- the files ------------------------------------------------------------------------------------------------


@contextmanager
def _pdf(path: Path) -> Iterator[Any]:
    import pypdfium2

    data = _read(path)
    with PDFIUM:
        try:
            document = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as error:
            locked = "assword" in str(error)
            message = "is locked with a password; save it without one" if locked else f"damaged PDF ({error}); save it again"
            raise SourceError(f"{path.name}: {message}") from error
        try:
            if len(document) > _MAX_PAGES:
                raise SourceError(f"{path.name}: has {len(document):,} pages; split it into files of at most {_MAX_PAGES:,}")
            yield document
        except pypdfium2.PdfiumError as error:
            raise SourceError(f"{path.name}: damaged PDF ({error}); save it again") from error
        finally:
            document.close()


@contextmanager
def _picture(path: Path) -> Iterator[Any]:
    from PIL import Image

    if path.suffix.lower() not in _SUFFIXES:
        raise SourceError(f"{path.name}: has no picture; only {', '.join(('.pdf', *_SUFFIXES))} have one")
    data = _read(path)
    try:
        with Image.open(BytesIO(data)) as picture:
            if picture.width * picture.height > _MAX_PIXELS:
                raise SourceError(f"{path.name}: has {picture.width:,} × {picture.height:,} pixels; make it smaller")
            yield picture
    except Image.DecompressionBombError as error:
        raise SourceError(f"{path.name}: has too many pixels; make it smaller") from error
    except (OSError, ValueError, SyntaxError, EOFError) as error:  # all of Pillow's errors on damaged files
        raise SourceError(f"{path.name}: damaged picture ({error}); save it again") from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SourceError(f"{path.name}: cannot be read ({error.strerror}); check the path") from error


def _place(path: Path, page: int, pages: int) -> int:
    if not 1 <= page <= pages:
        raise SourceError(f"{path.name}: has no page {page}; ask for 1 to {pages}")
    return page - 1


def _scaled_down(picture: Any, scale: float) -> Any:
    """Returns the image upright, in 8-bit RGB, scaled down for display and without metadata."""
    from PIL import ImageOps

    share = min(1.0, max(scale, _MIN_SCALE), _LONGEST_SIDE / max(picture.size))
    size = (max(1, round(picture.width * share)), max(1, round(picture.height * share)))
    picture.draft("RGB", size)  # JPEG: decodes at a lower resolution
    if picture.mode.startswith(("I", "F")):
        low, high = picture.getextrema()
        picture = picture.convert("F").point(lambda value: (value - low) * (255 / max(1e-9, high - low))).convert("L")
    if picture.mode in ("1", "P", "PA"):  # palette colours cannot be interpolated
        picture = picture.convert("L" if picture.mode == "1" else "RGB")
    small = ImageOps.exif_transpose(picture.resize(size, reducing_gap=2.0)).convert("RGB")
    small.info = {}  # removes metadata such as the location and the camera's owner
    return small


def _png(picture: Any) -> bytes:
    out = BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
