"""SubQuestionResult rows → the answer: worked out where every row that it takes is there, else with what is missing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import combinations

from rag.answer.choose import CandidateSentence
from rag.answer.locate import citation, clause_of
from rag.answer.ocr_warnings import ocr_warnings
from rag.gather import compute
from rag.gather.candidates import Candidate, chance_of
from rag.gather.compute import CannotComputeError
from rag.gather.derive import LISTED, AnswerTable, worked_out
from rag.gather.gather import SubQuestionResult
from rag.gather.plan import ARITHMETIC, Plan, SubQuestion
from rag.gather.sub_questions import answers
from rag.gather.survey import Event, first_told, time_of
from rag.gather.tell import Line, Named, in_language, listed, words, written
from rag.language.quantities import is_rounded
from rag.language.times import all_times
from rag.language.when import When, day_of
from rag.records import Answer, Derived, Row

_ROOM = 40  # characters of the words of a first report
_SPANS = (("day", re.compile(r"同一天|同日|same day", re.I)), ("month", re.compile(r"同一个?月|同月|same month", re.I)),
          ("year", re.compile(r"同一?年|same year", re.I)))


def tell(plan: Plan, gathered: Sequence[SubQuestionResult], language: str, named: Named) -> Answer:
    """Returns the answer of a plan with every figure cited; refused if it needs a figure that no report has."""
    told = _told(gathered, language, named)
    derived, said = worked_out(plan, told, language)
    lacking = "untold" if plan.operation == "each" else "missing"
    missing = words(language, lacking, m=words(language, "and").join(told.missing)) if told.missing else ""
    is_long = plan.operation in ("rank", "filter") and derived is not None and len(told.lines) > LISTED
    text = _sentences([missing, said, "" if is_long else listed(told.lines, language)], language)
    answer = _answer(plan, told, text, language, derived, [one.term.question for one in gathered])
    return replace(answer, refused=not told.rows or (plan.operation in ARITHMETIC | {"filter"} and derived is None))


def _sentences(parts: Sequence[str], language: str) -> str:
    """Some statements, those that are empty left out, each with its full stop."""
    end = words(language, "end")
    return "".join(part + end for part in parts if part).strip()


def _told(gathered: Sequence[SubQuestionResult], language: str, named: Named) -> AnswerTable:
    rows: list[Row] = []
    lines: list[Line] = []
    pieces: list[CandidateSentence] = []
    missing: list[str] = []
    places: list[int] = []
    of: list[tuple[int, ...]] = []
    for place, one in enumerate(gathered):
        label = _label(one, language, named)
        found = one.found or one.words
        if found is None:
            missing.append(label)
            continue
        value = one.value
        own, numbers = [], []
        for sign, part in one.parts or ((1, found),):
            numbers.append(_number_of(part.piece, pieces))
            own.append(len(rows) if sign > 0 else ~len(rows))
            rows.append(_row(replace(one, found=part) if isinstance(part, Candidate) else one, label, numbers[-1]))
        marks = "".join(f"[{number}]" for number in dict.fromkeys(numbers))
        if one.parts and value:
            printed = [part.shown for _, part in one.parts]
            shown = "".join(("" if not at else " + " if sign > 0 else " − ") + in_language(part.shown, language)
                            for at, (sign, part) in enumerate(one.parts))
            lines.append(Line(label, shown, marks, value, written(value, printed, language)))
        else:
            shown = in_language(found.shown, language) if one.found or language == "zh" else named(found.shown)
            lines.append(Line(label, shown, marks, value))
        places.append(place)
        of.append(tuple(own))
    return AnswerTable(tuple(rows), tuple(lines), tuple(pieces), tuple(missing), tuple(places), tuple(of))


def _number_of(piece: CandidateSentence, pieces: list[CandidateSentence]) -> int:
    """Returns the number of the citation of a sentence, which gets one if it has none yet."""
    place = (piece.passage.passage_id, piece.start, piece.end)
    known = [(other.passage.passage_id, other.start, other.end) for other in pieces]
    if place not in known:
        pieces.append(piece)
        known.append(place)
    return known.index(place) + 1


def _label(one: SubQuestionResult, language: str, named: Named) -> str:
    when = one.term.when
    if when and one.term.label == when.label:
        return when.label if language == "zh" else when.english
    return one.term.label if language == "zh" else named(one.term.label)


def _row(one: SubQuestionResult, label: str, number: int) -> Row:
    found, words_found = one.found, one.words
    if found is None:
        assert words_found is not None
        when = one.term.when
        return Row(label, when.iso if when else "", "", words_found.text, "text", "", (number,), words_found.start, words_found.end,
                   round(one.chance, 4))
    when = one.term.when or found.when
    return Row(label, when.iso if when else "", str(found.value), found.shown, found.kind, found.unit, (number,), found.start,
               found.end, round(one.chance, 4))


# -- what has no arithmetic ------------------------------------------------------------------------------------------


def tell_reports(plan: Plan, rows: Sequence[SubQuestionResult], language: str, named: Named) -> Answer:
    """Returns the figures that the reports give for one thing, and whether they agree, if that is asked; else it is left to who reads
    them.
    """
    told = _told(rows, language, named)
    verdict = _agreement(rows) if plan.operation == "conflict" else ""
    said = _sentences([words(language, verdict)], language) + " " * (language == "en") if verdict else words(language, "so far")
    derived = Derived("conflict", tuple(range(len(rows))), "", "", "", words(language, verdict)) if verdict else None
    text = said + listed(told.lines, language) + words(language, "end").rstrip()
    return replace(_answer(plan, told, text, language, derived, [one.term.question for one in rows]), refused=not verdict)


def _agreement(rows: Sequence[SubQuestionResult]) -> str:
    """``differ`` if two reports give other figures for one time, ``agree`` if they give the same; ``""`` for a single report.

    Figures that are equal once rounded, as 3万亿 and 30870亿, are in no conflict.
    """
    sure = [one for one in rows if one.found and one.chance >= _LIKELIER_THAN_NOT]
    exact = [one.found for one in sure if one.found and not is_rounded(one.found.shown)]
    if any(abs(a.value - b.value) >= max(_last_place(a), _last_place(b)) and (not a.when or not b.when or a.when.same(b.when))
           for a, b in combinations(exact, 2)):
        return "differ"
    reports = {found.piece.article.article_id for one in sure if one.found for found in (one.found, *one.others)}
    return "agree" if len(sure) == 1 and len(reports) > 1 else ""


def _last_place(one: Candidate) -> Fraction:
    """Returns what the last printed digit of a figure counts: a hundred million for 30870亿."""
    digits = int("".join(filter(str.isdecimal, one.shown)) or 0)
    return abs(one.value) / digits if digits else Fraction(0)


def tell_latest(plan: Plan, rows: Sequence[SubQuestionResult], language: str) -> Answer | None:
    """Returns the figure of the latest report; ``None`` without a figure."""
    newest = max((_newest(one) for one in rows), key=_day_of, default=None)
    if newest is None:
        return None
    told = _told([newest], language, lambda label: label)
    line = told.lines[0]
    text = _sentences([words(language, "latest", a=line.label, v=line.shown) + line.marks], language)
    return _answer(plan, told, text, language, Derived("latest", (0,), "", "", "", line.shown), [plan.question])


def _newest(one: SubQuestionResult) -> SubQuestionResult:
    """Returns the figure as its newest report has it, called by the day of that report."""
    assert one.found is not None
    found = max((one.found, *one.others), key=lambda candidate: candidate.piece.article.date)
    day = day_of(found.piece.article.date)
    return replace(one, found=found, others=(), term=replace(one.term, when=day, label=day.label if day else ""))


def _day_of(one: SubQuestionResult) -> str:
    assert one.found is not None
    return one.found.piece.article.date


def tell_first(plan: Plan, pieces: Sequence[CandidateSentence], language: str) -> Answer | None:
    """Returns the earliest report of something, with its day and its words; ``None`` if no report tells of it."""
    judged = sorted((replace(piece, score=piece.log_odds_alone) for piece in pieces if answers(piece)), key=lambda piece: -piece.score)
    best = first_told(judged)  # by what each tells by itself: scores of several searches cannot be compared
    day = day_of(best.article.date) if best else None
    if best is None or day is None:
        return None
    span = best.span
    start, end = clause_of(best.text, span.start, max(span.end, span.start + 1), _ROOM)
    label = day.label if language == "zh" else day.english
    row = Row(label, day.iso, "", best.text[start:end], "text", "", (1,), start, end, round(chance_of(best.log_odds_alone), 4))
    told = AnswerTable((row,), (Line(label, f"“{row.shown}”", "[1]"),), (best,), ())
    text = _sentences([words(language, "first report", a=label, v=f"“{row.shown}”") + "[1]"], language)
    return _answer(plan, told, text, language, Derived("first", (0,), "", "", "", label), [plan.question])


def tell_events(plan: Plan, found: Sequence[Event], language: str) -> Answer | None:
    """Events one after the other with their days; and how many there are, if that is asked."""
    if not found:
        return None
    pieces: list[CandidateSentence] = []
    rows, lines = [], []
    for event in found:
        number = _number_of(event.piece, pieces)
        label = (event.when.label if language == "zh" else event.when.english) if event.when else ""
        shown = event.words if language == "zh" else f"“{event.words}”"
        rows.append(Row(label, event.when.iso if event.when else "", "", event.words, "text", "", (number,), event.start, event.end,
                        round(chance_of(event.piece.log_odds_alone), 4)))
        lines.append(Line(label, shown, f"[{number}]"))
    told = AnswerTable(tuple(rows), tuple(lines), tuple(pieces), ())
    lead = words(language, "in all" if plan.operation == "count" else "found", n=len(rows))
    said = lead + listed(lines, language) + words(language, "end").rstrip()
    derived = Derived("count", tuple(range(len(rows))), str(len(rows)), "number", "", str(len(rows)))
    return _answer(plan, told, said, language, derived, [plan.question])


_LIKELIER_THAN_NOT = 0.5  # probability from which a sentence tells of an event that is asked about


def tell_times(plan: Plan, read: Sequence[tuple[SubQuestion, Sequence[CandidateSentence]]], language: str, named: Named) -> Answer:
    """Returns which of some events came first, how far they lie apart, or whether they fell into one day, month or year."""
    moments: list[tuple[SubQuestion, CandidateSentence | None, When | None]] = []
    for term, found in read:
        best = first_told(found, term.when)
        is_sure = best is not None and chance_of(best.score) >= _LIKELIER_THAN_NOT
        moments.append((term, best, time_of(best) if best and is_sure else None))
    return tell_moments(plan, moments, language, named)


def tell_moments(
    plan: Plan, moments: Sequence[tuple[SubQuestion, CandidateSentence | None, When | None]], language: str, named: Named,
    chance: float | None = None,
) -> Answer:
    """Returns the answer about events whose times are known; ``chance``: the probability that these are right, by default that of each
    sentence.
    """
    rows, lines, missing, pieces, places = [], [], [], [], []
    for place, (term, best, when) in enumerate(moments):
        label = _label(SubQuestionResult(term, None), language, named)
        if best is None or when is None:
            missing.append(label)
            continue
        pieces.append(best)
        places.append(place)
        shown = when.label if language == "zh" else when.english
        sure = chance_of(best.score) if chance is None else chance
        rows.append(Row(label, when.iso, "", shown, "time", "", (len(pieces),), chance=round(sure, 4)))
        lines.append(Line(label, shown, f"[{len(pieces)}]"))
    told = AnswerTable(tuple(rows), tuple(lines), tuple(pieces), tuple(missing), tuple(places))
    said, derived = "", None
    if set(plan.order or range(len(plan.terms))) <= set(places) and len(rows) > 1:
        try:
            said, derived = _in_time(plan, told, language)
        except CannotComputeError as error:
            said = words(language, "cannot", why=error.told(language))
    lacking = words(language, "no report", m=words(language, "and").join(missing)) if missing else ""
    text = _sentences([lacking, said, listed(lines, language)], language)
    answer = _answer(plan, told, text, language, derived, [term.question for term, *_ in moments])
    return replace(answer, refused=derived is None)


def _in_time(plan: Plan, told: AnswerTable, language: str) -> tuple[str, Derived]:
    """Returns what a plan asks of the times of its events. Raises :class:`CannotComputeError` where these are not known precisely
    enough.
    """
    used = [told.places.index(place) for place in plan.order or range(len(plan.terms))]
    order = sorted(used, key=lambda at: told.rows[at].period)
    periods = [told.rows[at].period for at in order]
    if plan.operation == "apart":
        days = compute.days_between([periods[0], periods[-1]])
        if days is None:
            raise CannotComputeError("days")
        said = words(language, "days", n=f"{days:,}")
        return said, Derived("apart", (order[0], order[-1]), str(days), "number", "", said)
    if plan.operation == "coincide":
        kind = next((kind for kind, asked in _SPANS if asked.search(plan.question)), "day")
        same = compute.coincide(periods, kind)
        verdict = ("是" if same else "不是") if language == "zh" else ("Yes" if same else "No")
        return verdict, Derived("coincide", tuple(used), "", "", "", verdict)
    last = bool(_LAST.search(plan.question))
    line = told.lines[order[-1 if last else 0]]
    tied = [told.lines[at].label for at in order if told.rows[at].period == periods[-1 if last else 0]]
    compute.check_order(periods)
    if len(tied) > 1:
        said = words(language, "tied", a=words(language, "and").join(tied), v=line.shown)
        return said, Derived("first", tuple(order), "", "", "", words(language, "and").join(tied))
    said = words(language, "last" if last else "first", a=line.label, v=line.shown)
    days = compute.days_between(periods)
    apart = words(language, "apart", n=f"{days:,}") if days else ""
    return said + apart, Derived("first", tuple(order), str(days or ""), "number" if days else "", "", line.label + apart)


_LAST = re.compile(r"最[晚后]|更[晚后]|较[晚后]|\b(?:last|latest|later)\b", re.I)


def _answer(plan: Plan, told: AnswerTable, text: str, language: str, derived: Derived | None, parts: Sequence[str]) -> Answer:
    citations = tuple(citation(number, piece) for number, piece in enumerate(told.pieces, 1))
    return Answer(plan.question, language, text, not told.rows, citations, operation=plan.operation, parts=tuple(parts), rows=told.rows,
                  derived=derived, missing=told.missing, times=all_times((piece.text, piece.article.date) for piece in told.pieces),
                  warnings=ocr_warnings(told.pieces, language),
                  chance=min((row.chance for row in told.rows), default=0.0), checks={"every figure found": not told.missing})
