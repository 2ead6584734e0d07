"""The records that the stages exchange, one frozen dataclass for each stage.

::

    page file → Article → Passage → Hit → Evidence → Citation → Answer

:mod:`~rag.records.archive` holds what is read from pages and stored, :mod:`~rag.records.found` what is found and quoted,
:mod:`~rag.records.answer` what is answered.
"""

from rag.records.answer import (
    Answer,
    Derived,
    Event,
    EvidenceFound,
    Figure,
    ResolvedTime,
    Row,
    Stage,
    TextPiece,
    Turn,
)
from rag.records.archive import (
    OF_PICTURES,
    QUOTABLE,
    Article,
    Box,
    Caption,
    Joint,
    Jump,
    Links,
    Passage,
    PrintedLine,
    Run,
    content_id,
    field_text,
    headline,
    quote_hash,
    runs_of,
    source_spans,
)
from rag.records.found import ChannelScore, Citation, Fact, Filter, Hit

__all__ = [
    "OF_PICTURES",
    "QUOTABLE",
    "Answer",
    "Article",
    "Box",
    "Caption",
    "ChannelScore",
    "Citation",
    "Derived",
    "Event",
    "EvidenceFound",
    "Fact",
    "Figure",
    "Filter",
    "Hit",
    "Joint",
    "Jump",
    "Links",
    "Passage",
    "PrintedLine",
    "ResolvedTime",
    "Row",
    "Run",
    "Stage",
    "TextPiece",
    "Turn",
    "content_id",
    "field_text",
    "headline",
    "quote_hash",
    "runs_of",
    "source_spans",
]
