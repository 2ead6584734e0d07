"""Figures: values are exact, English forms carry them, and no other figure passes."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.language.quantities import glossary, read, scaled, unsupported


@pytest.mark.parametrize(
    ("text", "value", "kind"),
    [
        ("总投资86.8亿元", Fraction(8_680_000_000), "number"),
        ("集聚人才5.3万人", Fraction(53_000), "number"),
        ("装机6.1亿千瓦", Fraction(610_000_000), "number"),
        ("7000多万元", Fraction(70_000_000), "number"),
        ("占百分之九", Fraction(9), "percent"),
        ("完成两成", Fraction(20), "percent"),
        ("三分之一", Fraction(100, 3), "percent"),
        ("高1.7个百分点", Fraction(17, 10), "percent"),
        ("\uff11\uff16\uff13\uff11家", Fraction(1631), "number"),
        ("三千零八万", Fraction(30_080_000), "number"),
        ("1.2 trillion yuan", Fraction(1_200_000_000_000), "number"),
        ("one hundred and five firms", Fraction(105), "number"),
        ("on 5 July", Fraction(705), "day"),
    ],
)
def test_a_figure_is_read_with_its_exact_value(text: str, value: Fraction, kind: str) -> None:
    assert (value, kind) in {(q.value, q.kind) for q in read(text)}


@pytest.mark.parametrize(
    ("chinese", "english"),
    [
        ("63.2亿元", "6.32 billion yuan"), ("5.3万人", "53,000 people"), ("10万吨", "100,000 tonnes"),
        ("6月20-21日", "June 20-21"), ("1-5月", "January-May"), ("200余名", "more than 200"), ("3个月", "3 months"),
        ("2023年", "2023"), ("近200项", "nearly 200"), ("1.7个百分点", "1.7 percentage points"),
    ],
)
def test_a_chinese_figure_has_one_english_form(chinese: str, english: str) -> None:
    assert glossary(chinese) == [(chinese, english)]


def test_a_figure_wrong_by_ten_is_not_supported() -> None:
    source = ["总投资额63.2亿元"]
    assert unsupported("6.32 billion yuan", source) == []
    assert [q.text for q in unsupported("63.2 billion yuan", source)] == ["63.2 billion"]


def test_a_percentage_needs_a_percentage() -> None:
    assert unsupported("9.5%", ["增长9.5个项目"])
    assert not unsupported("9.5%", ["增长9.5%"])


def test_a_day_is_supported_only_with_its_month() -> None:
    assert unsupported("July 5", ["7月6日"])
    assert unsupported("July 5", ["8月5日"])
    assert not unsupported("July 5", ["7月5日"])


def test_citation_marks_and_soft_numerals_are_no_figures() -> None:
    assert unsupported("一批项目[12],第一", ["项目"]) == []


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 10**13), st.sampled_from(["亿元", "万人", "元", "吨"]))
def test_the_english_form_carries_the_value_of_the_chinese(number: int, unit: str) -> None:
    chinese = f"{number}{unit}"
    english = chinese
    for piece, form in glossary(chinese):
        english = english.replace(piece, form, 1)
    assert unsupported(english, [chinese]) == []
    assert unsupported(chinese, [english]) == []


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 10**15))
def test_a_scaled_number_is_read_back_as_it_was(number: int) -> None:
    assert {q.value for q in read(scaled(Fraction(number)))} == {Fraction(number)}


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="0123456789.,%万亿千百十一二两点分之年月日号成余多近-至 abJulymillion\uff15[]", max_size=40))
def test_no_text_makes_the_reader_fail_and_offsets_hold(text: str) -> None:
    for quantity in read(text):
        assert text[quantity.start : quantity.end] == quantity.text
    glossary(text)
