"""Serves an archive to many clients: answers from a fair queue, searches in parallel, builds in the background.

Reading order: :mod:`~rag.doors.service.events`, :mod:`~rag.doors.service.queue`, :mod:`~rag.doors.service.searching` (facets),
:mod:`~rag.doors.service.spans` (offsets in the raw page), :mod:`~rag.doors.service.sources` (adding and removing pages),
:mod:`~rag.doors.service.examples` (example questions), :mod:`~rag.doors.service.extras` (what is prepared in advance),
:mod:`~rag.doors.service.library` (all of it together).
"""

from rag.doors.service.errors import Busy, NoIndex, NotReady, TooMany
from rag.doors.service.events import Queued
from rag.doors.service.library import Library
from rag.doors.service.searching import Search

__all__ = ["Busy", "Library", "NoIndex", "NotReady", "Queued", "Search", "TooMany"]
