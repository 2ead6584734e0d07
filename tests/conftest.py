"""A small archive of two made-up articles with fake models, and the seed page with the real ones."""

from __future__ import annotations

import gzip
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for fakes.py

from fakes import BagEmbedder, Scripted, SharedWords
from hypothesis import settings

from rag import Rag
from rag.config import Answering, Config, Index, Retrieval, Source
from rag.models.cedict import PACKED, convert_cedict

settings.register_profile("fixed", derandomize=True, deadline=None)
settings.load_profile("fixed")  # the same examples each time; raise max_examples and drop this line to look for more

ROOT = Path(__file__).parent.parent
SEED = ROOT / "seeds" / "000_3629daf696c96df6.txt"

BRIDGES = """# 甲镇新桥开工

▶ 本报记者 石磊

本报讯 2024年7月5日,甲镇新桥开工。今年以来,甲镇新开工桥梁47座,总投资额86.8亿元,续建桥梁44座。

桥梁由丙建筑公司和丁建筑公司共同建设,张三任总工程师。
"""
WORDS = """# CC-CEDICT
橋梁 桥梁 [qiao2 liang2] /bridge (lit. and fig.)/
橋 桥 [qiao2] /bridge/CL:座[zuo4]/
天橋 天桥 [tian1 qiao2] /overhead walkway; pedestrian bridge/
種樹 种树 [zhong4 shu4] /to plant trees/
植樹 植树 [zhi2 shu4] /to plant trees/
樹 树 [shu4] /tree/CL:棵[ke1]/
春天 春天 [chun1 tian1] /spring (season)/
彈簧 弹簧 [tan2 huang2] /spring/
"""
TREES = """# 乙镇植树

乙镇今年春天种树五万棵。杨树、柳树成活率分别达63.38%和69.12%。
"""


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    folder = tmp_path / "pages"
    folder.mkdir()
    (folder / "bridges.md").write_text(BRIDGES, encoding="utf-8")
    (folder / "trees.md").write_text(TREES, encoding="utf-8")
    return folder


@pytest.fixture
def config(pages: Path, tmp_path: Path) -> Config:
    return Config(source=Source(paths=(pages,)), index=Index(dir=tmp_path / "index"), answering=Answering(kept=0),
                  retrieval=Retrieval(dictionary=str(a_dictionary(tmp_path / "dictionary"))))


def a_dictionary(folder: Path) -> Path:
    """A dictionary of a few words, compiled as the real one is."""
    folder.mkdir()
    with gzip.open(folder / PACKED, "wt", encoding="utf-8") as out:
        out.write(WORDS)
    convert_cedict(folder)
    return folder


FIGURE_WEIGHTS = {"figure": {"constant": 2.0, "read": 0.5, "alone": 0.5, "likely": 1.0, "kind": 1.0, "timed": 0.0, "written": 1.0},
                  "together": {"like_others": 1.0}, "sentence": {"constant": 0.0, "read": 1.0, "surely": -0.5},
                  "planned": {"constant": 0.0, "question": 1.0, "surely": -1.0},
                  "alone": {"constant": 0.0, "several": -1.0, "looked_up": 0.0},
                  "operands": {"constant": 2.0, "surely": 1.0, "usual": 0.0}}
WEIGHTS = {"sentence": {"similarity": 0.3, "word_overlap": 1.4, "passage_score": 0.7},
           "answer": {"constant": 0.3, "margin": 0.5, "agreed": 0.7, "refused": -1.0, "surely": -0.1}}


@pytest.fixture
def open_rag(config: Config, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Rag]:
    """Opens the small archive with a generator that says what it is told: ``open_rag(read="47座")``.

    The reader knows the same words; the generator is always asked. The weights of the answer path are
    those of this file, so that fitting them anew changes no test.
    """
    for module in ("choose", "confidence"):
        monkeypatch.setattr(f"rag.answer.{module}.fitted", lambda: WEIGHTS)
    for module in ("candidates", "rows", "operation", "ground_operands"):
        monkeypatch.setattr(f"rag.gather.{module}.fitted", lambda: FIGURE_WEIGHTS)

    def opened(**says: object) -> Rag:
        read = says.get("read", "")
        rag = Rag.open(config)
        rag.embedder = BagEmbedder()
        rag.reader = SharedWords(*([read] if isinstance(read, str) and read else []))
        rag.generator = Scripted(**says)
        rag.build()
        return rag

    return opened


@pytest.fixture(scope="session")
def seed_rag(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rag]:
    """The seed page, read, indexed and answered by the real models."""
    index = tmp_path_factory.mktemp("seed") / "index"
    rag = Rag.open(Config(source=Source(paths=(SEED,)), index=Index(dir=index)))
    rag.build()
    yield rag
