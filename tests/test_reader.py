"""The reader: windows hold every sentence, spans keep their offsets, and the real network reads."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.reader import Sentence, SentenceScores, open_reader
from rag.reader.reading import log_softmax
from rag.reader.windows import SENTENCE_TOKENS, WINDOW_SENTENCES, WINDOW_TOKENS, windows

IDS = st.lists(st.integers(5, 99), min_size=1, max_size=300)


@given(IDS, st.lists(st.tuples(st.lists(st.integers(5, 99), max_size=40), IDS), max_size=30))
def test_every_sentence_stands_in_one_window_behind_its_mark(question, sentences):
    made = list(windows(question, sentences))
    assert [number for window in made for number, _, _ in window.sentences] == list(range(len(sentences)))
    for window in made:
        assert len(window.sentences) == 1 or (len(window.ids) <= WINDOW_TOKENS and len(window.sentences) <= WINDOW_SENTENCES)
        for number, mark, size in window.sentences:
            assert window.ids[mark] == 2 and window.ids[mark + 1 : mark + 1 + size] == sentences[number][1][:SENTENCE_TOKENS]


def scores(starts: list[float], ends: list[float]) -> SentenceScores:
    return SentenceScores(0.0, np.array([[at, at + 1] for at in range(len(starts))]), np.log(starts), np.log(ends))


def test_a_span_never_ends_before_it_begins():
    best = scores([0.1, 0.1, 0.8], [0.8, 0.1, 0.1]).best()
    assert best.start < best.end


def test_words_that_hold_the_answer_are_as_probable_as_all_spans_that_touch_them():
    spans = scores([0.7, 0.2, 0.1], [0.1, 0.8, 0.1])
    assert spans.probability(0, 3) == pytest.approx(1.0)
    assert spans.probability(0, 2) > spans.probability(2, 3) > 0.0


def test_a_sentence_without_tokens_answers_nothing():
    empty = SentenceScores(0.0, np.zeros((0, 2), int), log_softmax([]), log_softmax([]))
    assert empty.best().probability == 0.0 and empty.probability(0, 1) == 0.0


@pytest.fixture(scope="module")
def reader():
    return open_reader()


PAGE = [Sentence("青石镇新桥开工 2024-07-05", text) for text in (
    "7月5日,青石镇举行新桥开工仪式。", "今年以来,青石镇新开工桥梁47座,总投资额86.8亿元。", "镇长周远山说,明年还将续建桥梁44座。")]


@pytest.mark.models
@pytest.mark.parametrize(("question", "sentence", "words"), [
    ("青石镇今年新开工多少座桥梁?", 1, "47座"), ("新桥开工总投资多少?", 1, "86.8亿元"), ("青石镇镇长是谁?", 2, "周远山"),
    ("How much is invested in the new bridges?", 1, "86.8亿元"), ("When was the bridge ceremony held?", 0, "7月5日"),
])
def test_the_sentence_and_the_words_that_answer_are_found_in_either_language(reader, question, sentence, words):
    reading = reader.read(question, PAGE)
    span = reading.best(int(reading.margins.argmax()))
    assert int(reading.margins.argmax()) == sentence
    assert words in PAGE[sentence].text[span.start : span.end] or PAGE[sentence].text[span.start : span.end] in words


@pytest.mark.models
def test_a_question_about_something_else_is_answered_by_nothing(reader):
    asked, other = (reader.read(question, PAGE).margins.max() for question in ("青石镇今年新开工多少座桥梁?", "杭州有多少所大学?"))
    assert other < 0 < asked


@pytest.mark.models
def test_no_sentence_gives_an_empty_reading(reader):
    assert reader.read("青石镇今年新开工多少座桥梁?", []).scores == ()
