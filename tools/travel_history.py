"""Runs a region has made: a board's assignments, or a file of recorded calls, as distance, time and day.

Knows which runs tell something about travel. Refuses to know how a law is fitted to them (geo/fitted_law.py).

A run counts from `en_route` to `on_scene`. Where it began must be known: the unit's own fix of at most FRESH seconds
before, where the board's tracks still hold one; else its station, and only when it had been free for AT_HOME seconds,
so that it was most likely there. Recorded calls name no positions, so only units whose callsign names their station
count (an ambulance waits on the street). Only emergencies do: without lights and sirens one drives by another law.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from data.history import History
from data.keys import keys_of
from data.tracks import Tracks
from domain.assignment import Assignment, AssignmentStatus
from domain.board import Board
from domain.incident import Incident
from domain.position import Fix
from domain.region import Region
from domain.unit import Unit
from geo.fitted_law import Run
from geo.proximity import metres_to
from geo.travel_time import Mode, mode_of
from tools.datasf_calls import names_station
from tools.replaying.rows import Call, Row, read_calls

FRESH = 60.0
AT_HOME = 900.0
EMERGENCIES = 2
"""The lowest priority driven with lights and sirens."""


def runs_of_calls(path: Path, region: Region) -> list[Run]:
    """The runs of a file of recorded calls by units of a region. Raises BadRecording."""
    zone = ZoneInfo(region.time_zone)
    homes = {unit.callsign: unit for unit in region.units if names_station(unit.callsign)}
    calls = read_calls(path, zone)
    free: dict[str, float] = {}
    runs = []
    for call, row in sorted(_rows(calls), key=lambda pair: _first(pair[1])):
        unit = homes.get(row.callsign)
        rested = _first(row) - free.get(row.callsign, 0.0) >= AT_HOME
        free[row.callsign] = max(free.get(row.callsign, 0.0), *row.stamps.values())
        if unit is None or not rested or call.priority > EMERGENCIES:
            continue
        run = _run(row.stamps, (unit.home_lon, unit.home_lat), (call.lon, call.lat), zone)
        if run is not None:
            runs.append(run)
    return runs


async def runs_of_board(client: Any, name: str, archive: Path | None, now: float) -> list[Run]:
    """The runs on a board up to a server time. Raises what History raises."""
    keys = keys_of(name)
    board = (await History(client, keys, archive).as_of(now)).board
    found = [(held, board.get_unit(held.unit), board.get_incident(held.incident)) for held in _assignments(board)]
    found.sort(key=lambda each: min(each[0].stamps.values()))
    driven = [each for each in found if mode_of(each[1].kind) is Mode.ROAD]
    starts = await _fixes_at(Tracks(client, keys), board, driven, now)
    return list(_board_runs(driven, starts, ZoneInfo(board.head.time_zone)))


def _board_runs(
    found: Iterable[tuple[Assignment, Unit, Incident]], starts: Mapping[str, Fix], zone: tzinfo
) -> Iterator[Run]:
    free: dict[str, float] = {}
    for held, unit, incident in found:
        first = min(held.stamps.values())
        rested = first - free.get(unit.id, 0.0) >= AT_HOME
        free[unit.id] = max(free.get(unit.id, 0.0), *held.stamps.values())
        fix = starts.get(held.id)
        if (fix is None and not (rested and unit.station)) or incident.priority > EMERGENCIES:
            continue
        start = (fix.lon, fix.lat) if fix else (unit.home_lon, unit.home_lat)
        run = _run(held.stamps, start, (incident.lon, incident.lat), zone)
        if run is not None:
            yield run


async def _fixes_at(
    tracks: Tracks, board: Board, found: Iterable[tuple[Assignment, Unit, Incident]], now: float
) -> dict[str, Fix]:
    """The unit's newest fix when it went en route, by assignment, where the tracks hold one that is fresh."""
    waiting: dict[str, list[tuple[float, str]]] = {}
    for held, unit, _ in found:
        left = held.stamps.get(AssignmentStatus.EN_ROUTE)
        if left is not None:
            waiting.setdefault(unit.id, []).append((left, held.id))
    at_start: dict[str, Fix] = {}
    async for fix in tracks.between(0.0, now, waiting.keys()):
        # Fixes carry the server's time, rounded to the millisecond; stamps carry the board's.
        when = board.head.time(fix.at) - 0.001
        for left, assignment in waiting[fix.unit]:
            if left - FRESH <= when <= left:
                at_start[assignment] = fix
    return at_start


def _run(stamps: Mapping[Any, float], start: tuple[float, float], end: tuple[float, float], zone: tzinfo) -> Run | None:
    left, arrived = stamps.get(AssignmentStatus.EN_ROUTE), stamps.get(AssignmentStatus.ON_SCENE)
    if left is None or arrived is None or arrived <= left:
        return None
    metres = float(metres_to(*start, [end[0]], [end[1]])[0])
    return Run(metres, arrived - left, datetime.fromtimestamp(left, UTC).astimezone(zone).date().isoformat())


def _assignments(board: Board) -> Iterator[Assignment]:
    return (held for incident in board.incidents() for held in board.assignments_of(incident.id) if held.stamps)


def _rows(calls: Iterable[Call]) -> Iterator[tuple[Call, Row]]:
    return ((call, row) for call in calls for row in call.rows if row.stamps)


def _first(row: Row) -> float:
    return min(row.stamps.values())
