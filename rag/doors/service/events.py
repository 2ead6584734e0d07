"""What a queued question tells, beside the events of an answer (:data:`rag.records.Event`)."""

from __future__ import annotations

from dataclasses import dataclass

from rag.records import Event


@dataclass(frozen=True)
class Queued:
    """How many questions are answered before this one."""

    position: int


QueuedEvent = Queued | Event
