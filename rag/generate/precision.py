"""Selects the precision in which a processor runs a graph faster; measured once and noted beside the graph.

In bfloat16 the runtime widens 4-bit weights before it multiplies. In float32 it quantises the activations to 8 bits and multiplies
integers. bfloat16 reads long prompts faster; float32 writes faster where cores are slow relative to memory
(benchmarks/precision.md). No property of the processor predicts which is faster.
"""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Any

import numpy as np

from rag.models.processor import has_bfloat16

log = logging.getLogger(__name__)

NOTE = "precision"
_DEFAULT, _ALTERNATIVE = "bf16", "f32"
_SWITCH_RATIO = 0.9  # of the default's seconds; above it the difference may be noise
_PROMPT_TOKENS, _ANSWER_TOKENS = 128, 24  # new tokens of a typical prompt, and tokens of its answer


def precision_of(folder: Path) -> str:
    """Returns the precision noted for the graph in a folder; ``""`` leaves it to the runtime."""
    note = folder / NOTE
    return note.read_text(encoding="utf-8").strip() if note.is_file() else ""


def note_precision(folder: Path, threads: int) -> None:
    """Measures both precisions and notes the faster one; ``""`` on processors without bfloat16."""
    fastest = ""
    if has_bfloat16():
        seconds = {name: _measured_seconds(folder, name, threads) for name in (_DEFAULT, _ALTERNATIVE)}
        fastest = _ALTERNATIVE if seconds[_ALTERNATIVE] < _SWITCH_RATIO * seconds[_DEFAULT] else _DEFAULT
        log.info("%s: %s", folder.name, ", ".join(f"{name} {value:.2f} s" for name, value in seconds.items()))
    (folder / NOTE).write_text(fastest, encoding="utf-8")


def _measured_seconds(folder: Path, precision: str, threads: int) -> float:
    """Measures the seconds to read a prompt and write an answer of typical length."""
    import openvino

    options: dict[str, Any] = {"INFERENCE_PRECISION_HINT": precision}
    if threads:
        options["INFERENCE_NUM_THREADS"] = threads
    compiled = openvino.Core().compile_model(folder / "openvino_model.xml", "CPU", options)
    request = compiled.create_infer_request()
    _feed(request, compiled, 0, 8)
    began = time.perf_counter()
    _feed(request, compiled, 8, _PROMPT_TOKENS)
    for at in range(_ANSWER_TOKENS):
        _feed(request, compiled, 8 + _PROMPT_TOKENS + at, 1)
    return time.perf_counter() - began


def _feed(request: Any, compiled: Any, past: int, tokens: int) -> None:
    """Runs the graph on ``tokens`` tokens after ``past`` tokens."""
    available = {"input_ids": np.arange(100, 100 + tokens)[None], "attention_mask": np.ones((1, past + tokens), np.int64),
             "position_ids": np.arange(past, past + tokens)[None], "beam_idx": np.zeros(1, np.int32)}
    names = {node.any_name for node in compiled.inputs}
    request.infer({name: value for name, value in available.items() if name in names})
