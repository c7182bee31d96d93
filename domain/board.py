"""The board: every entity with its version, folded from events.

Knows the entities, their versions and the indexes the rules ask for. Refuses to know where events come from,
what they change (evolving.py) and whether they should have happened.
Every index is derived from the entities themselves, so that a board read from a written state has them too; only
the recent commands (recent.py) come from events.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from domain.accountability import Accountability
from domain.agency import Agency
from domain.agreement import Agreement
from domain.assignment import Assignment
from domain.assistance import AssistanceRequest
from domain.closure import Closure
from domain.command_structure import CommandStructure
from domain.edition import BoundaryEditions
from domain.entities import BoardHead, Entity, Numbers
from domain.errors import UnknownAgency
from domain.events import Event, RecordedEvent
from domain.evolving import evolve
from domain.incident import Incident
from domain.lookups import (
    Changes,
    Reader,
    find_accountability,
    find_editions,
    find_head,
    find_structure,
    get_assignment,
    get_closure,
    get_incident,
    get_task_force,
    get_unit,
)
from domain.purpose import Purpose
from domain.recent import RecentCommand, RecentCommands
from domain.refs import NUMBERS, agency_ref, split_ref
from domain.task_force import TaskForce
from domain.unit import Unit

__all__ = ["Board", "BoardHead", "Changes", "Draft", "Entity", "Numbers", "Reader", "evolve", "incident_of"]

T = TypeVar("T")


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
        self._closed: dict[str, None] = {}
        self._last_closed = 0.0
        self._force_of: dict[str, str] = {}
        self._closures: dict[str, None] = {}
        self._requests: dict[str, tuple[str, ...]] = {}
        self._recent = RecentCommands()

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
        return find_head(self)

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

    def name_of(self, agency: str) -> str:
        """What people call an agency; a boundary file may name some that are not on the board."""
        found = self.find(agency_ref(agency))
        return found.short if isinstance(found, Agency) else f"{agency} (not on this board)"

    def get_unit(self, unit: str) -> Unit:
        """A unit by id. Raises UnknownUnit."""
        return get_unit(self, unit)

    def get_incident(self, incident: str) -> Incident:
        """An incident by number. Raises UnknownIncident."""
        return get_incident(self, incident)

    def get_assignment(self, assignment: str) -> Assignment:
        """An assignment by id. Raises UnknownAssignment."""
        return get_assignment(self, assignment)

    def get_task_force(self, task_force: str) -> TaskForce:
        """A task force by id, dissolved ones too. Raises UnknownTaskForce."""
        return get_task_force(self, task_force)

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

    def task_forces(self) -> Iterator[TaskForce]:
        """The task forces that stand, in the order they were formed."""
        return (group for group in self._of(TaskForce) if group.stands)

    def find_task_force_of(self, unit: str) -> TaskForce | None:
        """The standing task force a unit belongs to; there is at most one."""
        force = self._force_of.get(unit)
        return self.get_task_force(force) if force else None

    @property
    def closure_count(self) -> int:
        """How many closures were ever made; the next one's name follows it."""
        return len(self._kinds[Closure])

    def get_closure(self, closure: str) -> Closure:
        """A closure by id, ended ones too. Raises UnknownClosure."""
        return get_closure(self, closure)

    def closures(self) -> Iterator[Closure]:
        """The closures nobody has reopened, in the order they were made; one with an end may be over by now."""
        # Copied in one step: street times are found in threads, which look while the board goes on.
        found = (self.find(ref) for ref in tuple(self._closures))
        return (closure for closure in found if isinstance(closure, Closure))

    @property
    def editions(self) -> BoundaryEditions:
        """The editions of boundaries adopted on this board."""
        return find_editions(self)

    def accountability_of(self, incident: str) -> Accountability:
        """An incident's benchmarks and PAR timer."""
        return find_accountability(self, incident)

    def structure_of(self, incident: str) -> CommandStructure:
        """An incident's command structure."""
        return find_structure(self, incident)

    def requests_of(self, incident: str) -> list[AssistanceRequest]:
        """Every assistance request of an incident, in the order they were made."""
        found = (self.find(ref) for ref in self._requests.get(incident, ()))
        return [request for request in found if isinstance(request, AssistanceRequest)]

    def requests(self) -> Iterator[AssistanceRequest]:
        """Every assistance request, in the order they were made."""
        return self._of(AssistanceRequest)

    def purposes(self) -> Iterator[Purpose]:
        """Every purpose ever declared, lived out or not."""
        return self._of(Purpose)

    def find_recent(self, command: str) -> RecentCommand | None:
        """What a command did, if it is among the last thousand."""
        return self._recent.find(command)

    def _of(self, kind: type[T]) -> Iterator[T]:
        return (entity for ref in self._kinds[kind] if isinstance(entity := self._entities[ref], kind))

    def open_incidents(self) -> Iterator[Incident]:
        """The incidents that still need response, oldest first."""
        return (self.get_incident(incident) for incident in self._open)

    def closed_since(self, when: float) -> Iterator[Incident]:
        """The closed incidents whose closing came after a board time, the latest first.

        Found by walking back from the latest, so a board with years behind it answers as fast as a young one.
        Recorded closings may come out of order by a little; the walk ends at the first that is an hour older.
        """
        for number in reversed(self._closed):
            closed = self.get_incident(number)
            if closed.closed_at > when:
                yield closed
            elif closed.closed_at < when - 3600:
                return

    def assignments_of(self, incident: str) -> list[Assignment]:
        """Every assignment of an incident, ended ones too, in the order they were made."""
        return [self.get_assignment(assignment) for assignment in self._roster.get(incident, ())]

    def agencies_of(self, incident: str) -> tuple[str, ...]:
        """Who takes part: the lead agency, those in the command structure, and all that had a unit assigned."""
        lead = self.get_incident(incident).lead_agency
        named = self.structure_of(incident).taking_part()
        taking_part = dict.fromkeys([lead, *named, *(held.agency for held in self.assignments_of(incident))])
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
        self._recent.take(recorded, {ref: self.find(ref) for ref, entity in changes.items() if entity is not None})
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
                self._closed.pop(entity.id, None)
            else:
                self._open.pop(entity.id, None)
                self._closed[entity.id] = None
                self._last_closed = max(self._last_closed, entity.closed_at)
        elif isinstance(entity, Assignment):
            held = self._roster.get(entity.incident, ())
            if entity.id not in held:
                self._roster[entity.incident] = (*held, entity.id)
            if entity.clause:
                lent = self._lent[entity.clause]
                lent.discard(entity.id) if entity.ended else lent.add(entity.id)
        elif isinstance(entity, AssistanceRequest):
            known = self._requests.get(entity.incident, ())
            if ref not in known:
                self._requests[entity.incident] = (*known, ref)
        elif isinstance(entity, Closure):
            if entity.reopened_at:
                self._closures.pop(ref, None)
            else:
                self._closures[ref] = None
        elif isinstance(entity, TaskForce):
            for unit in entity.members:
                if entity.stands:
                    self._force_of[unit] = entity.id
                elif self._force_of.get(unit) == entity.id:
                    del self._force_of[unit]

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
        self._recent = RecentCommands()  # what came before cannot be undone here: its events were not seen

    def copy(self) -> Board:
        """A board of its own, equal to this one but for the recent commands; entities never change and are shared."""
        twin = Board()
        for name, value in vars(self).items():
            setattr(twin, name, _copied(value) if isinstance(value, dict) else value)
        twin._recent = RecentCommands()
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
    return rest if kind in ("incident", "roster", "accountability", "structure", "requests") else None
