"""Units for all waiting incidents together: a suggestion, never an assignment.

Knows who may be sent to which incident and what an agreement's cap leaves. Refuses to know travel times and how the
best pairing is found (both are handed in), and assigns nothing.

Sent one after another, each incident takes its nearest units and the next may find only far ones. Weighed together, as
many needs as can be are filled, the most urgent first, with the least travel in sum.
"""

from __future__ import annotations

import math
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from domain.agreement import clause_name, may_assign
from domain.board import Board
from domain.decision import Decision
from domain.response import Trip
from domain.response_plan import Need
from domain.rules import Facts, scene_of
from domain.unit import Unit
from domain.waiting import FreeUnits, Starts, Waiting, waiting_incidents

Trips = Mapping[str, Sequence[Trip]]
"""Incident -> the ways from its starts (`Trip.start` is the index there)."""

Jointly = Callable[[Sequence[Sequence[float]], Sequence[int]], Sequence[int]]
"""(seconds of each unit to each place to fill, infinite where it may not or cannot go; the places' priorities, 1 the
most urgent) -> for each place the unit's index, below 0 for nobody. See geo/joint_assignment.py."""


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


def suggest_together(
    board: Board, asker: str, starts: Starts, trips: Trips, jointly: Jointly, facts: Facts, now: float
) -> Together:
    """Units for the incidents named in `starts`, as a dispatcher of `asker` may send them; `now` is board time.

    `trips` are each incident's ways from its `starts`. The board may have gone on since they were looked up: what no
    longer waits and who is no longer available is left out. Each unit is sent once, and never more under a clause than
    its cap leaves: the most urgent, fastest uses keep it and all others are weighed anew without that clause.
    """
    waiting = waiting_incidents((board.get_incident(number) for number in starts), board, facts)
    free = FreeUnits(board)
    offers = [_offers(board, asker, one, starts, trips, free, facts, now) for one in waiting]
    places = [(n, need.capability) for n, one in enumerate(waiting) for need in one.needs for _ in range(need.count)]
    units = sorted({unit for offered in offers for unit in offered})
    column = {unit: at for at, unit in enumerate(units)}
    seconds = [array("d", [math.inf]) * len(units) for _ in places]
    for row, (n, capability) in enumerate(places):
        for offer in offers[n].values():
            if capability in offer.unit.capabilities and offer.decision.allowed:
                seconds[row][column[offer.unit.id]] = offer.trip.seconds
    priorities = [waiting[n].incident.priority for n, _ in places]
    room = _room(board)
    while True:
        chosen = jointly(seconds, priorities) if places and units else [-1] * len(places)
        sent = [offers[n].get(units[at]) if at >= 0 else None for (n, _), at in zip(places, chosen, strict=True)]
        kept = _within_caps(sent, priorities, room)
        if not kept:
            break
        for row, (n, _) in enumerate(places):
            for offer in offers[n].values():
                if row not in kept.get(offer.decision.clause, (row,)):
                    seconds[row][column[offer.unit.id]] = math.inf
    return Together(
        tuple(
            _share(one, [(capability, offer) for (m, capability), offer in zip(places, sent, strict=True) if m == n])
            for n, one in enumerate(waiting)
        )
    )


def _offers(
    board: Board, asker: str, one: Waiting, starts: Starts, trips: Trips, free: FreeUnits, facts: Facts, now: float
) -> dict[str, _Offer]:
    incident, offers = one.incident, {}
    scene = scene_of(facts, incident.type, incident.lon, incident.lat, now, incident.received_at)
    known: dict[tuple[str, tuple[str, ...]], Decision] = {}
    for trip in trips[incident.id]:
        unit = free[starts[incident.id][trip.start].unit]
        if unit is None or not math.isfinite(trip.seconds):
            continue
        key = (unit.agency, unit.capabilities)
        if key not in known:
            question = scene.question(asker, "", *key)
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


def _within_caps(
    sent: Sequence[_Offer | None], priorities: Sequence[int], room: Mapping[str, int]
) -> dict[str, set[int]]:
    """For each clause used beyond its cap the places that keep it: the most urgent, of those the fastest."""
    uses: dict[str, list[tuple[int, float, int]]] = defaultdict(list)
    for row, offer in enumerate(sent):
        if offer and offer.decision.clause in room:
            uses[offer.decision.clause].append((priorities[row], offer.trip.seconds, row))
    return {
        clause: {row for _, _, row in sorted(found)[: room[clause]]}
        for clause, found in uses.items()
        if len(found) > room[clause]
    }


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
