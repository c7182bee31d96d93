"""Coverage as a board asks for it: per capability and minutes, up to date with who is available at each question.

Knows how demand, reach and counts go together, and keeps them between questions. Refuses to know units and the board.

Bringing up to date compares who is available now, and where, with who is counted: only what differs is counted anew.
Gaps are drawn anew only when something differed, so that many screens asking the same cost what one does. Questions
come from several threads; one is answered at a time.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from shapely.geometry.base import BaseGeometry

from domain.coverage import CoverageAnswer, MoveUp, Stand
from domain.incident import Incident
from domain.position import metres_apart
from domain.reach import Ring
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
MOST_KEPT = 24
"""Pairs of capability and minutes whose counts are kept, the last asked for; some megabytes each."""


@dataclass(slots=True)
class _Kept:
    coverage: Coverage
    stands: dict[str, Stand] = field(default_factory=dict)
    gaps: tuple[tuple[Ring, ...], ...] | None = None
    """Of the counts as they are; None once they changed."""


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
        self._known_calls: set[str] = set()
        self._heard: deque[tuple[float, float]] = deque()

    def use_streets(self, streets: Streets | None, method: str) -> None:
        """By streets from now on, or after a closure: what was counted is counted anew. None: the law again."""
        with self._lock:
            self._streets = (streets, method)
            self._kept.clear()
            if self._reach is not None:
                self._reach.use_streets(streets, method)

    def hear(self, incident: Incident) -> None:
        """Where an incident is counts as a past call from the next question on, however often it is told."""
        if incident.id not in self._known_calls:
            self._known_calls.add(incident.id)
            self._heard.append((incident.lon, incident.lat))

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
            kept = self._up_to_date(reach, capability, seconds, stands)
            coverage = kept.coverage
            if kept.gaps is None:
                kept.gaps = polygons_of(reach.demand, coverage.uncovered())
            gone = [unit for unit in leaving if unit in coverage.units]
            lost = coverage.lost_without(gone)
            return CoverageAnswer(
                len(coverage.units),
                coverage.share(),
                coverage.share(2),
                kept.gaps,
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
        """The move that restores most once some have left; `pairs` are the stations each unit may stand in for.

        None where no move restores anything.
        """
        with self._lock:
            reach = self._ready()
            coverage = self._up_to_date(reach, capability, seconds, stands).coverage
            places = {station.id: station for station in stations}
            standing = {stand.unit: stand for stand in stands}
            known: dict[tuple[str, str], Reached] = {}

            def reach_from(unit: str, station: str) -> Reached:
                key = (standing[unit].kind, station)
                if key not in known:
                    known[key] = reach.reached(key[0], places[station].lon, places[station].lat, seconds)
                return known[key]

            def far(unit: str, station: str) -> float:
                here, there = standing[unit], places[station]
                return metres_apart(here.lon, here.lat, there.lon, there.lat)

            with coverage.without(leaving):
                bare = {
                    station: coverage.weight(_uncovered(coverage, reach.reached("ENGINE", at.lon, at.lat, seconds)))
                    for station, at in places.items()
                }
                looked_at = set(sorted(bare, key=lambda station: (-bare[station], station))[:MOST_STATIONS])
                allowed = {
                    unit: [station for station in named if station in looked_at]
                    for unit, named in pairs.items()
                    if unit in coverage.units and unit in standing
                }
                move = best_move(coverage, allowed, reach_from, far=far)
                if move is None:
                    return None
                with coverage.without([move.unit]):
                    coverage.put(move.unit, move.reached)
                    return MoveUp(move.unit, move.station, coverage.share(), far(move.unit, move.station))

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
        if self._heard:
            self._take_heard(self._reach.demand)
        return self._reach

    def _take_heard(self, demand: Demand) -> None:
        heard = [self._heard.popleft() for _ in range(len(self._heard))]
        np.add(demand.calls, demand.with_calls(*zip(*heard, strict=True)).calls, out=demand.calls)
        for kept in self._kept.values():
            kept.coverage.weigh_anew()

    def _up_to_date(self, reach: DemandReach, capability: str, seconds: float, stands: Sequence[Stand]) -> _Kept:
        key = (capability, seconds)
        kept = self._kept.pop(key) if key in self._kept else _Kept(Coverage(reach.demand))
        self._kept[key] = kept
        if len(self._kept) > MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        wanted = {stand.unit: stand for stand in stands}
        for unit in kept.stands.keys() - wanted.keys():
            kept.coverage.take(unit)
            del kept.stands[unit]
            kept.gaps = None
        for unit, stand in wanted.items():
            known = kept.stands.get(unit)
            if known is None or abs(known.lon - stand.lon) > MOVED or abs(known.lat - stand.lat) > MOVED:
                kept.coverage.put(unit, reach.reached(stand.kind, stand.lon, stand.lat, seconds))
                kept.stands[unit] = stand
                kept.gaps = None
        return kept


def _uncovered(coverage: Coverage, points: Reached) -> Reached:
    bare: Reached = points[coverage.counts_at(points) == 0]
    return bare
