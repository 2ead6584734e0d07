"""An index after a small change, and after damage: what is derived is what a fresh build gives, and is made again."""

from __future__ import annotations

import random
import sqlite3
import sys

import numpy as np
import pytest
from conftest import ROOT

from rag.errors import StoreError
from rag.index.build import wait_for_change
from rag.index.store import layout, vectors

sys.path.append(str(ROOT / "benchmarks"))
import durability


def generation(rag):
    return rag.config.index.dir / layout.read_manifest(rag.config.index.dir).generation


def found(rag, query="甲镇桥梁"):
    rag.__dict__.pop("retriever", None)
    return [(hit.passage.passage_id, round(hit.score, 4)) for hit in rag.search(query)]


@pytest.mark.parametrize("name", layout.DERIVED)
@pytest.mark.parametrize("damage", ["gone", "cut", "flipped"])
def test_a_damaged_derived_file_is_made_again_from_the_archive(open_rag, name, damage, caplog):
    rag = open_rag()
    before, file = found(rag), generation(rag) / name
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 4
    file.unlink() if damage == "gone" else file.write_bytes(data[: len(data) // 2] if damage == "cut" else data)
    assert found(rag) == before and "repaired" in caplog.text
    caplog.clear()
    assert found(rag) == before and not caplog.text


def test_a_flipped_bit_in_the_archive_is_named(open_rag):
    rag = open_rag()
    file = generation(rag) / layout.ARCHIVE
    data = bytearray(file.read_bytes())
    data[data.index("石磊".encode())] ^= 1
    file.write_bytes(data)
    with pytest.raises(StoreError, match=r"checksum does not fit.*rag build --fresh"):
        found(rag)


@pytest.mark.parametrize("exact", [200_000, 1])
def test_a_changed_archive_is_searched_as_a_fresh_one(open_rag, pages, monkeypatch, exact):
    """Also where vectors lie in cells."""
    monkeypatch.setattr(vectors, "_EXACT_LIMIT", exact)
    monkeypatch.setattr(vectors, "_MIN_INCREMENTAL", 1)
    rag = open_rag()
    for number in range(12):
        (pages / f"{number}.md").write_text(f"# 第{number}镇\n\n第{number}镇修路{number + 2}条。桥梁{number}座。\n", encoding="utf-8")
        rag.build()
    (pages / "3.md").unlink()
    rag.build()
    changed = [passage for passage, _ in found(rag)]
    rag.build(fresh=True)
    fresh = [passage for passage, _ in found(rag)]
    assert set(changed[:3]) == set(fresh[:3]) and len(changed) == len(fresh)


def test_a_small_change_reads_the_vectors_of_what_changed_alone(open_rag, pages, monkeypatch):
    monkeypatch.setattr(vectors, "_MIN_INCREMENTAL", 1)
    rag = open_rag()
    read = []
    real = rag.retriever.store.archive.__class__.vectors

    def counted(archive, table, rows):
        read.append(len(rows))
        return real(archive, table, rows)

    monkeypatch.setattr(rag.retriever.store.archive.__class__, "vectors", counted)
    (pages / "new.md").write_text("# 丙镇\n\n丙镇修路九条。\n", encoding="utf-8")
    rag.build()
    assert 0 < sum(read) <= 4


def test_a_row_is_never_given_twice(open_rag, pages):
    rag = open_rag()
    first = set(rag.retriever.store.archive.vector_rows("passages").tolist())
    (pages / "trees.md").write_text("# 乙镇植树\n\n乙镇种树六万棵。\n", encoding="utf-8")
    (pages / "bridges.md").unlink()
    rag.build()
    assert not first & set(rag.retriever.store.archive.vector_rows("passages").tolist())


def test_the_second_moment_follows_what_is_added_and_removed(tmp_path, monkeypatch):
    monkeypatch.setattr(vectors, "_MIN_INCREMENTAL", 1)
    chance = np.random.default_rng(1)
    kept = chance.standard_normal((50, 8)).astype(np.float32)
    first = vectors.update_vectors(tmp_path / "v.faiss", np.arange(40), lambda rows: kept[rows], 8, {})
    second = vectors.update_vectors(tmp_path / "v.faiss", np.arange(5, 50), lambda rows: kept[rows], 8, first)
    unit = vectors.centred(kept[5:50], first["centre"])
    assert np.allclose(second["moment"], unit.T @ unit / 45, atol=1e-5) and second["found"][0] == 40


def test_kills_flips_and_a_full_disk_lose_nothing(tmp_path):
    """A few of what benchmarks/durability.py does by the hundred."""
    (tmp_path / "pages").mkdir()
    for number in range(durability.PAGES):
        durability.write_page(tmp_path, number, 1)
    durability.build(durability.config_of(tmp_path), durability.BagEmbedder())
    chance = random.Random(3)
    assert sum(durability.kills(tmp_path, 3, chance).values()) == 3
    assert sum(durability.flips(tmp_path, 8, chance).values()) == 8
    assert sum(durability.flips(tmp_path, 4, chance, cut=True).values()) == 4
    assert "not full" not in durability.full_disk(tmp_path)


def test_a_watched_folder_is_noticed_once_it_is_left_alone(open_rag, pages, monkeypatch):
    rag = open_rag()
    steps = iter([lambda: None, lambda: (pages / "new.md").write_text("# 丙镇\n\n丙镇修路。\n", encoding="utf-8"), lambda: None])
    monkeypatch.setattr("rag.index.build.time.sleep", lambda _: next(steps)())
    wait_for_change(rag.config)
    assert (pages / "new.md").exists() and next(steps, None) is None


def test_an_archive_that_sqlite_cannot_read_is_one_error(open_rag):
    rag = open_rag()
    with sqlite3.connect(generation(rag) / layout.ARCHIVE) as connection:
        connection.execute("DROP TABLE passages")
    with pytest.raises(StoreError, match="rag build --fresh"):
        found(rag)


def test_a_small_archive_is_searched_the_same_whatever_it_was_before(open_rag, pages):
    rag = open_rag()
    (pages / "new.md").write_text("# 丙镇\n\n丙镇修路九条。\n", encoding="utf-8")
    rag.build()
    (pages / "new.md").unlink()
    rag.build()
    changed = found(rag)
    rag.build(fresh=True)
    assert found(rag) == changed
