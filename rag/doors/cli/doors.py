"""Commands that start servers: ``rag chat``, ``serve`` and ``mcp``."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from rag.doors.cli.app import DOORS, command
from rag.doors.cli.options import AsJson, ConfigFile, IndexFolder, open_rag, whole_number
from rag.doors.cli.printing import print_address


@command(DOORS, "rag serve --host 0.0.0.0 --port 7860 --log", name="serve", text="Serve the desk, HTTP, OpenAI's protocol and MCP.")
@command(DOORS, "rag chat --port 0", name="chat", text="Open the desk in a browser on this machine.")
def serve(
    host: Annotated[str | None, typer.Option(
        metavar="HOST", help="Listen on this address instead of chat.host of the config; beyond loopback WENBAO_TOKEN must be set.",
    )] = None,
    port: Annotated[int | None, typer.Option(
        parser=whole_number, metavar="PORT", help="Listen on this port instead of chat.port of the config; 0 is any free one.")] = None,
    log: Annotated[bool, typer.Option("--log", help="Write a line of JSON for each request, without the question.")] = False,
    log_questions: Annotated[bool, typer.Option(
        "--log-questions", help="Write a line of JSON for each request, with the question.")] = False,
    config: ConfigFile = None, index: IndexFolder = None, as_json: AsJson = False,
) -> int:
    """Serves one archive to many until interrupted."""
    from rag.doors.server.run import serve as serve_library
    from rag.doors.service import Library

    rag = open_rag(config, index)
    if log or log_questions:
        _log_requests()
    chat = rag.config.chat
    serve_library(Library(rag), host or chat.host, chat.port if port is None else port,
                  log_questions=log_questions, opened=print_address)
    return 0


@command(DOORS, "rag mcp --config config.yaml")
def mcp(config: ConfigFile = None, index: IndexFolder = None, as_json: AsJson = False) -> int:
    """Speak MCP over stdin and stdout."""
    import asyncio

    from rag.doors.server.mcp_door import run_stdio
    from rag.doors.service import Library

    library = Library(open_rag(config, index))
    library.start()
    try:
        asyncio.run(run_stdio(library))
    finally:
        library.close()
    return 0


def _log_requests() -> None:
    import logging

    logging.basicConfig(stream=sys.stderr, format="%(message)s", level=logging.WARNING)
    logging.getLogger("rag.doors.server.requests").setLevel(logging.INFO)
