"""Sentences → checked answer in the language of the question, or a refusal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from rag.answer.choose import SIGNATURES, CandidateSentence
from rag.answer.confidence import answer_features, chance
from rag.answer.figures import other_figures
from rag.answer.locate import GroundedAnswer, citation
from rag.answer.ocr_warnings import ocr_warnings
from rag.answer.read import read_pieces
from rag.answer.word import write_chinese, write_english
from rag.config import Answering
from rag.generate import Generator
from rag.language.names import Names, no_english_name
from rag.language.quantities import read, unsupported
from rag.language.times import all_times
from rag.records import Answer, TextPiece
from rag.search.query import Query

Events = Iterator[TextPiece | Answer]


def write_answer(
    generator: Generator, query: Query, pieces: Sequence[CandidateSentence], *, settings: Answering, max_tokens: int,
    known: Names = no_english_name,
) -> Events:
    """Yields the draft as it is written, then the checked answer.

    ``pieces`` are sorted, best first. The answer is a refusal if no piece can report the period asked about, or if its
    calibrated probability is below ``settings.min_chance``. ``known`` maps Chinese proper names to English.
    """
    timely = [piece for piece in pieces if piece.timely]
    if not timely:
        yield refusal(query, pieces, _WRONG_PERIOD if pieces else "an article about the place asked about", 0.0)
        return
    pieces = timely
    found = yield from read_pieces(generator, query, pieces, settings, max_tokens)
    signs = answer_features(pieces, found)
    probability = chance(signs)
    if probability < settings.min_chance:
        yield refusal(query, pieces, "a sentence that answers", probability)
        return
    sources = sources_of(found, pieces)
    citations = tuple(citation(number, source) for number, source in enumerate(sources, 1))
    if query.language == "zh":
        text = write_chinese(found, sources)
    else:
        text = yield from write_english(generator, query, found, sources, max_tokens, known)
    left_out = ("left out, as no sentence holds it: " + ", ".join(found.missing),) if found.missing else ()
    warnings = (*left_out, *ocr_warnings(sources, query.language))
    figures = other_figures(found.located, pieces, len(citations) + 1)
    checks = {"answer located": bool(found.located), "figures in quotations": not unsupported(text, [c.quote for c in citations]),
              "every piece found": not found.missing}
    yield Answer(query.question, query.language, text, False, citations, figures,
                 all_times((source.text, source.article.date) for source in sources), warnings, checks=checks,
                 chance=round(probability, 4), signs=signs)


def sources_of(found: GroundedAnswer, pieces: Sequence[CandidateSentence]) -> list[CandidateSentence]:
    """Returns the sentences to cite, without duplicates.

    An answer without figures also cites the best sentence of its article, because a name may stand in one sentence and the
    fact asked about in another; a byline or credit says all.
    """
    cited = found.pieces or [pieces[0]]
    is_signed = all(piece.passage.field in SIGNATURES for piece in cited)
    if pieces[0] not in cited and not is_signed and not any(read(located.text) for located in found.located):
        cited += [piece for piece in pieces[:1] if piece.article.article_id == cited[0].article.article_id]
    return cited


_WRONG_PERIOD = "a sentence about the time asked about"
_REFUSALS = {"zh": ("资料里没有说。", "资料里没有所问时间的报道。", "最接近的是[1]。"),
         "en": ("The archive does not say.", "The archive has no report of the time asked about.", " The nearest it says is [1].")}


def refuse_instead(answer: Answer) -> Answer:
    """Replaces a one-sentence answer by a refusal that keeps its first citation, for a question that probably needs several figures.

    >>> refuse_instead(Answer("甲乙共多少?", "zh", "47个[1]。", False, ())).text
    '资料里没有说。'
    """
    silent, _, nearest = _REFUSALS[answer.language]
    cited = answer.citations[:1]
    return replace(answer, text=silent + (nearest if cited else ""), refused=True, citations=cited, figures=(),
                   checks={"every figure found": False})


def refusal(query: Query, pieces: Sequence[CandidateSentence], failed: str, probability: float) -> Answer:
    """Returns a refusal that cites the best sentence; ``failed`` names the check that failed."""
    silent, untimely, nearest = _REFUSALS[query.language]
    text = (untimely if failed == _WRONG_PERIOD else silent) + (nearest if pieces else "")
    return Answer(query.question, query.language, text, True, tuple(citation(1, piece) for piece in pieces[:1]),
                  warnings=ocr_warnings(pieces[:1], query.language), checks={failed: False}, chance=round(probability, 4))
