"""Every door mounted on one application."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import FileResponse, Response
from starlette.routing import Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from rag.doors.server import problems
from rag.doors.server.asking import asking_routes, client_of
from rag.doors.server.batches import batch_routes
from rag.doors.server.guard import LOOPBACK, Guard, Meters
from rag.doors.server.keeping import keeping_routes
from rag.doors.server.mcp_door import mcp_app, mcp_server, mcp_session
from rag.doors.server.openai_door import openai_router
from rag.doors.server.reading import note_routes, place_routes, reading_routes, source_routes
from rag.doors.service import Library

STATIC = Path(__file__).with_name("static")


def create_app(library: Library, *, token: str = "", hosts: Iterable[str] = LOOPBACK, base_url: str = "http://127.0.0.1:7860",
               gradio: bool = True, log_questions: bool = False) -> ASGIApp:
    """Returns the whole server as an ASGI application; its lifespan opens and closes the library.

    ``token``, ``hosts``: see :class:`~rag.doors.server.guard.Guard`. ``base_url``: what permalinks begin with. ``gradio=False`` leaves
    the plain chat out.
    """
    meters, tools = Meters(), mcp_server(library, base_url)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        library.start()
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(mcp_session(tools))
            yield
        library.close()

    app = FastAPI(title="Wenbao 问报", version=version("wenbao"), lifespan=lifespan, docs_url=None, redoc_url=None,
                  description="Ask a newspaper archive; every statement of an answer is a word-for-word quotation.")
    problems.install(app)
    app.include_router(asking_routes(library, meters, log_questions=log_questions), responses=problems.DOCUMENTED)
    for routes in (reading_routes, place_routes, source_routes, note_routes, keeping_routes, batch_routes):
        app.include_router(routes(library), responses=problems.DOCUMENTED)
    app.include_router(openai_router(library, base_url=base_url, client_of=client_of))
    _add_pages(app, library, meters)
    app.router.routes.append(Route("/mcp", mcp_app(tools), include_in_schema=False))
    whole: Any = _with_gradio(app, library) if gradio else app
    return Guard(whole, token=token, hosts=hosts, meters=meters)


def _add_pages(app: FastAPI, library: Library, meters: Meters) -> None:
    """Returns the desk, the state of the server, its figures."""
    @app.get("/api/health", tags=["server"])
    async def health() -> dict[str, Any]:
        """How the server is: models, index, build, queue."""
        return library.state()

    @app.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        meters.waiting.set(library.queue.waiting)
        return Response(generate_latest(meters.registry), media_type=CONTENT_TYPE_LATEST)

    @app.get("/", include_in_schema=False)
    async def desk() -> Response:
        return FileResponse(STATIC / "index.html", headers={"Cache-Control": "no-cache"})

    @app.get("/docs", include_in_schema=False)
    async def docs() -> Response:
        return FileResponse(STATIC / "docs.html", headers={"Cache-Control": "no-cache"})

    @app.get("/favicon.ico", include_in_schema=False)
    async def icon() -> Response:
        return FileResponse(STATIC / "icon.svg", media_type="image/svg+xml")

    app.mount("/static", StaticFiles(directory=STATIC), name="static")


def _with_gradio(app: FastAPI, library: Library) -> ASGIApp:
    import gradio

    from rag.doors.server.gradio_door import PATH, gradio_page, theme

    page = gradio_page(library)
    return gradio.mount_gradio_app(app, page, PATH, footer_links=[], ssr_mode=False, show_error=False, mcp_server=False,
                                   enable_monitoring=False, pwa=False, theme=theme())
