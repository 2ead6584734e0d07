"""What was gathered and worked out is checked anew, and whatever was changed afterwards is found."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from fakes import SharedWords

from rag.errors import QuestionError
from rag.reader import ReaderScores, Sentence
from rag.verify import Check, check_derived, check_rows

ASKED = "甲镇今年新开工和续建的桥梁一共多少座?"
PARTS = {"plan": "合计|甲镇今年新开工桥梁多少座?|甲镇续建桥梁多少座?", "term": "bridges"}


def wrong(checks: Sequence[Check]) -> list[str]:
    return [check.what for check in checks if not check.holds]


class NewAndGoneOn(SharedWords):
    """Reads the bridges that were begun out of a sentence, or those that were gone on with, as it is asked."""

    def read(self, question: str, sentences: Sequence[Sentence]) -> ReaderScores:
        self.knows = ("44座",) if "续建" in question else ("47座",)
        return super().read(question, sentences)


@pytest.fixture
def summed(open_rag) -> tuple[Any, dict[str, Any]]:
    rag = open_rag(read="47座", **PARTS)
    rag.reader = NewAndGoneOn()
    return rag, rag.ask(ASKED, operation="sum").to_dict()


def test_an_answer_that_was_worked_out_is_checked_row_by_row(summed):
    rag, answer = summed
    checks = rag.verify(answer)
    assert answer["operation"] == "sum" and len(answer["rows"]) == 2 and not wrong(checks)
    told = [check.what for check in checks]
    assert told[-5:] == ["[1] holds the figure of row 1", f"[{answer['rows'][1]['citations'][0]}] holds the figure of row 2",
                         "the sum follows from its rows", "the sum is stated as it was worked out",
                         "every figure of the answer stands in a quotation"]


@pytest.mark.parametrize(("change", "found"), [
    ({"value": "48"}, "[1] holds the figure of row 1"), ({"shown": "48座"}, "[1] holds the figure of row 1"),
    ({"start": 0}, "[1] holds the figure of row 1"), ({"kind": "percent"}, "[1] holds the figure of row 1"),
    ({"unit": "个"}, "[1] holds the figure of row 1"), ({"citations": [9]}, "[9] holds the figure of row 1"),
    ({"citations": []}, "[0] holds the figure of row 1")])
def test_a_row_that_was_changed_is_found(summed, change, found):
    rag, answer = summed
    answer = copy.deepcopy(answer)
    answer["rows"][0].update(change)
    assert found in wrong(rag.verify(answer))


def test_a_result_that_was_changed_is_found_in_the_record_and_in_the_text(summed):
    rag, answer = summed
    derived = answer["derived"]
    assert wrong(rag.verify({**answer, "derived": {**derived, "value": "95"}})) == [
        "the sum follows from its rows", "the sum is stated as it was worked out"]
    assert wrong(rag.verify({**answer, "derived": {**derived, "shown": "95座"}})) == [
        "the sum is stated as it was worked out", "every figure of the answer stands in a quotation"]
    assert wrong(rag.verify({**answer, "answer": answer["answer"].replace(derived["shown"], "95座")})) == [
        "every figure of the answer stands in a quotation"]
    assert wrong(rag.verify({**answer, "missing": ["95座"], "parts": ["95座"], "answer": "95座"})) == [
        "every figure of the answer stands in a quotation"]


def worked(
    operation: str, value: str, shown: str, *rows: str, kind: str = "number", unit: str = "吨", of: str = "number"
) -> list[Check]:
    told = [{"value": row, "kind": of, "unit": unit if of == "number" else ""} for row in rows]
    derived: Mapping[str, Any] = {"operation": operation, "rows": list(range(len(rows))), "value": value, "kind": kind,
                                  "unit": unit if kind == "number" else "", "shown": shown}
    return list(check_derived({"rows": told, "derived": derived}))


@pytest.mark.parametrize(("operation", "value", "shown", "rows", "kind", "of"), [
    ("difference", "53", "53吨", ("241", "188"), "number", "number"),
    ("difference", "-53", "53 tonnes", ("188", "241"), "number", "number"),
    ("difference", "11/10", "1.1个百分点", ("21/10", "1"), "points", "percent"),
    ("compare", "66400000000", "66.4 billion tonnes", ("847500000000", "781100000000"), "number", "number"),
    ("sum", "429", "429吨", ("241", "188"), "number", "number"),
    ("average", "430/3", "约143.33吨", ("241", "188", "1"), "number", "number"),
    ("share", "100/3", "about 33.33%", ("1", "3"), "percent", "number"),
    ("percent_change", "20", "20%", ("120", "100"), "percent", "number"),
    ("percent_change", "-20", "20%", ("80", "100"), "percent", "number")])
def test_every_operation_is_worked_out_anew(operation, value, shown, rows, kind, of):
    assert len(worked(operation, value, shown, *rows, kind=kind, of=of)) == 2
    assert not wrong(worked(operation, value, shown, *rows, kind=kind, of=of))
    name = operation.replace("_", " ")
    assert f"the {name} follows from its rows" in wrong(worked(operation, f"{value}1", shown, *rows, kind=kind, of=of))
    assert wrong(worked(operation, value, "7.5吨", *rows, kind=kind, of=of)) == [f"the {name} is stated as it was worked out"]


def test_a_count_is_that_of_its_rows():
    assert not wrong(worked("count", "2", "2", "", "", unit=""))
    assert wrong(worked("count", "3", "3", "", "", unit="")) == ["the count follows from its rows"]


@pytest.mark.parametrize(("rows", "seen"), [
    (("1", ""), "another number of figures"), (("1", "2", "3"), "another number of figures"), (("1", "0"), "divide by is 0")])
def test_what_cannot_be_worked_out_does_not_hold_and_says_why(rows, seen):
    [check] = worked("share", "5", "5%", *rows, kind="percent")
    assert not check.holds and seen in check.seen


def test_figures_of_two_kinds_are_not_added_up():
    rows = [{"value": "1", "kind": "number", "unit": "吨"}, {"value": "2", "kind": "number", "unit": "人"}]
    derived = {"operation": "sum", "rows": [0, 1], "value": "3", "kind": "number", "unit": "吨", "shown": "3吨"}
    [check] = check_derived({"rows": rows, "derived": derived})
    assert not check.holds and "different things" in check.seen


def test_a_figure_of_a_table_is_printed_with_the_unit_of_its_column_and_a_row_without_a_figure_is_not_checked():
    quote = "季度 一季度 | 产值(亿元) 38.4"
    row = {"value": "3840000000", "shown": "38.4亿元", "kind": "number", "unit": "元", "citations": [1],
           "start": quote.index("38.4"), "end": len(quote)}
    answer = {"citations": [{"number": 1, "quote": quote}], "rows": [row, {"value": ""}]}
    assert list(check_rows(answer)) == [Check("[1] holds the figure of row 1", True)]
    assert wrong(list(check_rows({**answer, "rows": [{**row, "shown": "38.4万元"}]})))


def test_the_months_of_a_series_are_no_figures_that_stand_nowhere(open_rag, pages):
    for month, count in ((1, 31), (2, 32), (3, 33)):
        (pages / f"{month}.md").write_text(
            f"# 丁镇架桥\n\n本报讯 2023年{month}月,丁镇架桥{count}座。\n", encoding="utf-8")
    rag = open_rag(read="座", plan="丁镇2023年1月至4月架桥多少座?")
    answer = rag.ask("2023年1月至4月,丁镇每月架桥多少座?", operation="series").to_dict()
    assert [row["value"] for row in answer["rows"]] == ["31", "32", "33"] and answer["missing"] == ["2023年4月"]
    assert not wrong(rag.verify(answer))
    assert wrong(rag.verify({**answer, "answer": answer["answer"] + "另有8座。"}))


# -- an operation that is asked for ---------------------------------------------------------------------------


def test_an_operation_that_is_named_is_done_and_none_is_told_from_the_question(open_rag, monkeypatch):
    rag = open_rag(read="47座", **PARTS)
    rag.reader = NewAndGoneOn()
    asks, told = rag.classify, []

    def spy(query, operation=""):
        told.append(operation)
        return asks(query, operation or "sum")

    monkeypatch.setattr(rag, "classify", spy)
    assert rag.ask(ASKED).operation == "sum" and told == [""]
    assert rag.ask(ASKED, operation="lookup").operation == "lookup" and told[1:] == ["lookup"]


def test_an_unknown_operation_is_refused_with_those_that_are_known(open_rag):
    with pytest.raises(QuestionError, match=r"'dance' is unknown; use one of lookup, each, series, .*coincide"):
        open_rag().ask(ASKED, operation="dance")


def test_kept_answers_are_kept_apart_by_their_operation(open_rag, config):
    rag = open_rag(read="47座", **PARTS)
    rag.reader = NewAndGoneOn()
    rag.config = config.model_copy(update={"answering": config.answering.model_copy(update={"kept": 8})})
    assert rag.ask(ASKED, operation="sum").operation == "sum"
    assert rag.ask(ASKED, operation="lookup").operation == "lookup"
    again = rag.ask(ASKED, operation="sum")
    assert again.operation == "sum" and "kept" in again.seconds
