"""Embeds texts with the configured model; adds the prefix that the model expects before each text."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from rag.errors import ModelError
from rag.index.embed.graph import GraphEncoder
from rag.index.embed.interaction import Tokens, weighted_max_sim
from rag.index.embed.torch_encoder import TorchEncoder
from rag.models import resolve
from rag.models.cache import ORIGIN, sha256_of

if TYPE_CHECKING:
    from rag.config import Embedding

log = logging.getLogger(__name__)

_CACHED_PASSAGES = 300  # passages whose token vectors are cached; about 0.3 MB each
_PREFIXES = {"e5": ("query: ", "passage: ")}


class Embedder(Protocol):
    """The interface of an embedder.

    ``dimension``: length of a vector. ``fingerprint``: identifies the vectors (weights, prefixes, longest text), whichever
    backend runs the model.
    """

    dimension: int
    fingerprint: str

    @property
    def batch(self) -> int:
        """Returns the number of texts that a build embeds between two saves."""

    def passages(self, texts: Sequence[str]) -> np.ndarray:
        """Embeds passages: ``(n, dim) float32``, rows of unit length; ``(0, dim)`` for no text."""

    def queries(self, texts: Sequence[str]) -> np.ndarray:
        """Embeds questions: ``(n, dim) float32``, rows of unit length; ``(0, dim)`` for no text."""

    def interaction(self, question: str, passages: Sequence[str]) -> np.ndarray:
        """Scores passages by late interaction with a question: ``(n,) float32``, 0 to 1."""


class Encoder(Protocol):
    """The interface of a backend that runs a model."""

    def __call__(self, texts: list[str]) -> np.ndarray:
        """Embeds texts: ``(n, dim) float32``, rows of unit length."""

    def tokens(self, texts: list[str], prefix: str) -> list[Tokens]:
        """Returns the token vectors of texts that begin with ``prefix``, without the tokens of the prefix."""


class SentenceEmbedder:
    """An embedder that adds prefixes and caches token vectors around a backend.

    >>> fake = SentenceEmbedder(lambda texts: np.ones((len(texts), 2), np.float32), 2, "fake", ("q: ", "p: "))
    >>> fake.queries(["随州"]).shape, fake.passages([]).shape
    ((1, 2), (0, 2))
    """

    batch = 1024  # texts; enough to find batches of the same length

    def __init__(self, encode: Encoder, dimension: int, fingerprint: str, prefixes: tuple[str, str]) -> None:
        self.dimension = dimension
        self.fingerprint = fingerprint
        self._encode, self._prefixes, self._cache = encode, prefixes, dict[str, Tokens]()
        self._lock = threading.Lock()

    def queries(self, texts: Sequence[str]) -> np.ndarray:
        """See :class:`Embedder`."""
        return self._embed([self._prefixes[0] + text for text in texts])

    def passages(self, texts: Sequence[str]) -> np.ndarray:
        """See :class:`Embedder`."""
        return self._embed([self._prefixes[1] + text for text in texts])

    def interaction(self, question: str, passages: Sequence[str]) -> np.ndarray:
        """See :class:`Embedder`."""
        query, passage = self._prefixes
        [question_tokens] = self._encode.tokens([query + question], query)
        tokens_of = {text: tokens for text in passages if (tokens := self._cache.get(text))}
        new = [text for text in dict.fromkeys(passages) if text not in tokens_of]
        tokens_of |= zip(new, self._encode.tokens([passage + text for text in new], passage) if new else [], strict=True)
        self._cache_tokens(tokens_of)
        return np.array([weighted_max_sim(question_tokens, tokens_of[text]) for text in passages], np.float32)

    def _cache_tokens(self, recent: Mapping[str, Tokens]) -> None:
        """Caches the token vectors of the passages scored last."""
        with self._lock:
            for text, tokens in recent.items():
                self._cache.pop(text, None)
                self._cache[text] = tokens
            for text in list(self._cache)[:-_CACHED_PASSAGES]:
                del self._cache[text]

    def _embed(self, texts: list[str]) -> np.ndarray:
        return self._encode(texts) if texts else np.zeros((0, self.dimension), np.float32)


def open_embedder(
    settings: Embedding, *, offline: bool = False, threads: int = 0, progress: Callable[[str, int, int], None] | None = None
) -> SentenceEmbedder:
    """Opens the configured model and fetches it if necessary; ``threads`` 0 uses all processors.

    Raises :class:`ModelError` if the model cannot be found, fetched or loaded.
    """
    folder = resolve(settings.model, offline=offline, progress=progress)
    query, passage = _prefixes_of(settings.model)
    prefixes = (query if settings.query_prefix is None else settings.query_prefix,
                passage if settings.passage_prefix is None else settings.passage_prefix)
    weights = _weights_hash(folder)
    encode = _open_backend(folder, weights, settings, threads)
    fingerprint = f"{settings.model}@{weights[:12]} {prefixes[0]!r} {prefixes[1]!r} {settings.max_tokens}"
    return SentenceEmbedder(encode, encode(["x"]).shape[1], fingerprint, prefixes)


def _prefixes_of(model: str) -> tuple[str, str]:
    """Returns the query and passage prefixes that belong to a model name, ``("", "")`` for an unknown model."""
    name = model.lower().rstrip("/").rsplit("/", 1)[-1]
    return next((pair for key, pair in _PREFIXES.items() if key in name.split("-")), ("", ""))


def _weights_hash(folder: Path) -> str:
    """Returns the SHA-256 of the weights; for a cached model the one noted when it was fetched."""
    files = sorted(folder.glob("*.safetensors")) or sorted(folder.glob("pytorch_model*.bin"))
    if not files:
        raise ModelError(f"{folder}: no weights (*.safetensors) here; name a sentence-transformers folder")
    try:
        known = json.loads((folder / ORIGIN).read_text(encoding="utf-8"))["files"]
        return "".join(known[file.name]["sha256"] for file in files)
    except (OSError, ValueError, KeyError):
        return "".join(sha256_of(file) for file in files)


def _open_backend(folder: Path, weights: str, settings: Embedding, threads: int) -> Encoder:
    try:
        if settings.backend == "torch" or settings.device == "cuda":
            device = "cuda" if settings.device == "cuda" else "cpu"
            return TorchEncoder(folder, settings.max_tokens, settings.batch_size, device)
        return GraphEncoder(folder, weights, settings.max_tokens, settings.batch_size, threads)
    except (OSError, ValueError, RuntimeError, KeyError, AttributeError, ImportError) as error:
        reason = " ".join(str(error).split())[:300]
        remedy = "; set embedding.backend to torch" if settings.backend != "torch" else ""
        raise ModelError(f"{folder}: cannot be loaded as an embedder by {settings.backend} ({reason}){remedy}") from error
