"""What is asked of a generator."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Prompt:
    """``task`` names the prompts that share one ``system`` text, so that a runtime may keep it read."""

    task: str
    system: str
    user: str

    def messages(self) -> list[dict[str, str]]:
        """The form that chat templates and endpoints take."""
        return [{"role": "system", "content": self.system}, {"role": "user", "content": self.user}]


class Generator(Protocol):
    """Writes text, always the same for the same prompt (greedy)."""

    name: str

    def write(self, prompt: Prompt, *, max_tokens: int, stop: Sequence[str] = ()) -> Iterator[str]:
        """Yields the text in pieces as it is written, up to a ``stop`` string or ``max_tokens``.

        Closing the iterator early ends the work. Raises :class:`~rag.errors.GenerationError`.
        """


def complete(generator: Generator, prompt: Prompt, *, max_tokens: int, stop: Sequence[str] = ()) -> str:
    """The whole text at once."""
    return "".join(generator.write(prompt, max_tokens=max_tokens, stop=stop))


def until_stop(pieces: Iterator[str], stop: Sequence[str]) -> Iterator[str]:
    """Passes pieces on until a stop string appears, also one that is spread over pieces.

    >>> list(until_stop(iter(["47", "个\\n资", "料"]), ["\\n"]))
    ['47', '个']
    """
    held = ""
    longest = max((len(s) for s in stop), default=1)
    for piece in pieces:
        held += piece
        found = min((at for s in stop if (at := held.find(s)) >= 0), default=-1)
        if found >= 0:
            if found:
                yield held[:found]
            return
        ready = len(held) - longest + 1
        if ready > 0:
            yield held[:ready]
            held = held[ready:]
    if held:
        yield held
