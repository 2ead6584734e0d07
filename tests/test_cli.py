"""The command: exit codes, one line for each error, nothing but JSON on stdout with --json."""

from __future__ import annotations

import json

import pytest
from fakes import BagEmbedder, Scripted, SharedWords

from rag.doors import cli
from rag.engine import Rag


@pytest.fixture
def run(pages, tmp_path, monkeypatch, capsys):
    """Runs ``rag ...`` on the small archive with fake models; gives exit code, stdout and stderr."""
    config = tmp_path / "config.yaml"
    config.write_text(f"source:\n  paths: [{pages}]\nindex:\n  dir: {tmp_path / 'index'}\n", encoding="utf-8")

    def generator(prompt):
        return "47座" if "新开工" in prompt.user.rsplit("问题", 1)[-1] else "无"

    monkeypatch.setattr(Rag, "embedder", BagEmbedder())
    monkeypatch.setattr(Rag, "reader", SharedWords("47座"))
    monkeypatch.setattr(Rag, "generator", Scripted(read=generator))

    def command(*arguments: str) -> tuple[int, str, str]:
        chosen = [] if "--config" in arguments else ["--config", str(config)]
        code = cli.main([arguments[0], *chosen, *arguments[1:]])
        out = capsys.readouterr()
        return code, out.out, out.err

    return command


def test_build_and_ask(run):
    assert run("build")[0] == 0
    code, out, _ = run("ask", "甲镇今年新开工多少座桥梁?")
    assert code == 0 and out.startswith("47座[1]") and "bridges.md" in out and "石磊" in out


def test_ask_can_build_first(run):
    code, out, _ = run("ask", "--build", "--", "甲镇今年新开工多少座桥梁?")
    assert code == 0 and out.startswith("47座[1]")


@pytest.mark.parametrize("command", [["build"], ["ask", "甲镇今年新开工多少座桥梁?"], ["search", "甲镇"], ["models"], ["doctor"]])
def test_json_stands_alone_on_stdout(run, command):
    run("build")
    code, out, _ = run(command[0], "--json", *command[1:])
    assert json.loads(out) is not None and code in (0, 1)


def test_articles_shows_what_a_page_was_read_as(run, pages):
    _, out, _ = run("articles", str(pages / "bridges.md"))
    assert "甲镇新桥开工" in out and "石磊" in out
    rows = json.loads(run("articles", "--json", str(pages / "bridges.md"))[1])
    assert [set(row) >= {"article_id", "section", "kicker", "title", "byline", "date", "text", "captions", "truncated", "spans"}
            for row in rows] == [True]


def test_a_batch_answers_the_good_lines_and_names_the_bad_ones(run, tmp_path):
    run("build")
    questions, out = tmp_path / "q.jsonl", tmp_path / "a.jsonl"
    questions.write_text('{"id": 1, "question": "甲镇今年新开工多少座桥梁?"}\nnot json\n\n{"id": 3}\n{"id": 4, "question": " "}\n'
                         '{"id": 5, "question": "乙镇种了几条鱼?"}\n', encoding="utf-8")
    code, _, err = run("ask", "--batch", str(questions), "--out", str(out))
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert code == 1 and [(row["id"], row["refused"]) for row in rows] == [(1, False), (5, True)]
    assert all(f"q.jsonl:{n}: " in err for n in (2, 4, 5))


def test_a_search_batch_has_the_form_that_scorers_read(run, tmp_path):
    run("build")
    questions, out = tmp_path / "q.jsonl", tmp_path / "h.jsonl"
    questions.write_text('{"id": "a", "question": "甲镇新桥"}\n', encoding="utf-8")
    assert run("search", "-k", "2", "--batch", str(questions), "--out", str(out))[0] == 0
    row = json.loads(out.read_text(encoding="utf-8"))
    assert row["id"] == "a" and [hit["rank"] for hit in row["hits"]] == [1, 2]
    assert {"rank", "doc_id", "article_id", "passage_id", "title", "text", "score"} <= set(row["hits"][0])


@pytest.mark.parametrize(("arguments", "told"), [
    (["ask", ""], "the question is empty"),
    (["ask", "长" * 100_000], "100,000 characters"),
    (["ask"], "no question"),
    (["ask", "--batch", "none.jsonl"], "none.jsonl"),
    (["search", "甲镇", "-k", "0"], "at least 1"),
    (["build", "none.txt"], "no such file"),
    (["articles", "none.txt"], "none.txt"),
    (["ask", "甲镇?", "--config", "none.yaml"], "no such config file"),
])
def test_bad_input_is_one_line_and_exit_code_1(run, arguments, told):
    run("build")
    code, out, err = run(*arguments)
    lines = [line for line in err.splitlines() if line.startswith("rag: ")]
    assert code == 1 and out == "" and len(lines) == 1 and told in lines[0]


def test_without_an_index_the_command_that_makes_one_is_named(run):
    code, _, err = run("ask", "甲镇今年新开工多少座桥梁?")
    assert code == 1 and "rag build" in err


def test_wrong_usage_is_exit_code_2(capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(["ask", "--nonsense"])
    assert stopped.value.code == 2 and "--nonsense" in capsys.readouterr().err


def test_help_names_every_command(capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(["--help"])
    out = capsys.readouterr().out
    assert stopped.value.code == 0 and all(name in out for name in ("build", "ask", "search", "articles", "chat", "models", "doctor"))


def test_doctor_gives_a_remedy_for_each_finding(run, monkeypatch, tmp_path):
    monkeypatch.setenv("WENBAO_CACHE", str(tmp_path / "no-models"))
    code, out, _ = run("doctor")
    assert code == 1 and "rag models --fetch" in out and "rag build" in out


def test_pages_are_added_removed_and_restored(run, tmp_path):
    (tmp_path / "丙.txt").write_text("# 丙村修路\n\n丙村今年修路九公里。\n", encoding="utf-8")
    assert run("build")[0] == 0 and run("add", str(tmp_path / "丙.txt"))[0] == 0
    assert "丙村修路" in run("search", "丙村修路", "-k", "1")[1]
    name = json.loads(run("search", "丙村修路", "-k", "1", "--json")[1])["hits"][0]["source"]
    assert run("remove", name)[0] == 0 and "丙村修路" not in run("search", "丙村修路")[1]
    assert run("restore", name)[0] == 0 and "丙村修路" in run("search", "丙村修路")[1]
    for wrong in (("remove", "none"), ("restore", "none"), ("add", str(tmp_path / "none.txt"))):
        code, _, told = run(*wrong)
        assert code == 1 and "none" in told and told.count("\n") == 1
