"""Incidents that wait for units: which, for what, and whose units could go.

Knows plans, who is at work and who lends to whom. Refuses to know travel times and who is suggested (together.py).

An incident waits while its plan is not filled and nobody has been there yet: from then on those on scene say what it
still needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from domain.assignment import Assignment, AssignmentStatus
from domain.board import Board
from domain.incident import Incident
from domain.phase import Phase, phase_of
from domain.position import Fix, place_of
from domain.recommendation import filled
from domain.refs import unit_ref
from domain.response import ANYTHING_NEAR, Nearby, Start, availability_of
from domain.response_plan import Need
from domain.rules import Facts
from domain.unit import Availability, Unit

MOST_WAITING = 40
"""Incidents weighed together, the most urgent first and the oldest of those."""
MOST_PLACES = 200
"""Units' worth of needs weighed together."""
SPARE = 40
"""Units each incident is offered beyond the sum of all needs."""
FARTHER = 3
"""So many times as many are looked at: most of them are others' units, which nobody here may send."""

Starts = Mapping[str, Sequence[Start]]
"""Incident -> where units would set out from."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An incident that waits and the needs of its plan nobody fills yet."""

    incident: Incident
    needs: tuple[Need, ...]

    @property
    def wanted(self) -> set[str]:
        """The capabilities still needed."""
        return {need.capability for need in self.needs}


class FreeUnits(dict[str, Unit | None]):
    """Each unit by name as the board has it, None where it is not available; looked at once."""

    def __init__(self, board: Board) -> None:
        super().__init__()
        self._board = board

    def __missing__(self, name: str) -> Unit | None:
        found = self._board.find(unit_ref(name))
        free = isinstance(found, Unit) and availability_of(self._board, found) == Availability.AVAILABLE
        self[name] = found if isinstance(found, Unit) and free else None
        return self[name]


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


def concerning(waiting: Iterable[Waiting], asker: str, board: Board, facts: Facts, now: float) -> list[Waiting]:
    """Those an agency takes part in, or that lie in its area: others are sent for by the agencies there, who may use
    this one's units too where a clause lends them. `now` is board time."""
    return [
        one
        for one in waiting
        if asker in board.agencies_of(one.incident.id)
        or asker in facts.areas_at(one.incident.lon, one.incident.lat, now)
    ]


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


def most_offered(waiting: Sequence[Waiting]) -> int:
    """How many units each of `waiting` is offered: as many as all need in sum and SPARE more, enough that what others
    take leaves it some."""
    return SPARE + sum(need.count for one in waiting for need in one.needs)


def starts_for(
    waiting: Sequence[Waiting], board: Board, asker: str, positions: Mapping[str, Fix], nearby: Nearby, most: int
) -> Starts:
    """For each of `waiting` where its `most` nearest units would set out from that are available, could fill a need and
    belong to `asker` or to an agency with a clause that lends to it."""
    free = FreeUnits(board)
    lenders = _lenders(board, asker)
    found = {}
    for one in waiting:
        near = nearby(one.incident.lon, one.incident.lat, FARTHER * most, one.wanted, (Availability.AVAILABLE,))
        units = (unit for name in near if (unit := free[name]) and unit.agency in lenders)
        able = islice((unit for unit in units if not one.wanted.isdisjoint(unit.capabilities)), most)
        found[one.incident.id] = [Start(unit.id, unit.kind, *place_of(unit, positions.get(unit.id))) for unit in able]
    return found


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


def _lenders(board: Board, asker: str) -> set[str]:
    return {asker} | {
        clause.giver for paper in board.agreements_of(asker) for clause in paper.clauses if clause.receiver == asker
    }
