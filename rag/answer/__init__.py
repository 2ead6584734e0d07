"""Passages → checked answer, in stages: select sentences, read them, estimate the confidence, write the answer.

::

    Hit[] ─choose─▶ CandidateSentence[] ─read─▶ GroundedAnswer ─judge─▶ chance ─word─▶ Answer
"""

from rag.answer.answer import refuse_instead, write_answer
from rag.answer.choose import choose_pieces

__all__ = ["choose_pieces", "refuse_instead", "write_answer"]
