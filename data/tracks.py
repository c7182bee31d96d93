"""The tracks: fixes as they came, read back for a replay.

Knows the stream of batches. Refuses to write it (positions.py).
The stream keeps the newest 20,000 batches of the last 24 hours (commit.lua): with four batches a second that is
an hour and a half, with one every five seconds a day. What is older is gone; a replay then shows the board
without movement.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from typing import Any

from data.keys import Keys
from data.positions import unpack, unpack_batch
from domain.position import Fix

PAGE = 200
FIRST_PAGE = 8
"""Batches read first when looking back; each further look takes twice as many."""
MOST_BATCHES = 400
"""Batches looked through for the newest fix of every unit: a unit silent for longer is not shown."""
LONGEST_SILENCE = 900.0
"""Seconds after which a fix says nothing about where a unit is."""


class Tracks:
    """Reads the tracks of one board."""

    def __init__(self, client: Any, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    async def newest_at(self, when: float) -> dict[str, Fix]:
        """The newest fix of every unit at a server time, from at most LONGEST_SILENCE and MOST_BATCHES before it."""
        units = await self._client.hlen(self._keys.positions)
        newest: dict[str, Fix] = {}
        until = str(_millis(when))
        looked, count = 0, FIRST_PAGE
        while looked < MOST_BATCHES:
            page = await self._client.xrevrange(
                self._keys.tracks, max=until, min=str(_millis(when - LONGEST_SILENCE)), count=count
            )
            for _, fields in page:
                for line in fields[b"fixes"].decode().split("\n"):
                    unit, _, packed = line.partition(",")
                    if unit not in newest:
                        newest[unit] = unpack(unit, packed)
                if len(newest) >= units:
                    return newest
            if len(page) < count:
                break
            until = f"({page[-1][0].decode()}"
            looked += count
            count *= 2
        return newest

    async def between(self, start: float, end: float, units: Collection[str] | None = None) -> AsyncIterator[Fix]:
        """The fixes stored from server time `start` up to `end`, both included, in the order they came.

        `units` narrows them down; None means all.
        """
        since, last = str(_millis(start)), str(_millis(end))
        while True:
            page = await self._client.xrange(self._keys.tracks, min=since, max=last, count=PAGE)
            for _, fields in page:
                for fix in unpack_batch(fields[b"fixes"]):
                    if units is None or fix.unit in units:
                        yield fix
            if len(page) < PAGE:
                return
            since = f"({page[-1][0].decode()}"


def _millis(when: float) -> int:
    return max(0, min(int(min(when, 1e12) * 1000), 2**53))
