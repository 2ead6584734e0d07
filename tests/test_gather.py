"""Questions that take several figures: taken apart, gathered, worked out, told."""

from __future__ import annotations

from fractions import Fraction

import pytest

from rag.gather import compute
from rag.gather.compute import CannotComputeError, Value
from rag.gather.plan import make_plan, runs_of
from rag.language.figures import figures_of, time_at
from rag.language.when import times_in


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


def test_a_run_of_months_is_taken_apart_and_two_times_are_compared():
    same = lambda question, operation: [question]  # noqa: E731
    months = make_plan("series", "2023年11月到2024年1月出口多少?", same).terms
    assert [term.label for term in months] == ["2023年11月", "2023年12月", "2024年1月"]
    assert [term.question for term in make_plan("difference", "3月比2月多多少?", same).terms] == ["3月多多少?", "2月多多少?"]
    assert [term.label for term in make_plan("rank", "2024年哪个季度最高?", same).terms][::3] == ["2024年一季度", "2024年四季度"]
    assert not make_plan("latest", "最新的数字是多少?", same).terms
    assert len(runs_of("between March and June 2023", "series")) == 1


def test_what_the_generator_words_is_taken_only_with_its_time():
    words = {"2023年1月出口走势如何?": ["2023年5月的出口额"]}
    plan = make_plan("series", "2023年1月至2月出口走势如何?", lambda question, operation: words.get(question, [question]))
    assert [term.question for term in plan.terms] == ["2023年1月出口走势如何?", "2023年2月出口走势如何?"]


def test_two_things_are_told_by_what_sets_them_apart():
    plan = make_plan("compare", "甲城和乙县2020年哪个产量高?", lambda question, operation: ["甲城2020年的产量", "乙县2020年的产量"])
    assert [term.label for term in plan.terms] == ["甲城", "乙县"]


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
