"""Dispatchers: they send what the recommendation recommends, ask for more, write notes and close.

Knows what a dispatch centre does with an incident and when it looks at it again. Refuses to choose units by a rule
of its own: it is the recommendation of the screens (domain/response.py), put to the same agreements.

Incidents of people, reported from a screen, are left to people for PATIENCE seconds: only when nobody sent a unit by
then does the simulated centre take over, and it closes them only long after the last unit is clear. What a
recommendation cannot fill under the agreements, the agency that owns such units is told of, and sends its own.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from domain.agency import Agency
from domain.assignment import AssignmentStatus
from domain.board import Board
from domain.command_structure import AgencyRole
from domain.commands import AddNote, AssignUnits, ChangePriority, CloseIncident, GiveAgencyRole
from domain.incident import Incident
from domain.position import Fix
from domain.recommendation import Recommendation
from domain.region import Region
from domain.response import Trips, response_to
from domain.rules import Facts
from domain.share_clause import Label
from tools.simulator.asks import Ask, dispatcher_of
from tools.simulator.texts import DISPOSITIONS, NOTES, SECOND_ALARM, choose

PROCESSING = {1: (20.0, 60.0), 2: (25.0, 80.0), 3: (35.0, 90.0), 4: (40.0, 90.0)}
"""Seconds from a call's receipt to the first dispatch, by priority (San Francisco's median: 103)."""
PATIENCE = 150.0
"""Seconds an incident reported by a person waits for a person."""
PEOPLE_CLOSE = 900.0
"""Seconds after the last clearing in which a person may close an incident of people."""
AGAIN = 40.0
"""Seconds until a centre looks again at needs nobody could fill."""
TRIES = 4
"""How often it looks before it makes do with what is there."""
NEIGHBOUR = (15.0, 40.0)
"""Seconds another agency's dispatcher takes to send units asked for."""
CLOSING = (20.0, 120.0)
"""Seconds from the last unit's clearing to the closing."""
SECOND_ALARMS = 0.10
NOTED = 0.45
REPRIORITISED = 0.03
_WORKING = (AssignmentStatus.ON_SCENE, AssignmentStatus.TRANSPORTING, AssignmentStatus.AT_DESTINATION)


@dataclass(slots=True)
class Desk:
    """One open incident as its dispatch centre sees it. Times are board times; inf means not planned."""

    incident: str
    centre: Agency
    of_people: bool
    send_at: float
    tries: int = 0
    alarm: int = 1
    filled: bool = False
    worked: bool = False
    second_at: float = math.inf
    note_at: float = math.inf
    rerank_at: float = math.inf
    close_at: float = math.inf
    helpers: list[tuple[float, Agency, str]] = field(default_factory=list)


class Dispatchers:
    """The dispatch centres of a region."""

    def __init__(self, region: Region, facts: Facts, rng: random.Random, trips: Trips) -> None:
        self._facts = facts
        self._rng = rng
        self._trips = trips
        self._agencies = {agency.id: agency for agency in region.agencies}
        self._desks: dict[str, Desk] = {}

    def asks(self, now: float, board: Board, where: Callable[[], Mapping[str, Fix]]) -> Iterator[Ask]:
        """What dispatchers do now, board time; `where` gives every unit's place when one is needed."""
        present = {incident.id for incident in board.open_incidents()}
        for gone in [number for number in self._desks if number not in present]:
            del self._desks[gone]
        for incident in list(board.open_incidents()):
            desk = self._desks.get(incident.id) or self._open(incident, board, now)
            if desk is not None:
                yield from self._work(desk, incident, board, now, where)

    def _open(self, incident: Incident, board: Board, now: float) -> Desk | None:
        centre = self._agencies.get(incident.lead_agency)
        if centre is None:
            return None
        of_people = not incident.external_id.startswith("sim-")
        wait = PATIENCE if of_people else self._rng.uniform(*PROCESSING[incident.priority])
        desk = Desk(incident.id, centre, of_people, incident.received_at + wait)
        if board.assignments_of(incident.id):
            # Found at work (the simulator was started again, or a person was first): nothing is sent twice.
            desk.filled = True
        if self._rng.random() < REPRIORITISED and not of_people:
            desk.rerank_at = now + self._rng.uniform(120, 600)
        self._desks[incident.id] = desk
        return desk

    def _work(
        self, desk: Desk, incident: Incident, board: Board, now: float, where: Callable[[], Mapping[str, Fix]]
    ) -> Iterator[Ask]:
        roster = board.assignments_of(incident.id)
        held = [one for one in roster if not one.ended]
        if desk.of_people and roster and not desk.filled:
            desk.filled = True
        if not desk.filled and desk.send_at <= now:
            yield from self._send(desk, incident, board, now, where)
            return
        yield from self._help(desk, incident, board, now)
        if not desk.worked and any(one.status in _WORKING for one in held):
            self._first_on_scene(desk, incident, now)
        if desk.note_at <= now:
            desk.note_at = math.inf
            text = choose(NOTES, self._discipline(incident), self._rng)
            yield Ask(dispatcher_of(desk.centre), AddNote(incident.id, text, label=Label.OPERATIONS))
        if desk.rerank_at <= now:
            desk.rerank_at = math.inf
            other = incident.priority + (1 if incident.priority in (1, 2) and self._rng.random() < 0.6 else -1)
            yield Ask(dispatcher_of(desk.centre), ChangePriority(incident.id, min(4, max(1, other))))
        if desk.second_at <= now and held:
            desk.second_at, desk.alarm, desk.filled, desk.tries, desk.send_at = math.inf, 2, False, 0, now
            yield Ask(dispatcher_of(desk.centre), AddNote(incident.id, SECOND_ALARM, label=Label.OPERATIONS))
        if roster and not held and desk.filled and not desk.helpers:
            yield from self._close(desk, incident, now)
        else:
            desk.close_at = math.inf

    def _send(
        self, desk: Desk, incident: Incident, board: Board, now: float, where: Callable[[], Mapping[str, Fix]]
    ) -> Iterator[Ask]:
        """Dispatch what is recommended; tell other agencies of what is missing."""
        advice = response_to(board, incident, desk.centre.id, where(), self._trips, self._facts, now, alarm=desk.alarm)
        chosen = tuple(one.unit.id for one in advice.chosen)
        sent = not chosen
        if chosen:
            ask = Ask(dispatcher_of(desk.centre), AssignUnits(incident.id, chosen))
            yield ask
            sent = ask.accepted
        desk.tries += 1
        if sent and advice.missing and not desk.helpers:
            self._call_helpers(desk, advice, now)
        if sent and (not advice.missing or desk.tries >= TRIES) and board.assignments_of(incident.id):
            desk.filled = True
        else:
            desk.send_at = now + (AGAIN if sent else 5.0)

    def _call_helpers(self, desk: Desk, advice: Recommendation, now: float) -> None:
        """The nearest free units of agencies that must be asked: their own dispatchers will send them."""
        lacking = {need.capability: need.count for need in advice.missing}
        for other in advice.alternates:
            owner = self._agencies.get(other.unit.agency)
            free = not other.unit.active and not other.candidate.decision.allowed
            if owner is not None and free and lacking.get(other.fills, 0) > 0:
                lacking[other.fills] -= 1
                desk.helpers.append((now + self._rng.uniform(*NEIGHBOUR), owner, other.unit.id))

    def _help(self, desk: Desk, incident: Incident, board: Board, now: float) -> Iterator[Ask]:
        due: Sequence[tuple[float, Agency, str]] = [one for one in desk.helpers if one[0] <= now]
        for one in due:
            desk.helpers.remove(one)
            _, owner, unit = one
            if not board.get_unit(unit).active:
                if owner.id not in board.agencies_of(incident.id):
                    # Whoever is asked to help is told of the incident first.
                    yield Ask(dispatcher_of(desk.centre), GiveAgencyRole(incident.id, owner.id, AgencyRole.ASSISTING))
                yield Ask(dispatcher_of(owner), AssignUnits(incident.id, (unit,)))

    def _first_on_scene(self, desk: Desk, incident: Incident, now: float) -> None:
        desk.worked = True
        plan = self._facts.plans.get(incident.type)
        if self._rng.random() < NOTED:
            desk.note_at = now + self._rng.uniform(30, 300)
        if plan and plan.discipline == "fire" and len(plan.alarms) > 1 and self._rng.random() < SECOND_ALARMS:
            desk.second_at = now + self._rng.uniform(60, 400)

    def _close(self, desk: Desk, incident: Incident, now: float) -> Iterator[Ask]:
        if math.isinf(desk.close_at):
            desk.close_at = now + (PEOPLE_CLOSE if desk.of_people else self._rng.uniform(*CLOSING))
        elif desk.close_at <= now:
            desk.close_at = math.inf
            text = choose(DISPOSITIONS, self._discipline(incident), self._rng)
            yield Ask(dispatcher_of(desk.centre), CloseIncident(incident.id, text))

    def _discipline(self, incident: Incident) -> str:
        plan = self._facts.plans.get(incident.type)
        return str(plan.discipline) if plan else "other"
