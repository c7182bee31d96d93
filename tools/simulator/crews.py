"""Crews: they acknowledge, drive, work, carry people away, clear and come home.

Knows what a crew does next and where it is. Refuses to know who sent it: a crew looks at the board and takes up
whatever its unit's active assignment says, whoever made it so. A person who clears, cancels or moves a unit on is
obeyed at the next look, and so is an assignment found when the simulator starts again.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from domain.assignment import Assignment, AssignmentStatus
from domain.board import Board
from domain.commands import ChangeStatus
from domain.incident import Incident
from domain.position import Fix
from domain.refs import unit_ref
from domain.region import Region, Station
from domain.rules import Facts
from domain.unit import DutyState, Unit
from tools.simulator import times
from tools.simulator.asks import Ask, crew_of
from tools.simulator.ground import Drive, metres_between, moved
from tools.simulator.patrols import Patrols

NEVER = math.inf
RETRY = 15.0
"""Seconds until a crew whose report was refused looks again."""
HERE = 60.0
"""Metres within which a unit is at a place."""
STAGING = (120.0, 420.0)
"""Seconds a crew waits near by before it goes in, unless told earlier."""
HEARTBEAT = 60.0
"""Server seconds between the fixes of a unit parked at its station, whose age nobody minds."""
AWAY_HEARTBEAT = 20.0
"""Server seconds between the fixes of a unit that stands still elsewhere; from 30 s on its age is shown."""
ROAMING_FIX = 2.0
"""Server seconds between the fixes of a unit that is under way without an assignment."""

Travel = Callable[[float, str], float]
"""(metres, unit kind) -> seconds."""


@dataclass(slots=True)
class Crew:
    """One unit's crew. `due` is when it reports next (board time), `drive` its present way if it is under way."""

    unit: Unit
    lon: float
    lat: float
    assignment: str = ""
    status: AssignmentStatus | None = None
    due: float = NEVER
    drive: Drive | None = None
    carry_to: str = ""
    next_fix: float = 0.0


class Crews:
    """All crews of a region. `places` are fixes known from before, so that nobody jumps home at a restart."""

    def __init__(
        self, region: Region, facts: Facts, rng: random.Random, travel: Travel, places: Mapping[str, Fix]
    ) -> None:
        self._facts = facts
        self._rng = rng
        self._travel = travel
        self._places = places
        self._patrols = Patrols(region, facts, random.Random(rng.random()))
        self._beats = random.Random(rng.random())
        self._goals: dict[str, list[Station]] = {
            kind: [station for station in region.stations if station.kind == kind] for kind in ("hospital", "jail")
        }
        self._crews: dict[str, Crew] = {}
        self._busy: dict[str, Crew] = {}
        self._seen = -1

    # Work ---------------------------------------------------------------------------------------

    def asks(self, now: float, board: Board) -> Iterator[Ask]:
        """What crews report now, board time; call again each tick."""
        self._look(now, board)
        for crew in list(self._busy.values()):
            if crew.due > now or crew.status is None:
                continue
            ask = Ask(crew_of(crew.unit.agency, crew.unit.callsign), ChangeStatus(crew.assignment, self._next(crew)))
            crew.due = now + RETRY
            yield ask
            self._heed(crew, board.get_unit(crew.unit.id), now, board)
        self._patrols.roam(now, self._crews.values())

    def where(self, now: float) -> dict[str, Fix]:
        """Every unit's place now, as a recommendation asks for it."""
        found = {}
        for name, crew in self._crews.items():
            lon, lat, heading, speed = crew.drive.at(now) if crew.drive else (crew.lon, crew.lat, -1.0, 0.0)
            found[name] = Fix(name, 0, lon, lat, heading, speed, now)
        return found

    def _look(self, now: float, board: Board) -> None:
        """Take up what changed on the board since the last look, whoever changed it."""
        if board.seq == self._seen:
            return
        self._seen = board.seq
        for unit in board.units():
            crew = self._crews.get(unit.id)
            if crew is None:
                fix = self._places.get(unit.id)
                place = (fix.lon, fix.lat) if fix else (unit.home_lon, unit.home_lat)
                crew = self._crews[unit.id] = Crew(unit, *place)
                if fix and metres_between(*place, unit.home_lon, unit.home_lat) > HERE:
                    self._drive(crew, unit.home_lon, unit.home_lat, now)
            if unit is not crew.unit or unit.active:
                self._heed(crew, unit, now, board)
        for crew in [crew for name, crew in self._busy.items() if board.find(unit_ref(name)) is None]:
            self._release(crew, now)  # another, emptier store answers now

    def _heed(self, crew: Crew, unit: Unit, now: float, board: Board) -> None:
        crew.unit = unit
        held = board.active_assignment(unit)
        if held is None:
            if crew.assignment:
                self._release(crew, now)
        elif held.id != crew.assignment or held.status != crew.status:
            self._take_up(crew, held, board.get_incident(held.incident), now)

    def _release(self, crew: Crew, now: float) -> None:
        crew.assignment, crew.status, crew.due, crew.carry_to = "", None, NEVER, ""
        self._busy.pop(crew.unit.id, None)
        self._drive(crew, crew.unit.home_lon, crew.unit.home_lat, now)

    def _take_up(self, crew: Crew, held: Assignment, incident: Incident, now: float) -> None:
        crew.assignment, crew.status = held.id, held.status
        self._busy[crew.unit.id] = crew
        plan = self._facts.plans.get(incident.type)
        match held.status:
            case AssignmentStatus.DISPATCHED:
                crew.due = held.since + times.acknowledge(self._rng)
            case AssignmentStatus.ACKNOWLEDGED:
                crew.due = held.since + times.turnout(crew.unit, self._rng)
            case AssignmentStatus.EN_ROUTE:
                self._drive(crew, incident.lon, incident.lat, now)
                crew.due = crew.drive.ends if crew.drive else now
            case AssignmentStatus.STAGING:
                self._stop(crew, now)
                crew.due = held.since + self._rng.uniform(*STAGING)
            case AssignmentStatus.ON_SCENE:
                # Told to be there before it arrived: it drives on, and its work begins when it is there.
                self._drive(crew, incident.lon, incident.lat, now)
                arrives = crew.drive.ends if crew.drive else held.since
                crew.due = arrives + times.on_scene(crew.unit, plan, self._rng)
                crew.carry_to = times.carries(crew.unit, plan, self._rng)
            case AssignmentStatus.TRANSPORTING:
                goal = self._goal(crew, crew.carry_to or "hospital", now)
                self._drive(crew, *goal, now)
                crew.due = crew.drive.ends if crew.drive else now
            case AssignmentStatus.AT_DESTINATION:
                self._stop(crew, now)
                crew.due = held.since + times.at_destination(self._rng)
            case _:
                crew.due = NEVER

    def _next(self, crew: Crew) -> AssignmentStatus:
        match crew.status:
            case AssignmentStatus.DISPATCHED:
                return AssignmentStatus.ACKNOWLEDGED
            case AssignmentStatus.ACKNOWLEDGED:
                return AssignmentStatus.EN_ROUTE
            case AssignmentStatus.EN_ROUTE | AssignmentStatus.STAGING:
                return AssignmentStatus.ON_SCENE
            case AssignmentStatus.ON_SCENE if crew.carry_to and self._goals[crew.carry_to]:
                return AssignmentStatus.TRANSPORTING
            case AssignmentStatus.TRANSPORTING:
                return AssignmentStatus.AT_DESTINATION
            case _:
                return AssignmentStatus.CLEARED

    def _goal(self, crew: Crew, kind: str, now: float) -> tuple[float, float]:
        """The nearest hospital or jail; where the unit is when the region has none."""
        lon, lat = self._place(crew, now)
        near = min(self._goals[kind], key=lambda one: metres_between(lon, lat, one.lon, one.lat), default=None)
        return (near.lon, near.lat) if near else (lon, lat)

    # Moving -------------------------------------------------------------------------------------

    def fixes(self, now: float, at: float) -> list[Fix]:
        """The fixes due: of units at work and under way each time, of others more seldom. `at` is server time."""
        due: list[Fix] = []
        for crew in self._crews.values():
            drive = crew.drive
            if drive is None:
                if crew.next_fix > at or crew.unit.duty == DutyState.OFF_DUTY:
                    continue
                heading, speed = -1.0, 0.0
                # The first beats are spread out, so that a thousand parked units do not report in one second.
                beat = _heartbeat(crew)
                crew.next_fix = at + beat * (1.0 if crew.next_fix else self._beats.uniform(0.2, 1.0))
            elif not crew.assignment and crew.next_fix > at and drive.ends > now:
                continue
            else:
                crew.lon, crew.lat, heading, speed = drive.at(now)
                crew.next_fix = at + (_heartbeat(crew) if drive.ends <= now else ROAMING_FIX)
                if drive.ends <= now:
                    crew.drive = None
            due.append(Fix(crew.unit.id, int(at * 1000), crew.lon, crew.lat, heading, speed, at))
        return due

    def _place(self, crew: Crew, now: float) -> tuple[float, float]:
        if crew.drive:
            crew.lon, crew.lat, _, _ = crew.drive.at(now)
        return crew.lon, crew.lat

    def _stop(self, crew: Crew, now: float) -> None:
        self._place(crew, now)
        crew.drive = None
        crew.next_fix = min(crew.next_fix, 1.0)  # standing still is news

    def _drive(self, crew: Crew, lon: float, lat: float, now: float) -> None:
        self._stop(crew, now)
        # Crews stop beside each other, not on one point.
        if crew.assignment:
            lon, lat = moved(lon, lat, self._rng.uniform(-20, 20), self._rng.uniform(-20, 20))
        metres = metres_between(crew.lon, crew.lat, lon, lat)
        if metres < HERE:
            return
        seconds = self._travel(metres, crew.unit.kind)
        sway = min(60.0, metres * 0.03)
        waves = 1 + min(5, int(metres / 700))
        crew.drive = Drive(crew.lon, crew.lat, lon, lat, now, seconds, sway, waves)


def _heartbeat(crew: Crew) -> float:
    parked = metres_between(crew.lon, crew.lat, crew.unit.home_lon, crew.unit.home_lat) <= HERE
    return HEARTBEAT if parked else AWAY_HEARTBEAT
