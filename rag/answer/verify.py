"""Checks the receipt of an answer offline: do its quotations stand in the article and in the source, are its figures theirs?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.errors import SourceError
from rag.index.store.protocol import Reading
from rag.language.quantities import unsupported
from rag.pages import is_archive, read_text
from rag.records import field_text


@dataclass(frozen=True)
class Check:
    """One thing that was checked, whether it holds, and what was seen if it does not."""

    what: str
    holds: bool
    seen: str = ""


def verify_answer(answer: Mapping[str, Any], archive: Reading, home: Path) -> Iterator[Check]:
    """Checks every citation of an answer (as ``rag ask --json`` gives it) and every figure in its text.

    ``home`` is the folder from which sources are named. Raises :class:`SourceError` for what is no answer.
    """
    try:
        cited = [*answer["citations"], *(figure["citation"] for figure in answer.get("figures", ()))]
        for citation in cited:
            yield from _check_citation(citation, archive, home)
        if not answer["refused"]:
            added = unsupported(answer["answer"], [citation["quote"] for citation in cited])
            yield Check("every figure of the answer stands in a quotation", not added, ", ".join(q.text for q in added))
    except (KeyError, TypeError) as error:
        raise SourceError(f"this is no answer of `rag ask --json` ({type(error).__name__}: {error})") from error


def _check_citation(citation: Mapping[str, Any], archive: Reading, home: Path) -> Iterator[Check]:
    number, quote = citation["number"], citation["quote"]
    article = archive.articles([citation["article_id"]]).get(citation["article_id"])
    if article is None:
        yield Check(f"[{number}] stands in its article", False, "the article is not in the index any more")
    else:
        there = field_text(article, citation["field"], citation["item"])[citation["start"] : citation["end"]]
        yield Check(f"[{number}] stands in its article", there == quote, there)
    if is_archive(citation["source"]):
        return
    try:
        page = read_text(home / citation["source"])
    except SourceError as error:
        yield Check(f"[{number}] stands in its page", False, str(error))
        return
    spelled = "".join(page[start:end] for start, end in citation["source_spans"])
    yield Check(f"[{number}] stands in its page", "".join(spelled.split()) == "".join(quote.split()), spelled)
