"""The chat page: :func:`serve` opens it on this machine. :mod:`~rag.chat.render` draws, :mod:`~rag.chat.page` reacts."""

from rag.chat.page import serve

__all__ = ["serve"]
