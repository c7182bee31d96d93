"""Which units could go to an incident: candidates from the board, put to the recommendation.

Knows which facts of a unit matter for going. Refuses to know geometry (the nearest units and their trips are handed
in), and how candidates are ranked (recommendation.py).

Travel times may take a while: an external engine is asked over the network. So it goes in three steps, with the wait in
the middle: `starts_near` looks at the board, somebody finds the trips, and `response_from` weighs them on the board as
it is by then. `response_to` does all three for who has the times at hand.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from domain.agreement import may_assign
from domain.assignment import availability
from domain.board import Board
from domain.incident import Incident
from domain.position import Fix, place_of
from domain.recommendation import Candidate, Recommendation, filled, recommend
from domain.refs import unit_ref
from domain.response_plan import Need, ResponsePlan
from domain.rules import Facts, scene_of
from domain.rules.sending import find_promise
from domain.unit import Availability, Unit

MOST_TRIPS = 60
"""Nearest capable units considered."""


@dataclass(frozen=True, slots=True)
class Start:
    """Where a unit of a kind would set out from: WGS 84 degrees."""

    unit: str
    kind: str
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class Trip:
    """One unit's way to the incident: index into the starts asked about, metres, seconds, method.

    `seconds` is infinite where there is no way; `method` says why.
    """

    start: int
    metres: float
    seconds: float
    method: str


Nearby = Callable[[float, float, int, Collection[str], Collection[str]], Sequence[str]]
"""(lon, lat, most, capabilities, statuses) -> the nearest units' ids that can do one of the capabilities and whose
`Availability` is one of the statuses, nearest first."""

TripsAside = Callable[[float, float, Sequence[Start]], Awaitable[Sequence[Trip]]]
"""(lon, lat, starts) -> a trip for each start; may wait for an engine outside this process."""

Trips = Callable[[float, float, Sequence[tuple[str, float, float]], int], list[Trip]]
"""(lon, lat, starts as (unit kind, lon, lat), most) -> trips of the nearest, nearest first."""

ANYTHING_NEAR = (Need("ENGINE", 1), Need("ALS", 1), Need("PATROL", 1))
"""Asked for an incident whose type has no plan on this board."""

MAY_GO = (Availability.AVAILABLE, Availability.CONDITIONALLY_AVAILABLE)
"""Free, or at work that may be left."""


def starts_near(
    board: Board,
    incident: Incident,
    positions: Mapping[str, Fix],
    nearby: Nearby,
    facts: Facts,
    *,
    alarm: int = 1,
) -> list[Start]:
    """Where the nearest units that could fill a need would set out from, nearest first; MOST_TRIPS at most."""
    needs, taken = _needs(incident, facts, alarm), _taken(board, incident)
    wanted = {need.capability for need in needs}
    near = nearby(incident.lon, incident.lat, MOST_TRIPS + len(taken), wanted, MAY_GO)
    able = (
        unit for unit in (_find_unit(board, name) for name in near) if unit and _could_go(board, unit, wanted, taken)
    )
    return [_start(unit, positions) for unit in islice(able, MOST_TRIPS)]


def response_from(
    board: Board,
    incident: Incident,
    asker: str,
    starts: Sequence[Start],
    trips: Iterable[Trip],
    facts: Facts,
    now: float,
    *,
    alarm: int = 1,
    role: str = "",
) -> Recommendation:
    """Recommended units of all agencies for an incident, as somebody of `asker` in `role` may send them.

    `now` is board time. Units that were sent elsewhere or taken out of service since `starts` were looked up are left
    out. Needs already filled by units at work on the incident are not asked for again.
    """
    needs, taken = _needs(incident, facts, alarm), _taken(board, incident)
    wanted = {need.capability for need in needs}
    scene = scene_of(facts, incident.type, incident.lon, incident.lat, now, incident.received_at)
    candidates = []
    for trip in trips:
        unit = _find_unit(board, starts[trip.start].unit)
        if unit is None or not _could_go(board, unit, wanted, taken):
            continue
        question = scene.question(asker, role, unit.agency, unit.capabilities)
        request, clause = find_promise(board, incident.id, unit, asker, now) or ("", "")
        promised = f"promised by {board.name_of(unit.agency)}, request {request.rpartition('|')[2]}" if request else ""
        decision = may_assign(
            question,
            board.agreements_of(unit.agency),
            board.lent_under,
            promised=promised,
            promised_clause=clause,
        )
        held = board.active_assignment(unit)
        candidates.append(
            Candidate(
                unit,
                str(held.status) if held else "available",
                availability_of(board, unit),
                trip.seconds,
                trip.metres,
                trip.method,
                decision,
            )
        )
    return recommend(needs, candidates, filled(needs, [board.get_unit(unit) for unit in sorted(taken)]))


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
    """`response_from` for who has all units' trips at hand."""
    taken = _taken(board, incident)
    wanted = {need.capability for need in _needs(incident, facts, alarm)}
    starts = [_start(unit, positions) for unit in board.units() if _could_go(board, unit, wanted, taken)]
    found = trips(incident.lon, incident.lat, [(start.kind, start.lon, start.lat) for start in starts], MOST_TRIPS)
    return response_from(board, incident, asker, starts, found, facts, now, alarm=alarm)


def _needs(incident: Incident, facts: Facts, alarm: int) -> Sequence[Need]:
    plan = facts.plans.get(incident.type)
    return plan.needs(alarm) if isinstance(plan, ResponsePlan) else ANYTHING_NEAR


def _taken(board: Board, incident: Incident) -> set[str]:
    """Units at work on an incident."""
    return {held.unit for held in board.assignments_of(incident.id) if not held.ended}


def _find_unit(board: Board, name: str) -> Unit | None:
    found = board.find(unit_ref(name))
    return found if isinstance(found, Unit) else None


def _could_go(board: Board, unit: Unit, wanted: set[str], taken: set[str]) -> bool:
    return unit.id not in taken and not wanted.isdisjoint(unit.capabilities) and availability_of(board, unit) in MAY_GO


def availability_of(board: Board, unit: Unit) -> Availability:
    """Whether a unit can be sent as the board has it."""
    held = board.active_assignment(unit)
    return availability(unit.duty, held.status if held else None)


def _start(unit: Unit, positions: Mapping[str, Fix]) -> Start:
    lon, lat = place_of(unit, positions.get(unit.id))
    return Start(unit.id, unit.kind, lon, lat)
