"""``/api/answers``, ``/api/export``, ``/api/feedback``: answers that are kept, taken along and judged.

Only answers that this desk gave are taken: each carries its signature.
"""

from __future__ import annotations

import json
import threading
import time
from dataclasses import asdict
from typing import Any, Literal

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, Field

from rag.doors.desk import signed_by
from rag.doors.server.asking import attachment
from rag.doors.server.problems import Refused
from rag.doors.service import Library
from rag.errors import SourceError

FEEDBACK = "feedback.jsonl"  # in the index folder
_KINDS = {"md": "text/markdown; charset=utf-8", "json": "application/json",
          "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document"}
_appending = threading.Lock()


class Receipt(BaseModel):
    """An answer as ``/api/ask`` gave it, with its signature."""

    model_config = {"extra": "allow"}

    answer: str
    signature: str


class Export(BaseModel):
    """An answer, and the kind of file that it becomes."""

    answer: Receipt
    format: Literal["md", "json", "docx"] = "md"


class Feedback(BaseModel):
    """What a reader thinks of an answer."""

    answer: Receipt
    verdict: Literal["up", "down"]
    word: str = Field("", max_length=1000)


def keeping_routes(library: Library) -> APIRouter:
    """Permalinks, files and judgements of answers."""
    router = APIRouter(prefix="/api", tags=["answers"])

    @router.post("/answers", status_code=201)
    async def keep(body: Receipt) -> dict[str, str]:
        """Keeps an answer under an address that can be passed on and holds after a rebuild."""
        answer_id = library.desk.keep_answer(_own(body, library))
        return {"answer_id": answer_id, "url": f"/#/answer/{answer_id}"}

    @router.get("/answers/{answer_id}")
    async def kept(answer_id: str) -> dict[str, Any]:
        """A kept answer, with its quotations checked against the archive of today."""
        receipt, when = library.desk.kept_answer(answer_id)
        return {"answer": receipt, "kept": when, "checks": await library.run(_checks, library, receipt)}

    @router.post("/export", response_class=Response)
    async def export(body: Export) -> Response:
        """An answer with its quotations and its receipt as Markdown, JSON or DOCX."""
        from rag.doors.export import answers

        receipt = _own(body.answer, library)
        make: Any = {"md": answers.as_markdown, "json": answers.as_json, "docx": answers.as_docx}[body.format]
        made = await library.run(make, receipt)
        return attachment(made if isinstance(made, bytes) else made.encode(), f"wenbao-answer.{body.format}", _KINDS[body.format])

    @router.post("/feedback", status_code=204, response_class=Response)
    async def feedback(body: Feedback) -> Response:
        """Keeps a judgement in a local file, which `rag eval feedback` reads."""
        receipt = _own(body.answer, library)
        line = {"id": receipt["signature"][:16], "question": receipt["question"], "answer": receipt["answer"],
                "refused": receipt["refused"], "quotes": [c["quote"] for c in receipt["citations"]],
                "verdict": body.verdict, "word": body.word, "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
        await library.run(_append, library, line)
        return Response(status_code=204)

    return router


def _own(body: Receipt, library: Library) -> dict[str, Any]:
    """Returns the answer as it was given. Refuses what this desk did not answer, or what was changed since."""
    receipt = body.model_dump()
    if not signed_by(receipt, library.secret):
        raise Refused(422, "this answer was not given by this desk, or was changed; ask the question again")
    return receipt


def _checks(library: Library, receipt: dict[str, Any]) -> list[dict[str, Any]]:
    return [asdict(check) for check in library.rag.verify(receipt)]


def _append(library: Library, line: dict[str, Any]) -> None:
    file = library.rag.config.index.dir / FEEDBACK
    try:
        with _appending, file.open("a", encoding="utf-8") as out:
            out.write(json.dumps(line, ensure_ascii=False) + "\n")
    except OSError as error:
        raise SourceError(f"{file}: cannot be written ({error.strerror}); make the folder writable") from error
