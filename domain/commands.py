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
from domain.agreement_commands import (
    DraftAgreement,
    ProposeAgreement,
    ResumeAgreement,
    RevokeAgreement,
    SignAgreement,
    SuspendAgreement,
)
from domain.assistance_commands import (
    AcceptOffer,
    AcknowledgeOverride,
    AcknowledgeRequest,
    DeclineOffer,
    DeclineRequest,
    ExpireAsk,
    OfferUnits,
    RequestAssistance,
    SayToRequest,
    WithdrawOffer,
    WithdrawRequest,
)
from domain.ground_commands import AdoptBoundaries, ChangeClosure, CloseStreets, ReopenStreets
from domain.incident_commands import (
    AddNote,
    ChangePriority,
    CloseIncident,
    DeclarePurpose,
    LinkIncidents,
    RelocateIncident,
    ReopenIncident,
    ReportIncident,
    UnlinkIncidents,
    UpdateIncident,
)
from domain.post_commands import (
    AssignPosition,
    AssignTalkgroup,
    ChangeLeadAgency,
    GiveAgencyRole,
    MarkBenchmark,
    RelievePosition,
    ReportPar,
    SetUnifiedCommand,
    StartPar,
    StopPar,
    UndoCommand,
    WithdrawAgencyRole,
)
from domain.unit import Unit
from domain.unit_commands import (
    AssignUnits,
    ChangeStatus,
    CorrectStatus,
    DispatchTaskForce,
    DissolveTaskForce,
    ExchangeUnits,
    FormTaskForce,
    PreemptUnit,
    ReleaseUnits,
    SetDuty,
)

__all__ = [
    "COMMANDS",
    "STALE_AFTER",
    "AcceptOffer",
    "AcknowledgeOverride",
    "AcknowledgeRequest",
    "Actor",
    "AddNote",
    "AdoptBoundaries",
    "AssignPosition",
    "AssignTalkgroup",
    "AssignUnits",
    "ChangeClosure",
    "ChangeLeadAgency",
    "ChangePriority",
    "ChangeStatus",
    "CloseIncident",
    "CloseStreets",
    "Command",
    "CorrectStatus",
    "DeclarePurpose",
    "DeclineOffer",
    "DeclineRequest",
    "DispatchTaskForce",
    "DissolveTaskForce",
    "DraftAgreement",
    "Envelope",
    "ExchangeUnits",
    "ExpireAsk",
    "FormTaskForce",
    "GiveAgencyRole",
    "LinkIncidents",
    "MarkBenchmark",
    "OfferUnits",
    "OpenBoard",
    "PreemptUnit",
    "ProposeAgreement",
    "RegisterAgencies",
    "RegisterAgreements",
    "RegisterUnits",
    "ReleaseUnits",
    "RelievePosition",
    "RelocateIncident",
    "ReopenIncident",
    "ReopenStreets",
    "ReportIncident",
    "ReportPar",
    "RequestAssistance",
    "ResumeAgreement",
    "RevokeAgreement",
    "Role",
    "SayToRequest",
    "SetClock",
    "SetDuty",
    "SetUnifiedCommand",
    "SignAgreement",
    "StartPar",
    "StopPar",
    "SuspendAgreement",
    "UndoCommand",
    "UnlinkIncidents",
    "UpdateIncident",
    "WithdrawAgencyRole",
    "WithdrawOffer",
    "WithdrawRequest",
]

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
    | CloseStreets
    | ChangeClosure
    | ReopenStreets
    | AdoptBoundaries
    | DraftAgreement
    | ProposeAgreement
    | SignAgreement
    | SuspendAgreement
    | ResumeAgreement
    | RevokeAgreement
    | DeclarePurpose
    | RequestAssistance
    | AcknowledgeRequest
    | OfferUnits
    | AcceptOffer
    | DeclineOffer
    | DeclineRequest
    | WithdrawRequest
    | WithdrawOffer
    | SayToRequest
    | ExpireAsk
    | AcknowledgeOverride
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
    CloseStreets,
    ChangeClosure,
    ReopenStreets,
    AdoptBoundaries,
    DraftAgreement,
    ProposeAgreement,
    SignAgreement,
    SuspendAgreement,
    ResumeAgreement,
    RevokeAgreement,
    DeclarePurpose,
    RequestAssistance,
    AcknowledgeRequest,
    OfferUnits,
    AcceptOffer,
    DeclineOffer,
    DeclineRequest,
    WithdrawRequest,
    WithdrawOffer,
    SayToRequest,
    ExpireAsk,
    AcknowledgeOverride,
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
