"""What the MCP tools take and give: the schemas, and the same content as text for a model that reads text only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Any

from mcp_types import CallToolResult, ContentBlock, ResourceLink, TextContent
from pydantic import BaseModel, ConfigDict, Field

from rag.doors.server.openai_door import HISTORY
from rag.records import Article, headline
from rag.search.query import MAX_CHARACTERS

MOST = 20_000  # characters of an article in one result
_DAY = "^([0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?)?$"


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
    field: str = Field(description="text, title, kicker, byline, section, caption or credit")
    item: int = Field(description="which picture, from 0, for a caption or credit")
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
    terms: list[list[int]] = Field([], description="the rows that add up to each thing worked with, -1 - row where one is subtracted")
    condition: str = Field("", description="for a filter: what is true of the things that are named, as <1000亩; value is their number")


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
History = Annotated[list[Exchange] | None, Field(max_length=HISTORY, description="the exchanges before it, oldest first")]
Day = Annotated[str | None, Field(pattern=_DAY, description="2024, 2024-07 or 2024-07-05; it belongs to the range")]
ArticleId = Annotated[str, Field(min_length=1, max_length=64)]


def tool_result(
    told: BaseModel, lines: Iterable[str], linked: Sequence[Span | ArticleText], meta: dict[str, Any] | None = None,
) -> CallToolResult:
    """Structured content, the same as text, and a link to each article."""
    content: list[ContentBlock] = [TextContent(type="text", text="\n\n".join(lines))]
    content += [ResourceLink(type="resource_link", uri=f"wenbao://article/{one.article_id}", name=one.title or one.article_id,
                             description=named(one), mime_type="text/plain")
                for one in {one.article_id: one for one in reversed(linked)}.values()][::-1]
    return CallToolResult(content=content, structured_content=told.model_dump(mode="json"), **({"_meta": meta} if meta else {}))


def quoted(cited: Quotation) -> str:
    """Returns a quotation with its number, and on the next line where it stands."""
    return f"[{cited.number}] {cited.quote}\n    {named(cited)}"


def named(one: Span | ArticleText) -> str:
    """Returns the title, byline, date, source and address of a quotation or article, as far as it has them."""
    page = f"page {one.page}" if isinstance(one, Span) and one.page else ""
    return " · ".join(part for part in (one.title, getattr(one, "byline", ""), one.date, one.source, page, one.url) if part)


def heading(article: Article) -> str:
    """Returns the headline, byline, date and source of an article, as far as it has them."""
    return " · ".join(part for part in (headline(article), article.byline, article.date, article.source) if part)
