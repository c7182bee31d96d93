"""What an agency may see of another's incidents: the one place that withholds.

Knows the label of every field and log line, and what an audience is granted. Refuses to know who looks
at the moment (an audience is an agency and a role, not a person) and how a view is drawn.
Page load, feed, API, export, search, counts and replay all ask here; a second place would drift from it.

How a question is answered, most direct rule first; no rule means no:
1. the public sees nothing here (its page is built apart, from an allow-list);
2. an auditor sees everything;
3. agencies that take part in an incident, its lead among them, see labels up to `caller`; a briefer's
   screen hangs on a wall, so it stays at `operations` even then;
4. other agencies see `map` and `operations`, unless the incident's type is sensitive: then nothing.
A field, a kind of log line or a role that is not named below is withheld.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from domain.commands import Role
from domain.share_clause import Label


@dataclass(frozen=True, slots=True)
class Audience:
    """Everybody who sees the same: an agency's id and one of domain.commands.Role's words."""

    agency: str
    role: str


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
    # A note is free text: sooner or later somebody types the caller's number into it.
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

_MOST_BY_ROLE: dict[str, Label] = {
    Role.DISPATCHER: Label.CALLER,
    Role.COMMANDER: Label.CALLER,
    Role.AGENCY_ADMIN: Label.CALLER,
    Role.BOARD_ADMIN: Label.CALLER,
    Role.SERVICE: Label.CALLER,
    Role.BRIEFER: Label.OPERATIONS,
}


def granted(audience: Audience, agencies: Collection[str], sensitive: bool, now: float) -> Label | None:
    """The highest label an audience may see of an incident; None = not even that it exists.

    `agencies` take part in the incident, its lead among them; `sensitive` is its type's; `now` is the
    time at which the grant must hold (seconds since the epoch; every rule so far holds at all times).
    """
    if audience.role == Role.AUDITOR:
        return Label.CRIMINAL_JUSTICE
    most = _MOST_BY_ROLE.get(audience.role)
    if most is None:
        return None
    if audience.agency and audience.agency in agencies:
        return most
    return None if sensitive else min(most, Label.OPERATIONS)


def may_see_closures(audience: Audience) -> bool:
    """Whether an audience sees closed streets: map information, for everybody who has the board before them."""
    return audience.role == Role.AUDITOR or audience.role in _MOST_BY_ROLE


def redact_incident(
    record: Mapping[str, object], audience: Audience, agencies: Collection[str], sensitive: bool, now: float
) -> dict[str, object] | None:
    """The fields of an incident's record an audience may see, or None when it may not know of it.

    The record itself is not changed; a withheld field is absent, not empty. For the rest see `granted`.
    """
    grant = granted(audience, agencies, sensitive, now)
    if grant is None:
        return None
    visible = {field for field, label in FIELD_LABELS.items() if label <= grant}
    return {field: value for field, value in record.items() if field in visible}


def redact_task_force(record: Mapping[str, object], audience: Audience, now: float) -> dict[str, object] | None:
    """The fields of a task force's record an audience may see; None when it may not know of it.

    `now` is the time at which the grant must hold; units are no secret among the agencies of a board.
    """
    grant = granted(audience, (), False, now)
    visible = {field for field, label in TASK_FORCE_LABELS.items() if grant is not None and label <= grant}
    return {field: value for field, value in record.items() if field in visible} if visible else None


def may_see_log(kind: str, audience: Audience, agencies: Collection[str], sensitive: bool, now: float) -> bool:
    """Whether an audience may see a line of this kind in an incident's log; for the rest see `granted`."""
    grant = granted(audience, agencies, sensitive, now)
    label = LOG_LABELS.get(kind)
    return grant is not None and label is not None and label <= grant
