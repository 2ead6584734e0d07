"""The generator's adapter: the same thin matrices in an OpenVINO graph and in a file for llama.cpp."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openvino
import pytest
from openvino import opset13 as op

from rag.config import Generation
from rag.generate import adapter
from rag.generate.openvino import prepare
from rag.models import resolve

RANDOM = np.random.default_rng(0)


def test_a_product_gets_the_thin_matrices_beside_it():
    given = op.parameter([-1, 12], np.float32, name="x")
    weights, down, up = (RANDOM.normal(size=shape).astype(np.float32) for shape in ((20, 12), (3, 12), (20, 3)))
    product = op.matmul(given, op.constant(weights), False, True)
    graph = openvino.Model([op.multiply(product, op.constant(np.float32(2)))], [given], "small")
    adapter._add_beside(product, down, up)
    x = RANDOM.normal(size=(5, 12)).astype(np.float32)
    run = openvino.compile_model(graph, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    assert np.allclose(run([x])[0], 2 * (x @ weights.T + x @ down.T @ up.T), atol=1e-4)


def test_a_graph_of_another_model_is_refused(tmp_path):
    given = op.parameter([-1, 12], np.float32, name="x")
    graph = openvino.Model([op.matmul(given, op.constant(np.ones((20, 12), np.float32)), False, True)], [given], "small")
    openvino.save_model(graph, tmp_path / "openvino_model.xml")
    with pytest.raises(RuntimeError, match="not that of the adapter's model"):
        adapter.adapt_graph(tmp_path)


def test_llama_cpp_reads_what_the_package_holds(tmp_path):
    import gguf

    adapter.write_gguf(tmp_path / "adapter.gguf")
    read = gguf.GGUFReader(tmp_path / "adapter.gguf")
    assert read.fields["general.type"].contents() == "adapter" and read.fields["adapter.type"].contents() == "lora"
    tensors = {tensor.name: tensor.data for tensor in read.tensors}
    matrices = adapter._matrices()
    assert len(tensors) == 2 * len(matrices) > 0
    for name, (down, up) in matrices.items():
        assert np.array_equal(tensors[f"{name}.weight.lora_a"], down.astype(np.float32))
        assert np.array_equal(tensors[f"{name}.weight.lora_b"], up.astype(np.float32))


def test_the_default_generator_runs_with_every_matrix():
    graph = openvino.Core().read_model(prepare(_generator_file()) / "openvino_model.xml")
    products = [node for node in graph.get_ops() if node.get_type_name() == "MatMul"]
    held = [tuple(node.input_value(1).get_node().data.shape) for node in products
            if node.input_value(1).get_node().get_type_name() == "Constant"]
    wanted = [matrix.shape for pair in adapter._matrices().values() for matrix in pair]
    assert sorted(shape for shape in held if shape in set(wanted)) == sorted(wanted)


def test_other_files_have_no_adapter():
    assert adapter.adapter_of(Path("elsewhere/other.gguf")) == "" and len(adapter.adapter_of(_generator_file())) == 12


def _generator_file() -> Path:
    return resolve(Generation().model)
