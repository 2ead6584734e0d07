"""The whole program with Milvus as its store: built, changed, searched, answered, verified, as with SQLite."""

from __future__ import annotations

import pytest
from fakes import BagEmbedder, Scripted, SharedWords

from rag import Rag
from rag.config import Store
from rag.errors import StoreError

pytest.importorskip("milvus_lite", reason="milvus-lite is not installed: pip install 'wenbao[milvus]'")

ASKED = "甲镇今年新开工多少座桥梁?"


@pytest.fixture
def rag(open_rag, config):
    """The small archive in a file of milvus-lite; the fakes are those of ``open_rag``."""
    from rag.index.store.milvus import disconnect

    address = str(config.index.dir.parent / "archive.db")
    open_rag(read="47座")  # sets the weights
    opened = Rag.open(config.model_copy(update={"store": Store(backend="milvus", address=address)}))
    opened.embedder, opened.reader, opened.generator = BagEmbedder(), SharedWords("47座"), Scripted(read="47座")
    opened.build()
    yield opened
    disconnect(address)


def test_it_answers_as_sqlite_does(rag, open_rag):
    answer, other = rag.ask(ASKED), open_rag(read="47座").ask(ASKED)
    assert (answer.text, answer.refused, answer.citations) == (other.text, other.refused, other.citations)
    assert all(check.holds for check in rag.verify(answer.to_dict()))


def test_a_change_is_followed_and_nothing_changed_does_nothing(rag, pages):
    assert not rag.build().has_changes
    (pages / "new.md").write_text("# 丙镇修路\n\n丙镇修路九条。\n", encoding="utf-8")
    (pages / "trees.md").unlink()
    report = rag.build()
    assert (len(report.added), len(report.removed), report.articles) == (1, 1, 2)
    assert rag.search("丙镇修路")[0].article.title == "丙镇修路"
    assert all("乙镇" not in hit.passage.text for hit in rag.search("乙镇种树"))


def test_without_a_build_it_says_so(config, tmp_path):
    from rag.index.store.milvus import disconnect

    address = str(tmp_path / "none.db")
    empty = Rag.open(config.model_copy(update={"store": Store(backend="milvus", address=address)}))
    empty.embedder = BagEmbedder()
    with pytest.raises(StoreError, match="rag build"):
        empty.search("甲镇")
    disconnect(address)


def test_a_store_without_an_address_is_refused():
    with pytest.raises(ValueError, match="needs an address"):
        Store(backend="milvus")
