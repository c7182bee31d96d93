"""Events: what happened, in the past tense.

Knows their shape and which refs they touch. Refuses to know why they were allowed (the Decision is
stored beside them) and what the board looks like after them (board.py).
`when` in an event is board time, in seconds since the epoch.
A shape may grow by fields with a default; anything else is a new schema version.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from domain.agency import Agency
from domain.agreement import Agreement
from domain.assignment import Assignment, AssignmentStatus
from domain.command_structure import AgencyRole, Position
from domain.commands import Actor
from domain.decision import Decision
from domain.incident import Incident, IncidentStatus, LinkKind
from domain.task_force import TaskForce
from domain.unit import DutyState, Unit

SCHEMA = 1
"""Version of the event shapes below; written with every event."""


@dataclass(frozen=True, slots=True)
class BoardOpened:
    """The board got its name, region and number prefix."""

    title: str
    region: str
    number_prefix: str
    note: str
    training: bool
    time_zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class ClockSet:
    """From server time `at` the board's time is `base + (t - at) * rate`."""

    base: float
    at: float
    rate: float


@dataclass(frozen=True, slots=True)
class AgencyRegistered:
    """An agency joined the board."""

    agency: Agency


@dataclass(frozen=True, slots=True)
class UnitRegistered:
    """A unit joined the board, or what is known of it changed; its state is kept in `unit`."""

    unit: Unit


@dataclass(frozen=True, slots=True)
class AgreementRegistered:
    """An agreement binds its parties on this board."""

    agreement: Agreement


@dataclass(frozen=True, slots=True)
class IncidentReported:
    """Somebody needs help."""

    incident: Incident
    serial: int
    note: str
    when: float


@dataclass(frozen=True, slots=True)
class IncidentPriorityChanged:
    """An incident became more or less urgent."""

    incident: str
    was: int
    priority: int
    when: float


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of an incident, before and after; `field` is one of rules/incident_details.py's."""

    field: str
    was: str
    now: str


@dataclass(frozen=True, slots=True)
class IncidentUpdated:
    """What is known of an incident changed."""

    incident: str
    changes: tuple[FieldChange, ...]
    when: float


@dataclass(frozen=True, slots=True)
class IncidentRelocated:
    """The incident is somewhere else than was thought (WGS 84 degrees)."""

    incident: str
    was_lon: float
    was_lat: float
    was_address: str
    lon: float
    lat: float
    address: str
    when: float


@dataclass(frozen=True, slots=True)
class IncidentsLinked:
    """Two incidents belong together; `kind` is how `incident` belongs to `other`."""

    incident: str
    other: str
    kind: LinkKind
    when: float


@dataclass(frozen=True, slots=True)
class IncidentsUnlinked:
    """Two incidents do not belong together after all."""

    incident: str
    other: str
    kind: LinkKind
    when: float


@dataclass(frozen=True, slots=True)
class NoteAdded:
    """A line in an incident's log."""

    incident: str
    text: str
    when: float


@dataclass(frozen=True, slots=True)
class IncidentClosed:
    """An incident needs no more response."""

    incident: str
    status: IncidentStatus
    disposition: str
    when: float


@dataclass(frozen=True, slots=True)
class IncidentReopened:
    """A closed incident needs response after all; `was` and `closed_at` are what the closing had said."""

    incident: str
    was: IncidentStatus
    closed_at: float
    reason: str
    when: float


@dataclass(frozen=True, slots=True)
class UnitAssigned:
    """A unit was dispatched to, or reserved for, an incident."""

    assignment: Assignment
    when: float


@dataclass(frozen=True, slots=True)
class AssignmentStatusChanged:
    """One assignment took a step."""

    assignment: str
    unit: str
    incident: str
    was: AssignmentStatus
    status: AssignmentStatus
    clause: str
    when: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class UnitPreempted:
    """An assignment was cancelled because a more urgent incident, `taken_for`, took the unit; `by` is whose doing."""

    assignment: str
    unit: str
    incident: str
    was: AssignmentStatus
    taken_for: str
    by: str
    reason: str
    clause: str
    when: float


@dataclass(frozen=True, slots=True)
class StatusCorrected:
    """A wrong entry was put right: the assignment stands at `status` with `stamps`, whatever was said before."""

    assignment: str
    unit: str
    incident: str
    was: AssignmentStatus
    was_stamps: Mapping[str, float]
    status: AssignmentStatus
    stamps: Mapping[str, float]
    reason: str
    clause: str
    when: float


@dataclass(frozen=True, slots=True)
class UnitDutyChanged:
    """A unit came into service or left it."""

    unit: str
    duty: DutyState
    reason: str
    when: float


@dataclass(frozen=True, slots=True)
class BenchmarkMarked:
    """A timed mark was set; `by` is the agency that reported it."""

    incident: str
    name: str
    by: str
    when: float


@dataclass(frozen=True, slots=True)
class BenchmarkWithdrawn:
    """A mark set by mistake was taken away; `at` is when it had been set."""

    incident: str
    name: str
    at: float
    reason: str
    when: float


@dataclass(frozen=True, slots=True)
class ParStarted:
    """Accountability is asked for every `interval` seconds from now."""

    incident: str
    interval: float
    when: float


@dataclass(frozen=True, slots=True)
class ParReported:
    """A PAR report came in."""

    incident: str
    complete: bool
    count: int
    note: str
    when: float


@dataclass(frozen=True, slots=True)
class ParStopped:
    """No more PAR on this incident."""

    incident: str
    when: float


@dataclass(frozen=True, slots=True)
class TalkgroupAssigned:
    """An incident, a task force or (with neither) the board got another talkgroup."""

    talkgroup: str
    was: str
    incident: str
    task_force: str
    when: float


@dataclass(frozen=True, slots=True)
class TaskForceFormed:
    """A group of units got a name, a leader and perhaps a talkgroup."""

    task_force: TaskForce
    when: float


@dataclass(frozen=True, slots=True)
class TaskForceDissolved:
    """A task force is no more."""

    task_force: str
    members: tuple[str, ...]
    when: float


@dataclass(frozen=True, slots=True)
class AgencyRoleGiven:
    """An agency has a role on an incident."""

    incident: str
    agency: str
    role: AgencyRole
    when: float


@dataclass(frozen=True, slots=True)
class AgencyRoleWithdrawn:
    """An agency no longer has a role on an incident."""

    incident: str
    agency: str
    role: AgencyRole
    when: float


@dataclass(frozen=True, slots=True)
class LeadAgencyChanged:
    """Another agency leads."""

    incident: str
    was: str
    agency: str
    when: float


@dataclass(frozen=True, slots=True)
class UnifiedCommandSet:
    """These agencies command together; none means single command."""

    incident: str
    was: tuple[str, ...]
    agencies: tuple[str, ...]
    when: float


@dataclass(frozen=True, slots=True)
class PositionAssigned:
    """Somebody holds an ICS position; `was` is who held it before."""

    incident: str
    position: Position
    was: str
    when: float


@dataclass(frozen=True, slots=True)
class PositionRelieved:
    """Nobody holds the position any more."""

    incident: str
    position: str
    holder: str
    when: float


@dataclass(frozen=True, slots=True)
class CommandUndone:
    """A command was taken back. The units, incidents and assignments are as they stand after that.

    They are whole because the fold must not need to remember what was before. What the command had
    newly made does not vanish: such an assignment is cancelled. `command` is the id of what was undone, `by`
    who had given it, `what` its kind in words.
    """

    command: str
    what: str
    by: str
    units: tuple[Unit, ...]
    incidents: tuple[Incident, ...]
    assignments: tuple[Assignment, ...]
    when: float


Event = (
    BoardOpened
    | ClockSet
    | AgencyRegistered
    | UnitRegistered
    | AgreementRegistered
    | IncidentReported
    | IncidentPriorityChanged
    | IncidentUpdated
    | IncidentRelocated
    | IncidentsLinked
    | IncidentsUnlinked
    | NoteAdded
    | IncidentClosed
    | IncidentReopened
    | UnitAssigned
    | AssignmentStatusChanged
    | UnitPreempted
    | StatusCorrected
    | UnitDutyChanged
    | BenchmarkMarked
    | BenchmarkWithdrawn
    | ParStarted
    | ParReported
    | ParStopped
    | TalkgroupAssigned
    | TaskForceFormed
    | TaskForceDissolved
    | AgencyRoleGiven
    | AgencyRoleWithdrawn
    | LeadAgencyChanged
    | UnifiedCommandSet
    | PositionAssigned
    | PositionRelieved
    | CommandUndone
)
EVENTS: tuple[type, ...] = (
    BoardOpened,
    ClockSet,
    AgencyRegistered,
    UnitRegistered,
    AgreementRegistered,
    IncidentReported,
    IncidentPriorityChanged,
    IncidentUpdated,
    IncidentRelocated,
    IncidentsLinked,
    IncidentsUnlinked,
    NoteAdded,
    IncidentClosed,
    IncidentReopened,
    UnitAssigned,
    AssignmentStatusChanged,
    UnitPreempted,
    StatusCorrected,
    UnitDutyChanged,
    BenchmarkMarked,
    BenchmarkWithdrawn,
    ParStarted,
    ParReported,
    ParStopped,
    TalkgroupAssigned,
    TaskForceFormed,
    TaskForceDissolved,
    AgencyRoleGiven,
    AgencyRoleWithdrawn,
    LeadAgencyChanged,
    UnifiedCommandSet,
    PositionAssigned,
    PositionRelieved,
    CommandUndone,
)


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """An event as the log keeps it: sequence, server time, who, under which decision."""

    seq: int
    at: float
    event: Event
    actor: Actor
    command_id: str
    decision: Decision
