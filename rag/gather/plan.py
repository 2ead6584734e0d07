"""Question → plan: what is to be done with figures or facts, and what is asked of the archive for each.

The generator drafts the plan. A run of times, as the months of a year, is taken apart by code.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from rag.errors import QuestionError
from rag.gather.prompts import DraftedPlan
from rag.language.text import fold, simplified
from rag.language.units import is_unit
from rag.language.when import NamedTime, When, days_of, times_in
from rag.records import Filter

OPERATIONS = ("lookup", "each", "series", "latest", "first", "rank", "compare", "difference", "sum", "average", "share",
              "percent_change", "count", "list", "filter", "conflict", "coincide", "apart")
ARITHMETIC = frozenset("compare difference sum average share percent_change".split())
OVER_SERIES = frozenset("series rank sum average filter".split())  # over all rows of a table, or each month, quarter or year of a time
OVER_EVENTS = frozenset("first coincide apart".split())  # over named events
OVER_REPORTS = frozenset("latest count list conflict".split())  # over every report of one thing


def check_operation(name: str | None) -> None:
    """Raises :class:`QuestionError` for a name that is none of :data:`OPERATIONS`."""
    if name is not None and name not in OPERATIONS:
        raise QuestionError(f"operation: {name!r} is unknown; use one of {', '.join(OPERATIONS)}")


@dataclass(frozen=True)
class SubQuestion:
    """A sub-question of a plan: its Chinese wording and the period that it asks about, if it names one.

    ``label``: what distinguishes it from the others. ``asked``: the user's own question, if it asks for nothing but this, or for this
    at several times.
    """

    question: str
    when: When | None = None
    label: str = ""
    asked: str = ""


@dataclass(frozen=True)
class Plan:
    """An operation and the sub-questions (``terms``) whose answers it takes.

    ``order``: the positions of the sub-questions that are used, all if empty. ``ends``: the ends that a rank asks for.
    ``condition``: the condition of a filter, such as ``<1000亩``. A plan without sub-questions takes every sentence that answers
    ``topic``; ``within``: only from the articles of these days, one figure for each.
    """

    operation: str
    question: str
    terms: tuple[SubQuestion, ...] = ()
    order: tuple[int, ...] = ()
    ends: tuple[str, ...] = ("most",)
    topic: SubQuestion = SubQuestion("")
    within: Filter | None = None
    condition: str = ""


_JOINED = re.compile(r"\s*(?:至|到|[-—–~\uff5e]|to|through|until|till)\s*(?:the\s+)?", re.I)
_KINDS = (("月", "month"), ("季", "quarter"), ("半年", "half"), ("年", "year"))
_EVERY = re.compile("(?:各个?|每一?个?|逐|单|历)(?:月份?|季度?|半年|年度?|天|日)(?:的)?")
_PRINTED_AFTER = timedelta(1)  # that is how long what happens on a day takes to be in the paper
_MANY = 36  # parts of a run of times that are asked for, at most


def make_plan(drafted: DraftedPlan, question: str) -> Plan:
    """Validates and expands a drafted plan: a run of months, quarters or years becomes one sub-question for each.

    A plan with a part that has a time or number which the question does not name gets no sub-questions.

    >>> [t.label for t in make_plan(DraftedPlan("sum", ("甲镇2020年产粮", "乙镇2020年产粮")), "甲镇和乙镇2020年一共产粮多少?").terms]
    ['甲镇', '乙镇']
    >>> [t.question for t in make_plan(DraftedPlan("series", ("2023年1月至3月出口额",)), "2023年1月至3月出口额走势如何?").terms]
    ['2023年1月出口额是多少?', '2023年2月出口额是多少?', '2023年3月出口额是多少?']
    >>> [t.label for t in make_plan(DraftedPlan("rank", ("2023年各季度出口额",)), "2023年哪个季度出口额最多?").terms]
    ['2023年一季度', '2023年二季度', '2023年三季度', '2023年四季度']
    """
    operation, runs = drafted.operation, runs_of(question)
    parts = _dated(drafted.parts, runs) if all(_is_of(question, part) for part in drafted.parts) else ()
    if operation in OVER_SERIES and (whole := _from_first_to_last(parts, runs)):
        parts = (whole,)
    plan = Plan(operation, question, ends=drafted.ends, topic=_topic(parts[0] if len(parts) == 1 else question, question))
    if len(parts) > 1 and operation not in OVER_REPORTS:
        terms = tuple(_term(part, label, operation) for part, label in zip(parts, _differing(parts), strict=True))
        if all(term.when and term.label == term.when.label for term in terms):
            terms = tuple(replace(term, asked=_at(question, runs, term.when)) for term in terms if term.when)
        return replace(plan, terms=terms, order=drafted.order)
    if parts and operation == "series" and (days := _days_of(parts[0])):
        part, within = days
        return replace(plan, topic=replace(plan.topic, question=asked(part), when=None), within=within)
    if parts and operation in OVER_SERIES:
        return replace(plan, terms=_each_time(parts[0], "month" if operation == "series" else ""))
    return plan


_JOINT = re.compile(
    r"\s*(?:[比较与和跟同、,\uff0c]|对比|相比于?|and|than|or|vs\.?|compared (?:with|to))\s*(?:in|with|that of)?\s*$", re.I)


def _at(question: str, runs: Sequence[TimeRange], when: When) -> str:
    """Returns a question with one time in place of those that it names.

    >>> _at("How many more in 2023年5月 than in 2022年5月?", runs_of("How many more in 2023年5月 than in 2022年5月?"), When(2022, 5, 5))
    'How many more in 2022年5月?'
    """
    text, at = "", 0
    for number, run in enumerate(runs):
        before = question[at : run.start]
        text += (_JOINT.sub("", before) if number else before) + (when.label if not number else "")
        at = run.end
    return text + question[at:]


def _term(part: str, label: str, operation: str) -> SubQuestion:
    times = times_in(part)
    return SubQuestion(part if operation in OVER_EVENTS else asked(part), times[0].when if len(times) == 1 else None, label)


def _topic(part: str, question: str) -> SubQuestion:
    runs = runs_of(part)
    when = runs[0].first.when if len(runs) == 1 and runs[0].first == runs[0].last else None
    return SubQuestion(part, when, part, question)


_ASKS = re.compile("谁|什么|哪|何|怎|是否|吗|几|多少")
_BRACKETS = re.compile("[(\uff08]([^()\uff08\uff09]*)[)\uff09]$")


def asks_fact(part: str) -> bool:
    """Tells whether a part is a question for something else than a figure.

    >>> asks_fact("第五届书展在哪里举行?"), asks_fact("甲城的用电量"), asks_fact("甲城有多少辆车?")
    (True, False, False)
    """
    return bool(_ASKS.search(part)) and "多少" not in part


def asked(part: str) -> str:
    """Returns a part as a question, which the reader knows better than a noun phrase; what stands in brackets is kept if it is a unit.

    >>> asked("甲城的用电量(亿千瓦时)"), asked("甲城的产值(月度)"), asked("甲城有多少辆车?")
    ('甲城的用电量是多少亿千瓦时?', '甲城的产值是多少?', '甲城有多少辆车?')
    """
    if _ASKS.search(part):
        return part
    match = _BRACKETS.search(part)
    unit = match[1] if match and is_unit(fold(match[1])) else ""
    return f"{part[: match.start()] if match else part.rstrip('。')}是多少{unit}?"


def _days_of(part: str) -> tuple[str, Filter] | None:
    """Returns a part without its run of days, and the articles of these days; ``None`` if it has no such run.

    >>> _days_of("2023年8月10日至18日火灾死亡人数")
    ('火灾死亡人数', Filter(since='2023-08-10', until='2023-08-19', source='', mentioning=(), telling=('', '')))
    """
    runs = runs_of(part)
    if len(runs) != 1 or not (days := _days_between(runs[0].first.when, runs[0].last.when)):
        return None
    first, last = (day.period for day in (days[0], days[-1]))
    assert first and last, "their year is known"
    rest = _EVERY.sub("", f"{part[: runs[0].start]}{part[runs[0].end :]}").strip("的 ")
    return rest, Filter(since=first.start.isoformat(), until=(last.end + _PRINTED_AFTER).isoformat())


def _each_time(part: str, usual: str) -> tuple[SubQuestion, ...]:
    """Returns a part with a run of times → a term for each of these times; none if the part has no such run.

    The times are of the kind (month, quarter, half, year) that the part names, else of that of the ends of the run (months for
    1月至6月); of a single year they are of the ``usual`` kind.
    """
    runs, every = runs_of(part), _EVERY.search(part)
    if len(runs) != 1:
        return ()
    kind = next((kind for word, kind in _KINDS if every and word in every[0]), "")
    times = _parts(runs[0], kind, "month" if _JOINED.search(part, runs[0].start, runs[0].end) else usual)
    before, after = (_EVERY.sub("", text) for text in (part[: runs[0].start], part[runs[0].end :]))
    return tuple(SubQuestion(asked(f"{before}{when.label}{after}"), when, when.label) for when in times) if len(times) > 1 else ()


_NUMBERS = re.compile("[0-9]+")


def _is_of(question: str, part: str) -> bool:
    """Tells whether a part asks for something, and for no time or number that the question does not name.

    >>> [_is_of("甲桥和乙桥哪座先通车?", part) for part in ("甲桥通车", "2023年", "甲桥1号墩", "2023年甲桥通车")]
    [True, False, False, False]
    >>> _is_of("2016、2017年甲桥的车流量各是多少?", "2016年甲桥的车流量")
    True
    """
    question = fold(simplified(question))
    runs, numbers = runs_of(question), set(_NUMBERS.findall(question))
    for time in reversed(times_in(part)):
        covered = any(run.first.when.covers(time.when) or run.first.when <= time.when <= run.last.when for run in runs)
        if not covered and not numbers.issuperset(_NUMBERS.findall(part[time.start : time.end]) or "?"):
            return False
        part = part[: time.start] + part[time.end :]
    return bool(part.strip()) and numbers.issuperset(_NUMBERS.findall(fold(part)))


def _dated(parts: tuple[str, ...], runs: Sequence[TimeRange]) -> tuple[str, ...]:
    """Parts with the one time, or run of times, of the question, where the generator left it out of all.

    >>> _dated(("甲镇产粮", "乙镇产粮"), runs_of("2020年甲镇和乙镇产粮多少?"))
    ('2020年甲镇产粮', '2020年乙镇产粮')
    """
    if len(runs) != 1 or any(times_in(part) for part in parts):
        return parts
    first, last = runs[0].first.when, runs[0].last.when
    time = first.label if first == last else f"{first.label}至{last.label}"
    return tuple(time + part for part in parts)


def _differing(parts: Sequence[str]) -> list[str]:
    """Returns what tells each part from the others.

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
    """Returns the words and times of a text that lie in ``text[start:end]`` or reach into it: no name or number is cut."""
    import jieba

    whole = [(time.start, time.end) for time in times_in(text)]
    plain = "".join(" " if any(a <= at < b for a, b in whole) else letter for at, letter in enumerate(text))
    whole += [(first, last) for word, first, last in jieba.tokenize(plain) if word.strip()]
    inside = [span for span in whole if span[0] < end and span[1] > start]
    return text[min(first for first, _ in inside) : max(last for _, last in inside)] if inside else ""


@dataclass(frozen=True)
class TimeRange:
    """A time that a question names, or a run from one to another: ``question[start:end]``."""

    start: int
    end: int
    first: NamedTime
    last: NamedTime


def runs_of(question: str) -> list[TimeRange]:
    """Returns the times of a question; two that are joined by "to" are one run.

    >>> [(r.first.when.label, r.last.when.label) for r in runs_of("从2022年11月到2023年2月")]
    [('2022年11月', '2023年2月')]
    """
    runs: list[TimeRange] = []
    for time in times_in(question):
        if runs and _JOINED.fullmatch(question[runs[-1].end : time.start]):
            runs[-1] = TimeRange(runs[-1].start, time.end, runs[-1].first, time)
        else:
            runs.append(TimeRange(time.start, time.end, time, time))
    return runs


def _from_first_to_last(parts: Sequence[str], runs: Sequence[TimeRange]) -> str:
    """One part for a run of times of which the generator took the first and the last for two; ``""`` if it did not.

    >>> _from_first_to_last(["2023年6月出口额", "2023年8月出口额"], runs_of("from 2023年6月 to 2023年8月"))
    '2023年6月至2023年8月出口额'
    """
    ends = [times[0] for part in parts if len(times := times_in(part)) == 1]
    if len(parts) != 2 or len(ends) != 2 or len(runs) != 1 or [end.when for end in ends] != [runs[0].first.when, runs[0].last.when]:
        return ""
    first, last = (part[: end.start] + part[end.end :] for part, end in zip(parts, ends, strict=True))
    run = f"{ends[0].when.label}至{ends[1].when.label}"
    return parts[0][: ends[0].start] + run + parts[0][ends[0].end :] if first == last else ""


def _parts(run: TimeRange, kind: str, usual: str) -> list[When]:
    """Returns the times of a kind that lie in a run."""
    first, last = run.first.when, run.last.when
    if first.day and last.day:
        return _days_between(first, last)
    if first != last:
        own = first.kind if first.kind in ("month", "quarter", "half", "year") else "month"
        return _between(first, last, kind if kind and own != "month" else own)
    kind = kind or usual
    return first.parts(kind) if kind and first.kind not in ("day", kind) else []


def _days_between(first: When, last: When) -> list[When]:
    """Returns the days from one to another of the same or the next year; none without a year, or if there is no such day."""
    year = first.year or last.year
    later = max(year, last.year)
    later += later == year and (last.first, last.day) < (first.first, first.day)
    if not (first.day and last.day and year) or last.day > days_of(later, last.first) or first.day > days_of(year, first.first):
        return []
    start, end = date(year, first.first, first.day), date(later, last.first, last.day)
    days = [start + timedelta(number) for number in range(min(_MANY, (end - start).days + 1))]
    return [When(day.year, day.month, day.month, day.day) for day in days] if len(days) > 1 else []


def _between(first: When, last: When, kind: str) -> list[When]:
    if first.year and last.year and first.year < last.year:
        years = range(first.year, min(last.year, first.year + _MANY) + 1)
        whole = [part for year in years for part in When(year, 1, 12).parts(kind)]
    else:
        whole = When(first.year or last.year, 1, 12).parts(kind)
    low, high = (first.year or last.year, first.first), (last.year or first.year, last.last)
    return [part for part in whole if (part.year, part.first) >= low and (part.year, part.last) <= high][:_MANY]
