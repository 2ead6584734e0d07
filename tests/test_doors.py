"""One server with every door open: the same answer through each, no door without the guard, nothing that breaks it."""

from __future__ import annotations

import asyncio
import json
import os
import warnings
from contextlib import suppress

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from mcp import Client
from openai import OpenAI
from test_openai_door import served

from rag.doors import cli
from rag.doors.server.app import create_app
from rag.doors.service import Library
from rag.engine import Rag

ASKED = "甲镇今年新开工多少座桥梁?"
SPOT = ("article_id", "field", "start", "end", "sha256", "source")


@pytest.fixture
def library(open_rag):
    return Library(open_rag(read="47座", translate="", render="", rewrite="", term=""))


def settle(library: Library) -> None:
    library._builder.submit(lambda: None).result(timeout=30)
    library._names.submit(lambda: None).result(timeout=60)


def spots(citations) -> list[tuple]:
    return [(*(c[name] for name in SPOT), tuple(map(tuple, c["source_spans"]))) for c in citations]


async def over_mcp(address: str):
    async with Client(f"{address}/mcp") as client:
        return await client.call_tool("ask", {"question": ASKED})


def test_the_same_answer_and_the_same_spans_come_through_every_door(library, monkeypatch, capsys):
    with served(create_app(library, gradio=False)) as address:
        plain = httpx.post(f"{address}/api/ask", json={"question": ASKED}).json()
        client = OpenAI(base_url=f"{address}/v1", api_key="none")
        chat = client.chat.completions.create(model="wenbao", messages=[{"role": "user", "content": ASKED}]).choices[0].message
        response = client.responses.create(model="wenbao", input=ASKED)
        told = asyncio.run(over_mcp(address)).structured_content
    own = library.rag.ask(ASKED)
    monkeypatch.setattr(Rag, "open", classmethod(lambda cls, *_, **__: library.rag))
    assert cli.main(["ask", ASKED, "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    texts = {plain["answer"], chat.content, response.output_text, told["answer"], printed["answer"], own.text}
    assert texts == {own.text}
    receipts = [plain, chat.wenbao, response.wenbao, printed, own.to_dict()]
    assert all(spots(receipt["citations"]) == spots(told["citations"]) for receipt in receipts)
    marked = chat.annotations[0].url_citation
    assert chat.content[marked.start_index : marked.end_index] == "[1]"


def test_the_plain_gradio_chat_answers_too_and_nothing_else_of_gradio_is_open(library):
    from gradio_client import Client as GradioClient

    with served(create_app(library)) as address:
        settle(library)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            said = GradioClient(f"{address}/gradio/", verbose=False).predict(ASKED, api_name="/chat")
        closed = ["gradio_api/file=/etc/passwd", "gradio_api/upload", "gradio_api/proxy=http://evil.example", "file=/etc/passwd",
                  "gradio_api/component_server", "assets/../../../app.py", "gradio_api/stream/x/y/z/playlist.m3u8", "monitoring"]
        statuses = {path: httpx.get(f"{address}/gradio/{path}").status_code for path in closed}
    assert "47座" in str(said) and set(statuses.values()) == {404}, statuses


def test_clients_that_hang_up_leave_no_place_taken(library):
    with served(create_app(library, gradio=False)) as address:
        settle(library)
        for _ in range(50):
            with httpx.stream("POST", f"{address}/api/ask", json={"question": ASKED, "stream": True}) as response:
                next(response.iter_lines())
        assert httpx.post(f"{address}/api/ask", json={"question": ASKED}).status_code == 200
        assert httpx.get(f"{address}/api/health").json()["queue"] == {"waiting": 0, "writing": 0}


@pytest.mark.parametrize("path", ["/v1/models", "/mcp", "/gradio/config", "/gradio/", "/api/health", "/metrics"])
def test_no_door_lacks_the_guard_of_the_others(library, path):
    with served(create_app(library, token="a long secret token")) as address:
        assert httpx.get(f"{address}{path}").status_code == 401
        foreign = {"authorization": "Bearer a long secret token", "origin": "http://evil.example"}
        assert httpx.get(f"{address}{path}", headers=foreign).status_code == 403


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("mode", ["positive", "negative"])
def test_no_request_that_the_description_allows_or_forbids_breaks_the_server(library, mode):
    """Property-based requests made from ``/openapi.json``; set ``WENBAO_REQUESTS`` to send more of each kind."""
    import schemathesis
    from schemathesis import GenerationMode

    bounds = settings(max_examples=int(os.environ.get("WENBAO_REQUESTS", "6")), deadline=None, database=None, derandomize=True,
                      suppress_health_check=list(HealthCheck))
    sent = []
    with served(create_app(library, gradio=False)) as address:
        settle(library)

        def send(case):
            response = case.call(base_url=address)
            sent.append((case.method, case.path, response.status_code))
            assert response.status_code < 500 or response.json()["error"]["code"] in ("busy", "loading", "no_index"), response.text
            assert response.status_code < 400 or response.json()["error"]["message"], response.text

        for operation in schemathesis.openapi.from_url(f"{address}/openapi.json").get_all_operations():
            with suppress(Unsatisfiable):  # an operation that takes nothing cannot be asked wrongly
                bounds(given(case=operation.ok().as_strategy(generation_mode=GenerationMode(mode)))(send))()
        assert httpx.get(f"{address}/api/health").status_code == 200
    assert len({path for _, path, _ in sent}) > 15, sent
