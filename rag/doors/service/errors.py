"""The exceptions of a server."""

from rag.errors import RagError, StoreError


class NoIndex(StoreError):
    """There is no index, or it is damaged; a build creates one."""


class Busy(RagError):
    """The queue is full, or the server is stopping; the client should try again later."""


class TooMany(RagError):
    """This client has too many questions in the queue."""


class NotReady(RagError):
    """The models are still loading, or could not be loaded."""
