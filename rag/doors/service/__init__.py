"""One archive for many people at once: the engine behind a fair queue, searches beside it, builds behind both.

Reading order: :mod:`~rag.doors.service.events`, :mod:`~rag.doors.service.queue`, :mod:`~rag.doors.service.searching` (facets),
:mod:`~rag.doors.service.spans` (places in the raw page), :mod:`~rag.doors.service.sources` (adding and removing pages),
:mod:`~rag.doors.service.library` (all of it together).
"""

from rag.doors.service.errors import Busy, NoIndex, NotReady, TooMany
from rag.doors.service.events import Queued
from rag.doors.service.library import Library
from rag.doors.service.searching import Search

__all__ = ["Busy", "Library", "NoIndex", "NotReady", "Queued", "Search", "TooMany"]
