"""Commands about an incident itself: report, change, link, close, reopen.

Knows their shape only; see commands.py.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.incident import LinkKind
from domain.purpose import PurposeKind
from domain.share_clause import Label


@dataclass(frozen=True, slots=True)
class ReportIncident:
    """A new incident at a place. `priority` 0 takes the response plan's own."""

    type: str
    lon: float
    lat: float
    priority: int = 0
    address: str = ""
    local_type: str = ""
    caller: str = ""
    note: str = ""
    external_id: str = ""
    lead_agency: str = ""
    occurred_at: float = 0.0
    note_label: Label = Label.CALLER


@dataclass(frozen=True, slots=True)
class ChangePriority:
    """Give an incident another priority."""

    incident: str
    priority: int
    occurred_at: float = 0.0


@dataclass(frozen=True, slots=True)
class UpdateIncident:
    """Change what is known of an incident; a field left None stays as it is, "" empties it (never the type)."""

    incident: str
    type: str | None = None
    address: str | None = None
    local_type: str | None = None
    caller: str | None = None
    occurred_at: float = 0.0


@dataclass(frozen=True, slots=True)
class RelocateIncident:
    """The incident is somewhere else; `address` None keeps the words."""

    incident: str
    lon: float
    lat: float
    address: str | None = None
    occurred_at: float = 0.0


@dataclass(frozen=True, slots=True)
class LinkIncidents:
    """Say how `incident` belongs to `other`."""

    incident: str
    other: str
    kind: LinkKind = LinkKind.RELATED
    occurred_at: float = 0.0


@dataclass(frozen=True, slots=True)
class UnlinkIncidents:
    """Take the link between two incidents away."""

    incident: str
    other: str
    occurred_at: float = 0.0


@dataclass(frozen=True, slots=True)
class AddNote:
    """Write a line into an incident's log."""

    incident: str
    text: str
    occurred_at: float = 0.0
    label: Label = Label.CALLER


@dataclass(frozen=True, slots=True)
class DeclarePurpose:
    """Say why one's agency and role look at patient data of an incident."""

    incident: str
    purpose: PurposeKind


@dataclass(frozen=True, slots=True)
class CloseIncident:
    """Close an incident; every unit must be clear of it."""

    incident: str
    disposition: str = ""
    cancelled: bool = False
    occurred_at: float = 0.0


@dataclass(frozen=True, slots=True)
class ReopenIncident:
    """A closed incident needs response after all."""

    incident: str
    reason: str
    occurred_at: float = 0.0
