"""Whether anybody is on the way to an open incident.

Knows assignments' statuses. Refuses to know how long is too long and how it is shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from domain.assignment import Assignment, AssignmentStatus


class Phase(StrEnum):
    """What an open incident waits for."""

    UNASSIGNED = "unassigned"
    """Nobody is sent, or everybody sent was called off before arriving: somebody still waits for help."""
    ASSIGNED = "assigned"
    """At least one unit is on it."""
    CLEAR = "clear"
    """Units were there and are clear; it waits to be closed."""


def phase_of(assignments: Iterable[Assignment]) -> Phase:
    """The phase of an incident from its assignments. A reserved unit is not on its way."""
    cleared = False
    for held in assignments:
        if not held.ended and held.status != AssignmentStatus.RESERVED:
            return Phase.ASSIGNED
        cleared = cleared or held.status == AssignmentStatus.CLEARED
    return Phase.CLEAR if cleared else Phase.UNASSIGNED
