"""Errors of the program as HTTP answers: ``{"error": {"code", "message"}}``, the message in one line with its remedy."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from rag.doors.service import Busy, NoIndex, NotReady, TooMany
from rag.errors import QuestionError, RagError, SourceError, StoreError

# The first class that fits decides.
_STATUS: tuple[tuple[type[RagError], int, str], ...] = (
    (NoIndex, 503, "no_index"), (Busy, 503, "busy"), (NotReady, 503, "loading"), (TooMany, 429, "too_many"),
    (QuestionError, 422, "bad_request"), (SourceError, 422, "bad_request"), (StoreError, 404, "not_found"),
    (RagError, 503, "failed"),
)
_CODES = {400: "bad_request", 401: "token_needed", 403: "foreign_origin", 404: "not_found", 405: "wrong_method", 409: "conflict",
          413: "too_large", 415: "wrong_type", 422: "bad_request", 429: "too_many", 503: "busy"}


class Problem(BaseModel):
    """What went wrong: a code for programs, and one line for people."""

    code: str
    message: str


class ProblemBody(BaseModel):
    """The body of every error."""

    error: Problem


DOCUMENTED: dict[int | str, dict[str, Any]] = {
    status: {"model": ProblemBody, "description": text} for status, text in {
        400: "malformed request", 401: "a token is needed", 403: "asked from a page of another origin", 404: "not there",
        409: "not now", 413: "too large", 415: "wrong type of content", 422: "a value that cannot be taken",
        429: "too many questions of this client are waiting", 503: "queue full, models loading, or no index yet"}.items()}


class Refused(Exception):
    """A request that a door turns down."""

    def __init__(self, status: int, message: str, code: str = "") -> None:
        super().__init__(message)
        self.status, self.message, self.code = status, message, code or _CODES[status]


def problem_of(error: RagError) -> tuple[int, str]:
    """Returns the HTTP status and the code of an error.

    >>> problem_of(QuestionError("no question"))
    (422, 'bad_request')
    """
    return next((status, code) for kind, status, code in _STATUS if isinstance(error, kind))


def body_of(code: str, message: str) -> dict[str, Any]:
    """Returns the JSON body of an error; the message is kept in one line."""
    return {"error": {"code": code, "message": " ".join(message.split())}}


def install(app: FastAPI) -> None:
    """Makes every error of this program, of FastAPI and of Starlette come out in this form."""

    @app.exception_handler(RagError)
    async def _of_program(_: Request, error: RagError) -> JSONResponse:
        status, code = problem_of(error)
        return JSONResponse(body_of(code, str(error)), status, headers={"Retry-After": "5"} if status in (429, 503) else None)

    @app.exception_handler(Refused)
    async def _refused(_: Request, error: Refused) -> JSONResponse:
        return JSONResponse(body_of(error.code, error.message), error.status)

    @app.exception_handler(RequestValidationError)
    async def _invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        fault = error.errors()[0]
        place = ".".join(str(part) for part in fault["loc"] if part != "body")
        return JSONResponse(body_of("bad_request", f"{place or 'body'}: {fault['msg']}; see /docs"), 422)

    @app.exception_handler(HTTPException)
    async def _plain(_: Request, error: HTTPException) -> JSONResponse:
        code = _CODES.get(error.status_code, "failed")
        return JSONResponse(body_of(code, f"{error.detail}; see /docs"), error.status_code, headers=error.headers)
