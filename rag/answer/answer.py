"""Sentences → checked answer: read, judged, put into the language of the question, or refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rag.answer.choose import Piece
from rag.answer.figures import other_figures
from rag.answer.judge import chance, signs_of
from rag.answer.locate import Found, citation
from rag.answer.read import read_pieces
from rag.answer.word import in_chinese_words, in_english_words
from rag.config import Answering
from rag.generate import Generator
from rag.language.names import Names, no_english_name
from rag.language.quantities import read, unsupported
from rag.language.times import all_times
from rag.records import Answer, TextPiece
from rag.search.query import Query

Events = Iterator[TextPiece | Answer]


def write_answer(
    generator: Generator, query: Query, pieces: Sequence[Piece], *, settings: Answering, max_tokens: int, known: Names = no_english_name
) -> Events:
    """Yields the draft as it is written, then the checked answer.

    ``pieces`` come likeliest first. It is refused where what was found is right with less than ``settings.min_chance``, and
    before anything is written where the likeliest sentence alone tells that. ``known`` tells the English of proper names.
    """
    timely = [piece for piece in pieces if piece.timely]
    if not timely:
        yield refusal(query, pieces, _OTHER_TIME if pieces else "an article about the place asked about", 0.0)
        return
    pieces = timely
    found = yield from read_pieces(generator, query, pieces, settings, max_tokens)
    signs = signs_of(pieces, found)
    right = chance(signs)
    if right < settings.min_chance:
        yield refusal(query, pieces, "a sentence that answers", right)
        return
    sources = sources_of(found, pieces)
    citations = tuple(citation(number, source) for number, source in enumerate(sources, 1))
    if query.language == "zh":
        text = in_chinese_words(found, sources)
    else:
        text = yield from in_english_words(generator, query, found, sources, max_tokens, known)
    warnings = ("left out, as no sentence holds it: " + ", ".join(found.missing),) if found.missing else ()
    figures = other_figures(found.located, pieces, len(citations) + 1)
    checks = {"answer located": bool(found.located), "figures in quotations": not unsupported(text, [c.quote for c in citations]),
              "every piece found": not found.missing}
    yield Answer(query.question, query.language, text, False, citations, figures,
                 all_times((source.text, source.article.date) for source in sources), warnings, checks=checks,
                 chance=round(right, 4), signs=signs)


def sources_of(found: Found, pieces: Sequence[Piece]) -> list[Piece]:
    """The sentences that carry the answer, each once; with a name or term also the likeliest sentence of the same article, as a
    name may stand in one sentence and what was asked about it in another.
    """
    cited = found.pieces or [pieces[0]]
    if pieces[0] not in cited and not any(read(located.text) for located in found.located):
        cited += [piece for piece in pieces[:1] if piece.article.article_id == cited[0].article.article_id]
    return cited


_OTHER_TIME = "a sentence about the time asked about"
_SAID = {"zh": ("资料里没有说。", "资料里没有所问时间的报道。", "最接近的是[1]。"),
         "en": ("The archive does not say.", "The archive has no report of the time asked about.", " The nearest it says is [1].")}


def refusal(query: Query, pieces: Sequence[Piece], failed: str, right: float) -> Answer:
    """Says that the archive does not tell, and shows the nearest that it tells; ``failed`` names what is lacking."""
    silent, untimely, nearest = _SAID[query.language]
    text = (untimely if failed == _OTHER_TIME else silent) + (nearest if pieces else "")
    return Answer(query.question, query.language, text, True, tuple(citation(1, piece) for piece in pieces[:1]),
                  checks={failed: False}, chance=round(right, 4))
