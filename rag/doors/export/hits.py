"""Exports hits as CSV or JSON lines."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from rag.doors.export.cells import as_csv

COLUMNS = ("rank", "title", "date", "source", "field", "start", "end", "text", "score", "zones", "persons", "alike",
           "matched", "found_by", "doc_id", "article_id", "passage_id")


def hits_as_csv(hits: Iterable[Mapping[str, Any]]) -> str:
    """Returns hits as CSV, one in each row; lists are one cell, separated by ``; ``.

    >>> hits_as_csv([{"rank": 1, "title": "=签约", "matched": ["甲", "乙"]}]).splitlines()[1]
    "1,'=签约,,,,,,,,,,,甲; 乙,,,,"
    """
    return as_csv(COLUMNS, ([_cell(hit.get(column)) for column in COLUMNS] for hit in hits))


def hits_as_jsonl(hits: Iterable[Mapping[str, Any]]) -> str:
    """Returns hits as JSON lines.

    >>> hits_as_jsonl([{"rank": 1, "title": "签约"}])
    '{"rank": 1, "title": "签约"}\\n'
    """
    return "".join(json_text(hit) + "\n" for hit in hits)


def json_text(value: Any, indent: int | None = None) -> str:
    """Returns JSON that can be encoded as UTF-8; lone surrogates stay escaped.

    >>> json_text({"text": "签约"})
    '{"text": "签约"}'
    """
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return text.encode("utf-8", "backslashreplace").decode()


def _cell(value: Any) -> object:
    return "; ".join(map(str, value)) if isinstance(value, list | tuple | Mapping) else value
