"""The HTTP door: what it answers, what it refuses, and that nothing gets past the guard."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from starlette.testclient import TestClient

from rag.doors.server.app import create_app
from rag.doors.server.run import check_reach
from rag.doors.service import Library
from rag.errors import ConfigError
from rag.gather.draft import Planned
from rag.gather.prompts import DraftedPlan

ASKED = "甲镇今年新开工多少座桥梁?"
EVIL = '<img src=x onerror=alert(1)>'
BASE = "http://127.0.0.1:7860"


@pytest.fixture
def library(open_rag):
    return Library(open_rag(read="47座", translate="", render="", rewrite="", term=""))


@pytest.fixture
def client(library):
    with TestClient(create_app(library, gradio=False), base_url=BASE) as opened:
        settle(library)
        yield opened


def settle(library: Library) -> None:
    library._builder.submit(lambda: None).result(timeout=30)
    library._names.submit(lambda: None).result(timeout=30)


def ask(client: TestClient, question: str = ASKED, **more):
    return client.post("/api/ask", json={"question": question, **more})


def events(text: str) -> list[tuple[str, dict]]:
    blocks = [block.splitlines() for block in text.replace("\r\n", "\n").split("\n\n") if block.startswith("event:")]
    return [(lines[0][7:], json.loads(lines[1][6:])) for lines in blocks]


# -- asking and searching -----------------------------------------------------------------------------------------


def test_an_answer_is_that_of_the_engine_with_a_signature(client, library):
    told = ask(client).json()
    own = library.rag.ask(ASKED).to_dict()
    assert {**told, "seconds": 0} == {**own, "seconds": 0, "signature": told["signature"], "answer_id": told["answer_id"]}


def test_a_stream_tells_evidence_first_and_the_answer_last(client):
    told = events(ask(client, stream=True).text)
    assert told[0][0] == "evidence" and told[-1][0] == "answer" and "47座" in told[-1][1]["answer"]


def test_an_operation_can_be_asked_for_or_left_out(client, library, monkeypatch):
    monkeypatch.setattr(library.rag, "classify", lambda query, operation="": (operation or "latest", float(operation != "lookup")))
    monkeypatch.setattr("rag.steps.plan_question", lambda query, asks, several, *_: Planned(
        DraftedPlan("latest") if several else None, several))
    assert ask(client).json()["operation"] == "latest"
    told = ask(client, operation="lookup").json()
    assert told["operation"] == "lookup" and told["rows"] == []
    streamed = [event for event in events(ask(client, operation="latest", stream=True).text) if event[0] != "queued"]
    assert [name for name, _ in streamed] == ["evidence", "stage", "stage", "stage", "answer"]
    assert [told["name"] for name, told in streamed if name == "stage"] == ["translate", "read", "plan"]
    assert [(row["label"], row["value"], row["shown"]) for row in streamed[-1][1]["rows"]] == [("2024年7月5日", "47", "47座")]


def test_a_gathered_answer_is_kept_and_its_rows_are_checked(client):
    answer = ask(client, operation="latest").json()
    address = client.post("/api/answers", json=answer).json()["answer_id"]
    checks = client.get(f"/api/answers/{address}").json()["checks"]
    assert {"what": "[1] holds the figure of row 1", "holds": True, "seen": ""} in checks and all(check["holds"] for check in checks)


def test_an_error_in_a_stream_is_its_last_event(client):
    told = events(ask(client, "???", stream=True).text)
    assert told == [("error", {"error": {"code": "bad_request", "message": told[0][1]["error"]["message"]}})]


def test_a_search_counts_and_marks(client):
    found = client.get("/api/search", params={"q": "新开工桥梁", "zone": "甲镇"}).json()
    hit = found["hits"][0]
    assert hit["title"] == "甲镇新桥开工" and found["facets"]["months"] == [{"month": "2024-07", "count": 1}]
    assert "桥梁" in [hit["text"][start:end][-2:] for start, end in hit["highlights"]]


@pytest.mark.parametrize("format", ["csv", "jsonl"])
def test_a_search_is_exported_as_a_file(client, format):
    file = client.get("/api/search/export", params={"q": "桥梁", "format": format})
    assert "attachment" in file.headers["content-disposition"] and "甲镇新桥开工" in file.text


@pytest.mark.parametrize(("method", "path", "body", "status", "code"), [
    ("POST", "/api/ask", {"question": "???"}, 422, "bad_request"),
    ("POST", "/api/ask", {"question": "桥" * 2001}, 422, "bad_request"),
    ("POST", "/api/ask", {"question": 7}, 422, "bad_request"),
    ("POST", "/api/ask", {}, 422, "bad_request"),
    ("POST", "/api/ask", {"question": ASKED, "operation": "dance"}, 422, "bad_request"),
    ("POST", "/api/ask", {"question": ASKED, "operation": "x" * 41}, 422, "bad_request"),
    ("GET", "/api/search?q=", None, 422, "bad_request"),
    ("GET", "/api/search?q=桥&since=July", None, 422, "bad_request"),
    ("GET", "/api/search?q=桥&k=0", None, 422, "bad_request"),
    ("GET", "/api/articles/none", None, 404, "not_found"),
    ("GET", "/api/articles/..%2f..%2fetc", None, 404, "not_found"),
    ("GET", "/api/answers/none", None, 404, "not_found"),
    ("DELETE", "/api/sources/..%2f..%2fetc%2fpasswd", None, 404, "not_found"),
    ("POST", "/api/sources/none/restore", None, 404, "not_found"),
    ("DELETE", "/api/notes/none", None, 404, "not_found"),
    ("GET", "/api/batch/none", None, 404, "not_found"),
    ("POST", "/api/sources", {"upload": "../../x"}, 422, "bad_request"),
    ("POST", "/api/sources", {"upload": 3}, 422, "bad_request"),
    ("GET", "/api/nothing", None, 404, "not_found"),
    ("PUT", "/api/ask", None, 405, "wrong_method"),
    ("GET", "/static/..%2fapp.py", None, 404, "not_found"),
])
def test_what_cannot_be_done_is_said_in_one_line(client, method, path, body, status, code):
    told = client.request(method, path, json=body)
    assert (told.status_code, told.json()["error"]["code"]) == (status, code)
    assert "\n" not in told.json()["error"]["message"] and "Traceback" not in told.text


# -- reading ------------------------------------------------------------------------------------------------------


def test_the_same_span_stands_in_the_article_and_in_the_raw_page(client):
    cited = ask(client).json()["citations"][0]
    span = {name: cited[name] for name in ("field", "item", "start", "end")}
    article = client.get(f"/api/articles/{cited['article_id']}").json()
    raw = client.get(f"/api/articles/{cited['article_id']}/raw", params=span).json()
    assert article["text"][cited["start"] : cited["end"]] == cited["quote"]
    assert "".join(raw["text"][start:end] for start, end in raw["spans"]) == cited["quote"]
    assert raw["spans"] == cited["source_spans"]


def test_a_permalink_to_a_span_finds_it_again(client):
    cited = ask(client).json()["citations"][0]
    lost = {"quote": cited["quote"], "article_id": "gone", "source": cited["source"], "start": 0, "end": 3}
    found = client.get("/api/locate", params=lost).json()
    assert (found["article_id"], found["start"], found["moved"]) == (cited["article_id"], cited["start"], True)
    assert client.get("/api/locate", params={**lost, "quote": "没有这句话"}).status_code == 404


def test_an_article_is_cited_in_the_styles_of_the_field(client):
    cited = ask(client).json()["citations"][0]
    told = client.get(f"/api/articles/{cited['article_id']}/cite", params={"style": "gbt7714"}).json()["text"]
    assert "石磊. 甲镇新桥开工[N]" in told and "2024-07-05" in told


# -- keeping ------------------------------------------------------------------------------------------------------


def test_an_answer_is_kept_as_it_was_and_checked_again(client):
    answer = ask(client).json()
    address = client.post("/api/answers", json=answer).json()
    kept = client.get(f"/api/answers/{address['answer_id']}").json()
    assert kept["answer"] == answer and all(check["holds"] for check in kept["checks"])
    assert client.post("/api/answers", json=answer).json() == address


@pytest.mark.parametrize("path", ["/api/answers", "/api/export", "/api/feedback"])
def test_answers_that_this_desk_did_not_give_are_refused(client, path):
    forged = {**ask(client).json(), "answer": "48座[1]。"}
    body = forged if path == "/api/answers" else {"answer": forged, "verdict": "up"}
    assert client.post(path, json=body).status_code == 422


@pytest.mark.parametrize("format", ["md", "json", "docx"])
def test_an_answer_is_taken_along(client, format):
    file = client.post("/api/export", json={"answer": ask(client).json(), "format": format})
    assert file.status_code == 200 and file.headers["content-disposition"].endswith(f'.{format}"')


def test_judgements_go_to_a_local_file(client, library):
    assert client.post("/api/feedback", json={"answer": ask(client).json(), "verdict": "down", "word": "另一年"}).status_code == 204
    [line] = (library.rag.config.index.dir / "feedback.jsonl").read_text(encoding="utf-8").splitlines()
    assert {"question": ASKED, "verdict": "down", "word": "另一年"}.items() <= json.loads(line).items()


def test_a_note_stays_with_its_page_and_is_found(client, library):
    cited = ask(client).json()["citations"][0]
    note = client.post("/api/notes", json={**{name: cited[name] for name in ("article_id", "field", "start", "end")},
                                           "text": "核对", "tags": ["桥", "桥"]}).json()
    library.rag.build(fresh=True)
    [found] = client.get("/api/notes", params={"q": "核", "tag": "桥"}).json()["notes"]
    assert found == note and note["quote"] == cited["quote"] and note["tags"] == ["桥"] and not found["lost"]
    assert client.patch(f"/api/notes/{note['note_id']}", json={"text": "已核对"}).json()["text"] == "已核对"
    assert client.delete(f"/api/notes/{note['note_id']}").status_code == 204
    assert client.get("/api/notes").json() == {"notes": []}


def test_a_note_moves_with_its_words_and_is_lost_with_them(client, library, pages):
    cited = ask(client).json()["citations"][0]
    client.post("/api/notes", json={name: cited[name] for name in ("article_id", "field", "start", "end")})
    page = (pages / "bridges.md").read_text(encoding="utf-8")
    (pages / "bridges.md").write_text("新的一行\n\n" + page, encoding="utf-8")
    [moved] = client.get("/api/notes").json()["notes"]
    assert not moved["lost"] and moved["start"] == cited["source_spans"][0][0] + 6
    (pages / "bridges.md").write_text("别的\n", encoding="utf-8")
    assert client.get("/api/notes").json()["notes"][0]["lost"]


# -- sources ------------------------------------------------------------------------------------------------------


def send(client: TestClient, path: str, *files: tuple[str, bytes]):
    return client.post(path, files=[("files", (name, data, "application/octet-stream")) for name, data in files])


def test_pages_are_shown_before_they_are_added_and_asked_afterwards(client, library):
    good, bad = ("丙.txt", "# 丙村修路\n\n丙村今年修路九公里。\n".encode()), ("坏.pdf", b"%PDF-x")
    shown = send(client, "/api/sources/preview", good, bad).json()
    read = [(item["name"], len(item["articles"]), bool(item["error"])) for item in shown["files"]]
    assert read == [("丙.txt", 1, False), ("坏.pdf", 0, True)]
    added = client.post("/api/sources", json={"upload": shown["upload"]})
    settle(library)
    assert added.status_code == 202 and len(added.json()["failed"]) == 1
    assert client.get("/api/search", params={"q": "丙村修路"}).json()["hits"][0]["title"] == "丙村修路"
    [name] = added.json()["names"]
    assert client.delete(f"/api/sources/{name}").status_code == 202
    settle(library)
    assert all(hit["title"] != "丙村修路" for hit in client.get("/api/search", params={"q": "丙村修路"}).json()["hits"])


@pytest.mark.parametrize(("name", "data", "status"), [
    ("a.exe", b"MZ", 422), ("a.txt", b"", 422), ("a.docx", b"PK\x03\x04", 422), ("a.txt", b"\x00\x01\x02" * 99, 422),
    ("a.txt", b"x" * 22_000_000, 413)])
def test_files_that_are_no_pages_are_refused(client, name, data, status):
    assert send(client, "/api/sources", (name, data)).status_code == status


def test_a_zip_bomb_is_refused_before_it_is_read(client):
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("word/document.xml", b"0" * 150_000_000)
    told = send(client, "/api/sources/preview", ("a.docx", bomb.getvalue()))
    assert told.status_code == 422 and "150 MB" in told.json()["error"]["message"]


def test_too_many_files_are_refused(client):
    assert send(client, "/api/sources/preview", *[(f"{i}.txt", "页。".encode()) for i in range(21)]).status_code == 413


def test_a_body_of_another_type_is_refused(client):
    assert client.post("/api/sources", content=b"<x/>", headers={"content-type": "text/xml"}).status_code == 415


def test_a_file_of_questions_becomes_a_table(client, library):
    job = client.post("/api/batch", files={"file": ("q.csv", f"question\n{ASKED}\n???\n".encode())}).json()
    for _ in range(200):
        if (told := client.get(f"/api/batch/{job['job']}").json())["finished"]:
            break
    assert (told["done"], told["failed"]) == (2, 1)
    assert "47座" in client.get(f"/api/batch/{job['job']}/file", params={"format": "csv"}).text
    assert client.get(f"/api/batch/{job['job']}/file").content.startswith(b"PK")
    assert client.delete(f"/api/batch/{job['job']}").status_code == 204


# -- the guard ----------------------------------------------------------------------------------------------------

DOORS = ["/api/health", "/api/sources", "/api/articles", "/v1/models", "/metrics", "/openapi.json", "/docs", "/"]


@pytest.mark.parametrize("headers", [
    {"origin": "http://evil.example"}, {"origin": "null"}, {"host": "evil.example"}, {"host": "127.0.0.1@evil.example"},
    {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}])
def test_pages_of_other_sites_are_turned_away(client, headers):
    assert client.get("/api/search", params={"q": "桥"}, headers=headers).status_code == 403
    assert client.post("/api/ask", json={"question": ASKED}, headers=headers).status_code == 403


def test_the_desk_itself_is_let_in(client):
    assert client.get("/api/health", headers={"origin": BASE, "sec-fetch-site": "same-origin"}).status_code == 200


@pytest.mark.parametrize("path", DOORS)
def test_every_door_wants_the_token(library, path):
    with TestClient(create_app(library, token="a long secret token", gradio=False), base_url=BASE) as client:
        assert client.get(path).json()["error"]["code"] == "token_needed"
        assert client.get(path, headers={"authorization": "Bearer wrong"}).status_code == 401
        assert client.get(path, headers={"authorization": "Bearer a long secret token"}).status_code == 200
        client.get("/", params={"token": "a long secret token"})
        assert client.get(path).status_code == 200 and "a long secret token" not in str(dict(client.cookies))


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "desk.example"])
def test_nobody_listens_beyond_loopback_without_a_token(host):
    with pytest.raises(ConfigError, match="WENBAO_TOKEN"):
        check_reach(host, "short")
    check_reach(host, "a long secret token")


def test_bodies_without_a_length_are_bounded_too(client):
    told = client.post("/api/ask", content=(b"x" * 100_000 for _ in range(20)), headers={"content-type": "application/json"})
    assert told.status_code == 413 and told.json()["error"]["code"] == "too_large"


def test_every_answer_forbids_scripts_of_others(client):
    for path in DOORS:
        headers = client.get(path).headers
        assert "script-src 'self'" in headers["content-security-policy"] and headers["x-content-type-options"] == "nosniff"


def test_what_a_page_says_is_data_and_never_markup(client, library):
    send(client, "/api/sources", ("x.txt", f"# {EVIL}\n\n{EVIL}丁村种树三棵。\n".encode()))
    settle(library)
    told = client.get("/api/search", params={"q": "丁村种树"})
    assert EVIL in told.json()["hits"][0]["text"] and told.headers["content-type"] == "application/json"


def test_figures_are_counted_and_questions_are_not_logged(client, caplog):
    with caplog.at_level("INFO", "rag.doors.server.requests"):
        ask(client)
    assert ASKED not in caplog.text and '"characters": 13' in caplog.text
    assert 'wenbao_answers_total{outcome="answered"} 1.0' in client.get("/metrics").text
