"""Sentences → answer spans.

The reader (extractive) returns one span of one sentence. The generator reads the best sentences too. Its words are used only if they
occur in the sentences.
"""

from __future__ import annotations

import math
from collections.abc import Generator as Steps
from collections.abc import Sequence
from dataclasses import replace

from rag.answer.choose import SIGNATURES, CandidateSentence
from rag.answer.confidence import sentence_probabilities
from rag.answer.locate import GroundedAnswer, Located, is_refusal, located_draft, whole_figure
from rag.answer.prompts import read_prompt
from rag.config import Answering
from rag.generate import Draft, Generator
from rag.records import TextPiece
from rag.search.query import Query

AnswerStream = Steps[TextPiece, None, GroundedAnswer]  # text as it is written; what was found

_MARKS = ",\uff0c、;\uff1b。:\uff1a "
_LEAST = 1e-6  # probability of words that the reader may take for the answer at all
_MIN_RELATIVE_PROBABILITY = 0.01  # share of the best sentence's probability below which the generator is not shown a sentence


def read_pieces(
    generator: Generator, query: Query, pieces: Sequence[CandidateSentence], settings: Answering, max_tokens: int
) -> AnswerStream:
    """Finds the answer with the reader and the generator; ``pieces`` are sorted, best first, and not empty.

    Asks the generator with the best sentences and, unless its answer overlaps the reader's span, once more with as many further
    sentences appended; of two answers the more probable one is kept.
    """
    reader_words = reader_span(pieces[0])
    few = settings.evidence_sentences
    likely, others = likely_pieces(pieces[:few]), pieces[few : 2 * few]
    best, refusals, surest = GroundedAnswer((reader_words,)), list[float | None](), -math.inf
    for more in ((), others):
        prompt = read_prompt(query.localised or query.question, likely, more)
        draft = Draft(generator.write(prompt, max_tokens=max_tokens, stop=("\n",)))
        for text in draft:
            yield TextPiece(text)
        if is_refusal(draft.text):
            refusals.append(draft.log_probability)
        elif (drafted := _drafted(draft.text, [*likely, *more], reader_words)) is None:
            best = replace(best, agreed=False)
        elif (sure := draft.log_probability or 0.0) >= surest:  # one that is not known counts as the surest
            best, surest = drafted, sure
        if best.agreed or not others:
            break
    return replace(best, refusals=tuple(refusals))


def last(reading: AnswerStream) -> GroundedAnswer:
    """Returns what was found, once all text has been written."""
    while True:
        try:
            next(reading)
        except StopIteration as done:
            found: GroundedAnswer = done.value
            return found


def likely_pieces(pieces: Sequence[CandidateSentence]) -> list[CandidateSentence]:
    """Returns the sentences without those that are very unlikely beside the best; a byline or credit keeps those that tell what its
    article is about.
    """
    probabilities = sentence_probabilities(pieces)
    is_likely = [probability >= _MIN_RELATIVE_PROBABILITY * probabilities[0] for probability in probabilities]
    signed = {piece.article.article_id for piece, likely in zip(pieces, is_likely, strict=True)
              if likely and piece.passage.field in SIGNATURES}
    return [piece for piece, likely in zip(pieces, is_likely, strict=True) if likely or piece.article.article_id in signed]


def _drafted(draft: str, shown: Sequence[CandidateSentence], reader_words: Located) -> GroundedAnswer | None:
    """Returns the words of a draft in the sentences, ``None`` if no sentence holds any of them."""
    drafted = located_draft(draft, shown)
    located = tuple(one for one in drafted.located if one.probability > _LEAST)  # none of another time
    if not located and not drafted.verdict:
        return None
    agreed = any(_overlap(reader_words, one) for one in located)
    return replace(drafted, located=located or (reader_words,), agreed=agreed)


def reader_span(piece: CandidateSentence) -> Located:
    """Returns the reader's best span in a sentence, without punctuation at its end, extended to a whole figure with its unit."""
    span = piece.span
    words = piece.text[span.start : span.end].rstrip(_MARKS)
    return whole_figure(piece, span.start, span.start + max(len(words), 1))


def _overlap(one: Located, other: Located) -> bool:
    return one.piece is other.piece and one.start < other.end and other.start < one.end
