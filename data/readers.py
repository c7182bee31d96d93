"""Readers of the log: how far each has read, so that nothing is trimmed under them.

Knows the register's form and when a reader counts as dead. Refuses to trim (archive.py).
A reader writes its cursor every PLACE_SECONDS. One that has not for READER_EXPIRES is dead: it no longer holds the
log back, and should it wake up, it finds its cursor trimmed and starts from a snapshot.
"""

from __future__ import annotations

from typing import Any

from data.keys import Keys

PLACE_SECONDS = 10.0
READER_EXPIRES = 120.0
"""Seconds; by the store's clock."""


class ReaderRegister:
    """The cursors of a board's readers."""

    def __init__(self, client: Any, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    async def place(self, reader: str, seq: int, now: float) -> None:
        """A reader has read up to an event; `now` is server time."""
        await self._client.hset(self._keys.readers, reader, f"{seq} {now:.3f}")

    async def leave(self, reader: str) -> None:
        """A reader reads no more."""
        await self._client.hdel(self._keys.readers, reader)

    async def live(self, now: float) -> dict[str, int]:
        """reader -> the event it has read up to; the dead are removed from the register."""
        cursors: dict[str, int] = {}
        for reader, place in (await self._client.hgetall(self._keys.readers)).items():
            seq, _, at = place.decode().partition(" ")
            if now - float(at) > READER_EXPIRES:
                await self._client.hdel(self._keys.readers, reader)
            else:
                cursors[reader.decode()] = int(seq)
        return cursors
