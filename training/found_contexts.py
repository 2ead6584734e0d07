"""Contexts for the generator's adapter as the program puts them together: the sentences that search and reader find for a question.

A question is asked of the news of its day. The sentences of other items and the ones next to the answer are those that the reader takes
for it, so they are harder to tell from it than sentences drawn at random.
"""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from examples import item_sentences, other_place
from written_tables import Asked, articles_of, lines_of, name_of, questions_of, tables

from rag import Rag
from rag.answer.choose import CandidateSentence, choose_pieces
from rag.answer.prompts import NOT_SAID, read_prompt
from rag.answer.read import likely_pieces
from rag.records import Filter, Hit
from rag.search.query import Query
from rag.steps import PASSAGES

Row = dict[str, Any]
QUESTIONS = Path(__file__).parent / "questions"
BESIDE = 6  # other questions about the same item that one context answers, at most
UNTOLD = 2  # and that it does not
_READ_ON = 0.4  # share of the contexts with the second half of the sentences, which is read where the first is not enough
_ELSEWHERE = 0.3  # share of the questions with an answer that are also asked about another place, if they name one


def is_exchanged(row: Row) -> bool:
    """Whether a question is one of those that were asked again with one thing exchanged, or is about the same item."""
    return "kind" in row


class FoundContexts:
    """Contexts of questions about the news. ``index``: an index of the news items; ``answer``: (question, its words) → what to write,
    ``None`` to leave the question out.
    """

    def __init__(self, index: Path, answer: Callable[[str, str], str | None], seed: int) -> None:
        self.rag, self.answer, self.random = Rag.open(index=index), answer, random.Random(seed)
        self.apart = set(json.loads((QUESTIONS / "apart.json").read_text(encoding="utf-8")))
        self.rows: dict[str, list[Row]] = defaultdict(list)
        for file in sorted(QUESTIONS.glob("news_*.jsonl")):
            for row in map(json.loads, file.read_text(encoding="utf-8").splitlines()):
                if row["doc"] not in self.apart:
                    self.rows[row["doc"]].append(row)

    def contexts(self, count: int, exchanged: int) -> Iterator[Row]:
        """Yields contexts, each of another question, with ``(question, what to write)`` about them: up to ``count``, and up to
        ``exchanged`` more of items whose questions have been asked again with one thing exchanged.
        """
        rows = [row for rows in self.rows.values() for row in rows]
        for some, most in ((is_exchanged, exchanged), (lambda row: not is_exchanged(row), count)):
            own = [row for row in rows if some(row)]
            yield from self._contexts(self.random.sample(own, min(most, len(own))))

    def _contexts(self, rows: Sequence[Row]) -> Iterator[Row]:
        for row in rows:
            shown, more = self.shown(row)
            if shown:
                user, _ = read_prompt("?", shown, more).user.split("问题:?\n")
                if asks := self.asks(row, [*shown, *more]):
                    yield {"task": "read", "user": user, "asks": asks}

    def shown(self, row: Row) -> tuple[list[CandidateSentence], list[CandidateSentence]]:
        """The sentences that the program would show its generator for a question."""
        rag, day = self.rag, "-".join((row["doc"][5:9], row["doc"][9:11], row["doc"][11:13]))
        query = rag.parse_question(row["zh"])
        hits = [hit for hit in rag.retriever.search(query, PASSAGES, Filter(since=day, until=day))
                if hit.article.doc_id == row["doc"] or hit.article.doc_id not in self.apart]
        return shown_pieces(rag, query, hits, self.random)

    def asks(self, row: Row, shown: Sequence[CandidateSentence]) -> list[tuple[str, str]]:
        """The question in both languages, others about the same item that the sentences shown answer and do not, and
        some about another place.
        """
        asks = [(row[language], self.answer_in(row, row[language], shown)) for language in ("zh", "en")]
        told: list[tuple[str, str]] = []
        untold: list[tuple[str, str]] = []
        for other in self.random.sample(self.rows[row["doc"]], len(self.rows[row["doc"]])):
            if other is not row:
                answers = [(other[language], self.answer_in(other, other[language], shown)) for language in ("zh", "en")]
                untold += [(question, answer) for question, answer in answers if answer == NOT_SAID]
                told += [(question, answer) for question, answer in answers if answer and answer != NOT_SAID]
        text = "".join(f"{piece.heading}{piece.text}" for piece in shown)
        elsewhere = [(other, NOT_SAID) for question, answer in (*asks, *told[:BESIDE])
                     if answer and answer != NOT_SAID and not answer.startswith(("是,", "否,"))  # another place is a "no" there
                     and self.random.random() < _ELSEWHERE and (other := other_place(question, text))]
        asked = (*asks, *told[:BESIDE], *self.random.sample(untold, min(UNTOLD, len(untold))), *elsewhere)
        return [(self.named(question), answer) for question, answer in asked if answer]

    def named(self, question: str) -> str:
        query = self.rag.parse_question(question)
        return query.localised or query.question

    def answer_in(self, row: Row, question: str, shown: Sequence[CandidateSentence]) -> str | None:
        """What the sentences shown answer to a question about one item; ``None`` if they may tell it in another sentence."""
        if row["s"] < 0:
            return NOT_SAID
        for piece in shown:
            if piece.article.doc_id == row["doc"]:
                sentences = item_sentences(piece.article.text)
                right = sentences[row["s"]] if row["s"] < len(sentences) else ""
                if row["a"] in right and row["a"] in piece.text and (piece.text.strip() in right or right in piece.text):
                    return self.answer(question, row["a"])
        return None if any(row["a"] in f"{piece.heading}{piece.text}" for piece in shown) else NOT_SAID


def shown_pieces(
    rag: Rag, query: Query, hits: Sequence[Hit], random: random.Random
) -> tuple[list[CandidateSentence], list[CandidateSentence]]:
    """The sentences that are read first, and those that are read on, if the context is one with these."""
    pieces = [piece for piece in choose_pieces(rag.retriever, rag.reader, query, hits, rag.config.answering) if piece.timely]
    few = rag.config.answering.evidence_sentences
    if not pieces:
        return [], []
    return likely_pieces(pieces[:few]), pieces[few : 2 * few] if random.random() < _READ_ON else []


class FoundTables:
    """Contexts of questions about the tables that were written for training. ``index``: an index of their pages."""

    def __init__(self, index: Path, seed: int) -> None:
        self.rag, self.random = Rag.open(index=index), random.Random(seed)
        articles = articles_of(self.rag)
        self.asked = {}
        for number, table in enumerate(tables()):
            if article := articles.get(name_of(number)):
                lines = lines_of(article)
                self.asked[article.article_id] = [
                    (one.text, lines[one.line] if one.line >= 0 else "", one) for one in questions_of(table, lines)]

    def contexts(self, each: int) -> Iterator[Row]:
        """Yields ``each`` contexts of every table."""
        for own in self.asked.values():
            for text, _, _ in self.random.sample(own, min(each, len(own))):
                query = self.rag.parse_question(text)
                hits = self.rag.retriever.search(query, PASSAGES)
                shown, more = shown_pieces(self.rag, query, hits, self.random)
                if shown:
                    user, _ = read_prompt("?", shown, more).user.split("问题:?\n")
                    yield {"task": "read", "user": user, "asks": self.asks(text, own, [*shown, *more])}

    def asks(self, first: str, own: Sequence[tuple[str, str, Asked]], shown: Sequence[CandidateSentence]) -> list[tuple[str, str]]:
        """The question, and others about the same table that the sentences shown answer and do not."""
        texts = {"".join(f"{piece.before}{piece.text}".split()) for piece in shown}
        asks, told, untold = [], [], []
        for text, line, one in self.random.sample(own, len(own)):
            is_shown = "".join(line.split()) in texts if line else False
            answer = line[one.start : one.end] if is_shown else NOT_SAID
            ask = (self.rag.parse_question(text).localised or text, answer)
            (asks if text == first else told if is_shown else untold).append(ask)
        return [*asks, *told[:BESIDE], *untold[: max(UNTOLD, len(told[:BESIDE]) // 2)]]
