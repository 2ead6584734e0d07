"""Commands for questions, searches and figures: ``rag ask``, ``search`` and ``facts``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag.doors.cli.app import ASK, command
from rag.doors.cli.archive import bring_up_to_date
from rag.doors.cli.batch import answer_batch, asked_on_of
from rag.doors.cli.options import (
    AsJson,
    BatchFile,
    ConfigFile,
    IndexFolder,
    OutFile,
    Since,
    SourceName,
    Until,
    day_or_today,
    open_rag,
    whole_number,
)
from rag.doors.cli.printing import print_answer, print_csv, print_facts, print_hits, print_json, print_lines
from rag.errors import QuestionError

if TYPE_CHECKING:
    from rag.records import Hit


@command(ASK, 'rag ask "how many projects did Suizhou start?"')
def ask(
    question: Annotated[str | None, typer.Argument(
        metavar="QUESTION", help="The question, in Chinese or English; write -- before one that begins with a dash.")] = None,
    asked_on: Annotated[date | None, typer.Option(
        parser=day_or_today, metavar="DAY", help='Reckon "last month" or 去年 from this day: 2024-07-05, or today.')] = None,
    build: Annotated[bool, typer.Option("--build", help="Bring the index up to date first.")] = False,
    batch: BatchFile = None, out: OutFile = None,
    config: ConfigFile = None, index: IndexFolder = None, as_json: AsJson = False,
) -> int:
    """Answer a question, with citations."""
    rag = open_rag(config, index)
    if build and bring_up_to_date(rag):
        return 1
    if batch:
        return answer_batch(batch, out, lambda row: rag.ask(row["question"], asked_on=asked_on_of(row, asked_on)).to_dict())
    answer = rag.ask(_required(question), asked_on=asked_on)
    print_json(answer.to_dict()) if as_json else print_answer(answer)
    return 0


@command(ASK, 'rag search "随州 新开工项目" -k 5 --since 2024-07 --explain')
def search(
    query: Annotated[str | None, typer.Argument(
        metavar="QUERY", help="The words to look for; write -- before a query that begins with a dash.")] = None,
    k: Annotated[int | None, typer.Option(
        "-k", parser=whole_number, metavar="K", help="Show this many passages instead of retrieval.k of the config.")] = None,
    since: Since = "",
    until: Until = "",
    source: SourceName = "",
    explain: Annotated[bool, typer.Option("--explain", help="Show what found each passage.")] = False,
    batch: BatchFile = None, out: OutFile = None,
    config: ConfigFile = None, index: IndexFolder = None, as_json: AsJson = False,
) -> int:
    """Find passages."""
    from rag.records import Filter

    rag = open_rag(config, index)
    only = Filter(since, until, source)
    if batch:
        return answer_batch(batch, out, lambda row: _hits(rag.search(row["question"], k, only)))
    hits = rag.search(_required(query), k, only)
    print_json(_hits(hits)) if as_json else print_hits(hits, explain=explain)
    return 0


@command(ASK, 'rag facts "全社会用电量" --unit 千瓦时 --since 2024 --csv > facts.csv')
def facts(
    query: Annotated[str, typer.Argument(metavar="QUERY", help="What the figures count or measure.")],
    k: Annotated[int, typer.Option("-k", parser=whole_number, metavar="K", help="Show this many figures.")] = 50,
    unit: Annotated[str, typer.Option(metavar="UNIT", help="Keep figures with this unit, as printed: 元, 吨, 人次.")] = "",
    kind: Annotated[str, typer.Option(metavar="KIND", help="Keep figures of this kind: number, percent or points.")] = "",
    since: Since = "",
    until: Until = "",
    source: SourceName = "",
    as_csv: Annotated[bool, typer.Option("--csv", help="Print a table for a spreadsheet.")] = False,
    as_lines: Annotated[bool, typer.Option("--jsonl", help="Print one line of JSON for each figure.")] = False,
    config: ConfigFile = None, index: IndexFolder = None, as_json: AsJson = False,
) -> int:
    """List the figures of the archive: what each counts, for which time, and its sentence."""
    from rag.records import Filter

    found = open_rag(config, index).facts(query, k, Filter(since, until, source), unit=unit, kind=kind)
    if as_csv:
        from rag.gather.ledger import csv_rows

        print_csv(csv_rows(found))
    elif as_lines:
        print_lines(entry.to_dict() for entry in found)
    elif as_json:
        print_json({"facts": [entry.to_dict() for entry in found]})
    else:
        print_facts(found)
    return 0


def _required(question: str | None) -> str:
    if question is None:
        raise QuestionError("no question; give one, or --batch FILE")
    return question


def _hits(hits: Sequence[Hit]) -> dict[str, Any]:
    return {"hits": [hit.to_dict() for hit in hits]}
