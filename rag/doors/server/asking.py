"""``/api/ask`` and ``/api/search``."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Awaitable, Iterable
from contextlib import aclosing
from dataclasses import asdict
from datetime import date
from typing import Annotated, Any, Literal, TypeVar

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from sse_starlette import EventSourceResponse

from rag.doors.server.guard import Meters
from rag.doors.server.openai_door import HISTORY
from rag.doors.server.problems import body_of, problem_of
from rag.doors.service import Library, Queued
from rag.doors.service.events import QueuedEvent
from rag.errors import RagError
from rag.records import Answer, EvidenceFound, Filter, Hit, Stage, TextPiece, Turn
from rag.search.query import MAX_CHARACTERS

T = TypeVar("T")
Date = Annotated[str, Query(pattern=r"^(\d{4}(-\d\d(-\d\d)?)?)?$", description="2024, 2024-07 or 2024-07-05")]
Name = Annotated[str, Query(max_length=200)]
Sort = Annotated[Literal["relevance", "date", "date_asc"], Query()]
_PING = 5  # seconds between the lines that keep a stream alive
_LOOK = 0.25  # seconds between two looks whether a client is still there


class Exchange(BaseModel):
    """An earlier question and its answer."""

    question: str = Field(max_length=MAX_CHARACTERS)
    answer: str = Field(max_length=8000)


class Ask(BaseModel):
    """A question, and the conversation so far, oldest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"question": "随州高新区今年新开工多少个项目?"}]})

    question: str = Field(max_length=MAX_CHARACTERS)
    history: list[Exchange] = Field(default_factory=list, max_length=HISTORY)
    stream: bool = False
    asked_on: date | None = Field(None, description='the day from which "last month" or 去年 are reckoned')
    operation: str | None = Field(
        None, max_length=40, description="what is to be done: lookup for one fact, or series, sum, …; by itself told from the question")


class Narrowed:
    """How a search is narrowed and sorted: the query parameters of ``/api/search``.

    ``quick``: no comparison token by token, for a query that is still being typed.
    """

    def __init__(
        self, q: Annotated[str, Query(max_length=MAX_CHARACTERS)], k: Annotated[int, Query(ge=1, le=100)] = 20, since: Date = "",
        until: Date = "", source: Name = "", zone: Name = "", person: Name = "", sort: Sort = "relevance", quick: bool = False,
    ) -> None:
        self.q, self.k, self.sort, self.quick = q, k, sort, quick
        self.only = Filter(since, until, source, tuple(name for name in (zone, person) if name))


def asking_routes(library: Library, meters: Meters, *, log_questions: bool = False) -> APIRouter:
    """Questions and searches."""
    router = APIRouter(prefix="/api", tags=["ask"])

    @router.post("/ask", response_model=None, responses={200: {"content": {"application/json": {}, "text/event-stream": {}}}})
    async def ask(body: Ask, request: Request) -> Response | dict[str, Any]:
        """Answers a question; with ``stream`` as server-sent events: queued, evidence, stage, draft, answer, error."""
        told = {"question": body.question} if log_questions else {"characters": len(body.question)}
        request.scope.setdefault("state", {})["told"] = told
        turns = [Turn(turn.question, turn.answer) for turn in body.history]
        events = library.ask(body.question, turns, client_of(request), asked_on=body.asked_on, operation=body.operation)
        if body.stream:
            return EventSourceResponse(_told(events, library, meters), ping=_PING)
        return library.receipt(await while_connected(request, _last(events, meters)))

    @router.get("/search")
    async def search(narrowed: Annotated[Narrowed, Depends()]) -> dict[str, Any]:
        """Finds passages, with what found them, and counts the finds by month, source, place and person."""
        return await searched(library, narrowed)

    @router.get("/search/export", response_class=Response)
    async def export(narrowed: Annotated[Narrowed, Depends()], format: Literal["csv", "jsonl"] = "csv") -> Response:
        """The same finds as a file for a spreadsheet or a program."""
        from rag.doors.export.hits import hits_as_csv, hits_as_jsonl

        hits = (await searched(library, narrowed))["hits"]
        text, kind = (hits_as_csv(hits), "text/csv") if format == "csv" else (hits_as_jsonl(hits), "application/jsonl")
        return attachment(text.encode(), f"wenbao-search.{format}", f"{kind}; charset=utf-8")

    return router


def client_of(request: Request) -> str:
    """Whose turn a question takes: an address, and the window that it comes from."""
    host = request.client.host if request.client else ""
    return f"{host} {request.headers.get('x-wenbao-client', '')[:64]}"


async def while_connected(request: Request, work: Awaitable[T]) -> T:
    """The result of some work; it is given up when the client hangs up."""
    task = asyncio.ensure_future(work)
    try:
        while not task.done():
            await asyncio.wait({task}, timeout=_LOOK)
            if not task.done() and await request.is_disconnected():
                break
        if not task.done():
            task.cancel()
        return await task
    finally:
        task.cancel()


async def _last(events: AsyncGenerator[QueuedEvent, None], meters: Meters) -> Answer:
    async with aclosing(events):
        async for event in events:
            if isinstance(event, Answer):
                meters.answers.labels("refused" if event.refused else "answered").inc()
                return event
    raise AssertionError("a stream ends with an Answer")


async def _told(events: AsyncGenerator[QueuedEvent, None], library: Library, meters: Meters) -> AsyncGenerator[dict[str, str], None]:
    """The events of an answer as server-sent events; an error is the last of them."""
    began = time.perf_counter()
    try:
        async with aclosing(events):
            async for event in events:
                name, body = event_body(event, library)
                if name == "evidence":
                    meters.first.observe(time.perf_counter() - began)
                if isinstance(event, Answer):
                    meters.answers.labels("refused" if event.refused else "answered").inc()
                meters.waiting.set(library.queue.waiting)
                yield {"event": name, "data": json.dumps(body, ensure_ascii=False)}
    except RagError as error:
        _, code = problem_of(error)
        yield {"event": "error", "data": json.dumps(body_of(code, str(error)), ensure_ascii=False)}


def event_body(event: QueuedEvent, library: Library) -> tuple[str, dict[str, Any]]:
    """Returns the name and the body of an event."""
    match event:
        case Queued(position):
            return "queued", {"position": position}
        case EvidenceFound(hits):
            return "evidence", {"hits": [hit_body(hit, {}) for hit in hits]}
        case Stage(name):
            return "stage", {"name": name}
        case TextPiece(text):
            return "draft", {"text": text}
        case Answer():
            return "answer", library.receipt(event)
    raise AssertionError(event)


async def searched(library: Library, narrowed: Narrowed) -> dict[str, Any]:
    """The body of ``/api/search``."""
    began = time.perf_counter()
    found = await library.find(narrowed.q, narrowed.k, narrowed.only, narrowed.sort, quick=narrowed.quick)
    mentions = library.desk.mentions({hit.article.article_id for hit in found.hits})
    return {"query": narrowed.q, "total": found.total, "complete": found.complete,
            "hits": [hit_body(hit, mentions) for hit in found.hits], "facets": found.facets,
            "seconds": round(time.perf_counter() - began, 4)}


def hit_body(hit: Hit, mentions: Any) -> dict[str, Any]:
    """Returns a hit with what a page needs to draw it."""
    zones, persons = mentions.get(hit.article.article_id, ((), ()))
    return {**hit.to_dict(), "section": hit.article.section, "byline": hit.article.byline, "zones": list(zones),
            "persons": list(persons), "highlights": [list(span) for span in places_of(hit.matched, hit.passage.text)],
            "found_by": {name: asdict(found) for name, found in hit.found_by.items()}}


def places_of(words: Iterable[str], text: str) -> list[tuple[int, int]]:
    """Returns where some words stand in a text, overlapping places joined.

    >>> places_of(["随州", "州高"], "随州高新区")
    [(0, 3)]
    """
    low, found = text.lower(), []
    for word in words:
        at = low.find(word.lower())
        while at >= 0 and word:
            found.append((at, at + len(word)))
            at = low.find(word.lower(), at + len(word))
    joined: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def attachment(data: bytes, name: str, kind: str) -> Response:
    """Returns a file to be saved, never to be shown in the browser."""
    return Response(data, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
