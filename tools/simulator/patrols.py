"""Patrol cars without an assignment: they drive about near home and stop now and then.

Knows which units roam, how far and how often. Refuses to know assignments: a unit that has one is left alone.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Protocol

from domain.agency import Discipline
from domain.region import Region
from domain.rules import Facts
from domain.unit import DutyState, Unit
from tools.simulator.ground import Drive, metres_between, moved

REACH = 1500.0
"""Metres from home within which a car patrols (assumed)."""
SPEED = (6.0, 10.0)
"""Metres a second on patrol: 22 to 36 km/h (assumed)."""
PAUSE = (90.0, 600.0)
"""Seconds between two rounds; with the way's own time about a third of the cars are under way."""
TRIES = 4
_ROAMING = frozenset({"PATROL", "HIGHWAY_PATROL"})


class Roamer(Protocol):
    """What a patrol needs of a crew."""

    unit: Unit
    lon: float
    lat: float
    assignment: str
    drive: Drive | None
    next_fix: float


class Patrols:
    """Sends idle patrol cars on their rounds."""

    def __init__(self, region: Region, facts: Facts, chance: random.Random) -> None:
        self._chance = chance
        self._facts = facts
        self._law = {agency.id for agency in region.agencies if agency.discipline == Discipline.LAW}
        self._next: dict[str, float] = {}

    def roam(self, now: float, crews: Iterable[Roamer]) -> None:
        """Start the rounds that are due (board time)."""
        for crew in crews:
            if crew.assignment or not _ROAMING & set(crew.unit.capabilities):
                continue
            if crew.drive:
                if crew.drive.ends > now:
                    continue
                crew.lon, crew.lat, crew.drive, crew.next_fix = crew.drive.to_lon, crew.drive.to_lat, None, 1.0
            due = self._next.get(crew.unit.id)
            if due is None:
                self._next[crew.unit.id] = now + self._chance.uniform(0, PAUSE[1])
            elif due <= now and crew.unit.duty == DutyState.IN_SERVICE:
                crew.drive = self._round(crew, now)
                way = crew.drive.seconds if crew.drive else 0.0
                self._next[crew.unit.id] = now + way + self._chance.uniform(*PAUSE)

    def _round(self, crew: Roamer, now: float) -> Drive | None:
        for _ in range(TRIES):
            east, north = self._chance.uniform(-REACH, REACH), self._chance.uniform(-REACH, REACH)
            lon, lat = moved(crew.unit.home_lon, crew.unit.home_lat, east, north)
            # On land, that is where police lead: a car that parks in the bay is not believed.
            if self._facts.leader_at(lon, lat, now, Discipline.LAW) in self._law:
                metres = metres_between(crew.lon, crew.lat, lon, lat)
                seconds = metres / self._chance.uniform(*SPEED)
                return Drive(crew.lon, crew.lat, lon, lat, now, seconds, min(40.0, metres * 0.05), 3)
        return None
