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
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import anyio
from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError, ToolError
from mcp.server.transport_security import TransportSecuritySettings
from mcp_types import CallToolResult, ContentBlock, ResourceLink, TextContent, ToolAnnotations
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.responses import JSONResponse

from rag.doors.server.openai_told import permalink
from rag.doors.service.errors import NoIndex
from rag.doors.service.events import Queued
from rag.errors import GenerationError, RagError, StoreError
from rag.pages.printed import place_of
from rag.records import Answer, Article, Citation, Filter, Hit, Links, Turn, headline, runs_of, source_spans
from rag.search.query import MAX_CHARACTERS

if TYPE_CHECKING:
    from mcp_types import InputRequiredResult
    from starlette.types import ASGIApp, Receive, Scope, Send

    from rag.doors.service.library import Library

MOST = 20_000  # characters of an article in one result
RECEIPT = "wenbao/receipt"  # key of the whole receipt in the result's `_meta`

_BODY = 1 << 20  # bytes of a request
_SESSIONS = 200  # that may be open at once, of clients that shake hands
_DAY = "^([0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?)?$"
_ABOUT = """A newspaper archive in Chinese that answers questions in Chinese and English. 问报:每句话都有原文为证。

`ask` gives a short answer; each statement in it is backed by a quotation, word for word, with its place in the article
([start, end), characters) and in the raw page, and its SHA-256. `refused: true` means that the archive does not say.
`search` finds passages, `read_article` reads on. Quote what you use, and name its article and date."""


def mcp_server(library: Library, base_url: str) -> ArchiveServer:
    """The server with its tools; ``base_url``: where the desk is, for the addresses of quotations, or ``""``."""
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


# -- what is asked and told -------------------------------------------------------------------------------------


class Exchange(BaseModel):
    """An earlier question with its answer."""

    question: str = Field(max_length=MAX_CHARACTERS)
    answer: str = Field(max_length=MOST)


class Span(BaseModel):
    """Where a text stands. ``getattr(article, field)[start:end]`` is the text; ``source_spans`` spell it out of the raw page."""

    model_config = ConfigDict(extra="forbid")
    article_id: str
    passage_id: str
    title: str
    date: str = Field(description="ISO day, month or year, or empty")
    source: str = Field(description="the page's file")
    field: str = Field(description="text, title, kicker, byline, section or caption")
    item: int = Field(description="which caption, from 0")
    start: int = Field(description="in characters of the field")
    end: int = Field(description="after the last character")
    source_spans: list[list[int]] = Field(description="[start, end) in characters of the raw page")
    page: int | None = Field(description="page of the source file, from 1; null for a source without pages")
    boxes: list[list[float]] = Field(description="[left, top, right, bottom] of each printed line, in shares of the page's size")
    confidence: float | None = Field(description="lowest confidence of the recognition of its lines, 0 to 1; null for a set page")
    sha256: str = Field(description="of the quotation in UTF-8")
    url: str = Field(description="where a reader sees it, or empty")


class Quotation(Span):
    """A quotation that backs a statement; ``[1]`` in the answer is the one whose number is 1."""

    number: int
    byline: str
    quote: str


class OtherFigure(BaseModel):
    """Another count or sum beside the one asked for."""

    text: str
    counts: str
    date: str
    citation: Quotation


class RowTold(BaseModel):
    """One figure, event or report of an answer that was gathered from several reports."""

    label: str = Field(description="what tells it from the other rows: its time, or what it is about")
    period: str = Field(description="its time as an ISO day, month, year or 2023-01/2023-06, or empty")
    value: str = Field(description="the exact figure as a fraction (21/10), or empty")
    shown: str = Field(description="the figure as it is printed")
    kind: str = Field(description="number, percent, points, time or text")
    unit: str
    citations: list[int] = Field(description="numbers of the citations; the quotation of the first holds the figure at [start, end)")
    start: int
    end: int
    chance: float = Field(description="the probability that it is the figure asked for, 0 to 1")


class DerivedTold(BaseModel):
    """What was worked out from rows, in exact arithmetic."""

    operation: str
    rows: list[int] = Field(description="the rows that it was worked out from, counted from 0")
    value: str = Field(description="exact, as a fraction; empty where it is a row, or yes or no")
    kind: str
    unit: str
    shown: str = Field(description="as the answer states it")


class AskResult(BaseModel):
    """A checked answer with its quotations."""

    question: str
    rewritten: str = Field(description="a follow-up question as it was understood, or empty")
    language: str
    answer: str
    refused: bool = Field(description="true: the archive does not say, and the quotation is the nearest that it says")
    chance: float = Field(description="the probability that the answer is right, 0 to 1")
    citations: list[Quotation]
    figures: list[OtherFigure]
    warnings: list[str]
    operation: str = Field("lookup", description="lookup: one fact; else what was done with several: series, sum, difference, …")
    parts: list[str] = Field([], description="the questions that were put to the archive")
    rows: list[RowTold] = []
    derived: DerivedTold | None = None
    missing: list[str] = Field([], description="what no report tells")


class FoundPassage(Span):
    """A passage that was found."""

    rank: int
    score: float
    text: str
    matched: list[str]


class SearchResult(BaseModel):
    """The passages that were found, best first."""

    query: str
    hits: list[FoundPassage]


class ArticleText(BaseModel):
    """An article, or ``text[start:end]`` of it; ``characters`` is the length of the whole text."""

    article_id: str
    title: str
    kicker: str
    section: str
    byline: str
    date: str
    source: str
    text: str
    start: int
    end: int
    characters: int
    captions: list[str]
    url: str
    continues: str = Field("", description="the id of the article on another page that this one continues")
    continued_in: str = Field("", description="the id of the article on another page that continues this one")


class SourceInfo(BaseModel):
    """A source of the archive."""

    model_config = ConfigDict(extra="allow")
    name: str
    articles: int


class SourcesResult(BaseModel):
    """The sources of the archive."""

    sources: list[SourceInfo]


Question = Annotated[str, Field(min_length=1, max_length=MAX_CHARACTERS, description="in Chinese or English")]
History = Annotated[list[Exchange] | None, Field(max_length=8, description="the exchanges before it, oldest first")]
Day = Annotated[str | None, Field(pattern=_DAY, description="2024, 2024-07 or 2024-07-05; it belongs to the range")]
ArticleId = Annotated[str, Field(min_length=1, max_length=64)]


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
        lines = [answer.text, *map(_quoted, cited), *(f"! {warning}" for warning in answer.warnings)]
        return _result(result, lines, [*cited, *(one.citation for one in figures)], {RECEIPT: told})

    async def search(
        self, query: Question, k: Annotated[int, Field(ge=1, le=50, description="how many passages")] = 10,
        since: Day = None, until: Day = None,
        source: Annotated[str | None, Field(max_length=200, description="part of a source's name")] = None,
    ) -> Annotated[CallToolResult, SearchResult]:
        """Finds passages by meaning and by words, best first, in articles of some dates or sources if you say so."""
        hits = await self._library.search(query, k, Filter(since or "", until or "", source or ""))
        found = [self._passage(hit) for hit in hits]
        lines = [f"{one.rank}. {one.text}\n   {_told(one)}" for one in found] or ["nothing was found; ask with other words"]
        return _result(SearchResult(query=query, hits=found), lines, found)

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
        return _result(told, [_head(article), told.text, *rest], [told])

    async def list_sources(self) -> Annotated[CallToolResult, SourcesResult]:
        """Lists the sources of the archive and how many articles each has."""
        rows = await self._library.sources()
        lines = [f"{row['name']}: {row['articles']}" for row in rows] or ["the archive has no source"]
        return _result(SourcesResult(sources=[SourceInfo(**row) for row in rows]), lines, ())

    async def resource(self, article_id: str) -> str:
        """The text of an article, then what else the page says of it."""
        try:
            article = await self._library.article(article_id)
        except RagError as error:
            unknown = isinstance(error, StoreError) and not isinstance(error, NoIndex)
            raise (ResourceNotFoundError if unknown else ResourceError)(str(error)) from error
        return "\n\n".join((article.text, f"—— {_head(article)}", *(f"[图] {caption.text}" for caption in article.captions)))

    def _quotation(self, citation: Citation) -> Quotation:
        return Quotation(
            number=citation.number, quote=citation.quote, byline=citation.byline, article_id=citation.article_id,
            passage_id=citation.passage_id, title=citation.title, date=citation.date, source=citation.source, field=citation.field,
            item=citation.item, start=citation.start, end=citation.end, source_spans=[list(span) for span in citation.source_spans],
            sha256=citation.sha256, page=citation.page, boxes=[list(box) for box in citation.boxes], confidence=citation.confidence,
            url=permalink(self._base_url, citation) if self._base_url else "")

    def _passage(self, hit: Hit) -> FoundPassage:
        """A hit as if its whole passage was quoted."""
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


def _result(
    told: BaseModel, lines: Iterable[str], linked: Sequence[Span | ArticleText], meta: dict[str, Any] | None = None,
) -> CallToolResult:
    """Structured content, the same as text, and a link to each article."""
    content: list[ContentBlock] = [TextContent(type="text", text="\n\n".join(lines))]
    content += [ResourceLink(type="resource_link", uri=f"wenbao://article/{one.article_id}", name=one.title or one.article_id,
                             description=_told(one), mime_type="text/plain")
                for one in {one.article_id: one for one in reversed(linked)}.values()][::-1]
    return CallToolResult(content=content, structured_content=told.model_dump(mode="json"), **({"_meta": meta} if meta else {}))


def _quoted(cited: Quotation) -> str:
    return f"[{cited.number}] {cited.quote}\n    {_told(cited)}"


def _told(one: Span | ArticleText) -> str:
    page = f"page {one.page}" if isinstance(one, Span) and one.page else ""
    return " · ".join(part for part in (one.title, getattr(one, "byline", ""), one.date, one.source, page, one.url) if part)


def _head(article: Article) -> str:
    return " · ".join(part for part in (headline(article), article.byline, article.date, article.source) if part)


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
    """The ASGI app of streamable HTTP, for one path; it takes requests while :func:`mcp_session` is open."""
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
