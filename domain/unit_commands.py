"""Commands about units and their assignments, task forces among them.

Knows their shape only; see commands.py.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.assignment import AssignmentStatus
from domain.unit import DutyState


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
