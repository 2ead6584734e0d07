"""Exports citations, answers, hits and batches as files. Pure functions of records, without network."""

from rag.doors.export.answers import as_docx, as_json, as_markdown
from rag.doors.export.citations import STYLES, cite
from rag.doors.export.hits import hits_as_csv, hits_as_jsonl
from rag.doors.export.questions import answers_as, read_questions

__all__ = ["STYLES", "answers_as", "as_docx", "as_json", "as_markdown", "cite", "hits_as_csv", "hits_as_jsonl", "read_questions"]
