"""Recodes the 6-bit weights of a GGUF graph to plain 8 bits: generation is a tenth faster, and the file smaller.

A GGUF file stores some weights, such as those of the vocabulary, in 6 bits with a scale for every 16 numbers [1]_. The runtime
widens them to 8 bits but keeps the scales, which cost time. Here each row gets one scale (docs/research.md, 2026-11-26).

.. [1] llama.cpp, *k-quants*, https://github.com/ggml-org/llama.cpp/pull/1684
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

_GROUP_SIZE = 16  # weights with a common scale
_ZERO_POINT = 128  # of unsigned 8 bits


def recode(folder: Path) -> None:
    """Rewrites ``openvino_model.xml`` and its weights in a folder. Raises :class:`RuntimeError` if there is no such graph."""
    import openvino

    graph = openvino.Core().read_model(folder / "openvino_model.xml")
    for node in graph.get_ops():
        if node.get_type_name() == "MatMul" and (parts := _grouped_matrix(node)):
            node.input(1).replace_source_output(_row_scaled_node(_dequantised(*parts)).output(0))
    graph.validate_nodes_and_infer_types()
    openvino.save_model(graph, folder / "rows.xml", compress_to_fp16=False)
    del graph  # it keeps the old files open
    for end in (".bin", ".xml"):
        os.replace(folder / f"rows{end}", folder / f"openvino_model{end}")


def _grouped_matrix(node: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Returns the 8-bit weights ``(rows, groups, 16)`` of a product, their zero points and scales; ``None`` for another kind."""
    operations: dict[str, Any] = {}
    operand = node.input_value(1).get_node()
    while operand.get_type_name() in ("Convert", "Reshape", "Multiply", "Subtract"):
        operations[operand.get_type_name()] = operand
        operand = operand.input_value(0).get_node()
    if operand.get_type_name() != "Constant" or not {"Multiply", "Subtract"} <= set(operations):
        return None
    numbers = operand.data
    if numbers.dtype != np.uint8 or numbers.ndim != 3 or numbers.shape[2] != _GROUP_SIZE:
        return None
    return numbers, _constant(operations["Subtract"].input_value(1)), _constant(operations["Multiply"].input_value(1))


def _constant(value: Any) -> np.ndarray:
    node = value.get_node()
    while node.get_type_name() == "Convert":
        node = node.input_value(0).get_node()
    return node.data


def _dequantised(numbers: np.ndarray, zero: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Returns the weights ``(rows, columns) float32``.

    >>> _dequantised(np.array([[[32, 40]]], np.uint8), np.array([[[32]]], np.uint8), np.array([[[0.5]]], np.float16)).tolist()
    [[0.0, 4.0]]
    """
    weights = (numbers.astype(np.float32) - zero.astype(np.float32)) * scale.astype(np.float32)
    return weights.reshape(len(weights), -1)


def _row_scaled_node(matrix: np.ndarray) -> Any:
    """Returns a node for 8-bit weights with one scale for each row, in a form that the runtime multiplies directly."""
    from openvino import opset13 as op

    scale = (np.abs(matrix).max(axis=1, keepdims=True) / (_ZERO_POINT - 1)).astype(np.float16)
    scale[scale == 0] = 1
    numbers = (np.clip(np.round(matrix / scale.astype(np.float32)), 1 - _ZERO_POINT, _ZERO_POINT - 1) + _ZERO_POINT).astype(np.uint8)
    zero_point = op.constant(np.full((len(matrix), 1), _ZERO_POINT, np.uint8))
    shifted = op.subtract(op.convert(op.constant(numbers), "f16"), op.convert(zero_point, "f16"))
    return op.convert(op.multiply(shifted, op.constant(scale)), "f32")
