"""Coverage as a board asks for it: per capability and minutes, up to date with who is available at each question.

Knows how demand, reach and counts go together, and keeps them between questions. Refuses to know units and the board.

Bringing up to date compares who is available now, and where, with who is counted: only what differs is counted anew.
Questions come from several threads; one is answered at a time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from shapely.geometry.base import BaseGeometry

from domain.coverage import CoverageAnswer, MoveUp, Stand
from domain.region import PastCall, Station
from geo.coverage import Coverage, Demand, Reached, demand_over, polygons_of
from geo.demand_reach import DemandReach
from geo.isochrones import Streets
from geo.move_up import best_move
from geo.travel_time import NEW_YORK, PowerLaw

MOVED = 0.001
"""Degrees: a unit that moved less (some 100 m) is where it was; a patrol car would be counted anew at each fix."""
MOST_STATIONS = 60
"""Vacant stations looked at for a move-up: those with most uncovered about them."""


@dataclass(slots=True)
class _Kept:
    coverage: Coverage
    stands: dict[str, Stand] = field(default_factory=dict)


class CoverageDesk:
    """One region's coverage. `land` (WGS 84) is worked out when it is first needed."""

    def __init__(
        self, land: Callable[[], BaseGeometry], calls: Sequence[PastCall] = (), road: PowerLaw = NEW_YORK
    ) -> None:
        self._land = land
        self._calls = calls
        self._road = road
        self._lock = threading.Lock()
        self._reach: DemandReach | None = None
        self._kept: dict[tuple[str, float], _Kept] = {}
        self._streets: tuple[Streets | None, str] = (None, "")

    def use_streets(self, streets: Streets | None, method: str) -> None:
        """By streets from now on, or after a closure: what was counted is counted anew. None: the law again."""
        with self._lock:
            self._streets = (streets, method)
            self._kept.clear()
            if self._reach is not None:
                self._reach.use_streets(streets, method)

    def answer(
        self, capability: str, seconds: float, stands: Sequence[Stand], leaving: Sequence[str] = ()
    ) -> CoverageAnswer:
        """Coverage by units with a capability that are available at `stands`, and what it is once some have left.

        Raises ValueError when the region has no land, or for seconds that are not above 0.
        """
        if not seconds > 0:
            raise ValueError(f"coverage within {seconds!r} s is none; ask for more than 0")
        with self._lock:
            reach = self._ready()
            coverage = self._up_to_date(reach, capability, seconds, stands)
            gone = [unit for unit in leaving if unit in coverage.units]
            lost = coverage.lost_without(gone)
            return CoverageAnswer(
                len(coverage.units),
                coverage.share(),
                coverage.share(2),
                polygons_of(reach.demand, coverage.uncovered()),
                reach.method,
                coverage.share_without(lost) if gone else None,
                polygons_of(reach.demand, lost) if gone else (),
            )

    def find_move_up(
        self,
        capability: str,
        seconds: float,
        stands: Sequence[Stand],
        pairs: Mapping[str, Sequence[str]],
        stations: Sequence[Station],
        leaving: Sequence[str] = (),
    ) -> MoveUp | None:
        """The move that restores most once some have left; `pairs` are the stations each unit may stand in for."""
        with self._lock:
            reach = self._ready()
            coverage = self._up_to_date(reach, capability, seconds, stands)
            gone = [unit for unit in leaving if unit in coverage.units]
            places = {station.id: station for station in stations}
            kinds = {stand.unit: stand.kind for stand in stands}
            cached: dict[tuple[str, str], Reached] = {}

            def reach_from(unit: str, station: str) -> Reached:
                key = (kinds[unit], station)
                if key not in cached:
                    cached[key] = reach.reached(kinds[unit], places[station].lon, places[station].lat, seconds)
                return cached[key]

            bare = {
                station: coverage.weight(_uncovered(coverage, reach.reached("ENGINE", at.lon, at.lat, seconds)))
                for station, at in places.items()
            }
            looked_at = set(sorted(bare, key=lambda station: (-bare[station], station))[:MOST_STATIONS])
            allowed = {
                unit: [station for station in named if station in looked_at]
                for unit, named in pairs.items()
                if unit in coverage.units and unit in kinds
            }
            move = best_move(coverage, allowed, reach_from, gone)
            if move is None:
                return None
            moved = Coverage(coverage.demand)
            for unit in coverage.units:
                if unit not in gone:
                    moved.put(unit, move.reached if unit == move.unit else coverage.reached_by(unit))
            return MoveUp(move.unit, move.station, moved.share())

    def demand(self) -> Demand:
        """The demand points with their calls."""
        with self._lock:
            return self._ready().demand

    def _ready(self) -> DemandReach:
        if self._reach is None:
            demand = demand_over(self._land())
            if self._calls:
                lons, lats, weights = zip(*((call.lon, call.lat, call.weight) for call in self._calls), strict=True)
                demand = demand.with_calls(lons, lats, weights)
            self._reach = DemandReach(demand, self._road)
            self._reach.use_streets(*self._streets)
        return self._reach

    def _up_to_date(self, reach: DemandReach, capability: str, seconds: float, stands: Sequence[Stand]) -> Coverage:
        kept = self._kept.setdefault((capability, seconds), _Kept(Coverage(reach.demand)))
        wanted = {stand.unit: stand for stand in stands}
        for unit in kept.stands.keys() - wanted.keys():
            kept.coverage.take(unit)
            del kept.stands[unit]
        for unit, stand in wanted.items():
            known = kept.stands.get(unit)
            if known is None or abs(known.lon - stand.lon) > MOVED or abs(known.lat - stand.lat) > MOVED:
                kept.coverage.put(unit, reach.reached(stand.kind, stand.lon, stand.lat, seconds))
                kept.stands[unit] = stand
        return kept.coverage


def _uncovered(coverage: Coverage, points: Reached) -> Reached:
    bare: Reached = points[coverage.counts_at(points) == 0]
    return bare
