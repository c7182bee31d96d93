"""Incidents: events needing response.

Knows what an incident is and the few states it passes through. Refuses to know its units: an
incident's assignments are assignments, and its log is the event stream.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from domain.errors import BadCommand
from domain.responsibility import UNKNOWN, Responsibility


class IncidentStatus(StrEnum):
    """Open until somebody closes it. Finer words (assigned, en route, on scene) are derived."""

    ACTIVE = "Active"
    CLOSED = "Closed"
    CANCELLED = "Cancelled"


class LinkKind(StrEnum):
    """How one incident belongs to another."""

    RELATED = "related"
    """Another matter with the same cause, people or place."""
    DUPLICATE_OF = "duplicate_of"
    """The same matter, reported again; the other one is worked."""
    HAS_DUPLICATE = "has_duplicate"
    """The other was reported again for this one."""

    @property
    def inverse(self) -> LinkKind:
        """The same link seen from the other incident."""
        return _INVERSE[self]


_INVERSE = {
    LinkKind.RELATED: LinkKind.RELATED,
    LinkKind.DUPLICATE_OF: LinkKind.HAS_DUPLICATE,
    LinkKind.HAS_DUPLICATE: LinkKind.DUPLICATE_OF,
}


@dataclass(frozen=True, slots=True)
class IncidentLink:
    """A link as one of the two incidents keeps it."""

    incident: str
    kind: LinkKind


@dataclass(frozen=True, slots=True)
class Incident:
    """`id` is the number people know and say, e.g. `BAY-2026-000123`.

    `type` is a response plan's code, `local_type` the reporting agency's own words. `priority` runs from
    1 (most urgent) to 4. `caller` is label 2 (caller) information: see sharing.py.
    """

    id: str
    type: str
    local_type: str
    priority: int
    lon: float
    lat: float
    address: str
    lead_agency: str
    received_at: float
    status: IncidentStatus = IncidentStatus.ACTIVE
    closed_at: float = 0.0
    disposition: str = ""
    caller: str = ""
    external_id: str = ""
    talkgroup: str = ""
    links: tuple[IncidentLink, ...] = ()
    responsibility: Responsibility = UNKNOWN
    reported_by: str = ""
    """The agency that took the call and put it on the board."""

    def find_link(self, other: str) -> IncidentLink | None:
        """The link to another incident, if there is one; there is at most one."""
        return next((link for link in self.links if link.incident == other), None)

    @property
    def open(self) -> bool:
        """Whether it still needs response."""
        return self.status == IncidentStatus.ACTIVE


def incident_number(prefix: str, year: int, serial: int) -> str:
    """`prefix-year-serial`, the serial six digits: `BAY-2026-000123`."""
    return f"{prefix}-{year}-{serial:06d}"


def short_number(number: str) -> str:
    """What people say on the radio: the serial without its zeros, `#123`."""
    tail = number.rsplit("-", 1)[-1]
    return "#" + (tail.lstrip("0") or "0")


def check_priority(priority: int) -> int:
    """1 to 4, or BadCommand."""
    if priority not in (1, 2, 3, 4):
        raise BadCommand(f"priority {priority!r} is not one of 1 (most urgent), 2, 3, 4")
    return priority


def check_place(lon: float, lat: float) -> tuple[float, float]:
    """A WGS 84 longitude and latitude in degrees, or BadCommand."""
    if not (-180.0 <= lon <= 180.0 and -90.0 <= lat <= 90.0):
        raise BadCommand(f"longitude {lon!r}, latitude {lat!r} is not a place; longitude comes first, both in degrees")
    return lon, lat
