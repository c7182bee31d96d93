"""The simulated world: calls, dispatchers and crews, and the order in which they act.

Knows how the parts are put together and seeded. Refuses to know the store and the wall clock.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping

from domain.board import Board
from domain.position import Fix
from domain.region import Region
from domain.response import Trips
from domain.rules import Facts
from tools.simulator.asks import Ask
from tools.simulator.calls import Calls
from tools.simulator.crews import Crews, Travel
from tools.simulator.dispatchers import Dispatchers


class World:
    """Everybody who is simulated on one board.

    The same seed, the same empty board and the same times give the same commands. On a board that has incidents
    already, chance continues differently, so that a restart does not repeat the calls of the first run.
    """

    def __init__(
        self,
        region: Region,
        facts: Facts,
        board: Board,
        *,
        seed: int,
        surge: float,
        travel: Travel,
        trips: Trips,
        places: Mapping[str, Fix],
    ) -> None:
        name = f"{seed}/{board.serial}"
        self._calls = Calls(region, facts, random.Random(f"{name}/calls"), surge, board.serial)
        self._dispatchers = Dispatchers(region, facts, random.Random(f"{name}/dispatchers"), trips)
        self._crews = Crews(region, facts, random.Random(f"{name}/crews"), travel, places)

    def asks(self, now: float, board: Board) -> Iterator[Ask]:
        """Everything asked at a board time, one after the other; each must be answered before the next is taken."""
        yield from self._calls.asks(now, board)
        yield from self._dispatchers.asks(now, board, lambda: self._crews.where(now))
        yield from self._crews.asks(now, board)

    def fixes(self, now: float, at: float) -> list[Fix]:
        """The positions due at a board time `now`, stamped with server time `at`."""
        return self._crews.fixes(now, at)
