"""Late interaction: each token of a question looks for its like among those of a passage [1]_.

The one vector of a passage says what it is about; what it mentions in passing, token vectors find, in the other language
too. They are taken from two thirds up the embedder's own layers, as the last layers make the tokens of a text alike
(benchmarks/interaction.md, docs/research.md), and a token counts by its rarity, which the vocabulary of the model knows.

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

_LAYER_SHARE = 2 / 3  # of the layers


@dataclass(frozen=True)
class Tokens:
    """A text's tokens: ``vectors`` ``(tokens, dim) float32``, rows of unit length, and ``rarity`` ``(tokens,)``."""

    vectors: np.ndarray
    rarity: np.ndarray


def weighted_max_sim(question: Tokens, passage: Tokens) -> float:
    """How well a passage meets the tokens of a question: the mean of their best cosines, rare tokens counting more.

    >>> rows = np.eye(3, dtype=np.float32)
    >>> weighted_max_sim(Tokens(rows[:2], np.array([3.0, 1.0])), Tokens(rows[[0, 2]], np.array([1.0, 1.0])))
    0.75
    """
    if not len(question.vectors) or not len(passage.vectors):
        return 0.0
    best = (question.vectors @ passage.vectors.T).max(axis=1)
    return float(np.average(best, weights=question.rarity))


def token_layer(layers: int) -> int:
    """How many of a model's layers a text goes through.

    >>> token_layer(12)
    8
    """
    return max(1, round(_LAYER_SHARE * layers))


class TextTokenizer:
    """The tokenizer of a model folder, as it cuts texts for both kinds of vectors."""

    def __init__(self, folder: Path, max_tokens: int) -> None:
        from tokenizers import Tokenizer

        self._file = folder / "tokenizer.json"
        self._tokenizer = Tokenizer.from_file(str(self._file))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_tokens)

    def encode(self, texts: Sequence[str]) -> list[Any]:
        """The encoding of each text, ``.ids`` its token ids."""
        return list(self._tokenizer.encode_batch(list(texts)))

    def tokens(self, encodings: Sequence[Any], prefix: str, states: Sequence[np.ndarray]) -> list[Tokens]:
        """The ``states`` ``(tokens, dim)`` of each text that belong to it: not those of its prefix, nor special ones."""
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
        """``-log p`` of each token of a unigram vocabulary, ``(tokens,)``; empty for another kind, of which all count alike."""
        model: Any = json.loads(self._file.read_text(encoding="utf-8"))["model"]
        return -np.array([score for _, score in model["vocab"]]) if model.get("type") == "Unigram" else np.zeros(0)
