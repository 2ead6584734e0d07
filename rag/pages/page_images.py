"""Renders a page as an image.

PDFium is not thread-safe, so every call here holds :data:`PDFIUM`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
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
