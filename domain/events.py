"""Events: what happened, in the past tense.

Knows their shape and which refs they touch. Refuses to know why they were allowed (the Decision is
stored beside them) and what the board looks like after them (board.py).
`when` in an event is board time, in seconds since the epoch.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.agency import Agency
from domain.agreement import Agreement
from domain.assignment import Assignment, AssignmentStatus
from domain.commands import Actor
from domain.decision import Decision
from domain.incident import Incident, IncidentStatus
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


@dataclass(frozen=True, slots=True)
class UnitDutyChanged:
    """A unit came into service or left it."""

    unit: str
    duty: DutyState
    reason: str
    when: float


Event = (
    BoardOpened
    | ClockSet
    | AgencyRegistered
    | UnitRegistered
    | AgreementRegistered
    | IncidentReported
    | IncidentPriorityChanged
    | NoteAdded
    | IncidentClosed
    | UnitAssigned
    | AssignmentStatusChanged
    | UnitDutyChanged
)
EVENTS: tuple[type, ...] = (
    BoardOpened,
    ClockSet,
    AgencyRegistered,
    UnitRegistered,
    AgreementRegistered,
    IncidentReported,
    IncidentPriorityChanged,
    NoteAdded,
    IncidentClosed,
    UnitAssigned,
    AssignmentStatusChanged,
    UnitDutyChanged,
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
