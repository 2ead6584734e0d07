"""The evaluation harness counts what it says it counts."""

from __future__ import annotations

import json

import pytest
from conftest import ROOT

from rag.doors import cli
from rag.doors.evaluate import evaluate_answers, evaluate_feedback, evaluate_pages, evaluate_retrieval
from rag.records import Article


def test_retrieval_figures_and_failures(open_rag):
    rag = open_rag()
    doc = rag.search("甲镇新桥")[0].article.doc_id
    report = evaluate_retrieval(rag, [
        {"id": 1, "question": "甲镇今年新开工多少座桥梁?", "doc_ids": [doc]},
        {"id": 2, "question": "甲镇今年新开工多少座桥梁?", "doc_ids": ["elsewhere"]},
        {"id": 3, "question": "没有答案的问题?", "doc_ids": []},
    ])
    assert report.questions == 2 and report.figures["recall@1"] == report.figures["mrr@10"] == 0.5
    assert [(f["id"], f["rank"], f["found"][0]) for f in report.failures] == [(2, 0, doc)]


def test_answer_figures_and_outcomes(open_rag):
    rag = open_rag(read=[says for says in ("47座", "44座", "无", "86.8亿元", "44座") for _ in range(2)])  # it reads on each time
    asked = "甲镇今年新开工多少座桥梁?"
    report = evaluate_answers(rag, [
        {"id": 1, "question": asked, "answers": ["47座"]}, {"id": 2, "question": asked, "answers": ["五万棵"]},
        {"id": 3, "question": asked, "answers": []}, {"id": 4, "question": "甲镇新开工桥梁总投资额多少?", "answers": ["8.68 billion"]},
        {"id": 5, "question": asked, "answers": []},
    ])
    assert report.figures["correct"] == pytest.approx(2 / 3) and report.figures["refusal_recall"] == 0.5
    assert [(f["id"], f["outcome"]) for f in report.failures] == [(2, "wrong"), (5, "answered wrongly")]


def test_page_figures():
    text = "山里的春天来得晚,桥却修得早。"
    pages = [("p", [Article("a", "p", "d", text, title="修桥"), Article("b", "p", "d", "多出来的一篇文章。", title="多")],
              [{"title": "修桥", "paragraphs": [text]}])]
    report = evaluate_pages(pages)
    assert report.figures["title_recall"] == 1 and report.figures["title_precision"] == 0.5
    assert report.figures["article_f1"] == pytest.approx(2 * len(text) / (2 * len(text) + 9))


def test_the_command_measures_pages(tmp_path, capsys):
    (tmp_path / "p.txt").write_text((ROOT / "seeds").glob("*.txt").__next__().read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "p.gold.json").write_text('[{"title": "无此文", "paragraphs": ["无"]}]', encoding="utf-8")
    assert cli.main(["eval", "pages", str(tmp_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["figures"]["title_recall"] == 0


def test_judgements_of_the_desk_are_asked_again(open_rag):
    rag = open_rag(read="47座")
    quotes = [c.quote for c in rag.ask("甲镇今年新开工多少座桥梁?").citations]
    rows = [{"id": "1", "question": "甲镇今年新开工多少座桥梁?", "verdict": verdict, "quotes": quotes} for verdict in ("up", "down")]
    report = evaluate_feedback(rag, rows)
    assert report.figures["kept"] == 1 and report.figures["mended"] == 0 and [f["verdict"] for f in report.failures] == ["down"]
