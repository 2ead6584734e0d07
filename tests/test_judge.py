"""What tells that an answer is right, and how probable that makes it."""

from __future__ import annotations

import pytest

from rag.answer.choose import fitted
from rag.answer.judge import chance

SIGNS = {"margin": 0.0, "sure": 0.0, "words": 0.0, "agreed": 0.0, "refused": 0.0}


@pytest.mark.parametrize("sign", ["margin", "words", "agreed"])
def test_what_speaks_for_an_answer_makes_it_likelier(sign):
    assert chance({**SIGNS, sign: 1.0}) > chance(SIGNS)


def test_a_generator_that_finds_nothing_makes_an_answer_less_likely():
    assert chance({**SIGNS, "refused": 1.0}) < chance(SIGNS)


def test_every_sign_has_a_fitted_weight():
    assert set(fitted()["answer"]) == {"constant", *SIGNS}
