"""Which units could go to an incident: candidates from the board, put to the recommendation.

Knows which facts of a unit matter for going. Refuses to know geometry (trips are handed in), and how
candidates are ranked (recommendation.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from domain.agreement import AidQuestion, may_assign
from domain.assignment import availability
from domain.board import Board
from domain.incident import Incident
from domain.position import Fix
from domain.recommendation import Candidate, Recommendation, filled, recommend
from domain.response_plan import Need, ResponsePlan
from domain.rules import Facts
from domain.unit import Availability, Unit

MOST_TRIPS = 60
"""Nearest capable units considered."""


@dataclass(frozen=True, slots=True)
class Trip:
    """One unit's way to the incident: index into the starts asked about, metres, seconds, method."""

    start: int
    metres: float
    seconds: float
    method: str


Trips = Callable[[float, float, Sequence[tuple[str, float, float]], int], list[Trip]]
"""(lon, lat, starts as (unit kind, lon, lat), most) -> trips of the nearest, nearest first."""

ANYTHING_NEAR = (Need("ENGINE", 1), Need("ALS", 1), Need("PATROL", 1))
"""Asked for an incident whose type has no plan on this board."""


def response_to(
    board: Board,
    incident: Incident,
    asker: str,
    positions: Mapping[str, Fix],
    trips: Trips,
    facts: Facts,
    now: float,
    *,
    alarm: int = 1,
) -> Recommendation:
    """Recommended units of all agencies for an incident, as a dispatcher of `asker` may send them.

    `now` is board time. Needs already filled by units at work on the incident are not asked for again.
    """
    plan = facts.plans.get(incident.type)
    needs = plan.needs(alarm) if isinstance(plan, ResponsePlan) else ANYTHING_NEAR
    wanted = {need.capability for need in needs}
    at_work = [held for held in board.assignments_of(incident.id) if not held.ended]
    taken = {held.unit for held in at_work}
    able = [
        unit
        for unit in board.units()
        if unit.id not in taken
        and wanted & set(unit.capabilities)
        and _availability(board, unit) != Availability.NOT_AVAILABLE
    ]
    starts = [_start(unit, positions) for unit in able]
    areas = facts.areas_at(incident.lon, incident.lat, now)
    hour = facts.local_hour(now)
    candidates = []
    for trip in trips(incident.lon, incident.lat, starts, MOST_TRIPS):
        unit = able[trip.start]
        question = AidQuestion(asker, unit.agency, unit.capabilities, incident.type, areas, now, hour)
        decision = may_assign(question, board.agreements_of(unit.agency), board.lent_under)
        held = board.active_assignment(unit)
        candidates.append(
            Candidate(
                unit,
                str(held.status) if held else "available",
                _availability(board, unit),
                trip.seconds,
                trip.metres,
                trip.method,
                decision,
            )
        )
    return recommend(needs, candidates, filled(needs, [board.get_unit(unit) for unit in sorted(taken)]))


def _availability(board: Board, unit: Unit) -> Availability:
    held = board.active_assignment(unit)
    return availability(unit.duty, held.status if held else None)


def _start(unit: Unit, positions: Mapping[str, Fix]) -> tuple[str, float, float]:
    fix = positions.get(unit.id)
    return (unit.kind, fix.lon, fix.lat) if fix else (unit.kind, unit.home_lon, unit.home_lat)
