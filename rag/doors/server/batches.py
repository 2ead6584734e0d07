"""``/api/batch``: a file of questions in, a table of answers with their quotations out."""

from __future__ import annotations

import asyncio
import secrets
import time
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from fastapi import APIRouter, File, UploadFile
from fastapi.responses import Response

from rag.doors.server.asking import attachment
from rag.doors.server.problems import Refused
from rag.doors.service import Library
from rag.errors import RagError

_MOST = 500  # questions of a file
_JOBS = 8  # files that are answered or kept at a time
_KEPT = 3600  # seconds that a finished table is kept
_KINDS = {"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "csv": "text/csv; charset=utf-8",
          "jsonl": "application/jsonl; charset=utf-8"}


@dataclass
class Job:
    """One file of questions while it is answered; ``rows`` grows by one for each."""

    questions: list[dict[str, Any]]
    rows: list[dict[str, Any]] = field(default_factory=list)
    failed: int = 0
    ended: float = 0.0
    task: asyncio.Task[None] | None = None

    def told(self) -> dict[str, Any]:
        """Returns how far it is."""
        return {"done": len(self.rows), "total": len(self.questions), "failed": self.failed, "finished": bool(self.ended)}


class Batches:
    """The files that are being answered, by an id that nobody can guess."""

    def __init__(self, library: Library) -> None:
        self._library, self._jobs = library, dict[str, Job]()

    def start(self, questions: list[dict[str, Any]]) -> str:
        """Begins to answer; the questions take turns with those of everybody else."""
        old = [job_id for job_id, job in self._jobs.items() if job.ended and time.monotonic() - job.ended > _KEPT]
        for job_id in old:
            del self._jobs[job_id]
        if len(self._jobs) >= _JOBS:
            raise Refused(429, f"{len(self._jobs)} files are kept or being answered; delete one, or send this one later")
        job_id, job = secrets.token_urlsafe(18), Job(questions)
        self._jobs[job_id] = job
        job.task = asyncio.create_task(self._answer(job_id, job))
        return job_id

    def job(self, job_id: str) -> Job:
        """Returns a job by its id; refuses one that is not there."""
        if job_id not in self._jobs:
            raise Refused(404, "no such file of questions; it is kept for an hour: send it again")
        return self._jobs[job_id]

    def drop(self, job_id: str) -> None:
        """Ends a job and forgets its answers."""
        job = self.job(job_id)
        if job.task:
            job.task.cancel()
        del self._jobs[job_id]

    async def _answer(self, job_id: str, job: Job) -> None:
        for row in job.questions:
            try:
                answer = self._library.receipt(await self._library.answer(row["question"], (), f"batch {job_id}"))
                job.rows.append({**answer, **row})
            except RagError as error:
                job.failed += 1
                job.rows.append({**row, "error": " ".join(str(error).split())})
        job.ended = time.monotonic()


def batch_routes(library: Library) -> APIRouter:
    """Files of questions."""
    router, batches = APIRouter(prefix="/api/batch", tags=["batch"]), Batches(library)

    @router.post("", status_code=202)
    async def start(file: Annotated[UploadFile, File()]) -> dict[str, Any]:
        """Takes up to 500 questions as .txt, .csv, .xlsx or .jsonl."""
        from rag.doors.export.questions import read_questions

        library.needs_search()
        questions = await library.run(read_questions, file.filename or "", await file.read(), _MOST)
        return {"job": batches.start(questions), "questions": len(questions)}

    @router.get("/{job_id}")
    async def told(job_id: str) -> dict[str, Any]:
        """How far a file is."""
        return batches.job(job_id).told()

    @router.get("/{job_id}/file", response_class=Response)
    async def table(job_id: str, format: Literal["xlsx", "csv", "jsonl"] = "xlsx") -> Response:
        """The answers so far, a row each."""
        from rag.doors.export.questions import answers_as

        rows = list(batches.job(job_id).rows)
        return attachment(await library.run(answers_as, rows, format), f"wenbao-answers.{format}", _KINDS[format])

    @router.delete("/{job_id}", status_code=204, response_class=Response)
    async def drop(job_id: str) -> Response:
        """Ends the work on a file and forgets its answers."""
        batches.drop(job_id)
        return Response(status_code=204)

    return router
