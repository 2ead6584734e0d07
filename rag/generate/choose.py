"""Which runtime a configuration means."""

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
    """Opens the configured generator; ``find`` tells where a model of a name lies.

    ``auto`` takes what was measured quicker (see ``benchmarks/runtimes.md``): OpenVINO on processors with bfloat16
    arithmetic, llama.cpp on others and for files that OpenVINO cannot read (some quantisations of GGUF). Raises
    :class:`~rag.errors.ModelError` or :class:`~rag.errors.GenerationError`, both with the remedy.
    """
    backend = settings.backend
    if backend == "openai":
        from rag.generate.endpoint import Endpoint

        return Endpoint(settings.endpoint, settings.model, settings.api_key_env)
    path = find(settings.model)
    if backend == "auto":
        from rag.generate.precision import has_bfloat16

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
    """Whether OpenVINO can open a model; it cannot where a GGUF file holds a kind of number that it does not know."""
    from rag.errors import ModelError
    from rag.generate.openvino import prepare

    try:
        prepare(path, threads)
    except ModelError as error:
        log.warning("%s; llama.cpp is taken", error)
        return False
    return True
