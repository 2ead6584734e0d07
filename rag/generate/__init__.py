"""The language model that writes, behind one interface. Only this package uses the runtimes of language models.

Reading order: :mod:`~rag.generate.protocol` (the interface), :mod:`~rag.generate.llamacpp`,
:mod:`~rag.generate.openvino`, :mod:`~rag.generate.causal`, :mod:`~rag.generate.endpoint` (four backends),
:mod:`~rag.generate.choose` (their selection).
"""

from rag.generate.choose import open_generator
from rag.generate.protocol import Draft, Generator, Prompt, Stoppable, Text, complete

__all__ = ["Draft", "Generator", "Prompt", "Stoppable", "Text", "complete", "open_generator"]
