"""The interface of a generator."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from rag.errors import StoppedError


@dataclass(frozen=True)
class Prompt:
    """A prompt. Prompts of one ``task`` share their ``system`` text, so that a runtime can cache it.

    ``examples``: pairs of user message and reply before ``user``, for few-shot prompting.

    >>> [message["role"] for message in Prompt("read", "Quote.", "Q: 3?", (("Q: 2?", "2"),)).messages()]
    ['system', 'user', 'assistant', 'user']
    """

    task: str
    system: str
    user: str
    examples: tuple[tuple[str, str], ...] = ()

    def messages(self) -> list[dict[str, str]]:
        """Returns the prompt as chat messages."""
        turns = [turn for question, reply in self.examples for turn in (("user", question), ("assistant", reply))]
        before = [{"role": role, "content": text} for role, text in turns]
        return [{"role": "system", "content": self.system}, *before, {"role": "user", "content": self.user}]


class Generator(Protocol):
    """A language model that writes with greedy decoding: the same prompt gives the same text."""

    @property
    def name(self) -> str:
        """Returns the backend and the model."""

    def write(self, prompt: Prompt, *, max_tokens: int, stop: Sequence[str] = ()) -> Iterator[str]:
        """Yields the text in pieces, up to a ``stop`` string or ``max_tokens``.

        Closing the iterator stops the work. Raises :class:`~rag.errors.GenerationError`.
        """


class Stoppable:
    """A generator that stops when the client leaves; it is opened on first use.

    >>> list(Stoppable(lambda: None, lambda: True).write(Prompt("read", "", ""), max_tokens=1))
    Traceback (most recent call last):
    ...
    rag.errors.StoppedError: stopped: nobody waits for this answer any more
    """

    def __init__(self, open_generator: Callable[[], Generator], stopped: Callable[[], bool]) -> None:
        self._open, self._stopped = open_generator, stopped

    @property
    def name(self) -> str:
        """Returns the name of the generator."""
        return self._open().name

    def check(self) -> None:
        """Raises :class:`~rag.errors.StoppedError` if the client has left."""
        if self._stopped():
            raise StoppedError("stopped: nobody waits for this answer any more")

    def write(self, prompt: Prompt, *, max_tokens: int, stop: Sequence[str] = ()) -> Iterator[str]:
        """See :class:`Generator`."""
        self.check()
        for piece in self._open().write(prompt, max_tokens=max_tokens, stop=stop):
            self.check()
            yield piece


def complete(generator: Generator, prompt: Prompt, *, max_tokens: int, stop: Sequence[str] = ()) -> str:
    """Returns the complete text."""
    return "".join(generator.write(prompt, max_tokens=max_tokens, stop=stop))


def until_stop(pieces: Iterator[str], stop: Sequence[str]) -> Iterator[str]:
    """Yields the pieces up to a stop string, which may span several pieces.

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
