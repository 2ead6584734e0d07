"""From question to checked answer, with a generator that says what the test tells it to."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest
from fakes import SharedWords

from rag import Turn
from rag.errors import QuestionError, SourceError
from rag.gather.draft import Planned
from rag.gather.prompts import DraftedPlan
from rag.records import Answer, EvidenceFound, Stage, TextPiece


def test_an_answer_quotes_the_sentence_that_carries_it(open_rag):
    answer = open_rag(read="47座").ask("甲镇今年新开工多少座桥梁?")
    assert not answer.refused and answer.text.startswith("47座[1]。") and len(answer.citations) == 1
    cited = answer.citations[0]
    assert "新开工桥梁47座" in cited.quote and cited.byline.endswith("石磊") and cited.title == "甲镇新桥开工"


def test_quotations_spell_the_same_words_out_of_the_raw_page(open_rag, pages):
    rag = open_rag(read="47座")
    cited = rag.ask("甲镇今年新开工多少座桥梁?").citations[0]
    article = rag.article(cited.article_id)
    raw = (pages / "bridges.md").read_text(encoding="utf-8")
    assert getattr(article, cited.field)[cited.start : cited.end] == cited.quote
    assert "".join(raw[a:b] for a, b in cited.source_spans) == cited.quote


def test_who_took_a_photograph_is_answered_from_its_credit(open_rag, pages):
    page = "# 乙镇花展\n\n本报记者 石磊\n\n乙镇花展昨日开幕。\n\n图为市民在乙镇花展赏花。 林小满 摄\n"
    (pages / "photo.md").write_text(page, encoding="utf-8")
    rag = open_rag(read="林小满")
    answer = rag.ask("乙镇花展的照片是谁拍摄的?")
    cited = answer.citations[0]
    assert "林小满" in answer.text and (cited.field, cited.item, cited.quote) == ("credit", 0, "林小满")
    assert "".join(page[a:b] for a, b in cited.source_spans) == cited.quote
    assert all(check.holds for check in rag.verify(answer.to_dict()))


def test_a_number_that_the_paper_does_not_hold_is_never_shown(open_rag):
    answer = open_rag(read=["48座", "49座", "50座"]).ask("甲镇今年新开工多少座桥梁?")
    assert not any(figure in answer.text for figure in ("48", "49", "50"))
    assert answer.citations and answer.signs.get("agreed", -1.0) < 0, "what the page says is shown, and that the readers disagree"


def answering(rag):
    """The tasks of the generator but to plan and to translate a question."""
    return [prompt.task for prompt in rag.generator.prompts if prompt.task not in ("plan", "translate", "operands")]


def test_a_question_about_a_place_that_no_article_mentions_is_refused_without_writing(open_rag):
    rag = open_rag(read="47座")
    answer = rag.ask("杭州今年新开工多少座桥梁?")
    assert answer.refused and not answer.citations and not answering(rag)


def test_an_english_question_about_a_place_that_the_archive_lacks_is_refused_without_writing(open_rag):
    rag = open_rag(read="47座")
    answer = rag.ask("How many new bridges has Hangzhou started to build this year?")
    assert rag.parse_question(answer.question).places == ("Hangzhou",)
    assert answer.refused and not answer.citations and not answering(rag)


def test_an_english_question_is_answered_in_english_with_the_figure_converted(open_rag):
    rag = open_rag(
        read="86.8亿元",
        render="The new bridges have a total investment of 8.68 billion yuan.")
    answer = rag.ask("What is the total investment in the new bridges?")
    assert answer.language == "en" and "8.68 billion yuan (86.8亿元) [1]" in answer.text
    assert "86.8亿元" in answer.citations[0].quote


def test_a_wrong_conversion_by_the_generator_is_not_shown(open_rag):
    answer = open_rag(
        read="86.8亿元",
        render="The new bridges have a total investment of 86.8 billion yuan.").ask("What is the total investment?")
    assert "86.8 billion" not in answer.text and "8.68 billion yuan" in answer.text


def test_a_stream_tells_what_was_found_then_writes_then_checks(open_rag):
    events = list(open_rag(read="47座").stream("甲镇今年新开工多少座桥梁?"))
    assert isinstance(events[0], EvidenceFound) and events[0].hits
    assert all(isinstance(event, TextPiece | Stage) for event in events[1:-1]) and isinstance(events[-1], Answer)


def test_a_follow_up_is_written_out_from_what_was_said(open_rag):
    rag = open_rag(rewrite="甲镇今年续建多少座桥梁?", read="44座")
    answer = rag.ask("那续建呢?", [Turn("甲镇今年新开工多少座桥梁?", "47座")])
    assert answer.text.startswith("44座") and "新开工多少座" in rag.generator.prompts[0].user


def test_a_question_that_stands_alone_is_left_as_it_is(open_rag):
    rag = open_rag(read="44座")
    rag.ask("甲镇今年续建多少座桥梁?", [Turn("乙镇种了多少树?", "五万棵")])
    assert answering(rag) == ["read"]


@pytest.mark.parametrize("question", ["", " \n", "?!", "长" * 100_000])
def test_what_is_no_question_is_one_error(open_rag, question):
    with pytest.raises(QuestionError):
        open_rag().ask(question)


def test_an_answer_is_plain_json(open_rag):
    import json

    row = json.loads(json.dumps(open_rag(read="47座").ask("甲镇今年新开工多少座桥梁?").to_dict()))
    assert {"question", "language", "answer", "refused", "citations", "figures", "warnings", "seconds"} <= set(row)
    assert {"number", "article_id", "passage_id", "title", "source", "date", "field", "quote", "start", "end",
            "source_spans"} <= set(row["citations"][0])


def test_a_follow_up_is_answered_in_its_own_language(open_rag):
    rag = open_rag(rewrite="How many bridges are being continued?", read="44座")
    answer = rag.ask("那续建的呢?", [Turn("How many bridges were started?", "47 bridges")])
    assert answer.language == "zh" and answer.text.startswith("44座")


def test_a_receipt_is_verified_and_a_changed_one_is_not(open_rag, pages):
    rag = open_rag(read="47座")
    receipt = rag.ask("甲镇今年新开工多少座桥梁?").to_dict()
    assert [f["text"] for f in receipt["figures"]] == ["44座"] and receipt["times"][0]["means"]
    assert all(check.holds for check in rag.verify(receipt)) and len(rag.verify(receipt)) == 5
    assert not all(check.holds for check in rag.verify({**receipt, "answer": "48座[1]。"}))
    receipt["citations"][0]["quote"] = "甲镇新开工桥梁48座"
    assert [check.holds for check in rag.verify(receipt)][:2] == [False, False]
    (pages / "bridges.md").write_text("# 别的\n\n别的文字。", encoding="utf-8")
    assert any(check.what == "[1] stands in its page" and not check.holds for check in rag.verify(receipt))


@pytest.mark.parametrize("receipt", [{}, {"citations": [{}]}, {"citations": 3}, {"citations": [], "rows": [{}], "refused": True}])
def test_what_is_no_receipt_is_one_error(open_rag, receipt):
    with pytest.raises(SourceError, match="no answer of"):
        open_rag().verify(receipt)


def test_an_author_is_cited_by_the_byline_alone(open_rag):
    answer = open_rag(read="石磊").ask("本报记者是谁,甲镇新桥开工?")
    assert [c.field for c in answer.citations] == ["byline"]


def test_other_reports_of_a_figure_are_shown_newest_first(open_rag, pages):
    for year, count in ((2022, 30), (2023, 31), (2021, 29)):
        line = {"doc_id": str(year), "title": "甲镇新开工桥梁", "date": f"{year}-07-05", "text": f"甲镇今年新开工桥梁{count}座。"}
        (pages / f"{year}.jsonl").write_text(json.dumps(line, ensure_ascii=False) + "\n", encoding="utf-8")
    answer = open_rag(read="30座").ask("甲镇今年新开工多少座桥梁?")
    dates = [figure.date for figure in answer.figures]
    assert len(set(dates)) > 2 and dates == sorted(dates, reverse=True)
    assert [figure.citation.number for figure in answer.figures] == list(range(2, 2 + len(dates)))


def test_a_figure_is_quoted_with_the_word_that_rounds_it(open_rag, pages):
    (pages / "trees.md").write_text("# 丙县种树\n\n丙县今年种树近200棵,签约20项。\n", encoding="utf-8")
    assert open_rag(read="200棵").ask("丙县今年种树多少棵?").text.startswith("近200棵[1]。")
    assert open_rag(read="20项").ask("丙县今年签约多少项?").text.startswith("20项[1]。")
    rag = open_rag(read="200棵", render="Bing County planted 200 trees.")
    assert rag.ask("How many trees did Bing County plant?").text.startswith("Bing County planted nearly 200 trees")


@pytest.mark.parametrize(("render", "term", "text"), [
    ("This is a placeholder for the month.", "this is a placeholder for the date or month that you want",
     "this month (本月) [1]. The paper says: “丙县桥梁将于本月通车”."),
    ("The bridge opens this month.", "", "The bridge opens this month (本月) [1]."),
])
def test_a_sentence_about_something_else_is_thrown_away(open_rag, pages, render, term, text):
    line = {"doc_id": "o", "title": "丙县桥梁", "date": "2024-07-05", "text": "丙县桥梁将于本月通车。"}
    (pages / "opening.jsonl").write_text(json.dumps(line, ensure_ascii=False) + "\n", encoding="utf-8")
    rag = open_rag(translate="丙县桥梁何时通车?", read="本月", render=render, term=term)
    answer = rag.ask("When does the bridge of Bing County open?")
    assert answer.text == text and ("本月", "2024-07") in [(time.text, time.means) for time in answer.times]


def test_a_sentence_that_names_another_person_is_thrown_away(open_rag, pages):
    (pages / "vote.md").write_text("# 丁市选市长\n\n王小明致电卢拉,祝贺他当选丁市市长。\n", encoding="utf-8")
    rag = open_rag(read="卢拉", render="The mayor of Ding City was elected by Wang Xiaoming.", term="Lula")
    answer = rag.ask("Who was elected mayor of Ding City?")
    assert "Xiaoming" not in answer.text and "卢拉" in answer.text


def test_a_follow_up_that_is_written_out_in_the_other_language_is_asked_as_it_stands(open_rag):
    rag = open_rag(rewrite="How many bridges does the town have?", read="44座")
    answer = rag.ask("那续建桥梁多少座?", [Turn("甲镇今年新开工多少座桥梁?", "47座")])
    assert not answer.rewritten and answer.text.startswith("44座")


@pytest.mark.parametrize(("question", "said"), [
    ("甲镇2021年3月新开工多少座桥梁?", "资料里没有所问时间的报道。最接近的是[1]。"),
    ("How many bridges did the town start in March 2021?",
     "The archive has no report of the time asked about. The nearest it says is [1]."),
])
def test_a_question_about_a_time_of_which_nothing_is_told_is_refused_without_reading(open_rag, pages, question, said):
    (pages / "trees.md").unlink()  # it has no date, and so may tell of any time
    rag = open_rag(read="47座")
    answer = rag.ask(question)
    assert answer.refused and answer.text == said and not answering(rag)


@pytest.mark.parametrize(("drafts", "asked"), [(["47座"], 1), (["无", "47座"], 2), (["44座", "47座"], 2)])
def test_the_generator_reads_on_unless_it_finds_the_readers_words(open_rag, drafts, asked):
    rag = open_rag(read=drafts)
    rag.reader = SharedWords("47座", sure=0.99)
    answer = rag.ask("甲镇今年新开工多少座桥梁?")
    assert answer.text.startswith("47座[1]。") and answer.signs["agreed"] == 1.0
    first, *again = [prompt.user for prompt in rag.generator.prompts if prompt.task == "read"]
    assert len(again) == asked - 1 and all(text.startswith(first[: first.index("\n问题")]) and len(text) > len(first) for text in again)


@pytest.mark.parametrize("several, refused", [(0.97, True), (0.4, False)])
def test_what_takes_several_figures_and_cannot_be_gathered_is_withheld(open_rag, monkeypatch, several, refused):
    rag = open_rag(read="47座")
    monkeypatch.setattr(rag, "classify", lambda *_: ("sum", several))
    monkeypatch.setattr("rag.steps.plan_question", lambda *_: Planned(DraftedPlan("sum"), several))
    monkeypatch.setattr("rag.steps.execute_plan", lambda *_, **__: None)
    answer = rag.ask("甲镇今年新开工多少座桥梁?")
    assert answer.refused == refused and answer.citations and ("47座" in answer.text) != refused


@pytest.mark.parametrize("several, tasks", [(0.2, ["read"]), (0.6, ["operands", "read"])])
def test_a_sentence_that_surely_answers_is_shown_before_anything_is_worked_out(open_rag, monkeypatch, several, tasks):
    rag = open_rag(read="47座")
    rag.reader = SharedWords("47座", sure=0.99)
    monkeypatch.setattr(rag, "classify", lambda *_: ("sum", several))
    monkeypatch.setattr("rag.steps.plan_question", lambda *_: Planned(None, several))
    assert rag.ask("甲镇今年新开工多少座桥梁?").text.startswith("47座[1]。")
    assert [prompt.task for prompt in rag.generator.prompts] == tasks


def test_two_things_are_answered_in_the_words_of_the_generator(open_rag):
    rag = open_rag(read="47座,44座")
    rag.reader = SharedWords("47座", sure=0.99)
    assert rag.ask("甲镇今年新开工多少座桥梁,续建多少座桥梁?").text.startswith("47座、44座[1]。")


def test_words_of_the_generator_that_stand_nowhere_are_not_taken(open_rag):
    rag = open_rag(read="48座")
    rag.reader = SharedWords("47座", sure=0.99)
    assert rag.ask("甲镇今年新开工多少座桥梁?").text.startswith("47座[1]。")


def test_a_refusal_tells_how_probable_it_was_that_an_answer_was_right(open_rag):
    answer = open_rag(read="无").ask("甲镇今年下了多少场雨?")
    assert answer.refused and 0 <= answer.chance < 0.5 and answer.checks == {"a sentence that answers": False}


@pytest.mark.parametrize(("translate", "beside"), [("甲镇开工多少座桥梁?", " 甲镇开工多少座桥梁?"), ("甲镇2019年开工多少座桥梁?", "")])
def test_an_english_question_is_read_with_its_chinese_unless_that_brings_in_a_figure(open_rag, translate, beside):
    rag = open_rag(translate=translate, read="47座", render="The town started 47 bridges.")
    rag.ask("How many bridges did the town start?")
    assert rag.reader.asked[0].endswith(beside) and ("2019" not in rag.reader.asked[0])


def test_the_same_question_is_answered_from_memory_until_the_index_changes(open_rag, pages):
    rag = open_rag(read="47座")
    rag.config = rag.config.model_copy(update={"answering": rag.config.answering.model_copy(update={"kept": 8})})
    asked = "甲镇今年新开工多少座桥梁?"
    first, prompts = rag.ask(asked), len(rag.generator.prompts)
    again = rag.ask(asked)
    assert replace(again, seconds=first.seconds) == first and len(rag.generator.prompts) == prompts and "kept" in again.seconds
    (pages / "new.md").write_text("# 丙镇\n\n丙镇修路九条。\n", encoding="utf-8")
    rag.build()
    assert rag.ask(asked).made_with != first.made_with and len(rag.generator.prompts) > prompts


def test_relative_times_of_a_question_are_reckoned_from_the_day_of_asking_and_told(open_rag):
    rag = open_rag(read="47座")
    answer = rag.ask("两年前甲镇新开工多少座桥梁?", asked_on=date(2026, 11, 28))
    assert answer.rewritten == "2024年甲镇新开工多少座桥梁?" and (answer.times[0].text, answer.times[0].means) == ("两年前", "2024年")
    assert not answer.refused and rag.ask("两年前甲镇新开工多少座桥梁?").rewritten == ""
    assert rag.ask("去年甲镇新开工多少座桥梁?", asked_on=date(2024, 7, 10)).refused, "the page is of 2024"
