"""The multilingual embedder: texts → unit vectors. The only module that knows sentence-transformers.

The model is a sentence-transformers folder. It is run by OpenVINO (converted once from the sentence-transformers
module itself, pooling and normalisation in the graph, then started without torch), or by torch; both give the same
vectors.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from rag.errors import ModelError
from rag.models import cache_folder, resolve
from rag.models.cache import ORIGIN, sha256_of

if TYPE_CHECKING:
    from rag.config import Embedding

log = logging.getLogger(__name__)

_PREFIXES = {"e5": ("query: ", "passage: ")}
_BFLOAT16 = "BF16"


class Embedder(Protocol):
    """What the rest of the program needs of an embedder.

    ``fingerprint`` tells which vectors it makes, whatever runs it: weights, prefixes, longest text.
    """

    dimension: int
    fingerprint: str

    def passages(self, texts: Sequence[str]) -> np.ndarray:
        """``(n, dim) float32``, rows of unit length; ``(0, dim)`` for no text."""

    def queries(self, texts: Sequence[str]) -> np.ndarray:
        """``(n, dim) float32``, rows of unit length; ``(0, dim)`` for no text."""


Encode = Callable[[list[str]], np.ndarray]


class SentenceEmbedder:
    """An embedder around one ``encode`` function; texts go through it sorted by length, in batches.

    >>> fake = SentenceEmbedder(lambda texts: np.ones((len(texts), 2), np.float32), 2, "fake", ("q: ", "p: "), 8)
    >>> fake.queries(["随州"]).shape, fake.passages([]).shape
    ((1, 2), (0, 2))
    """

    def __init__(self, encode: Encode, dimension: int, fingerprint: str, prefixes: tuple[str, str], batch: int) -> None:
        self.dimension = dimension
        self.fingerprint = fingerprint
        self._encode, self._prefixes, self._batch = encode, prefixes, batch

    def queries(self, texts: Sequence[str]) -> np.ndarray:
        """Vectors of questions."""
        return self._all([self._prefixes[0] + text for text in texts])

    def passages(self, texts: Sequence[str]) -> np.ndarray:
        """Vectors of passages."""
        return self._all([self._prefixes[1] + text for text in texts])

    def _all(self, texts: list[str]) -> np.ndarray:
        out = np.zeros((len(texts), self.dimension), np.float32)
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))  # so that a batch holds little padding
        for at in range(0, len(order), self._batch):
            rows = order[at : at + self._batch]
            out[rows] = self._encode([texts[i] for i in rows])
        return out


def open_embedder(
    settings: Embedding, *, offline: bool = False, progress: Callable[[str, int, int], None] | None = None
) -> SentenceEmbedder:
    """Opens the configured model, fetching it if it is not there.

    Raises :class:`ModelError` if it cannot be found, fetched or loaded.
    """
    folder = resolve(settings.model, offline=offline, progress=progress)
    query, passage = _prefixes_of(settings.model)
    prefixes = (query if settings.query_prefix is None else settings.query_prefix,
                passage if settings.passage_prefix is None else settings.passage_prefix)
    weights = _weights_hash(folder)
    encode = _open_backend(folder, weights, settings.backend, settings.max_tokens)
    fingerprint = f"{settings.model}@{weights[:12]} {prefixes[0]!r} {prefixes[1]!r} {settings.max_tokens}"
    return SentenceEmbedder(encode, encode(["x"]).shape[1], fingerprint, prefixes, settings.batch_size)


def _prefixes_of(model: str) -> tuple[str, str]:
    """The words that a model wants before questions and passages, told by its name."""
    name = model.lower().rstrip("/").rsplit("/", 1)[-1]
    return next((pair for key, pair in _PREFIXES.items() if key in name.split("-")), ("", ""))


def _weights_hash(folder: Path) -> str:
    """SHA-256 of the weights; for a model of the cache, the one that was noted when it was verified."""
    files = sorted(folder.glob("*.safetensors")) or sorted(folder.glob("pytorch_model*.bin"))
    if not files:
        raise ModelError(f"{folder}: no weights (*.safetensors) here; name a sentence-transformers folder")
    try:
        known = json.loads((folder / ORIGIN).read_text(encoding="utf-8"))["files"]
        return "".join(known[file.name]["sha256"] for file in files)
    except (OSError, ValueError, KeyError):
        return "".join(sha256_of(file) for file in files)


def _open_backend(folder: Path, weights: str, backend: str, max_tokens: int) -> Encode:
    try:
        if backend == "torch":
            return _torch(folder, max_tokens)
        return _openvino(folder, weights, max_tokens)
    except (OSError, ValueError, RuntimeError, KeyError, ImportError) as error:
        told = " ".join(str(error).split())[:300]
        raise ModelError(f"{folder}: cannot be loaded as an embedder by {backend} ({told})") from error


def _torch(folder: Path, max_tokens: int) -> Encode:
    """sentence-transformers as it comes, in float32."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(folder), device="cpu")
    model.max_seq_length = max_tokens
    return lambda texts: np.asarray(model.encode(texts, normalize_embeddings=True, show_progress_bar=False))


def _openvino(folder: Path, weights: str, max_tokens: int) -> Encode:
    """The converted graph, in bfloat16 where the processor has it; tokens by the model's own tokenizer file."""
    import openvino
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(max_tokens)
    pad = tokenizer.token_to_id("<pad>")
    tokenizer.enable_padding(**({"pad_id": pad, "pad_token": "<pad>"} if pad is not None else {}))
    core = openvino.Core()
    native = _BFLOAT16 in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    compiled = core.compile_model(
        str(_converted(folder, weights)), "CPU", {"INFERENCE_PRECISION_HINT": "bf16" if native else "f32"})

    def encode(texts: list[str]) -> np.ndarray:
        tokens = tokenizer.encode_batch(texts)
        ids = np.array([t.ids for t in tokens], np.int64)
        mask = np.array([t.attention_mask for t in tokens], np.int64)
        return np.asarray(compiled([ids, mask])[0], np.float32)

    return encode


def _converted(folder: Path, weights: str) -> Path:
    """The OpenVINO graph of a model, kept in the cache by the hash of its weights."""
    import os

    import openvino

    home = cache_folder() / "openvino"
    file = home / f"{weights[:16]}-{openvino.__version__.split('-')[0]}.xml"
    if not file.is_file():
        home.mkdir(parents=True, exist_ok=True)
        draft = home / f"{file.stem}-{os.getpid()}.xml"
        openvino.save_model(_convert(folder), draft, compress_to_fp16=False)
        os.replace(draft.with_suffix(".bin"), file.with_suffix(".bin"))
        os.replace(draft, file)
        log.info("converted %s to %s", folder, file)
    return file


def _convert(folder: Path) -> Any:
    """The sentence-transformers module, with mean pooling and normalisation, as one OpenVINO graph."""
    import warnings

    import openvino
    import torch
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging as remarks

    remarks.set_verbosity_error()
    remarks.disable_progress_bar()
    stack = SentenceTransformer(str(folder), device="cpu")

    class Graph(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.stack = stack

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            out = self.stack({"input_ids": input_ids, "attention_mask": attention_mask})["sentence_embedding"]
            return torch.nn.functional.normalize(out, dim=-1)

    example = {name: torch.ones(2, 16, dtype=torch.long) for name in ("input_ids", "attention_mask")}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracer's remarks on transformers' code
        return openvino.convert_model(Graph().eval(), example_input=example)
