"""Looks after open sockets: whose session ended, was revoked, moved or locked is closed within two seconds.

Knows who opened each socket and asks for all of them in one call. Refuses to know what the sockets carry. While the
store does not answer nothing is closed: what is on the screen then says how old it is.
"""

from __future__ import annotations

import asyncio

from data.people import People
from domain.errors import StoreUnavailable
from domain.identity import Identity

LOOK_SECONDS = 1.0
NOT_SIGNED_IN, LOCKED, FOREIGN = 4401, 4423, 4403
"""Why a socket was closed, as the page's script knows it."""
MOVED = 4409
"""It has another position now: the page loads itself again, with that one's view."""


class SocketWatch:
    """One per worker."""

    def __init__(self, people: People, pause: float = LOOK_SECONDS) -> None:
        self._people = people
        self._pause = pause
        self._open: dict[asyncio.Future[int], Identity] = {}

    def opened(self, identity: Identity) -> asyncio.Future[int]:
        """Look after a socket; the answer is the code it is to be closed with, when it comes."""
        ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._open[ended] = identity
        return ended

    def closed(self, ended: asyncio.Future[int]) -> None:
        """Look no longer."""
        ended.cancel()
        self._open.pop(ended, None)

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await asyncio.sleep(self._pause)
            if not self._open:
                continue
            try:
                still = await self._people.sessions.still(self._open.values(), self._people.now())
            except StoreUnavailable:
                continue
            for ended, identity in list(self._open.items()):
                present = still.get(identity.session)
                if present is None and not ended.done():
                    ended.set_result(NOT_SIGNED_IN)  # the page asks for itself, and is led to where it may go
                elif present is not None and present.audience != identity.audience and not ended.done():
                    ended.set_result(MOVED)
