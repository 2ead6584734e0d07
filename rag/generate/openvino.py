"""Runs language models with OpenVINO GenAI, the faster backend on processors with bfloat16 or AMX.

It can read a GGUF file directly, but that takes 13 s and twice the memory. So its graph is cached the first time, with some
matrices in a faster form, and then loads in 2 s.
"""

from __future__ import annotations

import logging
import os
import queue
import shutil
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rag.errors import GenerationError, ModelError
from rag.generate.adapter import adapt_graph, adapter_of
from rag.generate.precision import NOTE, note_precision, precision_of
from rag.generate.protocol import Prompt, Text, until_stop
from rag.generate.recode import recode
from rag.models import cache_folder

log = logging.getLogger(__name__)

_END = object()
_DRAFT_TOKENS = 1  # tokens; verifying two tokens is as fast as one, four take a third longer
_MAX_NGRAM = 3  # tokens; a draft continues the last match of up to three tokens, because answers copy their evidence


class OpenVino:
    """A GGUF file or an OpenVINO model folder, with prefix caching and prompt lookup decoding [1]_.

    .. [1] Saxena, *Prompt Lookup Decoding*, 2023: n-grams of the prompt are drafts of the continuation, verified in one step.
    """

    def __init__(self, file: Path, *, threads: int) -> None:
        """Raises :class:`ModelError` if openvino-genai is not installed or the file is not a model."""
        graph = prepare(file, threads)
        import openvino_genai

        try:
            precision = precision_of(graph)
            self._pipeline = _pipeline(graph, threads, **({"INFERENCE_PRECISION_HINT": precision} if precision else {}))
        except RuntimeError as error:
            raise _load_error(file, error) from error
        self.name = f"openvino:{file.name}"
        self._genai: Any = openvino_genai
        self._lock = threading.Lock()

    def write(self, prompt: Prompt, *, max_tokens: int, stop: Sequence[str] = ()) -> Text:
        """Yields pieces of the text; see :class:`~rag.generate.Generator`."""
        with self._lock:
            return (yield from until_stop(self._stream(prompt, max_tokens, stop), stop))

    def _stream(self, prompt: Prompt, max_tokens: int, stop: Sequence[str]) -> Text:
        history = self._genai.ChatHistory(prompt.messages())
        settings = self._genai.GenerationConfig(
            max_new_tokens=max_tokens, do_sample=False, num_assistant_tokens=_DRAFT_TOKENS, max_ngram_size=_MAX_NGRAM,
            stop_strings=set(stop), logprobs=1)
        pieces: queue.Queue[Any] = queue.Queue()
        stopped = threading.Event()
        results: list[Any] = []

        def take(piece: str) -> Any:
            pieces.put(piece)
            status = self._genai.StreamingStatus
            return status.CANCEL if stopped.is_set() else status.RUNNING

        def run() -> None:
            try:
                results.append(self._pipeline.generate(history, settings, take))
            except Exception as error:  # raised again by the caller
                pieces.put(error)
            pieces.put(_END)

        worker = threading.Thread(target=run, daemon=True)
        worker.start()
        try:
            while (piece := pieces.get()) is not _END:
                if isinstance(piece, Exception):
                    raise GenerationError(f"openvino-genai: {' '.join(str(piece).split())[:300]}") from piece
                yield piece
        finally:
            stopped.set()
            worker.join()
        return float(results[0].scores[0])


def prepare(file: Path, threads: int = 0) -> Path:
    """Returns the graph to open for a GGUF file or model folder; converts it and measures its precision the first time.

    Raises :class:`ModelError` if openvino-genai is not installed or cannot read the file.
    """
    try:
        import openvino_genai  # noqa: F401
    except ImportError as error:
        raise ModelError("openvino-genai is not installed; pip install openvino-genai, or choose another "
                         "generation.backend") from error
    try:
        return _cached_graph(file, threads) if file.is_file() else file
    except RuntimeError as error:
        raise _load_error(file, error) from error


def _load_error(file: Path, error: RuntimeError) -> ModelError:
    reason = " ".join(str(error).split())[:200]
    return ModelError(f"{file}: cannot be loaded by openvino-genai ({reason}); set generation.backend to llamacpp for a GGUF file")


def _pipeline(path: Path, threads: int, **options: object) -> Any:
    import openvino_genai

    scheduler = openvino_genai.SchedulerConfig()
    scheduler.enable_prefix_caching = True
    scheduler.cache_size = 1  # GiB
    if threads:
        options["INFERENCE_NUM_THREADS"] = threads
    return openvino_genai.LLMPipeline(str(path), "CPU", scheduler_config=scheduler, prompt_lookup=True, **options)


def _cached_graph(file: Path, threads: int) -> Path:
    """Returns the cached graph folder of a GGUF file; the file itself if the cache is not writable."""
    import filelock
    import openvino_genai

    version = openvino_genai.__version__.split("-")[0]
    adapter = adapter_of(file)
    home = cache_folder() / "openvino" / f"{file.stem}-{file.stat().st_size}-{version}-{adapter or 'rows'}"
    if (home / NOTE).is_file():
        return home
    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(home.with_name(home.name + ".lock")):
            if not home.is_dir():
                _convert(file, home)
            if not (home / NOTE).is_file():
                note_precision(home, threads)
    except OSError as error:
        if (home / "openvino_model.xml").is_file():  # converted by an earlier version, in a read-only cache
            return home
        log.info("%s cannot be kept in %s (%s); it is read from the GGUF file each time", file, home, error)
        return file
    return home


def _convert(file: Path, home: Path) -> None:
    """Converts a GGUF file; the runtime writes the graph beside the file, so it reads a link in a temporary folder."""
    partial = home.with_name(home.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    linked = partial / file.name
    linked.symlink_to(file.resolve())
    try:
        _pipeline(linked, 0, enable_save_ov_model=True)
        linked.unlink()
        recode(partial)
        if adapter_of(file):
            adapt_graph(partial)
        os.replace(partial, home)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
