"""Positions as they travel to pages: twenty bytes a unit instead of a line of text (docs/feed.md).

Knows the frame's bytes and the numbers that stand for unit ids. Refuses to know who is sent what (positions_lane.py).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable

from domain.position import Fix

KIND = 1
"""The first byte of a frame of positions."""
HEAD = struct.Struct("<BBHId")
"""kind, flags, 0, count of rows, server time in seconds"""
WHOLE = 1
"""Flag: these are all there are in what the page shows; it forgets where every other unit was."""
ROW = struct.Struct("<IiiIhH")
"""number, longitude and latitude in 1e-7 degrees, age of the fix in ms, heading in degrees or -1, speed in 0.1 m/s"""
DEGREE = 10_000_000
OLDEST = 2**32 - 1
"""Milliseconds; a fix of that age (seven weeks) or older says this. Nothing that old is drawn as current."""


class UnitNumbers:
    """Small numbers for unit ids, in the order they became known to this process; a number never changes its unit."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._digest = 0

    def __len__(self) -> int:
        return len(self._numbers)

    @property
    def digest(self) -> str:
        """Eight hex digits that stand for the whole list: a page that names them has it already."""
        return f"{self._digest:08x}"

    def learn(self, units: Iterable[str]) -> int:
        """Number those that have none; returns how many had one before."""
        before = len(self._numbers)
        for unit in units:
            if unit not in self._numbers:
                self._numbers[unit] = len(self._numbers)
                self._digest = zlib.crc32(unit.encode() + b"\n", self._digest)
        return before

    def of(self, unit: str) -> int:
        """A unit's number. Raises KeyError for one that has none."""
        return self._numbers[unit]

    def since(self, first: int) -> list[str]:
        """Unit ids by number, from a number on."""
        return list(self._numbers)[first:]


def row(number: int, fix: Fix, at: float) -> bytes:
    """One unit of a frame sent at server time `at`."""
    age = min(max(0, round((at - fix.at) * 1000)), OLDEST)
    heading = round(fix.heading) % 360 if fix.heading >= 0 else -1
    speed = min(max(0, round(fix.speed * 10)), 65_535)
    return ROW.pack(number, round(fix.lon * DEGREE), round(fix.lat * DEGREE), age, heading, speed)


def frame(rows: bytes, at: float, flags: int = 0) -> bytes:
    """A frame of rows sent at server time `at`."""
    return HEAD.pack(KIND, flags, 0, len(rows) // ROW.size, at) + rows
