"""Runs causal language models with transformers, from a folder, the hub, or a GGUF file that transformers can read."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rag.errors import GenerationError, ModelError
from rag.generate.protocol import Prompt, Text, until_stop


class Causal:
    """A causal language model, run by transformers on the processor."""

    def __init__(self, path: Path, *, threads: int) -> None:
        """Raises :class:`ModelError` if the folder or file contains no causal model."""
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer

        if threads:
            torch.set_num_threads(threads)
        folder, options = (path.parent, {"gguf_file": path.name}) if path.is_file() else (path, {})
        try:
            self._tokenizer: Any = AutoTokenizer.from_pretrained(folder, **options)
            self._model: Any = AutoModelForCausalLM.from_pretrained(folder, **options).eval()
        except (OSError, ValueError, KeyError, RuntimeError, ImportError) as error:
            reason = " ".join(str(error).split())[:200]
            raise ModelError(f"{path}: cannot be loaded by transformers ({reason})") from error
        self.name = f"transformers:{path.name}"
        self._lock = threading.Lock()

    def write(self, prompt: Prompt, *, max_tokens: int, stop: Sequence[str] = ()) -> Text:
        """Yields pieces of the text; see :class:`~rag.generate.Generator`."""
        with self._lock:
            return (yield from until_stop(self._stream(prompt, max_tokens, stop), stop))

    def _stream(self, prompt: Prompt, max_tokens: int, stop: Sequence[str]) -> Iterator[str]:
        from transformers import StoppingCriteriaList, TextIteratorStreamer

        inputs = self._inputs(prompt)
        streamer = TextIteratorStreamer(self._tokenizer, skip_prompt=True, skip_special_tokens=True)
        stopped, failures = threading.Event(), list[Exception]()

        def run() -> None:
            try:
                self._model.generate(
                    **inputs, max_new_tokens=max_tokens, do_sample=False, streamer=streamer, tokenizer=self._tokenizer,
                    stop_strings=list(stop) or None,
                    stopping_criteria=StoppingCriteriaList([lambda *_: stopped.is_set()]))
            except Exception as error:  # raised again by the caller
                failures.append(error)
                streamer.end()

        worker = threading.Thread(target=run, daemon=True)
        worker.start()
        try:
            yield from streamer
        finally:
            stopped.set()
            worker.join()
        if failures:
            raise GenerationError(f"transformers: {' '.join(str(failures[0]).split())[:300]}") from failures[0]

    def _inputs(self, prompt: Prompt) -> Any:
        """Returns the prompt in the chat template of the model, or as plain text if it has none."""
        if self._tokenizer.chat_template:
            return self._tokenizer.apply_chat_template(
                prompt.messages(), add_generation_prompt=True, return_tensors="pt", return_dict=True)
        return self._tokenizer(f"{prompt.system}\n{prompt.user}", return_tensors="pt")
