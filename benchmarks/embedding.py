"""Embedding beside sentence-transformers and the processor's own limit, with all instructions and with fewer. Writes ``embedding.md``.

    python benchmarks/embedding.py

Each set of instructions runs in a process of its own. The others are set by the
variables that oneDNN and torch read; OpenVINO is told that there is no bfloat16. The peak is that of the quickest product of two
matrices of 2048 × 2048 in that process: float32 and bfloat16 by torch, float32 and 8 bits by OpenVINO. An embedded text counts the
multiplications and additions of its layers, padding not counted.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from run import HERE, ROOT, timed, write_table

from rag.config import Embedding
from rag.index.embed import graph, open_embedder
from rag.index.embed.eight_bits import quantise
from rag.index.passages import passages_of
from rag.models import resolve
from rag.pages import read_articles

_OTHERS = {"ATEN_CPU_CAPABILITY": "avx2", "MKL_ENABLE_INSTRUCTIONS": "AVX2"}
_SETS = {"all": {}, "AVX2 with VNNI": {"ONEDNN_MAX_CPU_ISA": "AVX2_VNNI", **_OTHERS},
         "AVX2 alone": {"ONEDNN_MAX_CPU_ISA": "AVX2", **_OTHERS}}
_TEXTS, _SIZE, _TRIES = 256, 2048, 3


def main() -> None:
    if len(sys.argv) > 1:
        with TemporaryDirectory() as folder:  # each set of instructions has a fastest graph of its own
            graph.cache_folder = lambda: Path(folder)  # type: ignore[assignment]
            print(json.dumps(measure(with_bfloat16=sys.argv[1] == "all")))
        return
    rows = []
    for name, variables in _SETS.items():
        told = subprocess.run([sys.executable, __file__, name], env={**os.environ, **variables}, cwd=HERE, check=True,
                              capture_output=True, text=True).stdout
        rows += [[name, *row] for row in json.loads(told.splitlines()[-1])]
    write_table("embedding", f"Embedding {_TEXTS} passages of the seed page", [
        "instructions", "way", "passages per second", "ratio", "10⁹ operations per second", "share of the peak", "least cosine"], rows,
        "embedding.py")


def measure(*, with_bfloat16: bool) -> list[list[str]]:
    """The rows of one set of instructions."""
    import torch
    from sentence_transformers import SentenceTransformer

    if not with_bfloat16:
        graph._WAYS = tuple(way for way in graph._WAYS if way[1] == "f32")
    passages = [p.text for a in read_articles(next((ROOT / "seeds").glob("*.txt"))) for p in passages_of(a, 350)]
    texts = [passages[i % len(passages)] + str(i) for i in range(_TEXTS)]
    folder = str(resolve(Embedding().model))

    def plain(dtype: torch.dtype) -> Callable[[list[str]], np.ndarray]:
        model = SentenceTransformer(folder, device="cpu", model_kwargs={"dtype": dtype})
        return lambda t: np.asarray(model.encode(["passage: " + x for x in t], show_progress_bar=False, normalize_embeddings=True))

    ways = {"SentenceTransformer.encode, defaults": plain(torch.float32), "the same in bfloat16": plain(torch.bfloat16)}
    ways |= {f"embedding.backend {name}": open_embedder(Embedding(backend=name)).passages for name in ("torch", "openvino")}
    work = sum(map(operations, (len(ids) for ids in tokenized(folder, texts)))) / 1e9
    speeds = peaks(with_bfloat16=with_bfloat16)
    peak = max(speeds.values())
    vectors: dict[str, np.ndarray] = {}
    rows, base = [], 0.0
    for name, encode in ways.items():
        encode(texts[:32])
        took = min(timed(lambda n=name, e=encode: vectors.__setitem__(n, e(texts))) for _ in range(_TRIES))
        base = base or took
        least = float((next(iter(vectors.values())) * vectors[name]).sum(axis=1).min())
        speed = work / took
        rows.append([name, f"{_TEXTS / took:.1f}", f"{base / took:.2f}", f"{speed:.0f}", f"{speed / peak:.2f}", f"{least:.4f}"])
    return rows + [[f"peak, {name}", "", "", f"{speed:.0f}", "", ""] for name, speed in speeds.items()]


def tokenized(folder: str, texts: list[str]) -> list[list[int]]:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(Path(folder) / "tokenizer.json"))
    return [encoding.ids for encoding in tokenizer.encode_batch(["passage: " + text for text in texts])]


def operations(tokens: int, layers: int = 12, width: int = 384, inner: int = 1536) -> int:
    """Multiplications and additions of multilingual-e5-small for a text: 4 + 2 matrices a layer, and its attention."""
    return 2 * layers * tokens * (4 * width * width + 2 * width * inner + 2 * tokens * width)


def peaks(*, with_bfloat16: bool) -> dict[str, float]:
    """10⁹ operations per second of products of two matrices: kind → speed."""
    import torch

    work = 2 * _SIZE**3 / 1e9
    found = {}
    for dtype in (torch.float32, torch.bfloat16)[: 1 + with_bfloat16]:
        one = torch.randn(_SIZE, _SIZE, dtype=dtype)
        one @ one
        found[f"{str(dtype).removeprefix('torch.')}, torch"] = work / min(timed(lambda m=one: m @ m) for _ in range(5))
    for name, eight_bits in (("float32, OpenVINO", False), ("8 bits, OpenVINO", True)):
        found[name] = openvino_peak(eight_bits=eight_bits)
    return found


def openvino_peak(*, eight_bits: bool) -> float:
    """10⁹ operations per second of four products, one after the other."""
    import openvino
    from openvino import opset13 as op

    random = np.random.default_rng(0)
    given = op.parameter([_SIZE, _SIZE], np.float32, name="x")
    node: Any = given
    for _ in range(4):
        node = op.matmul(node, op.constant(random.normal(size=(_SIZE, _SIZE)).astype(np.float32) / _SIZE**0.5), False, True)
    sample = random.normal(size=(_SIZE, _SIZE)).astype(np.float32)
    model = openvino.Model([node], [given], "peak")
    model = quantise(model, [[sample]]) if eight_bits else model
    compiled = openvino.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY"})
    compiled([sample])
    return 4 * 2 * _SIZE**3 / 1e9 / min(timed(lambda: compiled([sample])) for _ in range(_TRIES))


if __name__ == "__main__":
    main()
