"""The archive behind the Model Context Protocol (2026-07-28, and the revisions with a handshake): tools and resources that only read.

Tools: ``ask``, ``search``, ``read_article``, ``list_sources``. Resource: ``wenbao://article/{article_id}``. Every result has
structured content under its schema, text for a model that reads text only, and a link to each article in it. An error of this
program is a tool error of one line. A request that is cancelled ends its work.

Over HTTP, in the lifespan of the app that serves it::

    server = mcp_server(library, base_url)
    app.add_route("/mcp", mcp_app(server))      # or app.mount("/mcp", …), which answers below /mcp/

    async with mcp_session(server):             # in the app's lifespan, around its `yield`
        yield

Over stdin and stdout: ``asyncio.run(run_stdio(library))``; whatever else is printed meanwhile goes to stderr.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import anyio
from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError, ToolError
from mcp.server.transport_security import TransportSecuritySettings
from mcp_types import CallToolResult, ToolAnnotations
from pydantic import Field, ValidationError
from starlette.responses import JSONResponse

from rag.doors.server.mcp_told import (
    MOST,
    ArticleId,
    ArticleText,
    AskResult,
    Day,
    FoundPassage,
    History,
    OtherFigure,
    Question,
    Quotation,
    SearchResult,
    SourceInfo,
    SourcesResult,
    heading,
    named,
    quoted,
    tool_result,
)
from rag.doors.server.openai_told import permalink
from rag.doors.service.errors import NoIndex
from rag.doors.service.events import Queued
from rag.errors import GenerationError, RagError, StoreError
from rag.pages.printed import place_of
from rag.records import Answer, Citation, Filter, Hit, Links, Turn, headline, runs_of, source_spans

if TYPE_CHECKING:
    from mcp_types import InputRequiredResult
    from starlette.types import ASGIApp, Receive, Scope, Send

    from rag.doors.service.library import Library

RECEIPT = "wenbao/receipt"  # key of the whole receipt in the result's `_meta`

_BODY = 1 << 20  # bytes of a request
_SESSIONS = 200  # that may be open at once, of clients that shake hands
_ABOUT = """A newspaper archive in Chinese that answers questions in Chinese and English. 问报:每句话都有原文为证。

`ask` gives a short answer; each statement in it is backed by a quotation, word for word, with its place in the article
([start, end), characters) and in the raw page, and its SHA-256. `refused: true` means that the archive does not say.
`search` finds passages, `read_article` reads on. Quote what you use, and name its article and date."""


def mcp_server(library: Library, base_url: str) -> ArchiveServer:
    """Returns the server with its tools; ``base_url``: where the desk is, for the addresses of quotations, or ``""``."""
    from importlib.metadata import version

    with _logging_left_alone():
        server = ArchiveServer("wenbao", title="问报 Wenbao", instructions=_ABOUT, version=version("wenbao"), subscriptions=False)
    tools = _Tools(library, base_url.rstrip("/"))
    for name, title in (("ask", "Ask the archive"), ("search", "Search the archive"), ("read_article", "Read an article"),
                        ("list_sources", "List the sources")):
        server.add_tool(getattr(tools, name), title=title, annotations=ToolAnnotations(
            read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False))
    server.resource("wenbao://article/{article_id}", name="article", title="An article of the archive", mime_type="text/plain",
                    description="Its text, so that citations keep their places in it; then its title, byline, date and captions.")(
        tools.resource)
    return server


# -- the tools --------------------------------------------------------------------------------------------------


class _Tools:
    """The tools, whose docstrings a client reads as their descriptions."""

    def __init__(self, library: Library, base_url: str) -> None:
        self._library, self._base_url = library, base_url

    async def ask(self, question: Question, ctx: Context, history: History = None) -> Annotated[CallToolResult, AskResult]:
        """Answers a question from the archive, with a word-for-word quotation for every statement; or says that it does not tell."""
        turns = tuple(Turn(one.question, one.answer) for one in history or ())
        answer = await _answer(self._library.ask(question, turns, _client(ctx)), ctx)
        told = self._library.receipt(answer)
        cited = [self._quotation(citation) for citation in answer.citations]
        figures = [OtherFigure(text=one.text, counts=one.counts, date=one.date, citation=self._quotation(one.citation))
                   for one in answer.figures]
        result = AskResult(
            question=answer.question, rewritten=answer.rewritten, language=answer.language, answer=answer.text,
            refused=answer.refused, chance=answer.chance, citations=cited, figures=figures, warnings=list(answer.warnings),
            **{name: told[name] for name in ("operation", "parts", "rows", "derived", "missing")})
        lines = [answer.text, *map(quoted, cited), *(f"! {warning}" for warning in answer.warnings)]
        return tool_result(result, lines, [*cited, *(one.citation for one in figures)], {RECEIPT: told})

    async def search(
        self, query: Question, k: Annotated[int, Field(ge=1, le=50, description="how many passages")] = 10,
        since: Day = None, until: Day = None,
        source: Annotated[str | None, Field(max_length=200, description="part of a source's name")] = None,
    ) -> Annotated[CallToolResult, SearchResult]:
        """Finds passages by meaning and by words, best first, in articles of some dates or sources if you say so."""
        hits = await self._library.search(query, k, Filter(since or "", until or "", source or ""))
        found = [self._passage(hit) for hit in hits]
        lines = [f"{one.rank}. {one.text}\n   {named(one)}" for one in found] or ["nothing was found; ask with other words"]
        return tool_result(SearchResult(query=query, hits=found), lines, found)

    async def read_article(
        self, article_id: ArticleId, start: Annotated[int, Field(ge=0, description="in characters of the text")] = 0,
        end: Annotated[int | None, Field(ge=0, description="after the last character; the end of the text by itself")] = None,
    ) -> Annotated[CallToolResult, ArticleText]:
        """Reads an article that was cited or found, or a part of its text: at most 20,000 characters at once."""
        article = await self._library.article(article_id)
        first = min(start, len(article.text))
        last = min(len(article.text), first + MOST, len(article.text) if end is None else max(first, end))
        url = f"{self._base_url}/#/article/{article_id}" if self._base_url else ""
        links = article.links or Links()
        told = ArticleText(
            article_id=article_id, title=headline(article), kicker=article.kicker, section=article.section, byline=article.byline,
            date=article.date, source=article.source, text=article.text[first:last], start=first, end=last,
            characters=len(article.text), captions=[caption.text for caption in article.captions], url=url,
            continues=links.continues, continued_in=links.continued_in)
        rest = [f"(characters {first} to {last} of {told.characters})"] if last - first < told.characters else []
        rest += [f"(continues the article {told.continues})"] if told.continues else []
        rest += [f"(continued in the article {told.continued_in})"] if told.continued_in else []
        return tool_result(told, [heading(article), told.text, *rest], [told])

    async def list_sources(self) -> Annotated[CallToolResult, SourcesResult]:
        """Lists the sources of the archive and how many articles each has."""
        rows = await self._library.sources()
        lines = [f"{row['name']}: {row['articles']}" for row in rows] or ["the archive has no source"]
        return tool_result(SourcesResult(sources=[SourceInfo(**row) for row in rows]), lines, ())

    async def resource(self, article_id: str) -> str:
        """The text of an article, then what else the page says of it."""
        try:
            article = await self._library.article(article_id)
        except RagError as error:
            unknown = isinstance(error, StoreError) and not isinstance(error, NoIndex)
            raise (ResourceNotFoundError if unknown else ResourceError)(str(error)) from error
        return "\n\n".join((article.text, f"—— {heading(article)}", *(f"[图] {caption.text}" for caption in article.captions)))

    def _quotation(self, citation: Citation) -> Quotation:
        return Quotation(
            number=citation.number, quote=citation.quote, byline=citation.byline, article_id=citation.article_id,
            passage_id=citation.passage_id, title=citation.title, date=citation.date, source=citation.source, field=citation.field,
            item=citation.item, start=citation.start, end=citation.end, source_spans=[list(span) for span in citation.source_spans],
            sha256=citation.sha256, page=citation.page, boxes=[list(box) for box in citation.boxes], confidence=citation.confidence,
            url=permalink(self._base_url, citation) if self._base_url else "")

    def _passage(self, hit: Hit) -> FoundPassage:
        """Returns a hit as if its whole passage was quoted."""
        passage, article = hit.passage, hit.article
        spans = source_spans(runs_of(article, passage.field, passage.item), passage.start, passage.end)
        place = place_of(article, passage.field, passage.item, passage.start, passage.end)
        cited = self._quotation(Citation(
            hit.rank, article.article_id, passage.passage_id, headline(article), article.byline, article.source, article.date,
            passage.field, passage.text, passage.start, passage.end, spans, passage.item,
            page=place.page, boxes=place.boxes, confidence=place.confidence))
        return FoundPassage(rank=hit.rank, score=round(hit.score, 6), text=passage.text, matched=list(hit.matched),
                            **cited.model_dump(exclude={"number", "byline", "quote"}))


async def _answer(events: Any, ctx: Context) -> Answer:
    """The answer at the end of the events of :meth:`Library.ask`, which is closed however this ends; the others are progress."""
    done = 0
    try:
        async for event in events:
            if isinstance(event, Answer):
                return event
            done += 1
            await ctx.report_progress(done, message=_progress(event))
    finally:
        with anyio.CancelScope(shield=True):  # a request that was cancelled could not wait for it
            await events.aclose()
    raise GenerationError("the work ended without an answer; ask again")


def _progress(event: Any) -> str:
    if isinstance(event, Queued):
        return f"{event.position} before you"
    return str(getattr(event, "name", "")) or type(event).__name__


def _client(ctx: Context) -> str:
    """Who asks: the address, or ``stdio``."""
    request = ctx.request_context.request
    return request.client.host if request is not None and request.client else "stdio"


# -- the server -------------------------------------------------------------------------------------------------


class ArchiveServer(MCPServer[Any]):
    """A server that says every error in one line."""

    running = False  # whether requests over HTTP are taken

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context | None = None
    ) -> CallToolResult | InputRequiredResult:
        """Calls a tool. What the caller can mend is told in the words of this program, without the names of its classes."""
        try:
            return await super().call_tool(name, arguments, context)
        except ToolError as error:
            cause = error.__cause__
            if isinstance(cause, RagError):
                raise ToolError(str(cause)) from cause
            if isinstance(cause, ValidationError):
                raise ToolError(f"{name}: {'; '.join(_wrong(cause))}") from cause
            raise


def _wrong(error: ValidationError) -> Iterator[str]:
    for one in error.errors(include_url=False, include_context=False):
        yield f"{'.'.join(map(str, one['loc']))}: {one['msg']}"


def mcp_app(server: ArchiveServer) -> ASGIApp:
    """Returns the ASGI app of streamable HTTP, for one path; it takes requests while :func:`mcp_session` is open."""
    return _App(server)


class _App:
    """An object, as Starlette takes a function for a view of its own."""

    def __init__(self, server: ArchiveServer) -> None:
        self._server = server

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._server.running:
            await self._server.session_manager.handle_request(scope, receive, send)
        else:
            error = {"error": {"code": "loading", "message": "the server is starting or stopping; try again in some seconds"}}
            await JSONResponse(error, 503)(scope, receive, send)


@asynccontextmanager
async def mcp_session(server: ArchiveServer, security: TransportSecuritySettings | None = None) -> AsyncIterator[None]:
    """Takes requests over HTTP until it is left, which ends those under way; it can be entered again later.

    ``security``: hosts and origins that are let in (default: all, where the app around it has checked them).
    """
    server.streamable_http_app(max_request_body_size=_BODY, max_sessions=_SESSIONS, transport_security=security or
                               TransportSecuritySettings(enable_dns_rebinding_protection=False))
    async with server.session_manager.run():
        server.running = True
        try:
            yield
        finally:
            server.running = False


async def run_stdio(library: Library, base_url: str = "") -> None:
    """Serves one client over stdin and stdout until it leaves."""
    await mcp_server(library, base_url).run_stdio_async()


@contextmanager
def _logging_left_alone() -> Iterator[None]:
    """Keeps the SDK from setting up the logging of the whole program."""
    root, handler = logging.getLogger(), logging.NullHandler()
    root.addHandler(handler)  # `basicConfig` does nothing where there is one
    try:
        yield
    finally:
        root.removeHandler(handler)
