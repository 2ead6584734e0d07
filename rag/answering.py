"""Evidence → checked answer: read, ground, put into the language of the question, or refuse.

The generator reads Chinese evidence best in Chinese, so it answers with words of the evidence whatever the
language of the question; code finds those words in the evidence, and carries figures and names into English.
"""

from __future__ import annotations

import re
from collections.abc import Generator as Steps
from collections.abc import Iterator, Sequence
from dataclasses import replace

from rag.config import Answering
from rag.evidence import Evidence
from rag.figures import other_figures
from rag.fitting import (
    bound,
    counts_nothing,
    has_unit,
    in_unit,
    names_asked,
    names_day,
    narrowed,
    parts_of,
    repeats_figure,
    repeats_question,
    telling_words,
    tells_time,
    with_support,
)
from rag.generate import Generator, Prompt
from rag.ground import Grounded, citation, ground, in_one_article, is_refusal, together
from rag.names import Names, unnamed
from rag.phrasing import Written, sources_of, written_in_chinese, written_in_english
from rag.prompts import read_prompt
from rag.quantities import read, unsupported
from rag.query import ASKS_EN, Query, asks_for_count, asks_the_same, asks_yes_or_no, parts_asked
from rag.records import Answer, TextPiece
from rag.text import fold
from rag.times import all_times
from rag.units import asked_unit

_WHEN = re.compile(r"\bwhen\b|what (?:date|day)|which day", re.I)
_ONLY_WHEN = re.compile(r"^\W*(?:(?:on|at|in|by|since|until|from) )?(?:when|(?:what|which) (?:date|day|year))\b|"
                        "什么时候|何时|哪一?天|几月几[日号]|哪一?日", re.I)
_ABSENT = "资料里没有“{}”这几个字,不要写。"
_ASKED = "“{}”是问题里的话,不是答案。"
_BRIEF = 30  # characters for each thing asked for
_TRANSLATED = 0.2  # share of the support that a translated question can be asked for, as it has fewer words in common
Events = Iterator[TextPiece | Answer]
Reading = Steps[TextPiece, None, Grounded | None]  # text as it is written; returns what was found of it


def write_answer(
    generator: Generator, query: Query, nearby: Sequence[Evidence], *, settings: Answering, max_tokens: int,
    known: Names = unnamed,
) -> Events:
    """Yields the draft as it is written, then the checked answer.

    The generator is shown the first sentences of ``nearby``, which comes best first, less those of another time. Where none
    is supported enough (``settings.min_support``), or none of the time asked about, nothing is generated, and what it answers
    from a sentence that is not is refused. A draft whose words are not in the evidence is written again
    (``settings.attempts`` in all), each time telling the generator which words; then what was found is kept, or it is
    refused. ``known`` tells the English of proper names.
    """
    evidence = nearby[: settings.evidence_sentences]
    evidence = [piece for piece in evidence if piece.timely] or evidence
    wanted = settings.min_support * (1.0 if query.chinese == query.question else _TRANSLATED)
    if not any(_is_supported(piece, wanted) for piece in evidence):
        yield refuse(query, evidence, "evidence close enough to the question")
        return
    if not any(piece.timely for piece in evidence):
        yield refuse(query, evidence, _OTHER_TIME)
        return
    grounded = yield from _grounded(generator, query, evidence, settings.attempts, max_tokens)
    if _is_bare(grounded):
        grounded = yield from _read_alone(generator, query, evidence, max_tokens)
    if grounded is None:
        yield refuse(query, evidence, "generator finds an answer")
        return
    if _ONLY_WHEN.search(query.question) and len(grounded.located) == 1:
        grounded = narrowed(grounded)
    unit = asked_unit(query.question) or asked_unit(query.chinese)
    grounded = in_unit(grounded, unit)
    failed = _unfit(grounded, query, unit)
    if not failed and not any(_is_supported(source, wanted) for source in sources_of(grounded, evidence)):
        failed = "citation close enough to the question"
    if failed:
        yield refuse(query, evidence, failed)
        return
    yield from _composed(generator, query, nearby, evidence, grounded, max_tokens, known)


def _unfit(grounded: Grounded, query: Query, unit: str) -> str:
    """Which check of its kind an answer fails; ``""`` if it may answer what was asked."""
    if _ONLY_WHEN.search(query.question) and grounded.located and not tells_time(grounded):
        return "answer that holds a time"
    if (unit and grounded.located and not has_unit(grounded, unit)) or counts_nothing(grounded, query.question):
        return "answer in the unit asked for"
    return ""


def _is_supported(evidence: Evidence, wanted: float) -> bool:
    """A byline shares no words with the question who wrote its article, and needs none."""
    return evidence.support >= wanted or evidence.passage.field == "byline"


def _grounded(
    generator: Generator, query: Query, evidence: Sequence[Evidence], attempts: int, max_tokens: int
) -> Reading:
    """What of a draft stands in the evidence; ``None`` if the evidence is said not to answer.

    A question for several things of which the draft has not all is read part by part. An English question is read
    twice, as it stands and in its translation, and the better bound reading is taken: a small model that has two ways to
    slip seldom slips the same way.
    """
    forms = _forms(query)
    drafts = [(yield from _read(generator, forms[0], evidence, 1 if forms[1:] else attempts, max_tokens))]
    parts = parts_asked(forms[0])
    if len(parts) > 1:
        complete = drafts[0] if _tells(drafts[0], len(parts)) else (yield from _in_parts(generator, parts, evidence, max_tokens))
        if complete:
            return complete
    for form in forms[1:]:
        drafts.append((yield from _read(generator, form, evidence, 1, max_tokens)))
    return _better(drafts, query, evidence) if forms[1:] else drafts[0]


def _forms(query: Query) -> list[str]:
    """The question as it is read: itself with its names in Chinese, and its translation where this asks the same and keeps the
    figures.
    """
    if query.chinese == query.question:
        return [query.question]
    true = asks_the_same(query.chinese, query.question) and not unsupported(query.chinese, [query.named or query.question])
    return list(dict.fromkeys(q for q in (query.named, query.chinese if true else "", query.question) if q))[:2]


def _better(drafts: Sequence[Grounded | None], query: Query, evidence: Sequence[Evidence]) -> Grounded | None:
    """The better bound of two readings."""
    readings = [found for found in drafts if found and (found.located or found.verdict)]
    words = telling_words(query.chinese_words, evidence)
    if len(readings) == 1 and None in drafts and not bound(readings[0], words):
        return None  # one reading says that there is no answer, and the other found nothing that the question asks about
    dated, twice = bool(_WHEN.search(query.question)), len(ASKS_EN.findall(query.question)) > 1
    counted = asks_for_count(query.question)  # of two figures side by side, a reading with both shows which is which
    return max(readings, default=None, key=lambda reading: (
        dated and names_day(reading), twice and parts_of(reading), bound(reading, words), counted and parts_of(reading)))


def _is_bare(grounded: Grounded | None) -> bool:
    """Whether too little of a draft was found to answer with."""
    if grounded is None or len(grounded.missing) > len(grounded.located):
        return True
    return not grounded.located and not grounded.verdict


def _read_alone(generator: Generator, query: Query, evidence: Sequence[Evidence], max_tokens: int) -> Reading:
    """What the best sentence says by itself, so that none beside it leads astray; it must hold a telling word, and so must
    the phrase of a figure.
    """
    telling = telling_words(query.chinese_words, evidence)
    best = [e for e in evidence if not fold(e.text).endswith("?")][:1]  # a question answers nothing
    if not any(word in fold(e.text) for e in best for word in telling):
        return None
    found = yield from _read(generator, query.named or query.question, best, 1, max_tokens)
    if found is None or not found.holds or (any(read(l.piece) for l in found.located) and not bound(found, telling)):
        return None
    return found


def _in_parts(generator: Generator, parts: Sequence[str], evidence: Sequence[Evidence], max_tokens: int) -> Reading:
    """What each part of a question finds by itself, as a small model is apt to answer one of two; ``None`` unless there is an
    answer to each, all in one article.
    """
    readings = []
    for part in parts:
        readings.append((yield from _read(generator, part, evidence, 1, max_tokens)))
    found = in_one_article(together([reading for reading in readings if reading and reading.holds]), evidence)
    return found if all(readings) and _tells(found, len(parts)) else None


def _tells(grounded: Grounded | None, things: int) -> bool:
    """Whether so many things were found, all in one article and little beside them: a whole sentence is copied, not read."""
    if grounded is None or not grounded.holds or parts_of(grounded) < things:
        return False
    short = sum(l.end - l.start for l in grounded.located) <= _BRIEF * things
    return short and len({l.evidence.article.article_id for l in grounded.located}) == 1


def _read(generator: Generator, question: str, evidence: Sequence[Evidence], attempts: int, max_tokens: int) -> Reading:
    """Reads the evidence until every word of the draft is found there and one is not the question's, at most ``attempts`` times."""
    grounded, fault = None, ""
    for _ in range(attempts):
        draft = yield from _written(generator, _with_fault(read_prompt(question, evidence), fault), max_tokens)
        if is_refusal(draft):
            return grounded
        grounded = ground(draft, evidence, question)
        if names_asked(grounded, question):
            return (yield from _read(generator, f"{grounded.located[0].piece}担任什么职务?", evidence, 1, max_tokens))
        if asks_for_count(question) and repeats_figure(grounded, question):
            grounded = replace(grounded, located=(), missing=(draft,))
        if not asks_yes_or_no(question):
            grounded = replace(grounded, verdict="")
            if repeats_question(grounded, question):
                grounded, fault = replace(grounded, located=(), missing=(draft,)), _ASKED.format(draft)
                continue
        if grounded.holds or (grounded.verdict and not grounded.missing):
            break
        fault = _ABSENT.format("、".join(grounded.missing) or draft)
    return grounded


def _with_fault(prompt: Prompt, fault: str) -> Prompt:
    if not fault:
        return prompt
    return Prompt(prompt.task, prompt.system, prompt.user.replace("\n回答:", f"\n({fault})\n回答:"))


def _written(generator: Generator, prompt: Prompt, max_tokens: int) -> Written:
    written = ""
    for piece in generator.write(prompt, max_tokens=max_tokens, stop=("\n",)):
        written += piece
        yield TextPiece(piece)
    return written.strip()


def _composed(
    generator: Generator, query: Query, nearby: Sequence[Evidence], evidence: Sequence[Evidence], grounded: Grounded,
    max_tokens: int, known: Names,
) -> Events:
    warnings: tuple[str, ...] = ()
    if grounded.missing:
        warnings = ("left out, as no sentence holds it: " + ", ".join(grounded.missing),)
    sources = sources_of(grounded, evidence)
    if not any(read(located.piece) for located in grounded.located):  # a figure's sentence tells itself what it counts
        sources = with_support(sources, evidence, query.chinese_words)
    citations = tuple(citation(number, source) for number, source in enumerate(sources, 1))
    if query.language == "zh":
        text = written_in_chinese(grounded, sources)
    else:
        text = yield from written_in_english(generator, query, grounded, sources, max_tokens, known)
    figures = other_figures(grounded.located, nearby, len(citations) + 1) if asks_for_count(query.question) else ()
    times = all_times((source.text, source.article.date) for source in sources)
    checks = {"answer located": bool(grounded.located), "figures in quotations": not unsupported(text, [c.quote for c in citations]),
              "every piece found": not grounded.missing}
    yield Answer(query.question, query.language, text, False, citations, figures, times, warnings, checks=checks,
                 support=round(max(source.support for source in sources), 4),
                 bound=round(bound(grounded, query.chinese_words), 4))


# -- refusal ----------------------------------------------------------------------------------------------------

_OTHER_TIME = "evidence of the time asked about"
_REFUSAL = {
    "zh": ("资料里没有说。", "资料里没有所问时间的报道。", "最接近的是[1]。"),
    "en": ("The archive does not say.", "The archive has no report of the time asked about.", " The nearest it says is [1]."),
}


def refuse(query: Query, evidence: Sequence[Evidence], failed: str) -> Answer:
    """Says that the archive does not tell, and shows the nearest that it tells; ``failed`` names the check that decided."""
    silent, untimely, nearest = _REFUSAL[query.language]
    said = untimely if failed == _OTHER_TIME else silent
    best = sorted(evidence, key=lambda e: -e.score)[:1]
    text = said + (nearest if best else "")
    return Answer(query.question, query.language, text, True, tuple(citation(1, e) for e in best), checks={failed: False},
                  support=round(max((e.support for e in evidence), default=0.0), 4))
