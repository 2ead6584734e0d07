"""Matrices in groups of 16 become matrices in rows; what they multiply to stays the same."""

from __future__ import annotations

import numpy as np
import openvino
from openvino import opset13 as op

from rag.generate.recode import recode

ROWS, GROUPS = 48, 8


def product(given, numbers, zero, scale):
    """The form in which the runtime keeps a 6-bit matrix of a GGUF file."""
    centred = op.subtract(op.convert(op.constant(numbers), "f16"), op.convert(op.constant(zero), "f16"))
    wide = op.reshape(op.multiply(centred, op.constant(scale)), op.constant(np.array([len(numbers), -1])), False)
    return op.matmul(given, op.convert(wide, "f32"), False, True)


def save_graph(folder, random, group):
    """A graph with one matrix in groups of so many numbers."""
    given = op.parameter([-1, 16 * GROUPS], np.float32, name="x")
    shape = (ROWS, 16 * GROUPS // group, group)
    numbers = random.integers(0, 64, shape, dtype=np.uint8)
    scale = random.uniform(0.01, 0.03, (*shape[:2], 1)).astype(np.float16)
    graph = openvino.Model([product(given, numbers, np.full((*shape[:2], 1), 32, np.uint8), scale)], [given], "small")
    openvino.save_model(graph, folder / "openvino_model.xml", compress_to_fp16=False)


def run(folder, given):
    return openvino.compile_model(folder / "openvino_model.xml", "CPU", {"INFERENCE_PRECISION_HINT": "f32"})([given])[0]


def shapes(folder):
    graph = openvino.Core().read_model(folder / "openvino_model.xml")
    return [node.data.shape for node in graph.get_ops() if node.get_type_name() == "Constant" and node.data.dtype == np.uint8]


def test_a_matrix_in_groups_of_sixteen_becomes_one_in_rows(tmp_path):
    random = np.random.default_rng(0)
    save_graph(tmp_path, random, 16)
    given = random.normal(size=(5, 16 * GROUPS)).astype(np.float32)
    before = run(tmp_path, given)
    recode(tmp_path)
    after = run(tmp_path, given)
    assert (ROWS, 16 * GROUPS) in shapes(tmp_path) and sorted(f.name for f in tmp_path.iterdir()) == [
        "openvino_model.bin", "openvino_model.xml"]
    assert 0 < np.abs(after - before).max() < 0.02 * np.abs(before).max()


def test_longer_groups_stay_as_they_are(tmp_path):
    random = np.random.default_rng(0)
    save_graph(tmp_path, random, 32)
    recode(tmp_path)
    assert (ROWS, GROUPS // 2, 32) in shapes(tmp_path)
