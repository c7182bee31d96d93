"""What a boundary audit finds: ground that several claim, that nobody answers for, or that two files tell differently.

Knows the shape of a finding and which come first. Refuses to know how it is found (geo/audit.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from domain.reach import Ring

SLIVER_METRES = 10.0
"""Ground narrower than this is a sliver: two surveys of one line, not a quarrel. Width is 2 x area / perimeter."""


class FindingKind(StrEnum):
    """What is wrong with a piece of ground."""

    OVERLAP = "overlap"
    """Two areas of one layer cover it."""
    GAP = "gap"
    """Areas of a layer enclose it, and none covers it."""
    MISSING = "missing"
    """Other services have an agency there, this one has none."""
    BOTH_CLAIM = "both_claim"
    """Two files give it to different agencies."""
    NEITHER_CLAIMS = "neither_claims"
    """It lies along the border of two files, and neither covers it."""


KIND_WORDS = {
    FindingKind.OVERLAP: "claimed twice",
    FindingKind.GAP: "enclosed gap",
    FindingKind.MISSING: "service missing",
    FindingKind.BOTH_CLAIM: "two files claim it",
    FindingKind.NEITHER_CLAIMS: "neither file claims it",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One piece of ground. `lon`, `lat` is a point in it (WGS 84); area in m², width in metres, calls by weight.

    `agencies` and `names` are those concerned; `same_agency` marks an overlap of one agency's own areas, which changes
    nothing about who answers.
    """

    kind: FindingKind
    service: str
    layer: str
    agencies: tuple[str, ...]
    names: tuple[str, ...]
    area: float
    width: float
    calls: float
    lon: float
    lat: float
    polygon: tuple[Ring, ...]
    same_agency: bool = False

    @property
    def sliver(self) -> bool:
        """Too narrow to be meant."""
        return self.width < SLIVER_METRES

    @property
    def words(self) -> str:
        """What is wrong, and whom it concerns."""
        concerned = " / ".join(self.names or self.agencies)
        return f"{KIND_WORDS[self.kind]}: {concerned}" if concerned else KIND_WORDS[self.kind]


def ranked(findings: Iterable[Finding]) -> list[Finding]:
    """Conflicts before slivers, then by the calls that fall there, then by area; ties by place, so always the same."""
    return sorted(
        findings,
        key=lambda one: (one.sliver, one.same_agency, -one.calls, -one.area, one.kind, one.service, one.lon, one.lat),
    )
