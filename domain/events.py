"""Events: what happened, in the past tense.

Knows their shape and which refs they touch. Refuses to know why they were allowed (the Decision is
stored beside them) and what the board looks like after them (board.py).
`when` in an event is board time, in seconds since the epoch.
A shape may grow by fields with a default; anything else is a new schema version.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.agency import Agency
from domain.agreement import Agreement
from domain.agreement_events import (
    AgreementDrafted,
    AgreementProposed,
    AgreementResumed,
    AgreementRevoked,
    AgreementSigned,
    AgreementSuspended,
)
from domain.assistance_events import (
    AskChanged,
    AssistanceRequested,
    OverrideAcknowledged,
    RequestDiscussed,
    RequestWithdrawn,
)
from domain.commands import Actor
from domain.decision import Decision
from domain.ground_events import BoundariesAdopted, ClosureChanged, StreetsClosed, StreetsReopened
from domain.incident_events import (
    FieldChange,
    IncidentClosed,
    IncidentPriorityChanged,
    IncidentRelocated,
    IncidentReopened,
    IncidentReported,
    IncidentsLinked,
    IncidentsUnlinked,
    IncidentUpdated,
    NoteAdded,
    PurposeDeclared,
)
from domain.post_events import (
    AgencyRoleGiven,
    AgencyRoleWithdrawn,
    BenchmarkMarked,
    BenchmarkWithdrawn,
    CommandUndone,
    LeadAgencyChanged,
    ParReported,
    ParStarted,
    ParStopped,
    PositionAssigned,
    PositionRelieved,
    TalkgroupAssigned,
    UnifiedCommandSet,
)
from domain.unit import Unit
from domain.unit_events import (
    AssignmentStatusChanged,
    StatusCorrected,
    TaskForceDissolved,
    TaskForceFormed,
    UnitAssigned,
    UnitDutyChanged,
    UnitPreempted,
)

__all__ = [
    "EVENTS",
    "SCHEMA",
    "AgencyRegistered",
    "AgencyRoleGiven",
    "AgencyRoleWithdrawn",
    "AgreementDrafted",
    "AgreementProposed",
    "AgreementRegistered",
    "AgreementResumed",
    "AgreementRevoked",
    "AgreementSigned",
    "AgreementSuspended",
    "AskChanged",
    "AssignmentStatusChanged",
    "AssistanceRequested",
    "BenchmarkMarked",
    "BenchmarkWithdrawn",
    "BoardOpened",
    "BoundariesAdopted",
    "ClockSet",
    "ClosureChanged",
    "CommandUndone",
    "Event",
    "FieldChange",
    "IncidentClosed",
    "IncidentPriorityChanged",
    "IncidentRelocated",
    "IncidentReopened",
    "IncidentReported",
    "IncidentUpdated",
    "IncidentsLinked",
    "IncidentsUnlinked",
    "LeadAgencyChanged",
    "NoteAdded",
    "OverrideAcknowledged",
    "ParReported",
    "ParStarted",
    "ParStopped",
    "PositionAssigned",
    "PositionRelieved",
    "PurposeDeclared",
    "RecordedEvent",
    "RequestDiscussed",
    "RequestWithdrawn",
    "StatusCorrected",
    "StreetsClosed",
    "StreetsReopened",
    "TalkgroupAssigned",
    "TaskForceDissolved",
    "TaskForceFormed",
    "UnifiedCommandSet",
    "UnitAssigned",
    "UnitDutyChanged",
    "UnitPreempted",
    "UnitRegistered",
]

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
    | StreetsClosed
    | ClosureChanged
    | StreetsReopened
    | BoundariesAdopted
    | AgreementDrafted
    | AgreementProposed
    | AgreementSigned
    | AgreementSuspended
    | AgreementResumed
    | AgreementRevoked
    | PurposeDeclared
    | AssistanceRequested
    | AskChanged
    | RequestWithdrawn
    | RequestDiscussed
    | OverrideAcknowledged
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
    StreetsClosed,
    ClosureChanged,
    StreetsReopened,
    BoundariesAdopted,
    AgreementDrafted,
    AgreementProposed,
    AgreementSigned,
    AgreementSuspended,
    AgreementResumed,
    AgreementRevoked,
    PurposeDeclared,
    AssistanceRequested,
    AskChanged,
    RequestWithdrawn,
    RequestDiscussed,
    OverrideAcknowledged,
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
