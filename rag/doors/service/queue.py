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

    def put(self, position: int) -> None:
        """Tells the place where it stands now."""
        if position != self.position:
            self.position = position
            self._moved.set()


class FairQueue:
    """Serves one place at a time, the clients in turn (round robin). All calls belong on one event loop.

    Raises :class:`Busy` where ``most`` are waiting, :class:`TooMany` where one client waits with ``each``.
    """

    def __init__(self, most: int = 64, each: int = 8) -> None:
        self._most, self._each = most, each
        self._waiting: dict[str, deque[Place]] = {}  # clients in the order of their turns
        self._served: Place | None = None

    @property
    def waiting(self) -> int:
        """How many wait, the one that is served not counted."""
        return sum(map(len, self._waiting.values()))

    @property
    def serving(self) -> int:
        """1 while somebody is served."""
        return int(self._served is not None)

    def enter(self, client: str) -> Place:
        """A place at the end of the client's own line."""
        if self.waiting >= self._most:
            raise Busy(f"{self.waiting} questions are waiting; ask again in a minute")
        own = self._waiting.setdefault(client, deque())
        if len(own) >= self._each:
            raise TooMany(f"{len(own)} of your questions are waiting; ask again when they are answered")
        place = Place(self, client)
        own.append(place)
        self._advance()
        return place

    def remove(self, place: Place) -> None:
        """Takes a place out and calls the next."""
        if place is self._served:
            self._served = None
        elif place in (own := self._waiting.get(place.client, deque())):
            own.remove(place)
            if not own:
                del self._waiting[place.client]
        self._advance()

    def _advance(self) -> None:
        if self._served is None and self._waiting:
            client, own = next(iter(self._waiting.items()))
            self._served = own.popleft()
            del self._waiting[client]
            if own:
                self._waiting[client] = own  # its next turn comes after everybody else's
        if self._served is not None:
            self._served.put(0)
        for position, place in enumerate(self._in_order(), 1):
            place.put(position)

    def _in_order(self) -> list[Place]:
        """Those who wait, in the order in which they will be served: everybody's first, then everybody's second, …."""
        rounds = max(map(len, self._waiting.values()), default=0)
        return [own[turn] for turn in range(rounds) for own in self._waiting.values() if turn < len(own)]
