"""High-rate unit positions, apart from the log.

Knows how fixes are packed and that one batch is one call. Refuses to know units.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from redis.exceptions import ResponseError

from data.connection import LOST, refusal_in_words
from data.keys import Keys
from domain.errors import BadCommand, StoreUnavailable
from domain.position import Fix

MOST_FIXES = 2000
"""Fixes in one call; more are split, so that no call holds the server for long."""


def pack(fix: Fix) -> str:
    """`seq,lon,lat,heading,speed,at`: lon and lat to 0.1 m."""
    return f"{fix.seq},{fix.lon:.6f},{fix.lat:.6f},{fix.heading:.0f},{fix.speed:.1f},{fix.at:.3f}"


def unpack(unit: str, packed: str) -> Fix:
    """The fix that `pack` packed."""
    seq, lon, lat, heading, speed, at = packed.split(",")
    return Fix(unit, int(seq), float(lon), float(lat), float(heading), float(speed), float(at))


def unpack_batch(fixes: bytes) -> list[Fix]:
    """The fixes of one entry of the tracks stream."""
    batch = []
    for line in fixes.decode().split("\n"):
        unit, _, packed = line.partition(",")
        batch.append(unpack(unit, packed))
    return batch


class PositionStore:
    """Writes batches of fixes and reads the newest of every unit."""

    def __init__(self, client: Any, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    async def report(self, fixes: Sequence[Fix]) -> int:
        """Store a batch; returns how many were newer than what was known. Raises StoreUnavailable, BadCommand."""
        newest: dict[str, Fix] = {}
        for fix in fixes:
            if not (-180 <= fix.lon <= 180 and -90 <= fix.lat <= 90):
                raise BadCommand(f"fix of {fix.unit}: longitude {fix.lon}, latitude {fix.lat} is not a place")
            if "," in fix.unit or "\n" in fix.unit:
                raise BadCommand(f"fix of {fix.unit!r}: a unit's id has no comma or line break")
            if fix.unit not in newest or newest[fix.unit].seq < fix.seq:
                newest[fix.unit] = fix
        batch = list(newest.values())
        kept = 0
        for start in range(0, len(batch), MOST_FIXES):
            args = [part for fix in batch[start : start + MOST_FIXES] for part in (fix.unit, fix.seq, pack(fix))]
            try:
                kept += await self._client.fcall(
                    "concord_positions_1", 2, self._keys.positions, self._keys.tracks, *args
                )
            except LOST as lost:
                raise StoreUnavailable(f"the store does not answer: {lost}") from lost
            except ResponseError as refused:  # a full disk, no replica: the next batch may be taken
                words = refusal_in_words(refused) or f"the store refused: {refused}"
                raise StoreUnavailable(words) from refused
        return kept

    async def newest(self) -> Iterable[Fix]:
        """The newest fix of every unit."""
        stored = await self._client.hgetall(self._keys.positions)
        return [unpack(unit.decode(), packed.decode()) for unit, packed in stored.items()]
