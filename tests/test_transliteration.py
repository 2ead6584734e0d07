"""Foreign names are found in Chinese texts by their sound."""

from __future__ import annotations

import pytest

from rag.language.transliteration import best_match, model, transliteration_in

TEXTS = ["西岭港今年完成货物吞吐量230万吨。", "市长石磊会见了来访的科学家格里戈连科,双方签署了合作协议。"]


@pytest.mark.parametrize(("name", "chinese"), [
    ("Grigorenko", "格里戈连科"), ("Hendrickson", "亨德里克森"), ("Lombardini", "隆巴尔迪尼"), ("Pérez-Castro", "佩雷斯卡斯特罗")])
def test_a_name_is_found_by_its_sound(name, chinese):
    assert transliteration_in(name, [*TEXTS[:1], f"记者从{chinese}那里了解到,大桥明年通车。"]) == chinese


def test_a_name_that_stands_nowhere_is_not_found():
    assert transliteration_in("Hendrickson", TEXTS) == ""
    assert transliteration_in("Bridgewater", TEXTS) == ""


def test_short_words_and_empty_texts_match_nothing():
    assert best_match("Li", TEXTS, model()) is None
    assert best_match("Grigorenko", [], model()) is None
    assert best_match("Grigorenko", ["123"], model()) is None
    assert best_match("", TEXTS, model()) is None


def test_traditional_characters_match():
    assert transliteration_in("Grigorenko", ["科學家格里戈連科說"]) == "格里戈连科"


def test_a_question_has_its_foreign_names_as_the_archive_writes_them(open_rag, pages):
    (pages / "visit.md").write_text("# 科学家来访\n\n本报记者 石磊\n\n" + TEXTS[1] + "\n", encoding="utf-8")
    query = open_rag().understand("Whom did Grigorenko meet, and what did Hendrickson say?")
    assert "格里戈连科" in query.named and "Hendrickson" in query.named
    assert ("Grigorenko", "格里戈连科") in query.forms
