"""Nothing that the generator writes is believed: every piece is looked up in the evidence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answer.choose import CandidateSentence
from rag.answer.locate import citation, clause_of, is_refusal, locate, located_draft
from rag.records import Article, Passage, Run

TEXT = "今年以来,甲镇新开工桥梁47座,总投资额86.8亿元,续建桥梁44座。"


def piece(text: str = TEXT, score: float = 1.0) -> CandidateSentence:
    article = Article("a", "页.txt", "d", text, title="甲镇新桥", byline="石磊", runs={"text": (Run(0, len(text), 100),)})
    return CandidateSentence(article, Passage("x", "a", text, 0, len(text)), 0, len(text), text, score=score)


def test_words_of_the_evidence_are_located_as_printed():
    found = located_draft("47座,86.8亿元", [piece()])
    assert [l.text for l in found.located] == ["47座", "86.8亿元"] and not found.missing


@pytest.mark.parametrize("draft", ["48座", "7座", "6.8亿元", "86.8万元", "86亿元", "868亿元", "47", "4座"])
def test_a_figure_is_found_only_as_a_whole(draft):
    found = located_draft(draft, [piece()])
    assert bool(found.located) == (draft == "47") and (draft == "47" or found.missing == (draft,))


@pytest.mark.parametrize(("draft", "printed"), [("200名师生", "200余名师生"), ("1400万元", "1400多万元"), ("3亿棵树", "3亿多棵树")])
def test_a_round_figure_brings_its_and_more_along(draft, printed):
    found = located_draft(draft, [piece(f"共有{printed}在场。")])
    assert [located.text for located in found.located] == [printed]


@pytest.mark.parametrize(("draft", "text"), [("20名师生", "200余名师生"), ("200名师生", "200.5名师生"), ("200名师生", "1200余名师生")])
def test_and_more_does_not_make_another_figure_fit(draft, text):
    assert not located_draft(draft, [piece(f"共有{text}在场。")]).located


def test_width_spaces_and_quotation_marks_do_not_matter():
    text = "开展ＥＳＧ“三量 齐增”活动。"
    located = locate("ESG三量齐增", [piece(text)])
    assert located and located.text == "ＥＳＧ“三量 齐增"


def test_the_best_scored_sentence_is_cited():
    low, high = piece("桥梁47座。", 0.1), piece("新开工47座。", 2.0)
    assert locate("47座", [low, high]).piece is high


@pytest.mark.parametrize("draft", ["无", "无。", "", "资料没有提到", "未提及相关内容", "Not stated."])
def test_a_refusal_is_recognised(draft):
    assert is_refusal(draft)


@pytest.mark.parametrize("draft", ["无锡", "无人机", "47座"])
def test_an_answer_that_begins_like_a_refusal_is_none(draft):
    assert not is_refusal(draft)


def test_yes_and_no_are_taken_off_and_the_rest_is_looked_up():
    assert located_draft("是,续建桥梁44座", [piece()]).verdict == "yes"
    assert located_draft("不是", [piece()]).verdict == "no"
    assert located_draft("是的,续建99座", [piece()]).missing == ("续建99座",)


def test_a_citation_quotes_article_and_page_word_for_word():
    cited = citation(1, piece())
    assert cited.quote == TEXT and cited.source_spans == ((100, 100 + len(TEXT)),)
    assert (cited.title, cited.byline, cited.source) == ("甲镇新桥", "石磊", "页.txt")


@given(st.text(alphabet="甲47,86.8亿。", max_size=30), st.data())
def test_a_clause_always_holds_its_words(text, data):
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    low, high = clause_of(text, start, end, 20)
    assert 0 <= low <= start and end <= high <= len(text)
