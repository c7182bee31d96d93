"""Outcomes: what became of a command, in a form a person can act on.

Knows the answer's shape. Refuses to know how it came about.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from domain.decision import Decision


class OutcomeStatus(StrEnum):
    """One word for what happened to a command."""

    ACCEPTED = "accepted"
    """It happened and is in the log."""
    REFUSED = "refused"
    """A rule said no."""
    CONFLICT = "conflict"
    """Somebody else was first; the text says who and when."""
    STALE = "stale"
    """It was too old when it arrived."""
    MISUSED = "misused"
    """Its id belongs to another command."""
    INVALID = "invalid"
    """It cannot mean anything."""
    UNAVAILABLE = "unavailable"
    """The store did not answer; whether it happened is told by sending the same id again."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """`seq` is the last event's sequence number (0 unless accepted), `text` the result line."""

    status: OutcomeStatus
    decision: Decision
    seq: int = 0
    text: str = ""
    incident: str = ""

    @property
    def accepted(self) -> bool:
        """Whether it happened."""
        return self.status == OutcomeStatus.ACCEPTED
