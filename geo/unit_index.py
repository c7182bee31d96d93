"""Which units are nearest to a place, of those that can do something and are free to: an index that keeps up.

Knows units as places with bit sets: what each can do, and one status. Refuses to know what the words mean, streets and
travel times. Distances are metres along the ground (geodesics on WGS 84, by pyproj).

The idea. Units are points in space, so that neither the antimeridian nor a pole is an edge. They are put in a row that
winds through space without leaps (Morton order) and cut into leaves of about LEAF units; over the leaves stands a
binary tree. Each node knows the box around its units and the union of their bits. A search goes down into the nearer
box first; it passes over a box that is farther than the k-th unit found so far, and one in which nobody has the bits.

      1            node n has children 2n and 2n + 1; the leaves are the last ones
     2 3           a unit that moves stays in its leaf: the leaf's box is drawn anew,
    4 5 6 7        and those of the nodes above it (`refit`)

So a move costs a microsecond and is never wrong; boxes only grow fatter as units mix, and when they have grown by half
the tree is made anew. Changes are gathered and taken in at the next question.

Ranking is by the straight line through the Earth, which orders as geodesics do (earth.py gives the figures);
a few more than asked are found and ordered by their geodesics.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt
import pyproj

from geo import unit_twin
from geo.crs import ECCENTRICITY_SQUARED, EQUATORIAL_RADIUS
from geo.earth import on_ellipsoid
from geo.unit_compile import compiled_aside

LEAF = 16
MORE = 4
"""How many more than asked are found, so that the geodesics settle who is last."""
FATTER = 1.5
_GEOD = pyproj.Geod(ellps="WGS84")
_ALL = np.uint64(2**64 - 1)
_SPREAD = (
    (32, 0x1F00000000FFFF),
    (16, 0x1F0000FF0000FF),
    (8, 0x100F00F00F00F00F),
    (4, 0x10C30C30C30C30C3),
    (2, 0x1249249249249249),
)
"""How 21 bits are drawn apart until two empty ones lie between each and the next."""


@dataclass(frozen=True, slots=True)
class Near:
    """A unit and the metres to it."""

    unit: str
    metres: float


class UnitIndex:
    """The units of a board. Not for several threads at once."""

    def __init__(self, walk: Any = unit_twin) -> None:
        """`walk` is unit_walk (compiled) or its NumPy twin."""
        self._walk = walk
        self._ready: ModuleType | None = None
        self.clear()

    def clear(self) -> None:
        """Forget everybody."""
        self._row: dict[str, int] = {}
        self._ids: list[str] = []
        self._bits: dict[str, int] = {}
        self._states: dict[str, int] = {}
        self._places = np.empty((0, 2))
        self._points = np.empty((0, 3))
        self._can = np.empty((0, 1), np.uint64)
        self._status = np.empty(0, np.uint64)
        self._moved: set[int] = set()
        self._changed: set[int] = set()
        self._tree: _Tree | None = None

    def __len__(self) -> int:
        return len(self._row)

    def __contains__(self, unit: str) -> bool:
        return unit in self._row

    def compile_soon(self) -> threading.Thread:
        """Take on the compiled search as soon as it is ready, made aside if need be. Until then NumPy answers."""

        def take_on() -> None:
            self._ready = compiled_aside()

        thread = threading.Thread(target=take_on, name="unit-compile", daemon=True)
        thread.start()
        return thread

    def put(self, unit: str, lon: float, lat: float, capabilities: Iterable[str], status: str) -> None:
        """Add a unit, or give all of it anew. A place that is not a number is nowhere: it is never near."""
        row = self._row.get(unit)
        if row is None:
            row = self._new_row(unit)
        self._moved.add(row)
        self._places[row] = lon, lat
        self._give_bits(row, capabilities)
        self.set_status(unit, status)

    def move(self, unit: str, lon: float, lat: float) -> None:
        """A unit is elsewhere now. One that is not in the index is passed over."""
        row = self._row.get(unit)
        if row is not None:
            self._places[row] = lon, lat
            self._moved.add(row)

    def set_status(self, unit: str, status: str) -> None:
        """A unit has another status. One that is not in the index is passed over."""
        row = self._row.get(unit)
        if row is not None:
            self._status[row] = self._state(status)
            self._changed.add(row)

    def remove(self, unit: str) -> None:
        """A unit is gone. One that is not in the index is passed over."""
        row = self._row.pop(unit, None)
        if row is not None:
            self._places[row] = math.nan
            self._status[row] = 0
            self._ids[row] = ""
            self._moved.add(row)

    def nearest(
        self,
        lon: float,
        lat: float,
        k: int,
        capabilities: Iterable[str] | None = None,
        statuses: Iterable[str] | None = None,
    ) -> list[Near]:
        """The k nearest units that can do one of `capabilities` and have one of `statuses`, nearest first.

        None asks for nothing in particular. Fewer than k come back when fewer match. Equal ones are in the order they
        were put in. Raises ValueError for a negative k.
        """
        if k < 0:
            raise ValueError(f"k is {k}; ask for 0 or more")
        wanted, allowed = self._wanted(capabilities), self._allowed(statuses)
        if not k or not self._row or not wanted.any() or not allowed:
            return []
        tree = self.settle()
        x, y, z = _point(lon, lat)
        most = min(k + MORE, len(self._ids))
        rows, _ = self._walk.nearest(
            x, y, z, most, wanted, allowed, self._points, self._can, self._status, *tree.arrays
        )
        if not rows.size:
            return []
        east, north = self._places[rows].T
        metres = _GEOD.inv(np.full(rows.size, lon), np.full(rows.size, lat), east, north)[2].tolist()
        ranked = sorted(zip(metres, rows.tolist(), strict=True))[:k]
        return [Near(self._ids[row], far) for far, row in ranked]

    # Bits ------------------------------------------------------------------------------------------

    def _give_bits(self, row: int, capabilities: Iterable[str]) -> None:
        # The first bit says "a unit", for whoever asks for nothing in particular.
        bits = [0, *(self._bits.setdefault(word, len(self._bits) + 1) for word in capabilities)]
        while max(bits) >= self._can.shape[1] * 64:
            self._can = np.column_stack((self._can, np.zeros(len(self._can), np.uint64)))
            self._tree = None
        self._can[row] = 0
        for bit in bits:
            self._can[row, bit // 64] |= np.uint64(1 << bit % 64)

    def _wanted(self, capabilities: Iterable[str] | None) -> npt.NDArray[np.uint64]:
        wanted = np.zeros(self._can.shape[1], np.uint64)
        bits = [0] if capabilities is None else [self._bits[word] for word in capabilities if word in self._bits]
        for bit in bits:
            wanted[bit // 64] |= np.uint64(1 << bit % 64)
        return wanted

    def _state(self, status: str) -> np.uint64:
        bit = self._states.setdefault(status, len(self._states))
        if bit > 63:
            raise ValueError(f"more than 64 different statuses; {status!r} is one too many")
        return np.uint64(1 << bit)

    def _allowed(self, statuses: Iterable[str] | None) -> np.uint64:
        if statuses is None:
            return _ALL
        allowed = 0
        for status in statuses:
            if status in self._states:
                allowed |= 1 << self._states[status]
        return np.uint64(allowed)

    # The tree --------------------------------------------------------------------------------------

    def _new_row(self, unit: str) -> int:
        row = len(self._ids)
        if row == len(self._places):
            more = max(64, row)
            self._places = np.concatenate((self._places, np.full((more, 2), np.nan)))
            self._points = np.concatenate((self._points, np.full((more, 3), np.nan)))
            self._can = np.concatenate((self._can, np.zeros((more, self._can.shape[1]), np.uint64)))
            self._status = np.concatenate((self._status, np.zeros(more, np.uint64)))
        self._ids.append(unit)
        self._row[unit] = row
        self._tree = None
        return row

    def settle(self) -> _Tree:
        """Take in what changed since the last question. A question does it, too, if nobody did."""
        if self._ready is not None:
            self._walk, self._ready, self._tree = self._ready, None, None
        if self._moved:
            rows = np.fromiter(self._moved, np.int64, len(self._moved))
            self._points[rows] = on_ellipsoid(self._places[rows, 0], self._places[rows, 1])
        tree = self._tree
        if tree is not None and (self._moved or self._changed):
            touched = self._moved | self._changed
            tree.refit(np.fromiter(touched, np.int64, len(touched)), self)
        if tree is None or tree.worn:
            tree = self._tree = _Tree(self)
        self._moved.clear()
        self._changed.clear()
        return tree

    @property
    def columns(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
        """Points, what they can do, and their status, by row: what the tree is made of."""
        return self._points, self._can, self._status

    @property
    def walk(self) -> Any:
        """The search in use."""
        return self._walk

    @property
    def rows(self) -> int:
        """How many rows there are, those of units removed included."""
        return len(self._ids)


class _Tree:
    """Leaves of rows, boxes and bits over them; see the module's docstring."""

    def __init__(self, index: UnitIndex) -> None:
        points, can, _ = index.columns
        count = index.rows
        leaves = 1 << max(0, math.ceil(math.log2(max(1.0, count / LEAF))))
        rows = np.argsort(_morton(points[:count]), kind="stable")
        bounds = np.rint(np.linspace(0, count, leaves + 1)).astype(np.int64)
        self._leaf = np.empty(count, np.int64)
        self._leaf[rows] = np.repeat(np.arange(leaves), np.diff(bounds))
        boxes = np.empty((2 * leaves, 6))
        boxes[:, :3], boxes[:, 3:] = np.inf, -np.inf
        bits = np.zeros((2 * leaves, can.shape[1]), np.uint64)
        copies = np.empty((count, 3)), np.empty((count, can.shape[1]), np.uint64), np.empty(count, np.uint64)
        self.arrays = rows, bounds, boxes, bits, np.zeros(2 * leaves, np.uint64), *copies
        self._moves = 0
        self._made_size = math.inf
        self.refit(rows, index)
        self._made_size = max(self._size(), 1000.0 * leaves)
        self._moves = 0

    @property
    def worn(self) -> bool:
        """Whether units have mixed so much that the boxes are half as large again as when the tree was made."""
        if self._moves < len(self._leaf) / 8:
            return False
        self._moves = 0
        return self._size() > FATTER * self._made_size

    def _size(self) -> float:
        """Metres that the leaves' boxes measure along their sides, all together."""
        leaves = self.arrays[2][len(self.arrays[2]) // 2 :]
        held = leaves[leaves[:, 0] <= leaves[:, 3]]
        return float((held[:, 3:] - held[:, :3]).sum())

    def refit(self, rows: npt.NDArray[np.int64], index: UnitIndex) -> None:
        """Take in that these rows moved or changed."""
        self._moves += rows.size
        index.walk.refit(np.unique(self._leaf[rows]), *index.columns, *self.arrays)


def _point(lon: float, lat: float) -> tuple[float, float, float]:
    """`on_ellipsoid` for one place, ten times as fast."""
    sine, cosine = math.sin(math.radians(lat)), math.cos(math.radians(lat))
    across = EQUATORIAL_RADIUS / math.sqrt(1.0 - ECCENTRICITY_SQUARED * sine * sine)
    east = math.radians(lon)
    return (
        across * cosine * math.cos(east),
        across * cosine * math.sin(east),
        across * (1.0 - ECCENTRICITY_SQUARED) * sine,
    )


def _morton(points: npt.NDArray[np.float64]) -> npt.NDArray[np.uint64]:
    """Each point's place in the winding row: the bits of its three coordinates, interleaved. Nowhere is last."""
    cells = np.where(np.isfinite(points), (points + 2.0**23) / 8.0, 2.0**21 - 1).astype(np.uint64)  # 8 m wide
    code = np.zeros(len(points), np.uint64)
    for axis in range(3):
        spread = cells[:, axis]
        for shift, mask in _SPREAD:
            spread = (spread | spread << np.uint64(shift)) & np.uint64(mask)
        code |= spread << np.uint64(axis)
    return code
