"""Deterministic stand-ins behind the program's Protocols, so that most tests need no model."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from rag.generate import Prompt
from rag.text import search_tokens


class BagEmbedder:
    """Texts that share words get near vectors: each token adds a fixed random direction."""

    dimension = 64

    def __init__(self, fingerprint: str = "bag") -> None:
        self.fingerprint = fingerprint
        self.embedded: list[str] = []
        self.compared: list[str] = []

    def passages(self, texts: Sequence[str]) -> np.ndarray:
        self.embedded += texts
        return self.queries(texts)

    def queries(self, texts: Sequence[str]) -> np.ndarray:
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        for row, text in enumerate(texts):
            for token in search_tokens(text) or ["nothing"]:
                seed = int.from_bytes(hashlib.sha256(token.encode()).digest()[:8], "big")
                vectors[row] += np.random.default_rng(seed).standard_normal(self.dimension).astype(np.float32)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def interaction(self, question: str, passages: Sequence[str]) -> np.ndarray:
        self.compared.append(question)
        asked = set(search_tokens(question))
        return np.array([len(asked & set(search_tokens(text))) / max(1, len(asked)) for text in passages], np.float32)


class Scripted:
    """A generator that says what a test tells it to, by task; it remembers its prompts."""

    name = "scripted"

    def __init__(self, **says: str | list[str] | Callable[[Prompt], str]) -> None:
        self.says = says
        self.prompts: list[Prompt] = []

    def write(self, prompt: Prompt, *, max_tokens: int, stop: Sequence[str] = ()) -> Iterator[str]:
        self.prompts.append(prompt)
        said = self.says[prompt.task]
        if callable(said):
            said = said(prompt)
        elif isinstance(said, list):
            said = said.pop(0)
        yield from said
