"""The events of a queued question, in addition to those of an answer (:data:`rag.records.Event`)."""

from __future__ import annotations

from dataclasses import dataclass

from rag.records import Event


@dataclass(frozen=True)
class Queued:
    """The number of questions that are answered before this one."""

    position: int


QueuedEvent = Queued | Event
