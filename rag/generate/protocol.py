"""The interface of a generator."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Generator as Steps
from dataclasses import dataclass
from typing import Protocol

from rag.errors import StoppedError

Text = Steps[str, None, float | None]  # pieces of a text; at the end its log probability, None if the backend does not tell it


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

    def write(self, prompt: Prompt, *, max_tokens: int, stop: Sequence[str] = ()) -> Text:
        """Yields the text in pieces, up to a ``stop`` string or ``max_tokens``; returns its log probability.

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
        self.has_written = False

    @property
    def name(self) -> str:
        """Returns the name of the generator."""
        return self._open().name

    def check(self) -> None:
        """Raises :class:`~rag.errors.StoppedError` if the client has left."""
        if self._stopped():
            raise StoppedError("stopped: nobody waits for this answer any more")

    def write(self, prompt: Prompt, *, max_tokens: int, stop: Sequence[str] = ()) -> Text:
        """See :class:`Generator`."""
        self.check()
        self.has_written = True
        draft = Draft(self._open().write(prompt, max_tokens=max_tokens, stop=stop))
        for piece in draft:
            self.check()
            yield piece
        return draft.log_probability


class Draft:
    """A text that a generator writes. Iterating over it yields the pieces; afterwards ``text`` and ``log_probability`` are known.

    >>> draft = Draft(iter(["47", "座"]))
    >>> list(draft), draft.text, draft.log_probability
    (['47', '座'], '47座', None)
    """

    def __init__(self, pieces: Iterator[str]) -> None:
        self._pieces = pieces
        self.text = ""
        self.log_probability: float | None = None

    def __iter__(self) -> Iterator[str]:
        while True:
            try:
                piece = next(self._pieces)
            except StopIteration as end:
                self.log_probability = end.value
                return
            self.text += piece
            yield piece


def complete(generator: Generator, prompt: Prompt, *, max_tokens: int, stop: Sequence[str] = ()) -> str:
    """Returns the complete text."""
    return "".join(generator.write(prompt, max_tokens=max_tokens, stop=stop))


def until_stop(pieces: Iterator[str], stop: Sequence[str]) -> Text:
    """Yields the pieces up to a stop string, which may span several pieces; what follows it is read and left out.

    >>> list(until_stop(iter(["47", "个\\n资", "料"]), ["\\n"]))
    ['47', '个']
    """
    draft, shown, ended = Draft(pieces), 0, False
    longest = max((len(s) for s in stop), default=1)
    for _ in draft:
        if ended:
            continue
        stop_at = min((at for s in stop if (at := draft.text.find(s, shown)) >= 0), default=-1)
        ended = stop_at >= 0
        safe = stop_at if ended else len(draft.text) - longest + 1
        if safe > shown:
            yield draft.text[shown:safe]
            shown = safe
    if not ended and shown < len(draft.text):
        yield draft.text[shown:]
    return draft.log_probability
