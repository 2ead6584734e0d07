"""Question → plan: what is to be done with figures, and the question for each figure that it needs.

The times of a question are told by code: a run of months is taken apart, two months that are compared become two questions.
Where two things are compared instead, the generator writes the question out for each.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from rag.errors import QuestionError
from rag.language.quantities import unsupported
from rag.language.text import language
from rag.language.when import NamedTime, When, times_in

OPERATIONS = ("lookup", "series", "latest", "first", "rank", "compare", "difference", "sum", "average", "share",
              "percent_change", "count", "list", "conflict", "coincide")
ARITHMETIC = frozenset("compare difference sum average share percent_change".split())
OF_MANY = frozenset("series rank sum average".split())  # over every part of a run of times
OF_TWO = frozenset("compare difference percent_change".split())  # a figure and another one, such as one of an earlier time
OF_EVENTS = frozenset("first coincide".split())  # over named events

def check_operation(name: str | None) -> None:
    """Raises :class:`QuestionError` for a name that is none of :data:`OPERATIONS`."""
    if name is not None and name not in OPERATIONS:
        raise QuestionError(f"operation: {name!r} is unknown; use one of {', '.join(OPERATIONS)}")


Split = Callable[[str, str], Sequence[str]]  # a question and what is done with its figures → a Chinese question for each figure


@dataclass(frozen=True)
class Term:
    """One figure that is needed: the Chinese question for it, its time where one is named, what tells it from the others, and the
    question in the words and the language of who asked, where the time alone sets it apart.
    """

    question: str
    when: When | None = None
    label: str = ""
    asked: str = ""


@dataclass(frozen=True)
class Plan:
    """What is done with which figures. No terms: all sentences that answer are gathered."""

    operation: str
    question: str
    terms: tuple[Term, ...] = ()


_JOINED = re.compile(r"\s*(?:至|到|[-—–~\uff5e]|to|through|until|till)\s*(?:the\s+)?", re.I)
_BETWEEN = re.compile(r"\s*(?:and|和|与)\s*", re.I)
_EACH = (("month", re.compile(r"月|\bmonth", re.I)), ("quarter", re.compile(r"季|\bquarter", re.I)),
         ("half", re.compile(r"半年|\bhal(?:f|ves)\b", re.I)), ("year", re.compile(r"年|\byear|\bannual", re.I)))
_MANY = 36  # parts of a run of times that are asked for, at most


def make_plan(operation: str, question: str, split: Split) -> Plan:
    """The plan of a question; its parts are Chinese.

    >>> [t.question for t in make_plan("difference", "西岭港3月比2月多完成多少万吨?", lambda q, operation: [q]).terms]
    ['西岭港3月多完成多少万吨?', '西岭港2月多完成多少万吨?']
    >>> [t.label for t in make_plan("series", "2023年1月至3月出口如何变化?", lambda q, operation: [q]).terms]
    ['2023年1月', '2023年2月', '2023年3月']
    >>> [t.label for t in make_plan("rank", "2023年哪个季度出口最多?", lambda q, operation: [q]).terms]
    ['2023年一季度', '2023年二季度', '2023年三季度', '2023年四季度']
    """
    runs = runs_of(question, operation)
    times = _asked_times(runs, question, operation)
    things = operation in OF_MANY and operation != "series" and not _names_parts(runs, question)
    if len(times) > 1 and operation in ARITHMETIC | OF_MANY and not things:
        return Plan(operation, question, _of_times(operation, question, runs, times, split))
    if operation in ARITHMETIC | OF_EVENTS | {"rank"}:
        parts = list(dict.fromkeys(part.strip() for part in split(question, operation)))
        asked = [_dated(part, runs) for part in parts if _is_of(question, part)]
        if len(asked) > 1:
            return Plan(operation, question, tuple(map(_alone, asked, _differing(asked))))
    if len(times) > 1 and (operation in ("sum", "average") or (operation == "rank" and len(runs) > 1)):
        return Plan(operation, question, _of_times(operation, question, runs, times, split))
    return Plan(operation, question)


def _names_parts(runs: Sequence[Run], question: str) -> bool:
    """Whether a question names what its time is to be divided into, or the two ends of its time.

    >>> questions = ["2023年哪个月最多?", "2023年甲镇和乙镇一共多少?", "2022年11月至2023年2月共多少?"]
    >>> questions += ["2022年第五届和2023年第六届共多少?"]
    >>> [_names_parts(runs_of(question), question) for question in questions]
    [True, False, True, False]
    """
    return bool(_named_kind(runs, question)) or any(run.first != run.last for run in runs)


def _named_kind(runs: Sequence[Run], question: str) -> str:
    """The kind of time (month, quarter, half, year) that a question names beside its times; ``""`` for none."""
    rest = question
    for run in reversed(runs):
        rest = rest[: run.start] + rest[run.end :]
    return next((kind for kind, words in _EACH if words.search(rest)), "")


def _of_times(operation: str, question: str, runs: Sequence[Run], times: Sequence[When], split: Split) -> tuple[Term, ...]:
    """The question for each time: as the generator words it for the first one, where it keeps to that time."""
    first = _with_time(question, runs, times[0])
    worded = next(iter(split(first, "level" if operation == "percent_change" else "single")), first).strip()
    named = times_in(worded)
    if not named:
        worded, named = times[0].label + worded, times_in(times[0].label)
    if len(named) == 1 and named[0].when == times[0] and _is_of(question, worded.removesuffix("是多少?")):
        before, after = worded[: named[0].start], worded[named[0].end :]
        return tuple(Term(before + when.label + after, when, when.label, _with_time(question, runs, when)) for when in times)
    return tuple(Term(asked := _with_time(question, runs, when), when, when.label, asked) for when in times)


_OWN_WORDS = 0.6  # share of the characters of a part that a Chinese question must have too


def _is_of(question: str, part: str) -> bool:
    """Whether a part asks for something, and for nothing and no time that the question does not name.

    >>> [_is_of("甲桥和乙桥哪座先通车?", part) for part in ("甲桥通车", "2023年", "丙城开办大学", "甲桥1号墩", "2023年甲桥通车")]
    [True, False, False, False, False]
    """
    asked = runs_of(question)
    for time in reversed(times_in(part)):
        if not any(run.first.when.covers(time.when) or run.first.when <= time.when <= run.last.when for run in asked):
            return False
        part = part[: time.start] + part[time.end :]
    letters = [character for character in part if character.isalnum()]
    if len(letters) < 2 or unsupported(part, [question]):
        return False
    return language(question) != "zh" or sum(letter in question for letter in letters) >= _OWN_WORDS * len(letters)


def _dated(part: str, runs: Sequence[Run]) -> str:
    """A part with the one time of the question, where the generator left it out."""
    return runs[0].first.when.label + part if len(runs) == 1 and not times_in(part) else part


def _differing(parts: Sequence[str]) -> list[str]:
    """What tells each part from the others.

    >>> _differing(["甲城2019年有多少辆车?", "乙县2019年有多少辆车?"])
    ['甲城', '乙县']
    """
    start, end = 0, 0
    shortest = min(map(len, parts))
    while start < shortest and len({part[start] for part in parts}) == 1:
        start += 1
    while end < shortest - start and len({part[-1 - end] for part in parts}) == 1:
        end += 1
    return [_whole_words(part, start, len(part) - end).strip(" ,:;\uff0c\uff1a\uff1b、的") or part for part in parts]


def _whole_words(text: str, start: int, end: int) -> str:
    """The words and times of a text that lie in ``text[start:end]`` or reach into it: no name or number is cut."""
    import jieba

    whole = [(time.start, time.end) for time in times_in(text)]
    plain = "".join(" " if any(a <= at < b for a, b in whole) else letter for at, letter in enumerate(text))
    whole += [(first, last) for word, first, last in jieba.tokenize(plain) if word.strip()]
    inside = [span for span in whole if span[0] < end and span[1] > start]
    return text[min(first for first, _ in inside) : max(last for _, last in inside)] if inside else ""


@dataclass(frozen=True)
class Run:
    """A time that a question names, or a run from one to another: ``question[start:end]``."""

    start: int
    end: int
    first: NamedTime
    last: NamedTime


def runs_of(question: str, operation: str = "") -> list[Run]:
    """The times of a question; two that are joined by "to" are one run.

    >>> [(r.first.when.label, r.last.when.label) for r in runs_of("从2022年11月到2023年2月")]
    [('2022年11月', '2023年2月')]
    """
    runs: list[Run] = []
    for time in times_in(question):
        between = question[runs[-1].end : time.start] if runs else ""
        joined = _JOINED.fullmatch(between) or (operation in OF_MANY and question[: runs[-1].start].rstrip().lower().endswith("between")
                                               and _BETWEEN.fullmatch(between)) if runs else None
        if joined:
            runs[-1] = Run(runs[-1].start, time.end, runs[-1].first, time)
        else:
            runs.append(Run(time.start, time.end, time, time))
    return runs


def _asked_times(runs: Sequence[Run], question: str, operation: str) -> list[When]:
    """Returns the times for which a figure is asked: of one run its parts, or the last and the first of two figures.

    >>> [when.label for when in _asked_times(runs_of("从2019年到2021年增长了百分之几?"), "", "percent_change")]
    ['2021年', '2019年']
    """
    inner = list({(run.first.when, run.last.when): run for run in runs if not any(_holds(run, other) for other in runs)}.values())
    if operation in OF_MANY and len(inner) == 1:
        return _parts(inner[0], question)
    change = len(inner) == 1 and operation in OF_TWO
    times = list(dict.fromkeys([inner[0].last.when, inner[0].first.when] if change else [run.first.when for run in inner]))
    return sorted(times, reverse=True) if operation == "percent_change" else times


def _holds(run: Run, other: Run) -> bool:
    return run is not other and run.first.when != other.first.when and run.first.when.covers(other.first.when) \
        and run.last.when.covers(other.last.when)


def _parts(run: Run, question: str) -> list[When]:
    """The times that lie in a run: of the kind that the question names outside it, else months of a year and the kind of its ends."""
    first, last = run.first.when, run.last.when
    named = _named_kind([run], question)
    if first.day and last.day:
        return _days_between(first, last)
    if first != last:
        kind = first.kind if first.kind in ("month", "quarter", "half", "year") else "month"
        kind = named if named and (first.kind != "month") else kind
        return _between(first, last, kind)
    kind = named or "month"
    return first.parts(kind) if first.kind not in ("day", kind) else []


def _days_between(first: When, last: When) -> list[When]:
    if not (first.year or last.year):
        return []
    start, end = (date(when.year or first.year or last.year, when.first, when.day) for when in (first, last))
    days = [start + timedelta(number) for number in range(min(_MANY, (end - start).days + 1))]
    return [When(day.year, day.month, day.month, day.day) for day in days]


def _between(first: When, last: When, kind: str) -> list[When]:
    if first.year and last.year and first.year < last.year:
        years = range(first.year, min(last.year, first.year + _MANY) + 1)
        whole = [part for year in years for part in When(year, 1, 12).parts(kind)]
    else:
        whole = When(first.year or last.year, 1, 12).parts(kind)
    low, high = (first.year or last.year, first.first), (last.year or first.year, last.last)
    return [part for part in whole if (part.year, part.first) >= low and (part.year, part.last) <= high][:_MANY]


def _with_time(question: str, runs: Sequence[Run], when: When) -> str:
    """The question with one time in place of those that it names."""
    text, at = "", 0
    for number, run in enumerate(runs):
        before = question[at : run.start]
        text += (_without_joint(before) if number else before) + (when.label if not number else "")
        at = run.end
    return text + question[at:]


_JOINT = re.compile(
    r"\s*(?:[比较与和跟同、,\uff0c]|对比|相比于?|and|than|or|vs\.?|compared (?:with|to))\s*(?:in|with|that of)?\s*$", re.I)


def _without_joint(text: str) -> str:
    return _JOINT.sub("", text)


def _alone(question: str, label: str) -> Term:
    times = times_in(question)
    return Term(question, times[0].when if len(times) == 1 else None, label)
