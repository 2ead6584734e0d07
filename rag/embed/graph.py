"""The embedder as an OpenVINO graph: token ids → unit vectors, converted once and kept in the cache.

Texts of the same number of tokens go through it together, so that nothing is padded and nothing masked, and each core
works on a batch of its own. On a processor that has bfloat16 (and so multiplies 8-bit numbers at twice its rate) its
matrices are in 8 bits, see :mod:`~rag.embed.eight_bits`.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator, Sequence
from functools import partial
from importlib import resources
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from rag.embed.eight_bits import in_eight_bits
from rag.models import cache_folder

log = logging.getLogger(__name__)

_BFLOAT16 = "BF16"
_KERNELS = 1000  # kernels kept, one for each shape of each step; five times as many, as it comes, fill gigabytes


class GraphEncoder:
    """Texts → ``(n, dim) float32``, rows of unit length, by the converted graph and the model's own tokenizer file."""

    def __init__(self, folder: Path, weights: str, max_tokens: int, batch: int) -> None:
        """``weights`` is the hash that names the graph in the cache; ``batch`` texts at most go through it at a time."""
        import openvino
        from tokenizers import Tokenizer

        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_tokens)
        core = openvino.Core()
        native = _BFLOAT16 in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        compiled = core.compile_model(str(_converted(folder, weights, self._samples() if native else None)), "CPU", {
            "INFERENCE_PRECISION_HINT": "bf16" if native else "f32", "NUM_STREAMS": os.cpu_count() or 1,
            "CPU_RUNTIME_CACHE_CAPACITY": _KERNELS})
        self._queue = openvino.AsyncInferQueue(compiled)
        self._queue.set_callback(lambda request, take: take(request.get_output_tensor().data))
        self._dimension, self._batch, self._lock = compiled.output(0).get_partial_shape()[1].get_length(), batch, threading.Lock()

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        """Vectors of texts, in their order."""
        tokens = [text.ids for text in self._tokenizer.encode_batch(list(texts))]
        out = np.zeros((len(tokens), self._dimension), np.float32)
        with self._lock:
            for rows in of_one_length([len(ids) for ids in tokens], self._batch):
                self._queue.start_async([np.array([tokens[row] for row in rows], np.int64)], partial(out.__setitem__, rows))
            self._queue.wait_all()
        return out


    def _samples(self) -> Iterator[list[np.ndarray]]:
        """Inputs made of the texts of ``calibration.txt``."""
        for text in resources.files(__package__).joinpath("calibration.txt").read_text(encoding="utf-8").splitlines():
            yield [np.array([self._tokenizer.encode(text).ids], np.int64)]


def of_one_length(lengths: Sequence[int], most: int) -> Iterator[list[int]]:
    """Positions in groups of at most ``most`` texts of one length, the longest first, so that the cores end together.

    >>> list(of_one_length([3, 9, 3, 3], 2))
    [[1], [0, 2], [3]]
    """
    for _, same in groupby(sorted(range(len(lengths)), key=lambda row: -lengths[row]), key=lengths.__getitem__):
        rows = list(same)
        yield from (rows[at : at + most] for at in range(0, len(rows), most))


def _converted(folder: Path, weights: str, samples: Iterator[list[np.ndarray]] | None) -> Path:
    """The graph of a model, kept in the cache by the hash of its weights; in 8 bits if there are samples to measure by."""
    import openvino

    home = cache_folder() / "openvino"
    file = home / f"{weights[:16]}-{openvino.__version__.split('-')[0]}-{'int8' if samples else 'float'}.xml"
    if not file.is_file():
        home.mkdir(parents=True, exist_ok=True)
        draft = home / f"{file.stem}-{os.getpid()}.xml"
        graph = _convert(folder)
        openvino.save_model(in_eight_bits(graph, samples) if samples else graph, draft, compress_to_fp16=False)
        os.replace(draft.with_suffix(".bin"), file.with_suffix(".bin"))
        os.replace(draft, file)
        log.info("converted %s to %s", folder, file)
    return file


def _convert(folder: Path) -> Any:
    """The sentence-transformers modules, pooling and normalisation too, as one graph of ``(n, tokens)`` ids of one length."""
    import warnings

    import openvino
    import torch
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging as remarks

    remarks.set_verbosity_error()
    remarks.disable_progress_bar()
    stack = SentenceTransformer(str(folder), device="cpu")

    class Graph(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder, self.rest = stack[0].auto_model, torch.nn.ModuleList(list(stack)[1:])

        def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
            told = self.encoder(input_ids=input_ids, attention_mask=None).last_hidden_state
            features = {"token_embeddings": told, "attention_mask": torch.ones_like(input_ids)}
            for module in self.rest:
                features = module(features)
            return torch.nn.functional.normalize(features["sentence_embedding"], dim=-1)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracer's remarks on transformers' code
        return openvino.convert_model(Graph().eval(), example_input={"input_ids": torch.ones(2, 16, dtype=torch.long)})
