"""Offsets hold in the original text, whatever the text."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from rag.index.passages import passages_of
from rag.language.text import fold, language, search_tokens, sentences, syllables
from rag.records import Article, Caption, Run, field_text, source_spans

TEXT = st.text(alphabet=st.sampled_from("开工47个。总投资86.8亿元,“好!”他说;AB c.\n#\u3000·(x)?!…"), max_size=200)


@given(TEXT)
def test_sentences_cover_every_character_but_spaces(text):
    spans = sentences(text)
    assert "".join("".join(text[a:b].split()) for a, b in spans) == "".join(text.split())
    assert all(a < b for a, b in spans) and all(one[1] <= two[0] for one, two in pairwise(spans))


@given(st.text(max_size=80))
def test_folding_never_changes_the_length(text):
    assert len(fold(text)) == len(text)


@settings(deadline=None)
@given(TEXT, st.integers(50, 120))
def test_passages_stand_word_for_word_in_their_article(text, limit):
    article = Article("a", "p", "d", text, byline="石磊", captions=(Caption("新桥。", "李四 摄"),))
    found = passages_of(article, limit)
    for passage in found:
        words = field_text(article, passage.field, passage.item)
        assert words[passage.start : passage.end] == passage.text and len(passage.text) <= limit
    assert len({p.passage_id for p in found}) == len(found)


@given(TEXT)
def test_passages_hold_all_of_the_text_but_sub_headings(text):
    body = "".join(p.text for p in passages_of(Article("a", "p", "d", text), 80) if p.field == "text")
    kept = "".join(line for line in text.split("\n") if not line.startswith("## "))
    assert "".join(body.split()) == "".join(kept.split())


def test_a_date_a_decimal_and_a_quotation_stay_in_one_sentence():
    text = "增长9.5%,增速第一。“三量齐增!”他说。"
    assert [text[a:b] for a, b in sentences(text)] == ["增长9.5%,增速第一。", "“三量齐增!”", "他说。"]


def test_language_is_told_by_the_letters():
    assert [language(q) for q in ("多少?", "How many?", "什么是 ESG?", "What is 专精特新 in the zone?", "47?")] \
        == ["zh", "en", "zh", "en", "en"]


def test_names_are_searchable_by_syllable_and_pairs():
    assert syllables("西安") == ["xi", "an"] and "西安" in search_tokens("在西安")


def test_source_spans_join_what_touches():
    assert source_spans([Run(0, 5, 100), Run(5, 9, 105), Run(9, 12, 40)], 3, 11) == ((103, 109), (40, 42))
