"""Question and sentences → token ids as the reader was trained on them.

``<s> question </s> [</s> headline] </s> sentence </s> sentence …``: the mark before a sentence stands for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

BEGIN, PAD, MARK = 0, 1, 2
QUESTION_TOKENS, TITLE_TOKENS, SENTENCE_TOKENS = 80, 32, 200  # tokens kept of each
WINDOW_TOKENS = 320  # tokens of a window
WINDOW_SENTENCES = 12  # of a window


@dataclass
class Window:
    """Token ids, and for each sentence in it: its number, its mark's position and how many of its tokens follow the mark."""

    ids: list[int]
    sentences: list[tuple[int, int, int]] = field(default_factory=list)


def windows(
    question: Sequence[int], sentences: Sequence[tuple[Sequence[int], Sequence[int]]], length: int = WINDOW_TOKENS
) -> Iterator[Window]:
    """Windows that hold all the sentences, each given as the ids of its headline and of its text, in their order.

    >>> [w.sentences for w in windows([9], [([7], [5, 5]), ([7], [6])])]
    [[(0, 5, 2), (1, 8, 1)]]
    """
    prefix = [BEGIN, *question[:QUESTION_TOKENS], MARK]
    window, last = Window(list(prefix)), None
    for number, (title, text) in enumerate(sentences):
        title, text = tuple(title[:TITLE_TOKENS]), text[:SENTENCE_TOKENS]
        heading = [MARK, *title] if title and title != last else []
        is_full = len(window.ids) + len(heading) + 1 + len(text) > length or len(window.sentences) == WINDOW_SENTENCES
        if is_full and window.sentences:
            yield window
            window, heading = Window(list(prefix)), [MARK, *title] if title else []
        window.ids += heading
        window.sentences.append((number, len(window.ids), len(text)))
        window.ids += [MARK, *text]
        last = title
    if window.sentences:
        yield window
