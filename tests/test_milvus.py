"""What Milvus has of its own beside the suite of all stores: the connection, killed builds, centres and counts."""

from __future__ import annotations

import fcntl
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fakes import BagEmbedder

pytest.importorskip("pymilvus", reason="pymilvus is not installed: pip install 'wenbao[milvus]'")
pytest.importorskip("milvus_lite", reason="milvus-lite is not installed: pip install 'wenbao[milvus]'")

from test_store_conformance import SETTINGS, an_article, embed, finish

from rag.errors import StoreError
from rag.index.store.milvus import MilvusArchive, disconnect, open_milvus, read_milvus_manifest
from rag.index.store.milvus_server import connect
from rag.index.store.milvus_tables import Table, stems
from rag.index.store.milvus_tally import _MAX_DRIFT, Centres, count_all, raw_vectors, read_sums, vector_fields
from rag.records import Filter


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    where = str(tmp_path / "new" / "index.db")
    yield where
    disconnect(where)


def create(address: str, **more: Any) -> MilvusArchive:
    return MilvusArchive.create(address, SETTINGS, **more)


def filled(address: str, *texts: str) -> MilvusArchive:
    archive = create(address)
    for text in texts:
        archive.add_source(text[:2], "1", [an_article(text[:2], text)])
    finish(archive, BagEmbedder())
    return archive


# -- what goes wrong ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("wrong", "told"), [
    ("localhost", "http://HOST:19530"), ("", "http://HOST:19530"), ("ftp://host", "http://HOST:19530"),
    ("http://127.0.0.1:1", "start it, or correct store.address")])
def test_a_wrong_address_is_one_error_that_says_what_to_do(wrong, told):
    for ask in (lambda: open_milvus(wrong, SETTINGS), lambda: create(wrong), lambda: read_milvus_manifest(wrong)):
        with pytest.raises(StoreError, match=told) as error:
            ask()
        assert "\n" not in str(error.value)


def test_what_was_never_built_names_the_command(address):
    with pytest.raises(StoreError, match="make it with `rag build`"):
        open_milvus(address, SETTINGS)
    create(address).add_source("a", "1", [an_article("a", "甲镇开工。")])
    with pytest.raises(StoreError, match="make it with `rag build`"):
        open_milvus(address, SETTINGS)


def test_other_settings_are_refused(address):
    filled(address, "甲镇开工。")
    other = replace(SETTINGS, embedder="another")
    for ask in (lambda: open_milvus(address, other), lambda: MilvusArchive.create(address, other)):
        with pytest.raises(StoreError, match="with embedder bag, but the configuration says another"):
            ask()
    assert MilvusArchive.create(address, other, fresh=True).counts() == (0, 0, 0)
    assert open_milvus(address, SETTINGS).archive.counts() == (1, 1, 1)


@pytest.mark.parametrize("alias", [False, True])
def test_what_somebody_else_keeps_there_is_left_alone(address, alias):
    client = connect(address, create=True)
    client.create_collection("theirs" if alias else "wenbao", dimension=4)
    if alias:
        client.create_alias("theirs", "wenbao")
    for ask in (lambda: open_milvus(address, SETTINGS), lambda: create(address), lambda: create(address, fresh=True)):
        with pytest.raises(StoreError, match="that `rag build` did not make; name another database"):
            ask()
    assert client.list_collections() == ["theirs" if alias else "wenbao"]


def test_a_missing_collection_is_one_error_and_a_fresh_build_mends_it(address):
    archive = filled(address, "甲镇开工。")
    connect(address).drop_collection(archive.tables.words.name)
    for ask in (lambda: open_milvus(address, SETTINGS), lambda: create(address)):
        with pytest.raises(StoreError, match="rag build --fresh"):
            ask()
    finish(create(address, fresh=True), BagEmbedder())
    assert open_milvus(address, SETTINGS).archive.counts() == (0, 0, 0)


def test_an_archive_is_there_after_a_restart(address):
    manifest = filled(address, "甲镇开工。").publish()
    disconnect(address)
    assert read_milvus_manifest(address) == manifest
    disconnect(address)
    store = open_milvus(address, SETTINGS)
    assert [row for row, _ in store.archive.lexical(["开工"], 9)] == [1] and store.archive.listed("", "甲镇", 0, 9)[0] == 1


def test_a_file_that_another_process_has_open_is_one_error(tmp_path):
    folder = tmp_path / "held.db"
    folder.mkdir()
    with (folder / "LOCK").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(StoreError, match="one process a file"):
            create(str(folder))


def test_a_missing_package_names_the_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "pymilvus", None)
    with pytest.raises(StoreError, match="pip install 'wenbao\\[milvus\\]'"):
        create("http://127.0.0.1:2")


def test_a_request_that_fails_is_one_error(address):
    archive = filled(address, "甲镇开工。")
    with pytest.raises(StoreError, match="the request failed"):
        archive.tables.passages.query("nonsense ===", ["row"])


# -- builds -------------------------------------------------------------------------------------------------------


def test_a_killed_build_is_taken_up_again(address):
    first = create(address)
    first.add_source("a", "1", [an_article("a", "甲镇开工47个。竣工3个。")])
    embed(first, BagEmbedder())
    first.add_source("b", "2", [an_article("b", "乙镇种树。")])
    disconnect(address)

    second = create(address)
    assert second.is_unpublished
    assert second.sources() == {"a": "1", "b": "2"} and second.pending_count() == 2
    finish(second, BagEmbedder())
    store = open_milvus(address, SETTINGS)
    assert not store.archive.is_unpublished and not create(address).is_unpublished
    assert store.archive.document_frequencies(["镇", "开工", "种树"]) == {"镇": 2, "开工": 1, "种树": 1}
    assert len(store.sentences.search(BagEmbedder().queries(["甲镇"])[0], 9)) == 3
    assert len(stems(connect(address), address)) == 1


def test_a_source_that_was_cut_short_is_read_again(address, monkeypatch):
    archive, put = filled(address, "甲镇开工。"), Table.put

    def dies(table, rows):
        if table.name.endswith("_sentences"):
            raise KeyboardInterrupt
        put(table, rows)

    monkeypatch.setattr(Table, "put", dies)
    with pytest.raises(KeyboardInterrupt):
        archive.add_source("乙镇", "2", [an_article("乙镇", "乙镇种树。")])
    monkeypatch.undo()
    again = create(address)
    assert again.sources() == {"甲镇": "1", "乙镇": ""}
    again.add_source("乙镇", "2", [an_article("乙镇", "乙镇种树。")])
    finish(again, BagEmbedder())
    assert again.counts() == (2, 2, 2) and again.tables.passages.count("row >= 0") == 2
    assert again.document_frequencies(["种树", "镇"]) == {"种树": 1, "镇": 2}


def test_a_fresh_build_leaves_the_old_archive_in_use_until_it_is_whole(address):
    filled(address, "甲镇开工。")
    before = open_milvus(address, SETTINGS)
    fresh = create(address, fresh=True)
    fresh.add_source("b", "2", [an_article("b", "乙镇种树。")])
    assert open_milvus(address, SETTINGS).archive.sources() == before.archive.sources() == {"甲镇": "1"}
    finish(fresh, BagEmbedder())
    after = open_milvus(address, SETTINGS)
    assert after.archive.sources() == {"b": "2"} and after.manifest.generation != before.manifest.generation
    assert before.archive.sources() == {"甲镇": "1"}, "who searches at that moment is not disturbed"
    create(address)
    assert len(stems(connect(address), address)) == 1, "the next build takes the old one away"


# -- centres and counts -------------------------------------------------------------------------------------------


def test_vectors_are_got_back_from_what_is_stored():
    raw, centres = BagEmbedder().queries(["甲镇开工", "乙镇种树"]), np.vstack([np.zeros(64), BagEmbedder().queries(["镇"])])
    back, unit = raw_vectors(list(vector_fields(raw, centres)), centres)
    assert np.allclose(back, raw, atol=1e-6) and np.allclose(np.linalg.norm(unit, axis=1), 1)


def test_what_adds_up_is_what_is_there(address):
    archive = filled(address, "甲镇开工。竣工3个。", "乙镇种树。", "丙镇修路。")
    archive.remove_source("乙镇")
    archive.add_source("丙镇", "2", [an_article("丙镇", "丙镇修桥。通车。")])
    finish(archive, BagEmbedder())
    anew = count_all(archive.tables)
    assert {row["word"]: row["passages"] for row in archive.tables.words.query("passages > 0", ["word", "passages"])} == anew.words
    for name, sums in anew.sums.items():
        kept = read_sums(archive.tables.metadata, name)
        assert kept.count == sums.count
        assert np.allclose(kept.total, sums.total, atol=1e-4) and np.allclose(kept.outer, sums.outer, atol=1e-4)


def test_centring_anew_goes_on_where_it_was_killed(address, monkeypatch):
    archive, put = filled(address, "甲镇开工。", "乙镇种树。"), Table.put
    archive.add_source("丁镇", "1", [an_article("丁镇", "丁镇收麦三千吨。")])
    embed(archive, BagEmbedder())

    def dies(table, rows):
        centring = table.name.endswith("_passages")
        put(table, list(rows)[:1] if centring else rows)
        if centring:
            raise KeyboardInterrupt

    monkeypatch.setattr(Table, "put", dies)
    with pytest.raises(KeyboardInterrupt):
        archive.publish()
    monkeypatch.undo()
    finish(create(address), BagEmbedder())
    texts = [f"{p.context}\n{p.text}" for p in archive.passages(range(9)).values()]
    raw, query = BagEmbedder().queries(texts), BagEmbedder().queries(["丁镇收麦"])[0]
    unit = raw - raw.mean(axis=0)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    found = open_milvus(address, SETTINGS).passages.search(query, 9)
    assert np.allclose(sorted(score for _, score in found), sorted(unit @ query / np.sqrt(((unit @ query) ** 2).mean())), atol=1e-3)


def test_a_small_change_centres_nothing_anew(address, monkeypatch):
    archive = filled(address, "甲镇开工。")
    assert len(Centres(archive.tables.metadata, "passages").matrix()) == 2, "none, and the mean of the first vectors"
    monkeypatch.setitem(_MAX_DRIFT, False, 2.0)
    archive.add_source("乙镇", "1", [an_article("乙镇", "乙镇种树。")])
    finish(archive, BagEmbedder())
    assert len(Centres(archive.tables.metadata, "passages").matrix()) == 2
    monkeypatch.undo()
    finish(archive, BagEmbedder())
    assert len(Centres(archive.tables.metadata, "passages").matrix()) == 3


def test_a_row_that_went_while_it_was_searched_is_one_error(address):
    store = (filled(address, "甲镇开工。"), open_milvus(address, SETTINGS))[1]
    with pytest.raises(StoreError, match="ask again"):
        store.sentences.score(BagEmbedder().queries(["甲"])[0], 10**6)


def test_a_filter_is_looked_up_only_when_it_is_counted(address, monkeypatch):
    store = (filled(address, "甲镇开工。", "乙镇种树。"), open_milvus(address, SETTINGS))[1]
    rows = store.archive.allowed(Filter(source="乙镇"))[0]
    assert (len(rows), rows.tolist()) == (1, list(rows))
    monkeypatch.setattr(Table, "scan", lambda *_: pytest.fail("looked up"))
    assert [row for row, _ in store.passages.search(BagEmbedder().queries(["甲镇"])[0], 9, rows)] == [2]
