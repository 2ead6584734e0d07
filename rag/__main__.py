"""``python -m rag``."""

import sys

from rag.doors.cli import main

sys.exit(main())
