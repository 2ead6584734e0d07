"""A question that takes several figures → its answer: planned, gathered, worked out."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.answer.choose import Piece
from rag.gather.answer import tell, tell_events, tell_first, tell_latest, tell_reports, tell_times
from rag.gather.asking import Asker
from rag.gather.gather import gather_terms
from rag.gather.plan import ARITHMETIC, OF_EVENTS, Plan, Split, Term, make_plan, runs_of
from rag.gather.prompts import asks_figure, parts_prompt
from rag.gather.survey import events, reports, table_rows
from rag.gather.tell import Named
from rag.generate import Generator, complete
from rag.language.text import fold, simplified
from rag.language.units import unit_at
from rag.language.when import When, times_in
from rag.records import Answer
from rag.search.query import Query

_SURVEYED, _READ_ALONE = 60, 24  # sentences that are looked at to list all that answer, and read by themselves
_OF_AN_EVENT = 20  # sentences that are looked at for each event
_BRACKETS = re.compile("[(\uff08]([^()\uff08\uff09]*)[)\uff09]$")
_SCALE = re.compile("^(?:[百千]?万|[百千万]?亿)")
_LIKELIER_THAN_NOT = 0.5  # probability from which a figure is a row
_LONGEST = 150  # tokens of the parts of a question


def work_out(operation: str, query: Query, asker: Asker, generator: Generator, named: Named) -> Answer | None:
    """The answer of a question that takes more than one figure; ``None`` where the archive has nothing for it to begin with.

    ``named`` puts a Chinese label into the language of the question.
    """
    asked = query.question if query.language == "zh" else dated(query)
    language = query.language

    def split(question: str, what: str) -> Sequence[str]:
        return worded(complete(generator, parts_prompt(question, what), max_tokens=_LONGEST, stop=("\n",)), what)

    plan = make_plan(operation, asked, split)
    if plan.terms and operation in OF_EVENTS:
        return tell_times(plan, [(term, asker.read(term, query, _OF_AN_EVENT)) for term in plan.terms], language, named)
    told: Answer | None = None
    if plan.terms:
        rows = gather_terms(plan, lambda term, sentences: asker.read(term, query, sentences), asker.words, _LIKELIER_THAN_NOT)
        told = tell(plan, rows, language, named)
        if operation != "rank" or told.derived:
            return told
    if operation in ARITHMETIC | OF_EVENTS - {"first"}:
        return None
    term = topic(plan, split)
    if operation in ("latest", "first"):
        pieces = asker.read_on(term, query, _SURVEYED, _READ_ALONE, later=operation == "latest")
    else:
        look = asker.read if operation == "rank" else asker.survey  # of a table every row is wanted
        pieces = look(term, query, _SURVEYED, _READ_ALONE)
    surveyed = _surveyed(plan, term, pieces, language, named)
    return surveyed if surveyed and (surveyed.derived or not (told and told.rows)) else told


def _surveyed(plan: Plan, term: Term, pieces: Sequence[Piece], language: str, named: Named) -> Answer | None:
    if plan.operation in ("list", "count"):
        return tell_events(plan, events(pieces, term.when), language)
    if plan.operation == "first":
        return tell_first(plan, pieces, language)
    if plan.operation == "rank" and (rows := table_rows(plan, pieces, term.when)):
        return tell(plan, rows, language, named)
    rows = reports(plan, pieces, term.when)
    if plan.operation == "latest":
        return tell_latest(plan, rows, language)
    return tell_reports(plan, rows, language, named) if rows else None


def worded(draft: str, operation: str) -> list[str]:
    """The parts that the generator wrote, those that name a figure as questions for it, which the reader knows better.

    >>> worded("甲城2020年的产量|乙县2020年的产量", "compare"), worded("戊桥通车|己矿停产", "first")
    (['甲城2020年的产量是多少?', '乙县2020年的产量是多少?'], ['戊桥通车', '己矿停产'])
    """
    parts = [part.strip() for part in simplified(draft).split("|") if part.strip()]
    return [_asked(part) if asks_figure(operation) else part for part in parts]


def _asked(part: str) -> str:
    """A figure as a question; what stands in brackets is kept if it is a unit.

    >>> _asked("甲城的用电量(亿千瓦时)"), _asked("甲城的产值(月度)"), _asked("甲城有多少辆车?")
    ('甲城的用电量是多少亿千瓦时?', '甲城的产值是多少?', '甲城有多少辆车?')
    """
    if re.search("多少|几", part):
        return part
    match = _BRACKETS.search(part)
    inner = _SCALE.sub("", match[1]) if match else ""
    unit = match[1] if match and inner and unit_at(fold(inner), 0) == fold(inner) else ""
    return f"{part[: match.start()] if match else part.rstrip('?。')}是多少{unit}?"


def topic(plan: Plan, split: Split) -> Term:
    """What a question without parts is about, and the one time that it names."""
    words = next(iter(split(plan.question, plan.operation)), plan.question)
    runs = runs_of(plan.question)
    when: When | None = runs[0].first.when if len(runs) == 1 and runs[0].first == runs[0].last else None
    if when and not times_in(words):
        words = when.label + words
    return Term(words, when, words, plan.question)


def dated(query: Query) -> str:
    """An English question with its times, and the names that the archive knows, in Chinese.

    >>> dated(Query("How many in May 2023?", "en"))
    'How many in 2023年5月?'
    """
    text = query.question
    for time in reversed(times_in(text)):
        text = text[: time.start] + time.when.label + text[time.end :]
    for name, form in query.forms:
        text = text.replace(name, form)
    return text
