"""A fair queue: clients take turns, and the questions of a client wait behind its own earlier ones."""

from __future__ import annotations

import asyncio
from collections import deque

from rag.doors.service.errors import Busy, TooMany


class Place:
    """A place in the queue. ``position``: the number of places before it; 0 means it is being served."""

    def __init__(self, queue: FairQueue, client: str) -> None:
        self.client, self.position = client, -1
        self._queue, self._moved = queue, asyncio.Event()

    async def moved(self) -> None:
        """Waits until the position has changed."""
        await self._moved.wait()
        self._moved.clear()

    def leave(self) -> None:
        """Leaves the queue, waiting or being served; a second call does nothing."""
        self._queue.remove(self)

    def move_to(self, position: int) -> None:
        """Sets the position."""
        if position != self.position:
            self.position = position
            self._moved.set()


class FairQueue:
    """Serves one place at a time, the clients in turn (round robin). All calls must run on one event loop.

    Raises :class:`Busy` if ``limit`` places are waiting, :class:`TooMany` if ``per_client`` of one client are.
    """

    def __init__(self, limit: int = 64, per_client: int = 8) -> None:
        self._limit, self._per_client = limit, per_client
        self._waiting: dict[str, deque[Place]] = {}  # in the order of the clients' turns
        self._serving: Place | None = None

    @property
    def waiting(self) -> int:
        """Returns the number of waiting places, without the one being served."""
        return sum(map(len, self._waiting.values()))

    @property
    def serving(self) -> int:
        """Returns 1 while a place is being served, else 0."""
        return int(self._serving is not None)

    def enter(self, client: str) -> Place:
        """Returns a place at the end of the client's own line."""
        if self.waiting >= self._limit:
            raise Busy(f"{self.waiting} questions are waiting; ask again in a minute")
        line = self._waiting.setdefault(client, deque())
        if len(line) >= self._per_client:
            raise TooMany(f"{len(line)} of your questions are waiting; ask again when they are answered")
        place = Place(self, client)
        line.append(place)
        self._advance()
        return place

    def remove(self, place: Place) -> None:
        """Removes a place and serves the next."""
        if place is self._serving:
            self._serving = None
        elif place in (line := self._waiting.get(place.client, deque())):
            line.remove(place)
            if not line:
                del self._waiting[place.client]
        self._advance()

    def _advance(self) -> None:
        if self._serving is None and self._waiting:
            client, line = next(iter(self._waiting.items()))
            self._serving = line.popleft()
            del self._waiting[client]
            if line:
                self._waiting[client] = line  # the next turn comes after all other clients
        if self._serving is not None:
            self._serving.move_to(0)
        for position, place in enumerate(self._in_order(), 1):
            place.move_to(position)

    def _in_order(self) -> list[Place]:
        """Returns the waiting places in serving order: the first of each client, then the second, and so on."""
        rounds = max(map(len, self._waiting.values()), default=0)
        return [line[turn] for turn in range(rounds) for line in self._waiting.values() if turn < len(line)]
