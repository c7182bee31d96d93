"""Events about the ground: closures of streets, editions of boundaries.

Knows their shape only; see events.py.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.closure import Closure
from domain.edition import BoundaryEdition


@dataclass(frozen=True, slots=True)
class StreetsClosed:
    """Nobody can drive through."""

    closure: Closure
    when: float


@dataclass(frozen=True, slots=True)
class ClosureChanged:
    """A closure was moved or re-worded; `closure` is all of it as it is now, `changes` what changed, in words."""

    closure: Closure
    changes: str
    when: float


@dataclass(frozen=True, slots=True)
class StreetsReopened:
    """They can be driven through again; `incident` is the closure's, "" for none."""

    closure: str
    incident: str
    reason: str
    when: float


@dataclass(frozen=True, slots=True)
class BoundariesAdopted:
    """Another set of boundaries answers from its `since` on."""

    edition: BoundaryEdition
    when: float
