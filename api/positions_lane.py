"""The position lane: who moved since the last frame, packed once for each interest.

Knows where every unit was last and which cells a page listens to. Refuses to know sockets and audiences: where units
are, everybody on the board may know (docs/sharing.md).

A unit that leaves a cell is told to that cell's listeners once more, so that no page keeps it where it was.
"""

from __future__ import annotations

from collections.abc import Iterable

from api.interest import Interest, cell_of
from data.positions_packed import WHOLE, UnitNumbers, frame, row
from data.projection import Projection

EVERY_FAR = 4
"""Far pages hear every fourth frame of the lane."""


class Moves:
    """Fixes gathered for one pace: packed once, joined once for each interest."""

    def __init__(self) -> None:
        self._cells: dict[str, set[int]] = {}
        """unit -> the cells to tell: the one it is in, and those it left meanwhile"""

    def add(self, unit: str, cells: Iterable[int]) -> None:
        """A unit moved, and these cells' listeners are to hear of it."""
        self._cells.setdefault(unit, set()).update(cells)

    def __bool__(self) -> bool:
        return bool(self._cells)

    def packed(self, lane: PositionsLane, at: float) -> PackedMoves:
        """Everything gathered, as rows; gathering starts anew."""
        cells, self._cells = self._cells, {}
        rows = {unit: made for unit in cells if (made := lane.find_row(unit, at)) is not None}
        by_cell: dict[int, list[str]] = {}
        for unit in rows:
            for cell in cells[unit]:
                by_cell.setdefault(cell, []).append(unit)
        return PackedMoves(rows, by_cell, at)


class PackedMoves:
    """One frame's worth of fixes, for whoever asks."""

    def __init__(self, rows: dict[str, bytes], by_cell: dict[int, list[str]], at: float) -> None:
        self._rows = rows
        self._by_cell = by_cell
        self._at = at
        self._frames: dict[Interest, bytes] = {}

    def frame(self, interest: Interest) -> bytes:
        """The frame for an interest; b"" when nothing of it moved."""
        made = self._frames.get(interest)
        if made is None:
            made = self._frames[interest] = self._make(interest)
        return made

    def _make(self, interest: Interest) -> bytes:
        if interest.cells is None:
            return frame(b"".join(self._rows.values()), self._at)
        cells: Iterable[int] = interest.cells
        if len(self._by_cell) < len(interest.cells):
            cells = (cell for cell in self._by_cell if cell in interest.cells)
        units = {unit: None for cell in cells for unit in self._by_cell.get(cell, ())}
        for unit in interest.followed:
            if unit in self._rows:
                units[unit] = None
        return frame(b"".join(self._rows[unit] for unit in units), self._at) if units else b""


class PositionsLane:
    """Where everyone is, by cell, and what moved since the last frame of each pace."""

    def __init__(self, projection: Projection) -> None:
        self._projection = projection
        self._generation = projection.generation
        self.numbers = UnitNumbers()
        self.near, self.far = Moves(), Moves()
        self._cell: dict[str, int] = {}
        self._inside: dict[int, dict[str, None]] = {}
        self._frames = 0

    def absorb(self) -> int:
        """Take in what moved since the last call; the number from which on units are new to pages."""
        projection = self._projection
        if projection.generation != self._generation:
            self._generation = projection.generation
            self._cell, self._inside = {}, {}
        moved, projection.moved = projection.moved, {}
        known = len(self.numbers)
        if moved:
            self.numbers.learn(sorted(moved))  # sorted: workers that start on the same board number it alike
        for unit in moved:
            fix = projection.positions.get(unit)
            if fix is None:
                continue
            cell, before = cell_of(fix.lon, fix.lat), self._cell.get(unit)
            told = (cell,) if before is None or before == cell else (cell, before)
            if before != cell:
                if before is not None:
                    self._inside[before].pop(unit, None)
                self._cell[unit] = cell
                self._inside.setdefault(cell, {})[unit] = None
            self.near.add(unit, told)
            self.far.add(unit, told)
        return known

    def due(self, at: float) -> tuple[PackedMoves | None, PackedMoves | None]:
        """Frames for near pages and, every fourth time, for far ones; None where nothing moved or none is due."""
        self._frames += 1
        near = self.near.packed(self, at) if self.near else None
        far = self.far.packed(self, at) if self.far and self._frames % EVERY_FAR == 0 else None
        return near, far

    def forget_moves(self) -> None:
        """Nobody listens: what moved is not kept for anyone, only where everyone is."""
        self.near, self.far = Moves(), Moves()

    def whole(self, interest: Interest, at: float) -> bytes:
        """All known fixes of an interest: what a page that begins to show it starts from."""
        return frame(self._rows(self._units_in(interest), at), at, WHOLE)

    def change(self, before: Interest, interest: Interest, at: float) -> bytes:
        """What a page lacks that shows something else now; b"" for nothing.

        Of other cells it gets everything anew, what it had included: what it showed before may have gone on unseen.
        """
        if (before.cells, before.far) != (interest.cells, interest.far):
            return self.whole(interest, at)
        rows = self._rows(interest.followed - before.followed, at)
        return frame(rows, at) if rows else b""

    def _units_in(self, interest: Interest) -> Iterable[str]:
        if interest.cells is None:
            return self._cell
        inside = {unit: None for cell in interest.cells for unit in self._inside.get(cell, ())}
        return inside | dict.fromkeys(unit for unit in interest.followed if unit in self._cell)

    def _rows(self, units: Iterable[str], at: float) -> bytes:
        return b"".join(made for unit in units if (made := self.find_row(unit, at)) is not None)

    def find_row(self, unit: str, at: float) -> bytes | None:
        """A unit's newest fix as a row of a frame; None when there is none any more (the store was replaced)."""
        fix = self._projection.positions.get(unit)
        return None if fix is None else row(self.numbers.of(unit), fix, at)
