"""Options that several commands share, and parsers of days and numbers."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag.progress import Bars

if TYPE_CHECKING:
    from rag.engine import Rag

PROGRESS = Bars()
_EVERY_COMMAND = "Options of every command"

ConfigFile = Annotated[str | None, typer.Option(
    "--config", metavar="PATH", help="Read this config file instead of config.yaml.", rich_help_panel=_EVERY_COMMAND)]
IndexFolder = Annotated[str | None, typer.Option(
    "--index", metavar="DIR", help="Use this index folder instead of index.dir of the config.", rich_help_panel=_EVERY_COMMAND)]
AsJson = Annotated[bool, typer.Option(
    "--json", help="Print JSON on stdout, and nothing else there.", rich_help_panel=_EVERY_COMMAND)]
BatchFile = Annotated[Path | None, typer.Option(
    "--batch", parser=Path, metavar="Q.jsonl",
    help='Answer every line of {"id", "question"} in this file; for `ask` a line may hold "asked_on".')]
OutFile = Annotated[Path | None, typer.Option(
    "--out", parser=Path, metavar="A.jsonl", help="Write the lines of a batch to this file instead of stdout.")]


def open_rag(config: str | None, index: str | None) -> Rag:
    """Opens the archive that the options name, with progress on stderr."""
    from rag.engine import Rag

    rag = Rag.open(config, index=index)
    rag.progress = PROGRESS
    return rag


def whole_number(text: str | int) -> int:
    """Parses an integer.

    >>> whole_number("10")
    10
    """
    try:
        return int(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no whole number") from error


def day_month_or_year(text: str) -> str:
    """Checks an ISO day, month or year; empty text means no limit.

    >>> day_month_or_year("2024-07")
    '2024-07'
    """
    if text and not re.fullmatch(r"\d{4}(-\d\d){0,2}", text):
        raise typer.BadParameter(f"{text!r} is no date; write 2024, 2024-07 or 2024-07-05")
    return text


Since = Annotated[str, typer.Option(
    parser=day_month_or_year, metavar="DATE", help="Keep articles of this day, month or year, or later.")]
Until = Annotated[str, typer.Option(
    parser=day_month_or_year, metavar="DATE", help="Keep articles of this day, month or year, or earlier.")]
SourceName = Annotated[str, typer.Option("--source", metavar="TEXT", help="Keep sources whose name holds this text.")]


def day_or_today(text: str) -> date:
    """Parses a day or ``today``.

    >>> day_or_today("2024-07-05")
    datetime.date(2024, 7, 5)
    """
    try:
        return date.today() if text == "today" else date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no day; write 2024-07-05 or today") from error
