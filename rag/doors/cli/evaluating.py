"""Evaluation on the user's own files: ``rag eval``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

import typer

from rag.doors.cli.app import CHECK, command
from rag.doors.cli.batch import read_questions
from rag.doors.cli.options import AsJson, ConfigFile, IndexFolder, open_rag, whole_number
from rag.doors.cli.printing import print_json, print_report
from rag.errors import QuestionError, SourceError

if TYPE_CHECKING:
    from rag.doors.evaluate import Report
    from rag.records import Article

Kind = Literal["retrieval", "answers", "feedback", "gathered", "pages"]


def _kind(text: str) -> str:
    if text not in get_args(Kind):
        raise typer.BadParameter(f"{text!r} is none of {', '.join(get_args(Kind))}")
    return text


@command(CHECK, "rag eval retrieval questions.jsonl --failures 20", name="eval")
def evaluate(
    kind: Annotated[Kind, typer.Argument(
        parser=_kind, metavar="KIND", help=(
            "What to measure: search, answers, answers judged at the desk, gathered answers, or page reading."))],
    file: Annotated[Path, typer.Argument(
        parser=Path, metavar="FILE", help=(
            'Lines of {"id", "question", "doc_ids" or "answers"}, index/feedback.jsonl, '
            "or a folder of NAME.txt and NAME.gold.json."))],
    failures: Annotated[int, typer.Option(
        parser=whole_number, metavar="N", help="Show this many failures; --json has all.")] = 10,
    config: ConfigFile = None, index: IndexFolder = None, as_json: AsJson = False,
) -> int:
    """Measure search, answers or page reading on files of your own, or answers judged at the desk."""
    report = _measured(kind, file, config, index)
    print_json(report.to_dict()) if as_json else print_report(report, failures)
    return 0


def _measured(kind: Kind, file: Path, config: str | None, index: str | None) -> Report:
    import rag.doors.evaluate as harness
    from rag.doors.evaluate_gathered import evaluate_gathered

    if kind == "pages":
        return harness.evaluate_pages(_gold_pages(file))
    measure = {"retrieval": harness.evaluate_retrieval, "answers": harness.evaluate_answers,
               "feedback": harness.evaluate_feedback, "gathered": evaluate_gathered}[kind]
    rows = list(_good_questions(file))
    return measure(open_rag(config, index), rows)


def _good_questions(file: Path) -> Iterator[dict[str, Any]]:
    """Yields the questions of a file. Raises :class:`QuestionError` for the first bad line."""
    for number, row in read_questions(file):
        if isinstance(row, str):
            raise QuestionError(f"{file}:{number}: {row}")
        yield row


def _gold_pages(folder: Path) -> Iterator[tuple[str, list[Article], list[dict[str, Any]]]]:
    from rag.pages import read_articles

    golds = sorted(folder.glob("*.gold.json"))
    if not golds:
        raise SourceError(f"{folder}: no NAME.gold.json here; each holds the true articles of NAME.txt")
    for gold in golds:
        name = gold.name.removesuffix(".gold.json")
        try:
            true = json.loads(gold.read_text(encoding="utf-8"))
        except ValueError as error:
            raise SourceError(f"{gold}: is not JSON ({error})") from error
        yield name, list(read_articles(folder / f"{name}.txt")), true
