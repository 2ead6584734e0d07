"""Colours and tables on a terminal, plain lines in a pipe, notes and errors on stderr."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

import typer

Cell = str | tuple[str, str]  # a text, or a text with its style


def is_terminal(stream: TextIO) -> bool:
    """Tells whether a stream is a terminal."""
    return stream.isatty()


def styled(text: str, *, stream: TextIO | None = None, **style: Any) -> str:
    """Returns text in bold or colour for a terminal, unless ``NO_COLOR`` is set; plain text for a pipe."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" or not is_terminal(stream or sys.stdout)
    return text if plain else typer.style(text, **style)


def print_table(headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """Prints a table in the width of the terminal."""
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE, pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) if isinstance(cell, str) else Text(*cell) for cell in row))
    Console().print(table)


def note(line: str) -> None:
    """Prints a line on stderr."""
    print(line, file=sys.stderr)


def note_error(line: str) -> None:
    """Prints an error in one line on stderr."""
    note(f"{styled('rag:', stream=sys.stderr, fg='red', bold=True)} {line}")


def show_wrong_usage(error: typer.TyperException) -> None:
    """Prints the usage of the command and what is wrong with the command line."""
    wrong: Any = error  # the class with show() has no public name
    if is_terminal(sys.stdout) and is_terminal(sys.stderr):
        from typer.rich_utils import rich_format_error

        rich_format_error(wrong)
    else:
        wrong.show()


def show_warnings() -> None:
    """Sends warnings of the package (such as a repaired index) to stderr, one line each."""
    import logging

    logger = logging.getLogger("rag")
    if not logger.handlers:
        shown = logging.StreamHandler()
        shown.setFormatter(logging.Formatter("rag: %(message)s"))
        logger.addHandler(shown)
