"""OpenVINO GenAI: reads a GGUF file directly; the quicker reader on processors with bfloat16 or AMX."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rag.errors import GenerationError, ModelError
from rag.generate.protocol import Prompt, until_stop

_END = object()


class OpenVino:
    """A GGUF file or an OpenVINO model folder, with prefix caching."""

    def __init__(self, file: Path, *, threads: int) -> None:
        """Raises :class:`ModelError` if openvino-genai is not installed or the file is no model."""
        try:
            import openvino_genai
        except ImportError as error:
            raise ModelError("openvino-genai is not installed; pip install openvino-genai, or choose another "
                             "generation.backend") from error
        scheduler = openvino_genai.SchedulerConfig()
        scheduler.enable_prefix_caching = True
        scheduler.cache_size = 1  # GiB
        options = {"INFERENCE_NUM_THREADS": threads} if threads else {}
        try:
            self._pipeline = openvino_genai.LLMPipeline(str(file), "CPU", scheduler_config=scheduler, **options)
        except RuntimeError as error:
            told = " ".join(str(error).split())[:200]
            raise ModelError(f"{file}: cannot be loaded by openvino-genai ({told})") from error
        self.name = f"openvino:{file.name}"
        self._genai: Any = openvino_genai
        self._lock = threading.Lock()

    def write(self, prompt: Prompt, *, max_tokens: int, stop: Sequence[str] = ()) -> Iterator[str]:
        """Yields pieces as they are written; see :class:`~rag.generate.Generator`."""
        with self._lock:
            yield from until_stop(self._stream(prompt, max_tokens), stop)

    def _stream(self, prompt: Prompt, max_tokens: int) -> Iterator[str]:
        history = self._genai.ChatHistory(prompt.messages())
        settings = self._genai.GenerationConfig(max_new_tokens=max_tokens, do_sample=False)
        pieces: queue.Queue[Any] = queue.Queue()
        stopped = threading.Event()

        def take(piece: str) -> Any:
            pieces.put(piece)
            status = self._genai.StreamingStatus
            return status.CANCEL if stopped.is_set() else status.RUNNING

        def run() -> None:
            try:
                self._pipeline.generate(history, settings, take)
            except Exception as error:  # handed over to the reader, who raises it
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
