"""Boundary editions: which set of boundaries was in force when.

Knows the order of editions. Refuses to know polygons (geo), and where a file's bytes are kept (data/editions.py).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BoundaryEdition:
    """One set of boundaries. `id` is the SHA-256 of its file (64 hex digits), `areas` how many it holds.

    It answers for what happens from `since` on (board time), until the next one's; what happened before keeps the
    edition of its time. `source` is the file's name as it was adopted.
    """

    id: str
    since: float
    source: str
    areas: int
    note: str = ""

    @property
    def short(self) -> str:
        """What people call it."""
        return self.id[:10]


@dataclass(frozen=True, slots=True)
class BoundaryEditions:
    """The editions adopted on a board, the oldest first. Before the first, the region pack's own boundaries hold."""

    editions: tuple[BoundaryEdition, ...] = ()

    @property
    def newest(self) -> BoundaryEdition | None:
        """The one adopted last, in force or about to be."""
        return self.editions[-1] if self.editions else None

    def find_in_force(self, when: float) -> BoundaryEdition | None:
        """The edition in force at a board time; None for the region pack's own boundaries."""
        return next((edition for edition in reversed(self.editions) if edition.since <= when), None)
