"""One generator, many askers: clients take turns, and each waits behind its own questions only."""

from __future__ import annotations

import asyncio
from collections import deque

from rag.doors.service.errors import Busy, TooMany


class Place:
    """A place in the queue. ``position``: how many go before it; 0 is its turn."""

    def __init__(self, queue: FairQueue, client: str) -> None:
        self.client, self.position = client, -1
        self._queue, self._moved = queue, asyncio.Event()

    async def moved(self) -> None:
        """Waits until the position has changed."""
        await self._moved.wait()
        self._moved.clear()

    def leave(self) -> None:
        """Gives the place up, whether it is waiting or being served; twice does no harm."""
        self._queue.remove(self)

    def move_to(self, position: int) -> None:
        """Tells the place where it stands now."""
        if position != self.position:
            self.position = position
            self._moved.set()


class FairQueue:
    """Serves one place at a time, the clients in turn (round robin). All calls belong on one event loop.

    Raises :class:`Busy` where ``limit`` are waiting, :class:`TooMany` where ``per_client`` of one client are.
    """

    def __init__(self, limit: int = 64, per_client: int = 8) -> None:
        self._limit, self._per_client = limit, per_client
        self._waiting: dict[str, deque[Place]] = {}  # clients in the order of their turns
        self._serving: Place | None = None

    @property
    def waiting(self) -> int:
        """How many wait, the one that is served not counted."""
        return sum(map(len, self._waiting.values()))

    @property
    def serving(self) -> int:
        """1 while somebody is served."""
        return int(self._serving is not None)

    def enter(self, client: str) -> Place:
        """A place at the end of the client's own line."""
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
        """Takes a place out and calls the next."""
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
                self._waiting[client] = line  # its next turn comes after everybody else's
        if self._serving is not None:
            self._serving.move_to(0)
        for position, place in enumerate(self._in_order(), 1):
            place.move_to(position)

    def _in_order(self) -> list[Place]:
        """Those who wait, in the order in which they will be served: everybody's first, then everybody's second, …."""
        rounds = max(map(len, self._waiting.values()), default=0)
        return [line[turn] for turn in range(rounds) for line in self._waiting.values() if turn < len(line)]
