"""``/api/articles``, ``/api/locate``, ``/api/sources``, ``/api/notes``: reading and keeping the archive."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, File, Query, Request, UploadFile
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from rag.doors.desk import Note
from rag.doors.server.asking import Name
from rag.doors.server.problems import Refused
from rag.doors.service import Library, spans
from rag.doors.service import sources as pages
from rag.errors import SourceError
from rag.pages import is_archive
from rag.records import QUOTABLE, Article, Links, headline

Field_ = Annotated[Literal["text", "title", "kicker", "section", "byline", "caption", "credit"], Query()]
Offset = Annotated[int, Query(ge=0, le=10_000_000)]
_DAY = r"^(\d{4}(-\d\d(-\d\d)?)?)?$"
_MOST_LISTED = 200  # articles in one response; the next ones are fetched with `offset`


class Correction(BaseModel):
    """New values of some fields; ``null`` takes a correction back."""

    model_config = ConfigDict(extra="forbid")

    title: str | None = Field(None, max_length=300)
    byline: str | None = Field(None, max_length=300)
    date: str | None = Field(None, pattern=_DAY, description="2024, 2024-07, 2024-07-05, or empty")


class NewNote(BaseModel):
    """A note on a span of an article's field."""

    article_id: str = Field(max_length=64)
    field: Literal["text", "title", "kicker", "section", "byline", "caption", "credit"] = "text"
    item: int = Field(0, ge=0, le=10_000)
    start: int = Field(ge=0, le=10_000_000)
    end: int = Field(ge=0, le=10_000_000)
    text: str = Field("", max_length=4000)
    tags: list[Annotated[str, Field(min_length=1, max_length=40)]] = Field(default_factory=list, max_length=20)


class ChangedNote(BaseModel):
    """New words or tags of a note."""

    text: str | None = Field(None, max_length=4000)
    tags: list[Annotated[str, Field(min_length=1, max_length=40)]] | None = Field(None, max_length=20)


def reading_routes(library: Library) -> APIRouter:
    """Articles, their corrections, and how they are cited."""
    router = APIRouter(prefix="/api", tags=["articles"])

    @router.get("/articles")
    async def articles(source: Name = "", q: Name = "", offset: Offset = 0,
                       limit: Annotated[int, Query(ge=1, le=_MOST_LISTED)] = 50) -> dict[str, Any]:
        """Lists articles in the order in which they were read, those whose words hold ``q``."""
        await library.until_searchable()
        total, found = await library.run(library.rag.retriever.store.archive.listed, source, q, offset, limit)
        return {"total": total, "articles": [_line(article) for article in found]}

    @router.get("/articles/{article_id}")
    async def article(article_id: str) -> dict[str, Any]:
        """A whole article, repaired, with its place in the page and its doubts."""
        found = await library.article(article_id)
        return {**article_body(found), "linked": await library.run(_linked, library, found)}

    @router.patch("/articles/{article_id}", status_code=202)
    async def correct(article_id: str, body: Correction) -> dict[str, Any]:
        """Corrects title, byline or date by hand, apart from the source; the index follows at once."""
        found = await library.article(article_id)
        values = {name: getattr(body, name) for name in body.model_fields_set}
        library.correct(found, values)
        return {"article_id": article_id, "build": "started"}

    @router.get("/articles/{article_id}/cite")
    async def cite(article_id: str, style: Literal["gbt7714", "apa", "bibtex", "csl-json", "text"] = "gbt7714",
                   field: Field_ = "text", item: Offset = 0, start: Offset = 0, end: Offset = 0) -> dict[str, str]:
        """The article as a reference of a bibliography, with the quotation of a span where one is given."""
        from rag.doors.export.citations import cite
        from rag.records import field_text

        found = await library.article(article_id)
        quote = field_text(found, field, item)[start:end]
        return {"style": style, "text": await library.run(lambda: cite(found, style, quote=quote))}

    return router


def place_routes(library: Library) -> APIRouter:
    """Returns where a span of an article stands: in the raw page, in its picture, after a rebuild."""
    router = APIRouter(prefix="/api", tags=["articles"])

    @router.get("/articles/{article_id}/raw")
    async def raw(article_id: str, field: Field_ = "text", item: Offset = 0, start: Offset = 0, end: Offset = 0) -> dict[str, Any]:
        """The raw page, and where a span of the article stands in it."""
        found = await library.article(article_id)
        low, high = spans.checked_span(found, field, item, start, end)
        return {"source": found.source, "text": await library.run(spans.raw_text, found, library.home),
                "spans": spans.spans_in_page(found, field, item, low, high), "article_spans": spans.all_spans(found)}

    @router.get("/articles/{article_id}/picture")
    async def picture(article_id: str, field: Field_ = "text", item: Offset = 0, start: Offset = 0, end: Offset = 0) -> dict[str, Any]:
        """The picture of the page, and the boxes of a span on it, as shares of width and height."""
        found = await library.article(article_id)
        low, high = spans.checked_span(found, field, item, start, end)
        return await library.run(_picture, library, found, field, item, low, high)

    @router.get("/articles/{article_id}/picture/{page}.png", response_class=Response)
    async def image(article_id: str, page: int) -> Response:
        """A page of the source as a picture."""
        from rag.pages.page_images import page_picture

        file = _pictured(library, await library.article(article_id))
        return Response(await library.run(page_picture, file, page), media_type="image/png")

    @router.get("/locate")
    async def locate(quote: Annotated[str, Query(min_length=1, max_length=500)], article_id: Name = "", source: Name = "",
                     field: Field_ = "text", start: Offset = 0, end: Offset = 0) -> dict[str, Any]:
        """Finds a quotation again, after a rebuild or a correction of its page."""
        await library.until_searchable()
        place = await library.run(_located, library, quote, article_id, source, field, start, end)
        if place is None:
            raise Refused(404, "this quotation is not in the archive any more; its page was changed or removed")
        return {"article_id": place.article.article_id, "field": place.field, "item": place.item, "start": place.start,
                "end": place.end, "moved": place.moved or place.article.article_id != article_id}

    return router


def article_body(article: Article) -> dict[str, Any]:
    """Returns an article as ``/api/articles/{id}`` tells it."""
    from rag.pages.page_images import has_picture

    told = article.to_dict()
    now = {name: {"was": said, "now": getattr(article, name)} for name, said in article.corrected.items()}
    return {**told, "headline": headline(article), "corrected": now, "has_picture": has_picture(Path(article.source)),
            "has_raw": not spans.is_item(article)}


def _linked(library: Library, article: Article) -> list[dict[str, str]]:
    """Returns the articles on other pages of the issue that an article continues, that continue it, or that tell what it points to.
    """
    links = article.links or Links()
    targets = {how: getattr(links, how) for how in ("continues", "continued_in", "told_in") if getattr(links, how)}
    found = library.rag.retriever.store.archive.articles(targets.values())
    return [{"how": how, "article_id": target, "headline": headline(found[target]), "page": found[target].page,
             "source": found[target].source} for how, target in targets.items() if target in found]


def _line(article: Article) -> dict[str, Any]:
    return {"article_id": article.article_id, "title": headline(article), "kicker": article.kicker, "section": article.section,
            "byline": article.byline, "date": article.date, "date_from": article.date_from, "source": article.source,
            "doc_id": article.doc_id, "characters": len(article.text), "doubts": list(article.doubts),
            "corrected": dict(article.corrected), "links": asdict(article.links) if article.links else None}


def _pictured(library: Library, article: Article) -> Path:
    from rag.pages.page_images import has_picture

    file = library.home / article.source
    if not has_picture(file):
        raise Refused(404, "the source has no picture of its page; see the raw page")
    return file


def _picture(library: Library, article: Article, field: str, item: int, start: int, end: int) -> dict[str, Any]:
    from rag.pages.page_images import page_count
    from rag.pages.printed import place_of

    file = _pictured(library, article)
    place = place_of(article, field, item, start, end)
    page = place.page or place_of(article, "text", 0, 0, len(article.text)).page or 1
    return {"page": page, "pages": page_count(file), "boxes": [list(box) for box in place.boxes],
            "image": f"/api/articles/{article.article_id}/picture/{page}.png"}


def _located(library: Library, quote: str, article_id: str, source: str, field: str, start: int, end: int) -> spans.Place | None:
    archive = library.rag.retriever.store.archive
    own = list(archive.articles([article_id]).values())
    others = archive.listed(source, "", 0, _MOST_LISTED)[1] if source else archive.listed("", quote, 0, _MOST_LISTED)[1]
    return spans.find_again(quote, [*own, *others], field, start, end)


def source_routes(library: Library) -> APIRouter:
    """Adding, removing and restoring pages."""
    router = APIRouter(prefix="/api", tags=["sources"])

    @router.get("/sources")
    async def sources() -> dict[str, Any]:
        """The sources of the archive, those removed at the desk last."""
        last = library.desk.last_removed()
        return {"sources": await library.sources(), "can_undo": {"action": "remove", "name": last} if last else None}

    @router.post("/sources/preview")
    async def preview(files: Annotated[list[UploadFile], File()]) -> dict[str, Any]:
        """Reads pages without adding them: their articles, with doubts, or why a file cannot be read."""
        token = pages.take_in(await _sent(files), library.rag.config.index.dir)
        home = pages.incoming(token, library.rag.config.index.dir)
        read = await library.run(pages.preview, home, library.rag.config.chat.read_seconds)
        return {"upload": token, "files": [asdict(item) for item in read]}

    @router.post("/sources", status_code=202, openapi_extra={"requestBody": {"required": True, "content": {
        "multipart/form-data": {"schema": {"type": "object", "required": ["files"], "properties": {
            "files": {"type": "array", "items": {"type": "string", "format": "binary"}}}}},
        "application/json": {"schema": {"type": "object", "required": ["upload"], "properties": {"upload": {"type": "string"}}}}}}})
    async def add(request: Request) -> dict[str, Any]:
        """Adds pages, sent as files or read before as a preview; they can be asked as soon as ``/api/health`` shows no progress."""
        folder = library.rag.config.index.dir
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind == "application/json":
            token = _token(await _json(request))
        elif kind == "multipart/form-data":
            token = pages.take_in(await _sent(await _files(request)), folder)
        else:
            raise Refused(415, f"{kind or 'no type'}: send multipart/form-data with files, or JSON with the upload of a preview")
        home = pages.incoming(token, folder)
        read = await library.run(pages.preview, home, library.rag.config.chat.read_seconds)
        if not (good := [item.name for item in read if item.error is None]):
            raise SourceError("; ".join(item.error or "" for item in read))
        return {"build": "started", "names": await library.run(library.add, home, good),
                "failed": [item.error for item in read if item.error]}

    @router.delete("/sources/{name:path}", status_code=202)
    async def remove(name: str) -> dict[str, str]:
        """Takes a source out of the archive; its file stays, and it can be restored."""
        await library.until_searchable()
        await library.run(library.remove, name)
        return {"build": "started"}

    @router.post("/sources/{name:path}/restore", status_code=202)
    async def restore(name: str) -> dict[str, str]:
        """Takes a removed source back."""
        await library.run(library.restore, name)
        return {"build": "started"}

    @router.post("/build", status_code=202)
    async def build() -> dict[str, str]:
        """Brings the index up to date with the sources."""
        if library.is_building:
            raise Refused(409, "a build is under way; /api/health tells how far it is")
        library.build()
        return {"build": "started"}

    return router


async def _files(request: Request) -> list[UploadFile]:
    from starlette.datastructures import UploadFile as Sent

    form = await request.form(max_files=pages.MOST_FILES + 1, max_fields=10)
    return [item for item in form.getlist("files") if isinstance(item, Sent)]  # type: ignore[misc]


async def _sent(files: Sequence[UploadFile]) -> list[tuple[str, bytes]]:
    if len(files) > pages.MOST_FILES:
        raise Refused(413, f"{len(files)} files; send at most {pages.MOST_FILES} at a time")
    return [(file.filename or "", await file.read()) for file in files]


async def _json(request: Request) -> Any:
    import json

    try:
        return json.loads(await request.body())
    except ValueError as error:
        raise Refused(400, f"the body is no JSON ({error})") from error


def _token(body: Any) -> str:
    if not isinstance(body, dict) or not isinstance(body.get("upload"), str):
        raise Refused(422, 'give {"upload": "…"}, the token of a preview')
    return str(body["upload"])


def note_routes(library: Library) -> APIRouter:
    """Notes on spans of the raw page."""
    router = APIRouter(prefix="/api/notes", tags=["notes"])

    @router.get("")
    async def notes(q: Name = "", source: Name = "", tag: Name = "") -> dict[str, Any]:
        """The notes, the newest first, whose words, quotation or tags hold ``q``."""
        await library.until_searchable()
        return {"notes": await library.run(_found_notes, library, q, source, tag)}

    @router.post("", status_code=201)
    async def add(body: NewNote) -> dict[str, Any]:
        """Keeps a note on a span; it stays with the page through rebuilds."""
        article = await library.article(body.article_id)
        start, end = spans.checked_span(article, body.field, body.item, body.start, body.end)
        places = spans.spans_in_page(article, body.field, body.item, start, end)
        if not places:
            raise Refused(422, "this span does not stand in the page; choose words of the article")
        raw = await library.run(spans.raw_text, article, library.home)
        low, high = places[0][0], places[-1][1] if places[-1][1] > places[0][0] else places[0][1]
        note = library.desk.add_note(article.source, article.article_id, (low, high), raw[low:high], body.text, body.tags)
        return _note_body(note, lost=False)

    @router.patch("/{note_id}")
    async def change(note_id: str, body: ChangedNote) -> dict[str, Any]:
        """Changes the words or tags of a note."""
        return _note_body(library.desk.change_note(note_id, body.text, body.tags), lost=False)

    @router.delete("/{note_id}", status_code=204, response_class=Response)
    async def delete(note_id: str) -> Response:
        """Deletes a note."""
        if not library.desk.delete_note(note_id):
            raise Refused(404, "no such note; reload the list")
        return Response(status_code=204)

    return router


def _found_notes(library: Library, q: str, source: str, tag: str) -> list[dict[str, Any]]:
    present = set(library.rag.retriever.store.archive.sources())
    wanted = [note for note in library.desk.notes() if (not source or note.source == source) and (not tag or tag in note.tags)
              and (not q or re.search(re.escape(q), " ".join((note.text, note.quote, *note.tags)), re.IGNORECASE))]
    return [_placed(note, library.home, there=note.source in present) for note in wanted]


def _placed(note: Note, home: Path, *, there: bool) -> dict[str, Any]:
    """Returns a note where its words stand now; ``lost`` if its page was removed or does not hold them any more."""
    try:
        spot = spans.again_in_page(home / note.source, note.quote, note.start) if there else None
    except SourceError:
        spot = None
    if is_archive(note.source):
        spot = (note.start, note.end) if there else None
    return _note_body(note, lost=spot is None) | ({"start": spot[0], "end": spot[1]} if spot else {})


def _note_body(note: Note, *, lost: bool) -> dict[str, Any]:
    return {**asdict(note), "tags": list(note.tags), "lost": lost}


assert set(QUOTABLE) == {"text", "title", "kicker", "section", "byline"}  # the fields that Field_ names, beside those of pictures
