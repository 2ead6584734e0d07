"""Passages → checked answer, in stages: choose sentences, read them, judge what was read, word it.

::

    Hit[] ─choose─▶ Piece[] ─read─▶ Found ─judge─▶ chance ─word─▶ Answer
"""

from rag.answer.answer import write_answer
from rag.answer.choose import choose_pieces

__all__ = ["choose_pieces", "write_answer"]
