"""Late interaction: compares each token of a question with each token of a passage [1]_.

The embedding of a passage represents its topic. Token vectors also find details that it mentions only once, and across languages.
They come from the layer at two thirds of the embedding model, because the last layers make the tokens of a text similar
(benchmarks/interaction.md, docs/research.md). A token is weighted by its rarity, which the vocabulary of the model contains.

.. [1] Khattab and Zaharia, *ColBERT: Efficient and Effective Passage Search via Contextualized Late Interaction over BERT*,
   SIGIR 2020.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

_LAYER_SHARE = 2 / 3  # share of the layers up to the token vectors (benchmarks/interaction.md)


@dataclass(frozen=True)
class Tokens:
    """The tokens of a text: ``vectors`` ``(tokens, dim) float32``, rows of unit length, and ``rarity`` ``(tokens,)`` in nats."""

    vectors: np.ndarray
    rarity: np.ndarray


def weighted_max_sim(question: Tokens, passage: Tokens) -> float:
    """Scores a passage by MaxSim: the mean of each question token's best cosine, weighted by rarity.

    Returns 0.0 if either text has no token.

    >>> rows = np.eye(3, dtype=np.float32)
    >>> weighted_max_sim(Tokens(rows[:2], np.array([3.0, 1.0])), Tokens(rows[[0, 2]], np.array([1.0, 1.0])))
    0.75
    """
    if not len(question.vectors) or not len(passage.vectors):
        return 0.0
    best = (question.vectors @ passage.vectors.T).max(axis=1)
    return float(np.average(best, weights=question.rarity))


def token_layer(layers: int) -> int:
    """Returns the layer that token vectors come from, for a model with this many layers.

    >>> token_layer(12)
    8
    """
    return max(1, round(_LAYER_SHARE * layers))


class TextTokenizer:
    """The tokenizer of a model folder, for text embeddings and for token vectors."""

    def __init__(self, folder: Path, max_tokens: int) -> None:
        from tokenizers import Tokenizer

        self._file = folder / "tokenizer.json"
        self._tokenizer = Tokenizer.from_file(str(self._file))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_tokens)

    def encode(self, texts: Sequence[str]) -> list[Any]:
        """Returns the encoding of each text; ``.ids`` are its token ids."""
        return list(self._tokenizer.encode_batch(list(texts)))

    def tokens(self, encodings: Sequence[Any], prefix: str, states: Sequence[np.ndarray]) -> list[Tokens]:
        """Selects the token vectors of each text, without special tokens and without the prefix.

        ``states``: ``(tokens, dim)`` for each text.
        """
        out = []
        for text, vectors in zip(encodings, states, strict=True):
            kept = [at for at, ((_, end), special) in enumerate(zip(text.offsets, text.special_tokens_mask, strict=True))
                   if not special and end > len(prefix)]
            out.append(Tokens(vectors[kept], self._rarity(np.array(text.ids)[kept])))
        return out

    def _rarity(self, ids: np.ndarray) -> np.ndarray:
        return self._rarities[ids] if len(self._rarities) else np.ones(len(ids))

    @cached_property
    def _rarities(self) -> np.ndarray:
        """Returns ``-log p`` of each token of a unigram vocabulary, ``(tokens,)`` in nats.

        Empty for other vocabularies, whose tokens get equal weights.
        """
        model: Any = json.loads(self._file.read_text(encoding="utf-8"))["model"]
        return -np.array([score for _, score in model["vocab"]]) if model.get("type") == "Unigram" else np.zeros(0)
