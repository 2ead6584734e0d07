"""Pages set in type, as PDF and as pictures of it; tables in four formats.

    python benchmarks/newsprint.py --articles news.jsonl --seed 59 --pages 60 --font FONT.ttf --out DIR [--pictures 300]
    python benchmarks/set_pages.py --pages DIR [--pictures 4] --scorer score_pages.py

``--pictures N`` also reads the first N pages from their pictures (``.png``), by OCR. A cell of a table counts as right where one
row of an article holds the name of the row and, side by side, the header and the value of the cell.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from newsprint import made_table
from run import PAGE_FIGURES, page_score, write_table

from rag.language.figures import CELLS
from rag.language.text import fold
from rag.pages.files import read_articles
from rag.records import Article

MADE = 60  # tables of each written format

Table = Sequence[Sequence[str]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=Path, required=True)
    parser.add_argument("--pictures", type=int, default=0)
    parser.add_argument("--scorer", type=Path, required=True)
    arguments = parser.parse_args()
    golds = sorted(arguments.pages.glob("*.gold.json"))
    rows = [measured("PDF", golds, ".pdf", arguments.scorer)]
    if arguments.pictures:
        rows.append(measured("picture", golds[: arguments.pictures], ".png", arguments.scorer))
    command = f"set_pages.py --pages DIR --pictures {arguments.pictures} --scorer score_pages.py"
    columns = ["pages", *PAGE_FIGURES, "dates", "bylines", "sections", "cells", "seconds a page"]
    write_table("set_pages", "Pages set in type", columns, rows, command)
    write_table("tables", "Tables: cells that can be read with their row and header", ["format", "tables", "cells right"],
                [[name, MADE, written(name, write)] for name, write in FORMATS.items()], command)


def measured(kind: str, golds: Sequence[Path], end: str, scorer: Path) -> list[object]:
    """The scorer's figures; then dates, bylines, sections and cells right of all; then seconds."""
    dates, bylines, sections, cells, seconds = [], [], [], [], []
    with tempfile.TemporaryDirectory() as name:
        true, read = Path(name, "gold"), Path(name, "read")
        true.mkdir()
        read.mkdir()
        for gold in golds:
            stem = gold.name.removesuffix(".gold.json")
            began = time.perf_counter()
            articles = list(read_articles(gold.with_name(stem + end)))
            seconds.append(time.perf_counter() - began)
            stories = json.loads(gold.read_text(encoding="utf-8"))
            (true / gold.name).write_text(gold.read_text(encoding="utf-8"), encoding="utf-8")
            (read / f"{stem}.json").write_text(json.dumps(list(map(prose, articles)), ensure_ascii=False), encoding="utf-8")
            for story in stories:
                article = next((one for one in articles if _letters(one.title) == _letters(story["title"])), None)
                dates.append(article is not None and article.date == story["date"])
                bylines.append(article is not None and has_byline(article, story["byline"] or ""))
                sections.append(article is not None and article.section == (story["section"] or ""))
                for table in story.get("tables", ()):
                    cells += list(right_cells(articles, table, f"{stem} {kind}"))
        score = page_score(scorer, true, "--pred", str(read))
    return [f"{kind} ({len(golds)})", *score, *(f"{sum(some)} of {len(some)}" for some in (dates, bylines, sections, cells)),
            f"{sum(seconds) / len(seconds):.2f}"]


def _letters(title: str) -> str:
    return fold(title).replace(" ", "")


def prose(article: Article) -> dict[str, Any]:
    """An article without the rows of its tables, which the truth has apart and ``right_cells`` counts."""
    text = "\n".join(line for line in article.text.splitlines() if CELLS not in line)
    return {**article.to_dict(), "text": text}


def has_byline(article: Article, wanted: str) -> bool:
    return wanted in (article.byline or "") and bool(article.byline) == bool(wanted)


def right_cells(articles: Sequence[Article], table: Table, where: str = "") -> Iterator[bool]:
    """For each cell below the header whether it can be read."""
    header = table[0]
    lines = [fold(line).replace(" ", "") for article in articles for line in article.text.splitlines()]
    for row in table[1:]:
        for head, cell in zip(header, row, strict=True):
            wanted, name = (fold(part).replace(" ", "") for part in (head + cell, row[0]))
            told = any(wanted in line and name in line for line in lines)
            if not told and where:
                print(where, head, row, flush=True)
            yield told


def written(name: str, write: Callable[[Path, Table], None]) -> str:
    chance, told = random.Random(name), []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(MADE):
            file, table = Path(folder, f"{number}.{name}"), made_table(chance)
            write(file, table)
            told += list(right_cells(list(read_articles(file)), table))
    return f"{sum(told)} of {len(told)}"


TITLE, TEXT = "春茶开采", "本报讯 各村春茶近日开采,今年雨水足,长势比去年好。县里派出技术员到田头指导,合作社统一收购。"


def write_markdown(file: Path, table: Table) -> None:
    lines = ["| " + " | ".join(row) + " |" for row in table]
    lines.insert(1, "|" + "---|" * len(table[0]))
    file.write_text("\n\n".join((f"# {TITLE}", TEXT, "\n".join(lines))) + "\n", encoding="utf-8")


def write_html(file: Path, table: Table) -> None:
    head = "".join(f"<th>{cell}</th>" for cell in table[0])
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in table[1:])
    file.write_text(f"<html><body><article><h1>{TITLE}</h1><p>{TEXT}</p><table><tr>{head}</tr>{body}</table></article></body></html>",
                    encoding="utf-8")


def write_word(file: Path, table: Table) -> None:
    import docx

    document: Any = docx.Document()
    document.add_heading(TITLE, 1)
    document.add_paragraph(TEXT)
    rows = document.add_table(len(table), len(table[0])).rows
    for cells, row in zip(rows, table, strict=True):
        for place, cell in zip(cells.cells, row, strict=True):
            place.text = cell
    document.save(file)


FORMATS: dict[str, Callable[[Path, Table], None]] = {"md": write_markdown, "html": write_html, "docx": write_word}


if __name__ == "__main__":
    main()
