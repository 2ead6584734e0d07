"""In which precision a processor runs a graph quickest: tried once, and noted beside the graph.

In bfloat16 the runtime widens 4-bit matrices before it multiplies; in float32 it rounds the other side to 8 bits and
multiplies whole numbers. The first reads long prompts quicker, the second writes quicker where a core is slow beside its
memory (benchmarks/precision.md), and no property of a processor tells which.
"""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Any

import numpy as np

log = logging.getLogger(__name__)

NOTE = "precision"
_DEFAULT, _ALTERNATIVE = "bf16", "f32"
_SWITCH_RATIO = 0.9  # of the usual one's seconds, from which the other one is taken: timings waver
_PROMPT_TOKENS, _ANSWER_TOKENS = 128, 24  # tokens of a middling prompt that are new, and of its answer


def precision_of(folder: Path) -> str:
    """What was noted for the graph in a folder; ``""`` leaves it to the runtime."""
    note = folder / NOTE
    return note.read_text(encoding="utf-8").strip() if note.is_file() else ""


def note_precision(folder: Path, threads: int) -> None:
    """Tries both and writes the quicker one down; ``""`` where the processor has no bfloat16."""
    fastest = ""
    if has_bfloat16():
        seconds = {name: _measured_seconds(folder, name, threads) for name in (_DEFAULT, _ALTERNATIVE)}
        fastest = _ALTERNATIVE if seconds[_ALTERNATIVE] < _SWITCH_RATIO * seconds[_DEFAULT] else _DEFAULT
        log.info("%s: %s", folder.name, ", ".join(f"{name} {value:.2f} s" for name, value in seconds.items()))
    (folder / NOTE).write_text(fastest, encoding="utf-8")


def has_bfloat16() -> bool:
    """Whether the processor multiplies bfloat16 natively, as OpenVINO sees it."""
    import openvino

    return "BF16" in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def _measured_seconds(folder: Path, precision: str, threads: int) -> float:
    """For reading a prompt and writing an answer of middling length."""
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
    """Lets the graph take some tokens behind those that it has taken."""
    available = {"input_ids": np.arange(100, 100 + tokens)[None], "attention_mask": np.ones((1, past + tokens), np.int64),
             "position_ids": np.arange(past, past + tokens)[None], "beam_idx": np.zeros(1, np.int32)}
    names = {node.any_name for node in compiled.inputs}
    request.infer({name: value for name, value in available.items() if name in names})
