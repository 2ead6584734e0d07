"""Reads a batch of questions from a file, and exports its answers as a spreadsheet, CSV or JSON lines."""

from __future__ import annotations

import csv
import io
import json
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import PurePath
from typing import Any

from rag.doors.export.cells import as_csv, printable
from rag.doors.export.hits import json_text
from rag.errors import QuestionError, SourceError
from rag.pages.files import decode
from rag.search.query import MAX_CHARACTERS

FORMATS = ("xlsx", "csv", "jsonl")
COLUMNS = ("id", "question", "answer", "refused", "chance", "quotation 1", "quotation 2", "quotation 3", "title", "date", "source",
           "page", "error")

ROW_COLUMNS = ("id", "question", "row", "label", "period", "as printed", "value", "kind", "unit", "worked with", "chance", "quotation",
               "title", "date", "source", "page")  # of the sheet "rows": the rows of gathered answers

_WIDTHS = (8, 36, 48, 9, 9, 40, 40, 40, 28, 12, 28, 9, 28)  # column widths, in characters
_ROW_WIDTHS = (8, 36, 9, 24, 18, 18, 18, 10, 10, 12, 9, 40, 28, 12, 28, 9)  # of the sheet "rows"
_MAX_UNPACKED = 50_000_000  # bytes of an unpacked spreadsheet
_MAX_PARTS = 1_000  # files in a spreadsheet
_MAX_ROWS, _MAX_COLUMNS = 10_000, 200  # of a sheet; a guard against files made to fill the memory
_MAX_CELL = 32_767  # characters of a cell; the limit of Excel
_QUESTION_COLUMNS, _ID_COLUMNS = ("question", "questions", "问题", "問題"), ("id", "编号", "編號")

Rows = Iterator[tuple[int, Sequence[str]]]


def read_questions(name: str, data: bytes, most: int = 500) -> list[dict[str, str]]:
    """Returns the questions of a ``.txt``, ``.csv``, ``.xlsx`` or ``.jsonl`` file as ``{"id", "question"}``; skips blank lines.

    In a table the questions are in the column ``question`` or ``问题``, else in the first column. A missing id is the line
    number. Raises :class:`SourceError` for an unreadable file, :class:`QuestionError` for an invalid question; both name the
    line.

    >>> read_questions("a.csv", "编号,问题\\nq1,开工多少?\\n".encode())
    [{'id': 'q1', 'question': '开工多少?'}]
    """
    readers = {".txt": _from_text, ".csv": _from_csv, ".xlsx": _from_xlsx, ".jsonl": _from_jsonl}
    reader = readers.get(PurePath(name.lower()).suffix)
    if reader is None:
        raise SourceError(f"{name}: no file of questions; use {', '.join(readers)}")
    asked: list[dict[str, str]] = []
    try:
        for line, key, question in reader(data):
            if len(question) > MAX_CHARACTERS:
                raise QuestionError(f"line {line}: has {len(question):,} characters; ask in at most {MAX_CHARACTERS:,}")
            if len(asked) == most:
                raise QuestionError(f"line {line}: more than {most:,} questions; split the file")
            asked.append({"id": key or str(line), "question": question})
    except (SourceError, QuestionError) as error:
        raise type(error)(f"{name}: {error}") from error
    if not asked:
        raise QuestionError(f"{name}: holds no question; write one a line")
    return asked


def answers_as(rows: Iterable[Mapping[str, Any]], format: str) -> bytes:
    """Returns the answers of a batch, one in each row. ``jsonl`` keeps them complete; tables keep three quotations each.

    A row is ``{"id", "question"}`` with ``"answer"`` (an answer of ``rag ask --json``, or its fields directly in the row) or
    ``"error"``. In ``xlsx`` a second sheet holds the rows of gathered answers. Raises :class:`QuestionError` for an unknown
    format.
    """
    if format == "jsonl":
        return "".join(json_text(row) + "\n" for row in rows).encode()
    if format == "csv":
        return as_csv(COLUMNS, map(_answer_cells, rows)).encode()
    if format == "xlsx":
        return _workbook(list(rows))
    raise QuestionError(f"unknown format {format!r}; use one of {', '.join(FORMATS)}")


def _from_text(data: bytes) -> Iterator[tuple[int, str, str]]:
    for line, text in enumerate(decode(data).split("\n"), 1):
        if text.strip():
            yield line, "", text.strip()


def _from_csv(data: bytes) -> Iterator[tuple[int, str, str]]:
    text = decode(data)
    first = text.partition("\n")[0]
    rows = csv.reader(io.StringIO(text), delimiter=max(",;\t", key=first.count), strict=True)
    try:
        yield from _from_rows((rows.line_num, row) for row in rows)
    except csv.Error as error:
        raise SourceError(f"line {rows.line_num}: broken CSV ({error}); save it again as CSV") from error


def _from_rows(rows: Rows) -> Iterator[tuple[int, str, str]]:
    """Yields the questions of a table; the first row is a header if it contains a column name."""
    at, key, columns = 0, -1, 0
    for place, (line, row) in enumerate(rows):
        cells = [cell.strip() for cell in row]
        if place == 0:
            names = [cell.lower() for cell in cells]
            at = next((i for i, name in enumerate(names) if name in _QUESTION_COLUMNS), 0)
            key = next((i for i, name in enumerate(names) if name in _ID_COLUMNS and i != at), -1)
            columns = len(names)
            if names and (names[at] in _QUESTION_COLUMNS or key >= 0):
                continue
        question = ",".join(row).strip() if columns == 1 else "".join(cells[at : at + 1])  # commas belong to the question
        if question:
            yield line, cells[key] if 0 <= key < len(cells) else "", question
        elif any(cells):
            raise QuestionError(f"line {line}: has no question; fill the column or take the row out")


def _from_jsonl(data: bytes) -> Iterator[tuple[int, str, str]]:
    for line, text in enumerate(decode(data).split("\n"), 1):
        if not text.strip():
            continue
        try:
            row = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise SourceError(f"line {line}: not JSON ({error}); write one object a line") from error
        question = row.get("question") if isinstance(row, dict) else None
        if not isinstance(question, str) or not question.strip():
            raise QuestionError(f'line {line}: needs "question" (and "id", if it has one)')
        yield line, printable(row.get("id")), question.strip()


def _from_xlsx(data: bytes) -> Iterator[tuple[int, str, str]]:
    from openpyxl import load_workbook

    _check_container(data)
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        rows = list(book.worksheets[0].iter_rows(max_row=_MAX_ROWS + 1, max_col=_MAX_COLUMNS, values_only=True))
        book.close()
    except Exception as error:  # damaged files raise dozens of exception types of openpyxl
        raise SourceError(f"damaged spreadsheet ({type(error).__name__}: {error}); save it again as .xlsx") from error
    if len(rows) > _MAX_ROWS:
        raise SourceError(f"line {_MAX_ROWS + 1}: more than {_MAX_ROWS:,} rows; copy the questions into a new sheet")
    yield from _from_rows((line, [printable(cell) for cell in row]) for line, row in enumerate(rows, 1))


def _check_container(data: bytes) -> None:
    """Rejects a spreadsheet that unpacks to too much or declares entities, before it is parsed."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()  # the unpacked size cannot exceed the declared one
            if len(parts) > _MAX_PARTS or sum(part.file_size for part in parts) > _MAX_UNPACKED:
                raise SourceError(f"unpacks to more than {_MAX_UNPACKED // 1_000_000} MB; copy the questions into a new sheet")
            for part in parts:
                if b"<!DOCTYPE" in archive.read(part).replace(b"\0", b""):  # also in UTF-16
                    raise SourceError("declares a document type, which no spreadsheet does; save it again as .xlsx")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError, zlib.error) as error:
        raise SourceError(f"damaged spreadsheet ({error}); save it again as .xlsx") from error


def _answer_cells(row: Mapping[str, Any]) -> list[object]:
    """Returns the cells of an answer, in the order of :data:`COLUMNS`."""
    answer = row["answer"] if isinstance(row.get("answer"), Mapping) else row
    cited = answer.get("citations") or []
    first = cited[0] if cited else {}
    quotes = [citation.get("quote") for citation in cited[:3]]
    return [row.get("id"), row.get("question"), answer.get("answer"), answer.get("refused"), answer.get("chance"),
            *quotes, *[None] * (3 - len(quotes)), *(first.get(name) for name in ("title", "date", "source", "page")), row.get("error")]


def _gathered_rows(row: Mapping[str, Any]) -> Iterator[list[object]]:
    """Yields the rows of a gathered answer in the order of :data:`ROW_COLUMNS`, then its result and its missing parts."""
    answer = row["answer"] if isinstance(row.get("answer"), Mapping) else row
    cited = {citation["number"]: citation for citation in answer.get("citations") or []}
    derived, asked = answer.get("derived") or {}, [row.get("id"), row.get("question")]
    for at, entry in enumerate(answer.get("rows") or []):
        first = cited.get(next(iter(entry["citations"]), 0), {})
        yield [*asked, at + 1, entry["label"], entry["period"], entry["shown"], _number(entry["value"]), entry["kind"], entry["unit"],
               at in derived.get("rows", ()), entry["chance"],
               *(first.get(name) for name in ("quote", "title", "date", "source", "page"))]
    if derived.get("shown"):
        yield [*asked, "result", derived["operation"], None, derived["shown"], _number(derived["value"]), derived["kind"],
               derived["unit"], *[None] * 7]
    for label in answer.get("missing") or []:
        yield [*asked, "missing", label, *[None] * 12]


def _number(fraction: str) -> float | None:
    """Converts a fraction to a number for a spreadsheet.

    >>> _number("21/10"), _number("")
    (2.1, None)
    """
    return float(Fraction(fraction)) if fraction else None


def _workbook(rows: Sequence[Mapping[str, Any]]) -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    _fill(book.active, COLUMNS, map(_answer_cells, rows), _WIDTHS)
    if gathered := [line for row in rows for line in _gathered_rows(row)]:
        _fill(book.create_sheet("rows"), ROW_COLUMNS, gathered, _ROW_WIDTHS)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _fill(sheet: Any, header: Sequence[str], rows: Iterable[Sequence[object]], widths: Sequence[int]) -> None:
    """Writes a header and rows; text is never a formula."""
    from openpyxl.styles import Alignment, Font

    for line, row in enumerate((header, *rows), 1):
        for column, value in enumerate(row, 1):
            cell = sheet.cell(line, column)
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if isinstance(value, bool | int | float):
                cell.value = value
            elif value is not None:
                cell.value, cell.data_type = printable(value)[:_MAX_CELL], "s"  # "=1+1" stays text
            if line == 1:
                cell.font = Font(bold=True)
    for column, width in zip(sheet.iter_cols(max_row=1), widths, strict=True):
        sheet.column_dimensions[column[0].column_letter].width = width
    sheet.freeze_panes = "A2"
