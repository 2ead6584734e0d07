"""Runs the reader: the trained network as an OpenVINO graph, converted once and cached."""

from __future__ import annotations

import hashlib
import logging
import os
import threading
from collections.abc import Callable, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from rag.errors import ModelError
from rag.models import cache_folder, resolve
from rag.models.processor import has_bfloat16
from rag.reader.reading import ReaderScores, Sentence, SentenceScores, log_softmax
from rag.reader.windows import BEGIN, MARK, PAD, Window, windows

log = logging.getLogger(__name__)

BACKBONE = "intfloat/multilingual-e5-small"
_QUESTION_TOKENS = 62  # tokens of a question that classify its operation; with two special tokens one step
_LENGTH_STEP = 64  # windows are padded to a multiple of this many tokens, so that few shapes are compiled


class Reader(Protocol):
    """The interface of a reader."""

    def read(self, question: str, sentences: Sequence[Sentence]) -> ReaderScores:
        """Scores sentences and their spans for a question; an empty reading for no sentences."""

    def states(self, question: str) -> np.ndarray:
        """Returns the token states of a question, ``(tokens, dim) float32``, which classify its operation."""


class CrossReader:
    """A reader that runs the graph in ``file`` with the tokenizer in ``folder``."""

    def __init__(self, folder: Path, file: Path) -> None:
        import openvino
        from tokenizers import Tokenizer

        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        core = openvino.Core()
        compiled = core.compile_model(str(file), "CPU", {
            "INFERENCE_PRECISION_HINT": "bf16" if has_bfloat16() else "f32", "NUM_STREAMS": os.cpu_count() or 1})
        self._single = compiled.create_infer_request()
        self._queue = openvino.AsyncInferQueue(compiled)
        self._queue.set_callback(lambda request, keep: keep([request.get_output_tensor(k).data.copy() for k in range(4)]))
        self._lock = threading.Lock()

    def read(self, question: str, sentences: Sequence[Sentence]) -> ReaderScores:
        """See :class:`Reader`."""
        titles = {s.title: self._ids(s.title)[0] for s in sentences}
        texts = [self._ids(s.text) for s in sentences]
        scores: dict[int, SentenceScores] = {}
        inputs = list(windows(self._ids(question)[0], [(titles[s.title], ids) for s, (ids, _) in zip(sentences, texts, strict=True)]))
        for window, (starts, ends, sentence_logits, null) in zip(inputs, self._run(inputs), strict=True):
            for number, mark, size in window.sentences:
                tokens = slice(mark + 1, mark + 1 + size)
                scores[number] = SentenceScores(
                    float(sentence_logits[0, mark] - null[0]), np.array(texts[number][1][:size], int).reshape(-1, 2),
                    log_softmax(starts[0, tokens]), log_softmax(ends[0, tokens]))
        return ReaderScores(tuple(scores[number] for number in range(len(sentences))))

    def states(self, question: str) -> np.ndarray:
        """See :class:`Reader`."""
        ids = [BEGIN, *self._ids(question)[0][:_QUESTION_TOKENS], MARK]
        row = np.full((1, -(-len(ids) // _LENGTH_STEP) * _LENGTH_STEP), PAD, np.int64)
        row[0, : len(ids)] = ids
        with self._lock:
            self._single.infer([row, (row != PAD).astype(np.int64)])
            return np.array(self._single.get_output_tensor(4).data[0, : len(ids)], np.float32)

    def _ids(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        return encoding.ids, encoding.offsets

    def _run(self, inputs: Sequence[Window]) -> list[list[np.ndarray]]:
        out: list[list[np.ndarray]] = [[] for _ in inputs]
        with self._lock:
            for row, window in enumerate(inputs):
                length = -(-len(window.ids) // _LENGTH_STEP) * _LENGTH_STEP
                ids = np.full((1, length), PAD, np.int64)
                ids[0, : len(window.ids)] = window.ids
                self._queue.start_async([ids, (ids != PAD).astype(np.int64)], out[row].extend)
            self._queue.wait_all()
        return out


def open_reader(*, offline: bool = False, progress: Callable[[str, int, int], None] | None = None) -> CrossReader:
    """Opens the reader of this package; fetches its backbone if necessary.

    Raises :class:`ModelError` if the backbone cannot be fetched or the network cannot be converted.
    """
    folder = resolve(BACKBONE, offline=offline, progress=progress)
    try:
        return CrossReader(folder, _cached_graph(folder))
    except (OSError, ValueError, RuntimeError, KeyError, ImportError) as error:
        reason = " ".join(str(error).split())[:300]
        raise ModelError(f"{folder}: the reader cannot be made from this model ({reason}); "
                         "fetch it anew: rag models --verify") from error


def _cached_graph(folder: Path) -> Path:
    """Returns the graph file, cached by the hash of the adapter."""
    import openvino

    adapter = resources.files(__package__).joinpath("adapter.npz").read_bytes()
    home = cache_folder() / "openvino"
    file = home / f"reader-{hashlib.sha256(adapter).hexdigest()[:16]}-{openvino.__version__.split('-')[0]}-states.xml"
    if not file.is_file():
        home.mkdir(parents=True, exist_ok=True)
        draft = home / f"{file.stem}-{os.getpid()}.xml"
        openvino.save_model(_convert(folder, adapter), draft, compress_to_fp16=False)
        os.replace(draft.with_suffix(".bin"), file.with_suffix(".bin"))
        os.replace(draft, file)
        log.info("converted the reader to %s", file)
    return file


def _convert(folder: Path, adapter: bytes) -> Any:
    """Converts the network with its merged adapter into a graph."""
    import io
    import warnings

    import openvino
    import torch
    from transformers.utils import logging as remarks

    from rag.reader.network import ReaderNetwork

    remarks.set_verbosity_error()
    remarks.disable_progress_bar()
    network = ReaderNetwork(folder)
    network.load(np.load(io.BytesIO(adapter)))
    example = {"ids": torch.ones(2, 16, dtype=torch.long), "mask": torch.ones(2, 16, dtype=torch.long)}
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # the tracer warns about the code of transformers
        return openvino.convert_model(network.merge().eval(), example_input=example)
