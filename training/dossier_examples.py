"""What the reader learns from the dossiers: which sentence or row of a report answers a question, and which of its words.

The questions are those of ``dossiers.jsonl`` that sentences answer, those that nothing answers, a part of those that have to be worked
out, which no sentence answers either, those of ``cells.jsonl`` about single cells, and those of ``told.jsonl`` about single sentences.
Dossiers that are kept back are left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dossiers import LOOKED_UP, NOT_PRINTED, UNTOLD_BY_ALL, dossiers, is_kept_back, name_of
from examples import Examples, R, Row
from written_tables import Asked, add_article, add_asked, articles_of, cell_asked, lines_of

from rag import Rag
from rag.language.figures import CELLS

QUESTIONS = Path(__file__).parent / "questions"
_WORKED_OUT = 0.3  # share of the questions that have to be worked out


@dataclass(frozen=True)
class Report:
    """A report as the program reads it: its number among the documents of the examples, and its sentences and rows."""

    doc: int
    written: Row
    lines: list[str]

    @property
    def rows(self) -> list[int]:
        """The lines that are rows of its table; none where the table was not read as it was written."""
        found = [number for number, line in enumerate(self.lines) if CELLS in line]
        return found if len(found) == len((self.written.get("table") or {}).get("rows", ())) else []

    def cell(self, row: int, column: int, text: str) -> Asked | None:
        table = self.written["table"]
        return cell_asked(table, self.lines, self.rows[row], row, column, text) if self.rows else None

    def told(self, words: str, place: int | str, text: str) -> Asked | None:
        """Where a sentence (its number) or a row (``t`` and its number) has some words."""
        if isinstance(place, int):
            sentence = self.written["sentences"][place]
            line = next((n for n, one in enumerate(self.lines) if words in one and one.strip() in sentence), -1)
            at = self.lines[line].find(words) if line >= 0 else -1
            return Asked(text, line, at, at + len(words)) if at >= 0 else None
        row = int(place[1:])
        cells = [str(cell).strip() for cell in self.written["table"]["rows"][row]]
        column = next((n for n, cell in enumerate(cells) if cell == words), None)
        return self.cell(row, column, text) if column is not None else None

    def single(self, question: Row) -> Asked | None:
        """A question of :func:`questions_of_dossiers`."""
        if "row" in question:
            return self.cell(question["row"], question["column"], question["q"])
        return self.told(question["a"], question["s"], question["q"]) if "s" in question else Asked(question["q"], -1)


def questions_of_dossiers(name: str) -> list[Row]:
    """More questions about the dossiers: ``{dossier, report, q, row, column}`` of ``cells`` and ``{dossier, report, q, s, a}`` of
    ``told``, where nothing answers those without a place; ``{dossier, op, q, answer}`` of ``parts``.
    """
    return [json.loads(line) for line in (QUESTIONS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


def add_dossiers(made: Examples, index: Path) -> None:
    """Adds the questions of all dossiers but those kept back. ``index``: an index of the pages that ``dossiers.py`` makes."""
    reports = _reports(made, index)
    lost = 0
    for number, dossier in enumerate(dossiers()):
        own = [report for (of, _), report in reports.items() if of == number]
        for question in dossier["questions"] if len(own) == len(dossier["reports"]) else ():
            for report, asked in _asked(question, own):
                lost += asked is None
                if asked:
                    add_asked(made, report.doc, asked, "dossier")
    for kind, name in (("cell", "cells"), ("told", "told")):
        for question in questions_of_dossiers(name):
            report = reports.get((question["dossier"], question["report"]))
            asked = report.single(question) if report else None
            lost += bool(report) and asked is None
            if report and asked:
                add_asked(made, report.doc, asked, kind)
    print("questions of dossiers whose answer was not found:", lost)


def _reports(made: Examples, index: Path) -> dict[tuple[int, int], Report]:
    """The reports that were read as one story each, by dossier and number."""
    articles = articles_of(Rag.open(index=index))
    found = {}
    for number, dossier in enumerate(dossiers()):
        for at, written in enumerate(dossier["reports"]):
            article = articles.get(name_of(number, at))
            if article and not is_kept_back(number):
                lines = lines_of(article)
                found[number, at] = Report(add_article(made, article, lines), written, lines)
    return found


def _asked(question: Row, reports: Sequence[Report]) -> Iterator[tuple[Report, Asked | None]]:
    """A question with the place of each part of its answer, or without any."""
    if question["op"] == LOOKED_UP:
        for words, report, place in question.get("answer", ()):
            yield reports[report], reports[report].told(str(words), place, question["q"])
    elif question["op"] == UNTOLD_BY_ALL:
        yield R.choice(reports), Asked(question["q"], -1)
    elif question["op"] in NOT_PRINTED and R.random() < _WORKED_OUT:
        yield next((reports[take[2]] for item in question["items"] for take in item["take"]), reports[0]), Asked(question["q"], -1)
