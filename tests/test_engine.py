"""From question to checked answer, with a generator that says what the test tells it to."""

from __future__ import annotations

import json

import pytest

from rag import Turn
from rag.errors import QuestionError, SourceError
from rag.records import Answer, EvidenceFound, TextPiece


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


def test_a_number_that_the_paper_does_not_hold_is_never_shown(open_rag):
    answer = open_rag(read=["48座", "49座", "50座"]).ask("甲镇今年新开工多少座桥梁?")
    assert answer.refused and not any(figure in answer.text for figure in ("48", "49", "50"))
    assert answer.citations, "the nearest evidence is shown"


def test_the_generator_is_told_which_words_failed(open_rag):
    rag = open_rag(read=["48座", "47座"])
    assert rag.ask("甲镇今年新开工多少座桥梁?").text.startswith("47座")
    assert "48座" in rag.generator.prompts[1].user


def test_what_is_not_found_beside_what_is_found_is_left_out_and_told(open_rag):
    answer = open_rag(read=["47座,99亿元", "47座,99亿元"]).ask("甲镇今年新开工多少座桥梁?")
    assert "99" not in answer.text and any("99亿元" in warning for warning in answer.warnings)


def test_a_question_about_a_place_that_no_article_mentions_is_refused_without_writing(open_rag):
    rag = open_rag(read="47座")
    answer = rag.ask("杭州今年新开工多少座桥梁?")
    assert answer.refused and not answer.citations and not rag.generator.prompts


def test_a_name_is_cited_with_the_sentence_that_holds_what_was_asked_about_it(open_rag):
    rag = open_rag(read="甲镇")
    answer = rag.ask("哪里有丙建筑公司?")
    quotes = [c.quote for c in answer.citations]
    assert "甲镇" in quotes[0] and any("丙建筑公司" in quote for quote in quotes)
    assert answer.text.startswith("甲镇[1]。") and answer.text.endswith("[2]。")


def test_what_a_question_does_not_mean_is_neither_translated_nor_read(open_rag):
    rag = open_rag(translate="甲镇新开工多少座桥梁?", read="47座", render="Jiazhen has started 47 bridges.")
    rag.ask("How many bridges has the town of Jiazhen (not Yizhen) started?")
    shown = [prompt.user for prompt in rag.generator.prompts if prompt.task in ("translate", "read")]
    assert len(shown) == 3 and not any("Yizhen" in text for text in shown)


def test_an_english_question_is_answered_in_english_with_the_figure_converted(open_rag):
    rag = open_rag(
        translate="甲镇新开工桥梁总投资额多少?", read="86.8亿元",
        render="The new bridges have a total investment of 8.68 billion yuan.")
    answer = rag.ask("What is the total investment in the new bridges?")
    assert answer.language == "en" and "8.68 billion yuan (86.8亿元) [1]" in answer.text
    assert "86.8亿元" in answer.citations[0].quote


def test_a_wrong_conversion_by_the_generator_is_not_shown(open_rag):
    answer = open_rag(
        translate="甲镇新开工桥梁总投资额多少?", read="86.8亿元",
        render="The new bridges have a total investment of 86.8 billion yuan.").ask("What is the total investment?")
    assert "86.8 billion" not in answer.text and "8.68 billion yuan" in answer.text


def test_a_stream_tells_what_was_found_then_writes_then_checks(open_rag):
    events = list(open_rag(read="47座").stream("甲镇今年新开工多少座桥梁?"))
    assert isinstance(events[0], EvidenceFound) and events[0].hits
    assert all(isinstance(event, TextPiece) for event in events[1:-1]) and isinstance(events[-1], Answer)


def test_a_follow_up_is_written_out_from_what_was_said(open_rag):
    rag = open_rag(rewrite="甲镇今年续建多少座桥梁?", read="44座")
    answer = rag.ask("那续建呢?", [Turn("甲镇今年新开工多少座桥梁?", "47座")])
    assert answer.text.startswith("44座") and "新开工多少座" in rag.generator.prompts[0].user


def test_a_question_that_stands_alone_is_left_as_it_is(open_rag):
    rag = open_rag(read="44座")
    rag.ask("甲镇今年续建多少座桥梁?", [Turn("乙镇种了多少树?", "五万棵")])
    assert [prompt.task for prompt in rag.generator.prompts] == ["read"]


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
    rag = open_rag(rewrite="How many bridges are being continued?", translate="甲镇续建多少座桥梁?", read="44座")
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


@pytest.mark.parametrize("receipt", [{}, {"citations": [{}]}, {"citations": 3}])
def test_what_is_no_receipt_is_one_error(open_rag, receipt):
    with pytest.raises(SourceError, match="no answer of"):
        open_rag().verify(receipt)


def test_what_the_evidence_hardly_shares_is_refused_without_writing(open_rag, config):
    rag = open_rag(read="47座")
    rag.config = config.model_copy(update={"answering": config.answering.model_copy(update={"min_support": 5.0})})
    answer = rag.ask("甲镇今年新开工多少座桥梁?")
    assert answer.refused and answer.citations and not rag.generator.prompts


def test_a_length_does_not_answer_for_a_sum(open_rag, pages):
    (pages / "rail.md").write_text("# 丙县修铁路\n\n全长315公里的丙县铁路开工。\n", encoding="utf-8")
    rag = open_rag(read="315公里")
    assert rag.ask("丙县铁路的总投资是多少亿元?").refused and not rag.ask("丙县铁路全长多少公里?").refused


def test_a_sentence_is_read_alone_where_those_beside_it_led_astray(open_rag):
    rag = open_rag(read=["无", "47座"])
    assert rag.ask("甲镇今年新开工多少座桥梁?").text.startswith("47座")
    alone = rag.generator.prompts[1].user
    assert "47座" in alone and len(alone) < len(rag.generator.prompts[0].user)


def test_a_figure_that_a_sentence_read_alone_gives_must_stand_by_what_was_asked(open_rag, pages):
    (pages / "schools.md").write_text("# 丙县开对接会\n\n丙县的公司介绍了产品,7所高校的团队发言。\n", encoding="utf-8")
    assert open_rag(read=["无", "7所"]).ask("丙县有多少家上市公司?").refused


def test_an_author_is_cited_by_the_byline_alone(open_rag):
    answer = open_rag(read="石磊").ask("丙建筑公司和丁建筑公司共同建设桥梁,张三任总工程师,作者是谁?")
    assert [c.field for c in answer.citations] == ["byline"]


def test_yes_answers_no_question_that_asks_who(open_rag):
    assert open_rag(read="是").ask("谁在仪式上说了甲镇的桥?").refused


def test_a_reply_that_repeats_the_question_is_found_by_its_answer(open_rag):
    assert open_rag(read="甲镇今年新开工桥梁有47座桥梁").ask("甲镇今年新开工桥梁有多少座桥梁?").text.startswith("47座")


def test_a_refusal_names_the_check_that_decided(open_rag):
    assert open_rag(read="无").ask("甲镇今年新开工多少座桥梁?").checks == {"generator finds an answer": False}


def test_a_figure_of_the_question_is_no_answer_to_it(open_rag):
    answer = open_rag(read=["47座", "44座"]).ask("甲镇新开工桥梁47座,续建多少座桥梁?")
    assert answer.text.startswith("44座")


def test_of_two_readings_a_question_in_two_parts_takes_the_fuller(open_rag):
    readings = ["47座", "47座", "无", "47座,86.8亿元"]  # of the whole, of its two parts, of the translation
    rag = open_rag(read=readings, translate="甲镇新开工多少座桥梁,总投资是多少?", render="")
    cited = rag.ask("How many bridges did Jia start, and how much was invested?")
    assert "47" in cited.text and "86.8" in cited.text and not readings


def test_other_reports_of_a_figure_are_shown_newest_first(open_rag, pages):
    for year, count in ((2022, 30), (2023, 31)):
        line = {"doc_id": str(year), "title": "甲镇新开工桥梁", "date": f"{year}-07-05", "text": f"甲镇今年新开工桥梁{count}座。"}
        (pages / f"{year}.jsonl").write_text(json.dumps(line, ensure_ascii=False) + "\n", encoding="utf-8")
    answer = open_rag(read="47座").ask("甲镇今年新开工多少座桥梁?")
    reported = [figure.text for figure in answer.figures]
    assert reported.index("31座") < reported.index("30座")
    assert [figure.citation.number for figure in answer.figures] == list(range(2, 2 + len(reported)))


def test_a_question_for_two_things_is_read_part_by_part_where_a_draft_answers_one(open_rag):
    def read(prompt):
        asked = prompt.user.rsplit("问题:", 1)[1]
        return "47座" if "新开工" in asked else "44座"

    rag = open_rag(read=read)
    answer = rag.ask("甲镇今年新开工多少座桥梁,续建多少座桥梁?")
    assert answer.text.startswith("47座、44座[1]。") and not answer.refused
    assert [prompt.user.rsplit("问题:", 1)[1].split("\n")[0] for prompt in rag.generator.prompts] == [
        "甲镇今年新开工多少座桥梁,续建多少座桥梁?", "甲镇今年新开工多少座桥梁?", "续建多少座桥梁?"]


def test_a_question_for_two_things_is_not_read_again_where_a_draft_answers_both(open_rag):
    rag = open_rag(read="47座,44座")
    assert rag.ask("甲镇今年新开工多少座桥梁,续建多少座桥梁?").text.startswith("47座、44座[1]。")
    assert len(rag.generator.prompts) == 1


def test_a_sum_of_money_is_no_number_of_things(open_rag):
    answer = open_rag(read="86.8亿元").ask("甲镇今年新开工多少座桥梁?")
    assert answer.refused and "86.8" not in answer.text
    assert not open_rag(read="86.8亿元").ask("甲镇新开工桥梁总投资额是多少?").refused


def test_the_parts_of_an_answer_are_taken_from_one_article(open_rag, pages):
    line = {"doc_id": "x", "title": "甲镇简讯", "date": "2024-07-05", "text": "甲镇今年新开工桥梁47座。"}
    (pages / "brief.jsonl").write_text(json.dumps(line, ensure_ascii=False) + "\n", encoding="utf-8")
    rag = open_rag(read=lambda prompt: "44座" if "问题:续建" in prompt.user else "47座")
    answer = rag.ask("甲镇今年新开工多少座桥梁,续建多少座桥梁?")
    assert answer.text.startswith("47座、44座[1]。") and len(answer.citations) == 1


@pytest.mark.parametrize(("question", "refused"), [("甲镇新桥何时开工?", True), ("甲镇新桥由谁建设?", False)])
def test_what_holds_no_time_does_not_tell_when(open_rag, question, refused):
    assert open_rag(read="丙建筑公司").ask(question).refused is refused


@pytest.mark.parametrize(("question", "said"), [
    ("甲镇2021年3月新开工多少座桥梁?", "资料里没有所问时间的报道。最接近的是[1]。"),
    ("How many bridges did the town start in March 2021?",
     "The archive has no report of the time asked about. The nearest it says is [1]."),
])
def test_a_question_about_a_time_of_which_nothing_is_told_is_refused_without_reading(open_rag, question, said):
    rag = open_rag(translate="甲镇2021年3月新开工多少座桥梁?", read="47座")
    answer = rag.ask(question)
    assert answer.refused and answer.text == said and all(prompt.task == "translate" for prompt in rag.generator.prompts)


def test_who_somebody_is_is_told_by_the_office(open_rag, pages):
    (pages / "office.md").write_text("# 乙县修路\n\n6月20日,乙县交通局局长王晓东带队看工地。\n", encoding="utf-8")
    rag = open_rag(read=lambda prompt: "乙县交通局局长" if "担任什么职务" in prompt.user else "王晓东")
    assert rag.ask("王晓东是谁?").text.startswith("乙县交通局局长[1]。")


def test_a_name_of_the_question_is_no_answer_to_it(open_rag, pages):
    (pages / "fair.md").write_text("# 开放周举行\n\n7月8日,乙县博物馆与丙山钢铁厂共同举办开放周活动。\n", encoding="utf-8")
    rag = open_rag(read=["乙县博物馆", "丙山钢铁厂"])
    answer = rag.ask("乙县博物馆同谁共同举办开放周活动?")
    assert not answer.refused and answer.text.startswith("丙山钢铁厂")
    assert "“乙县博物馆”是问题里的话" in rag.generator.prompts[1].user
    assert open_rag(read=lambda prompt: "乙县博物馆").ask("乙县博物馆同谁共同举办开放周活动?").refused


def test_a_figure_whose_digits_stand_in_the_question_may_answer_it(open_rag, pages):
    (pages / "trees.md").write_text("# 丙县签约\n\n17日,丙县签约项目7个。\n", encoding="utf-8")
    answer = open_rag(read="7").ask("17日丙县签约项目有多少个?")
    assert not answer.refused and answer.text.startswith("7")


def test_of_a_choice_in_the_question_either_may_answer(open_rag, pages):
    (pages / "fair.md").write_text("# 开放周举行\n\n7月8日,乙县博物馆举办开放周活动。\n", encoding="utf-8")
    answer = open_rag(read="乙县博物馆").ask("举办开放周活动的是乙县博物馆还是丙山钢铁厂?")
    assert not answer.refused and answer.text.startswith("乙县博物馆")


def test_a_figure_is_quoted_with_the_word_that_rounds_it(open_rag, pages):
    (pages / "trees.md").write_text("# 丙县种树\n\n丙县今年种树近200棵,签约20项。\n", encoding="utf-8")
    assert open_rag(read="200棵").ask("丙县今年种树多少棵?").text.startswith("近200棵[1]。")
    assert open_rag(read="20项").ask("丙县今年签约多少项?").text.startswith("20项[1]。")
    rag = open_rag(read="200棵", render="Bing County planted 200 trees.", translate="丙县今年种树多少棵?")
    assert rag.ask("How many trees did Bing County plant?").text.startswith("Bing County planted nearly 200 trees")


def test_a_figure_in_the_unit_asked_for_is_taken_from_the_sentence_that_was_read(open_rag, pages):
    (pages / "growth.md").write_text("# 丙县产值\n\n丙县工业产值同比增长9.2%,高于全市1.7个百分点。\n", encoding="utf-8")
    rag = open_rag(read="9.2%", translate="丙县产值高于全市多少?", render="It beat the city by 9.2 percentage points.")
    answer = rag.ask("By how many percentage points did the output of Bing County beat the city?")
    assert answer.text.startswith("1.7 percentage points")


def test_a_translation_that_stays_english_is_not_searched_for_or_read(open_rag):
    rag = open_rag(translate="How many bridges did Sichuan start?", read="47座", render="A bridge town started 47 bridges.")
    answer = rag.ask("How many bridges did the town start this year?")
    assert not answer.search_question and all("Sichuan" not in prompt.user for prompt in rag.generator.prompts)


def test_a_translation_that_asks_for_another_kind_of_thing_is_not_read(open_rag):
    rag = open_rag(translate="甲镇今年新开工了哪些桥梁?", read="47座", render="The town started 47 bridges.")
    rag.ask("How many bridges did the town start this year?")
    assert all("哪些" not in prompt.user for prompt in rag.generator.prompts if prompt.task == "read")


@pytest.mark.parametrize(("render", "term", "text"), [
    ("This is a placeholder for the month.", "this is a placeholder for the date or month that you want", "this month (本月) [1]."),
    ("The bridge opens this month.", "", "The bridge opens this month (本月) [1]."),
])
def test_a_sentence_about_something_else_is_thrown_away(open_rag, pages, render, term, text):
    line = {"doc_id": "o", "title": "丙县大桥", "date": "2024-07-05", "text": "丙县大桥将于本月通车。"}
    (pages / "opening.jsonl").write_text(json.dumps(line, ensure_ascii=False) + "\n", encoding="utf-8")
    rag = open_rag(read="本月", translate="丙县大桥何时通车?", render=render, term=term)
    answer = rag.ask("When does the bridge of Bing County open?")
    assert answer.text == text and ("本月", "2024-07") in [(time.text, time.means) for time in answer.times]


def test_a_sentence_that_names_another_person_is_thrown_away(open_rag, pages):
    (pages / "vote.md").write_text("# 丁市选市长\n\n王小明致电卢拉,祝贺他当选丁市市长。\n", encoding="utf-8")
    rag = open_rag(read="卢拉", translate="谁当选丁市市长?", render="The mayor of Ding City was elected by Wang Xiaoming.", term="Lula")
    answer = rag.ask("Who was elected mayor of Ding City?")
    assert "Xiaoming" not in answer.text and "卢拉" in answer.text


def test_a_follow_up_that_is_written_out_in_the_other_language_is_asked_as_it_stands(open_rag):
    rag = open_rag(rewrite="How many bridges does the town have?", read="44座")
    answer = rag.ask("那续建桥梁多少座?", [Turn("甲镇今年新开工多少座桥梁?", "47座")])
    assert not answer.rewritten and answer.text.startswith("44座")
