"""Runs GGUF files with llama.cpp in this process (xllamacpp); each task has its own cache slot."""

from __future__ import annotations

import contextlib
import os
import queue
import secrets
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rag.errors import GenerationError, ModelError
from rag.generate.adapter import adapter_of, write_gguf
from rag.generate.prefixes import Prefixes
from rag.generate.protocol import Prompt, Text
from rag.models import cache_folder

_SLOTS = 7  # prompt caches, one for each kind of task
_END = object()


class LlamaCpp:
    """A GGUF file, run by llama.cpp. It writes one text at a time."""

    def __init__(self, file: Path, *, threads: int, context_tokens: int) -> None:
        """Raises :class:`ModelError` if xllamacpp is not installed or the file is not a model."""
        try:
            import xllamacpp
        except ImportError as error:
            raise ModelError("xllamacpp is not installed; pip install xllamacpp, or choose another "
                             "generation.backend") from error
        params = xllamacpp.CommonParams()
        params.model.path = str(file)
        params.n_parallel, params.n_ctx = _SLOTS, _SLOTS * context_tokens
        params.verbosity = -1
        prefixes = _prefix_folder()
        params.slot_save_path, params.endpoint_slots = f"{prefixes}{os.sep}", True
        params.api_keys = [key := secrets.token_urlsafe()]
        if adapter := adapter_of(file):
            params.lora_adapters = [xllamacpp.CommonAdapterLoraInfo(str(_adapter_file(adapter)), 1.0)]
        if threads:
            params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
        try:
            self._server = xllamacpp.Server(params)
        except RuntimeError as error:
            raise ModelError(f"{file}: cannot be loaded as a GGUF model; check it with `rag models --verify`") from error
        self.name = f"llamacpp:{file.name}"
        written = file.stat()
        model = f"{xllamacpp.__version__} {file.name} {written.st_size} {written.st_mtime_ns} {adapter}"
        self._prefixes = Prefixes(prefixes, model, self._server.listening_address, key)
        self._slots: dict[str, int] = {}
        self._lock = threading.Lock()

    def write(self, prompt: Prompt, *, max_tokens: int, stop: Sequence[str] = ()) -> Text:
        """Yields pieces of the text; see :class:`~rag.generate.Generator`."""
        with self._lock:
            return (yield from self._stream(_request(prompt, self._slot_of(prompt), max_tokens, stop)))

    def _slot_of(self, prompt: Prompt) -> int:
        """Returns the slot of a task, which has read its instructions."""
        if prompt.task not in self._slots:
            slot, bare = len(self._slots) % _SLOTS, replace(prompt, user="")
            if not self._prefixes.restore(slot, bare):
                for _ in self._stream(_request(bare, slot, 1)):
                    pass
                self._prefixes.save(slot, bare)
            self._slots[prompt.task] = slot
        return self._slots[prompt.task]

    def _stream(self, request: dict[str, Any]) -> Text:
        """Runs a request in a thread, because the runtime passes its text to a callback."""
        pieces: queue.Queue[Any] = queue.Queue()
        stopped = threading.Event()

        def take(chunk: dict[str, Any]) -> bool:
            pieces.put(chunk)
            return stopped.is_set()

        def run() -> None:
            try:
                self._server.handle_chat_completions(request, take)
            except Exception as error:  # raised again by the caller
                pieces.put({"error": {"message": str(error)}})
            pieces.put(_END)

        worker = threading.Thread(target=run, daemon=True)
        worker.start()
        log_probability = 0.0
        try:
            while (chunk := pieces.get()) is not _END:
                yield from _text_of(chunk)
                log_probability += _log_probability_of(chunk)
        finally:
            stopped.set()
            worker.join()
        return log_probability


def _request(prompt: Prompt, slot: int, max_tokens: int, stop: Sequence[str] = ()) -> dict[str, Any]:
    return {"messages": prompt.messages(), "max_tokens": max_tokens, "stop": list(stop), "temperature": 0,
            "seed": 0, "cache_prompt": True, "id_slot": slot, "stream": True, "logprobs": True}


def _prefix_folder() -> Path:
    """Returns the folder of what was read of the instructions; one that cannot be made holds nothing."""
    folder = cache_folder() / "prefixes"
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def _adapter_file(adapter: str) -> Path:
    """Returns the adapter as a GGUF file, written into the cache the first time."""
    file = cache_folder() / "adapters" / f"{adapter}.gguf"
    if not file.is_file():
        file.parent.mkdir(parents=True, exist_ok=True)
        write_gguf(file)
    return file


def _text_of(chunk: dict[str, Any]) -> Iterator[str]:
    """Yields the text of a chunk of a stream. Raises :class:`GenerationError` for an error in it."""
    if "error" in chunk:
        message = chunk["error"].get("message", chunk["error"])
        raise GenerationError(f"llama.cpp: {message}; generation.context_tokens may be too small")
    for choice in chunk.get("choices") or ():
        text = (choice.get("delta") or {}).get("content")
        if text:
            yield text


def _log_probability_of(chunk: dict[str, Any]) -> float:
    """Returns the log probability of the tokens of a chunk.

    >>> _log_probability_of({"choices": [{"logprobs": {"content": [{"logprob": -0.5}, {"logprob": -0.25}]}}]})
    -0.75
    """
    told = [(choice.get("logprobs") or {}).get("content") or () for choice in chunk.get("choices") or ()]
    return float(sum(token["logprob"] for tokens in told for token in tokens))
