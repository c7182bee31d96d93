"""Closures: streets nobody can drive through for a while.

Knows what a closure says. Refuses to know streets (geo decides which pieces of them it closes) and who may close them
(rules/).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

MOST_POINTS = 200
MOST_METRES = 50_000.0
"""From the first point to any other: a larger closure is a slip of the hand."""
MOST_SECONDS = 60 * 86400.0
"""A closure with an end further off is road works, and belongs into the street network."""


class ClosureShape(StrEnum):
    """How a closure was drawn."""

    LINE = "line"
    """Along streets, or across them: what it follows and what it crosses is closed."""
    AREA = "area"
    """A ring without the repeated first point: everything inside and across its edge is closed."""


@dataclass(frozen=True, slots=True)
class Closure:
    """Streets closed. `points` are WGS 84 (lon, lat); times are board time in seconds since the epoch.

    `until` 0 means until reopened; `reopened_at` 0 means it stands. `passable` by emergency vehicles, slowly.
    """

    id: str
    shape: ClosureShape
    points: tuple[tuple[float, float], ...]
    reason: str
    agency: str
    since: float
    until: float = 0.0
    passable: bool = False
    incident: str = ""
    reopened_at: float = 0.0

    def stands(self, when: float) -> bool:
        """Whether it closes streets at a board time."""
        return self.since <= when and not self.reopened_at and (not self.until or when < self.until)
