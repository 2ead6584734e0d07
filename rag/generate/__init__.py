"""The small generator behind one Protocol; the only package that knows the runtimes of language models.

Reading order: :mod:`~rag.generate.protocol` (what is asked of a generator), :mod:`~rag.generate.llamacpp`,
:mod:`~rag.generate.openvino`, :mod:`~rag.generate.causal`, :mod:`~rag.generate.endpoint` (four ways to run one),
:mod:`~rag.generate.choose` (which of them).
"""

from rag.generate.choose import open_generator
from rag.generate.protocol import Generator, Prompt, Stoppable, complete

__all__ = ["Generator", "Prompt", "Stoppable", "complete", "open_generator"]
