"""Tables of local papers that were written for training, each set as a page, which the program reads as any other.

    python training/written_tables.py DIR        # one Markdown page for each table of training/questions/tables.jsonl

A line of ``tables.jsonl``: ``paper``, ``date``, ``title``, ``caption`` (the line above the table), ``columns``, ``rows``, ``beside``
(the sentences of the story) and ``questions``: those that a cell, the name of a row or a sentence answers, tempting ones that
nothing answers, and those that take several cells, with their plans.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from examples import Examples, R, named

from rag import Rag
from rag.answer.tables import table_caption
from rag.gather.plan import asked
from rag.language.dates import in_chinese
from rag.language.figures import CELLS
from rag.language.text import language, sentences
from rag.records import Article

Row = dict[str, Any]
TABLES = Path(__file__).parent / "questions" / "tables.jsonl"
NOT_PRINTED = ("相差", "合计", "平均", "占比", "增幅")  # what is worked out, which neither a cell nor a sentence tells


@dataclass(frozen=True)
class Asked:
    """A question about one table: ``lines[line][start:end]`` answers it; ``line`` -1: nothing does."""

    text: str
    line: int
    start: int = 0
    end: int = 0


def tables() -> list[Row]:
    return [json.loads(line) for line in TABLES.read_text(encoding="utf-8").splitlines()]


def page_of(table: Row, number: int) -> str:
    """A page with one story, its table somewhere in it."""
    grid = [table["columns"], ["---"] * len(table["columns"]), *table["rows"]]
    lines = "\n".join(f"| {' | '.join(row)} |" for row in grid)
    at = random.Random(number).randint(1, len(table["beside"]))
    before, after = "".join(table["beside"][:at]), "".join(table["beside"][at:])
    parts = [f"{table['paper']} {in_chinese(table['date'])}".strip(), f"# {table['title']}", before, table["caption"], lines, after]
    return "\n\n".join(filter(None, parts)) + "\n"


def name_of(number: int) -> str:
    return f"table_{number:03}.md"


def articles_of(rag: Rag) -> dict[str, Article]:
    """The stories of an index of the pages, by the names of their files."""
    archive = rag.retriever.store.archive
    return {Path(article.source).name: article for article in archive.articles(archive.article_ids()).values()}


def lines_of(article: Article) -> list[str]:
    """The rows and sentences of a story as the reader is shown them, rows under the line above their table."""
    found, at = [], 0
    for line in article.text.split("\n"):
        if CELLS in line:
            found.append(f"{table_caption(article.text, at)} {line}".strip())
        else:
            found += [line[start:end] for start, end in sentences(line)]
        at += len(line) + 1
    return found


def questions_of(table: Row, lines: list[str]) -> Iterator[Asked]:
    """The questions of a table, each once; those whose answer is not where it should be are left out."""
    yield from {one.text: one for one in _questions(table, lines)}.values()


def _questions(table: Row, lines: list[str]) -> Iterator[Asked]:
    rows = [number for number, line in enumerate(lines) if CELLS in line]
    if len(rows) != len(table["rows"]):
        return
    for question in table["questions"]:
        if question["kind"] in ("cell", "name"):
            found = cell_asked(table, lines, rows[question["row"]], question["row"], question.get("col", 0), question["q"])
            if found:
                yield found
        elif question["kind"] == "beside":
            line = next((number for number, text in enumerate(lines) if question["words"] in text and number not in rows), -1)
            if line >= 0:
                start = lines[line].index(question["words"])
                yield Asked(question["q"], line, start, start + len(question["words"]))
        elif question["kind"] == "none":
            yield Asked(question["q"], -1)
        else:
            word, *parts = question["plan"].split("|")
            if word in NOT_PRINTED:
                yield Asked(question["q"], -1)
            if word != "排名" and len(parts) == len(question["cells"]):
                cells = [cell_asked(table, lines, rows[row], row, column, asked(part))
                         for part, (row, column) in zip(parts, question["cells"], strict=True)]
                yield from filter(None, cells)


def cell_asked(table: Row, lines: list[str], line: int, row: int, column: int, text: str) -> Asked | None:
    """The value of a cell, with its unit, behind the header of its column."""
    value, header, whole = table["rows"][row][column].strip(), table["columns"][column].strip(), lines[line]
    begin = f"{header} {value}" if header else value
    at = whole.find(begin, 0 if not column else whole.find(CELLS))
    if at < 0 or not value:
        return None
    end = whole.find(CELLS, at)
    return Asked(text, line, at + len(begin) - len(value), end if end >= 0 else len(whole))


def add_written_tables(made: Examples, index: Path) -> None:
    """Adds tables of local papers, each row under the line above its table, and the sentences beside them. ``index``: of the pages."""
    articles = articles_of(Rag.open(index=index))
    for number, table in enumerate(tables()):
        lines = lines_of(articles[name_of(number)]) if name_of(number) in articles else []
        if not lines:
            continue
        doc = add_article(made, articles[name_of(number)], lines)
        for question in questions_of(table, lines):
            add_asked(made, doc, question, "written_table")


def add_article(made: Examples, article: Article, lines: list[str]) -> int:
    """Adds a story as the reader is shown it; returns its number."""
    return made.doc(f"{article.paper} {article.title}".strip(), article.date, lines)


def add_asked(made: Examples, doc: int, asked: Asked, kind: str) -> None:
    """Adds a question about a story, of the kind ``kind``, ``kind_en`` and, if nothing answers it, ``kind…_nothing``."""
    if language(asked.text) == "en":
        kind += "_en"
        if R.random() < 0.65:
            asked = replace(asked, text=named(asked.text, "".join(made.docs[doc]["sentences"])))
    if asked.line < 0:
        made.nothing(asked.text, doc, kind + "_nothing")
    else:
        place = {"sentence": asked.line, "start": asked.start, "end": asked.end}
        made.questions.append({"text": asked.text, "doc": doc, **place, "kind": kind})


def plans() -> list[Row]:
    """The questions that take several cells, with their plans, as in ``planned.jsonl``."""
    return [{"question": question["q"], "plan": question["plan"]}
            for table in tables() for question in table["questions"] if question["kind"] == "plan"]


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for place, one in enumerate(tables()):
        (folder / name_of(place)).write_text(page_of(one, place), encoding="utf-8")
