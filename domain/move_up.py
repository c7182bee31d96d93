"""Who may be moved up where: available units and the vacant stations their agency, or an agreement, lets them stand in.

Knows vacancy and permission. Refuses to know how far anything is (geo/move_up.py finds the best move).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from domain.agreement import may_assign
from domain.board import Board
from domain.coverage import Stand
from domain.position import metres_apart
from domain.refs import unit_ref
from domain.region import Station
from domain.rules import Facts, scene_of
from domain.unit import Unit

AT_STATION_METRES = 400.0
"""A unit nearer than this to a station is in it."""
BASES = frozenset({"station", "harbour"})


def agencies_short(board: Board, leaving: Iterable[str], asking: str) -> set[str]:
    """The agencies whose stations are to be looked after: those of units that leave, and the one that asks, if any."""
    found = (board.find(unit_ref(unit)) for unit in leaving)
    return {unit.agency for unit in found if isinstance(unit, Unit)} | ({asking} if asking else set())


def vacant_stations(stations: Iterable[Station], stands: Sequence[Stand], agencies: Iterable[str]) -> list[Station]:
    """Stations of some agencies in which none of the available units stands."""
    wanted = set(agencies)
    return [
        station
        for station in stations
        if station.kind in BASES
        and station.agency in wanted
        and not any(metres_apart(station.lon, station.lat, one.lon, one.lat) < AT_STATION_METRES for one in stands)
    ]


def permitted_moves(
    board: Board, stands: Iterable[Stand], vacant: Sequence[Station], facts: Facts, now: float
) -> Mapping[str, list[str]]:
    """The vacant stations each unit may stand in for: its own agency's, and those of an agency that may send for it."""
    pairs: dict[str, list[str]] = {}
    scenes = {station.id: scene_of(facts, "", station.lon, station.lat, now) for station in vacant}
    known: dict[tuple[str, tuple[str, ...], str], bool] = {}  # most units are like many others
    for stand in stands:
        unit = board.get_unit(stand.unit)
        for station in vacant:
            key = (unit.agency, unit.capabilities, station.id)
            if key not in known:
                question = scenes[station.id].question(station.agency, "", *key[:2])
                known[key] = may_assign(question, board.agreements_of(unit.agency), board.lent_under).allowed
            if known[key]:
                pairs.setdefault(unit.id, []).append(station.id)
    return pairs
