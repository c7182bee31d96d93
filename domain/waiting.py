"""All incidents that wait, and units for all of them together: a suggestion, never an assignment.

Knows which incidents wait, what each still needs and who may be sent to which. Refuses to know travel times and how
the best pairing is found (both are handed in), and assigns nothing.

Sent one after another, each incident takes its nearest units and the next may find only far ones. Weighed together, as
many needs as can be are filled, the most urgent first, with the least travel in sum. An incident waits while its plan
is not filled and nobody has been there yet: from then on those on scene say what it still needs.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from domain.agreement import AidQuestion, clause_name, may_assign
from domain.assignment import Assignment, AssignmentStatus
from domain.board import Board
from domain.decision import Decision
from domain.incident import Incident
from domain.phase import Phase, phase_of
from domain.position import Fix, place_of
from domain.recommendation import filled
from domain.refs import unit_ref
from domain.response import ANYTHING_NEAR, Nearby, Start, Trip, availability_of
from domain.response_plan import Need
from domain.rules import Facts
from domain.unit import Availability, Unit

MOST_WAITING = 40
"""Incidents weighed together, the most urgent first and the oldest of those."""
MOST_PLACES = 200
"""Units' worth of needs weighed together."""
SPARE = 40
"""Units each incident is offered beyond the sum of all needs."""

Starts = Mapping[str, Sequence[Start]]
"""Incident -> where units would set out from."""
Trips = Mapping[str, Sequence[Trip]]
"""Incident -> the ways from its starts (`Trip.start` is the index there)."""

Jointly = Callable[[Sequence[Sequence[float]], Sequence[int]], Sequence[int]]
"""(seconds of each unit to each place to fill, infinite where it may not or cannot go; the places' priorities, 1 the
most urgent) -> for each place the unit's index, below 0 for nobody. See geo/joint_assignment.py."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An incident that waits and the needs of its plan nobody fills yet."""

    incident: Incident
    needs: tuple[Need, ...]

    @property
    def wanted(self) -> set[str]:
        """The capabilities still needed."""
        return {need.capability for need in self.needs}


@dataclass(frozen=True, slots=True)
class Sent:
    """A unit for one need: its way there, and under which authority it may be sent."""

    unit: Unit
    fills: str
    trip: Trip
    decision: Decision


@dataclass(frozen=True, slots=True)
class Share:
    """What one waiting incident gets of all that is free, fastest first, and what nobody can be sent for."""

    waiting: Waiting
    sent: tuple[Sent, ...]
    missing: tuple[Need, ...]


@dataclass(frozen=True, slots=True)
class Together:
    """The shares of all incidents weighed, the most urgent first."""

    shares: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class _Offer:
    """A unit that could go to an incident."""

    unit: Unit
    trip: Trip
    decision: Decision


def waiting_incidents(incidents: Iterable[Incident], board: Board, facts: Facts) -> list[Waiting]:
    """Those of `incidents` that wait, the most urgent first, the oldest of equally urgent ones first."""
    found = []
    for incident in incidents:
        held = list(board.assignments_of(incident.id))
        if not incident.open or phase_of(held) == Phase.CLEAR or any(map(_was_there, held)):
            continue
        needs = _open_needs(incident, held, board, facts)
        if needs:
            found.append(Waiting(incident, needs))
    return sorted(found, key=lambda one: (one.incident.priority, one.incident.received_at, one.incident.id))


def within_limits(waiting: Sequence[Waiting]) -> list[Waiting]:
    """The most urgent of them: MOST_WAITING incidents, MOST_PLACES needs; at least one."""
    kept: list[Waiting] = []
    places = 0
    for one in waiting[:MOST_WAITING]:
        places += sum(need.count for need in one.needs)
        if kept and places > MOST_PLACES:
            break
        kept.append(one)
    return kept


def starts_for(waiting: Sequence[Waiting], board: Board, positions: Mapping[str, Fix], nearby: Nearby) -> Starts:
    """For each of `waiting` where its nearest available units that could fill a need would set out from.

    Each is offered as many units as all need in sum, and SPARE more: enough that what others take leaves it some.
    """
    most = SPARE + sum(need.count for one in waiting for need in one.needs)
    found = {}
    for one in waiting:
        near = nearby(one.incident.lon, one.incident.lat, most, one.wanted, (Availability.AVAILABLE,))
        units = [unit for name in near if (unit := _find_free(board, name)) and one.wanted & set(unit.capabilities)]
        found[one.incident.id] = [Start(unit.id, unit.kind, *place_of(unit, positions.get(unit.id))) for unit in units]
    return found


def suggest_together(
    board: Board, asker: str, starts: Starts, trips: Trips, jointly: Jointly, facts: Facts, now: float
) -> Together:
    """Units for the incidents named in `starts`, as a dispatcher of `asker` may send them; `now` is board time.

    `trips` are each incident's ways from its `starts`. The board may have gone on since they were looked up: what no
    longer waits and who is no longer available is left out. Each unit is sent once, and never more under a clause than
    its cap leaves: the most urgent, fastest uses stand and the rest are weighed anew without that clause.
    """
    waiting = waiting_incidents((board.get_incident(number) for number in starts), board, facts)
    offers = [_offers(board, asker, one, starts, trips, facts, now) for one in waiting]
    places = [(n, need.capability) for n, one in enumerate(waiting) for need in one.needs for _ in range(need.count)]
    units = sorted({unit for offered in offers for unit in offered})
    column = {unit: at for at, unit in enumerate(units)}
    seconds = [[math.inf] * len(units) for _ in places]
    for row, (n, capability) in enumerate(places):
        for offer in offers[n].values():
            if capability in offer.unit.capabilities and offer.decision.allowed:
                seconds[row][column[offer.unit.id]] = offer.trip.seconds
    priorities = [waiting[n].incident.priority for n, _ in places]
    room = _room(board)
    while True:
        chosen = jointly(seconds, priorities) if places and units else [-1] * len(places)
        sent = [offers[n].get(units[at]) if at >= 0 else None for (n, _), at in zip(places, chosen, strict=True)]
        over = _over_cap(sent, priorities, room)
        if not over:
            break
        for row, clause in over:
            for offer in offers[places[row][0]].values():
                if offer.decision.clause == clause:
                    seconds[row][column[offer.unit.id]] = math.inf
    return Together(
        tuple(
            _share(one, [(capability, offer) for (m, capability), offer in zip(places, sent, strict=True) if m == n])
            for n, one in enumerate(waiting)
        )
    )


def _open_needs(incident: Incident, held: Sequence[Assignment], board: Board, facts: Facts) -> tuple[Need, ...]:
    plan = facts.plans.get(incident.type)
    needs = plan.needs(1) if plan else ANYTHING_NEAR
    already = filled(needs, [board.get_unit(one.unit) for one in held if not one.ended])
    wanted: dict[str, int] = {}
    for need in needs:
        wanted[need.capability] = wanted.get(need.capability, 0) + need.count
    left = ((capability, count - already.get(capability, 0)) for capability, count in wanted.items())
    return tuple(Need(capability, count) for capability, count in left if count > 0)


def _was_there(held: Assignment) -> bool:
    there = (AssignmentStatus.ON_SCENE, AssignmentStatus.TRANSPORTING, AssignmentStatus.AT_DESTINATION)
    return any(status in held.stamps for status in there)


def _find_free(board: Board, name: str) -> Unit | None:
    found = board.find(unit_ref(name))
    free = isinstance(found, Unit) and availability_of(board, found) == Availability.AVAILABLE
    return found if isinstance(found, Unit) and free else None


def _offers(
    board: Board, asker: str, one: Waiting, starts: Starts, trips: Trips, facts: Facts, now: float
) -> dict[str, _Offer]:
    incident, offers = one.incident, {}
    areas, hour = facts.areas_at(incident.lon, incident.lat, incident.received_at), facts.local_hour(now)
    known: dict[tuple[str, tuple[str, ...]], Decision] = {}
    for trip in trips[incident.id]:
        unit = _find_free(board, starts[incident.id][trip.start].unit)
        if unit is None or not math.isfinite(trip.seconds):
            continue
        key = (unit.agency, unit.capabilities)
        if key not in known:
            question = AidQuestion(asker, *key, incident.type, areas, now, hour)
            known[key] = may_assign(question, board.agreements_of(unit.agency), board.lent_under)
        offers[unit.id] = _Offer(unit, trip, known[key])
    return offers


def _room(board: Board) -> dict[str, int]:
    """How many more units each capped clause lends."""
    return {
        clause_name(paper, clause): max(0, clause.cap - board.lent_under(clause_name(paper, clause)))
        for paper in board.agreements()
        for clause in paper.clauses
        if clause.cap
    }


def _over_cap(
    sent: Sequence[_Offer | None], priorities: Sequence[int], room: Mapping[str, int]
) -> list[tuple[int, str]]:
    """The places filled under a clause beyond its cap, with the clause: all but the most urgent, fastest uses."""
    uses: dict[str, list[tuple[int, float, int]]] = defaultdict(list)
    for row, offer in enumerate(sent):
        if offer and offer.decision.clause in room:
            uses[offer.decision.clause].append((priorities[row], offer.trip.seconds, row))
    return [(use[-1], clause) for clause, found in uses.items() for use in sorted(found)[room[clause] :]]


def _share(waiting: Waiting, filled_by: Iterable[tuple[str, _Offer | None]]) -> Share:
    sent: list[Sent] = []
    missing: dict[str, int] = {}
    for capability, offer in filled_by:
        if offer is None:
            missing[capability] = missing.get(capability, 0) + 1
        else:
            sent.append(Sent(offer.unit, capability, offer.trip, offer.decision))
    sent.sort(key=lambda one: (one.trip.seconds, one.unit.id))
    return Share(waiting, tuple(sent), tuple(Need(name, count) for name, count in missing.items()))
