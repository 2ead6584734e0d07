"""Wenbao 问报: ask a newspaper archive; every statement of the answer is a word-for-word quotation.

>>> from rag import ask, Rag
>>> ask("how many projects did Suizhou start?").text        # doctest: +SKIP
>>> rag = Rag.open("config.yaml")                           # doctest: +SKIP
>>> rag.search("随州 新开工项目", k=3)[0].article.title      # doctest: +SKIP

Nothing heavy is loaded until it is needed: importing this package takes milliseconds.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any

from rag.errors import RagError
from rag.records import Answer, Article, Citation, Hit, Turn

if TYPE_CHECKING:
    from rag.engine import Rag

# OpenVINO tells its maker each time that it is imported, if this package of its is there. What is asked of an archive,
# and that it is asked, is nobody's business; without the package it works as well.
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]

__all__ = ["Answer", "Article", "Citation", "Hit", "Rag", "RagError", "Turn", "ask"]


def ask(question: str, history: Sequence[Turn] = (), *, asked_on: date | None = None) -> Answer:
    """Answers from the index that ``config.yaml`` here describes; opens it once and keeps it.

    ``history``: earlier exchanges, oldest first, so that "and in April?" is understood. ``asked_on``: the day from which "last
    month" or 去年 in the question are reckoned.
    Raises :class:`RagError`, whose message says what to do.
    """
    return _opened().ask(question, history, asked_on=asked_on)


@cache
def _opened() -> Rag:
    from rag.engine import Rag

    return Rag.open()


def __getattr__(name: str) -> Any:
    if name == "Rag":
        from rag.engine import Rag

        return Rag
    raise AttributeError(f"module 'rag' has no attribute {name!r}")
