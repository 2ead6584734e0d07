"""One archive for many people at once: the engine behind a fair queue, searches beside it, builds behind both.

Reading order: :mod:`~rag.service.events`, :mod:`~rag.service.queue`, :mod:`~rag.service.searching` (facets),
:mod:`~rag.service.spans` (places in the raw page), :mod:`~rag.service.sources` (adding and removing pages),
:mod:`~rag.service.library` (all of it together).
"""

from rag.service.errors import Busy, NoIndex, NotReady, TooMany
from rag.service.events import Queued
from rag.service.library import Library
from rag.service.searching import Search

__all__ = ["Busy", "Library", "NoIndex", "NotReady", "Queued", "Search", "TooMany"]
