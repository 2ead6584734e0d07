"""DOCX → page text: paragraphs, headings by their style, tables as ``| a | b |``, text boxes where they are anchored."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any
from zipfile import ZipFile

from rag.errors import SourceError

_BYTES_AT_MOST = 300_000_000


def text_of_docx(data: bytes) -> str:
    """The text of a Word file, in the order of its body."""
    from docx import Document
    from docx.oxml.ns import qn
    from docx.table import Table
    from docx.text.paragraph import Paragraph

    with ZipFile(BytesIO(data)) as parts_of_it:
        if (size := sum(part.file_size for part in parts_of_it.infolist())) > _BYTES_AT_MOST:
            raise SourceError(f"unpacks to {size:,} bytes; a page of at most {_BYTES_AT_MOST:,} can be read")
    document = Document(BytesIO(data))
    parts: list[str] = []
    for child in document.element.body.iterchildren():
        if child.tag == qn("w:p"):
            parts += _paragraph(Paragraph(child, document))
            for box in child.iter(qn("w:txbxContent")):
                parts += [line for inner in box.iter(qn("w:p")) for line in _paragraph(Paragraph(inner, document))]
        elif child.tag == qn("w:tbl"):
            parts.append("\n".join(_rows(Table(child, document))))
    return "\n\n".join(filter(None, dict.fromkeys(parts) if _doubled(parts) else parts))


def _paragraph(paragraph: Any) -> Iterator[str]:
    text = "".join(run.text for run in paragraph.runs).strip() or paragraph.text.strip()
    style = (paragraph.style.name or "") if paragraph.style else ""
    level = 1 if style == "Title" else int(style[-1]) if style.startswith("Heading ") and style[-1].isdigit() else 0
    if text:
        yield "#" * min(level, 6) + " " * bool(level) + text


def _rows(table: Any) -> Iterator[str]:
    """The rows as lines; the first is the header."""
    for number, row in enumerate(table.rows):
        cells = [" ".join(cell.text.split()).replace("|", "/") for cell in row.cells]
        yield f"| {' | '.join(cells)} |"
        if not number:
            yield "|" + "---|" * len(cells)


def _doubled(parts: list[str]) -> bool:
    """Whether text boxes stand in the file twice, as Word writes them for older versions of itself."""
    return len(parts) != len(set(parts))
