"""What the generator is shown, and which of its drafts is taken."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fakes import SharedWords

from rag.answer.choose import CandidateSentence
from rag.answer.prompts import read_prompt
from rag.answer.read import last, read_pieces
from rag.config import Answering
from rag.records import Article, Passage
from rag.search.query import Query

TEXT = "韩国、德国、英国投资增长A%。德国投资增长52.6%。英国投资增长33.1%。日本投资增长26.6%。"


def pieces() -> list[CandidateSentence]:
    article = Article("a", "p", "d", TEXT, title="外资", date="2022-12-23")
    ends = [at + 1 for at, letter in enumerate(TEXT) if letter == "。"]
    found = []
    for start, end in zip([0, *ends], ends, strict=False):
        piece = CandidateSentence(article, Passage("x", "a", TEXT, 0, len(TEXT)), start, end, TEXT[start:end])
        scores = SharedWords("A%").read("投资增长多少", [piece.read_as]).scores[0]
        found.append(replace(piece, span_scores=scores, score=-float(start) / 100, margin=0.0, log_odds_alone=0.0))
    return found


class Unsure:
    """Writes one draft after the other, each with its log probability."""

    name = "unsure"

    def __init__(self, *drafts: tuple[str, float | None]) -> None:
        self.drafts = list(drafts)

    def write(self, prompt, *, max_tokens, stop=()):
        text, log_probability = self.drafts.pop(0)
        yield text
        return log_probability


def read(*drafts: tuple[str, float | None]) -> list[str]:
    steps = read_pieces(Unsure(*drafts), Query("德国投资增长多少?", "zh"), pieces(), Answering(evidence_sentences=2), 20)
    return [one.text for one in last(steps).located]


@pytest.mark.parametrize(("first", "second", "taken"), [
    (-0.1, -0.8, "52.6%"), (-0.8, -0.1, "33.1%"), (None, None, "33.1%")])
def test_of_two_drafts_the_more_probable_one_is_taken_and_the_last_if_none_is_known(first, second, taken):
    assert read(("52.6%", first), ("33.1%", second)) == [taken]


def test_a_draft_that_no_sentence_holds_yields_to_a_less_probable_one():
    assert read(("99%", -0.1), ("33.1%", -0.8)) == ["33.1%"]


def test_the_generator_is_shown_the_day_of_each_article_once():
    assert read_prompt("?", pieces()).user.count("《外资》2022年12月23日\n") == 1
