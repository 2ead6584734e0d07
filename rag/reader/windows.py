"""Builds the input windows of the reader from token ids, as in training.

``<s> question </s> [</s> headline] </s> sentence </s> sentence …``: the separator before a sentence represents it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

BEGIN, PAD, MARK = 0, 1, 2  # the tokens <s>, <pad> and </s> of XLM-RoBERTa
QUESTION_TOKENS, TITLE_TOKENS, SENTENCE_TOKENS = 80, 32, 200  # tokens; longer texts are truncated
WINDOW_TOKENS = 320  # tokens of a window, as in training
WINDOW_SENTENCES = 12  # sentences of a window, as in training


@dataclass
class Window:
    """An input window. ``sentences``: for each its number, the position of its separator, and its length in tokens."""

    ids: list[int]
    sentences: list[tuple[int, int, int]] = field(default_factory=list)


def windows(
    question: Sequence[int], sentences: Sequence[tuple[Sequence[int], Sequence[int]]], length: int = WINDOW_TOKENS
) -> Iterator[Window]:
    """Yields windows that cover all sentences in order; a sentence is a pair of headline ids and text ids.

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
