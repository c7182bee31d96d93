"""What of an incident's record may leave: the one place that withholds.

Knows the label of every field and log line. Refuses to know why somebody may see a label (granting.py) and how a view
is drawn. Page load, feed, API, export, search, counts and replay all ask here; a second place would drift from it.
A field, a kind of log line or a role that is not named below is withheld.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from domain.commands import Role
from domain.events import (
    AgencyRoleWithdrawn,
    AgreementDrafted,
    AgreementRegistered,
    AgreementResumed,
    AgreementRevoked,
    AgreementSigned,
    AgreementSuspended,
    AskChanged,
    IncidentRelocated,
    IncidentUpdated,
    LeadAgencyChanged,
    RequestWithdrawn,
    UnifiedCommandSet,
)
from domain.granting import Audience, Grant
from domain.share_clause import Label

FIELD_LABELS: dict[str, Label] = {
    "id": Label.MAP,
    "short": Label.MAP,
    "type": Label.MAP,
    "name": Label.MAP,
    "symbol": Label.MAP,
    "priority": Label.MAP,
    "lon": Label.MAP,
    "lat": Label.MAP,
    "lead": Label.MAP,
    "lead_agency": Label.MAP,
    "agencies": Label.MAP,
    "received": Label.MAP,
    "received_at": Label.MAP,
    "status": Label.MAP,
    "phase": Label.MAP,
    "closed_at": Label.MAP,
    "v": Label.MAP,
    "local_type": Label.OPERATIONS,
    "address": Label.OPERATIONS,
    "disposition": Label.OPERATIONS,
    "external_id": Label.OPERATIONS,
    "roles": Label.MAP,
    "unified": Label.MAP,
    "structure_v": Label.MAP,
    "accountability_v": Label.MAP,
    "talkgroup": Label.OPERATIONS,
    "links": Label.OPERATIONS,
    "benchmarks": Label.OPERATIONS,
    "par": Label.OPERATIONS,
    "positions": Label.OPERATIONS,
    "responsibility": Label.OPERATIONS,
    "responsible": Label.OPERATIONS,
    "nearby": Label.OPERATIONS,
    "warnings": Label.OPERATIONS,
    "edition": Label.MAP,
    "closer": Label.OPERATIONS,
    "reported_by": Label.OPERATIONS,
    "caller": Label.CALLER,
}
"""Fields of an incident and of its view record (docs/feed.md)."""

LOG_LABELS: dict[str, Label] = {
    "reported": Label.OPERATIONS,
    "priority": Label.OPERATIONS,
    "assigned": Label.OPERATIONS,
    "status": Label.OPERATIONS,
    "closed": Label.OPERATIONS,
    "reopened": Label.OPERATIONS,
    "updated": Label.OPERATIONS,
    "relocated": Label.OPERATIONS,
    "linked": Label.OPERATIONS,
    "preempted": Label.OPERATIONS,
    "corrected": Label.OPERATIONS,
    "undone": Label.OPERATIONS,
    "benchmark": Label.OPERATIONS,
    "par": Label.OPERATIONS,
    "talkgroup": Label.OPERATIONS,
    "role": Label.OPERATIONS,
    "lead": Label.OPERATIONS,
    "position": Label.OPERATIONS,
    "responsible": Label.OPERATIONS,
    "warning": Label.OPERATIONS,
    "closure": Label.OPERATIONS,
    "caller": Label.CALLER,
    "purpose": Label.OPERATIONS,
    "assistance": Label.OPERATIONS,
    # A note is free text: sooner or later somebody types the caller's number into it. Who writes one may say otherwise.
    "note": Label.CALLER,
}
"""Kinds of lines in an incident's log (log.py)."""

TASK_FORCE_LABELS: dict[str, Label] = {
    "id": Label.OPERATIONS,
    "name": Label.OPERATIONS,
    "leader": Label.OPERATIONS,
    "members": Label.OPERATIONS,
    "talkgroup": Label.OPERATIONS,
    "formed_by": Label.OPERATIONS,
    "formed_at": Label.OPERATIONS,
    "dissolved_at": Label.OPERATIONS,
    "v": Label.OPERATIONS,
}
"""Fields of a task force's view record; it names units and channels, never an incident."""

RESHARING = (
    AskChanged,
    RequestWithdrawn,
    AgreementDrafted,
    AgreementRegistered,
    AgreementSigned,
    AgreementSuspended,
    AgreementResumed,
    AgreementRevoked,
    AgencyRoleWithdrawn,
    IncidentRelocated,
    IncidentUpdated,
    LeadAgencyChanged,
    UnifiedCommandSet,
)
"""Events after which somebody may see less than before. Whoever was away meanwhile starts from a whole picture."""

FEED_MOST = Label.OPERATIONS
"""What travels by itself to every open page. Closer labels are fetched for one incident, on record."""


def may_see_closures(audience: Audience) -> bool:
    """Whether an audience sees closed streets: map information, for everybody who has the board before them."""
    return audience.role in tuple(Role) and audience.role != Role.PUBLIC


def redact_incident(record: Mapping[str, object], grant: Grant, most: Label = FEED_MOST) -> dict[str, object]:
    """The fields of an incident's record that may be seen under a grant, up to a label.

    The record itself is not changed; a withheld field is absent, not empty, and one without a label is withheld.
    """
    seen = _fields_seen(grant.label, grant.patient, most)
    return {field: value for field, value in record.items() if field in seen}


@cache
def _fields_seen(label: Label, patient: bool, most: Label) -> frozenset[str]:
    # Found once per kind of grant: asked for every field of every incident it was most of the cost of a snapshot.
    grant = Grant(label, "", "", patient=patient)
    return frozenset(field for field, held in FIELD_LABELS.items() if held <= most and grant.sees(held))


def redact_task_force(record: Mapping[str, object], audience: Audience) -> dict[str, object] | None:
    """The fields of a task force's record an audience may see; None when it may not know of it.

    Units are no secret among the agencies of a board.
    """
    if not may_see_closures(audience):
        return None
    return {field: value for field, value in record.items() if field in TASK_FORCE_LABELS}


def label_of_line(kind: str, label: Label | None) -> Label | None:
    """How closely a line of an incident's log is held: its own label where it has one, else its kind's.

    A kind nobody named is withheld from everybody.
    """
    return LOG_LABELS.get(kind) if label is None else label


def may_see_line(label: Label | None, author: str, grant: Grant, audience: Audience) -> bool:
    """Whether an audience may see a line of this label; what an agency wrote itself it may always read again."""
    if label is None:
        return False
    own = bool(author) and author == audience.agency and audience.role in _WRITE and not audience.masked
    return own or grant.sees(label)


_WRITE = (Role.DISPATCHER, Role.COMMANDER, Role.AGENCY_ADMIN, Role.SERVICE)
