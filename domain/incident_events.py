"""Events about an incident itself.

Knows their shape only; see events.py.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.incident import Incident, IncidentStatus, LinkKind
from domain.purpose import Purpose
from domain.responsibility import UNKNOWN, Responsibility
from domain.share_clause import Label


@dataclass(frozen=True, slots=True)
class IncidentReported:
    """Somebody needs help."""

    incident: Incident
    serial: int
    note: str
    when: float
    why_lead: str = ""
    """Why its lead agency leads, in words of that time."""
    note_label: Label = Label.CALLER


@dataclass(frozen=True, slots=True)
class IncidentPriorityChanged:
    """An incident became more or less urgent."""

    incident: str
    was: int
    priority: int
    when: float


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of an incident, before and after; `field` is one of rules/incident_details.py's."""

    field: str
    was: str
    now: str


@dataclass(frozen=True, slots=True)
class IncidentUpdated:
    """What is known of an incident changed."""

    incident: str
    changes: tuple[FieldChange, ...]
    when: float


@dataclass(frozen=True, slots=True)
class IncidentRelocated:
    """The incident is somewhere else than was thought (WGS 84 degrees)."""

    incident: str
    was_lon: float
    was_lat: float
    was_address: str
    lon: float
    lat: float
    address: str
    when: float
    responsibility: Responsibility = UNKNOWN
    """Who is responsible at the new place."""


@dataclass(frozen=True, slots=True)
class IncidentsLinked:
    """Two incidents belong together; `kind` is how `incident` belongs to `other`."""

    incident: str
    other: str
    kind: LinkKind
    when: float


@dataclass(frozen=True, slots=True)
class IncidentsUnlinked:
    """Two incidents do not belong together after all."""

    incident: str
    other: str
    kind: LinkKind
    when: float


@dataclass(frozen=True, slots=True)
class NoteAdded:
    """A line in an incident's log."""

    incident: str
    text: str
    when: float
    label: Label = Label.CALLER


@dataclass(frozen=True, slots=True)
class PurposeDeclared:
    """Somebody said why their agency and role look at patient data."""

    purpose: Purpose


@dataclass(frozen=True, slots=True)
class IncidentClosed:
    """An incident needs no more response."""

    incident: str
    status: IncidentStatus
    disposition: str
    when: float


@dataclass(frozen=True, slots=True)
class IncidentReopened:
    """A closed incident needs response after all; `was` and `closed_at` are what the closing had said."""

    incident: str
    was: IncidentStatus
    closed_at: float
    reason: str
    when: float
