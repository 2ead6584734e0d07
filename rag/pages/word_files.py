"""DOCX → page text: paragraphs, headings by style, tables as ``| a | b |``, text boxes at their anchor."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any
from zipfile import ZipFile

from rag.errors import SourceError

_MAX_BYTES = 300_000_000  # bytes of an unpacked file


def text_of_docx(data: bytes) -> str:
    """Returns the text of a Word file, in document order. Raises :class:`SourceError` if it unpacks to over 300 MB."""
    from docx import Document
    from docx.oxml.ns import qn
    from docx.table import Table
    from docx.text.paragraph import Paragraph

    with ZipFile(BytesIO(data)) as archive:
        if (size := sum(part.file_size for part in archive.infolist())) > _MAX_BYTES:
            raise SourceError(f"unpacks to {size:,} bytes; a page of at most {_MAX_BYTES:,} can be read")
    document = Document(BytesIO(data))
    parts: list[str] = []
    for child in document.element.body.iterchildren():
        if child.tag == qn("w:p"):
            parts += _paragraph(Paragraph(child, document))
            for box in child.iter(qn("w:txbxContent")):
                parts += [line for inner in box.iter(qn("w:p")) for line in _paragraph(Paragraph(inner, document))]
        elif child.tag == qn("w:tbl"):
            parts.append("\n".join(_rows(Table(child, document))))
    return "\n\n".join(filter(None, dict.fromkeys(parts) if _has_duplicates(parts) else parts))


def _paragraph(paragraph: Any) -> Iterator[str]:
    text = "".join(run.text for run in paragraph.runs).strip() or paragraph.text.strip()
    style = (paragraph.style.name or "") if paragraph.style else ""
    level = 1 if style == "Title" else int(style[-1]) if style.startswith("Heading ") and style[-1].isdigit() else 0
    if text:
        yield "#" * min(level, 6) + " " * bool(level) + text


def _rows(table: Any) -> Iterator[str]:
    """Yields the rows as lines; the first row is the header."""
    for number, row in enumerate(table.rows):
        cells = [" ".join(cell.text.split()).replace("|", "/") for cell in row.cells]
        yield f"| {' | '.join(cells)} |"
        if not number:
            yield "|" + "---|" * len(cells)


def _has_duplicates(parts: list[str]) -> bool:
    """Tells whether parts repeat: Word writes each text box twice, once for older versions."""
    return len(parts) != len(set(parts))
