"""The board: every entity with its version, folded from events.

Knows how each event changes entities (`evolve`) and the indexes the rules ask for. Refuses to know
where events come from and whether they should have happened.
The same `evolve` makes the state written beside an event and the picture in every worker's memory,
so the two can only differ if the store lost something.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

from domain.agency import Agency
from domain.agreement import Agreement
from domain.assignment import Assignment, AssignmentStatus
from domain.errors import UnknownAgency, UnknownAssignment, UnknownIncident, UnknownUnit
from domain.events import (
    AgencyRegistered,
    AgreementRegistered,
    AssignmentStatusChanged,
    BoardOpened,
    ClockSet,
    Event,
    IncidentClosed,
    IncidentPriorityChanged,
    IncidentReported,
    NoteAdded,
    RecordedEvent,
    UnitAssigned,
    UnitDutyChanged,
    UnitRegistered,
)
from domain.incident import Incident
from domain.refs import (
    AGREEMENTS,
    BOARD,
    NUMBERS,
    agency_ref,
    agreement_ref,
    assignment_ref,
    clause_ref,
    incident_ref,
    roster_ref,
    split_ref,
    unit_ref,
)
from domain.unit import Unit


@dataclass(frozen=True, slots=True)
class BoardHead:
    """The board's own facts, its clock included (see ClockSet)."""

    title: str = ""
    region: str = ""
    number_prefix: str = ""
    note: str = ""
    training: bool = True
    time_zone: str = "UTC"
    clock_base: float = 0.0
    clock_at: float = 0.0
    clock_rate: float = 1.0

    def time(self, server_time: float) -> float:
        """Board time at a server time, both in seconds since the epoch."""
        return self.clock_base + (server_time - self.clock_at) * self.clock_rate


@dataclass(frozen=True, slots=True)
class Numbers:
    """The last incident serial given out."""

    serial: int = 0


Entity = BoardHead | Numbers | Agency | Agreement | Unit | Incident | Assignment
T = TypeVar("T")
Changes = dict[str, Entity | None]
"""Refs an event touches, with the entity after it; None where a ref only carries a version."""


class Reader(Protocol):
    """Whatever can say what an entity is now."""

    def find(self, ref: str) -> Entity | None:
        """The entity under a ref, if there is one."""


def evolve(state: Reader, event: Event) -> Changes:
    """The refs an event touches and what becomes of them. Never refuses: it has happened."""
    match event:
        case BoardOpened():
            head = _head(state)
            return {
                BOARD: replace(
                    head,
                    title=event.title,
                    region=event.region,
                    number_prefix=event.number_prefix,
                    note=event.note,
                    training=event.training,
                    time_zone=event.time_zone,
                )
            }
        case ClockSet():
            return {BOARD: replace(_head(state), clock_base=event.base, clock_at=event.at, clock_rate=event.rate)}
        case AgencyRegistered():
            return {agency_ref(event.agency.id): event.agency}
        case UnitRegistered():
            return {unit_ref(event.unit.id): event.unit}
        case AgreementRegistered():
            return {agreement_ref(event.agreement.id): event.agreement, AGREEMENTS: None}
        case IncidentReported():
            return {incident_ref(event.incident.id): event.incident, NUMBERS: Numbers(event.serial)}
        case IncidentPriorityChanged():
            return {incident_ref(event.incident): replace(_incident(state, event.incident), priority=event.priority)}
        case NoteAdded():
            return {}
        case IncidentClosed():
            closed = replace(
                _incident(state, event.incident),
                status=event.status,
                disposition=event.disposition,
                closed_at=event.when,
            )
            return {incident_ref(closed.id): closed}
        case UnitAssigned():
            return _assigned(state, event.assignment)
        case AssignmentStatusChanged():
            return _stepped(state, event)
        case UnitDutyChanged():
            unit = replace(_unit(state, event.unit), duty=event.duty, duty_reason=event.reason, duty_since=event.when)
            return {unit_ref(unit.id): unit}


def _assigned(state: Reader, assignment: Assignment) -> Changes:
    unit = _unit(state, assignment.unit)
    if assignment.status == AssignmentStatus.RESERVED:
        unit = replace(unit, reserved=(*unit.reserved, assignment.id))
    else:
        unit = replace(unit, active=assignment.id)
    changes: Changes = {
        assignment_ref(assignment.id): assignment,
        unit_ref(unit.id): unit,
        roster_ref(assignment.incident): None,
    }
    if assignment.clause:
        changes[clause_ref(assignment.clause)] = None
    return changes


def _stepped(state: Reader, event: AssignmentStatusChanged) -> Changes:
    before = state.find(assignment_ref(event.assignment))
    if not isinstance(before, Assignment):
        raise UnknownAssignment(f"the log steps assignment {event.assignment}, which was never made")
    after = replace(before, status=event.status, stamps={**before.stamps, str(event.status): event.when})
    unit = _unit(state, event.unit)
    # Only the assignment named is stamped; the unit merely learns which one is active.
    reserved = tuple(held for held in unit.reserved if held != after.id)
    if after.ended:
        unit = replace(unit, active="" if unit.active == after.id else unit.active, reserved=reserved)
    elif event.was == AssignmentStatus.RESERVED:
        unit = replace(unit, active=after.id, reserved=reserved)
    changes: Changes = {assignment_ref(after.id): after, unit_ref(unit.id): unit, roster_ref(after.incident): None}
    if after.clause and after.ended:
        changes[clause_ref(after.clause)] = None
    return changes


def _head(state: Reader) -> BoardHead:
    head = state.find(BOARD)
    return head if isinstance(head, BoardHead) else BoardHead()


def _unit(state: Reader, unit: str) -> Unit:
    found = state.find(unit_ref(unit))
    if not isinstance(found, Unit):
        raise UnknownUnit(f"no unit {unit} on this board")
    return found


def _incident(state: Reader, incident: str) -> Incident:
    found = state.find(incident_ref(incident))
    if not isinstance(found, Incident):
        raise UnknownIncident(f"no incident {incident} on this board")
    return found


class Draft:
    """A board as it would be after events not yet committed; the board itself is untouched."""

    def __init__(self, base: Reader) -> None:
        self._base = base
        self.changes: Changes = {}
        self.touched_by: dict[str, int] = {}
        """ref -> index of the last drafted event that touched it"""

    def find(self, ref: str) -> Entity | None:
        """The entity under a ref after the events drafted so far."""
        found = self.changes.get(ref)
        return found if found is not None else self._base.find(ref)

    def add(self, events: Iterable[Event]) -> None:
        """Draft events, in order."""
        for index, event in enumerate(events):
            changes = evolve(self, event)
            self.changes.update(changes)
            self.touched_by.update(dict.fromkeys(changes, index))


class Board:
    """Every entity of a board in memory, with versions and the indexes the rules need."""

    def __init__(self) -> None:
        self.seq = 0
        self.at = 0.0
        self._entities: dict[str, Entity] = {}
        self._kinds: dict[type, dict[str, None]] = defaultdict(dict)
        self._versions: dict[str, int] = {}
        self._roster: dict[str, tuple[str, ...]] = {}
        self._lent: dict[str, set[str]] = defaultdict(set)
        self._open: dict[str, None] = {}
        self._last_closed = 0.0

    # Reading ------------------------------------------------------------------------------------

    def find(self, ref: str) -> Entity | None:
        """The entity under a ref, if there is one."""
        return self._entities.get(ref)

    def version(self, ref: str) -> int:
        """Sequence number of the last event that touched a ref; 0 if none ever did."""
        return self._versions.get(ref, 0)

    @property
    def head(self) -> BoardHead:
        """The board's own facts."""
        return _head(self)

    @property
    def serial(self) -> int:
        """The last incident serial given out."""
        numbers = self.find(NUMBERS)
        return numbers.serial if isinstance(numbers, Numbers) else 0

    @property
    def last_closed(self) -> float:
        """Board time of the last closing; 0 if none."""
        return self._last_closed

    def get_agency(self, agency: str) -> Agency:
        """An agency by id. Raises UnknownAgency."""
        found = self.find(agency_ref(agency))
        if not isinstance(found, Agency):
            raise UnknownAgency(f"no agency {agency} on this board")
        return found

    def get_unit(self, unit: str) -> Unit:
        """A unit by id. Raises UnknownUnit."""
        return _unit(self, unit)

    def get_incident(self, incident: str) -> Incident:
        """An incident by number. Raises UnknownIncident."""
        return _incident(self, incident)

    def get_assignment(self, assignment: str) -> Assignment:
        """An assignment by id. Raises UnknownAssignment."""
        found = self.find(assignment_ref(assignment))
        if not isinstance(found, Assignment):
            raise UnknownAssignment(f"no assignment {assignment} on this board")
        return found

    def agencies(self) -> Iterator[Agency]:
        """Every agency, in the order they joined."""
        return self._of(Agency)

    def agreements(self) -> Iterator[Agreement]:
        """Every agreement, in the order they were registered."""
        return self._of(Agreement)

    def agreements_of(self, party: str) -> Iterator[Agreement]:
        """The agreements an agency is party to, in the order they were registered."""
        return (paper for paper in self.agreements() if party in paper.parties)

    def units(self) -> Iterator[Unit]:
        """Every unit, in the order they joined."""
        return self._of(Unit)

    def incidents(self) -> Iterator[Incident]:
        """Every incident, oldest first."""
        return self._of(Incident)

    def _of(self, kind: type[T]) -> Iterator[T]:
        return (entity for ref in self._kinds[kind] if isinstance(entity := self._entities[ref], kind))

    def open_incidents(self) -> Iterator[Incident]:
        """The incidents that still need response, oldest first."""
        return (self.get_incident(incident) for incident in self._open)

    def assignments_of(self, incident: str) -> list[Assignment]:
        """Every assignment of an incident, ended ones too, in the order they were made."""
        return [self.get_assignment(assignment) for assignment in self._roster.get(incident, ())]

    def agencies_of(self, incident: str) -> tuple[str, ...]:
        """The lead agency and every agency that had a unit assigned, in order of joining."""
        lead = self.get_incident(incident).lead_agency
        taking_part = dict.fromkeys([lead, *(held.agency for held in self.assignments_of(incident))])
        return tuple(agency for agency in taking_part if agency)

    def active_assignment(self, unit: Unit) -> Assignment | None:
        """The one assignment a unit is working on, if any."""
        return self.get_assignment(unit.active) if unit.active else None

    def lent_under(self, clause: str) -> int:
        """How many units are out under a clause now."""
        return len(self._lent.get(clause, ()))

    # Following the log --------------------------------------------------------------------------

    def apply(self, recorded: RecordedEvent) -> Changes:
        """Take the next event in; returns what it touched. Events must come in sequence."""
        if recorded.seq != self.seq + 1:
            raise ValueError(f"event {recorded.seq} does not follow {self.seq}: the log has a gap or came twice")
        changes = evolve(self, recorded.event)
        for ref, entity in changes.items():
            self._versions[ref] = recorded.seq
            if entity is not None:
                self._put(ref, entity)
        self.seq = recorded.seq
        self.at = recorded.at
        return changes

    def _put(self, ref: str, entity: Entity) -> None:
        self._entities[ref] = entity
        self._kinds[type(entity)][ref] = None
        if isinstance(entity, Incident):
            if entity.open:
                self._open[entity.id] = None
            else:
                self._open.pop(entity.id, None)
                self._last_closed = max(self._last_closed, entity.closed_at)
        elif isinstance(entity, Assignment):
            held = self._roster.get(entity.incident, ())
            if entity.id not in held:
                self._roster[entity.incident] = (*held, entity.id)
            if entity.clause:
                lent = self._lent[entity.clause]
                lent.discard(entity.id) if entity.ended else lent.add(entity.id)

    def adopt(self, seq: int, at: float, records: Iterable[tuple[str, int, Entity | None]]) -> None:
        """Become the board after event `seq` of server time `at` without folding the events up to it.

        `records` holds ref, version and entity of everything the events since this board's `seq` touched, in
        the order it was first touched. Raises ValueError when `seq` lies behind.
        """
        if seq < self.seq:
            raise ValueError(f"the board is at event {self.seq} and cannot go back to {seq}")
        for ref, version, entity in records:
            self._versions[ref] = version
            if entity is not None:
                self._put(ref, entity)
        self.seq = seq
        self.at = at

    def copy(self) -> Board:
        """A board of its own, equal to this one; the entities, which never change, are shared."""
        twin = Board()
        for name, value in vars(self).items():
            setattr(twin, name, _copied(value) if isinstance(value, dict) else value)
        return twin

    def state(self) -> dict[str, tuple[int, Entity | None]]:
        """Every ref with version and entity: what the store's state must equal."""
        return {ref: (version, self._entities.get(ref)) for ref, version in self._versions.items()}


def _copied(index: dict[Any, Any]) -> dict[Any, Any]:
    """An index of the board, two levels deep; deeper it holds only what never changes."""
    twin = index.copy()
    if isinstance(next(iter(index.values()), None), dict | set | list):
        for key, inner in index.items():
            twin[key] = inner.copy()
    return twin


def incident_of(ref: str) -> str | None:
    """The incident a ref belongs to by its spelling alone, if it does."""
    kind, rest = split_ref(ref)
    return rest if kind in ("incident", "roster") else None
