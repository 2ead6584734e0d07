"""The seed page with the real models: it is built, searched and asked."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import SEED

from rag.config import Embedding
from rag.index.embed import open_embedder
from rag.language.names import readings

pytestmark = pytest.mark.models


@pytest.fixture(scope="module")
def raw():
    return SEED.read_text(encoding="utf-8")


def check(rag, answer, raw):
    """Every quotation stands word for word in the article and in the raw page."""
    for cited in answer.citations:
        article = rag.article(cited.article_id)
        field = article.captions[cited.item].text if cited.field == "caption" else getattr(article, cited.field)
        assert field[cited.start : cited.end] == cited.quote
        spelled = "".join(raw[a:b] for a, b in cited.source_spans)
        assert "".join(spelled.split()) == "".join(cited.quote.split())


def test_the_question_of_the_mission(seed_rag, raw):
    answer = seed_rag.ask("how many projects did Suizhou start?")
    check(seed_rag, answer, raw)
    assert "47 projects" in answer.text and not answer.refused
    assert "今年以来,随州高新区新开工项目47个,总投资额86.8亿元" in answer.citations[0].quote
    assert len(answer.citations) == 1
    assert (answer.citations[0].byline, answer.citations[0].title) == ("钟克波", "随州高新区奋力挺进全国百强")


@pytest.mark.parametrize(("question", "expected"), [
    ("随州高新区今年新开工多少个项目?", "47个"),
    ("苏州高新区有多少家上市企业?", "34家"),
    ("昆明高新区的报道是哪位记者写的?", "叶伟"),
    ("What is the total investment of the 22 projects that started together in Suizhou in April?", "22"),
    ("How many listed companies does the Suzhou High-tech Zone have?", "34"),
])
def test_plain_questions_are_answered_with_proof(seed_rag, raw, question, expected):
    answer = seed_rag.ask(question)
    check(seed_rag, answer, raw)
    assert not answer.refused and expected in answer.text, answer.text


@pytest.mark.parametrize("question", [
    "杭州高新区今年新开工多少个项目?",
    "How many listed companies does the Shenyang High-tech Zone have?",
])
def test_what_the_page_does_not_say_is_refused(seed_rag, question):
    assert seed_rag.ask(question).refused


@pytest.mark.parametrize(("query", "words"), [
    ("随州 新开工项目", "新开工项目47个"),
    ("party organisation coverage of enterprises in Kunming", "组织覆盖率"),
    ("projects signed by the Suzhou zone in Shenzhen", "签约"),
])
def test_search_finds_the_passage_in_either_language(seed_rag, query, words):
    assert any(words in hit.passage.text for hit in seed_rag.search(query, k=3))


def test_openvino_and_torch_give_the_same_vectors():
    texts = ["随州高新区新开工项目47个。", "How many projects?", "字" * 700]
    fast, plain = (open_embedder(Embedding(backend=backend)) for backend in ("openvino", "torch"))
    assert fast.fingerprint == plain.fingerprint
    cosines = (fast.passages(texts) * plain.passages(texts)).sum(axis=1)
    assert cosines.min() > 0.999 and np.allclose(np.linalg.norm(fast.queries(texts), axis=1), 1, atol=1e-3)
    met = [embedder.interaction("How many projects did Suizhou start?", texts) for embedder in (fast, plain)]
    assert np.allclose(*met, atol=0.02) and met[0][0] > met[0][2] + 0.1


def test_romanised_names_are_read():
    assert ("sui", "zhou") in readings("Suizhou")


def test_two_values_are_given_to_the_names_they_belong_to(seed_rag):
    answer = seed_rag.ask("昆明高新区“四上”企业的党组织覆盖率是多少?")
    assert answer.text.startswith("63.38%")
