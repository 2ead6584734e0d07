"""Deterministic stand-ins behind the program's Protocols, so that most tests need no model."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from rag.generate import Prompt
from rag.language.text import search_tokens
from rag.reader import ReaderScores, Sentence, SentenceScores


class BagEmbedder:
    """Texts that share words get near vectors: each token adds a fixed random direction."""

    dimension = 64
    batch = 1024

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
        silent = prompt.task in ("translate", "plan", "operands")
        said = self.says.get(prompt.task, "") if silent else self.says[prompt.task]
        if callable(said):
            said = said(prompt)
        elif isinstance(said, list):
            said = said.pop(0)
        yield from said


class SharedWords:
    """A reader that takes the sentence which shares most words with the question, and in it the first of the words that it knows.

    ``sure``: its probability of these words, 0 to 1; where it knows none it believes in no words more than in others.
    """

    def __init__(self, *knows: str, sure: float = 0.5) -> None:
        self.knows, self.sure = knows, sure
        self.asked: list[str] = []

    def read(self, question: str, sentences: Sequence[Sentence]) -> ReaderScores:
        self.asked.append(question)
        wanted = set(search_tokens(question))
        return ReaderScores(tuple(self._scores(wanted, sentence) for sentence in sentences))

    def states(self, question: str) -> np.ndarray:
        return np.zeros((1, 384), np.float32)

    def _scores(self, wanted: set[str], sentence: Sentence) -> SentenceScores:
        shared = len(wanted & set(search_tokens(sentence.text))) / max(1, len(wanted))
        known = next((words for words in self.knows if words in sentence.text), "")
        size = len(sentence.text)
        offsets = np.array([[at, at + 1] for at in range(size)])
        at = sentence.text.find(known)
        return SentenceScores(8 * shared - 2 + 2 * bool(known), offsets, self._peak(size, at if known else -1),
                     self._peak(size, at + len(known) - 1 if known else -1))

    def _peak(self, size: int, at: int) -> np.ndarray:
        chances = np.full(size, 1 / size)
        if at >= 0:
            chances[:] = (1 - self.sure**0.5) / size
            chances[at] += self.sure**0.5
        return np.log(chances)
