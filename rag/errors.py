"""The exceptions that public calls of this package raise.

::

    RagError                  one line: what failed, the value, what to do next
    ├── ConfigError           config.yaml: unknown key, wrong type, value out of range
    ├── SourceError           a page or archive that cannot be read
    ├── ModelError            weights that are missing, damaged or cannot be fetched
    ├── StoreError            an index that is missing, damaged or built with other settings
    ├── QuestionError         an invalid question or query
    ├── GenerationError       the generator failed, or its endpoint did not answer
    └── StoppedError          the client left before the answer was complete

Exceptions of other libraries do not leave a public call. They are chained under one of these
(``raise … from error``), and the ``rag`` command prints the message as one line.
"""


class RagError(Exception):
    """The base of all exceptions of this package. The message is written for the user."""


class ConfigError(RagError):
    """A key or value of ``config.yaml`` is wrong. The message begins with the dotted path of the key."""


class SourceError(RagError):
    """A page or archive cannot be read. The message names the file and, where it has one, the line."""


class ModelError(RagError):
    """A model is missing, damaged or cannot be fetched. The message says how to fix it."""


class StoreError(RagError):
    """The index is missing, damaged or built with other settings. The message names the command that repairs it."""


class QuestionError(RagError):
    """A question is empty, too long or not text."""


class GenerationError(RagError):
    """The generator could not write an answer."""


class StoppedError(RagError):
    """The client stopped waiting, and the work on the answer ended."""
