"""Assignments: one unit on one incident, with its own status and time stamps.

Knows the status table and which steps it permits. Refuses to know who may take them.
Each status carries the time it was first reached; a missing stamp is never filled in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from domain.decision import Decision, allow, refuse
from domain.unit import Availability, DutyState


class AssignmentStatus(StrEnum):
    """Where an assignment stands, in the order radio traffic reports it."""

    RESERVED = "reserved"
    """Stacked on a pending call; the unit stays available for its current work."""
    DISPATCHED = "dispatched"
    """The crew was notified."""
    ACKNOWLEDGED = "acknowledged"
    """The crew said it heard."""
    EN_ROUTE = "en_route"
    """Wheels are rolling."""
    STAGING = "staging"
    """Waiting near by, ready to be sent in."""
    ON_SCENE = "on_scene"
    """At the incident."""
    TRANSPORTING = "transporting"
    """Carrying a patient or a prisoner."""
    AT_DESTINATION = "at_destination"
    """At the hospital or the jail."""
    CLEARED = "cleared"
    """Done; the unit is free."""
    CANCELLED = "cancelled"
    """Called off before arrival; the unit is free."""


_ORDER = {status: rank for rank, status in enumerate(AssignmentStatus)}

CANCELLABLE = frozenset(
    {
        AssignmentStatus.RESERVED,
        AssignmentStatus.DISPATCHED,
        AssignmentStatus.ACKNOWLEDGED,
        AssignmentStatus.EN_ROUTE,
        AssignmentStatus.STAGING,
    }
)
ENDED = frozenset({AssignmentStatus.CLEARED, AssignmentStatus.CANCELLED})


@dataclass(frozen=True, slots=True)
class Assignment:
    """One unit on one incident. `stamps` maps a status to the time it was reached.

    `agency` owns the unit, `assigned_by` is the agency whose dispatcher sent it, `clause` the agreement
    clause it was sent under ("" for its own agency's incidents), `task_force` the group it was sent with,
    `end_reason` why it ended where somebody said so ("exchanged for E2").
    """

    id: str
    unit: str
    incident: str
    agency: str
    status: AssignmentStatus
    stamps: Mapping[str, float] = field(default_factory=dict)
    assigned_by: str = ""
    clause: str = ""
    override_reason: str = ""
    task_force: str = ""
    request: str = ""
    """The assistance request it was promised under."""
    override_seen: str = ""
    """Who at the unit's own agency acknowledged an override."""
    end_reason: str = ""

    @property
    def ended(self) -> bool:
        """Whether the unit is free of it."""
        return self.status in ENDED

    @property
    def since(self) -> float:
        """When the present status was reached."""
        return self.stamps.get(self.status, 0.0)


def may_step(assignment: Assignment, to: AssignmentStatus, when: float) -> Decision:
    """Whether an assignment may go to a status at a time.

    Steps may be skipped forward, never backward; `cancelled` only before arrival, afterwards the
    word is `cleared`; an ended assignment stays ended; time never runs backward.
    """
    now = assignment.status
    if assignment.ended:
        return refuse("assignment_ended", f"{assignment.unit} is already {now} from {assignment.incident}")
    if to == AssignmentStatus.CANCELLED and now not in CANCELLABLE:
        return refuse(
            "cancel_after_arrival",
            f"{assignment.unit} is {now}; after arrival it is cleared, not cancelled",
            "clear it",
        )
    if to != AssignmentStatus.CANCELLED and _ORDER[to] <= _ORDER[now]:
        return refuse(
            "step_backward",
            f"{assignment.unit} is already {now}; a status never goes back to {to}",
            "correct it with a reason",
        )
    if to == AssignmentStatus.CLEARED and now == AssignmentStatus.RESERVED:
        return refuse("reserved_not_cleared", f"{assignment.unit} is only reserved", "cancel the reservation")
    latest = max(assignment.stamps.values(), default=when)
    if when < latest:
        return refuse(
            "time_runs_backward",
            f"{to} is stamped {latest - when:.0f} s before {assignment.unit}'s previous stamp",
            "check the recorded time",
        )
    return allow("status_table", f"{now} to {to}")


def rank(status: AssignmentStatus) -> int:
    """Where a status stands in the order of radio traffic, 0 the first."""
    return _ORDER[status]


def ending(status: AssignmentStatus) -> AssignmentStatus:
    """The word for taking a unit off at a status: cancelled before arrival, cleared afterwards."""
    return AssignmentStatus.CANCELLED if status in CANCELLABLE else AssignmentStatus.CLEARED


def availability(duty: DutyState, active: AssignmentStatus | None) -> Availability:
    """EIDO primary status from duty state and the active assignment's status, if any."""
    if duty != DutyState.IN_SERVICE:
        return Availability.NOT_AVAILABLE
    if active is None:
        return Availability.AVAILABLE
    if active in (AssignmentStatus.STAGING, AssignmentStatus.EN_ROUTE):
        return Availability.CONDITIONALLY_AVAILABLE
    return Availability.NOT_AVAILABLE
