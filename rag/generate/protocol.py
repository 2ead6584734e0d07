"""What is asked of a generator."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from rag.errors import StoppedError


@dataclass(frozen=True)
class Prompt:
    """``task`` names the prompts that share one ``system`` text, so that a runtime may keep it read.

    ``examples``: what was said and answered before ``user``, as worked examples.
    """

    task: str
    system: str
    user: str
    examples: tuple[tuple[str, str], ...] = ()

    def messages(self) -> list[dict[str, str]]:
        """The form that chat templates and endpoints take."""
        turns = [turn for question, reply in self.examples for turn in (("user", question), ("assistant", reply))]
        before = [{"role": role, "content": text} for role, text in turns]
        return [{"role": "system", "content": self.system}, *before, {"role": "user", "content": self.user}]


class Generator(Protocol):
    """Writes text, always the same for the same prompt (greedy)."""

    @property
    def name(self) -> str:
        """The runtime and the model, for receipts."""

    def write(self, prompt: Prompt, *, max_tokens: int, stop: Sequence[str] = ()) -> Iterator[str]:
        """Yields the text in pieces as it is written, up to a ``stop`` string or ``max_tokens``.

        Closing the iterator early ends the work. Raises :class:`~rag.errors.GenerationError`.
        """


class Stoppable:
    """A generator that ends once nobody waits for its text any more; it is opened when it is first needed.

    >>> list(Stoppable(lambda: None, lambda: True).write(Prompt("read", "", ""), max_tokens=1))
    Traceback (most recent call last):
    ...
    rag.errors.StoppedError: stopped: nobody waits for this answer any more
    """

    def __init__(self, open_generator: Callable[[], Generator], stopped: Callable[[], bool]) -> None:
        self._open, self._stopped = open_generator, stopped

    @property
    def name(self) -> str:
        """The name of the generator behind it."""
        return self._open().name

    def check(self) -> None:
        """Raises :class:`~rag.errors.StoppedError` once it is stopped."""
        if self._stopped():
            raise StoppedError("stopped: nobody waits for this answer any more")

    def write(self, prompt: Prompt, *, max_tokens: int, stop: Sequence[str] = ()) -> Iterator[str]:
        """See :class:`Generator`."""
        self.check()
        for piece in self._open().write(prompt, max_tokens=max_tokens, stop=stop):
            self.check()
            yield piece


def complete(generator: Generator, prompt: Prompt, *, max_tokens: int, stop: Sequence[str] = ()) -> str:
    """The whole text at once."""
    return "".join(generator.write(prompt, max_tokens=max_tokens, stop=stop))


def until_stop(pieces: Iterator[str], stop: Sequence[str]) -> Iterator[str]:
    """Passes pieces on until a stop string appears, also one that is spread over pieces.

    >>> list(until_stop(iter(["47", "个\\n资", "料"]), ["\\n"]))
    ['47', '个']
    """
    buffer = ""
    longest = max((len(s) for s in stop), default=1)
    for piece in pieces:
        buffer += piece
        stop_at = min((at for s in stop if (at := buffer.find(s)) >= 0), default=-1)
        if stop_at >= 0:
            if stop_at:
                yield buffer[:stop_at]
            return
        safe = len(buffer) - longest + 1
        if safe > 0:
            yield buffer[:safe]
            buffer = buffer[safe:]
    if buffer:
        yield buffer
