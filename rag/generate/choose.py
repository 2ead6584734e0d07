"""Opens the generator that the configuration selects."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from rag.generate.protocol import Generator

if TYPE_CHECKING:
    from rag.config import Generation

log = logging.getLogger(__name__)


def open_generator(settings: Generation, find: Callable[[str], Path]) -> Generator:
    """Opens the configured generator; ``find(name)`` returns the path of a model.

    ``auto`` selects the faster backend (benchmarks/runtimes.md): OpenVINO on processors with bfloat16, otherwise llama.cpp,
    also for files that OpenVINO cannot read (some GGUF quantisations). Raises :class:`~rag.errors.ModelError` or
    :class:`~rag.errors.GenerationError`; the message says what to do.
    """
    backend = settings.backend
    if backend == "openai":
        from rag.generate.endpoint import Endpoint

        return Endpoint(settings.endpoint, settings.model, settings.api_key_env, timeout=settings.timeout)
    path = find(settings.model)
    if backend == "auto":
        from rag.models.processor import has_bfloat16

        backend = "openvino" if has_bfloat16() and _can_read(path, settings.threads) else "llamacpp"
        log.info("generation.backend auto: %s", backend)
    if backend == "llamacpp":
        from rag.generate.llamacpp import LlamaCpp

        return LlamaCpp(path, threads=settings.threads, context_tokens=settings.context_tokens)
    if backend == "openvino":
        from rag.generate.openvino import OpenVino

        return OpenVino(path, threads=settings.threads)
    from rag.generate.causal import Causal

    return Causal(path, threads=settings.threads)


def _can_read(path: Path, threads: int) -> bool:
    """Tells whether OpenVINO can open a model; some quantisations of GGUF it cannot."""
    from rag.errors import ModelError
    from rag.generate.openvino import prepare

    try:
        prepare(path, threads)
    except ModelError as error:
        log.warning("%s; llama.cpp is taken", error)
        return False
    return True
