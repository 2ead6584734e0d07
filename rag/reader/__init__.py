"""A small cross-encoder that reads: which sentences answer a question, with which words, and whether any does."""

from rag.reader.reader import CrossReader, Reader, open_reader
from rag.reader.reading import Reading, Sentence, SentenceScores, Span

__all__ = ["CrossReader", "Reader", "Reading", "Sentence", "SentenceScores", "Span", "open_reader"]
