"""Evidence → checked answer: read, ground, put into the language of the question, or refuse.

The generator reads Chinese evidence best in Chinese, so it answers with words of the evidence whatever the
language of the question; code finds those words in the evidence, and carries figures and names into English.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Sequence

from rag.evidence import Evidence
from rag.generate import Generator as Writer
from rag.generate import Prompt, complete
from rag.ground import Grounded, Located, citation, clause_of, ground, is_refusal
from rag.names import romanise_names
from rag.prompts import read_prompt, render_prompt
from rag.quantities import glossary, unsupported
from rag.query import Query
from rag.records import Answer, Citation, TextPiece

Events = Iterator[TextPiece | Answer]
Written = Generator[TextPiece, None, str]  # text as it is written; returns the whole

_ROOM = 36  # characters of the source shown around the words that answer


def write_answer(
    generator: Writer, query: Query, evidence: Sequence[Evidence], *, attempts: int, max_tokens: int
) -> Events:
    """Yields the draft as it is written, then the checked answer.

    With no evidence nothing is generated. A draft whose words are not in the evidence is written again
    (``attempts`` in all), each time telling the generator which words; then what was found is kept, or it is refused.
    """
    if not evidence:
        yield refuse(query, evidence)
        return
    grounded = Grounded("", (), ())
    draft, fault = "", ""
    for _ in range(attempts):
        prompt = _with_fault(read_prompt(query.chinese or query.question, evidence), fault)
        draft = yield from _written(generator, prompt, max_tokens)
        if is_refusal(draft):
            yield refuse(query, evidence)
            return
        grounded = ground(draft, evidence)
        if grounded.holds or (grounded.verdict and not grounded.missing):
            break
        fault = "、".join(grounded.missing)
    yield from _composed(generator, query, evidence, grounded, max_tokens)


def _with_fault(prompt: Prompt, fault: str) -> Prompt:
    if not fault:
        return prompt
    return Prompt(prompt.task, prompt.system, prompt.user.replace("\n回答:", f"\n(资料里没有“{fault}”这几个字,不要写。)\n回答:"))


def _written(generator: Writer, prompt: Prompt, max_tokens: int) -> Written:
    written = ""
    for piece in generator.write(prompt, max_tokens=max_tokens, stop=("\n",)):
        written += piece
        yield TextPiece(piece)
    return written.strip()


def _composed(
    generator: Writer, query: Query, evidence: Sequence[Evidence], grounded: Grounded, max_tokens: int
) -> Events:
    warnings: tuple[str, ...] = ()
    if grounded.missing:
        warnings = ("left out, as no sentence holds it: " + ", ".join(grounded.missing),)
    if not grounded.located and not (grounded.verdict and not grounded.missing):
        yield refuse(query, evidence)
        return
    sources = _sources(grounded, evidence)
    citations = tuple(citation(number, source) for number, source in enumerate(sources, 1))
    if query.language == "zh":
        text = _chinese(grounded, sources)
    else:
        text = yield from _english(generator, query, grounded, sources, citations, max_tokens)
    yield Answer(query.question, query.language, text, False, citations, warnings=warnings)


def _sources(grounded: Grounded, evidence: Sequence[Evidence]) -> list[Evidence]:
    """The sentences that carry the answer, each once, in order of use."""
    found: list[Evidence] = []
    for located in grounded.located:
        if located.evidence not in found:
            found.append(located.evidence)
    return found or [max(evidence, key=lambda e: e.score)]


# -- Chinese ----------------------------------------------------------------------------------------------------


def _chinese(grounded: Grounded, sources: Sequence[Evidence]) -> str:
    """The words that answer, and the clause of the paper in which they stand."""
    yes_no = {"yes": "是", "no": "否", "": ""}[grounded.verdict]
    parts = [f"{_joined(located)}{_marks(located, sources)}" for located in _by_source(grounded.located, sources)]
    answer = ",".join(part for part in (yes_no, "、".join(parts)) if part)
    shown = [clause for clause in (_clause(l) for l in _by_source(grounded.located, sources)) if clause]
    if not grounded.located:
        return f"{yes_no}:“{sources[0].text.rstrip('。')}”[1]。"
    return f"{answer}。" + "".join(f"原文:“{clause}”。" for clause in shown)


def _by_source(located: Sequence[Located], sources: Sequence[Evidence]) -> list[list[Located]]:
    groups = [[l for l in located if l.evidence == source] for source in sources]
    return [group for group in groups if group]


def _joined(group: Sequence[Located]) -> str:
    return "、".join(located.evidence.text[located.start : located.end] for located in group)


def _marks(group: Sequence[Located], sources: Sequence[Evidence]) -> str:
    return f"[{sources.index(group[0].evidence) + 1}]"


def _clause(group: Sequence[Located]) -> str:
    """The clauses around the words, or nothing where the words are clauses of their own."""
    clause = _source_clause(group)
    return clause if len(clause) > len(_joined(group)) + 2 else ""


def _source_clause(group: Sequence[Located]) -> str:
    """What the sentence says around the words: of whom, when, and what stands beside."""
    text = group[0].evidence.text
    start, end = clause_of(text, min(l.start for l in group), max(l.end for l in group), _ROOM)
    return text[start:end]


# -- English ----------------------------------------------------------------------------------------------------


def _english(
    generator: Writer, query: Query, grounded: Grounded, sources: Sequence[Evidence],
    citations: Sequence[Citation], max_tokens: int,
) -> Written:
    """One English sentence whose figures are those of the citations; the plain words of the answer otherwise."""
    groups = _by_source(grounded.located, sources)
    clauses = [_source_clause(group) for group in groups] or [sources[0].text]
    verdict = {"yes": "Yes", "no": "No", "": ""}[grounded.verdict]
    words = ", ".join(part for part in (verdict, *(_in_english(_joined(group)) for group in groups)) if part)
    yield TextPiece(f"\n{words}\n")
    prompt = render_prompt(query.question, "; ".join(_in_english(clause) for clause in clauses), words)
    sentence = complete(generator, prompt, max_tokens=max_tokens, stop=("\n",)).strip()
    marks = "".join(f"[{c.number}]" for c in citations)
    if _is_faithful(sentence, words, [c.quote for c in citations], query):
        return _with_marks(_with_originals(sentence, clauses), marks)
    return _with_marks(f"{words}: “{'” “'.join(clauses)}”", marks)


def _in_english(text: str) -> str:
    """A Chinese text with its figures and names in English.

    >>> _in_english("总投资额86.8亿元")
    '总投资额 8.68 billion yuan'
    """
    for chinese, english in glossary(text):
        text = text.replace(chinese, f" {english} ", 1)
    return re.sub(r"\s+", " ", romanise_names(text)).strip()


def _is_faithful(sentence: str, words: str, quotes: Sequence[str], query: Query) -> bool:
    """Every figure of the sentence stands in the quotations, and every figure of the answer in the sentence."""
    if not sentence or unsupported(sentence, [*quotes, query.question]):
        return False
    return not unsupported(words, [sentence])


def _with_originals(sentence: str, clauses: Sequence[str]) -> str:
    """Puts the printed form behind a figure that had to be converted: ``8.68 billion yuan (86.8亿元)``."""
    for chinese, english in glossary(" ".join(clauses)):
        if re.search("[万亿]", chinese) and english in sentence and chinese not in sentence:
            sentence = sentence.replace(english, f"{english} ({chinese})", 1)
    return sentence


def _with_marks(sentence: str, marks: str) -> str:
    return f"{sentence.rstrip('. ')}{' ' if marks else ''}{marks}."


# -- refusal ----------------------------------------------------------------------------------------------------

_REFUSAL = {
    "zh": ("资料里没有说。", "最接近的是[1]。"),
    "en": ("The archive does not say.", "The nearest it says is [1]."),
}


def refuse(query: Query, evidence: Sequence[Evidence], reason: str = "") -> Answer:
    """Says that the archive does not tell, and shows the nearest that it tells."""
    said, nearest = _REFUSAL[query.language]
    best = sorted(evidence, key=lambda e: -e.score)[:1]
    text = " ".join(part for part in (reason or said, nearest if best else "") if part)
    return Answer(query.question, query.language, text, True, tuple(citation(1, e) for e in best))
