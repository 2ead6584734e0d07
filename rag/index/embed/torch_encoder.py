"""Runs the embedding model with sentence-transformers in float32: on a GPU, or for models that OpenVINO cannot convert."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from ctypes.util import find_library
from functools import cached_property
from pathlib import Path

import numpy as np

from rag.errors import ModelError
from rag.index.embed.interaction import TextTokenizer, Tokens, token_layer

_GPU_BATCH = 256  # texts that a GPU embeds at a time, at least


def has_gpu() -> bool:
    """Tells whether torch can use a GPU; torch is imported only where a driver is installed."""
    if not find_library("cuda"):
        return False
    import torch

    return torch.cuda.is_available()


class TorchEncoder:
    """A backend that runs the model with torch."""

    def __init__(self, folder: Path, max_tokens: int, batch: int, device: str = "cpu") -> None:
        """``device``: ``cpu`` or ``cuda``. Raises :class:`ModelError` for a GPU that torch does not find."""
        from sentence_transformers import SentenceTransformer

        if device == "cuda" and not has_gpu():
            raise ModelError("embedding.device: cuda, but torch finds no GPU here; install torch for CUDA, or set it to auto or cpu")
        batch = max(batch, _GPU_BATCH) if device == "cuda" else batch
        self._model = SentenceTransformer(str(folder), device=device)
        with suppress(AttributeError):  # some models have no limit
            self._model.max_seq_length = max_tokens
        self._folder, self._batch, self._max_tokens = folder, batch, max_tokens

    def __call__(self, texts: list[str]) -> np.ndarray:
        """Embeds texts: ``(n, dim) float32``, rows of unit length, in the order of the texts."""
        return np.asarray(self._model.encode(texts, batch_size=self._batch, normalize_embeddings=True, show_progress_bar=False))

    @cached_property
    def _tokenizer(self) -> TextTokenizer:
        return TextTokenizer(self._folder, self._max_tokens)

    def tokens(self, texts: Sequence[str], prefix: str) -> list[Tokens]:
        """Returns the token vectors of texts that begin with ``prefix``.

        Raises :class:`ModelError` if the model has no transformer.
        """
        import torch

        encoder = getattr(self._model[0], "auto_model", None)
        if encoder is None:
            raise ModelError(f"{self._folder}: has no transformer, and so no vectors of tokens; set retrieval.token_weight to 0")
        encodings, states = self._tokenizer.encode(texts), []
        with torch.no_grad():
            for text in encodings:
                ids = torch.tensor([text.ids], device=self._model.device)
                layers = encoder(ids, output_hidden_states=True).hidden_states
                states.append(torch.nn.functional.normalize(layers[token_layer(len(layers) - 1)][0], dim=-1).cpu().numpy())
        return self._tokenizer.tokens(encodings, prefix, states)
