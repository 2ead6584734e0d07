"""What tells that an answer is right, and how probable that makes it."""

from __future__ import annotations

import pytest

from rag.answer.choose import fitted
from rag.answer.confidence import chance

SIGNS = {"margin": 0.0, "agreed": 0.0, "refused": 0.0, "surely": 0.0}


@pytest.mark.parametrize("sign", ["margin", "agreed"])
def test_what_speaks_for_an_answer_makes_it_likelier(sign):
    assert chance({**SIGNS, sign: 1.0}) > chance(SIGNS) > chance({**SIGNS, sign: -1.0})


def test_an_answer_that_the_generator_shares_is_likelier_than_one_of_which_it_finds_nothing():
    assert chance({**SIGNS, "agreed": 1.0}) > chance({**SIGNS, "refused": 1.0, "surely": 4.0})


def test_every_sign_has_a_fitted_weight():
    assert set(fitted()["answer"]) == {"constant", *SIGNS}
    assert set(fitted()["sentence"]) == {"similarity", "word_overlap", "passage_score"}
