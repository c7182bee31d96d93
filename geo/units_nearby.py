"""The units of a board, found by nearness: the index kept in step with board and positions.

Knows which changes of a board move a unit or change what it may do. Refuses to know how the index finds
(unit_index.py). What it says is a proposal: whoever asks looks at the board before acting on it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from domain.assignment import Assignment
from domain.board import Board
from domain.position import Fix, place_of
from domain.refs import unit_ref
from domain.response import availability_of
from domain.unit import Unit
from geo.unit_index import UnitIndex

_UNIT = unit_ref("")
MOST_TOUCHED = 20_000


class UnitsNearby:
    """A `domain.response.Nearby`. Told what changed by `touched` and `moved`; takes it in at the next question."""

    def __init__(
        self, board: Callable[[], Board], positions: Mapping[str, Fix], index: UnitIndex | None = None
    ) -> None:
        """`board` gives the board as it is now; another object than before is another board, and read anew."""
        self._board_now = board
        self._positions = positions
        self._index = UnitIndex() if index is None else index
        self._board: Board | None = None
        self._touched: set[str] = set()
        self._moved: set[str] = set()

    def touched(self, refs: Iterable[str]) -> None:
        """An event touched these."""
        self._touched.update(refs)
        if len(self._touched) > MOST_TOUCHED:  # nobody asked for long: reading the board anew is less
            self._touched.clear()
            self._board = None

    def moved(self, fix: Fix) -> None:
        """A unit reported where it is."""
        self._moved.add(fix.unit)

    def __call__(
        self, lon: float, lat: float, most: int, capabilities: Collection[str], statuses: Collection[str]
    ) -> list[str]:
        """The nearest units' ids that can do one of `capabilities` and whose availability is one of `statuses`."""
        self._keep_up()
        return [near.unit for near in self._index.nearest(lon, lat, most, capabilities, map(str, statuses))]

    def _keep_up(self) -> None:
        board = self._board_now()
        if board is not self._board:
            self._board = board
            self._index.clear()
            self._touched.clear()
            self._moved.clear()
            for unit in board.units():
                self._put(board, unit)
            return
        touched = {ref.removeprefix(_UNIT) for ref in self._touched if ref.startswith(_UNIT)}
        for ref in self._touched:
            entity = board.find(ref)
            if isinstance(entity, Assignment):
                touched.add(entity.unit)
        for name in touched:
            found = board.find(unit_ref(name))
            if isinstance(found, Unit):
                self._put(board, found)
            else:
                self._index.remove(name)
        for name in self._moved - touched:
            fix = self._positions.get(name)
            if fix is not None:
                self._index.move(name, fix.lon, fix.lat)
        self._touched.clear()
        self._moved.clear()

    def _put(self, board: Board, unit: Unit) -> None:
        lon, lat = place_of(unit, self._positions.get(unit.id))
        self._index.put(unit.id, lon, lat, unit.capabilities, str(availability_of(board, unit)))
