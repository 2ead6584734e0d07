"""The trained adapter (LoRA) of the default generator, put into an OpenVINO graph or a GGUF file for llama.cpp.

``adapter.npz`` holds two thin matrices ``(rank, in)`` and ``(out, rank)`` for each adapted product, by the names of the GGUF file
(``blk.14.attn_q.down``, ``.up``). Each product ``W x`` becomes ``W x + up (down x)``. ``training/train_generator.py`` makes it.
"""

from __future__ import annotations

import hashlib
import os
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

_FILE = Path(__file__).with_name("adapter.npz")
_BASE = "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf"  # the file that it was trained for

Matrices = dict[str, tuple[np.ndarray, np.ndarray]]


def adapter_of(file: Path) -> str:
    """Returns a short hash of the adapter if it is for a model file, else ``""``.

    >>> adapter_of(Path("other.gguf"))
    ''
    """
    return _digest() if file.name == _BASE else ""


@cache
def _digest() -> str:
    return hashlib.sha256(_FILE.read_bytes()).hexdigest()[:12]


def _matrices() -> Matrices:
    with np.load(_FILE) as stored:
        names = sorted(name.removesuffix(".up") for name in stored.files if name.endswith(".up"))
        return {name: (stored[f"{name}.down"], stored[f"{name}.up"]) for name in names}


def adapt_graph(folder: Path) -> None:
    """Adds the adapter to ``openvino_model.xml`` in a folder. Raises :class:`RuntimeError` if a product is not there."""
    import openvino

    graph = openvino.Core().read_model(folder / "openvino_model.xml")
    products = _products(graph)
    for name, (down, up) in _matrices().items():
        _add_beside(products[name], down, up)
    graph.validate_nodes_and_infer_types()
    openvino.save_model(graph, folder / "adapted.xml", compress_to_fp16=False)
    del graph, products  # they keep the old files open
    for end in (".bin", ".xml"):
        os.replace(folder / f"adapted{end}", folder / f"openvino_model{end}")


def _products(graph: Any) -> dict[str, Any]:
    """Returns the matrix products of the layers by their GGUF names; layers follow one another in topological order."""
    counts: dict[str, int] = {}
    products = {}
    for node in graph.get_ordered_ops():
        if node.get_type_name() == "MatMul" and (kind := _kind(node)):
            products[f"blk.{counts.get(kind, 0)}.{kind}"] = node
            counts[kind] = counts.get(kind, 0) + 1
    if len(set(counts.values())) != 1 or len(counts) != 7:
        raise RuntimeError(f"the graph is not that of the adapter's model: {counts}")
    return products


def _kind(product: Any) -> str:
    """Tells from what comes before and after a product which matrix of a layer it is; ``""`` for others."""
    used_by = [_types(product, steps) for steps in range(1, 5)]
    if ".mlp.mul." in product.input_value(0).get_node().get_friendly_name():
        return "ffn_down"
    if "Swish" in used_by[0]:
        return "ffn_gate"
    if any(".mlp.mul." in user.get_friendly_name() for user in _users(product)):
        return "ffn_up"
    if any(".self_attn.add" in user.get_friendly_name() for user in _users(product)):
        return "attn_output"
    if used_by[:3] != [{"Add"}, {"Reshape"}, {"Transpose"}]:
        return ""
    if "Slice" not in used_by[3]:  # values are not turned by their position
        return "attn_v"
    rows, columns = product.input_value(1).get_partial_shape().to_shape()
    return "attn_q" if rows == columns else "attn_k"


def _users(node: Any) -> list[Any]:
    return [one.get_node() for one in node.output(0).get_target_inputs()]


def _types(node: Any, steps: int) -> set[str]:
    nodes = [node]
    for _ in range(steps):
        nodes = [user for one in nodes for user in _users(one)]
    return {one.get_type_name() for one in nodes}


def _add_beside(product: Any, down: np.ndarray, up: np.ndarray) -> None:
    from openvino import opset13 as op

    users = list(product.output(0).get_target_inputs())
    thin = op.matmul(product.input_value(0), op.constant(down.astype(np.float32)), False, True)
    added = op.add(product.output(0), op.matmul(thin, op.constant(up.astype(np.float32)), False, True))
    for user in users:
        user.replace_source_output(added.output(0))


def write_gguf(file: Path) -> None:
    """Writes the adapter as llama.cpp reads it [1]_.

    .. [1] llama.cpp, *convert_lora_to_gguf.py*, https://github.com/ggml-org/llama.cpp
    """
    import gguf

    partial = file.with_name(f"{file.name}.{os.getpid()}.partial")
    writer = gguf.GGUFWriter(partial, "qwen2")
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", 0.0)  # the scale is in the matrices
    for name, (down, up) in _matrices().items():
        writer.add_tensor(f"{name}.weight.lora_a", down.astype(np.float32))
        writer.add_tensor(f"{name}.weight.lora_b", up.astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    os.replace(partial, file)
