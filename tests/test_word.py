"""English sentences out of quotations."""

from __future__ import annotations

import pytest
from fakes import Scripted

from rag.answer.choose import CandidateSentence
from rag.answer.locate import located_draft
from rag.answer.word import _replace_term, write_english
from rag.language.names import romanise_names
from rag.records import Article, Passage
from rag.search.query import read_query

TEXT = "广东企业搭乘包机飞往迪拜参展。"
KNOWN = {"迪拜": "Dubai", "广东": "Guangdong", "李德": "Otto Braun"}


def english(render: str, draft: str = "迪拜", text: str = TEXT, **says: str) -> tuple[str, Scripted]:
    """The English answer to a question about a flight, where the generator renders it so."""
    article = Article("a", "p", "d", text)
    piece = CandidateSentence(article, Passage("x", "a", text, 0, len(text)), 0, len(text), text)
    writer = Scripted(render=render, **says)
    asked = read_query("Where did the plane take them?")
    steps = write_english(writer, asked, located_draft(draft, [piece]), [piece], 80, lambda name: KNOWN.get(name, ""))
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value, writer


def test_a_term_in_quotation_marks_gets_one_pair_of_them_and_its_printed_form():
    assert _replace_term('the “金桥” brand', "金桥", '"Golden Bridge"') == 'the "Golden Bridge" (金桥) brand'
    assert _replace_term("the 金桥 brand", "金桥", '"Golden Bridge"') == "the Golden Bridge brand"


def test_the_generator_is_given_names_in_english():
    text, writer = english("The plane took them to Dubai.")
    assert text == "The plane took them to Dubai (迪拜) [1]."
    assert "飞往 Dubai" in writer.prompts[0].user and "Guangdong 企业" in writer.prompts[0].user


@pytest.mark.parametrize("render", [
    "The plane said that the plane took them, said that the plane took them, said that the plane took them",
    "The plane of C took them to Dubai.", "广东企业搭乘包机飞往迪拜, Dubai", "Where did the plane go?", "",
])
def test_a_sentence_that_is_none_in_english_is_thrown_away(render):
    assert english(render)[0] == "Dubai (迪拜) [1]. The paper says: “广东企业搭乘包机飞往迪拜参展”."


def test_a_person_is_put_in_pinyin_where_the_generator_fails():
    assert english("", "常园", "常园摘得金牌。", term="Cheng园")[0] == "Chang Yuan (常园) [1]. The paper says: “常园摘得金牌”."


def test_nobody_is_called_by_another_persons_name():
    assert romanise_names("李德仁到迪拜", "Who came?", lambda name: KNOWN.get(name, "")) == "李德仁到 Dubai "


def test_what_would_be_put_together_word_by_word_is_quoted_instead():
    text = "包机起飞后企业代表在机上举行了简短的仪式。"
    answer, writer = english("", text.rstrip("。"), text)
    assert answer == f"The paper says: “{text.rstrip('。')}” [1]." and [p.task for p in writer.prompts] == ["render"]
    assert english("", f"是,{text.rstrip('。')}", text)[0] == f"Yes. The paper says: “{text.rstrip('。')}” [1]."
