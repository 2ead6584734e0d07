"""OpenAI's own client, unmodified, asks the archive: chat completions and responses, whole and streamed."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI
from openai import APIError, BadRequestError, InternalServerError, NotFoundError, OpenAI, RateLimitError

from rag.doors.server import openai_door
from rag.doors.server.openai_door import conversation, openai_router
from rag.doors.service import Busy, Library, NotReady, Queued, TooMany
from rag.errors import GenerationError, StoreError
from rag.records import Answer, Citation, Derived, EvidenceFound, Row, Stage, TextPiece, Turn, quote_hash

QUOTE = "今年以来,甲镇新开工桥梁47座,总投资额86.8亿元。"
SPANS = ((40, 50), (60, 60 + len(QUOTE) - 10))
CITED = Citation(1, "0f3a", "p1", "甲镇新桥开工", "石磊", "pages/bridges.md", "2024-07-05", "text", QUOTE, 17, 17 + len(QUOTE), SPANS)
CAPTION = Citation(2, "0f3a", "p2", "甲镇新桥开工", "石磊", "pages/bridges.md", "", "caption", "新桥", 0, 2, ((80, 82),), item=1)
ANSWER = Answer("甲镇开工多少座桥?", "zh", "47座 [1],图为新桥 [2]。", False, (CITED, CAPTION), chance=0.9)
ASKED = [{"role": "user", "content": ANSWER.question}]
ROWS = (Row("7月", "2024-07", "47", "47座", "number", "座", (1,), QUOTE.index("47座"), QUOTE.index("47座") + 3, 0.9),
        Row("6月", "2024-06", "40", "40座", "number", "座", (2,), 0, 2, 0.8))
GATHERED = replace(ANSWER, operation="sum", parts=("甲镇7月开工多少座桥?", "甲镇6月开工多少座桥?"), rows=ROWS, missing=("5月",),
                   derived=Derived("sum", (0, 1), "87", "number", "座", "87座"))


class Fake:
    """A library that gives one answer after a draft of it, or an error; it can be slow, and remembers what it was asked."""

    def __init__(self, answer: Answer = ANSWER, *, fails: Exception | None = None, late: Exception | None = None, slow: bool = False):
        self.says, self.fails, self.late, self.slow = answer, fails, late, slow
        self.asked: list[tuple[str, list[Turn], str]] = []
        self.begun, self.ended = threading.Event(), threading.Event()

    async def ask(self, question: str, history: Sequence[Turn] = (), client: str = "") -> AsyncIterator[Any]:
        self.asked.append((question, list(history), client))
        if self.fails:
            raise self.fails
        try:
            yield Queued(1)
            yield EvidenceFound(())
            yield Stage("write")
            yield TextPiece("四十八座")
            self.begun.set()
            await asyncio.sleep(3600 if self.slow else 0.05)
            if self.late:
                raise self.late
            yield self.says
        finally:
            self.ended.set()

    def receipt(self, answer: Answer) -> dict[str, Any]:
        return {**answer.to_dict(), "signature": "signed"}


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """The address of an app that a thread serves."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning", timeout_graceful_shutdown=2))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def asking(library: Any, **options: Any) -> Iterator[OpenAI]:
    app = FastAPI()
    app.include_router(openai_router(library, **options))
    with served(app) as address, OpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0, timeout=20) as client:
        yield client


@pytest.fixture
def library() -> Fake:
    return Fake()


@pytest.fixture
def client(library: Fake) -> Iterator[OpenAI]:
    with asking(library, base_url="http://desk/") as opened:
        yield opened


def test_the_one_model_is_listed_and_no_other_is_known(client):
    assert [model.id for model in client.models.list()] == ["wenbao"]
    assert client.models.retrieve("wenbao").owned_by == "wenbao"
    with pytest.raises(NotFoundError) as caught:
        client.models.retrieve("gpt-9")
    assert caught.value.code == "model_not_found" and caught.value.type == "invalid_request_error"


def test_a_chat_completion_is_the_answer_with_the_place_of_each_mark_and_the_receipt(client):
    reply = client.chat.completions.create(model="wenbao", messages=ASKED, temperature=0.7, seed=1)
    message = reply.choices[0].message
    assert message.content == ANSWER.text and reply.choices[0].finish_reason == "stop" and message.refusal is None
    first, second = (annotation.url_citation for annotation in message.annotations)
    assert message.content[first.start_index : first.end_index] == "[1]" and first.title == CITED.title
    assert message.content[second.start_index : second.end_index] == "[2]"
    assert first.url == f"http://desk/#/article/0f3a?field=text&start=17&end={CITED.end}"
    assert second.url == "http://desk/#/article/0f3a?field=caption&start=0&end=2&item=1"
    assert message.wenbao["signature"] == "signed" and reply.usage is None
    cited = message.wenbao["citations"][0]
    assert cited["sha256"] == quote_hash(QUOTE) and cited["source_spans"] == [list(span) for span in SPANS]


def test_what_was_gathered_and_worked_out_stands_in_the_receipt():
    with asking(Fake(GATHERED), base_url="http://desk") as client:
        chat = client.chat.completions.create(model="wenbao", messages=ASKED).choices[0].message.wenbao
        response = client.responses.create(model="wenbao", input=ANSWER.question).wenbao
    for told in (chat, response):
        assert {name: told[name] for name in ("operation", "parts", "rows", "derived", "missing")} == {
            name: GATHERED.to_dict()[name] for name in ("operation", "parts", "rows", "derived", "missing")}
        assert told["derived"]["value"] == "87" and told["rows"][0]["citations"] == [1]


def test_a_response_is_the_same_answer_with_the_same_places(client):
    reply = client.responses.create(model="wenbao", input=ANSWER.question, instructions="Answer in French.")
    assert reply.output_text == ANSWER.text and reply.status == "completed" and reply.usage is None
    first = reply.output[0].content[0].annotations[0]
    assert first.type == "url_citation" and reply.output_text[first.start_index : first.end_index] == "[1]"
    chat = client.chat.completions.create(model="wenbao", messages=ASKED).choices[0].message
    assert chat.annotations[0].url_citation.url == first.url and chat.wenbao == reply.wenbao


def test_a_chat_stream_holds_the_checked_answer_and_never_the_draft(client):
    chunks = list(client.chat.completions.create(model="wenbao", messages=ASKED, stream=True))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == ANSWER.text
    last = chunks[-1].choices[0]
    assert last.finish_reason == "stop" and last.delta.annotations[0]["url_citation"]["start_index"] == ANSWER.text.index("[1]")
    assert last.delta.wenbao["citations"][0]["quote"] == QUOTE and len({chunk.id for chunk in chunks}) == 1


def test_the_clients_own_accumulator_takes_the_chat_stream(client):
    with client.chat.completions.stream(model="wenbao", messages=ASKED) as stream:
        assert stream.get_final_completion().choices[0].message.content == ANSWER.text


def test_a_response_stream_has_all_its_events_in_order(client):
    events = list(client.responses.create(model="wenbao", input=ANSWER.question, stream=True))
    kinds = [event.type.removeprefix("response.") for event in events]
    assert [kind for at, kind in enumerate(kinds) if kind not in kinds[:at]] == [
        "created", "in_progress", "output_item.added", "content_part.added", "output_text.delta",
        "output_text.annotation.added", "output_text.done", "content_part.done", "output_item.done", "completed"]
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == ANSWER.text
    assert events[-1].response.output_text == ANSWER.text and events[-1].response.id == events[0].response.id
    with client.responses.stream(model="wenbao", input=ANSWER.question) as stream:
        assert stream.get_final_response().output_text == ANSWER.text


def test_comment_lines_keep_a_slow_stream_alive(client, library, monkeypatch):
    monkeypatch.setattr(openai_door, "_PING", 0.01)
    with client.chat.completions.with_streaming_response.create(model="wenbao", messages=ASKED, stream=True) as raw:
        lines = list(raw.iter_lines())
    assert ": ping" in lines and lines[-2:] == ["data: [DONE]", ""]


def test_tokens_are_reported_only_where_they_are_counted():
    with asking(Fake(), count_tokens=len) as client:
        usage = client.chat.completions.create(model="wenbao", messages=ASKED).usage
        assert (usage.prompt_tokens, usage.completion_tokens) == (len(ANSWER.question), len(ANSWER.text))
        chunks = list(client.chat.completions.create(
            model="wenbao", messages=ASKED, stream=True, stream_options={"include_usage": True}))
        assert chunks[-1].choices == [] and chunks[-1].usage == usage
        counted = client.responses.create(model="wenbao", input="甲?").usage
        assert (counted.input_tokens, counted.total_tokens) == (2, 2 + len(ANSWER.text))


def test_the_last_user_message_is_the_question_and_exchanges_before_it_are_history(client, library):
    parts = [{"type": "text", "text": "丙"}, {"type": "text", "text": "呢?"}]
    client.chat.completions.create(model="wenbao", messages=[
        {"role": "system", "content": "You are a pirate."}, {"role": "user", "content": "没有答案的?"},
        {"role": "user", "content": "甲?"}, {"role": "assistant", "content": "乙。"},
        {"role": "developer", "content": "x"}, {"role": "user", "content": parts}])
    client.responses.create(model="wenbao", input=[
        {"role": "user", "content": [{"type": "input_text", "text": "甲?"}]},
        {"type": "message", "id": "m", "status": "completed", "role": "assistant",
         "content": [{"type": "output_text", "text": "乙。", "annotations": []}]},
        {"type": "reasoning", "id": "r", "summary": []}, {"role": "user", "content": "丙\n呢?"}])
    assert library.asked == [("丙\n呢?", [Turn("甲?", "乙。")], "127.0.0.1")] * 2


def test_only_the_newest_exchanges_are_history():
    pairs = [{"role": role, "content": f"{role}{at}"} for at in range(12) for role in ("user", "assistant")]
    question, history = conversation([*pairs, {"role": "user", "content": "问?"}])
    assert question == "问?" and [turn.question for turn in history] == [f"user{at}" for at in range(4, 12)]


@pytest.mark.parametrize(("messages", "param"), [
    ([], "messages"),
    ([{"role": "system", "content": "x"}], "messages"),
    ([{"role": "user", "content": "  "}], "messages"),
    ([{"role": "user", "content": "甲" * 2001}], "messages"),
    ([{"role": "user", "content": 7}], "messages[0].content"),
    ([{"role": 7, "content": "甲?"}], "messages[0].role"),
    ([{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "http://x"}}]}], "messages[0].content[0]"),
    ([{"role": "user", "content": [{"type": "text", "text": 7}]}], "messages[0].content[0]"),
    (["甲?"], "messages"),
    ("甲?", "messages"),
])
def test_what_is_no_question_is_refused_as_openai_does(client, library, messages, param):
    with pytest.raises(BadRequestError) as caught:
        client.chat.completions.create(model="wenbao", messages=messages)
    assert caught.value.param == param and caught.value.type == "invalid_request_error" and caught.value.code
    assert "\n" not in caught.value.body["message"] and not library.asked


@pytest.mark.parametrize("wrong", [{"stream": "yes"}, {"temperature": "hot"}, {"model": 7}, {"n": "two"}, {"stream_options": []}])
def test_a_parameter_of_the_wrong_type_is_named(client, wrong):
    with pytest.raises(BadRequestError) as caught:
        client.post("/chat/completions", body={"model": "wenbao", "messages": ASKED, **wrong}, cast_to=object)
    assert caught.value.param == next(iter(wrong))


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_object_is_a_bad_request(client, body):
    with pytest.raises(BadRequestError) as caught:
        client.post("/responses", content=body, cast_to=object)
    assert caught.value.code in ("invalid_json", "invalid_type")


def test_characters_that_are_none_do_no_harm(client):
    with pytest.raises(NotFoundError):
        client.post("/chat/completions", content=b'{"model": "\\ud800", "messages": []}', cast_to=object)
    with pytest.raises(BadRequestError):
        client.post("/responses", content=b'{"input": "\\ud800"}', cast_to=object)


def test_an_unknown_model_and_an_unknown_response_are_said_to_be_unknown(client):
    with pytest.raises(NotFoundError) as caught:
        client.chat.completions.create(model="gpt-9", messages=ASKED)
    assert caught.value.code == "model_not_found"
    with pytest.raises(BadRequestError) as caught:
        client.responses.create(model="wenbao", input="甲?", previous_response_id="resp_1")
    assert caught.value.code == "previous_response_not_found"


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("error", "kind", "code"), [
    (Busy("full; ask again"), InternalServerError, "busy"), (NotReady("loading; wait"), InternalServerError, "loading"),
    (StoreError("no index: `rag build`"), InternalServerError, "no_index"), (TooMany("8 wait"), RateLimitError, "too_many"),
])
def test_an_error_before_the_answer_has_its_status_streamed_or_not(error, kind, code, stream):
    with asking(Fake(fails=error)) as client, pytest.raises(kind) as caught:
        client.chat.completions.create(model="wenbao", messages=ASKED, stream=stream)
    assert caught.value.code == code and caught.value.body["message"] == str(error)
    assert caught.value.status_code == (429 if code == "too_many" else 503)
    assert caught.value.response.headers["x-request-id"].startswith("req_")


def test_an_error_in_the_middle_of_a_stream_is_told_in_it():
    with asking(Fake(late=GenerationError("the generator failed; ask again"))) as client:
        with pytest.raises(APIError, match="the generator failed; ask again"):
            list(client.chat.completions.create(model="wenbao", messages=ASKED, stream=True))
        last = list(client.responses.create(model="wenbao", input="甲?", stream=True))[-1]
    assert last.type == "response.failed" and last.response.error.message == "the generator failed; ask again"


@pytest.mark.parametrize("stream", [False, True])
def test_a_client_that_hangs_up_ends_the_work(stream):
    library = Fake(slow=True)
    with asking(library) as client:
        host, port = client.base_url.host, client.base_url.port
        body = f'{{"model":"wenbao","stream":{str(stream).lower()},"messages":[{{"role":"user","content":"甲?"}}]}}'.encode()
        head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        with socket.create_connection((host, port)) as connection:
            connection.sendall(head + body)
            assert library.begun.wait(10) and not library.ended.is_set()
        assert library.ended.wait(10)


def test_the_real_library_answers_as_rag_ask_does(open_rag):
    rag = open_rag(read="47座", render="", term="", rewrite="")
    expected = rag.ask("甲镇今年新开工多少座桥梁?")
    library = Library(rag)
    library.start()
    try:
        with asking(library) as client:
            chat = client.chat.completions.create(model="wenbao", messages=[{"role": "user", "content": expected.question}])
            response = client.responses.create(model="wenbao", input=expected.question)
    finally:
        library.close()
    message = chat.choices[0].message
    assert message.content == response.output_text == expected.text and not expected.refused
    cited = message.wenbao["citations"]
    assert cited == response.wenbao["citations"] == expected.to_dict()["citations"]
    article = rag.article(cited[0]["article_id"])
    assert getattr(article, cited[0]["field"])[cited[0]["start"] : cited[0]["end"]] == cited[0]["quote"]
    assert cited[0]["sha256"] == quote_hash(cited[0]["quote"]) and len(message.annotations) == len(cited)
