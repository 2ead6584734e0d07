"""English words to Chinese ones, and what search makes of them."""

from __future__ import annotations

import gzip
from dataclasses import replace

import pytest
from conftest import a_dictionary

from rag.errors import ModelError
from rag.models.cedict import FILE, PACKED, convert_cedict, glosses
from rag.search.dictionary import Dictionary
from rag.search.query import read_query


@pytest.fixture
def dictionary(tmp_path):
    return Dictionary(a_dictionary(tmp_path / "words"))


def test_words_are_known_by_their_stem_phrases_before_words_and_all_senses_together(dictionary):
    assert dictionary.terms("How many bridges?") == (("桥梁",),), "single characters say too little"
    assert dictionary.terms("the pedestrian bridges") == (("天桥",),)
    assert dictionary.terms("Who planted trees in spring?") == (("植树", "种树"), ("弹簧", "春天"))


def test_abbreviations_are_known_by_their_capitals(tmp_path):
    with gzip.open(tmp_path / PACKED, "wt", encoding="utf-8") as out:
        out.write("丙組織 丙组织 [Bing3 zu3 zhi1] /Who Helps Others (WHO)/\n生產總值 生产总值 [sheng1] /gross domestic product (GDP)/\n"
                  "丁盟 丁盟 [Ding1 meng2] /TU/\n不加 不加 [bu4 jia1] /un-/tu-/colour (US)/\n聯合 联合 [lian2 he2] /un council/\n")
    convert_cedict(tmp_path)
    words = Dictionary(tmp_path)
    assert words.terms("By how much did GDP grow, asks the WHO of the TU?") == (("生产总值",), ("丙组织",), ("丁盟",))
    assert words.terms("the UN of the US") == () and words.terms("the UN Council") == (("联合",),)
    assert words.terms("who knows the gdp?") == (("生产总值",),) and words.terms("WHO ASKS THE TU?") == (("丁盟", "不加"),)


def test_names_in_chinese_stand_for_themselves_and_unknown_words_are_left_out(dictionary):
    assert dictionary.terms("How many zeppelins did 甲镇 build?") == (("甲镇",),)
    assert dictionary.terms("Wie viele Brücken? 😀 ' -- %") == ()


def test_a_common_word_is_no_place_whatever_the_tagger_says(open_rag, tmp_path):
    with gzip.open(tmp_path / PACKED, "wt", encoding="utf-8") as out:
        out.write("東西 东西 [dong1 xi5] /thing/\n杭州 杭州 [Hang2 zhou1] /Hangzhou (city)/\n")
    convert_cedict(tmp_path)
    rag = open_rag()
    rag.dictionary = Dictionary(tmp_path)
    assert rag.parse_question("桥上运的是什么东西?").places == () and rag.parse_question("杭州桥上运什么东西?").places == ("杭州",)
    rag.dictionary = None
    assert rag.parse_question("桥上运的是什么东西?").places == ("东西",), "else this test shows nothing"


def test_only_what_is_nothing_but_a_name_has_an_english_name(tmp_path):
    with gzip.open(tmp_path / PACKED, "wt", encoding="utf-8") as out:
        out.write("迪拜 迪拜 [Di2 bai4] /Dubai/\n光明 光明 [Guang1 ming2] /Guangming (place)/\n光明 光明 [guang1 ming2] /light/\n"
                  "丙行 丙行 [Bing3 hang2] /PRC Bank of Bing, founded 1953/\n")
    convert_cedict(tmp_path)
    names = Dictionary(tmp_path)
    assert [names.english(word) for word in ("迪拜", "光明", "丙行", "没有", "")] == ["Dubai", "", "Bank of Bing", "", ""]
    assert names.chinese_names("What is Dubai's tallest tower?") == {"Dubai": ("迪拜",)}
    assert names.chinese_names("Which Dubai-based or O'Dubai line is it?") == {}


@pytest.mark.parametrize("line", ["", "橋 桥 [qiao2]", "T恤 T恤 [T xu4] /T-shirt/", "桥 桥 [qiao2] /CL:座[zuo4]/variant of 橋/"])
def test_lines_without_a_meaning_give_nothing(line):
    assert not list(glosses(line))


def test_a_file_of_another_kind_is_told(tmp_path):
    with gzip.open(tmp_path / PACKED, "wt", encoding="utf-8") as out:
        out.write("no dictionary\n")
    with pytest.raises(ModelError, match="not a dictionary"):
        convert_cedict(tmp_path)
    with pytest.raises(ModelError, match="rag models --fetch"):
        Dictionary(tmp_path)


def test_a_conversion_that_was_killed_is_begun_anew(tmp_path):
    (tmp_path / FILE).write_bytes(b"half a table")
    with gzip.open(tmp_path / PACKED, "wt", encoding="utf-8") as out:
        out.write("橋 大桥 [da4 qiao2] /bridge/\n")
    convert_cedict(tmp_path)
    assert Dictionary(tmp_path).terms("the bridges") == (("大桥",),)


def test_search_finds_by_any_translation_of_a_word_without_the_generator(open_rag):
    rag = open_rag()
    asked = replace(read_query("Who planted trees in spring?"), terms=rag.dictionary.terms("Who planted trees in spring?"))
    found = rag.retriever.channels(asked)["dictionary"]
    passages = rag.retriever.store.archive.passages(found)
    assert "种树" in max((score, passages[row].text) for row, score in found.items())[1]
    assert not rag.retriever.channels(replace(asked, terms=()))["dictionary"]
    assert {"种树", "春天"} <= set(rag.retriever.search(asked, 1)[0].matched), "what was found is told"
    assert not rag.generator.prompts


def test_search_is_sure_where_one_passage_leads_and_a_channel_puts_it_first(open_rag):
    retriever = open_rag().retriever
    asked = read_query("Who planted trees in spring?")

    def channels(lead: float, first: int = 1) -> dict[str, dict[int, float]]:
        return {"dense": {first: 1.0, 3 - first: 1.0 - 1e-6}, "sentence": {}, "lexical": {}, "names": {1: lead / 4}, "dictionary": {},
                "period": {}}

    assert retriever.is_sure(asked, channels(5.0)) and not retriever.is_sure(asked, channels(4.0))
    assert not retriever.is_sure(asked, channels(5.0, first=2)), "no channel puts it first by itself"
    assert retriever.is_sure(asked, {**channels(5.0, first=2), "period": {2: -1.0}}), "what comes before it is of another time"
    assert retriever.is_sure(replace(asked, terms=(("植树",), ("春天",))), channels(4.0)), "known words make up for a lead"
    assert not retriever.is_sure(asked, {name: {} for name in channels(1.0)})
    assert retriever.is_sure(replace(asked, language="zh"), channels(1.0)), "a Chinese question's own words are surer"
