"""Questions that take several figures: taken apart, gathered, worked out, told."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from rag import Rag
from rag.answer.choose import CandidateSentence
from rag.config import Config, Index, Source
from rag.gather import compute
from rag.gather.answer import AnswerTable, _agreement, _in_time, tell
from rag.gather.candidates import Candidate, candidates, figure_in, with_generator_votes
from rag.gather.compute import CannotComputeError, Value
from rag.gather.draft import plan_question
from rag.gather.gather import SubQuestionResult
from rag.gather.ground_operands import without_total
from rag.gather.plan import Plan, SubQuestion, make_plan, runs_of
from rag.gather.prompts import read_plan
from rag.gather.rows import choose_jointly
from rag.gather.survey import first_told, time_of
from rag.gather.tell import Line
from rag.language.figures import figures_of, time_at
from rag.language.when import When, times_in
from rag.reader import SentenceScores
from rag.records import Article, Passage, Row
from rag.verify import check_derived, check_rows


def labels(text, written=""):
    return [time.when.label for time in times_in(text, written)]


@pytest.mark.parametrize("text, wanted", [
    ("2023年1月至6月", ["2023年上半年"]),
    ("2022年11月到2023年2月", ["2022年11月", "2023年2月"]),
    ("2024年7、8、9三个月", ["2024年7月", "2024年8月", "2024年9月"]),
    ("2024年一季度比2023年同期", ["2024年一季度", "2023年一季度"]),
    ("from January to June 2023", ["2023年1月", "2023年6月"]),
    ("from 1 to 7 October 2023", ["2023年10月1日", "2023年10月7日"]),
    ("the first three quarters of 2023, and Q4 2023", ["2023年1—9月", "2023年四季度"]),
    ("5G手机卖了3台 in 2021", ["2021年"]),
    ("2023年最后三个月和2022年后两个季度", ["2023年四季度", "2022年下半年"]),
    ("the last three months of 2023, the final quarter of 2022, last quarter", ["2023年四季度", "2022年四季度"]),
    ("the first eleven months of 2024 above the same stretch of 2023", ["2024年1—11月", "2023年1—11月"]),
    ("the May Day holiday", []),
    ("一个月内完成13月", []),
])
def test_times_of_a_text_are_read_with_their_place(text, wanted):
    assert labels(text) == wanted
    for time in times_in(text):
        assert text[time.start : time.end]


def test_a_time_without_a_year_takes_that_of_its_article():
    assert labels("12月出口,今年前两个月进口,去年全年", "2024-03-09") == ["2023年12月", "2024年1—2月", "2023年"]


def test_a_figure_belongs_to_the_time_named_last_before_it():
    text = "一季度增长4.5%,二季度增长6.3%,比2022年二季度快。"
    assert [time_at(text, figure.start, "2023-07-17").label for figure in figures_of(text)] == ["2023年一季度", "2023年二季度"]


def planned(plan, question):
    return make_plan(read_plan(plan), question)


@pytest.mark.parametrize("plan, question, wanted", [
    ("走势|2023年11月至2024年1月出口额", "2023年11月到2024年1月出口多少?", ["2023年11月", "2023年12月", "2024年1月"]),
    ("相差|3月产量|2月产量", "3月比2月的产量多多少?", ["3月", "2月"]),
    ("排名|2024年各季度出口额", "2024年哪个季度出口最高?", ["2024年一季度", "2024年二季度", "2024年三季度", "2024年四季度"]),
    ("合计|2023年西坪村的产量|2023年青山镇的产量", "2023年西坪村和青山镇的产量一共多少吨?", ["西坪村", "青山镇"]),
    ("合计|2016年登陆的台风个数|2017年登陆的台风个数", "2016、2017两年登陆的台风一共几个?", ["2016年", "2017年"]),
    ("合计|2022年第五届博览会成交额|2023年第六届博览会成交额", "2022年第五届和2023年第六届博览会成交额共多少?",
     ["2022年第五届", "2023年第六届"]),
    ("走势|2023年1月至3月出口额", "How did exports develop from 2023年1月 to 2023年3月?", ["2023年1月", "2023年2月", "2023年3月"]),
    ("比较|甲城2020年的产量|乙县2020年的产量", "甲城和乙县2020年哪个产量高?", ["甲城", "乙县"]),
    ("走势|2023年6月出口额|2023年8月出口额", "How did exports move from 2023年6月 to 2023年8月?",
     ["2023年6月", "2023年7月", "2023年8月"]),
    ("最新|会员人数", "最新的会员人数是多少?", []),
    ("排名|2023年各村的产量", "2023年哪个村的产量最高?", []),
])
def test_a_plan_has_a_term_for_each_thing_or_time(plan, question, wanted):
    assert [term.label for term in planned(plan, question).terms] == wanted


def test_a_plan_with_a_part_of_which_the_question_says_nothing_is_not_worked_with():
    assert not planned("走势|2023年5月的出口额|2023年6月的出口额", "2023年1月至2月出口走势如何?").terms
    assert not planned("合计|甲县产粮|乙县产粮|丙县1号粮库产粮", "甲、乙、丙三县产粮一共多少?").terms


@pytest.mark.parametrize("text, wanted", [
    ("相差|甲|乙|丙|31", ((2, 0), ("甲", "乙", "丙"))),
    ("相差|甲|乙|41", ((), ("甲", "乙"))),
    ("合计|甲|乙|丙|11", ((), ("甲", "乙", "丙"))),
    ("合计|甲|乙|丙|12", ((0, 1), ("甲", "乙", "丙"))),
    ("合计|甲|乙|丙|31", ((), ("甲", "乙", "丙"))),  # no order of a sum
    ("查一", ((), ())),
])
def test_the_order_of_a_plan_names_its_parts(text, wanted):
    plan = read_plan(text)
    assert (plan.order, plan.parts) == wanted


@pytest.mark.parametrize("text, ends, parts", [
    ("排名|甲县各月产粮|最少", ("least",), ("甲县各月产粮",)), ("排名|甲县|乙县|两头", ("most", "least"), ("甲县", "乙县")),
    ("排名|甲县各月产粮", ("most",), ("甲县各月产粮",)),
])
def test_the_plan_of_a_rank_tells_which_end_is_asked_for(text, ends, parts):
    plan = read_plan(text)
    assert (plan.ends, plan.parts) == (ends, parts)
    assert make_plan(plan, "甲县和乙县哪个月产粮?").ends == ends


def test_the_amount_that_has_a_price_is_no_figure():
    assert [figure.text for figure in figures_of("品种 白菜 | 本周 4.20元/500克 | 上周 3.30元/500克")] == ["4.20", "3.30"]


def test_the_name_of_a_row_is_no_figure_and_the_sum_of_a_column_no_row_of_it():
    text = "线路 12路 | 客流 35"
    article = Article("a", "p", "d", text)
    piece = CandidateSentence(article, Passage("x", "a", text, 0, len(text)), 0, len(text), text,
                              log_odds_alone=1.0, span_scores=SentenceScores(
        1.0, np.array([[3, 5], [12, 14]]), np.log([0.9, 0.1]), np.log([0.9, 0.1])))
    assert [one.shown for one in candidates([piece], SubQuestion("12路客流多少?"))] == ["35"]

    def cells(*values):
        figures = [Candidate(piece, 12, 14, Fraction(value), "number", "", None, 0.0) for value in values]
        rows = [SubQuestionResult(SubQuestion("?"), figure) for figure in figures]
        return [row.value.value for row in without_total(rows) if row.value]

    assert (cells(3, 4, 7), cells(3, 4, 8), cells(5, 5)) == ([3, 4], [3, 4, 8], [5, 5])
    assert len(runs_of("from March to June 2023")) == 1


# -- arithmetic ------------------------------------------------------------------------------------------------------


def number(text, unit="吨", kind="number"):
    return Value(Fraction(text), kind, unit)


def test_arithmetic_is_exact():
    assert compute.difference(number("241"), number("188")).value == 53
    assert compute.total([number("0.1"), number("0.2")]).value == Fraction("0.3")
    assert compute.average([number("1"), number("2")]).value == Fraction(3, 2)
    assert compute.share(number("1"), number("3")).value == Fraction(100, 3)
    assert compute.percent_change(number("90"), number("100")).value == -10
    assert compute.difference(number("2.1", "", "percent"), number("1", "", "percent")).kind == "points"


@pytest.mark.parametrize("work, values, why", [
    (compute.difference, (number("1", "元"), number("2", "人")), "count different things"),
    (compute.share, (number("1"), number("0")), "divide by is 0"),
    (compute.difference, (number("1", "", "percent"), number("2", "")), "percentage and another"),
    (compute.percent_change, (number("1", "", "percent"), number("2", "", "percent")), "percentage points"),
])
def test_what_cannot_be_computed_is_refused_with_the_reason(work, values, why):
    with pytest.raises(CannotComputeError, match=why):
        work(*values)


def test_nothing_is_summed_up_of_nothing_or_of_percentages():
    with pytest.raises(CannotComputeError, match="no figure"):
        compute.total([])
    with pytest.raises(CannotComputeError, match="cannot be added"):
        compute.total([number("1", "", "percent")])


# -- a small page ----------------------------------------------------------------------------------------------------

PAGE = """# 白沙港前三个月吞吐量公布

本报讯 白沙港今年1月完成货物吞吐量150万吨,2月完成121万吨,3月完成172万吨。港务局表示,码头二期今年开工。

# 青山镇公布茶园情况

本报讯 记者 何川 日前,青山镇公布了各村茶园情况,见下表。

| 村 | 面积(亩) | 产量(吨) |
|---|---|---|
| 东坪村 | 1820 | 96 |
| 西坪村 | 2460 | 131 |
| 南坪村 | 1310 | 74 |

# 白沙新区公布季度产值

本报讯 日前,白沙新区公布了两年的季度产值,见下表。

| 季度 | 2023年产值(亿元) | 2024年产值(亿元) |
|---|---|---|
| 一季度 | 39.2 | 35.7 |
| 二季度 | 33.9 | 38.4 |
| 三季度 | 34.5 | 40.1 |
"""


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    """A page with months and a table, read and indexed by the real models."""
    home = tmp_path_factory.mktemp("port")
    (home / "page.txt").write_text(PAGE, encoding="utf-8")
    rag = Rag.open(Config(source=Source(paths=(home / "page.txt",)), index=Index(dir=home / "index")))
    rag.build()
    return rag


@pytest.mark.models
@pytest.mark.parametrize("question, operation, wanted", [
    ("白沙港3月比2月多完成多少万吨?", "difference", "51万吨"),
    ("白沙港1月、2月和3月一共完成货物吞吐量多少万吨?", "sum", "443万吨"),
    ("By how much did Baisha port's cargo throughput in March exceed that in February?", "difference", "510,000 tonnes"),
    ("青山镇哪个村的茶叶产量最高?", "rank", "西坪村"),
    ("青山镇哪个村的茶叶产量最低?", "rank", "最低的是"),
])
def test_figures_of_a_page_are_worked_out_and_can_be_verified(port, question, operation, wanted):
    answer = port.ask(question, operation=operation)
    assert wanted in answer.text and not answer.refused and not answer.missing
    assert len(answer.rows) > 1 and all(row.citations for row in answer.rows)
    assert all(check.holds for check in port.verify(answer.to_dict()))


@pytest.mark.models
def test_a_rank_over_a_year_of_which_a_quarter_is_missing_says_so(port):
    answer = port.ask("白沙新区2024年哪个季度的产值最高?", operation="rank")
    assert "三季度:40.1亿元" in answer.text and answer.missing in ((), ("2024年四季度",)) and "39.2" not in answer.text
    assert all(check.holds for check in port.verify(answer.to_dict()))


@pytest.mark.models
def test_what_no_report_tells_is_named_and_nothing_is_worked_out(port):
    answer = port.ask("白沙港5月比2月多完成多少万吨?", operation="difference")
    assert answer.refused and answer.derived is None and len(answer.missing) == 1 and answer.missing[0].startswith("5月")


@pytest.mark.models
def test_one_report_agrees_with_no_other(port):
    answer = port.ask("各条报道对白沙港3月完成的货物吞吐量说法一致吗?", operation="conflict")
    assert answer.refused and answer.derived is None and "172万吨" in answer.text and len(answer.rows) == 1


@pytest.mark.models
def test_the_ledger_lists_figures_with_their_times_and_sentences(port):
    found = port.facts("白沙港 货物吞吐量", unit="吨")
    assert [(entry.fact.shown, entry.fact.period) for entry in found] == [("150万吨", "--01"), ("121万吨", "--02"), ("172万吨", "--03")]
    assert all(entry.fact.shown in entry.quote for entry in found)


@pytest.mark.models
def test_a_question_for_one_fact_is_looked_up_and_one_for_several_is_worked_out(port):
    def plan_of(question):
        query = port.parse_question(question)
        return plan_question(query, *port.classify(query), port.generator, port.config.answering.work_out).plan

    assert plan_of("白沙港今年1月完成货物吞吐量多少万吨?") is None
    assert plan_of("白沙港3月比2月多完成多少万吨?").operation == "difference"


def test_a_figure_that_the_generator_takes_goes_before_the_others():
    from types import SimpleNamespace

    text = "一月42万吨,二月43万吨。"
    article = Article("a", "p", "d", text)
    piece = CandidateSentence(article, Passage("x", "a", text, 0, len(text)), 0, len(text), text, log_odds_alone=0.0)
    found = [Candidate(piece, at, at + 4, Fraction(value), "number", "吨", None, -0.5) for at, value in ((2, 420000), (9, 430000))]
    words = [SimpleNamespace(piece=piece, start=9, end=11)]
    assert [(one.value, one.written) for one in with_generator_votes(found, words)] == [(430000, 1.0), (420000, -1.0)]
    assert [one.written for one in with_generator_votes(found, [])] == [0.0, 0.0]


def reported(shown, value, day, taken=(), score=3.0):
    text = f"事故造成{shown}死亡。"
    article = Article(f"a{day}", "p", f"d{day}", text, date=day)
    piece = CandidateSentence(article, Passage("x", "a", text, 0, len(text)), 0, len(text), text,
                              log_odds_alone=score, generator_spans=taken)
    found = Candidate(piece, 4, 4 + len(shown), Fraction(value), "number", "人", None, -0.1, True, written=1.0)
    return SubQuestionResult(SubQuestion("死亡人数", None, day), found, score)


@pytest.mark.parametrize("rows, wanted", [
    ([reported("261人", 261, "2023-06-03"), reported("288人", 288, "2023-06-04")], "differ"),
    ([reported("30870人", 30870, "2023-06-03"), reported("3万人", 30000, "2023-06-04")], ""),  # rounded
    ([reported("约261人", 261, "2023-06-03"), reported("288人", 288, "2023-06-04")], ""),
    ([reported("261人", 261, "2023-06-03"), reported("288人", 288, "2023-06-04", score=-2.0)], ""),  # unlikely
    ([replace(reported("261人", 261, "2023-06-03"), others=(reported("261人", 261, "2023-06-04").found,))], "agree"),
    ([reported("261人", 261, "2023-06-03")], ""),
])
def test_reports_differ_only_by_figures_that_no_rounding_makes_equal(rows, wanted):
    assert _agreement(rows) == wanted


def measured(sentences):
    """Rows that were gathered: the label of each and the figure of its sentence."""
    rows = []
    for number, (label, text) in enumerate(sentences):
        article = Article(f"a{number}", "p", f"d{number}", text)
        passage = Passage(f"x{number}", f"a{number}", text, 0, len(text))
        piece = CandidateSentence(article, passage, 0, len(text), text, log_odds_alone=2.0, score=2.0)
        figure = figures_of(text)[-1]
        found = figure_in(piece, figure, None, SubQuestion(""), 1.0)
        rows.append(SubQuestionResult(SubQuestion(f"{label}是多少?", None, label), found, 3.0))
    return rows


@pytest.mark.parametrize("operation, question, sentences, said", [
    ("difference", "7月同比比8月低多少?", (("7月", "同比下降0.3%。"), ("8月", "同比上涨0.1%。")), "7月比8月少0.4个百分点"),
    ("rank", "哪个月涨幅最大?", (("7月", "同比下降0.3%。"), ("8月", "同比上涨0.1%。")), "最高的是8月:上涨0.1%"),
    ("rank", "哪个月跌得最多?", (("7月", "同比下降0.3%。"), ("8月", "同比下降0.5%。")), "最高的是8月:下降0.5%"),
    ("sum", "夏粮和早稻一共多少亿斤?", (("夏粮", "夏粮总产量14613万吨。"), ("早稻", "早稻总产量566.7亿斤。")), "合计3489.3亿斤"),
    ("difference", "两届相差多少人?", (("新届", "到会25.3万名。"), ("上届", "到会19.8万人。")), "新届比上届多5.5万人"),
    ("sum", "一共多少?", (("甲", "开工3个。"), ("乙", "投资5亿元。")), "无法算出:这些数字的单位不同(个, 元)"),
])
def test_falls_are_negative_and_units_convert_where_they_do_so_exactly(operation, question, sentences, said):
    rows = measured(sentences)
    answer = tell(Plan(operation, question, tuple(row.term for row in rows)), rows, "zh", str)
    assert said in answer.text
    assert all(check.holds for check in [*check_rows(answer.to_dict()), *check_derived(answer.to_dict())])


@pytest.mark.parametrize("language, said", [
    ("zh", "资料里没有9月的数字。其余各项中最高的是8月:96吨[2]。"),
    ("en", "The archive has no figure for 9月. Highest of the others: 8月, 96 tonnes[2]."),
])
def test_a_rank_that_lacks_a_figure_says_so_first(language, said):
    missing = SubQuestionResult(SubQuestion("9月产量是多少?", None, "9月"), None)
    rows = [*measured((("7月", "产量93吨。"), ("8月", "产量96吨。"))), missing]
    answer = tell(Plan("rank", "哪个月最高?", tuple(row.term for row in rows)), rows, language, str)
    assert answer.text.startswith(said) and answer.missing == ("9月",)


def test_figures_that_are_worked_with_are_of_one_measure():
    def figure(label, text, score):
        return replace(measured([(label, text)])[0].found, likely=score)

    of_may = [figure("五一", "出游收入1480亿元。", 0.0), figure("五一", "出游2.74亿人次。", -1.0)]
    terms = [[figure("春节", "出游3.08亿人次。", -0.1)], of_may]
    assert [best[0].unit for best in choose_jointly(terms)] == ["人次", "元"]
    assert [best[0].unit for best in choose_jointly(terms, of_one_measure=True)] == ["人次", "人次"]


def in_time(operation, question, *days, order=()):
    names = ("甲桥通车", "乙矿停产", "丙塔落成")
    rows = tuple(Row(name, day, "", day, "time", "", (1,)) for name, day in zip(names, days, strict=False))
    lines = tuple(Line(row.label, row.shown, "[1]") for row in rows)
    plan = Plan(operation, question, tuple(SubQuestion(row.label) for row in rows), order)
    return _in_time(plan, AnswerTable(rows, lines, (), (), tuple(range(len(rows)))), "zh")


@pytest.mark.parametrize("days, said, value", [
    (("2023-03-13", "2023-05-01"), "最早的是甲桥通车(2023-03-13),相隔49天", "49"),
    (("2023-05-01", "2023-05-01"), "甲桥通车、乙矿停产在同一时间(2023-05-01)", ""),
    (("2023-03", "2023-05-01"), "最早的是甲桥通车(2023-03)", "")])
def test_of_events_the_first_is_told_with_the_days_between_or_that_none_was_first(days, said, value):
    told, derived = in_time("first", "甲桥通车和乙矿停产哪个在先?", *days)
    assert told == said and derived and derived.value == value


@pytest.mark.parametrize("operation, question, days, order, wanted", [
    ("apart", "从甲桥通车到丙塔落成几天?", ("2023-01-01", "2023-01-09", "2023-01-03"), (0, 2), "相隔2天"),
    ("apart", "三件事前后相隔几天?", ("2023-01-01", "2023-01-09", "2023-01-03"), (), "相隔8天"),
    ("coincide", "是同一天吗?", ("2023-04", "2023-05"), (), "不是"),
    ("coincide", "甲桥通车和丙塔落成是同一天吗?", ("2023-04-07", "2023-05-07", "2023-04-07"), (0, 2), "是"),
])
def test_the_events_of_a_plan_are_compared_in_time(operation, question, days, order, wanted):
    assert in_time(operation, question, *days, order=order)[0] == wanted


@pytest.mark.parametrize("operation, question, days", [
    ("apart", "相隔几天?", ("2023-01", "2023-02-03")), ("first", "哪个在先?", ("2023-04", "2023-04-07")),
    ("first", "哪个在先?", ("--02", "2023-04-07")), ("coincide", "是同一天吗?", ("2023-04", "2023-04")),
    ("coincide", "是同一月吗?", ("--04", "2023-04")),
])
def test_times_are_compared_only_as_precisely_as_they_are_known(operation, question, days):
    with pytest.raises(CannotComputeError, match="days of these events"):
        in_time(operation, question, *days)


def test_a_report_of_what_is_to_come_yields_to_one_of_what_was():
    def told(text, day):
        article = Article(f"a{day}", "p", "d", text, date=day)
        return CandidateSentence(article, Passage("x", "a", text, 0, len(text)), 0, len(text), text, score=2.0)

    plan, done = told("大桥计划于2024年5月通车。", "2023-09-29"), told("大桥今天通车。", "2024-05-03")
    assert first_told([plan, done]) is done and time_of(plan).iso == "2024-05" and time_of(done).iso == "2024-05-03"
    assert first_told([plan], When(2023, 1, 12)) is None


def test_of_a_sentence_read_by_itself_the_figure_that_the_generator_takes_is_meant():
    text = "冲突造成95人死亡,累计45028人死亡。"
    article = Article("a", "p", "d", text)
    scores = SentenceScores(1.0, np.array([[4, 7], [12, 18]]), np.log([0.6, 0.4]), np.log([0.6, 0.4]))
    piece = CandidateSentence(article, Passage("x", "a", text, 0, len(text)), 0, len(text), text,
                              log_odds_alone=1.0, span_scores=scores)
    assert candidates([piece], SubQuestion("累计死亡人数?"))[0].shown == "95人"
    assert candidates([replace(piece, generator_spans=((12, 18),))], SubQuestion("累计死亡人数?"))[0].shown == "45028人"


def test_one_figure_is_not_both_the_part_and_the_whole():
    from types import SimpleNamespace

    from rag.gather.gather import _is_told_better

    def figure(passage, value):
        piece = SimpleNamespace(passage=SimpleNamespace(passage_id=passage), start=0)
        return SimpleNamespace(piece=piece, start=3, value=Fraction(value), measure=("money", "元"))

    year, other = When(2023, 1, 12), When(2022, 1, 12)
    same, unlike = [(figure("a", 67), 2.0), (figure("b", 67), 1.0)], [(figure("a", 67), 2.0), (figure("b", 549), 1.0)]
    assert [_is_told_better(at, [SubQuestion("", year), SubQuestion("", year)], same) for at in (0, 1)] == [False, True]
    assert not _is_told_better(1, [SubQuestion("", year), SubQuestion("", other)], same)  # two times may have as much
    assert not _is_told_better(1, [SubQuestion("", year), SubQuestion("", year)], unlike)


@pytest.fixture(scope="module")
def canal(tmp_path_factory):
    """Three reports of one canal, on three days, among others."""
    home = tmp_path_factory.mktemp("canal")
    items = [("2023-03-02", "南渠累计调水超过六百亿立方米",
              "水利局今天公布,南渠工程全面通水以来,累计调水突破600亿立方米,受益人口超过1亿。"),
             ("2024-03-18", "南渠供水再上台阶", "截至今天,南渠工程全面建成通水以来,累计调水突破700亿立方米。"),
             ("2024-12-12", "南渠通水十年", "截至12月12日,南渠工程全面通水以来累计调水超过767亿立方米,水质稳定达标。"),
             ("2023-05-04", "青山镇春茶开采", "青山镇今年春茶产量预计达到131吨,比上年增加7吨。")]
    lines = [json.dumps({"doc_id": f"i{n}", "date": day, "title": title, "text": text}, ensure_ascii=False)
             for n, (day, title, text) in enumerate(items)]
    (home / "news.jsonl").write_text("\n".join(lines), encoding="utf-8")
    rag = Rag.open(Config(source=Source(paths=(home / "news.jsonl",)), index=Index(dir=home / "index")))
    rag.build()
    return rag


@pytest.mark.models
@pytest.mark.parametrize("question, words", [
    ("最近一次报道里,南渠累计调水多少亿立方米?", ("2024年12月12日", "767亿立方米")),
    ("What is the latest figure for the water that the Nanqu canal has delivered in all?", ("December 12, 2024", "76.7 billion")),
])
def test_the_latest_figure_is_that_of_the_newest_report(canal, question, words):
    answer = canal.ask(question, operation="latest")
    assert all(word in answer.text for word in words) and "700" not in answer.text and not answer.refused
    assert all(check.holds for check in canal.verify(answer.to_dict()))


@pytest.mark.models
def test_the_first_report_is_the_oldest(canal):
    answer = canal.ask("报上最早什么时候报道南渠累计调水?", operation="first")
    assert "2023年3月2日" in answer.text and "600亿立方米" in answer.text and not answer.refused
    assert all(check.holds for check in canal.verify(answer.to_dict()))


@pytest.mark.models
def test_of_two_events_the_first_is_told_and_how_many_days_lie_between(canal):
    answer = canal.ask("青山镇春茶开采和南渠累计调水突破700亿立方米,哪个在先?", operation="first")
    assert "青山镇春茶开采" in answer.text and "相隔319天" in answer.text and not answer.refused
    assert answer.derived and answer.derived.value == "319"
    assert all(check.holds for check in canal.verify(answer.to_dict()))


@pytest.mark.parametrize("plan, question, wanted", [
    ("走势|2015年至2018年波兰失业率", "Show me how unemployment in Poland changed from 2015年 through 2018年",
     ["2015年波兰失业率是多少?", "2016年波兰失业率是多少?", "2017年波兰失业率是多少?", "2018年波兰失业率是多少?"]),
    ("先后|甲桥通车|乙桥通车", "甲桥和乙桥哪座先通车?", ["甲桥通车", "乙桥通车"]),
    ("合计|甲县产粮|乙县产粮", "2020年至2022年甲县和乙县一共产粮多少?",
     ["2020年至2022年甲县产粮是多少?", "2020年至2022年乙县产粮是多少?"]),
    ("相隔|2020年5月甲桥开工|乙桥通车", "2020年5月甲桥开工,乙桥哪天通车,隔了几天?", ["2020年5月甲桥开工", "乙桥通车"]),
    ("相差|臺東縣2021年稻穀產量|屏東縣2021年稻穀產量", "臺東縣2021年稻穀產量比屏東縣多多少?",
     ["台东县2021年稻谷产量是多少?", "屏东县2021年稻谷产量是多少?"]),
    ("次数|甲县地震|乙县地震", "甲县和乙县地震几次?", []),
])
def test_terms_are_asked_as_they_are_meant(plan, question, wanted):
    assert [term.question for term in planned(plan, question).terms] == wanted


def test_a_run_of_days_is_gathered_from_the_papers_of_these_days():
    plan = planned("走势|2023年12月30日至1月2日客流量", "2023年12月30日至1月2日客流量怎样变化?")
    assert not plan.terms and (plan.within.since, plan.within.until) == ("2023-12-30", "2024-01-03")
    assert plan.topic.question == "客流量是多少?" and plan.topic.when is None


def test_the_words_of_a_row_are_checked():
    from rag.verify import check_rows

    row = {"value": "", "shown": "甲城", "kind": "text", "unit": "", "citations": [1], "start": 0, "end": 2}
    [held] = check_rows({"citations": [{"number": 1, "quote": "甲城举行。"}], "rows": [row]})
    [failed] = check_rows({"citations": [{"number": 1, "quote": "乙城举行。"}], "rows": [row]})
    assert held.holds and not failed.holds and failed.seen == "乙城"
