"""The embedder as an OpenVINO graph: token ids → the text's vector, and those of its tokens; converted once and kept in the cache.

Texts of the same number of tokens go through it together, so that nothing is padded and nothing masked, and each core
works on a batch of its own. On a processor that has bfloat16 (and so multiplies 8-bit numbers at twice its rate) its
matrices are in 8 bits, see :mod:`~rag.index.embed.eight_bits`.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property, partial
from importlib import resources
from itertools import groupby
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

import numpy as np

from rag.index.embed.eight_bits import quantise
from rag.index.embed.interaction import TextTokenizer, Tokens, token_layer
from rag.models import cache_folder

log = logging.getLogger(__name__)

_BFLOAT16 = "BF16"
_KERNEL_CACHE = 1000  # kernels kept, one for each shape of each step; five times as many, as it comes, fill gigabytes


class GraphEncoder:
    """Texts → their vectors, by the converted graph and the model's own tokenizer file."""

    def __init__(self, folder: Path, weights: str, max_tokens: int, batch: int, threads: int = 0) -> None:
        """``weights`` is the hash that names the graph in the cache; ``batch`` texts at most go through it at a time.

        ``threads`` 0 for all processors; with fewer it leaves the choice of them to the system, as others compute beside it.
        """
        import openvino

        self._tokenizer, self._batch, self._threads = TextTokenizer(folder, max_tokens), batch, threads
        self._has_bfloat16 = _BFLOAT16 in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        self._file = _cached_graph(folder, weights, self._samples() if self._has_bfloat16 else None)
        self._text_queues = self._compile_output(0)

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        """``(n, dim) float32``, rows of unit length, in the order of the texts."""
        return np.array(self._run(self._text_queues, self._tokenizer.encode(texts)))

    def tokens(self, texts: Sequence[str], prefix: str) -> list[Tokens]:
        """The tokens of texts that begin with ``prefix``."""
        encodings = self._tokenizer.encode(texts)
        return self._tokenizer.tokens(encodings, prefix, self._run(self._token_queues, encodings))

    @cached_property
    def _token_queues(self) -> QueuePool:
        return self._compile_output(1)

    def _compile_output(self, output: int) -> QueuePool:
        """What computes one output of the graph."""
        import openvino

        core = openvino.Core()
        graph = core.read_model(self._file)
        part = openvino.Model([graph.output(output).get_node().input_value(0)], graph.get_parameters())
        limits = {"INFERENCE_NUM_THREADS": self._threads, "ENABLE_CPU_PINNING": False} if self._threads else {}
        compiled = core.compile_model(part, "CPU", {
            "INFERENCE_PRECISION_HINT": "bf16" if self._has_bfloat16 else "f32", "NUM_STREAMS": self._threads or os.cpu_count() or 1,
            "CPU_RUNTIME_CACHE_CAPACITY": _KERNEL_CACHE, **limits})
        return QueuePool(compiled)

    def _run(self, queues: QueuePool, encodings: Sequence[Any]) -> list[np.ndarray]:
        """The output for each text, in their order."""
        out: list[np.ndarray] = [np.zeros(0)] * len(encodings)

        def store(rows: list[int], found: np.ndarray) -> None:
            for row, values in zip(rows, found, strict=True):
                out[row] = values.copy()

        with queues.borrow() as queue:
            for rows in same_length_batches([len(text.ids) for text in encodings], self._batch):
                queue.start_async([np.array([encodings[row].ids for row in rows], np.int64)], partial(store, rows))
            queue.wait_all()
        return out

    def _samples(self) -> Iterator[list[np.ndarray]]:
        """Inputs made of the texts of ``calibration.txt``."""
        for text in resources.files(__package__).joinpath("calibration.txt").read_text(encoding="utf-8").splitlines():
            yield [np.array([encoding.ids for encoding in self._tokenizer.encode([text])], np.int64)]


class QueuePool:
    """Inference queues of one compiled model, one for each caller at a time, so that a question does not wait for a build."""

    def __init__(self, compiled: Any) -> None:
        self._compiled, self._idle = compiled, SimpleQueue[Any]()

    @contextmanager
    def borrow(self) -> Iterator[Any]:
        """A queue that nobody else uses; what is started on it comes back as ``take(output)``."""
        try:
            queue = self._idle.get_nowait()
        except Empty:
            queue = self._new_queue()
        yield queue
        self._idle.put(queue)  # after an error it is left to the garbage collector

    def _new_queue(self) -> Any:
        import openvino

        queue = openvino.AsyncInferQueue(self._compiled)
        queue.set_callback(lambda request, take: take(request.get_output_tensor().data))
        return queue


def same_length_batches(lengths: Sequence[int], size: int) -> Iterator[list[int]]:
    """Positions in groups of at most ``most`` texts of one length, the longest first, so that the cores end together.

    >>> list(same_length_batches([3, 9, 3, 3], 2))
    [[1], [0, 2], [3]]
    """
    for _, group in groupby(sorted(range(len(lengths)), key=lambda row: -lengths[row]), key=lengths.__getitem__):
        rows = list(group)
        yield from (rows[at : at + size] for at in range(0, len(rows), size))


def _cached_graph(folder: Path, weights: str, samples: Iterator[list[np.ndarray]] | None) -> Path:
    """The graph of a model, kept in the cache by the hash of its weights; in 8 bits if there are samples to measure by."""
    import openvino

    home = cache_folder() / "openvino"
    file = home / f"{weights[:16]}-{openvino.__version__.split('-')[0]}-{'int8' if samples else 'float'}-tokens.xml"
    if not file.is_file():
        home.mkdir(parents=True, exist_ok=True)
        draft = home / f"{file.stem}-{os.getpid()}.xml"
        graph = _convert(folder)
        openvino.save_model(quantise(graph, samples) if samples else graph, draft, compress_to_fp16=False)
        os.replace(draft.with_suffix(".bin"), file.with_suffix(".bin"))
        os.replace(draft, file)
        log.info("converted %s to %s", folder, file)
    return file


def _convert(folder: Path) -> Any:
    """The sentence-transformers modules as one graph: ``(n, tokens)`` ids of one length → ``(n, dim)`` vectors of the texts and
    ``(n, tokens, dim)`` vectors of their tokens, of unit length.
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
        warnings.simplefilter("ignore")  # the tracer's remarks on transformers' code
        return openvino.convert_model(Graph().eval(), example_input={"input_ids": torch.ones(2, 16, dtype=torch.long)})
