"""The reader: a small cross-encoder for extractive question answering. It scores sentences, spans, and "no answer"."""

from rag.reader.reader import CrossReader, Reader, open_reader
from rag.reader.reading import ReaderScores, Sentence, SentenceScores, Span

__all__ = ["CrossReader", "Reader", "ReaderScores", "Sentence", "SentenceScores", "Span", "open_reader"]
