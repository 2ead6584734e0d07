"""Sentences → the words that answer.

The reader knows which sentence answers and with which words. The generator reads the same sentences where the reader is
not sure, and where the answer is more than one run of words (yes or no, two things asked for, a list); its words are
taken where the reader agrees that the answer lies in them.
"""

from __future__ import annotations

from collections.abc import Generator as Steps
from collections.abc import Sequence

import numpy as np

from rag.answer.choose import Piece
from rag.answer.locate import Found, Located, is_refusal, located_draft, whole_figure
from rag.answer.prompts import read_prompt
from rag.config import Answering
from rag.generate import Generator
from rag.query import Query, asks_twice, asks_yes_or_no
from rag.records import TextPiece

Reading = Steps[TextPiece, None, tuple[Found, bool | None]]  # text as it is written; what was found, and whether the generator agrees


def read_pieces(generator: Generator, query: Query, pieces: Sequence[Piece], settings: Answering, max_tokens: int) -> Reading:
    """What answers, and whether the generator found it too (``None`` where it was not asked)."""
    own = own_words(pieces[0])
    several = asks_yes_or_no(query.question) or asks_twice(query.question)
    if not several and sureness(pieces) * pieces[0].span.probability >= settings.sure:
        return Found((own,)), None
    shown = pieces[: settings.evidence_sentences]
    draft = ""
    for text in generator.write(read_prompt(query.named or query.question, shown), max_tokens=max_tokens, stop=("\n",)):
        draft += text
        yield TextPiece(text)
    if is_refusal(draft):
        return Found((own,)), False
    drafted = located_draft(draft, shown)
    agreed = any(_overlap(own, located) for located in drafted.located)
    if several and (drafted.located or drafted.verdict):
        return drafted if drafted.located else Found((own,), drafted.verdict, drafted.missing), agreed
    likelier = [l for l in drafted.located if likelihood(l, pieces) >= likelihood(own, pieces)]
    if drafted.located and not drafted.missing and (agreed or likelier):
        return drafted, agreed
    return Found((own,)), agreed


def own_words(piece: Piece) -> Located:
    """The reader's own words in a sentence."""
    span = piece.span
    return whole_figure(piece, span.start, max(span.end, span.start + 1))


def sureness(pieces: Sequence[Piece]) -> float:
    """The probability that the first sentence answers, among all sentences and nothing (softmax of the margins)."""
    return float(_chances(pieces)[0])


def likelihood(located: Located, pieces: Sequence[Piece]) -> float:
    """The probability that the answer lies in some words."""
    return float(_chances(pieces)[list(pieces).index(located.piece)]) * located.probability


def _chances(pieces: Sequence[Piece]) -> np.ndarray:
    weights = np.exp(np.array([piece.score for piece in pieces]))
    return weights / (1.0 + weights.sum())


def _overlap(one: Located, other: Located) -> bool:
    return one.piece is other.piece and one.start < other.end and other.start < one.end
