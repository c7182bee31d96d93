"""Commands: what somebody asks for, in the imperative.

Knows their shape. Refuses to know whether they may happen (rules/) and what they change (events.py).
Every command travels in an Envelope that says who asks, under which id, and what they had seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from domain.agency import Agency
from domain.agreement import Agreement
from domain.assignment import AssignmentStatus
from domain.command_structure import AgencyRole
from domain.incident import LinkKind
from domain.unit import DutyState, Unit

STALE_AFTER = 10.0
"""A command older than this many seconds is refused: what was true when it was given may not be now."""


class Role(StrEnum):
    """What somebody may be on a board."""

    DISPATCHER = "dispatcher"
    COMMANDER = "commander"
    BRIEFER = "briefer"
    AGENCY_ADMIN = "agency_admin"
    BOARD_ADMIN = "board_admin"
    AUDITOR = "auditor"
    SERVICE = "service"
    PUBLIC = "public"


CONSOLE_ROLES = (Role.DISPATCHER, Role.COMMANDER, Role.BRIEFER)
"""What a person at a screen of a training board may choose to act as; there is no sign-in yet."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks: a name people recognise, their agency, their role, and where it came from."""

    name: str
    agency: str
    role: Role
    origin: str = "console"
    """console, api, simulator, replay, import"""


@dataclass(frozen=True, slots=True)
class OpenBoard:
    """Name an empty board and say which region it shows."""

    title: str
    region: str
    number_prefix: str
    note: str = ""
    training: bool = True
    time_zone: str = "UTC"
    """IANA name; every screen shows times of day in it, wherever the screen stands."""


@dataclass(frozen=True, slots=True)
class SetClock:
    """Run the board on its own time: `base` (seconds since the epoch) now, `rate` seconds a second."""

    base: float
    rate: float = 1.0


@dataclass(frozen=True, slots=True)
class RegisterAgencies:
    """Put agencies on the board, or replace what is known of them."""

    agencies: tuple[Agency, ...]


@dataclass(frozen=True, slots=True)
class RegisterUnits:
    """Put units on the board. A unit already there keeps its assignments and duty state."""

    units: tuple[Unit, ...]


@dataclass(frozen=True, slots=True)
class RegisterAgreements:
    """Put agreements on the board, or replace them."""

    agreements: tuple[Agreement, ...]


@dataclass(frozen=True, slots=True)
class ReportIncident:
    """A new incident at a place. `priority` 0 takes the response plan's own."""

    type: str
    lon: float
    lat: float
    priority: int = 0
    address: str = ""
    local_type: str = ""
    caller: str = ""
    note: str = ""
    external_id: str = ""
    lead_agency: str = ""
    occurred_at: float = 0.0


@dataclass(frozen=True, slots=True)
class ChangePriority:
    """Give an incident another priority."""

    incident: str
    priority: int
    occurred_at: float = 0.0


@dataclass(frozen=True, slots=True)
class UpdateIncident:
    """Change what is known of an incident; a field left None stays as it is, "" empties it (never the type)."""

    incident: str
    type: str | None = None
    address: str | None = None
    local_type: str | None = None
    caller: str | None = None
    occurred_at: float = 0.0


@dataclass(frozen=True, slots=True)
class RelocateIncident:
    """The incident is somewhere else; `address` None keeps the words."""

    incident: str
    lon: float
    lat: float
    address: str | None = None
    occurred_at: float = 0.0


@dataclass(frozen=True, slots=True)
class LinkIncidents:
    """Say how `incident` belongs to `other`."""

    incident: str
    other: str
    kind: LinkKind = LinkKind.RELATED
    occurred_at: float = 0.0


@dataclass(frozen=True, slots=True)
class UnlinkIncidents:
    """Take the link between two incidents away."""

    incident: str
    other: str
    occurred_at: float = 0.0


@dataclass(frozen=True, slots=True)
class AddNote:
    """Write a line into an incident's log."""

    incident: str
    text: str
    occurred_at: float = 0.0


@dataclass(frozen=True, slots=True)
class CloseIncident:
    """Close an incident; every unit must be clear of it."""

    incident: str
    disposition: str = ""
    cancelled: bool = False
    occurred_at: float = 0.0


@dataclass(frozen=True, slots=True)
class ReopenIncident:
    """A closed incident needs response after all."""

    incident: str
    reason: str
    occurred_at: float = 0.0


@dataclass(frozen=True, slots=True)
class AssignUnits:
    """Dispatch (or, with `reserve`, stack) units to an incident: all of them or none."""

    incident: str
    units: tuple[str, ...]
    reserve: bool = False
    override_reason: str = ""
    occurred_at: float = 0.0


@dataclass(frozen=True, slots=True)
class ExchangeUnits:
    """Take one unit off an incident and send (or reserve) another in its place: both or neither."""

    incident: str
    release: str
    send: str
    override_reason: str = ""
    occurred_at: float = 0.0


@dataclass(frozen=True, slots=True)
class PreemptUnit:
    """Take a unit that is en route or staging for a less urgent incident and send it to this one."""

    incident: str
    unit: str
    reason: str = ""
    override_reason: str = ""
    occurred_at: float = 0.0


@dataclass(frozen=True, slots=True)
class ReleaseUnits:
    """Take units off an incident, all or none: cancelled before arrival, cleared afterwards."""

    incident: str
    units: tuple[str, ...]
    reason: str = ""
    occurred_at: float = 0.0


@dataclass(frozen=True, slots=True)
class ChangeStatus:
    """Move one assignment to its next status."""

    assignment: str
    status: AssignmentStatus
    occurred_at: float = 0.0


@dataclass(frozen=True, slots=True)
class SetDuty:
    """Put a unit in service, out of service (with a reason) or off duty."""

    unit: str
    duty: DutyState
    reason: str = ""
    occurred_at: float = 0.0


@dataclass(frozen=True, slots=True)
class CorrectStatus:
    """Put a wrong entry right: the only way backward, with a reason.

    Without `time_only` the assignment stands at `status` since `at` (board time; 0 = the time it was first
    reached, else now) and later stamps go. With it, the assignment stays where it is and the stamp of
    `status` becomes `at`.
    """

    assignment: str
    status: AssignmentStatus
    reason: str
    at: float = 0.0
    time_only: bool = False


@dataclass(frozen=True, slots=True)
class MarkBenchmark:
    """Set a timed mark on an incident, or, with `withdraw` and a reason, take a wrong one away."""

    incident: str
    name: str
    withdraw: bool = False
    reason: str = ""
    occurred_at: float = 0.0


@dataclass(frozen=True, slots=True)
class StartPar:
    """Ask for accountability every `interval` seconds; a running timer starts anew."""

    incident: str
    interval: float
    occurred_at: float = 0.0


@dataclass(frozen=True, slots=True)
class ReportPar:
    """A PAR report: everybody accounted for or not, and how many people were counted."""

    incident: str
    complete: bool
    count: int = 0
    note: str = ""
    occurred_at: float = 0.0


@dataclass(frozen=True, slots=True)
class StopPar:
    """No more PAR on this incident."""

    incident: str
    occurred_at: float = 0.0


@dataclass(frozen=True, slots=True)
class AssignTalkgroup:
    """Give an incident, a task force or (with neither) the board a talkgroup; "" takes it away."""

    talkgroup: str
    incident: str = ""
    task_force: str = ""
    occurred_at: float = 0.0


@dataclass(frozen=True, slots=True)
class FormTaskForce:
    """Name a group of units; the leader is one of them. Nobody is sent anywhere."""

    name: str
    leader: str
    members: tuple[str, ...]
    talkgroup: str = ""
    occurred_at: float = 0.0


@dataclass(frozen=True, slots=True)
class DispatchTaskForce:
    """Dispatch a task force as one: every unit, each under the rule for it, or none."""

    task_force: str
    incident: str
    override_reason: str = ""
    occurred_at: float = 0.0


@dataclass(frozen=True, slots=True)
class DissolveTaskForce:
    """The group is no more; its units go their own ways."""

    task_force: str
    occurred_at: float = 0.0


@dataclass(frozen=True, slots=True)
class GiveAgencyRole:
    """Record an agency's role on an incident (EIDO's word)."""

    incident: str
    agency: str
    role: AgencyRole
    occurred_at: float = 0.0


@dataclass(frozen=True, slots=True)
class WithdrawAgencyRole:
    """Take a role of an agency on an incident away."""

    incident: str
    agency: str
    role: AgencyRole
    occurred_at: float = 0.0


@dataclass(frozen=True, slots=True)
class ChangeLeadAgency:
    """Transfer an incident to another agency's lead."""

    incident: str
    agency: str
    occurred_at: float = 0.0


@dataclass(frozen=True, slots=True)
class SetUnifiedCommand:
    """Agencies that command an incident together, the lead among them; none ends it."""

    incident: str
    agencies: tuple[str, ...]
    occurred_at: float = 0.0


@dataclass(frozen=True, slots=True)
class AssignPosition:
    """Fill an ICS position with a person's name, a unit on the incident, or both; whoever held it is relieved."""

    incident: str
    position: str
    holder: str = ""
    unit: str = ""
    occurred_at: float = 0.0


@dataclass(frozen=True, slots=True)
class RelievePosition:
    """Nobody holds the position any more."""

    incident: str
    position: str
    occurred_at: float = 0.0


@dataclass(frozen=True, slots=True)
class UndoCommand:
    """Take back what a command of one's own agency did, within ten seconds of it. `command` is its id."""

    command: str


Command = (
    OpenBoard
    | SetClock
    | RegisterAgencies
    | RegisterUnits
    | RegisterAgreements
    | ReportIncident
    | ChangePriority
    | UpdateIncident
    | RelocateIncident
    | LinkIncidents
    | UnlinkIncidents
    | AddNote
    | CloseIncident
    | ReopenIncident
    | AssignUnits
    | ExchangeUnits
    | PreemptUnit
    | ReleaseUnits
    | ChangeStatus
    | SetDuty
    | CorrectStatus
    | MarkBenchmark
    | StartPar
    | ReportPar
    | StopPar
    | AssignTalkgroup
    | FormTaskForce
    | DispatchTaskForce
    | DissolveTaskForce
    | GiveAgencyRole
    | WithdrawAgencyRole
    | ChangeLeadAgency
    | SetUnifiedCommand
    | AssignPosition
    | RelievePosition
    | UndoCommand
)
COMMANDS: tuple[type, ...] = (
    OpenBoard,
    SetClock,
    RegisterAgencies,
    RegisterUnits,
    RegisterAgreements,
    ReportIncident,
    ChangePriority,
    UpdateIncident,
    RelocateIncident,
    LinkIncidents,
    UnlinkIncidents,
    AddNote,
    CloseIncident,
    ReopenIncident,
    AssignUnits,
    ExchangeUnits,
    PreemptUnit,
    ReleaseUnits,
    ChangeStatus,
    SetDuty,
    CorrectStatus,
    MarkBenchmark,
    StartPar,
    ReportPar,
    StopPar,
    AssignTalkgroup,
    FormTaskForce,
    DispatchTaskForce,
    DissolveTaskForce,
    GiveAgencyRole,
    WithdrawAgencyRole,
    ChangeLeadAgency,
    SetUnifiedCommand,
    AssignPosition,
    RelievePosition,
    UndoCommand,
)


@dataclass(frozen=True, slots=True)
class Envelope:
    """A command with who asks and what they had seen.

    `id` makes a repeat harmless. `issued_at` (server seconds; 0 = not given) makes an old click refusable.
    `expected` maps refs to the versions the asker decided on; any that changed since is a conflict.
    """

    id: str
    actor: Actor
    command: Command
    issued_at: float = 0.0
    expected: Mapping[str, int] = field(default_factory=dict)
