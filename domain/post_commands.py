"""Commands of the command post: timers, talkgroups, agency roles, lead, positions, undo.

Knows their shape only; see commands.py.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.command_structure import AgencyRole


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
