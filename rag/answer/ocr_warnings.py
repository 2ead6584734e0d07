"""Warnings about quoted words that OCR recognised with low confidence."""

from __future__ import annotations

from collections.abc import Sequence

from rag.answer.choose import CandidateSentence
from rag.pages.printed import doubtful_words

LOW_CONFIDENCE = 0.85  # OCR confidence of a line, 0 to 1, below which an answer warns of it; see benchmarks/printed-confidence.md
_TOLD = {"zh": ("图像识别把握不大,请与原页核对:", "[{}]“{}”", ";"),
         "en": ("recognised from a picture with low confidence, compare the page: ", "[{}] “{}”", "; ")}


def ocr_warnings(cited: Sequence[CandidateSentence], language: str) -> tuple[str, ...]:
    """Returns a warning that lists the quoted words whose OCR confidence is below 0.85; ``()`` if there are none.

    ``cited`` are the sentences of the citations, in the order of their numbers.
    """
    lead, each, between = _TOLD[language]
    words = [each.format(number, word) for number, piece in enumerate(cited, 1) for word in doubtful_words(
        piece.article, piece.passage.field, piece.passage.item, piece.start, piece.end, LOW_CONFIDENCE)]
    return (lead + between.join(words),) if words else ()
