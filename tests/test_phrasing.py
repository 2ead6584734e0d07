"""English sentences out of quotations."""

from __future__ import annotations

from rag.phrasing import _replaced


def test_a_term_in_quotation_marks_gets_one_pair_of_them_and_its_printed_form():
    assert _replaced('the “金桥” brand', "金桥", '"Golden Bridge"') == 'the "Golden Bridge" (金桥) brand'
    assert _replaced("the 金桥 brand", "金桥", '"Golden Bridge"') == "the Golden Bridge brand"
