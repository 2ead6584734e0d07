"""Archives: ``.jsonl`` or ``.jsonl.gz`` files with one complete article per line.

A line is ``{"doc_id", "title", "text", "date"?}``; its text is not changed.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path

from rag.errors import SourceError
from rag.pages.dates import archive_date
from rag.records import Article, Run, content_id

_KEYS = ("doc_id", "title", "text")


def iter_archive(path: Path, source: str | None = None) -> Iterator[Article | SourceError]:
    """Yields the articles of an archive, and a ``SourceError`` (not raised) for each invalid line.

    The caller counts and shows the errors and keeps the rest. Raises ``SourceError`` if the file cannot be opened. For a
    truncated or damaged gzip file the last item is an error with the line number.
    """
    path = Path(path)
    name = source or str(path)
    number = 0
    try:
        with _open(path) as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield _article(line, path, number, name)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        yield SourceError(f"{path}, line {number + 1}: the file breaks off ({error}); fetch it again")
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror or error}); check the path") from error


def _open(path: Path) -> gzip.GzipFile | BufferedReader:
    return gzip.open(path, "rb") if path.name.lower().endswith(".gz") else path.open("rb")


def _article(line: bytes, path: Path, number: int, source: str) -> Article | SourceError:
    where = f"{path}, line {number}"
    try:
        record = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        return SourceError(f"{where}: no JSON ({error}); one record per line is expected")
    if not isinstance(record, dict):
        return SourceError(f"{where}: a {type(record).__name__}, not a record with doc_id, title and text")
    for key in _KEYS:
        if not isinstance(record.get(key), str):
            return SourceError(f"{where}: {key!r} is {record.get(key)!r:.40}, not text; every record needs {', '.join(_KEYS)}")
    title, text, day = record["title"], record["text"], archive_date(str(record.get("date") or ""))
    runs = {key: (Run(0, len(record[key]), 0),) for key in ("title", "text") if record[key]}
    return Article(content_id(record["doc_id"], title, text), source, record["doc_id"], text, title,
                   date=day, date_from="archive" if day else "", runs=runs)
