"""Small dossiers of local papers with everyday questions, written for training, each report set as a page.

    python training/dossiers.py DIR        # one Markdown page for each report of training/questions/dossiers.jsonl

A line of ``dossiers.jsonl``: ``reports`` (``paper``, ``date``, ``title``, ``sentences``, ``table``) and ``questions``: what is done
(``op``, ``end`` of a rank, ``cond`` of a filter) with which ``items``; each has a ``label`` and the figures that it ``take``s as they
are printed (sign, words, report, sentence or ``t`` and the row, column), none if no report tells it. What sentences answer as they
stand (``op`` 查一) has an ``answer`` in the newer dossiers: words, report and sentence of each part, and a ``verdict`` for yes or no;
what no report tells has the ``op`` 无.
"""

from __future__ import annotations

import json
import random
import sys
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from build_generator_examples import asks_yes_or_no
from found_contexts import BESIDE, UNTOLD, shown_pieces

from rag import Rag
from rag.answer.choose import CandidateSentence, choose_pieces
from rag.answer.prompts import NOT_SAID, read_prompt
from rag.answer.tables import cell_under
from rag.gather.operands import lines_to_read, operands_prompt
from rag.index.passages import passages_of
from rag.language.dates import in_chinese
from rag.language.figures import CELLS, figures_of
from rag.records import Article, Filter, Hit
from rag.search.query import Query
from rag.steps import PASSAGES

Row = dict[str, Any]
DOSSIERS = Path(__file__).parent / "questions" / "dossiers.jsonl"
LOOKED_UP, UNTOLD_BY_ALL, EACH = "查一", "无", "各问"
_OVER_ROWS = ("排名", "合计", "平均", "筛选", "走势")
_COLUMN, _RUNS = 3, 2  # rows from which a column is written as one, and runs of rows that it may be broken into
NOT_PRINTED = ("相差", "合计", "平均", "占比", "增幅", "相隔", "筛选")  # what is worked out, which no sentence tells
_SHOWN = 0.92  # share of the figures of a question that are shown where search does not find them
_PARTLY = 1  # questions of a context of which something is not shown, at most
_KEPT_BACK = 12  # one dossier in as many
_LOOKED_UP = 4  # and of those that one sentence answers
_ASKED = 14  # questions about one context


@cache
def dossiers() -> list[Row]:
    return [json.loads(line) for line in DOSSIERS.read_text(encoding="utf-8").splitlines()]


@cache
def further_questions() -> dict[int, list[Row]]:
    """The questions of ``cells.jsonl``, ``told.jsonl`` and ``parts.jsonl`` about each dossier, in the form of ``dossiers.jsonl``; those
    that ask yes or no are left out, as their verdict is not known.
    """
    found: dict[int, list[Row]] = defaultdict(list)
    for name in ("cells", "told", "parts"):
        for line in DOSSIERS.with_name(f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if question := _in_their_form(row, dossiers()[row["dossier"]]["reports"]):
                found[row["dossier"]].append({"q": row["q"], **question})
    return found


def _in_their_form(row: Row, reports: Sequence[Row]) -> Row | None:
    if asks_yes_or_no(row["q"]) or row.get("op") not in (None, "each", "lookup"):
        return None
    if "row" in row:
        cell = str(reports[row["report"]]["table"]["rows"][row["row"]][row["column"]]).strip()
        return {"op": LOOKED_UP, "answer": [[cell, row["report"], f"t{row['row']}"]]}
    if "s" in row:
        return {"op": LOOKED_UP, "answer": [[row["a"], row["report"], row["s"]]]}
    if "op" in row:
        return {"op": LOOKED_UP, **({"answer": row["answer"]} if row.get("answer") else {})}
    return {"op": UNTOLD_BY_ALL}


def page_of(report: Row, number: int) -> str:
    """A page with one report, its table somewhere in it."""
    table, told = report.get("table"), report["sentences"]
    at = random.Random(number).randint(1, len(told))
    lines = ""
    if table:
        grid = [table["columns"], ["---"] * len(table["columns"]), *table["rows"]]
        lines = "\n".join(f"| {' | '.join(map(str, row))} |" for row in grid)
    parts = [f"{report.get('paper', '')} {in_chinese(report['date'])}".strip(), f"# {report['title']}", "".join(told[:at]),
             table["caption"] if table else "", lines, "".join(told[at:])]
    return "\n\n".join(filter(None, parts)) + "\n"


def is_kept_back(number: int) -> bool:
    """Whether a dossier is one that ``fit_operands.py`` judges by."""
    return number % _KEPT_BACK == _KEPT_BACK - 1


def name_of(dossier: int, report: int) -> str:
    return f"dossier_{dossier:03}_{report}.md"


class Dossiers:
    """Contexts for the generator's adapter, each dossier asked as an archive of its own. ``index``: an index of the pages.
    ``further``: also with the questions of :func:`further_questions`.
    """

    def __init__(self, index: Path, seed: int, further: bool = False) -> None:
        self.further = further
        self.rag, self.random = Rag.open(index=index), random.Random(seed)
        archive = self.rag.retriever.store.archive
        self.articles: dict[str, list[Article]] = defaultdict(list)
        for article in archive.articles(archive.article_ids()).values():
            self.articles[Path(article.source).name].append(article)
        self.lost = 0

    def questions(self, number: int) -> list[Row]:
        return dossiers()[number]["questions"] + (further_questions()[number] if self.further else [])

    def read_contexts(self, numbers: Collection[int], each: int) -> Iterator[Row]:
        """Yields ``each`` contexts to read of those of some dossiers whose answers are marked."""
        for number in numbers:
            questions = self.questions(number)
            if is_kept_back(number) or not any("answer" in question for question in questions):
                continue
            firsts = [one for one in questions if self.answer(number, one, None)]
            for first in self.random.sample(firsts, min(each, len(firsts))):
                query, hits = self.found(number, first)
                shown, more = shown_pieces(self.rag, query, hits, self.random)
                if shown:
                    user, _ = read_prompt("?", shown, more).user.split("问题:?\n")
                    yield {"task": "read", "user": user, "asks": self.reads(number, first, questions, [*shown, *more])}

    def reads(self, number: int, first: Row, questions: Sequence[Row], shown: Sequence[CandidateSentence]) -> list[tuple[str, str]]:
        """The question, and others about the same dossier that the sentences shown answer and do not."""
        told: list[tuple[str, str]] = []
        untold: list[tuple[str, str]] = []
        for question in sorted(self.random.sample(questions, len(questions)), key=lambda one: one is not first):
            if answer := self.answer(number, question, shown):
                (untold if answer == NOT_SAID else told).append((self.named(self.rag.parse_question(question["q"])), answer))
        return [*told[:BESIDE], *untold[:UNTOLD]]

    def answer(self, number: int, question: Row, shown: Sequence[CandidateSentence] | None) -> str | None:
        """What sentences answer to a question; ``shown``: ``None`` for those of the whole dossier. ``None`` where it is not known."""
        if question["op"] == UNTOLD_BY_ALL or question["op"] in NOT_PRINTED:
            return NOT_SAID
        if not question.get("answer"):
            return None
        places = [self.place(number, ["+", *part]) for part in question["answer"]]
        is_shown = [shown is None or any(_holds(one, place) for one in shown) for place in places if place]
        if len(is_shown) < len(places) or (any(is_shown) and not all(is_shown)):
            return None
        words = [str(part[0]) for part in question["answer"]]
        if not all(is_shown):
            return None if any(one in f"{piece.heading}{piece.text}" for piece in shown or () for one in words) else NOT_SAID
        return ",".join([question["verdict"], *words] if "verdict" in question else words)

    def contexts(self, numbers: Collection[int], each: int) -> Iterator[Row]:
        """Yields ``each`` contexts of some dossiers, but for those kept back, with ``(question, what to write)`` about them."""
        for number in numbers:
            if is_kept_back(number):
                continue
            own = dossiers()[number]["questions"]
            for first in self.random.sample(own, min(each, len(own))):
                lines = self.lines(number, first)
                asks = list(self.asks(number, first, self.questions(number), lines))
                if asks:
                    user, _ = operands_prompt("?", lines).user.split("问题:?\n")
                    yield {"task": "operands", "user": user, "asks": asks}

    def lines(self, number: int, question: Row) -> list[CandidateSentence]:
        """The sentences that search and reader find for a question, and those with its figures."""
        query, hits = self.found(number, question)
        pieces = choose_pieces(self.rag.retriever, self.rag.reader, query, hits, self.rag.config.answering)
        own = [place for item in question.get("items", ()) for take in item["take"] if (place := self.place(number, take))]
        return lines_to_read(pieces, [piece for piece in own if self.random.random() < _SHOWN])

    def lines_with_all(self, number: int, question: Row) -> list[CandidateSentence]:
        """The sentences with the figures or the answer of a question, and the rows of their tables."""
        takes = [take for item in question.get("items", ()) for take in item["take"]]
        takes += [["+", *part] for part in question.get("answer", ())]
        return lines_to_read((), [piece for take in takes if (piece := self.place(number, take))])

    def found(self, number: int, question: Row) -> tuple[Query, list[Hit]]:
        query = self.rag.parse_question(question["q"])
        return query, self.rag.retriever.search(query, PASSAGES, Filter(source=name_of(number, 0).removesuffix("0.md")))

    def place(self, number: int, take: Sequence[Any]) -> CandidateSentence | None:
        """The sentence or row of a figure."""
        dossier = dossiers()[number]
        report = dossier["reports"][take[2]]
        for article in self.articles[name_of(number, take[2])]:
            if isinstance(take[3], str):
                at, line = _row_in(article.text, int(take[3][1:]), len(report["table"]["rows"]))
            else:
                line = report["sentences"][take[3]].strip()
                at = article.text.find(line)
            at += max(0, line.find(str(take[1]))) if at >= 0 else 0
            for passage in passages_of(article) if at >= 0 and line else ():
                if passage.field == "text" and passage.start <= at < passage.end:
                    for _, start, end in self.rag.retriever.store.archive.sentences_of(passage.passage_id):
                        if start <= at < end:
                            return CandidateSentence(article, passage, start, end, article.text[start:end])
        self.lost += 1
        return None

    def asks(self, number: int, first: Row, questions: Sequence[Row], lines: Sequence[CandidateSentence]) -> Iterator[tuple[str, str]]:
        partly = looked_up = 0
        others = self.random.sample(questions, len(questions))
        for question in [first, *(one for one in others if one is not first)][:_ASKED]:
            written, is_whole = self.written(number, question, lines)
            if written is None or (not is_whole and question is not first and (partly := partly + 1) > _PARTLY):
                continue
            if written == LOOKED_UP and question is not first and (looked_up := looked_up + 1) > _LOOKED_UP:
                continue
            yield self.named(self.rag.parse_question(question["q"])), written

    @staticmethod
    def named(query: Query) -> str:
        return query.localised or query.question

    def written(self, number: int, question: Row, lines: Sequence[CandidateSentence]) -> tuple[str | None, bool]:
        """What is to be written, and whether all that the dossier tells of it is shown; ``None`` where a figure has no place."""
        if asks_two_places(question):
            return self._two_places(number, question, lines), True
        if question["op"] in (LOOKED_UP, UNTOLD_BY_ALL):
            return LOOKED_UP, True
        word = question["end"] if question["op"] == "排名" else question["op"]
        if question["op"] == "筛选":
            word += "|" + "".join(question["cond"])
        takes = [take for item in question["items"] for take in item["take"]]
        is_over_rows = question["op"] in _OVER_ROWS and all(item["take"] for item in question["items"])
        if is_over_rows and (column := self._column(number, takes, lines)):
            return f"{word}|{column}", True
        items, is_whole = [], True
        for item in question["items"]:
            if len(item["take"]) >= _COLUMN and (column := self._column(number, item["take"], lines)):
                items.append(f"{item['label']}={column.partition('=')[2]}")
                continue
            told = ""
            for place, take in enumerate(item["take"]):
                piece = self.place(number, take)
                if piece is None:
                    return None, False
                line = next((at for at, one in enumerate(lines, 1) if _holds(one, piece)), 0)
                if not line or str(take[1]) not in lines[line - 1].text:
                    told, is_whole = "", False
                    break
                sign = take[0] if place or take[0] == "-" else ""
                told += f"{sign}@{line}:{take[1]}"
            items.append(f"{item['label']}={told or '无'}")
        return "|".join([word, *items]), is_whole

    def _two_places(self, number: int, question: Row, lines: Sequence[CandidateSentence]) -> str | None:
        """Both parts of a question that two sentences answer; ``None`` if they are not shown."""
        told = []
        for part in question["answer"]:
            piece = self.place(number, ["+", *part])
            line = next((at for at, one in enumerate(lines, 1) if piece and _holds(one, piece)), 0)
            if not line:
                return None
            told.append(f"@{line}:{part[0]}")
        return "|".join([EACH, *told])

    def _column(self, number: int, takes: Sequence[Sequence[Any]], lines: Sequence[CandidateSentence]) -> str:
        """The figures of some rows under one header, or two of which one is subtracted; ``""`` if they are no such thing."""
        headers: dict[str, list[int]] = {}
        for take in takes:
            if not isinstance(take[3], str) or (piece := self.place(number, take)) is None:
                return ""
            line = next((at for at, one in enumerate(lines) if _holds(one, piece)), -1)
            cells = lines[line].text.split(CELLS) if line >= 0 else []
            if len(cells) <= take[4] or not cells[take[4]].endswith(str(take[1])):
                return ""
            header = cells[take[4]].removesuffix(str(take[1])).strip()
            headers.setdefault(take[0] + header, []).append(line)
        rows = next(iter(headers.values()))
        if len(headers) > 2 or "+" in headers or "-" in headers or any(other != rows for other in headers.values()) or (
                len(rows) < _COLUMN or sorted(set(rows)) != sorted(rows)):
            return ""
        first = next(iter(headers))[1:]
        runs = _runs(sorted(rows), [one.text for one in lines], first)
        if len(runs) > _RUNS:
            return ""
        told = "".join(f"{header[0]}@{start + 1}~{end + 1}:{header[1:]}" for header in headers for start, end in runs).lstrip("+")
        return f"{'比'.join(header[1:] for header in headers)}={told}"


def asks_two_places(question: Row) -> bool:
    """Whether two sentences or rows answer the two parts of a question."""
    return question["op"] == LOOKED_UP and len({str(part[1:3]) for part in question.get("answer", ())}) > 1


def _runs(rows: Sequence[int], lines: Sequence[str], header: str) -> list[tuple[int, int]]:
    """The first and the last line of each run of rows; one whose cell is empty breaks none."""
    runs = [[rows[0], rows[0]]]
    for row in rows[1:]:
        between = [cell_under(lines[at], header) for at in range(runs[-1][1] + 1, row)]
        is_empty = all(cell and not figures_of(lines[runs[-1][1] + 1 + at][slice(*cell)]) for at, cell in enumerate(between))
        if is_empty:
            runs[-1][1] = row
        else:
            runs.append([row, row])
    return [(start, end) for start, end in runs]


def _holds(shown: CandidateSentence, place: CandidateSentence) -> bool:
    return shown.article.article_id == place.article.article_id and shown.start <= place.start < shown.end


def _row_in(text: str, row: int, count: int) -> tuple[int, str]:
    """The place and the words of a row of the only table of a text; ``(-1, "")`` where the table was not read as it was written."""
    at, rows = 0, []
    for line in text.split("\n"):
        if CELLS in line:
            rows.append((at, line))
        at += len(line) + 1
    return rows[row] if len(rows) == count else (-1, "")


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for place, one in enumerate(dossiers()):
        for at, report in enumerate(one["reports"]):
            (folder / name_of(place, at)).write_text(page_of(report, place * 10 + at), encoding="utf-8")
