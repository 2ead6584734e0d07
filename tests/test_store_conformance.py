"""One suite for every store: what search reads and what a build writes, held to the same facts.

Scores of BM25 differ from store to store (SQLite counts a passage's syllables into its length, milvus-lite counts rarity by
segment), so lexical search is compared by its order alone.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import BRIDGES, SEED, TREES
from fakes import BagEmbedder

from rag import Rag
from rag.config import Config, Index, Source
from rag.errors import SourceError
from rag.index.build import settings_of
from rag.index.passages import passages_of
from rag.index.store import Archive, Settings
from rag.index.store.vectors import centred
from rag.language.text import search_tokens
from rag.language.typical import TYPICAL_QUESTIONS
from rag.pages import iter_archive, read_articles
from rag.records import Article, Filter, PrintedLine

STORES = ["sqlite", "milvus"]
SETTINGS = Settings("bag", BagEmbedder.dimension, 350)
EVERYTHING = Filter()
PORT = [("d1", "2023-11-05", "甲港通航,货船十艘。"), ("d2", "2024-02-01", "甲港扩建,货船三十艘。"),
        ("d3", "2024", "甲港年报,货船百艘,占5%_的三成。"), ("d4", "", "甲港旧闻,货船一艘。"), ("d5", "2024-07", "甲港七月,货船两艘。")]


@pytest.fixture(scope="session", params=STORES)
def backend(request: pytest.FixtureRequest) -> str:
    return needed(request.param)


def needed(name: str) -> str:
    if name == "milvus":
        for module in ("pymilvus", "milvus_lite"):
            pytest.importorskip(module, reason=f"{module} is not installed: pip install 'wenbao[milvus]'")
    return name


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("conformance")
    (home / "pages").mkdir()
    (home / "pages" / "bridges.md").write_text(BRIDGES, encoding="utf-8")
    (home / "pages" / 'tr"ee%s_.md').write_text(TREES, encoding="utf-8")
    lines = [json.dumps({"doc_id": i, "title": "甲港", "text": text, "date": date}, ensure_ascii=False) for i, date, text in PORT]
    (home / "pages" / "port.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return home


@pytest.fixture(scope="session")
def stores(folder: Path) -> Iterator[Callable[[str], Any]]:
    """Opens the small archive in a store, which is filled the first time."""
    made: dict[str, Any] = {}

    def opened(name: str) -> Any:
        if name not in made:
            made[name] = (in_sqlite if name == "sqlite" else in_milvus)(folder)
        return made[name]

    yield opened
    if "milvus" in made:
        from rag.index.store.milvus import disconnect

        disconnect(str(folder / "index.db"))


@pytest.fixture
def store(stores: Callable[[str], Any], backend: str) -> Any:
    return stores(backend)


def in_sqlite(home: Path) -> Any:
    rag = Rag.open(Config(source=Source(paths=(home / "pages",)), index=Index(dir=home / "index")))
    rag.embedder = BagEmbedder()
    rag.build()
    return rag.retriever.store


def in_milvus(home: Path) -> Any:
    from rag.index.store.milvus import MilvusArchive, open_milvus

    address = str(home / "index.db")
    archive = MilvusArchive.create(address, SETTINGS)
    for file in sorted((home / "pages").iterdir()):
        archive.add_source(f"pages/{file.name}", "0", pairs_of(file, f"pages/{file.name}"))
    finish(archive, BagEmbedder())
    return open_milvus(address, SETTINGS)


def pairs_of(file: Path, name: str) -> list[tuple[Article, list[Any]]]:
    articles = iter_archive(file, name) if file.suffix == ".jsonl" else read_articles(file, name)
    return [(article, passages_of(article, 350)) for article in articles if isinstance(article, Article)]


def embed(archive: Any, embedder: Any) -> None:
    while any(pending := archive.pending(4)):
        for table, some in zip(("passages", "sentences"), pending, strict=True):
            if some:
                archive.set_vectors(table, [row for row, _ in some], embedder.passages([text for _, text in some]))


def finish(archive: Any, embedder: Any) -> None:
    embed(archive, embedder)
    archive.set_centres({name: embedder.queries(list(asked)).mean(axis=0) for name, asked in TYPICAL_QUESTIONS.items()})
    archive.publish()


def texts(store: Any, rows: Any) -> list[str]:
    passages = store.archive.passages(rows)
    return [passages[row].text for row in rows]


def every(store: Any, table: int = 0) -> list[int]:
    return sorted(int(row) for row in store.archive.allowed(Filter())[table])


# -- reading ------------------------------------------------------------------------------------------------------


def test_counts_and_sources(store):
    assert store.archive.counts() == (3, 7, len(every(store))) and store.manifest.passages == len(every(store))
    assert store.archive.articles_by_source() == {"pages/bridges.md": 1, "pages/port.jsonl": 5, 'pages/tr"ee%s_.md': 1}
    assert set(store.archive.sources()) == set(store.archive.articles_by_source())
    assert store.manifest.settings == SETTINGS and set(store.query_centres) == {"zh", "en"}


def test_articles_come_back_as_they_were_read(store, folder):
    archive = store.archive
    ids = archive.article_ids()
    given = [article for file in sorted((folder / "pages").iterdir()) for article, _ in pairs_of(file, f"pages/{file.name}")]
    assert ids == [article.article_id for article in given]
    assert archive.articles([*ids, "none"]) == {article.article_id: article for article in given}
    assert archive.dates([*ids, "none"]) == {article.article_id: article.date for article in given}


def test_passages_and_their_sentences(store):
    archive = store.archive
    for row, passage in archive.passages([*every(store), 10**9]).items():
        own = archive.sentences_of(passage.passage_id)
        assert [start for _, start, _ in own] == sorted(start for _, start, _ in own) and own[0][1] == passage.start
        assert archive.sentence_places(at for at, _, _ in own) == {at: (row, start, end) for at, start, end in own}
    assert archive.sentences_of("none") == [] and archive.sentence_places([10**9]) == {}


def test_document_frequencies_count_passages(store):
    passages = store.archive.passages(every(store)).values()
    counts = Counter(token for p in passages for token in set(search_tokens(f"{p.context} {p.text}")))
    assert store.archive.document_frequencies([*counts, "没有", '" or 1']) == counts
    assert store.archive.document_frequencies(["d20231105"]) == {"d20231105": 1}


def test_lexical_search_ranks_the_passage_with_the_rare_words_first(store):
    found = store.archive.lexical(["甲港", "扩建", "三十", "没有"], 10)
    assert texts(store, [row for row, _ in found])[0] == PORT[1][2] and len(found) == 5
    assert [score for _, score in found] == sorted((score for _, score in found), reverse=True) and found[-1][1] > 0
    assert len(store.archive.lexical(["甲港"], 2)) == 2
    assert store.archive.lexical([], 10) == store.archive.lexical(["没有"], 10) == []
    assert store.archive.lexical(['" OR tokens : *', "row > 0", "*"], 5) == []


def test_phrases_are_found_whole(store):
    def found(*phrases):
        return texts(store, [row for row, _ in store.archive.phrases(phrases, 10)])

    assert set(found(["jia", "gang"])) == {text for _, _, text in PORT}
    assert all("甲镇" in text or "石磊" in text for text in found(["jia", "zhen"])) and found(["jia", "zhen"])
    assert found(["jia", "gan"]) == found(["%", "_"]) == found() == found([]) == []
    assert set(found(["tong", "hang"], ["lao", "wen"], ["jiu", "wen"])) == {PORT[0][2], PORT[3][2]}
    assert len(store.archive.phrases([["jia", "gang"]], 2)) == 2


def test_phrases_do_not_run_across_what_stands_between(store):
    found = store.archive.phrases([["gang", "jia"]], 10)  # 甲港 2024 甲港年报 does not say it, 甲港 甲港旧闻 does
    assert texts(store, [row for row, _ in found]) == [PORT[3][2]]


ALLOWED = [
    (Filter(since="2024"), {"d2", "d3", "d5", "md"}), (Filter(until="2023"), {"d1"}), (Filter(since="2024-02-02"), {"d3", "d5", "md"}),
    (Filter("2023-11", "2023-11"), {"d1"}), (Filter(since="2024-07-05", until="2024-07-05"), {"d3", "d5", "md"}),
    (Filter(since="2030"), set()), (Filter(source="port", until="2024-03"), {"d1", "d2", "d3"}), (Filter(source="bridges"), {"md"}),
    (Filter(source='"ee%s_'), {"md"}), (Filter(source="e_s"), set()), (Filter(source="b%s"), set()),
    (Filter(mentioning=("货船", "三十")), {"d2"}), (Filter(mentioning=("5%_的",)), {"d3"}), (Filter(mentioning=("5__的",)), set()),
    (Filter(mentioning=("杨树%", "柳树")), set()), (Filter(mentioning=('" or row > 0 or source == "',)), set()),
    (Filter(source='") or row > 0 or (source == "'), set()), (Filter(mentioning=("\\", "\n")), set()),
    (Filter(source="port", telling=("2024-07-01", "2024-07-31")), {"d5"}), (Filter(telling=("2024-07-01", "2024-07-30")), set()),
]


@pytest.mark.parametrize(("only", "docs"), ALLOWED)
def test_filters_let_only_their_articles_through(store, only, docs):
    archive = store.archive
    passages, sentences = ([int(row) for row in rows] for rows in archive.allowed(only))
    ids = {passage.article_id for passage in archive.passages(passages).values()}
    names = {"md" if article.source.endswith(".md") else article.doc_id for article in archive.articles(ids).values()}
    assert names == docs and {row for row, _, _ in archive.sentence_places(sentences).values()} == set(passages)
    words = ["货船", "三十", "桥梁", "种树", "镇"]
    assert {row for row, _ in archive.lexical(words, 50, only)} == {row for row, _ in archive.lexical(words, 50)} & set(passages)
    assert {row for row, _ in archive.phrases([["jia", "gang"]], 50, only)} <= set(passages)


@pytest.mark.parametrize("table", ["passages", "sentences"])
def test_vector_search_is_exact(store, table):
    embedder, number = BagEmbedder(), ["passages", "sentences"].index(table)
    rows = every(store, number)
    raw = embedder.queries([whole_text(store, table, row) for row in rows])
    unit = centred(raw, raw.mean(axis=0))
    query = centred(embedder.queries(["甲港扩建货船多少艘?"]), store.query_centres["zh"])[0]
    z = unit @ query / np.sqrt(((unit @ query) ** 2).mean())
    wanted = sorted(zip(rows, z, strict=True), key=lambda item: -item[1])
    vectors = getattr(store, table)
    found = vectors.search(query, 1000)
    assert np.allclose([score for _, score in found], [score for _, score in wanted], atol=1e-4)
    assert np.allclose([vectors.score(query, row) for row, _ in found], [score for _, score in found], atol=1e-4)
    assert [row for row, _ in vectors.search(query, 3)] == [row for row, _ in wanted[:3]]
    only = store.archive.allowed(Filter(source="port"))[number]
    among = {int(row) for row in only}
    assert vectors.search(query, 2, only) == [item for item in found if item[0] in among][:2]
    assert vectors.search(query, 9, store.archive.allowed(Filter(since="2030"))[number]) == []


def whole_text(store: Any, table: str, row: int) -> str:
    place, start, end = store.archive.sentence_places([row])[row] if table == "sentences" else (row, 0, 0)
    passage = store.archive.passages([place])[place]
    return passage.text[start - passage.start : end - passage.start] if end else f"{passage.context}\n{passage.text}"


def test_articles_that_hold_each_word(store):
    def docs(words, phrases=(), only=EVERYTHING):
        found = store.archive.articles_with_all_words(words, phrases, only)
        articles = store.archive.articles(found)
        assert found == {name: (article.date, article.source) for name, article in articles.items()}
        return {article.doc_id for article in articles.values()} & {doc for doc, _, _ in PORT}

    assert docs([[["货船"]], [["扩建"], ["通航"]]]) == {"d1", "d2"}
    assert docs([[["货船", "年报"], ["旧闻"]]], [["jia", "gang"]]) == {"d3", "d4"}
    assert docs([], [["jia", "gang"]], Filter(since="2024-02")) == {"d2", "d3", "d5"}
    assert docs([[["货船"]], [["没有"]]]) == docs([]) == docs([[['" or row > 0']]]) == set()
    assert len(store.archive.articles_with_all_words([[["货船"]]], (), Filter(), 2)) == 2


def test_articles_are_listed_in_their_order(store):
    def listed(*asked):
        total, articles = store.archive.listed(*asked)
        return total, [article.doc_id for article in articles]

    assert listed("pages/port.jsonl", "", 1, 2) == (5, ["d2", "d3"]) and listed("pages/port.jsonl", "", 4, 9) == (5, ["d5"])
    assert listed("", "货船", 0, 2) == (5, ["d1", "d2"]) and listed("", "", 0, 99)[0] == 7
    assert listed("", "5%_的", 0, 9) == (1, ["d3"]) and listed("", "5%%的", 0, 9) == listed("none", "", 0, 9) == (0, [])
    assert listed('" or row >= 0 or source == "', "", 0, 9) == (0, [])


def test_stores_find_the_same(stores):
    one, other = stores("sqlite"), stores(needed("milvus"))
    embedder = BagEmbedder()

    def ids(store, found):
        passages = store.archive.passages(row for row, _ in found)
        return [passages[row].passage_id for row, _ in found]

    for asked in ("甲港扩建货船多少艘?", "甲镇新开工桥梁多少座?", "乙镇种树多少棵?", "How many bridges are there?"):
        vector = embedder.queries([asked])[0]
        assert ids(one, one.passages.search(vector, 5)) == ids(other, other.passages.search(vector, 5))
        lexical = [ids(store, store.archive.lexical(search_tokens(asked), 50)) for store in (one, other)]
        assert set(lexical[0]) == set(lexical[1]) and lexical[0][:1] == lexical[1][:1]
    names = [ids(store, store.archive.phrases([["jia", "gang"], ["jia", "zhen"]], 50)) for store in (one, other)]
    assert set(names[0]) == set(names[1])


# -- writing ------------------------------------------------------------------------------------------------------


@pytest.fixture
def archive(backend: str, tmp_path: Path) -> Iterator[Any]:
    if backend == "sqlite":
        held: Any = Archive.create(tmp_path / "archive.sqlite")
        yield held
        held.close()
    else:
        from rag.index.store.milvus import MilvusArchive, disconnect

        yield MilvusArchive.create(str(tmp_path / "index.db"), SETTINGS)
        disconnect(str(tmp_path / "index.db"))


def an_article(name: str, text: str, title: str = "") -> tuple[Article, list[Any]]:
    article = Article(f"{name}-{title}", name, title, text, title=title, date="2024-07-05")
    return article, passages_of(article, 350)


def test_a_source_is_replaced_and_taken_out_whole(archive):
    assert archive.add_source("a", "1", [an_article("a", "甲镇开工47个。竣工3个。", "一"), an_article("a", "乙镇种树。", "二")]) == 2
    archive.add_source("b", "2", [an_article("b", "丙镇修路。", "三")])
    assert archive.add_source("a", "3", [an_article("a", "丁镇收麦。", "四")]) == 1
    assert archive.sources() == {"a": "3", "b": "2"} and archive.counts() == (2, 2, 2)
    assert [text for _, text in archive.pending(9)[1]] == ["丙镇修路。", "丁镇收麦。"]
    archive.remove_source("a")
    assert archive.sources() == {"b": "2"} and archive.article_ids() == ["b-三"] and archive.pending_count() == 2
    archive.remove_source("none")


def test_an_error_while_reading_leaves_the_archive_as_it_was(archive):
    def broken():
        yield an_article("a", "乙镇种树。")
        raise SourceError("a: damaged")

    archive.add_source("a", "1", [an_article("a", "甲镇开工。")])
    with pytest.raises(SourceError):
        archive.add_source("a", "2", broken())
    assert archive.sources() == {"a": "1"} and [text for _, text in archive.pending(9)[1]] == ["甲镇开工。"]


def test_an_article_that_another_source_has_is_kept_once(archive):
    article, passages = an_article("a", "甲镇开工。")
    archive.add_source("a", "1", [(article, passages), (article, passages)])
    assert archive.add_source("b", "2", [(replace(article, source="b"), passages)]) == 0
    assert archive.articles([article.article_id])[article.article_id].source == "a" and archive.counts() == (2, 1, 1)


def test_vectors_are_waited_for_until_they_come(archive):
    embedder = BagEmbedder()
    archive.add_source("a", "1", [an_article("a", "甲镇开工47个。\n竣工3个。", "甲镇")])
    assert archive.pending_count() == 3
    passages, sentences = archive.pending(9)
    assert [text for _, text in passages] == ["甲镇 2024-07-05\n甲镇开工47个。\n竣工3个。"]
    assert [text for _, text in sentences] == ["甲镇开工47个。", "竣工3个。"] and len(archive.pending(1)[1]) == 1
    archive.set_vectors("sentences", [row for row, _ in sentences], embedder.passages([text for _, text in sentences]))
    assert archive.pending(9) == (passages, []) and archive.pending_count() == 1
    embed(archive, embedder)
    assert archive.pending_count() == 0


def test_a_long_article_is_kept_whole_and_found_by_any_of_its_words(archive):
    short = an_article("a", "随州高新")[0]
    before = json.dumps(asdict(short), ensure_ascii=False).index("随州高新")
    article = replace(short, text="甲" * (15_998 - before) + "随州高新" + "乙🙂" * 30_000)  # its name stands where a piece would end
    archive.add_source("a", "1", [(article, an_article("a", "随州高新")[1])])
    assert archive.articles([article.article_id]) == {article.article_id: article}
    for text, count in (("随州高新", 1), (article.text[100:1000], 1), (article.text[100:1000] + "丙", 0)):
        assert archive.listed("", text, 0, 9)[0] == count


def test_printed_lines_come_back_as_they_were_read(archive):
    article, passages = an_article("a", "甲镇开工47个。")
    lines = (PrintedLine(0, 4, 2, ((0, 0.1), (4, 0.3)), (0.2, 0.21)), PrintedLine(4, 8, 3, down=True, confidence=0.9))
    article = replace(article, lines=lines)
    archive.add_source("a", "1", [(article, passages)])
    assert archive.articles([article.article_id])[article.article_id] == article


def test_milvus_alone_has_a_longest_caption(archive, backend):
    pair = an_article("a", "乙" * 30_000)
    whole = [replace(pair[1][0], text=pair[0].text)]
    if backend == "milvus":
        with pytest.raises(SourceError, match="shorten it"):
            archive.add_source("a", "1", [(pair[0], whole)])
        whole = [replace(whole[0], text="乙" * 15_000)]
    assert archive.add_source("a", "1", [(pair[0], whole)]) == 1


# -- answers ------------------------------------------------------------------------------------------------------


def test_search_finds_the_same_passages_on_the_seed_page(seed_rag, tmp_path):
    needed("milvus")
    from rag.index.store.milvus import MilvusArchive, disconnect, open_milvus

    address, settings = str(tmp_path / "seed.db"), settings_of(seed_rag.config, seed_rag.embedder)
    archive = MilvusArchive.create(address, settings)
    name = next(iter(seed_rag.retriever.store.archive.sources()))
    archive.add_source(name, "1", pairs_of(SEED, name))
    finish(archive, seed_rag.embedder)
    kept, other = seed_rag.retriever, replace(seed_rag.retriever, store=open_milvus(address, settings))
    questions = Path(__file__).parent.parent / "benchmarks" / "questions.jsonl"
    for asked in [json.loads(line)["question"] for line in questions.read_text(encoding="utf-8").splitlines()]:
        query = seed_rag.parse_query(asked)
        one, two = ([hit.passage.passage_id for hit in retriever.search(query, 10)] for retriever in (kept, other))
        assert one[0] == two[0] and len(set(one[:5]) & set(two[:5])) >= 4, asked
    disconnect(address)
