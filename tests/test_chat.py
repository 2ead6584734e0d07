"""The chat page: everything is escaped, quotations are marked in their article, and the page reacts."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest

from rag.chat import render, serve
from rag.chat.page import build_page
from rag.errors import RagError
from rag.records import Article, Caption, Citation, Joint

EVIL = '<img src=x onerror=alert(1)>'


def article(text: str = "桥梁47座。开工了。", **fields: object) -> Article:
    return Article("a", "页.txt", "d", text, title="甲镇新桥", **fields)


def cited(**fields: object) -> Citation:
    return replace(Citation(1, "a", "p", "甲镇新桥", "石磊", "页.txt", "2024-07-05", "text", "桥梁47座。", 0, 6, ((3, 9),)), **fields)


def test_the_quotation_is_marked_in_its_article():
    html = render.citation_card(cited(), article(), "c1", "zh")
    assert '<mark id="c1-1">桥梁47座。</mark>开工了。' in html and "石磊" in html and "3\u20139" in html


def test_a_quoted_caption_is_marked():
    html = render.citation_card(cited(field="caption", start=0, end=3, quote="新桥图"),
                                article(captions=(Caption("新桥图景。", "李四 摄"),)), "c1", "zh")
    assert '<mark id="c1-1">新桥图</mark>景。' in html


def test_a_mended_place_is_shown_inside_a_quotation_too():
    html = render.citation_card(cited(), article(joints=(Joint(2, "cut", 0.9),)), "c1", "en")
    assert '桥梁<span class="joint" title="joined by the reader (0.90)">' in html and "47座。</mark>" in html


@pytest.mark.parametrize("place", ["text", "title", "byline", "question", "failure", "draft"])
def test_nothing_from_outside_reaches_the_page_unescaped(place, open_rag):
    hit = open_rag().search("甲镇")[0]
    html = {
        "text": lambda: render.citation_card(cited(start=0, end=2), article(EVIL), "c1", "en"),
        "title": lambda: render.citation_card(cited(title=EVIL), article(), "c1", "en"),
        "byline": lambda: render.citation_card(cited(), article(byline=EVIL), "c1", "en"),
        "question": lambda: render.conversation([render.Turn(EVIL, "")]),
        "failure": lambda: render.failure(EVIL),
        "draft": lambda: render.searching([hit], EVIL, "en"),
    }[place]()
    assert "<img" not in html and "onerror" in html


def test_marks_of_unknown_citations_are_no_links(open_rag):
    rag = open_rag(read="47座")
    answer = replace(rag.ask("甲镇今年新开工多少座桥梁?"), text="47座[1][7]。")
    html = render.answer_card(answer, rag.article, "c1")
    assert 'href="#c1-1"' in html and "[7]" in html


def reactions(rag, question, turns=(), history=()):
    page = build_page(rag)
    answer = next(f.fn for f in page.fns.values() if len(f.inputs) == 3)
    return list(answer(question, list(turns), list(history)))


def test_a_question_is_drawn_step_by_step_and_kept(open_rag):
    steps = reactions(open_rag(read="47座"), "甲镇今年新开工多少座桥梁?")
    assert "正在查找" in steps[0][0] and any("草稿" in step[0] for step in steps[1:-1])
    html, turns, history, box = steps[-1]
    assert "47座" in html and "<mark" in html and len(turns) == len(history) == 1 and box == ""


def test_an_error_is_shown_and_the_conversation_goes_on(open_rag):
    html, turns, history, _ = reactions(open_rag(), "???")[-1]
    assert "has no word in it" in html and len(turns) == 1 and history == []


def test_the_page_is_served_on_loopback_and_asks_nothing_of_the_network(open_rag):
    rag = open_rag(read="47座")
    addresses: list[str] = []
    serve(rag, "127.0.0.1", 0, opened=addresses.append, block=False)
    page = httpx.get(addresses[0]).text
    assert addresses[0].startswith("http://127.0.0.1:") and "fonts.googleapis" not in page
    with pytest.raises(RagError, match="--port"):
        serve(rag, "127.0.0.1", int(addresses[0].rstrip("/").rsplit(":", 1)[1]), opened=addresses.append, block=False)
