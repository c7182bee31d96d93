"""Commands about the ground: closures of streets, editions of boundaries.

Knows their shape only; see commands.py.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.closure import ClosureShape

Points = tuple[tuple[float, float], ...]
"""WGS 84 (lon, lat)."""


@dataclass(frozen=True, slots=True)
class CloseStreets:
    """Nobody can drive through: along or across a line, or in an area. `until` is board time; 0 = until reopened."""

    shape: ClosureShape
    points: Points
    reason: str
    until: float = 0.0
    passable: bool = False
    incident: str = ""
    occurred_at: float = 0.0


@dataclass(frozen=True, slots=True)
class ChangeClosure:
    """Move or re-word a closure; None leaves a field as it is."""

    closure: str
    points: Points | None = None
    reason: str | None = None
    until: float | None = None
    passable: bool | None = None
    occurred_at: float = 0.0


@dataclass(frozen=True, slots=True)
class ReopenStreets:
    """The streets can be driven through again."""

    closure: str
    reason: str = ""
    occurred_at: float = 0.0


@dataclass(frozen=True, slots=True)
class AdoptBoundaries:
    """Answer from this set of boundaries from `since` (board time; 0 = as soon as every process can have it) on.

    `edition` is the SHA-256 of its file, which lies in the store already; `areas` how many it holds.
    """

    edition: str
    source: str
    areas: int
    since: float = 0.0
    note: str = ""
