"""Share clauses: what an agreement lets one agency see of another's incidents.

Knows the terms of one grant and whether it covers an incident. Refuses to know who looks and what a label hides
(sharing.py), and whether the paper it stands in binds (agreement.py).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import IntEnum


class Label(IntEnum):
    """How closely a field is held; who may see a label may see every lower one."""

    MAP = 0
    """What, where, how urgent, whose."""
    OPERATIONS = 1
    """What responders need to work."""
    CALLER = 2
    """Who called, and what people wrote down."""
    PATIENT = 3
    """Health information about a person."""
    CRIMINAL_JUSTICE = 4
    """Criminal-justice information."""


@dataclass(frozen=True, slots=True)
class ShareClause:
    """One grant: `receiver` may see incidents `giver` owns, up to `label`, for `purpose` (words people agreed on).

    Empty collections mean "any". `areas` are names of areas as in AidClause; `incidents` narrows it to single ones;
    `sensitive` includes sensitive incident types, which are otherwise hidden from agencies that take no part.
    `since` and `until` (seconds since the epoch, 0 = open) narrow the period of the paper.
    """

    id: str
    giver: str
    receiver: str
    label: Label = Label.OPERATIONS
    purpose: str = ""
    incident_types: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    incidents: tuple[str, ...] = ()
    sensitive: bool = False
    since: float = 0.0
    until: float = 0.0

    def in_force(self, when: float) -> bool:
        """Whether its own period holds a time; the first second counts, the last does not."""
        return self.since <= when and (not self.until or when < self.until)

    def covers(self, incident: str, incident_type: str, areas: Collection[str]) -> bool:
        """Whether an incident of a type, lying in some areas, is among those it speaks of."""
        if self.incidents and incident not in self.incidents:
            return False
        if self.incident_types and incident_type not in self.incident_types:
            return False
        return not self.areas or bool(set(self.areas) & set(areas))
