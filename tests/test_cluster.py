"""A build's passages on a Ray cluster: two nodes of this machine, whose workers open a fake."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from rag import Rag
from rag.config import Build, Config
from rag.errors import ModelError
from rag.index.build import build
from rag.index.embed.cluster import RayEmbedder

TEXTS = [f"{'桥' * (number * 37 % 50)}{number}座" for number in range(200)]


@dataclass
class Lengths:
    """A text's vector tells its length. In a worker it may die: at its first texts, or of some text whenever it comes."""

    fingerprint: str = "lengths"
    dies_once: Path | None = None
    dies_of: str = "\0"

    dimension = 64
    batch = 1024

    def passages(self, texts: Sequence[str]) -> np.ndarray:
        if any(self.dies_of in text for text in texts) or (self.dies_once and not self.dies_once.exists()):
            if self.dies_once:
                self.dies_once.touch()
            os._exit(1)
        return self.queries(texts)

    def queries(self, texts: Sequence[str]) -> np.ndarray:
        return np.eye(self.dimension, dtype=np.float32)[[len(text) % self.dimension for text in texts]]

    def interaction(self, question: str, passages: Sequence[str]) -> np.ndarray:
        return np.zeros(len(passages), np.float32)


def opened(threads: int, **how: object) -> Lengths:
    return Lengths(**how)


def needs_ray() -> None:
    """Looks for Ray without importing it, since it reads settings from the environment then."""
    if importlib.util.find_spec("ray") is None:
        pytest.skip("Ray cannot be installed here: it has no wheel for this Python or this system")


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """The address of a cluster of two nodes with one processor each, whose workers find this file."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")  # nobody outside this machine reaches it
        patch.setenv("PYTHONPATH", str(Path(__file__).parent))
        needs_ray()
        from ray.cluster_utils import Cluster

        nodes = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
        nodes.add_node(num_cpus=1)
        yield nodes.address
        nodes.shutdown()


@pytest.fixture
def spread(cluster: str) -> Iterator[object]:
    made = []

    def of(**how: object) -> RayEmbedder:
        made.append(RayEmbedder(Lengths(), Config(build=Build(backend="ray", address=cluster)), partial(opened, **how)))
        return made[-1]

    yield of
    for embedder in made:
        embedder.close()


def test_vectors_of_a_cluster_are_those_of_here_in_the_order_of_the_texts(spread):
    embedder = spread()
    found = embedder.passages(TEXTS)
    assert found.dtype == np.float32 and np.array_equal(found, Lengths().passages(TEXTS))
    assert (embedder.dimension, embedder.fingerprint, embedder._pool.size) == (64, "lengths", 2)


def test_a_worker_that_dies_is_replaced_and_its_texts_are_embedded_again(spread, tmp_path, capfd):
    assert np.array_equal(spread(dies_once=tmp_path / "died").passages(TEXTS), Lengths().passages(TEXTS))
    assert (tmp_path / "died").exists() and capfd.readouterr().out == ""


def test_a_worker_that_died_between_two_batches_is_replaced(spread):
    import ray

    embedder = spread()
    embedder.passages(TEXTS)
    ray.kill(embedder._pool._idle[0])
    assert np.array_equal(embedder.passages(TEXTS[::-1]), Lengths().passages(TEXTS[::-1]))


def test_texts_of_which_workers_die_end_the_build_and_the_next_one_goes_on(spread, config, monkeypatch):
    monkeypatch.setattr("rag.index.embed.cluster._CHUNK", 1)
    monkeypatch.setattr("rag.index.embed.cluster._TEXTS_PER_WORKER", 2)
    monkeypatch.setattr(Lengths, "batch", 2)
    with pytest.raises(ModelError, match=r"workers of the Ray cluster die .*lower build\.workers"):
        build(config, spread(dies_of="63.38"))
    rest = build(config, Lengths())
    assert rest.embedded and rest.embedded < build(config, Lengths(), fresh=True).embedded


def test_a_worker_with_other_weights_is_refused(spread):
    with pytest.raises(ModelError, match=r"^\S+: other weights .*\(foreign, not lengths\); put the same model"):
        spread(fingerprint="foreign").passages(TEXTS)


def test_what_fails_in_a_worker_is_one_line(spread):
    with pytest.raises(ModelError, match=r"TypeError: .*install the same version") as told:
        spread(unheard_of=1).passages(TEXTS)
    assert "\n" not in str(told.value)


def test_a_few_texts_need_no_cluster():
    embedder = RayEmbedder(Lengths(), Config(build=Build(backend="ray", address="127.0.0.1:9")))
    assert embedder.passages(["桥"]).shape == (1, 64) and embedder.queries([]).shape == (0, 64)
    assert embedder.batch == 1024


@pytest.mark.parametrize("address", ["127.0.0.1:9", "ray://127.0.0.1:9", "nonsense"])
def test_a_cluster_that_does_not_answer_is_one_error(address):
    embedder = RayEmbedder(Lengths(), Config(build=Build(backend="ray", address=address)))
    with pytest.raises(ModelError, match=r"no Ray cluster answers here .*; run `ray start --head` there"):
        embedder.passages(TEXTS)


def test_a_cluster_that_is_lost_is_one_error(spread, monkeypatch):
    embedder = spread()
    embedder.passages(TEXTS)
    monkeypatch.setattr(embedder._pool._ray, "wait", lost)
    with pytest.raises(ModelError, match=r"the Ray cluster is lost \(ConnectionError: gone\); .*run `rag build` again"):
        embedder.passages(TEXTS)


def lost(*_: object, **__: object) -> None:
    raise ConnectionError("gone")


def test_without_ray_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ModelError, match=r"pip install 'wenbao\[cluster\]'"):
        RayEmbedder(Lengths(), Config(build=Build(backend="ray"))).passages(TEXTS)


def test_a_build_starts_ray_here_and_ends_it(config, monkeypatch, tmp_path):
    needs_ray()
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    monkeypatch.setenv("HOME", str(tmp_path))  # where Ray keeps a token
    monkeypatch.setattr("rag.index.embed.cluster._CHUNK", 1)
    monkeypatch.setattr("rag.index.embed.cluster.embedder_opener", lambda config: opened)
    local, spread = (
        Rag.open(config.model_copy(update={"build": Build(backend=backend, workers=2),
                                           "index": config.index.model_copy(update={"dir": tmp_path / backend})}))
        for backend in ("local", "ray"))
    local.embedder, spread.embedder = Lengths(), Lengths()
    local.build()
    with monkeypatch.context() as patch:
        patch.setattr(spread.embedder, "passages", None)
        spread.build()
    assert not sys.modules["ray"].is_initialized()
    assert [hit.score for hit in spread.search("桥梁")] == [hit.score for hit in local.search("桥梁")]
