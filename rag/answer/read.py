"""Sentences → answer spans.

The reader (extractive) returns one span of one sentence. The generator reads the best sentences too if the reader's answer is
uncertain, or if the question may need more than one span (yes or no, two things asked for). Its words are used only if they
occur in the sentences.
"""

from __future__ import annotations

from collections.abc import Generator as Steps
from collections.abc import Sequence
from dataclasses import replace

from rag.answer.choose import Piece
from rag.answer.judge import chance, sentence_probabilities, signs_of
from rag.answer.locate import Found, Located, is_refusal, located_draft, whole_figure
from rag.answer.prompts import read_prompt
from rag.config import Answering
from rag.generate import Generator
from rag.records import TextPiece
from rag.search.query import Query, asks_two_things, asks_yes_or_no

Reading = Steps[TextPiece, None, Found]  # text as it is written; what was found

_LEAST = 1e-6  # probability of words that the reader may take for the answer at all
_MIN_RELATIVE_PROBABILITY = 0.01  # share of the best sentence's probability below which the generator is not shown a sentence


def read_pieces(generator: Generator, query: Query, pieces: Sequence[Piece], settings: Answering, max_tokens: int) -> Reading:
    """Finds the answer with the reader, and with the generator if needed; ``pieces`` are sorted, best first, and not empty."""
    reader_words = own_words(pieces[0])
    alone = Found((reader_words,))
    needs_generator = asks_yes_or_no(query.question) or asks_two_things(query.question)
    signs = signs_of(pieces, alone)
    is_uncertain = chance(signs) <= settings.sure and chance({**signs, "agreed": 1.0}) >= settings.min_chance
    if not needs_generator and not is_uncertain:
        return alone
    probabilities = sentence_probabilities(pieces)
    shown = [piece for piece, probability in zip(pieces[: settings.evidence_sentences], probabilities, strict=False)
             if probability >= _MIN_RELATIVE_PROBABILITY * probabilities[0]]
    draft = ""
    for text in generator.write(read_prompt(query.named or query.question, shown), max_tokens=max_tokens, stop=("\n",)):
        draft += text
        yield TextPiece(text)
    if is_refusal(draft):
        return replace(alone, agreed=False, refused=True)
    drafted = located_draft(draft, shown)
    drafted = replace(drafted, located=tuple(one for one in drafted.located if one.probability > _LEAST))  # none of another time
    agreed = any(_overlap(reader_words, located) for located in drafted.located)
    if drafted.located or drafted.verdict:
        return replace(drafted, located=drafted.located or (reader_words,), agreed=agreed)
    return replace(alone, agreed=False)


def own_words(piece: Piece) -> Located:
    """Returns the reader's answer span in a sentence, with the whole figure if it is one."""
    span = piece.span
    return whole_figure(piece, span.start, max(span.end, span.start + 1))


def _overlap(one: Located, other: Located) -> bool:
    return one.piece is other.piece and one.start < other.end and other.start < one.end
