"""Files → page text: plain text in common Chinese encodings, HTML, PDF, DOCX, OCR output, images."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from pathlib import Path

from rag.errors import SourceError
from rag.pages.aligned import with_bars
from rag.pages.archive import iter_archive
from rag.pages.page_parser import articles_of
from rag.pages.printed import Printed, with_lines
from rag.records import Article

FileParser = Callable[[bytes], str | Printed]

_ENCODINGS = ("utf-8-sig", "gb18030")
_PICTURES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp")
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_MAX_CONTROL_SHARE = 0.02  # share of control characters above which a file counts as binary


def read_articles(path: Path, source: str | None = None) -> list[Article]:
    """Returns the articles of a page file or of an archive.

    ``source`` becomes ``Article.source`` (default: the path). Raises ``SourceError`` for a missing, empty, binary or
    undecodable file, and for the first invalid line of an archive (``iter_archive`` continues instead).
    """
    path = Path(path)
    name = source or str(path)
    if is_archive(path):
        articles = []
        for item in iter_archive(path, name):
            if isinstance(item, SourceError):
                raise item
            articles.append(item)
        return articles
    printed = read_printed(path)
    return [with_lines(article, printed.lines) for article in articles_of(printed.text, name)]


ARCHIVES = (".jsonl", ".jsonl.gz")


def is_archive(path: Path | str) -> bool:
    """Tells by its name whether a file is an archive of articles rather than a page.

    >>> is_archive("news.JSONL.gz"), is_archive("page.txt")
    (True, False)
    """
    return str(path).lower().endswith(ARCHIVES)


def read_text(path: Path) -> str:
    """Returns the text of a page file; see :func:`read_printed`."""
    return read_printed(path).text


def read_printed(path: Path) -> Printed:
    """Returns the text of a page file, with ``# `` before the headings that the format marks, and its printed lines.

    Raises ``SourceError`` for an unknown format and for a file that is missing, damaged or without text.
    """
    path = Path(path)
    reader = _readers().get(path.suffix.lower())
    if reader is None:
        raise SourceError(
            f"{path}: no page format; use .txt, .md, .html, .pdf, .docx, .xml (ALTO, PAGE), .hocr, a picture (or .jsonl)")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    try:
        read = reader(data)
    except SourceError as error:
        raise SourceError(f"{path}: {error}") from error
    except Exception as error:  # the format libraries raise dozens of types on damaged files
        raise SourceError(f"{path}: damaged {path.suffix} file ({error}); save it again or as .txt") from error
    printed = Printed(read) if isinstance(read, str) else read
    if not printed.text.strip():
        raise SourceError(f"{path}: holds no text; give a page with text (a scanned picture needs recognition first)")
    return printed


def _readers() -> dict[str, FileParser]:
    texts: dict[str, FileParser] = dict.fromkeys((".txt", ".md", ".markdown", ""), _plain)
    others: dict[str, FileParser] = {".html": _html, ".htm": _html, ".hocr": _xml, ".xml": _xml, ".pdf": _pdf, ".docx": _docx}
    return {**texts, **others, **dict.fromkeys(_PICTURES, _picture)}


def decode(data: bytes) -> str:
    """Decodes bytes as UTF-16 with a byte order mark, UTF-8 or GB18030. Raises ``SourceError`` for binary data.

    >>> decode("项目集中签约".encode("gb18030"))
    '项目集中签约'
    """
    if data.startswith(_UTF16_MARKS):
        return _checked(data.decode("utf-16", errors="replace"))
    for encoding in _ENCODINGS:
        try:
            return _checked(data.decode(encoding))
        except UnicodeDecodeError:
            continue
    raise SourceError("neither UTF-8 nor GB18030; convert it to UTF-8")


def _checked(text: str) -> str:
    control = sum(1 for c in text[:20_000] if c < " " and c not in "\t\n\r\f")
    if control > _MAX_CONTROL_SHARE * min(len(text), 20_000):
        raise SourceError("binary data, not text; give the page as .txt, .md, .html, .pdf or .docx")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _plain(data: bytes) -> str:
    return with_bars(decode(data))


def _html(data: bytes) -> str:
    from rag.pages.web import text_of_html

    return text_of_html(_decoded_html(data))


def _decoded_html(data: bytes) -> str:
    """Decodes HTML by its byte order mark, as UTF-8 if that is valid (whatever it declares), else as it declares."""
    charset = re.search(rb"charset=[\"']?\s*([\w-]+)", data[:2000])
    named = charset.group(1).decode().lower() if charset else ""
    for encoding in ("utf-8", {"gb2312": "gb18030", "gbk": "gb18030"}.get(named, named)):
        try:
            return _checked(data.decode(encoding)) if encoding and not data.startswith(_UTF16_MARKS) else decode(data)
        except (LookupError, UnicodeDecodeError):
            continue
    return decode(data)


def _pdf(data: bytes) -> Printed:
    from rag.pages.pdf import read_pdf

    return read_pdf(data)


def _picture(data: bytes) -> Printed:
    from rag.pages.scans import read_picture

    return read_picture(data)


def _docx(data: bytes) -> str:
    from rag.pages.word_files import text_of_docx

    return text_of_docx(data)


def _xml(data: bytes) -> Printed:
    from rag.pages.ocr_files import read_xml

    return read_xml(data)
