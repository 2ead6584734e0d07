"""The Gradio page around a :class:`~rag.engine.Rag`: a conversation, a question box, examples. It holds no logic."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag import records
from rag.chat import render
from rag.errors import RagError
from rag.records import Answer, EvidenceFound, Hit, TextPiece
from rag.text import language

if TYPE_CHECKING:
    import gradio

    from rag.engine import Rag

_STYLE = Path(__file__).with_name("chat.css")
_WELCOME = """<header class="masthead"><h1>Wenbao 问报</h1>
<p>Ask the newspaper archive; every answer is proved by a word-for-word quotation.<br>
向报纸提问,每句回答都有原文为证。</p></header>"""
_KEPT = 4  # exchanges that a follow-up question may lean on


def serve(rag: Rag, host: str, port: int, *, opened: Callable[[str], None], block: bool = True) -> None:
    """Opens the page, tells its address to ``opened`` and stays until it is interrupted; ``port`` 0 takes any free one.

    ``block=False`` returns at once and leaves the page open. Raises :class:`RagError` if the port is taken.
    """
    page = build_page(rag)
    try:
        _, address, _ = page.launch(
            server_name=host, server_port=port or None, prevent_thread_lock=True, share=False, quiet=True,
            footer_links=[], ssr_mode=False, css=_STYLE.read_text(encoding="utf-8"), theme=_theme(), inbrowser=False)
    except OSError as error:
        raise RagError(f"port {port} of {host} cannot be used ({error}); give another with --port, or 0 for any") from error
    opened(address)
    if block:
        page.block_thread()


def build_page(rag: Rag) -> gradio.Blocks:
    """The page as a Gradio ``Blocks`` object, not yet open."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    import gradio

    with gradio.Blocks(title="Wenbao 问报", analytics_enabled=False, fill_width=True) as page:
        gradio.HTML(_WELCOME)
        turns = gradio.State([])
        history = gradio.State([])
        talk = gradio.HTML(elem_id="talk")
        with gradio.Row(elem_id="ask"):
            box = gradio.Textbox(
                placeholder="Ask in English or Chinese 用中文或英文提问", show_label=False, lines=1, max_lines=4,
                max_length=2000, scale=8, autofocus=True, container=False)
            send = gradio.Button("Ask 提问", variant="primary", scale=0, min_width=128)
            fresh = gradio.Button("New 新对话", scale=0, min_width=128)
        with gradio.Row():
            chosen = [gradio.Button(example, size="sm", elem_classes="example") for example in rag.examples]
        reaction = {"outputs": [talk, turns, history, box], "show_progress": "hidden", "concurrency_limit": 1}
        answer = _answering(rag)
        gradio.on([box.submit, send.click], answer, inputs=[box, turns, history], **reaction)
        for button, example in zip(chosen, rag.examples, strict=True):
            button.click(_with_question(answer, example), inputs=[turns, history], **reaction)
        fresh.click(lambda: ("", [], [], ""), outputs=[talk, turns, history, box])
    return page


def _answering(rag: Rag) -> Any:
    """The reaction to a question: draws each event of the stream as it comes."""
    def answer(question: str, turns: list[render.Turn], history: list[records.Turn]) -> Iterator[tuple[Any, ...]]:
        question = question.strip()
        if not question:
            yield render.conversation(turns), turns, history, ""
            return
        hits: tuple[Hit, ...] = ()
        spoken, draft = language(question), ""
        yield _drawn(turns, question, render.searching(hits, draft, spoken)), turns, history, ""
        try:
            for event in rag.stream(question, history):
                if isinstance(event, EvidenceFound):
                    hits = event.hits
                elif isinstance(event, TextPiece):
                    draft += event.text
                elif isinstance(event, Answer):
                    card = render.answer_card(event, rag.article, f"c{len(turns) + 1}")
                    turns = [*turns, render.Turn(question, card)]
                    history = [*history, records.Turn(question, event.text)][-_KEPT:]
                    yield render.conversation(turns), turns, history, ""
                    return
                yield _drawn(turns, question, render.searching(hits, draft, spoken)), turns, history, ""
        except RagError as error:
            turns = [*turns, render.Turn(question, render.failure(str(error)))]
            yield render.conversation(turns), turns, history, ""

    return answer


def _with_question(answer: Any, question: str) -> Any:
    def react(turns: list[render.Turn], history: list[records.Turn]) -> Iterator[tuple[Any, ...]]:
        yield from answer(question, turns, history)

    return react


def _drawn(turns: list[render.Turn], question: str, body: str) -> str:
    return render.conversation([*turns, render.Turn(question, body)])


def _theme() -> gradio.themes.Base:
    """System fonts: the page loads nothing from the network."""
    import gradio

    fonts = ["system-ui", "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", "sans-serif"]
    return gradio.themes.Base(font=fonts, font_mono=["ui-monospace", "monospace"])
