"""Answers a file of questions, with a line of JSON for each."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import date
from pathlib import Path
from typing import Any

from rag.doors.cli.options import PROGRESS
from rag.doors.cli.terminal import note_error
from rag.errors import QuestionError, RagError


def answer_batch(batch: Path, out: Path | None, answer: Callable[[dict[str, Any]], dict[str, Any]]) -> int:
    """Answers the questions and writes each answer at once; a bad line is reported and skipped. Returns the exit code."""
    failed = 0
    with out.open("w", encoding="utf-8") if out else nullcontext(sys.stdout) as written:
        for number, row in read_questions(batch):
            try:
                if isinstance(row, str):
                    raise QuestionError(row)
                result = {"id": row["id"], **answer(row)}
            except RagError as error:
                failed += 1
                note_error(f"{batch}:{number}: {error}")
                continue
            written.write(json.dumps(result, ensure_ascii=False) + "\n")
            written.flush()
            PROGRESS("batch", number, 0)
    PROGRESS.done()
    return 1 if failed else 0


def read_questions(file: Path) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """Yields the line number and the record of each question, or for a bad line the error text."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise QuestionError(f"{file}: cannot be read ({error})") from error
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield number, _question(line)


def _question(line: str) -> dict[str, Any] | str:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        return f"not JSON ({error})"
    if isinstance(row, dict) and isinstance(row.get("question"), str) and "id" in row:
        return row
    return 'needs "id" and "question"'


def asked_on_of(row: dict[str, Any], asked_on: date | None) -> date | None:
    """Returns the ``asked_on`` day of a line, or that of the command. Raises :class:`QuestionError` for an invalid day."""
    try:
        return date.fromisoformat(row["asked_on"]) if "asked_on" in row else asked_on
    except (TypeError, ValueError) as error:
        raise QuestionError(f"asked_on: {row['asked_on']!r} is no day; write 2024-07-05") from error
