"""Runs the embedding model as an OpenVINO graph; it is converted once and cached.

A batch holds texts with the same number of tokens, which needs no padding and no mask, and each core runs its own batch. Weights of
8 bits (:mod:`~rag.index.embed.eight_bits`) are three to five times as fast on a processor that has instructions for their products,
and no faster on others; so both are timed when the graph is made, and the faster one is kept (benchmarks/embedding.md).
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property, partial
from importlib import resources
from itertools import groupby, pairwise
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

import numpy as np

from rag.index.embed.eight_bits import quantise
from rag.index.embed.interaction import TextTokenizer, Tokens, token_layer
from rag.models import cache_folder
from rag.models.processor import has_bfloat16

log = logging.getLogger(__name__)

_WAYS = (("float", "f32"), ("int8", "f32"), ("int8", "bf16"))  # weights, and the precision of what is no product of matrices
_OTHER = {"float": "int8", "int8": "float"}
_JOINED = 6  # sample texts, each a sentence, that make one as long as a passage
_TIMES = 3  # that each way is timed
_KERNEL_CACHE = 1000  # compiled kernels, one for each operation and shape; the default of 5000 takes gigabytes


class GraphEncoder:
    """A backend that runs the converted graph with the tokenizer file of the model."""

    def __init__(self, folder: Path, weights: str, max_tokens: int, batch: int, threads: int = 0) -> None:
        """Loads the graph of a model folder.

        ``weights``: the hash that names the graph in the cache. ``batch``: texts of a batch. ``threads``: 0 for all
        processors; fewer are not pinned to processors, because other work runs beside them.
        """
        import openvino

        self._tokenizer, self._batch, self._threads = TextTokenizer(folder, max_tokens), batch, threads
        stem = cache_folder() / "openvino" / f"{weights[:16]}-{openvino.__version__.split('-')[0]}"
        self._file, self._precision = _cached(stem) or self._fastest(folder, stem)
        self._text_queues = self._compile_output(0)

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        """Embeds texts: ``(n, dim) float32``, rows of unit length, in the order of the texts."""
        return np.array(self._run(self._text_queues, self._tokenizer.encode(texts)))

    def tokens(self, texts: Sequence[str], prefix: str) -> list[Tokens]:
        """Returns the token vectors of texts that begin with ``prefix``."""
        encodings = self._tokenizer.encode(texts)
        return self._tokenizer.tokens(encodings, prefix, self._run(self._token_queues, encodings))

    @cached_property
    def _token_queues(self) -> QueuePool:
        return self._compile_output(1)

    def _compile_output(self, output: int) -> QueuePool:
        """Compiles the part of the graph that computes one output: 0 text vectors, 1 token vectors."""
        import openvino

        core = openvino.Core()
        graph = core.read_model(self._file)
        part = openvino.Model([graph.output(output).get_node().input_value(0)], graph.get_parameters())
        limits = {"INFERENCE_NUM_THREADS": self._threads, "ENABLE_CPU_PINNING": False} if self._threads else {}
        compiled = core.compile_model(part, "CPU", {
            "INFERENCE_PRECISION_HINT": self._precision, "NUM_STREAMS": self._threads or os.cpu_count() or 1,
            "CPU_RUNTIME_CACHE_CAPACITY": _KERNEL_CACHE, **limits})
        return QueuePool(compiled)

    def _run(self, queues: QueuePool, encodings: Sequence[Any]) -> list[np.ndarray]:
        """Returns the output for each text, in their order."""
        out: list[np.ndarray] = [np.zeros(0)] * len(encodings)

        def store(rows: list[int], found: np.ndarray) -> None:
            for row, values in zip(rows, found, strict=True):
                out[row] = values.copy()

        with queues.borrow() as queue:
            for rows in same_length_batches([len(text.ids) for text in encodings], self._batch):
                queue.start_async([np.array([encodings[row].ids for row in rows], np.int64)], partial(store, rows))
            queue.wait_all()
        return out

    def _fastest(self, folder: Path, stem: Path) -> tuple[Path, str]:
        """Makes both graphs, embeds texts in each way, and keeps the fastest, which its file name tells."""
        texts = _calibration_texts()
        inputs = [[np.array([encoding.ids], np.int64)] for encoding in self._tokenizer.encode(texts)]
        graph = _convert(folder)
        drafts = {"float": _save(graph, stem, "float"), "int8": _save(quantise(graph, inputs), stem, "int8")}
        seconds: dict[tuple[str, str], float] = {}
        for way in _WAYS:
            if way[1] == "bf16" and not has_bfloat16():
                continue
            self._file, self._precision = drafts[way[0]], way[1]
            seconds[way] = self._seconds([*texts, *(" ".join(texts[at : at + _JOINED]) for at in range(len(texts)))])
        log.info("%s: %s", folder, ", ".join(f"{' '.join(way)} {value:.2f} s" for way, value in seconds.items()))
        name, precision = min(seconds, key=seconds.__getitem__)
        file = _file(stem, name, precision)
        for ending in (".bin", ".xml"):  # once there is an .xml file, the graph is complete
            os.replace(drafts[name].with_suffix(ending), file.with_suffix(ending))
            drafts[_OTHER[name]].with_suffix(ending).unlink()
        return file, precision

    def _seconds(self, texts: Sequence[str]) -> float:
        """Returns the least seconds to embed texts, once their kernels are compiled."""
        queues, encodings = self._compile_output(0), self._tokenizer.encode(texts)
        ends = [time.perf_counter()]
        for _ in range(1 + _TIMES):
            self._run(queues, encodings)
            ends.append(time.perf_counter())
        return min(end - began for began, end in pairwise(ends[1:]))


class QueuePool:
    """The inference queues of a compiled model, one for each concurrent caller: a question does not wait for a build."""

    def __init__(self, compiled: Any) -> None:
        self._compiled, self._idle = compiled, SimpleQueue[Any]()

    @contextmanager
    def borrow(self) -> Iterator[Any]:
        """Lends a queue that no other caller uses. The callback of a request gets its output."""
        try:
            queue = self._idle.get_nowait()
        except Empty:
            queue = self._new_queue()
        yield queue
        self._idle.put(queue)  # after an error the queue is not reused

    def _new_queue(self) -> Any:
        import openvino

        queue = openvino.AsyncInferQueue(self._compiled)
        queue.set_callback(lambda request, take: take(request.get_output_tensor().data))
        return queue


def same_length_batches(lengths: Sequence[int], size: int) -> Iterator[list[int]]:
    """Yields positions in batches of at most ``size`` texts of the same length, longest first to balance the cores.

    >>> list(same_length_batches([3, 9, 3, 3], 2))
    [[1], [0, 2], [3]]
    """
    for _, group in groupby(sorted(range(len(lengths)), key=lambda row: -lengths[row]), key=lengths.__getitem__):
        rows = list(group)
        yield from (rows[at : at + size] for at in range(0, len(rows), size))


def _calibration_texts() -> list[str]:
    """Returns the texts that set the ranges of the quantisation."""
    return resources.files(__package__).joinpath("calibration.txt").read_text(encoding="utf-8").splitlines()


def _file(stem: Path, name: str, precision: str) -> Path:
    return stem.with_name(f"{stem.name}-tokens-{name}-{precision}.xml")


def _cached(stem: Path) -> tuple[Path, str] | None:
    """Returns the graph file that was the fastest on this machine, and its precision."""
    return next(((file, precision) for name, precision in _WAYS if (file := _file(stem, name, precision)).is_file()), None)


def _save(graph: Any, stem: Path, name: str) -> Path:
    """Writes a graph under a name that only this process uses."""
    import openvino

    file = _file(stem, name, str(os.getpid()))
    file.parent.mkdir(parents=True, exist_ok=True)
    openvino.save_model(graph, file, compress_to_fp16=False)
    return file


def _convert(folder: Path) -> Any:
    """Converts the sentence-transformers modules into one graph.

    Input: ``(n, tokens)`` ids of texts of the same length. Outputs: text vectors ``(n, dim)`` and token vectors
    ``(n, tokens, dim)``, of unit length.
    """
    import warnings

    import openvino
    import torch
    from sentence_transformers import SentenceTransformer
    from torch.nn.functional import normalize as normalised
    from transformers.utils import logging as transformers_log

    transformers_log.set_verbosity_error()
    transformers_log.disable_progress_bar()
    stack = SentenceTransformer(str(folder), device="cpu")

    class Graph(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder, self.rest = stack[0].auto_model, torch.nn.ModuleList(list(stack)[1:])

        def forward(self, input_ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            states = self.encoder(input_ids=input_ids, attention_mask=None, output_hidden_states=True).hidden_states
            features = {"token_embeddings": states[-1], "attention_mask": torch.ones_like(input_ids)}
            for module in self.rest:
                features = module(features)
            return normalised(features["sentence_embedding"], dim=-1), normalised(states[token_layer(len(states) - 1)], dim=-1)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracer warns about the code of transformers
        return openvino.convert_model(Graph().eval(), example_input={"input_ids": torch.ones(2, 16, dtype=torch.long)})
