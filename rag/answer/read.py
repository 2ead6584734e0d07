"""Sentences → the words that answer.

The reader knows which sentence answers and with which words. Where it is in doubt, and where the answer may be more than one run of
words (yes or no, two things asked for), the generator reads the likeliest sentences too: it weighs them together, and its words are
taken where each of them stands in one.
"""

from __future__ import annotations

from collections.abc import Generator as Steps
from collections.abc import Sequence
from dataclasses import replace

from rag.answer.choose import Piece
from rag.answer.judge import chance, chances, signs_of
from rag.answer.locate import Found, Located, is_refusal, located_draft, whole_figure
from rag.answer.prompts import read_prompt
from rag.config import Answering
from rag.generate import Generator
from rag.records import TextPiece
from rag.search.query import Query, asks_two_things, asks_yes_or_no

Reading = Steps[TextPiece, None, Found]  # text as it is written; what was found

_HOPELESS = 0.01  # of the likeliest sentence's chance: what is less likely is not shown to the generator, whatever it says of itself


def read_pieces(generator: Generator, query: Query, pieces: Sequence[Piece], settings: Answering, max_tokens: int) -> Reading:
    """What answers, by the reader alone or by both; ``pieces`` come likeliest first."""
    own = own_words(pieces[0])
    alone = Found((own,))
    several = asks_yes_or_no(query.question) or asks_two_things(query.question)
    doubt = 1.0 - settings.sure <= chance(signs_of(pieces, alone)) <= settings.sure
    if not several and not doubt:
        return alone
    likely = chances(pieces)
    shown = [piece for piece, told in zip(pieces[: settings.evidence_sentences], likely, strict=False) if told >= _HOPELESS * likely[0]]
    draft = ""
    for text in generator.write(read_prompt(query.named or query.question, shown), max_tokens=max_tokens, stop=("\n",)):
        draft += text
        yield TextPiece(text)
    if is_refusal(draft):
        return replace(alone, agreed=False, refused=True)
    drafted = located_draft(draft, shown)
    agreed = any(_overlap(own, located) for located in drafted.located)
    if drafted.located or drafted.verdict:
        return replace(drafted, located=drafted.located or (own,), agreed=agreed)
    return replace(alone, agreed=False)


def own_words(piece: Piece) -> Located:
    """The reader's own words in a sentence."""
    span = piece.span
    return whole_figure(piece, span.start, max(span.end, span.start + 1))


def _overlap(one: Located, other: Located) -> bool:
    return one.piece is other.piece and one.start < other.end and other.start < one.end
