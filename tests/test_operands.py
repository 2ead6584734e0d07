"""What a computation takes is read at once: the generator copies figures with their lines, and code finds and works with them."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest

from rag.answer.choose import choose_pieces
from rag.gather.draft import Planned
from rag.gather.ground_operands import ground_operands, moments
from rag.gather.operands import CopiedFigure, Operand, lines_to_read, operands_prompt, read_operands
from rag.gather.prompts import DraftedPlan, read_plan

MEDALS = """旗报 2019年7月29日

# 那达慕闭幕

本报讯 7月28日,旗那达慕闭幕。开幕是7月21日。长跑冠军跑了9分12秒4,亚军9分25秒。

奖牌榜

| 苏木 | 金牌 | 银牌 | 铜牌 | 头班 |
|---|---|---|---|---|
| 白音苏木 | 3 | 4 | 5 | 7:40 |
| 达来苏木 | 6 | 1 | 2 | 10:05 |
| 乌兰苏木 | 2 | 2 | 2 | 6:30 |
"""


def taking(**items: str):
    """Writes what the prompt's lines hold: ``甲="47座"`` is the figure of the first line with these words."""

    def write(prompt):
        lines = dict(re.findall(r"^(\d+) (.*)$", prompt.user, re.M))
        told = []
        for label, words in items.items():
            parts = []
            for sign, word in re.findall(r"([+-]?)([^+-]+)", words):
                name, _, figure = word.rpartition("/")
                number = next((number for number, line in lines.items() if figure in line and name in line), "")
                parts.append(f"{sign}@{number}:{figure}" if number else "无")
            told.append(f"{label}={''.join(parts)}")
        return told

    return write


@pytest.fixture
def working(open_rag, pages, monkeypatch):
    """Opens the archive with a page of results; each question takes ``operation`` over the figures that are named."""
    (pages / "medals.md").write_text(MEDALS, encoding="utf-8")

    def opened(operation: str, **items: str):
        write = taking(**items)
        rag = open_rag(read="无", operands=lambda prompt: "|".join([operation, *write(prompt)]), term="thing")
        monkeypatch.setattr(rag, "classify", lambda *_: ("sum", 0.9))
        monkeypatch.setattr("rag.steps.plan_question", lambda *_: Planned(DraftedPlan("sum", ("甲", "乙")), 0.9))
        return rag

    return opened


def sentences_for(rag, question):
    query = rag.parse_query(question)
    return lines_to_read(choose_pieces(rag.retriever, rag.reader, query, rag.retriever.search(query, 20), rag.config.answering))



def wrong(rag, answer):
    return [check.what for check in rag.verify(answer.to_dict()) if not check.holds]


def test_the_figures_of_two_clauses_are_added_up_and_cited(working):
    rag = working("合计", 新开工="47座", 续建="44座")
    answer = rag.ask("甲镇今年新开工和续建的桥梁一共多少座?")
    assert answer.text == "合计91座。新开工:47座[1];续建:44座[1]。" and not answer.refused
    assert answer.derived and answer.derived.value == "91" and answer.derived.terms == () and not wrong(rag, answer)


def test_a_rank_of_sums_cites_every_cell_and_is_worked_out_anew_by_verify(working):
    rag = working("最多", **{name: f"{name}/{a}+{name}/{b}+{name}/{c}" for name, a, b, c in (
        ("白音苏木", 3, 4, 5), ("达来苏木", 6, 1, 2))})
    answer = rag.ask("哪个苏木的奖牌最多?")
    assert answer.text.startswith("最高的是白音苏木:12(3 + 4 + 5)[1]。白音苏木:12(3 + 4 + 5)[1];达来苏木:9(6 + 1 + 2)[2]")
    assert len(answer.rows) == 6 and answer.derived.terms == ((0, 1, 2), (3, 4, 5)) and not wrong(rag, answer)
    told = answer.to_dict()
    told["answer"] = told["answer"].replace(":12", ":13")
    assert [check.what for check in rag.verify(told) if not check.holds] == ["every figure of the answer stands in a quotation"]


@pytest.fixture
def writing(working, open_rag, monkeypatch):
    """Opens the same archive; the generator writes a text in which ``@@`` stands for the rows of the table."""

    def opened(text: str):
        def write(prompt):
            first = int(re.search(r"^(\d+) .*白音苏木", prompt.user, re.M).group(1))
            rows = {"@@": f"@{first}~{first + 2}", "@5~6:": f"@{first}~{first + 1}:", "@5:": f"@{first}:", "@6:": f"@{first + 1}:"}
            return re.sub("|".join(rows), lambda match: rows[match.group()], text)

        rag = open_rag(read="无", operands=write, term="thing")
        monkeypatch.setattr(rag, "classify", lambda *_: ("rank", 0.9))
        monkeypatch.setattr("rag.steps.plan_question", lambda *_: Planned(None, 0.1))
        return rag

    return opened


@pytest.mark.parametrize(("text", "shown"), [
    ("最多|金牌=@@:金牌", "最高的是达来苏木:6[2]。白音苏木:3[1];达来苏木:6[2];乌兰苏木:2[3]。"),
    ("最少|头班=@5~6:头班", "最低的是乌兰苏木:6:30"),  # a rank is over the whole table
    ("最少|银牌比金牌=@@:银牌-@@:金牌", "最低的是达来苏木"),
    ("合计|铜牌=@@:铜牌", "合计9。"), ("平均|铜牌=@@:铜牌", "平均3。"),
    ("占比|金牌=@6:6|全部=@@:金牌", "占约54.5%"),
    ("筛选|>=3枚|金牌=@@:金牌", "3项中有2项(>=3枚):白音苏木:3[1];达来苏木:6[2]。"), ("筛选|<0|金牌=@@:金牌", "3项中没有一项(<0)"),
    ("最少|头班=@@:头班", "最低的是乌兰苏木:6:30"), ("筛选|>8:00|头班=@@:头班", "3项中有1项(>8:00):达来苏木:10:05[2]。"),
    ("相差|达来=@6:10:05|白音=@5:7:40", "达来比白音多2:25。"),
    ("各问|@6:达来苏木|@6:金牌 6", "达来苏木[1];金牌 6[1]。")])
def test_a_column_of_a_table_is_named_by_its_header(writing, text, shown):
    answer = (rag := writing(text)).ask("哪几个苏木的金牌不少于3枚?")
    assert not answer.refused and shown in answer.text and not wrong(rag, answer)


@pytest.mark.parametrize(("plan", "shown"), [("最多|金牌", True), ("最少|金牌", False), ("查一", True)])
def test_a_rank_is_shown_only_if_a_plan_of_the_question_ranks_from_the_same_end(writing, monkeypatch, plan, shown):
    monkeypatch.setattr("rag.steps.draft_plan", lambda *_: read_plan(plan))
    assert ("最高的是达来苏木" in writing("最多|金牌=@@:金牌").ask("哪个苏木的金牌最多?").text) is shown


@pytest.mark.parametrize("text", ["筛选|金牌=@@:金牌", "筛选|<很多|金牌=@@:金牌", "最多|金牌=@@:面积", "合计|名=@@:苏木"])
def test_a_filter_without_a_figure_and_a_column_that_is_not_there_give_nothing(writing, text):
    assert "达来苏木" not in writing(text).ask("哪几个苏木的金牌不少于3枚?").text


def test_a_column_that_goes_on_below_what_is_shown_is_not_whole(working):
    rows = [line for line in sentences_for(working("最多"), "达来苏木金牌多少?") if line.is_row]
    taken = read_operands("合计|铜牌=@1~2:铜牌")
    assert [bool(one.found) for one in ground_operands(taken, rows[:2])] == [True, True, False]
    assert [bool(one.found) for one in ground_operands(taken, rows)] == [True, True]  # rows that were left out on purpose


def test_a_receipt_whose_filter_was_changed_is_found_out(writing):
    told = (rag := writing("筛选|>=3|金牌=@@:金牌")).ask("哪几个苏木的金牌不少于3枚?").to_dict()
    told["derived"]["condition"] = ">=6"
    assert [check.what for check in rag.verify(told) if not check.holds] == ["the filter follows from its rows"]


def test_a_share_of_a_sum(working):
    rag = working("占比", 金银="白音苏木/3+白音苏木/4", 全部="达来苏木/6+达来苏木/2")
    answer = rag.ask("白音苏木的金银牌占百分之几?")
    assert answer.derived.value == "175/2" and "87.5%" in answer.text and not wrong(rag, answer)


def test_sums_that_are_asked_for_at_once_are_told_with_their_parts(working):
    rag = working("各问", 白音="白音苏木/3+白音苏木/4", 达来="达来苏木/6+达来苏木/1")
    answer = rag.ask("白音和达来各有多少金银牌?")
    assert answer.text == "白音:7(3 + 4)[1];达来:7(6 + 1)[2]。" and not answer.refused and not wrong(rag, answer)


def test_lengths_of_time_are_subtracted(working):
    answer = (rag := working("相差", 亚军="9分25秒", 冠军="9分12秒4")).ask("长跑冠军比亚军快多少秒?")
    assert answer.derived.value == str(Fraction("12.6")) and "12.6秒" in answer.text and not wrong(rag, answer)


def test_days_without_a_month_are_of_that_of_the_paper(working, pages):
    (pages / "match.md").write_text("甲报 2024年8月28日\n\n# 球赛\n\n本报讯 甲队10日首战告捷。乙队27日收官。\n", encoding="utf-8")
    answer = (rag := working("相隔", 首战="10日", 收官="27日")).ask("甲队首战到乙队收官隔了几天?")
    assert answer.derived.value == "17" and not wrong(rag, answer)


def test_days_lie_apart(working):
    answer = (rag := working("相隔", 开幕="7月21日", 闭幕="7月28日")).ask("那达慕开了几天?")
    assert not answer.refused and answer.derived.value == "7" and "7天" in answer.text and not wrong(rag, answer)


def test_what_no_line_tells_is_said_and_nothing_is_worked_out(working):
    answer = working("合计", 新开工="47座", 拆除="99座").ask("甲镇今年新开工和拆除的桥梁一共多少座?")
    assert answer.refused and answer.missing and answer.derived is None


def test_what_the_generator_is_not_sure_of_is_not_shown(working, monkeypatch):
    rag = working("合计", 新开工="47座", 续建="44座")
    monkeypatch.setattr("rag.gather.execute.log_odds_of", lambda taken: -2.0)
    monkeypatch.setattr("rag.gather.ground_operands.log_odds_of", lambda taken: -2.0)
    assert "91" not in rag.ask("甲镇今年新开工和续建的桥梁一共多少座?").text


def test_figures_that_do_not_add_up_are_not_worked_with(working):
    answer = working("合计", 桥="47座+86.8亿元", 续建="44座").ask("甲镇今年的桥梁一共多少?")
    assert "47座 + 86.8" not in answer.text


@pytest.mark.parametrize(("label", "text"), [("44座", "合计91座"), ("99座", "47座[1]")])
def test_a_doubtful_question_is_worked_out_only_where_every_figure_is_there(open_rag, monkeypatch, label, text):
    rag = open_rag(read="47座", operands=lambda prompt: "|".join(["合计", *taking(新开工="47座", 续建=label)(prompt)]))
    monkeypatch.setattr(rag, "classify", lambda *_: ("sum", 0.3))
    monkeypatch.setattr("rag.steps.plan_question", lambda *_: Planned(None, 0.3))
    answer = rag.ask("甲镇今年新开工多少座桥梁?")
    assert answer.text.startswith(text) and not answer.refused and answer.retrieved


@pytest.mark.parametrize(("several", "operation", "refused"), [(0.3, None, False), (0.1, None, True), (0.3, "lookup", True)])
def test_what_no_sentence_answers_is_worked_out_if_that_is_likely_enough(open_rag, monkeypatch, several, operation, refused):
    rag = open_rag(read="无", operands=lambda prompt: "|".join(["相差", *taking(新开工="47座", 续建="44座")(prompt)]))
    if not operation:
        monkeypatch.setattr(rag, "classify", lambda *_: ("sum", several))
    answer = rag.ask("甲镇今年新开工的桥梁比续建的多几座?", operation=operation)
    assert answer.refused if refused else answer.derived.value == "3" and len(answer.rows) == 2


def test_nothing_is_worked_out_where_the_configuration_says_never(open_rag, monkeypatch):
    rag = open_rag(read="无", operands=lambda prompt: "|".join(["相差", *taking(新开工="47座", 续建="44座")(prompt)]))
    monkeypatch.setattr(rag, "classify", lambda *_: ("difference", 0.9))
    assert rag.ask(asked := "甲镇今年新开工的桥梁比续建的多几座?").derived
    settings = rag.config.answering.model_copy(update={"work_out": 1.0, "kept": 0})
    rag.config = rag.config.model_copy(update={"answering": settings})
    rag._kept.clear()
    assert rag.ask(asked).refused


def test_all_rows_of_a_table_are_read_once_and_in_order(working):
    rag = working("最多")
    lines = sentences_for(rag, "达来苏木金牌多少?")
    rows = [line.text for line in lines if line.is_row]
    assert [row.split(" | ")[0].split()[-1] for row in rows] == ["白音苏木", "达来苏木", "乌兰苏木"]
    shown = operands_prompt("?", lines).user
    assert shown.count("奖牌榜 ") == 1 and shown.count("《旗报 那达慕闭幕》") == 1


def test_a_figure_is_found_in_the_line_that_was_named_alone_and_never_inside_another(working):
    rag = working("最多")
    lines = [line for line in sentences_for(rag, "甲镇今年新开工多少座桥梁?") if "47座" in line.text]
    told = read_operands("合计|甲=@1:47座|乙=@1:7座|丙=@1:张三|丁=@9:47座|戊=-@1:47座|己=@0:47座")
    assert [one.found.value if one.found else None for one in ground_operands(told, lines)] == [47, None, None, None, None, None]


def test_figures_of_a_year_that_is_not_asked_about_are_not_worked_with(working, pages):
    (pages / "years.md").write_text("# 丙县产值\n\n丙县2022年产值35亿元,2023年产值41亿元,2024年产值44亿元。\n", encoding="utf-8")
    asked = "丙县2024年的产值比2022年多多少?"
    assert "9亿元" in working("相差", 后="44亿元", 先="35亿元").ask(asked).text
    assert "3亿元" not in working("相差", 后="44亿元", 先="41亿元").ask(asked).text


def test_words_that_name_no_day_are_no_moment(working):
    rag = working("最多")
    lines = sentences_for(rag, "甲镇新桥何时开工?")
    (_, _, when), (_, _, none) = moments(read_operands("相隔|开工=@1:7月5日|其他=@1:47座"), lines)
    assert when and when.iso == "2024-07-05" and none is None


@pytest.mark.parametrize("text", ["", "无", "胡说|甲=@1:5"])
def test_what_names_nothing_to_be_done_is_no_operands(text):
    assert read_operands(text) is None


def test_operands_that_are_written_badly_have_no_figures():
    taken = read_operands("合计|甲|乙=47座|丙=@x:3")
    assert taken and all(one.figures == () for one in taken.operands)
    assert read_operands("相差|甲=@2:5吨-@3:1吨").operands == (Operand("甲", (CopiedFigure(1, 1, "5吨"), CopiedFigure(-1, 2, "1吨"))),)


RAIN = """山报 2021年2月22日

# 山顶气象站

本报讯 山顶气象站公布近三年的雨量。

| 年份 | 雨量(毫米) |
|---|---|
| 2018年 | 812 |
| 2019年 | 640 |
| 2020年 | 905 |
"""


@pytest.mark.parametrize(("asked", "shown"), [
    ("2018年到2020年哪一年的雨量最少?", "最低的是2019年:640毫米"), ("2016年到2017年哪一年的雨量最少?", "")])
def test_what_lies_between_two_named_times_is_of_the_time_asked_about(open_rag, pages, monkeypatch, asked, shown):
    (pages / "rain.md").write_text(RAIN, encoding="utf-8")

    def write(prompt):
        first = int(re.search(r"^(\d+) 年份 2018年", prompt.user, re.M).group(1))
        return f"最少|雨量=@{first}~{first + 2}:雨量(毫米)"

    rag = open_rag(read="无", operands=write)
    monkeypatch.setattr(rag, "classify", lambda *_: ("rank", 0.9))
    monkeypatch.setattr("rag.steps.plan_question", lambda *_: Planned(None, 0.1))
    answer = rag.ask(asked)
    assert answer.text.startswith(shown) if shown else answer.refused
