"""The embedder's graph: texts of one length together, matrices in 8 bits."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import openvino
import pytest
from openvino import opset13 as op

from rag.config import Config
from rag.errors import ModelError
from rag.index.embed import cluster, eight_bits, graph, torch_encoder
from rag.index.embed.eight_bits import quantise
from rag.index.embed.graph import same_length_batches

WIDE, TOKENS = 64, 5


def small_encoder(random: np.random.Generator):
    """A feed-forward block behind a layer normalisation: uneven in one channel before it, and loud in one inside."""
    given = op.parameter([-1, -1, WIDE], np.float32, name="x")
    scale = np.ones((1, 1, WIDE), np.float32)
    scale[..., 7] = 3
    norm = op.multiply(op.mvn(given, op.constant(np.array([-1])), True, 1e-5, "inside_sqrt"), op.constant(scale))
    first = random.normal(size=(4 * WIDE, WIDE)).astype(np.float32) / WIDE
    lift = np.zeros((1, 1, 4 * WIDE), np.float32)
    lift[..., 3] = 30
    inner = op.gelu(op.add(op.matmul(norm, op.constant(first), False, True), op.constant(lift)), "ERF")
    second = random.normal(size=(WIDE, 4 * WIDE)).astype(np.float32) / WIDE
    return openvino.Model([op.matmul(inner, op.constant(second), False, True)], [given], "small")


def cosines(one, other, texts):
    """Least cosine of what two graphs give for the same texts."""
    run = [openvino.compile_model(graph, "CPU", {"INFERENCE_PRECISION_HINT": "f32"}) for graph in (one, other)]
    a, b = (np.concatenate([compiled([text])[0][0] for text in texts]) for compiled in run)
    return ((a * b).sum(axis=1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)).min()


def test_eight_bits_keep_the_vectors_though_channels_are_loud(monkeypatch):
    random = np.random.default_rng(0)
    graph = small_encoder(random)
    samples = [[random.normal(size=(1, TOKENS, WIDE)).astype(np.float32)] for _ in range(40)]
    fresh = [random.normal(size=(1, TOKENS, WIDE)).astype(np.float32) for _ in range(40)]
    eight = quantise(graph.clone(), samples)
    kinds = [node.get_type_name() for node in eight.get_ops()]
    assert kinds.count("FakeQuantize") == 4 and "Gather" in kinds  # two matrices, two inputs; the loud channel apart
    least = cosines(graph, eight, fresh)
    monkeypatch.setattr(eight_bits, "_OUTLIER_RATIO", 1e9)
    assert 1 - least < 0.0001 < 1 - cosines(graph, quantise(graph.clone(), samples), fresh)


def test_texts_of_one_length_go_together_and_each_goes_once():
    lengths = [5, 3, 5, 9, 3, 5]
    groups = list(same_length_batches(lengths, 2))
    assert sorted(i for group in groups for i in group) == list(range(6)) and max(map(len, groups)) == 2
    assert all(len({lengths[i] for i in group}) == 1 for group in groups)
    assert [lengths[g[0]] for g in groups] == sorted((lengths[g[0]] for g in groups), reverse=True)


def test_a_gpu_that_is_not_there_is_named_with_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr(torch_encoder, "has_gpu", lambda: False)
    with pytest.raises(ModelError, match=r"embedding\.device: cuda, but torch finds no GPU"):
        torch_encoder.TorchEncoder(tmp_path, 512, 8, "cuda")


@pytest.mark.parametrize("device, backend, gpu, opened", [
    ("auto", "auto", True, "cuda"), ("auto", "torch", True, "cuda"), ("auto", "openvino", True, None),
    ("cpu", "auto", True, None), ("auto", "auto", False, None)])
def test_a_build_runs_on_a_gpu_if_there_is_one_and_nothing_else_is_set(monkeypatch, device, backend, gpu, opened):
    monkeypatch.setattr(cluster, "has_gpu", lambda: gpu)
    monkeypatch.setattr(cluster, "open_embedder", lambda settings, offline: settings.device)
    config = Config(embedding={"device": device, "backend": backend})
    with cluster.for_building("given", config) as embedder:
        assert embedder == (opened or "given")


def test_the_graph_that_was_the_fastest_here_is_found_with_its_precision(tmp_path):
    stem = tmp_path / "weights-2026.4"
    assert graph._cached(stem) is None
    (tmp_path / "weights-2026.4-tokens-int8-12345.xml").touch()  # a draft of another process
    assert graph._cached(stem) is None
    file = tmp_path / "weights-2026.4-tokens-int8-bf16.xml"
    file.touch()
    assert graph._cached(stem) == (file, "bf16")


def test_of_the_ways_to_run_a_graph_the_fastest_is_kept_and_the_others_are_deleted(tmp_path, monkeypatch):
    seconds = {("float", "f32"): 3.0, ("int8", "f32"): 1.0, ("int8", "bf16"): 2.0}
    encoder = object.__new__(graph.GraphEncoder)
    monkeypatch.setattr(graph, "_convert", lambda folder: small_encoder(np.random.default_rng(0)))
    monkeypatch.setattr(graph, "quantise", lambda made, samples: made)
    monkeypatch.setattr(graph, "has_bfloat16", lambda: True)
    encoder._tokenizer = SimpleNamespace(encode=lambda texts: [SimpleNamespace(ids=[1, 2]) for _ in texts])
    monkeypatch.setattr(graph.GraphEncoder, "_seconds", lambda self, texts: seconds[
        "int8" if "-int8-" in self._file.name else "float", self._precision])
    file, precision = encoder._fastest(tmp_path, tmp_path / "w")
    assert (file.name, precision) == ("w-tokens-int8-f32.xml", "f32")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["w-tokens-int8-f32.bin", "w-tokens-int8-f32.xml"]
