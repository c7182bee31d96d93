"""The audit of the boundaries in force, worked out once and kept until they change.

Knows when it must be worked out anew. Refuses to know what is shown of it. Call it from a thread: it takes seconds.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from domain.finding import Finding
from geo.audit import audit, with_calls
from geo.audit_file import findings_file
from geo.boundaries import Boundaries
from geo.ground import Ground


@dataclass(frozen=True, slots=True)
class Audited:
    """The findings of an edition ("" = the region pack's), the weightiest first, on a day (ISO date)."""

    edition: str
    day: str
    findings: tuple[Finding, ...]


class AuditDesk:
    """One board's audit."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._lock = threading.Lock()
        self._kept: Audited | None = None

    def findings(self, when: float, day: str, calls: Sequence[tuple[float, float, float]] = ()) -> Audited:
        """The findings of the edition in force at a time, ranked by these calls (lon, lat, weight)."""
        with self._lock:
            edition = self._ground.edition_at(when)
            kept = self._kept
            if kept is None or (kept.edition, kept.day) != (edition.id, day):
                areas, polygons = edition.index.polygons()
                found = audit(Boundaries(tuple(areas), tuple(polygons)), day)
                kept = self._kept = Audited(edition.id, day, tuple(found))
        ranked = with_calls(kept.findings, np.array(calls)) if calls else kept.findings
        return Audited(kept.edition, kept.day, tuple(ranked))

    def file(self, audited: Audited) -> bytes:
        """The findings as a GeoPackage."""
        return findings_file(audited.findings)
