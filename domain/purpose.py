"""Purposes: why somebody at an agency looks at patient data of one incident, for how long.

Knows the words and the time. Refuses to know who may declare one (rules/declaring.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

LASTS_SECONDS = 12 * 3600.0
"""A shift; whoever still needs it says so again."""


class PurposeKind(StrEnum):
    """Why patient data is looked at (the uses HIPAA names: treatment, operations, oversight)."""

    TREATMENT = "treatment"
    TRANSPORT = "transport"
    FOLLOW_UP = "follow_up"
    INVESTIGATION = "investigation"
    REVIEW = "review"


@dataclass(frozen=True, slots=True)
class Purpose:
    """Declared by `by` for everybody of `agency` in `role`; board times."""

    incident: str
    agency: str
    role: str
    kind: PurposeKind
    by: str
    since: float
    until: float

    def lives(self, now: float) -> bool:
        """Whether it holds at a time."""
        return self.since <= now < self.until
