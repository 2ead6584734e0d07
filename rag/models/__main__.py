"""``python -m rag.models``: fetches the models that ``config.yaml`` names.

``make install`` runs it while pip installs the packages, so it needs only a few of them; ``rag models --fetch`` does the same.
"""

from __future__ import annotations

import sys

from rag.config import load_config
from rag.errors import RagError
from rag.models import resolve
from rag.progress import Bars


def main() -> None:
    """Fetches what is not in the cache; exits with 1 and one line after an error."""
    try:
        config = load_config()
        for name in config.model_names:
            resolve(name, offline=config.models.offline, progress=Bars(live=False))
    except RagError as error:
        sys.exit(f"{error}")


if __name__ == "__main__":
    main()
