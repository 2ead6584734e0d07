"""Passages → checked answer, in stages: select sentences, read them, estimate the confidence, write the answer.

::

    Hit[] ─choose─▶ Piece[] ─read─▶ Found ─judge─▶ chance ─word─▶ Answer
"""

from rag.answer.answer import withheld, write_answer
from rag.answer.choose import choose_pieces

__all__ = ["choose_pieces", "withheld", "write_answer"]
