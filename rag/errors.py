"""Every error that a public call of this package raises.

::

    RagError                  one line: what, which value, what to do next
    ├── ConfigError           config.yaml: unknown key, wrong type, value out of range
    ├── SourceError           a page or archive that cannot be read
    ├── ModelError            weights missing, damaged, or not to be fetched
    ├── StoreError            index missing, damaged, or built with other settings
    ├── QuestionError         a question or query that cannot be asked
    ├── GenerationError       the generator failed or its endpoint did not answer
    └── StoppedError          who asked has left, so nobody waits for the answer

No exception of another library leaves a public call: it is chained under one of these
(``raise … from error``), and the ``rag`` command prints the message as one line.
"""


class RagError(Exception):
    """Base of all errors of this package; its message is meant for the person at the screen."""


class ConfigError(RagError):
    """A key or value of ``config.yaml`` is wrong; the message begins with its dotted path."""


class SourceError(RagError):
    """A page or archive cannot be read; the message names the file (and line)."""


class ModelError(RagError):
    """A model is missing, damaged or cannot be fetched; the message names the remedy."""


class StoreError(RagError):
    """The index is missing, damaged or belongs to other settings; the message names the command that mends it."""


class QuestionError(RagError):
    """A question is empty, too long or not text."""


class GenerationError(RagError):
    """The generator could not write an answer."""


class StoppedError(RagError):
    """The one who asked has stopped waiting; the work on the answer ended."""
