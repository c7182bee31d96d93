"""Events of the command post: timers, talkgroups, agency roles, lead, positions; and what was undone.

Knows their shape only; see events.py.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.assignment import Assignment
from domain.command_structure import AgencyRole, Position
from domain.incident import Incident
from domain.unit import Unit


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
