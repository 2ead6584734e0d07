"""The protocol's own client asks the archive: in memory, over streamable HTTP, and over stdin and stdout of another process."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from fastapi import FastAPI
from mcp import Client, MCPError, StdioServerParameters
from test_openai_door import ANSWER, CITED, GATHERED, QUOTE, SPANS, Fake, served

from rag.doors.server.mcp_door import RECEIPT, mcp_app, mcp_server, mcp_session
from rag.doors.service import Library, NoIndex, TooMany
from rag.errors import StoreError
from rag.records import Article, ChannelScore, Filter, Hit, Passage, Run, Turn, quote_hash

MODES = ("auto", "legacy")  # the revision of 2026-07-28, and those with a handshake
TEXT = f"本报讯 2024年7月5日,甲镇新桥开工。{QUOTE}\n完。"
ARTICLE = Article("0f3a", "pages/bridges.md", "bridges", TEXT, "甲镇新桥开工", byline="石磊", date="2024-07-05",
                  runs={"text": (Run(0, len(TEXT), 30),)})
PASSAGE = Passage("p1", "0f3a", QUOTE, TEXT.index(QUOTE), TEXT.index(QUOTE) + len(QUOTE))
STDIO = ("import asyncio; from test_mcp_door import Shelf; "
         "from rag.doors.server.mcp_door import run_stdio; asyncio.run(run_stdio(Shelf({})))")
SLOW = STDIO.replace("{}", "{'slow': True}")


class Shelf(Fake):
    """The fake library with an article that is found and read."""

    def __init__(self, options: dict[str, Any] | None = None) -> None:
        super().__init__(**options or {})
        self.searched: list[tuple[str, int, Filter]] = []

    async def search(self, query: str, k: int, only: Filter) -> list[Hit]:
        print("a library that prints would spoil the protocol")
        self.searched.append((query, k, only))
        return [Hit(1, 0.5, PASSAGE, ARTICLE, {"lexical": ChannelScore(1, 2.0)}, ("桥梁",))]

    async def article(self, article_id: str) -> Article:
        if self.fails:
            raise self.fails
        if article_id != ARTICLE.article_id:
            raise StoreError(f"{article_id}: no such article in index; search again")
        return ARTICLE

    async def sources(self) -> list[dict[str, Any]]:
        return [{"name": "pages/bridges.md", "articles": int(self.ended.is_set()), "added_by": "configuration", "removed": False}]


def in_memory(library: Any, work: Any, mode: str = "auto", base_url: str = "http://desk/") -> Any:
    async def run() -> Any:
        async with Client(mcp_server(library, base_url), mode=mode) as client:
            return await work(client)

    return asyncio.run(run())


def call(library: Any, tool: str, **arguments: Any) -> Any:
    return in_memory(library, lambda client: client.call_tool(tool, arguments))


@contextmanager
def served_door(library: Any, mounted: bool = False) -> Iterator[str]:
    server = mcp_server(library, "http://desk")

    @asynccontextmanager
    async def lifespan(_: FastAPI):
        async with mcp_session(server):
            yield

    app = FastAPI(lifespan=lifespan)
    if mounted:
        app.mount("/mcp", mcp_app(server))
    else:
        app.add_route("/mcp", mcp_app(server))
    with served(app) as address:
        yield f"{address}/mcp"


def over_http(url: str, work: Any, mode: str = "auto") -> Any:
    async def run() -> Any:
        async with Client(url, mode=mode) as client:
            return await work(client)

    return asyncio.run(run())


def stdio(code: str = STDIO) -> StdioServerParameters:
    return StdioServerParameters(command=sys.executable, args=["-W", "ignore", "-c", code], cwd=Path(__file__).parent)


def links(result: Any) -> list[str]:
    return [block.uri for block in result.content if block.type == "resource_link"]


def test_every_tool_only_reads_and_has_a_schema_with_limits():
    tools = {tool.name: tool for tool in in_memory(Shelf(), lambda client: client.list_tools()).tools}
    assert list(tools) == ["ask", "search", "read_article", "list_sources"]
    for tool in tools.values():
        assert tool.annotations.read_only_hint and tool.annotations.open_world_hint is False
        assert tool.description and tool.title and tool.output_schema["type"] == "object"
    asked = tools["ask"].input_schema["properties"]
    assert asked["question"]["maxLength"] == 2000 and asked["history"]["anyOf"][0]["maxItems"] == 8 and "ctx" not in asked
    assert tools["search"].input_schema["properties"]["k"]["maximum"] == 50


def test_an_answer_has_its_quotations_with_their_places_and_hashes():
    library = Shelf()
    result = call(library, "ask", question=ANSWER.question, history=[{"question": "甲?", "answer": "乙。"}])
    told = result.structured_content
    assert not result.is_error and told["answer"] == ANSWER.text and told["refused"] is False and told["chance"] == 0.9
    cited = told["citations"][0]
    assert (cited["quote"], cited["article_id"], cited["title"], cited["date"]) == (QUOTE, "0f3a", CITED.title, "2024-07-05")
    assert (cited["field"], cited["start"], cited["end"], cited["source"]) == ("text", 17, CITED.end, "pages/bridges.md")
    assert cited["sha256"] == hashlib.sha256(QUOTE.encode()).hexdigest() and cited["source_spans"] == [list(s) for s in SPANS]
    assert cited["url"] == f"http://desk/#/article/0f3a?field=text&start=17&end={CITED.end}"
    assert library.asked == [(ANSWER.question, [Turn("甲?", "乙。")], "stdio")]


def test_an_answer_that_was_gathered_has_its_rows_and_what_was_worked_out():
    told = call(Shelf({"answer": GATHERED}), "ask", question=ANSWER.question).structured_content
    whole = GATHERED.to_dict()
    assert all(told[name] == whole[name] for name in ("operation", "parts", "rows", "derived", "missing"))
    assert QUOTE[told["rows"][0]["start"] : told["rows"][0]["end"]] == told["rows"][0]["shown"]
    plain = call(Shelf(), "ask", question=ANSWER.question).structured_content
    assert (plain["operation"], plain["rows"], plain["derived"], plain["missing"]) == ("lookup", [], None, [])


def test_an_answer_is_told_as_text_too_with_a_link_to_each_article_and_the_receipt():
    result = call(Shelf(), "ask", question=ANSWER.question)
    text = result.content[0].text
    assert text.startswith(ANSWER.text) and f"[1] {QUOTE}" in text and "pages/bridges.md" in text
    assert links(result) == ["wenbao://article/0f3a"]
    assert result.meta[RECEIPT] == {**ANSWER.to_dict(), "signature": "signed"}


def test_without_a_desk_a_quotation_has_no_address():
    result = in_memory(Shelf(), lambda client: client.call_tool("ask", {"question": "甲?"}), base_url="")
    assert result.structured_content["citations"][0]["url"] == "" and "http" not in result.content[0].text


def test_a_search_gives_passages_with_their_places():
    library = Shelf()
    result = call(library, "search", query="桥梁", k=3, since="2024-07", source="bridges", until=None)
    hit = result.structured_content["hits"][0]
    assert hit["text"] == QUOTE == TEXT[hit["start"] : hit["end"]] and hit["sha256"] == quote_hash(QUOTE)
    assert hit["source_spans"] == [[30 + hit["start"], 30 + hit["end"]]] and hit["matched"] == ["桥梁"]
    assert links(result) == ["wenbao://article/0f3a"] and QUOTE in result.content[0].text
    assert library.searched == [("桥梁", 3, Filter("2024-07", "", "bridges"))]


def test_an_article_is_read_whole_or_in_part():
    whole = call(Shelf(), "read_article", article_id="0f3a").structured_content
    assert whole["text"] == TEXT and (whole["start"], whole["end"], whole["characters"]) == (0, len(TEXT), len(TEXT))
    part = call(Shelf(), "read_article", article_id="0f3a", start=4, end=14)
    assert part.structured_content["text"] == TEXT[4:14] and "石磊" in part.content[0].text
    beyond = call(Shelf(), "read_article", article_id="0f3a", start=9999, end=1).structured_content
    assert beyond["text"] == "" and beyond["start"] == beyond["end"] == len(TEXT)


def test_the_sources_are_listed():
    result = call(Shelf(), "list_sources")
    assert result.structured_content["sources"][0]["added_by"] == "configuration" and "bridges.md: 0" in result.content[0].text


def test_an_article_is_a_resource_in_which_citations_keep_their_places():
    read = in_memory(Shelf(), lambda client: client.read_resource("wenbao://article/0f3a")).contents[0]
    assert read.text.startswith(TEXT) and read.text[PASSAGE.start : PASSAGE.end] == QUOTE
    assert "甲镇新桥开工 · 石磊 · 2024-07-05" in read.text and read.mime_type == "text/plain"
    templates = in_memory(Shelf(), lambda client: client.list_resource_templates()).resource_templates
    assert [template.uri_template for template in templates] == ["wenbao://article/{article_id}"]


@pytest.mark.parametrize(("error", "code"), [(None, -32602), (NoIndex("no index: `rag build`"), -32603)])
def test_an_article_that_is_not_there_is_said_not_to_be(error, code):
    async def read(client: Client) -> MCPError:
        with pytest.raises(MCPError, match=r"no such article|no index") as caught:
            await client.read_resource("wenbao://article/ffff")
        return caught.value

    assert in_memory(Shelf({"fails": error}), read).code == code


def test_reading_an_unknown_article_is_a_tool_error():
    result = call(Shelf(), "read_article", article_id="ffff")
    assert result.is_error and result.content[0].text == "ffff: no such article in index; search again"


def test_an_error_of_the_program_is_a_tool_error_of_one_line():
    result = call(Shelf({"fails": TooMany("8 of your questions are waiting; ask again later")}), "ask", question="甲?")
    assert result.is_error and [block.text for block in result.content] == ["8 of your questions are waiting; ask again later"]
    crashed = call(Shelf({"fails": ValueError("a secret")}), "ask", question="甲?")
    assert crashed.is_error and "secret" not in crashed.content[0].text


@pytest.mark.parametrize(("tool", "arguments", "named"), [
    ("ask", {}, "question"), ("ask", {"question": ""}, "question"), ("ask", {"question": "甲" * 2001}, "question"),
    ("ask", {"question": "甲?", "history": [{"question": "甲?"}]}, "history.0.answer"),
    ("ask", {"question": "甲?", "history": [{"question": "甲", "answer": "乙"}] * 9}, "history"),
    ("search", {"query": "桥", "k": 51}, "k"), ("search", {"query": "桥", "since": "July"}, "since"),
    ("read_article", {"article_id": "0f3a", "start": -1}, "start"), ("read_article", {"article_id": 7}, "article_id"),
])
def test_arguments_outside_the_limits_are_named_in_one_line(tool, arguments, named):
    library = Shelf()
    result = call(library, tool, **arguments)
    assert result.is_error and result.content[0].text.startswith(f"{tool}: {named}: ") and "\n" not in result.content[0].text
    assert not library.asked and not library.searched


@pytest.mark.parametrize("mode", MODES)
def test_progress_is_told_while_an_answer_is_written(mode):
    seen: list[str | None] = []

    async def progress(done: float, total: float | None, message: str | None) -> None:
        seen.append(message)

    in_memory(Shelf(), lambda client: client.call_tool("ask", {"question": "甲?"}, progress_callback=progress), mode)
    assert seen[0] == "1 before you" and "write" in seen


async def hung_up(client: Client, library: Any) -> bool:
    """Asks, leaves before the answer, and tells whether the work ended then."""
    async with anyio.create_task_group() as group:
        group.start_soon(client.call_tool, "ask", {"question": "甲?"})
        await anyio.to_thread.run_sync(library.begun.wait, 10)
        assert not library.ended.is_set()
        group.cancel_scope.cancel()
    return await anyio.to_thread.run_sync(library.ended.wait, 10)


@pytest.mark.parametrize("mode", MODES)
def test_cancelling_a_request_in_memory_ends_its_work(mode):
    library = Shelf({"slow": True})
    assert in_memory(library, lambda client: hung_up(client, library), mode)


@pytest.mark.parametrize("mode", MODES)
def test_cancelling_a_request_over_http_ends_its_work(mode):
    library = Shelf({"slow": True})
    with served_door(library) as url:
        assert over_http(url, lambda client: hung_up(client, library), mode)


@pytest.mark.parametrize("mounted", [False, True])
@pytest.mark.parametrize("mode", MODES)
def test_the_official_client_asks_over_http(mode, mounted):
    async def work(client: Client) -> Any:
        assert len((await client.list_tools()).tools) == 4
        read = await client.read_resource("wenbao://article/0f3a")
        return await client.call_tool("ask", {"question": ANSWER.question}), read

    library = Shelf()
    with served_door(library, mounted) as url:
        result, read = over_http(url, work, mode)
    assert result.structured_content["citations"][0]["quote"] == QUOTE and read.contents[0].text.startswith(TEXT)
    assert library.asked[0][2] == "127.0.0.1" and links(result) == ["wenbao://article/0f3a"]


def test_the_current_revision_is_spoken():
    async def version(client: Client) -> str:
        return client.protocol_version

    with served_door(Shelf()) as url:
        assert over_http(url, version) == "2026-07-28"


def test_a_request_before_the_session_is_told_to_wait_and_a_session_can_be_opened_again():
    server = mcp_server(Shelf(), "")

    async def run() -> list[int]:
        transport = httpx.ASGITransport(mcp_app(server))
        async with httpx.AsyncClient(transport=transport, base_url="http://a") as client:
            async def status() -> int:
                return (await client.post("/mcp", json={})).status_code

            seen = [await status()]
            for _ in range(2):
                async with mcp_session(server):
                    seen.append(await status())
            return [*seen, await status()]

    before, first, second, after = asyncio.run(run())
    assert before == after == 503 and first == second and first in range(400, 500)


def test_the_official_client_asks_over_stdin_and_stdout():
    async def run() -> Any:
        async with Client(stdio()) as client:
            return await client.call_tool("ask", {"question": ANSWER.question})

    result = asyncio.run(run())
    assert result.structured_content["citations"][0]["sha256"] == quote_hash(QUOTE)
    assert result.content[0].text.startswith(ANSWER.text)


@pytest.mark.parametrize("mode", MODES)
def test_cancelling_a_request_over_stdin_ends_its_work(mode):
    async def ended() -> int:
        async with Client(stdio(SLOW), mode=mode) as client:
            asked = asyncio.Event()

            async def writing(done: float, total: float | None, message: str | None) -> None:
                if done >= 4:
                    asked.set()

            async with anyio.create_task_group() as group:
                group.start_soon(lambda: client.call_tool("ask", {"question": "甲?"}, progress_callback=writing))
                await asked.wait()
                group.cancel_scope.cancel()
            return (await client.call_tool("list_sources")).structured_content["sources"][0]["articles"]

    assert asyncio.run(ended()) == 1


def test_nothing_but_the_protocol_goes_to_stdout():
    first = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "0"}}}
    then = {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "search", "arguments": {"query": "桥"}}}
    with subprocess.Popen([sys.executable, "-W", "ignore", "-c", STDIO], cwd=Path(__file__).parent, text=True, encoding="utf-8",
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        replies = []
        for message in (first, {"jsonrpc": "2.0", "method": "notifications/initialized"}, then):
            process.stdin.write(json.dumps(message) + "\n")
            process.stdin.flush()
            if "id" in message:
                replies.append(json.loads(process.stdout.readline()))
        rest, errors = process.communicate(timeout=20)
    assert [reply["id"] for reply in replies] == [1, 2] and not rest and "would spoil the protocol" in errors
    assert replies[1]["result"]["structuredContent"]["hits"][0]["text"] == QUOTE


def test_the_logging_of_the_program_is_left_as_it_was():
    root = logging.getLogger()
    before = root.level, list(root.handlers)
    mcp_server(Shelf(), "")
    assert (root.level, list(root.handlers)) == before


def test_the_real_library_tells_the_same_places_through_every_tool(open_rag):
    rag = open_rag(read="47座", render="", term="", rewrite="")
    expected = rag.ask("甲镇今年新开工多少座桥梁?")
    library = Library(rag)
    library.start()

    async def work(client: Client) -> Any:
        result = await client.call_tool("ask", {"question": expected.question})
        cited = result.structured_content["citations"][0]
        article = await client.call_tool("read_article", {"article_id": cited["article_id"]})
        read = await client.read_resource(links(result)[0])
        found = await client.call_tool("search", {"query": "桥梁"})
        return result, cited, article, read.contents[0].text, found, await client.call_tool("list_sources")

    try:
        result, cited, article, text, found, sources = in_memory(library, work)
    finally:
        library.close()
    told = result.meta[RECEIPT]["citations"][0]
    assert told == expected.to_dict()["citations"][0] and result.structured_content["answer"] == expected.text
    assert all(cited[key] == told[key] for key in ("quote", "field", "item", "start", "end", "source_spans", "sha256", "source"))
    place = slice(cited["start"], cited["end"])
    assert text[place] == article.structured_content["text"][place] == cited["quote"]
    assert all(quote_hash(hit["text"]) == hit["sha256"] for hit in found.structured_content["hits"])
    assert {row["articles"] for row in sources.structured_content["sources"]} == {1}
