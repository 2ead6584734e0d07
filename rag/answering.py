"""Evidence → checked answer: read, ground, put into the language of the question, or refuse.

The generator reads Chinese evidence best in Chinese, so it answers with words of the evidence whatever the
language of the question; code finds those words in the evidence, and carries figures and names into English.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rag.config import Answering
from rag.evidence import Evidence
from rag.figures import asks_for_count, other_figures
from rag.generate import Generator, Prompt
from rag.ground import Grounded, citation, ground, is_refusal
from rag.phrasing import Written, sources_of, written_in_chinese, written_in_english
from rag.prompts import read_prompt
from rag.quantities import unsupported
from rag.query import Query
from rag.records import Answer, TextPiece
from rag.times import all_times

Events = Iterator[TextPiece | Answer]


def write_answer(
    generator: Generator, query: Query, nearby: Sequence[Evidence], *, settings: Answering, max_tokens: int
) -> Events:
    """Yields the draft as it is written, then the checked answer.

    The generator is shown the first sentences of ``nearby``, which comes best first. Where none is supported enough
    (``settings.min_support``) nothing is generated, and what it answers from a sentence that is not is refused. A draft
    whose words are not in the evidence is written again (``settings.attempts`` in all), each time telling the generator
    which words; then what was found is kept, or it is refused.
    """
    evidence = nearby[: settings.evidence_sentences]
    if max((piece.support for piece in evidence), default=0.0) < settings.min_support:
        yield refuse(query, evidence)
        return
    grounded = Grounded("", (), ())
    draft, fault = "", ""
    for _ in range(settings.attempts):
        prompt = _with_fault(read_prompt(query.chinese or query.question, evidence), fault)
        draft = yield from _written(generator, prompt, max_tokens)
        if is_refusal(draft):
            yield refuse(query, evidence)
            return
        grounded = ground(draft, evidence)
        if grounded.holds or (grounded.verdict and not grounded.missing):
            break
        fault = "、".join(grounded.missing)
    if max((piece.support for piece in sources_of(grounded, evidence)), default=0.0) < settings.min_support:
        yield refuse(query, evidence)
        return
    yield from _composed(generator, query, nearby, evidence, grounded, max_tokens)


def _with_fault(prompt: Prompt, fault: str) -> Prompt:
    if not fault:
        return prompt
    return Prompt(prompt.task, prompt.system, prompt.user.replace("\n回答:", f"\n(资料里没有“{fault}”这几个字,不要写。)\n回答:"))


def _written(generator: Generator, prompt: Prompt, max_tokens: int) -> Written:
    written = ""
    for piece in generator.write(prompt, max_tokens=max_tokens, stop=("\n",)):
        written += piece
        yield TextPiece(piece)
    return written.strip()


def _composed(
    generator: Generator, query: Query, nearby: Sequence[Evidence], evidence: Sequence[Evidence], grounded: Grounded,
    max_tokens: int,
) -> Events:
    warnings: tuple[str, ...] = ()
    if grounded.missing:
        warnings = ("left out, as no sentence holds it: " + ", ".join(grounded.missing),)
    if not grounded.located and not (grounded.verdict and not grounded.missing):
        yield refuse(query, evidence)
        return
    sources = sources_of(grounded, evidence)
    citations = tuple(citation(number, source) for number, source in enumerate(sources, 1))
    if query.language == "zh":
        text = written_in_chinese(grounded, sources)
    else:
        text = yield from written_in_english(generator, query, grounded, sources, max_tokens)
    figures = other_figures(grounded.located, nearby, len(citations) + 1) if asks_for_count(query.question) else ()
    times = all_times((source.text, source.article.date) for source in sources)
    checks = {"quotations located": True, "figures in quotations": not unsupported(text, [c.quote for c in citations]),
              "every piece found": not grounded.missing}
    yield Answer(query.question, query.language, text, False, citations, figures, times, warnings, checks=checks,
                 support=round(max(source.support for source in sources), 4))


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
