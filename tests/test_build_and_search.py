"""The index: built in steps, replaced in one, refused when it does not fit; searched in both scripts."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace

import numpy as np
import pytest
from fakes import BagEmbedder

from rag.errors import QuestionError, SourceError, StoreError
from rag.index import build as building
from rag.records import Filter
from rag.search.query import read_query


def test_a_second_build_does_nothing(open_rag):
    rag = open_rag()
    before = (rag.config.index.dir / "manifest.json").read_bytes()
    rag.embedder.embedded.clear()
    report = rag.build()
    assert not report.has_changes and len(report.unchanged) == 2 and not rag.embedder.embedded
    assert (rag.config.index.dir / "manifest.json").read_bytes() == before


def test_only_what_changed_is_read_and_embedded_again(open_rag, pages):
    rag = open_rag()
    rag.embedder.embedded.clear()
    (pages / "trees.md").write_text("# 乙镇植树\n\n乙镇种树六万棵。\n", encoding="utf-8")
    report = rag.build()
    assert len(report.changed) == 1 and len(report.unchanged) == 1
    assert all("桥" not in text for text in rag.embedder.embedded) and rag.embedder.embedded
    assert rag.search("乙镇种树")[0].passage.text == "乙镇种树六万棵。"


def test_a_page_that_is_gone_leaves_the_index(open_rag, pages):
    rag = open_rag()
    (pages / "trees.md").unlink()
    assert len(rag.build().removed) == 1
    assert all("乙镇" not in hit.passage.text for hit in rag.search("乙镇种树"))


def test_a_page_that_is_moved_keeps_its_text(open_rag, pages):
    rag = open_rag()
    (pages / "a").mkdir()  # read before the place where the page was
    (pages / "trees.md").rename(pages / "a" / "trees.md")
    assert rag.build().articles == 2
    assert rag.search("乙镇种树")[0].article.source.endswith("a/trees.md")


@pytest.mark.parametrize("change", ["removed", "rewritten"])
def test_of_two_pages_with_the_same_article_one_may_go(open_rag, pages, change):
    text = (pages / "trees.md").read_text(encoding="utf-8")
    (pages / "later").mkdir()
    (pages / "later" / "trees.md").write_text(text, encoding="utf-8")
    rag = open_rag()
    holder = rag.search("乙镇种树")[0].article.source
    first = next(file for file in pages.rglob("trees.md") if file.as_posix().endswith(holder))
    if change == "removed":
        first.unlink()
    else:
        first.write_text("# 丙镇修路\n\n丙镇修路九条。\n", encoding="utf-8")
    rag.build()
    found = rag.search("乙镇种树")[0]
    assert "乙镇" in found.passage.text and found.article.source != holder
    assert not rag.build().has_changes


def test_ids_depend_on_the_content_alone(open_rag):
    rag = open_rag()
    before = {hit.passage.passage_id for hit in rag.search("甲镇")}
    rag.build(fresh=True)
    assert {hit.passage.passage_id for hit in rag.search("甲镇")} == before


def test_a_build_that_dies_leaves_the_old_index_and_is_taken_up_again(open_rag, pages, monkeypatch):
    rag = open_rag()
    (pages / "new.md").write_text("# 丙镇修路\n\n丙镇修路九条。\n", encoding="utf-8")
    monkeypatch.setattr(building, "_write_derived", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        rag.build()
    assert "甲镇" in rag.search("甲镇新桥")[0].passage.text
    monkeypatch.undo()
    rag.embedder.embedded.clear()
    rag.build()
    assert not rag.embedder.embedded, "what the killed build embedded is used"
    assert "丙镇修路九条。" in [hit.passage.text for hit in rag.search("丙镇修路")]


def test_one_bad_page_does_not_keep_the_others_out(open_rag, pages):
    (pages / "bad.txt").write_bytes(bytes(range(256)) * 8)
    (pages / "empty.txt").write_bytes(b"")
    rag = open_rag()
    report = rag.build()
    assert len(report.failed) == 2 and report.articles == 2
    assert any("bad.txt" in line for line in report.failed) and any("empty.txt" in line for line in report.failed)


def test_a_gb18030_page_is_read(open_rag, pages):
    (pages / "gb.txt").write_bytes("# 丁镇收麦\n\n丁镇收麦三千吨,比去年多一成。\n".encode("gb18030"))
    assert "丁镇收麦三千吨" in open_rag().search("丁镇收麦")[0].passage.text


def test_a_broken_line_of_an_archive_is_named_and_the_rest_is_built(open_rag, pages):
    lines = [json.dumps({"doc_id": "d1", "title": "戊镇", "text": "戊镇通车。", "date": "2024-01-02"}, ensure_ascii=False),
             "{broken", json.dumps({"doc_id": "d2", "title": "无文"}, ensure_ascii=False)]
    (pages / "archive.jsonl").write_text("\n".join(lines), encoding="utf-8")
    rag = open_rag()
    report = rag.build(fresh=True)
    assert [line.split(", line ")[1][0] for line in report.failed] == ["2", "3"]
    hit = rag.search("戊镇通车")[0]
    assert (hit.article.doc_id, hit.article.date) == ("d1", "2024-01-02")


def test_sources_that_are_not_there_are_an_error(open_rag, tmp_path):
    rag = open_rag()
    with pytest.raises(SourceError, match="no such file"):
        rag.build([tmp_path / "none"])
    (tmp_path / "bare").mkdir()
    with pytest.raises(SourceError, match="no source in this folder"):
        rag.build([tmp_path / "bare"])
    assert rag.search("甲镇")


def test_an_index_of_another_model_is_refused_and_names_the_command(open_rag):
    rag = open_rag()
    rag.embedder = BagEmbedder("another")
    rag.__dict__.pop("retriever", None)
    with pytest.raises(StoreError, match="rag build --fresh"):
        rag.search("甲镇")


@pytest.mark.parametrize("damage", ["missing", "manifest", "truncated", "garbage"])
def test_a_damaged_index_is_one_error_that_says_what_to_do(open_rag, damage):
    rag = open_rag()
    folder = rag.config.index.dir
    generation = next(folder.glob("generation-*"))
    if damage == "missing":
        (folder / "manifest.json").unlink()
    elif damage == "manifest":
        (folder / "manifest.json").write_text("{", encoding="utf-8")
    else:
        for file in generation.iterdir():
            data = file.read_bytes()
            file.write_bytes(data[: len(data) // 2] if damage == "truncated" else b"x" * len(data))
    with pytest.raises(StoreError, match="rag build"):
        rag.search("甲镇")


def test_quotations_stand_in_the_article_and_in_the_raw_page(open_rag, pages):
    for hit in open_rag().search("甲镇新桥"):
        article, passage = hit.article, hit.passage
        assert getattr(article, passage.field)[passage.start : passage.end] == passage.text


@pytest.mark.parametrize("query", [
    '" OR 1', "NEAR(甲 乙)", "tokens:甲*", "甲镇 AND -桥", "🙂", "qu'est-ce que c'est?", "'; DROP TABLE"])
def test_no_search_syntax_leaks(open_rag, query):
    rag = open_rag()
    if query == "🙂":
        with pytest.raises(QuestionError):
            rag.search(query)
    else:
        assert isinstance(rag.search(query), list)


@pytest.mark.parametrize("query", ["", "   ", "?!。", "甲" * 20_000])
def test_what_is_no_question_is_one_error(open_rag, query):
    with pytest.raises(QuestionError):
        open_rag().search(query)


def test_k_is_checked_and_may_be_larger_than_the_archive(open_rag):
    rag = open_rag()
    with pytest.raises(QuestionError, match="at least 1"):
        rag.search("甲镇", k=0)
    assert 0 < len(rag.search("甲镇", k=10**6)) < 20


def test_two_builds_at_once_are_kept_apart(open_rag):
    import filelock

    rag = open_rag()
    with filelock.FileLock(rag.config.index.dir / ".lock"), pytest.raises(StoreError, match="another `rag build`"):
        rag.build()


def test_the_archive_file_is_opened_read_only(open_rag):
    rag = open_rag()
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        rag.retriever.store.archive.connection.execute("DELETE FROM sources")


def test_question_words_are_not_searched_for():
    assert "多少" not in read_query("甲镇今年新开工多少座桥?").tokens


@pytest.fixture
def dated(open_rag, pages):
    rows = [("d1", "2023-11-05", "甲港通航,货船十艘。"),
            ("d2", "2024-02-01", "甲港扩建,货船三十艘。"), ("d3", "2024", "甲港年报,货船百艘。"),
            ("d4", "", "甲港旧闻,货船一艘。"), ("d5", "2024-02-02", "甲港扩建,货船三十艘!")]
    lines = [json.dumps({"doc_id": i, "title": "甲港", "text": text, "date": date}, ensure_ascii=False) for i, date, text in rows]
    (pages / "port.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return open_rag()


@pytest.mark.parametrize(("only", "found"), [
    (Filter(since="2024"), {"d2", "d3"}), (Filter(until="2023"), {"d1"}), (Filter(since="2024-02-02"), {"d3", "d5"}),
    (Filter("2023-11", "2023-11"), {"d1"}), (Filter(source="bridges"), set()), (Filter(since="2030"), set()),
])
def test_filters_let_only_their_articles_through(dated, only, found):
    hits = dated.search("甲港货船多少艘?", 20, only)
    assert {hit.article.doc_id for hit in hits if hit.article.doc_id.startswith("d")} == found


def test_what_is_printed_twice_counts_once(dated):
    found = [hit.article.doc_id for hit in dated.search("甲港扩建,货船三十艘", 20)]
    assert ("d2" in found) != ("d5" in found)


def test_a_hit_tells_what_found_it(dated):
    hit = dated.search("2023年11月甲港货船")[0]
    assert hit.article.doc_id == "d1" and hit.found_by["lexical"].rank == 1 and "甲港" in hit.matched
    assert set(hit.found_by) <= {"dense", "sentence", "lexical", "names", "tokens"}


def test_a_date_is_found_however_it_is_written(dated):
    for asked in ("November 2023", "5 November 2023", "2023-11-05", "2023年11月5日"):
        assert dated.search(f"甲港 {asked} 货船")[0].article.doc_id == "d1"


def test_words_of_another_language_are_not_searched_for(open_rag):
    retriever = open_rag().retriever
    assert retriever.weights(read_query("How many bridges are there?"))["lexical"] == 0
    assert retriever.weights(read_query("甲镇有多少座桥梁?"))["lexical"] > 0


def test_tokens_are_compared_only_where_search_is_not_sure(open_rag, pages):
    (pages / "english.md").write_text("# Lantern Evening\n\nThe lantern evening begins at eight by the old harbour.", encoding="utf-8")
    rag = open_rag()
    assert "lantern evening" in rag.search("When does the lantern evening begin by the old harbour?")[0].passage.text
    assert "桥梁47座" in rag.search("How many bridges are there?")[0].passage.text
    assert not rag.embedder.compared
    rag.search("How many zeppelins are there?")
    assert len(rag.embedder.compared) == 1 and not rag.generator.prompts
    rag.retriever = replace(rag.retriever, settings=rag.retriever.settings.model_copy(update={"token_weight": 0.0}))
    rag.search("How many zeppelins are there?")
    assert len(rag.embedder.compared) == 1, "a weight of 0 does without"


@pytest.mark.parametrize("weight", [0.0, 100.0])
def test_models_are_warmed_up_for_what_is_used(open_rag, weight):
    rag = open_rag(read="", render="", term="", rewrite="")
    rag.config = rag.config.model_copy(update={"retrieval": rag.config.retrieval.model_copy(update={"token_weight": weight})})
    rag.warm_up()
    assert bool(rag.embedder.compared) is bool(weight)


def test_of_the_first_passages_the_one_that_meets_the_tokens_comes_first(open_rag):
    rag = open_rag()
    query = read_query("How many zeppelins are there?")
    before = [hit.passage.text for hit in rag.retriever.hits(query, rag.retriever.channels(query))]
    last = before[-1]
    rag.embedder.interaction = lambda question, passages: np.array([float(last in text) for text in passages], np.float32)
    hits = rag.search(query.question)
    assert hits[0].passage.text == last and hits[0].found_by["tokens"].rank == 1
    few = rag.retriever.settings.model_copy(update={"compared": len(before) - 1})  # the last one is not among them
    rag.retriever = replace(rag.retriever, settings=few)
    assert [hit.passage.text for hit in rag.search(query.question)] == before


def test_a_dated_question_is_answered_from_its_own_time(dated, pages):
    rows = [("e1", "2023-06-20", "今天乙港吞吐量为十二万吨。"), ("e2", "2024-06-20", "今天乙港吞吐量为十三万吨,乙港吞吐量创新高。"),
            ("e3", "2024-09-01", "乙港吞吐量又高于2022年6月的九万吨。")]
    lines = [json.dumps({"doc_id": i, "title": "乙港", "text": text, "date": date}, ensure_ascii=False) for i, date, text in rows]
    (pages / "other.jsonl").write_text("\n".join(lines), encoding="utf-8")
    dated.build()
    for year, doc in ((2023, "e1"), (2024, "e2"), (2022, "e3")):
        assert dated.search(f"{year}年6月乙港吞吐量是多少?")[0].article.doc_id == doc
    assert "period" in next(h for h in dated.search("2023年6月乙港吞吐量是多少?", 20) if h.article.doc_id == "e2").found_by


@pytest.mark.parametrize(("told", "date"), [
    ("2023-6-5", "2023-06-05"), ("2023年6月5日", "2023-06-05"), ("0000-00-00", ""), (20230605, "2023-06-05")])
def test_the_dates_of_an_archive_are_read_or_left_out(open_rag, pages, told, date):
    line = {"doc_id": "x", "title": "丙港", "text": "丙港吞吐量为十二万吨,比5月份增长。", "date": told}
    (pages / "dated.jsonl").write_text(json.dumps(line, ensure_ascii=False) + "\n", encoding="utf-8")
    hit = open_rag().search("2023年6月丙港吞吐量是多少?")[0]
    assert (hit.article.doc_id, hit.article.date) == ("x", date)
