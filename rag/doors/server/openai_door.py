"""The archive behind OpenAI's API: any of its clients asks with ``base_url="http://…/v1"`` and the model ``wenbao``.

``/v1/models``, ``/v1/chat/completions`` and ``/v1/responses``, streamed or not. The last user message is the question; the
exchanges before it are its history, the newest :data:`HISTORY` of them. System and developer messages and ``instructions`` are
ignored: how the archive answers is not for them to change. So is every parameter that is not named here.

The answer is that of ``rag ask``. Each ``[1]`` in it has a ``url_citation``: ``text[start_index:end_index] == "[1]"`` (Unicode
characters), with the title and the address of the quotation. A further field ``wenbao`` holds the whole receipt. Only the checked
answer is streamed, as a draft may be replaced; until it is there, comment lines keep the connection alive. A client that hangs up
ends the work.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, ValidationError

from rag.doors.server.openai_told import Asked, Chat, Responses, ascii_json
from rag.doors.service.errors import Busy, NotReady, TooMany
from rag.errors import GenerationError, QuestionError, RagError, StoreError
from rag.records import Answer, Turn
from rag.search.query import read_query

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from rag.doors.service.library import Library

HISTORY = 8  # exchanges before the question that are read

_PING = 10.0  # seconds of silence until a comment line keeps a stream alive
_SILENT_PARTS = ("refusal", "reasoning_text", "summary_text")  # of an assistant's message: nothing that was said
_ERRORS: tuple[tuple[type[RagError], int, str, str], ...] = (
    (QuestionError, 400, "invalid_request_error", "invalid_question"),
    (TooMany, 429, "rate_limit_error", "too_many"),
    (Busy, 503, "server_error", "busy"),
    (NotReady, 503, "server_error", "loading"),
    (StoreError, 503, "server_error", "no_index"),
    (RagError, 500, "server_error", "failed"),
)


def openai_router(
    library: Library, model_name: str = "wenbao", *, base_url: str = "",
    client_of: Callable[[Request], str] | None = None, count_tokens: Callable[[str], int] | None = None,
) -> APIRouter:
    """Returns the routes below ``/v1``.

    ``base_url``: where the desk is, for the addresses of quotations (default: where the request went). ``client_of``: who asks, for
    the queue (default: the address). ``count_tokens``: tokens of a text; without it no ``usage`` is reported.
    """
    door = Door(library, model_name, base_url.rstrip("/"), client_of or _address, count_tokens, int(time.time()))
    router = APIRouter(prefix="/v1", tags=["openai"], route_class=_Route)
    router.add_api_route("/models", door.models, methods=["GET"], summary="The one model", response_model=None)
    router.add_api_route("/models/{name:path}", door.model, methods=["GET"], summary="The model", response_model=None)
    for path, body, answer in (("/chat/completions", ChatRequest, door.chat), ("/responses", ResponsesRequest, door.responses)):
        schema = {"application/json": {"schema": body.model_json_schema()}}
        router.add_api_route(path, answer, methods=["POST"], summary="Ask a question", response_model=None,
                             openapi_extra={"requestBody": {"content": schema, "required": True}})
    return router


# -- what is asked ----------------------------------------------------------------------------------------------


class _Request(BaseModel):
    """The parameters whose types are checked; only those that the subclasses name have an effect."""

    model_config = ConfigDict(strict=True)
    stream: bool | None = None
    stream_options: dict[str, Any] | None = None
    temperature: float | None = None
    top_p: float | None = None
    user: str | None = None


class ChatRequest(_Request):
    """The body of ``POST /v1/chat/completions``."""

    model: str
    messages: list[dict[str, Any]]
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    n: int | None = None


class ResponsesRequest(_Request):
    """The body of ``POST /v1/responses``; nothing is stored, so a ``previous_response_id`` is never found."""

    model: str | None = None
    input: str | list[dict[str, Any]]
    instructions: str | list[Any] | None = None
    max_output_tokens: int | None = None
    previous_response_id: str | None = None


T = TypeVar("T", bound=_Request)


class _Refused(Exception):
    """A request that is not taken, as OpenAI's API says it."""

    def __init__(self, status: int, message: str, code: str, param: str | None = None, kind: str = "invalid_request_error"):
        super().__init__(message)
        self.status, self.body = status, {"message": message, "type": kind, "param": param, "code": code}


def conversation(messages: Sequence[Mapping[str, Any]], where: str = "messages") -> tuple[str, tuple[Turn, ...]]:
    """Returns the question, which is the last user message, and the newest exchanges before it.

    >>> conversation([{"role": "user", "content": "甲?"}, {"role": "assistant", "content": "乙。"}, {"role": "user", "content": "丙?"}])
    ('丙?', (Turn(question='甲?', answer='乙。'),))
    """
    said = [(message["role"], _text(message.get("content"), f"{where}[{at}].content"))
            for at, message in enumerate(messages) if _is_said(message, f"{where}[{at}]")]
    asked = [at for at, (role, _) in enumerate(said) if role == "user"]
    if not asked:
        raise _Refused(400, f"{where} holds no message of the user; add one with the question", "missing_question", where)
    turns: list[Turn] = []
    for (role, before), (then, after) in pairwise(said[: asked[-1]]):
        if (role, then) == ("user", "assistant") and before and after:
            turns.append(Turn(before, after))
    return _question(said[asked[-1]][1], where), tuple(turns[-HISTORY:])


def _is_said(message: Mapping[str, Any], where: str) -> bool:
    """Tells whether it is a message of the user or the assistant; what tools and systems say is left out."""
    if message.get("type", "message") != "message":
        return False
    role = message.get("role")
    if not isinstance(role, str):
        raise _Refused(400, f"{where}.role must be a string", "invalid_type", f"{where}.role")
    return role in ("user", "assistant")


def _text(content: Any, where: str) -> str:
    """Returns the text of a message: a string, or a list of parts."""
    if content is None or isinstance(content, str):
        return content or ""
    if not isinstance(content, list):
        raise _Refused(400, f"{where} must be a string or a list of text parts", "invalid_type", where)
    return "\n".join(text for at, part in enumerate(content) if (text := _part(part, f"{where}[{at}]")))


def _part(part: Any, where: str) -> str:
    kind = part.get("type") if isinstance(part, dict) else None
    if kind in _SILENT_PARTS:
        return ""
    if kind not in ("text", "input_text", "output_text") or not isinstance(part.get("text"), str):
        raise _Refused(400, f"{where} must be a part with text, as the archive reads nothing else", "invalid_type", where)
    return str(part["text"])


def _question(text: str, where: str) -> str:
    try:
        read_query(text)
    except QuestionError as error:
        raise _Refused(400, str(error), "invalid_question", where) from error
    return text


def _address(request: Request) -> str:
    return request.client.host if request.client else "local"


# -- the routes -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Door:
    """The routes and what they need."""

    library: Library
    name: str
    base_url: str
    client_of: Callable[[Request], str]
    count_tokens: Callable[[str], int] | None
    since: int

    async def models(self) -> dict[str, Any]:
        """``/v1/models``."""
        return {"object": "list", "data": [await self.model(self.name)]}

    async def model(self, name: str) -> dict[str, Any]:
        """``/v1/models/{id}``."""
        self._check_model(name)
        return {"id": self.name, "object": "model", "created": self.since, "owned_by": "wenbao"}

    async def chat(self, request: Request) -> Response:
        """``/v1/chat/completions``."""
        body = await _body(request, ChatRequest)
        self._check_model(body.model)
        told = Chat(self, await self._asked(request, *conversation(body.messages)),
                     bool((body.stream_options or {}).get("include_usage")))
        return await _reply(request, told, bool(body.stream))

    async def responses(self, request: Request) -> Response:
        """``/v1/responses``."""
        body = await _body(request, ResponsesRequest)
        self._check_model(body.model or self.name)
        if body.previous_response_id:
            raise _Refused(400, f"Previous response with id '{body.previous_response_id}' not found: nothing is stored, so send "
                           "the earlier messages in `input`", "previous_response_not_found", "previous_response_id")
        messages = [{"role": "user", "content": body.input}] if isinstance(body.input, str) else body.input
        told = Responses(self, await self._asked(request, *conversation(messages, "input")))
        return await _reply(request, told, bool(body.stream))

    def usage(self, asked: Asked, answer: Answer) -> tuple[int, int] | None:
        """Tokens that were sent and that were answered, where they can be counted."""
        if self.count_tokens is None:
            return None
        sent = [text for turn in asked.history for text in (turn.question, turn.answer)]
        return sum(map(self.count_tokens, [*sent, asked.question])), self.count_tokens(answer.text)

    def _check_model(self, name: str) -> None:
        if name != self.name:
            raise _Refused(404, f"The model '{name}' does not exist; the one model here is '{self.name}'", "model_not_found", "model")

    async def _asked(self, request: Request, question: str, history: tuple[Turn, ...]) -> Asked:
        return Asked(question, history, self.client_of(request), self.base_url or str(request.base_url).rstrip("/"))


class _Route(APIRoute):
    """Says every error as OpenAI's API says it, and gives each request an id."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            try:
                response = await handle(request)
            except _Refused as refused:
                response = _Json({"error": refused.body}, refused.status)
            except RagError as error:
                response = _said_no(error)
            response.headers.setdefault("x-request-id", f"req_{uuid4().hex}")
            return response

        return guarded


async def _body(request: Request, kind: type[T]) -> T:
    try:
        return kind.model_validate(await request.json())
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_context=False)[0]
        param = str(wrong["loc"][0]) if wrong["loc"] else None
        raise _Refused(400, f"{param or 'the body'}: {wrong['msg']}", "invalid_type", param) from error
    except (ValueError, RecursionError) as error:
        raise _Refused(400, "the body is not JSON in UTF-8; send an object", "invalid_json") from error


def _error(error: RagError) -> tuple[int, dict[str, Any]]:
    status, kind, code = next(row[1:] for row in _ERRORS if isinstance(error, row[0]))
    return status, {"message": str(error), "type": kind, "param": None, "code": code}


def _said_no(error: RagError) -> Response:
    """Returns the error, and whether asking again soon can help (as OpenAI's clients would, by themselves)."""
    status, body = _error(error)
    again = isinstance(error, Busy | NotReady | TooMany)
    return _Json({"error": body}, status, {"retry-after": "2"} if again else {"x-should-retry": "false"})


# -- the work ---------------------------------------------------------------------------------------------------


async def _reply(request: Request, told: Chat | Responses, stream: bool) -> Response:
    """The answer, or a stream of it as soon as the question is taken; errors before that have a status of their own."""
    begun, asked = asyncio.Event(), told.asked
    work = asyncio.create_task(_answer(told.door.library.ask(asked.question, asked.history, asked.client), begun))
    work.add_done_callback(lambda task: task.cancelled() or task.exception())  # looked at, even if nobody waits any more
    other = asyncio.create_task(begun.wait() if stream else _gone(request))
    try:
        await asyncio.wait({work, other}, return_when=asyncio.FIRST_COMPLETED, timeout=_PING if stream else None)
        if stream and not (work.done() and work.exception()):
            return _Stream(work, told)
        return _Json(told.whole(work.result())) if work.done() else Response(status_code=499)  # which nobody is there to read
    except BaseException:
        work.cancel()
        raise
    finally:
        other.cancel()
        if not stream:
            work.cancel()


async def _answer(events: Any, begun: asyncio.Event) -> Answer:
    """The last of the events of :meth:`Library.ask`, which is closed however this ends."""
    async with aclosing(events):
        async for event in events:
            begun.set()
            if isinstance(event, Answer):
                return event
    raise GenerationError("the work ended without an answer; ask again")


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


class _Stream(StreamingResponse):
    """The answer as server-sent events; however the connection ends, the work ends with it."""

    def __init__(self, work: asyncio.Task[Answer], told: Chat | Responses) -> None:
        super().__init__(_events(work, told), media_type="text/event-stream",
                         headers={"cache-control": "no-cache", "x-accel-buffering": "no"})
        self._work = work

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._work.cancel()


async def _events(work: asyncio.Task[Answer], told: Chat | Responses) -> AsyncIterator[str]:
    """Comment lines until the answer is there, then the answer, or the error that came instead."""
    for event in told.begin():
        yield event
    while not work.done():
        yield ": ping\n\n"
        await asyncio.wait({work}, timeout=_PING)
    try:
        events = told.end(work.result())
    except RagError as error:
        events = told.failed(_error(error)[1])
    for event in events:
        yield event


class _Json(JSONResponse):
    """JSON in ASCII, which every client reads alike, whatever characters a question or a page has."""

    def render(self, content: Any) -> bytes:
        return ascii_json(content).encode()
