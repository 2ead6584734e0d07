"""What only a busy server has to say no to."""

from rag.errors import RagError, StoreError


class NoIndex(StoreError):
    """There is no index yet, or it is damaged; a build makes one."""


class Busy(RagError):
    """The queue is full; the same request will be taken a little later."""


class TooMany(RagError):
    """This client has too many questions waiting."""


class NotReady(RagError):
    """The models could not be loaded, or are not loaded yet."""
