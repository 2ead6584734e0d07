"""A small cross-encoder that reads: which sentences answer a question, with which words, and whether any does."""

from rag.reader.reader import CrossReader, Reader, open_reader
from rag.reader.reading import Heard, Reading, Sentence, Span

__all__ = ["CrossReader", "Heard", "Reader", "Reading", "Sentence", "Span", "open_reader"]
