"""A plain Gradio chat beside the desk, for those who know Gradio: the same answers, also through ``gradio_client``."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from rag.doors.service import Library
from rag.errors import RagError
from rag.records import Answer, Turn

if TYPE_CHECKING:
    import gradio

PATH = "/gradio"
# What the page needs of Gradio's own routes. The rest (uploads, files of the disk, proxies, component servers) is closed.
OPEN = ("", "/", "/config", "/theme.css", "/assets/", "/static/", "/svelte/", "/custom_component/", "/manifest.json",
        "/gradio_api/info", "/gradio_api/queue/", "/gradio_api/call/", "/gradio_api/heartbeat/", "/gradio_api/app_id",
        "/gradio_api/startup-events", "/gradio_api/cancel", "/gradio_api/reset", "/gradio_api/api/")
POLICY = ("default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
          "img-src 'self' data: blob:; font-src 'self' data:; object-src 'none'; frame-ancestors 'none'")
_KEPT = 4  # exchanges that a follow-up question may lean on


def is_open(path: str) -> bool:
    """Tells whether a path below ``/gradio`` is one of those that the page needs.

    >>> is_open("/gradio/config"), is_open("/gradio/gradio_api/file=/etc/passwd")
    (True, False)
    """
    below = path.removeprefix(PATH)
    return below in OPEN or any(below.startswith(folder) for folder in OPEN if len(folder) > 1 and folder.endswith("/"))


def gradio_page(library: Library) -> gradio.Blocks:
    """Returns the chat as a Gradio ``Blocks`` object, to be mounted at ``/gradio``."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    import gradio

    async def chat(message: str, history: Sequence[Mapping[str, Any]]) -> AsyncGenerator[str, None]:
        try:
            async with aclosing(library.ask(message, _turns(history), "gradio")) as events:
                async for event in events:
                    yield _told(event) if isinstance(event, Answer) else "…"
        except RagError as error:
            yield _plain(str(error))

    with gradio.Blocks(title="Wenbao 问报", analytics_enabled=False) as page:
        gradio.ChatInterface(chat, title="Wenbao 问报", api_name="chat", concurrency_limit=8,
                             examples=[[question] for question in library.rag.examples] or None, cache_examples=False)
    return page


def theme() -> gradio.themes.Base:
    """System fonts: the page loads nothing from another host."""
    import gradio

    fonts = ["system-ui", "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", "sans-serif"]
    return gradio.themes.Base(font=fonts, font_mono=["ui-monospace", "monospace"])


def _turns(history: Sequence[Mapping[str, Any]]) -> list[Turn]:
    """Pairs of a question and its answer, the newest last."""
    said = [(message["role"], _words(message["content"])) for message in history]
    pairs = [Turn(question, answer) for (role, question), (next_role, answer) in pairwise(said)
             if role == "user" and next_role == "assistant"]
    return pairs[-_KEPT:]


def _words(content: Any) -> str:
    """Returns the text of a message, which may come in parts."""
    if isinstance(content, list):
        return "\n".join(str(part.get("text", "")) for part in content if isinstance(part, Mapping))
    return str(content)


def _told(answer: Answer) -> str:
    """Returns the answer with its quotations, as Markdown that nothing of a page can change."""
    quoted = []
    for c in answer.citations:
        told = " · ".join(part for part in (c.title, c.byline, c.date, c.source) if part)
        quoted.append(f"\n\n> **[{c.number}]** {_plain(c.quote)}\n>\n> {_plain(told)}")
    return _plain(answer.text) + "".join(quoted)


def _plain(text: str) -> str:
    """Words that Markdown and HTML take for nothing but words."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]()#+-!|>~" else c for c in escape(" ".join(text.split()), quote=False))
