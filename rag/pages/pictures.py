"""The picture of a page, and where a quotation stands on it.

PDFium is not thread safe; all calls to it here hold :data:`PDFIUM`.
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
_LONGEST_SIDE = 2000  # pixels of what is shown
_LEAST_SCALE = 0.05
_PIXELS_AT_MOST = 150_000_000  # of a picture: a newspaper page at 600 dpi
_PAGES_AT_MOST = 2000  # as in rag.pages.pdf
_RUN = 4  # characters that a piece of a broken quotation has at least
_APART = 1.5  # characters between two neighbours of a line
_COVERED = 0.5  # share of a quotation that must be found before anything is marked
_PAGES_OF_A_QUOTATION = 3
_FINE = 1_000_000  # steps into which PDFium's device coordinates divide a page

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Spot:
    """Where a quotation stands on a page (counted from 1): ``(left, top, right, bottom)`` of each line, as shares of its size."""

    page: int
    boxes: tuple[Box, ...]


@dataclass(frozen=True)
class _Text:
    """The folded characters of a page, and for each the number of the character (or line) that it comes from."""

    text: str
    origins: tuple[int, ...]


def has_picture(path: Path) -> bool:
    """Whether a source has pages to look at: it is a PDF or a picture.

    >>> has_picture(Path("a.PDF")), has_picture(Path("a.txt"))
    (True, False)
    """
    return path.suffix.lower() in (".pdf", *_SUFFIXES)


def page_count(path: Path) -> int:
    """How many pages a PDF or picture has. Raises :class:`SourceError` for one that cannot be opened."""
    if path.suffix.lower() == ".pdf":
        with _pdf(path) as document:
            return len(document)
    with _picture(path) as picture:
        return int(getattr(picture, "n_frames", 1))


def page_picture(path: Path, page: int = 1, scale: float = 2.0) -> bytes:
    """A page as PNG; its longer side has 2,000 pixels at most. ``scale``: pixels to the point of a PDF, or to the pixel of a picture.

    A picture is not enlarged. Raises :class:`SourceError` for a page that is not there and a file that is locked, broken or too large.
    """
    if path.suffix.lower() == ".pdf":
        with _pdf(path) as document:
            sheet = document[_place(path, page, len(document))]
            fits = _LONGEST_SIDE / max(1.0, *sheet.get_size())
            return _png(sheet.render(scale=min(max(scale, _LEAST_SCALE), fits)).to_pil())
    with _picture(path) as picture:
        picture.seek(_place(path, page, getattr(picture, "n_frames", 1)))
        return _png(_shown(picture, scale))


def spots(path: Path, quote: str, *, lines: Sequence[tuple[str, Box]] = ()) -> list[Spot]:
    """Where a quotation stands, by pages; ``[]`` where less than half of it is found.

    White space, line breaks and width do not count. A quotation that is broken over columns is put together from its
    longest pieces. A PDF is read by its text layer. Of a picture, or of a PDF of one scanned page, nothing is known but
    ``lines``: its recognised lines with their boxes, as shares of the picture as it is shown.
    """
    if lines:
        return _spots_in_lines(_fold(quote), lines)
    if path.suffix.lower() != ".pdf":
        return []
    with _pdf(path) as document:
        return _spots_in_pdf(document, _fold(quote))


def _spots_in_pdf(document: Any, quote: str) -> list[Spot]:
    found = _found(quote, (_text_of(sheet.get_textpage()) for sheet in document))
    marked = ((page + 1, _boxes(document[page], sorted(characters))) for page, characters in found.items())
    return [Spot(page, boxes) for page, boxes in marked if boxes]


def _spots_in_lines(quote: str, lines: Sequence[tuple[str, Box]]) -> list[Spot]:
    """A line's box is divided evenly among its characters."""
    pieces = [(character, (left + (right - left) * i / len(text), top, left + (right - left) * (i + 1) / len(text), bottom))
              for text, (left, top, right, bottom) in lines for i, character in enumerate(text)]
    found = _found(quote, [_folded("".join(character for character, _ in pieces))])
    return [Spot(1, _joined(pieces[at][1] for at in sorted(found[0])))] if found else []


# -- the text -------------------------------------------------------------------------------------------------


def _fold(text: str) -> str:
    return _folded(text).text


def _folded(text: str) -> _Text:
    """Without white space and signs that do not show, full-width letters and signs as half-width ones.

    >>> _folded("４7 个，\\n")
    _Text(text='47个,', origins=(0, 1, 3, 4))
    """
    pairs = [(folded, at) for at, character in enumerate(text) if character.isprintable()
             for folded in unicodedata.normalize("NFKC", character) if not folded.isspace()]
    return _Text("".join(folded for folded, _ in pairs), tuple(at for _, at in pairs))


def _text_of(layer: Any) -> _Text:
    import pypdfium2.raw as pdfium

    return _folded("".join(chr(pdfium.FPDFText_GetUnicode(layer, at)) for at in range(layer.count_chars())))


def _found(quote: str, pages: Iterable[_Text]) -> dict[int, set[int]]:
    """Page → numbers of the characters that spell the quotation there: whole on one page, else by its longest pieces."""
    if not quote:
        return {}
    texts: list[_Text] = []
    for page, text in enumerate(pages):
        at = text.text.find(quote)
        if at >= 0:
            return {page: set(text.origins[at : at + len(quote)])}
        texts.append(text)
    grams = {quote[i : i + _RUN] for i in range(len(quote) - _RUN + 1)}
    counts = {page: sum(gram in text.text for gram in grams) for page, text in enumerate(texts)}
    likely = sorted((page for page in counts if counts[page]), key=lambda page: -counts[page])[:_PAGES_OF_A_QUOTATION]
    found, covered, missing = {}, 0, [quote]
    for page in likely:
        pieces, missing = _pieces(missing, texts[page].text)
        if pieces:
            covered += sum(size for _, size in pieces)
            found[page] = {texts[page].origins[i] for at, size in pieces for i in range(at, at + size)}
    return dict(sorted(found.items())) if covered >= _COVERED * len(quote) else {}


def _pieces(wanted: Sequence[str], text: str) -> tuple[list[tuple[int, int]], list[str]]:
    """Place and length of the longest pieces of what is wanted, and what is still missing then."""
    matcher = SequenceMatcher(None, "", text, autojunk=False)
    found, missing, left = [], [], list(wanted)
    while left:
        part = left.pop()
        matcher.set_seq1(part)
        match = matcher.find_longest_match()
        if match.size < _RUN:
            missing.append(part)
            continue
        found.append((match.b, match.size))
        left += [rest for rest in (part[: match.a], part[match.a + match.size :]) if rest]
    return found, missing


# -- the boxes ------------------------------------------------------------------------------------------------


def _boxes(sheet: Any, characters: Sequence[int]) -> tuple[Box, ...]:
    layer = sheet.get_textpage()
    return _joined(_shares(sheet, layer.get_charbox(at, loose=True)) for at in characters)


def _shares(sheet: Any, box: Box) -> Box:
    """PDFium's ``(left, bottom, right, top)`` as shares of the page as it is shown, cropped and turned."""
    import ctypes

    import pypdfium2.raw as pdfium

    x, y = ctypes.c_int(), ctypes.c_int()
    corners = []
    for across, up in (box[:2], box[2:]):
        pdfium.FPDF_PageToDevice(sheet, 0, 0, _FINE, _FINE, 0, across, up, x, y)
        corners.append((x.value / _FINE, y.value / _FINE))
    (left, right), (top, bottom) = (sorted(min(1.0, max(0.0, share)) for share in shares) for shares in zip(*corners, strict=True))
    return left, top, right, bottom


def _joined(boxes: Iterable[Box]) -> tuple[Box, ...]:
    """The boxes of characters, one after the other, as one box a line; a line may run across or, set so or turned, down.

    >>> _joined([(0.1, 0.1, 0.2, 0.2), (0.2, 0.1, 0.3, 0.2), (0.1, 0.3, 0.2, 0.4)])
    ((0.1, 0.1, 0.3, 0.2), (0.1, 0.3, 0.2, 0.4))
    """
    lines: list[Box] = []
    last, way = None, ""
    for box in boxes:
        goes = _goes_on(last, box, way or "across down") if last else ""
        if goes:
            line, way = lines.pop(), goes
            lines.append((min(line[0], box[0]), min(line[1], box[1]), max(line[2], box[2]), max(line[3], box[3])))
        else:
            way = ""
            lines.append(box)
        last = box
    return tuple((round(a, 5), round(b, 5), round(c, 5), round(d, 5)) for a, b, c, d in lines if c > a and d > b)


def _goes_on(last: Box, box: Box, ways: str) -> str:
    """In which of the ways a character goes on the line: beside or below the last one. Gaps are measured in characters."""
    gaps = [max(last[i], box[i]) - min(last[i + 2], box[i + 2]) for i in (0, 1)]
    sizes = [max(last[i + 2] - last[i], box[i + 2] - box[i]) for i in (0, 1)]
    for way, along, over in (("across", 0, 1), ("down", 1, 0)):
        if way in ways and gaps[along] < _APART * sizes[along] and gaps[over] < -0.4 * sizes[over]:
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
            told = "is locked with a password; save it without one" if locked else f"damaged PDF ({error}); save it again"
            raise SourceError(f"{path.name}: {told}") from error
        try:
            if len(document) > _PAGES_AT_MOST:
                raise SourceError(f"{path.name}: has {len(document):,} pages; split it into files of at most {_PAGES_AT_MOST:,}")
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
            if picture.width * picture.height > _PIXELS_AT_MOST:
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


def _shown(picture: Any, scale: float) -> Any:
    """The picture upright, in 8 bits a colour, and as small as it is shown."""
    from PIL import ImageOps

    share = min(1.0, max(scale, _LEAST_SCALE), _LONGEST_SIDE / max(picture.size))
    size = (max(1, round(picture.width * share)), max(1, round(picture.height * share)))
    picture.draft("RGB", size)  # JPEG: decodes no more than is shown
    if picture.mode.startswith(("I", "F")):
        low, high = picture.getextrema()
        picture = picture.convert("F").point(lambda value: (value - low) * (255 / max(1e-9, high - low))).convert("L")
    if picture.mode in ("1", "P", "PA"):  # colours that cannot be mixed
        picture = picture.convert("L" if picture.mode == "1" else "RGB")
    small = ImageOps.exif_transpose(picture.resize(size, reducing_gap=2.0)).convert("RGB")
    small.info = {}  # no place, no name of the camera's owner
    return small


def _png(picture: Any) -> bytes:
    out = BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
