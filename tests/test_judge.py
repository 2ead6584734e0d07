"""What tells that an answer is right, and how probable that makes it."""

from __future__ import annotations

import pytest

from rag.answer.choose import fitted
from rag.answer.judge import chance

READER = {"margin": 0.0, "sure": 0.0, "words": 0.0}
BOTH = {**READER, "agreed": 0.0, "refused": 0.0}


@pytest.mark.parametrize(("signs", "sign"), [(READER, "margin"), (READER, "words"), (BOTH, "margin"), (BOTH, "agreed")])
def test_what_speaks_for_an_answer_makes_it_likelier(signs, sign):
    assert chance({**signs, sign: 1.0}) > chance(signs)


def test_an_answer_that_the_generator_shares_is_likelier_than_one_of_which_it_finds_nothing():
    assert chance({**BOTH, "agreed": 1.0}) > chance({**BOTH, "refused": 1.0})


def test_every_sign_has_a_fitted_weight():
    assert set(fitted()["reader"]) == {"constant", *READER} and set(fitted()["both"]) == {"constant", *BOTH}
