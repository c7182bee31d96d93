"""Rules for incidents: report, prioritise, note, close."""

from __future__ import annotations

from domain.board import Board
from domain.commands import AddNote, ChangePriority, CloseIncident, Envelope, ReportIncident, Role
from domain.decision import Decision, allow, refuse
from domain.errors import BadCommand
from domain.events import IncidentClosed, IncidentPriorityChanged, IncidentReported, NoteAdded
from domain.incident import (
    Incident,
    IncidentStatus,
    check_place,
    check_priority,
    incident_number,
    short_number,
)
from domain.refs import NUMBERS, incident_ref, roster_ref
from domain.rules.verdict import Facts, Verdict, no

TEXT_LIMIT = 2000
"""Characters of a note; an address, caller or disposition may have a tenth of that."""


def board_time(board: Board, occurred_at: float, now: float) -> float:
    """The recorded time where one is given, else the board's own."""
    return occurred_at or board.head.time(now)


def checked_text(text: str, what: str, limit: int = TEXT_LIMIT // 10) -> str:
    """Text without surrounding space and control characters, or BadCommand when it is too long."""
    clean = "".join(char for char in text if char.isprintable() or char == "\n").strip()
    if len(clean) > limit:
        raise BadCommand(f"{what} has {len(clean)} characters; at most {limit}")
    return clean


def find_open(board: Board, number: str) -> Incident | Decision:
    """The open incident of that number, or the refusal that says why there is none."""
    incident = board.find(incident_ref(number))
    if not isinstance(incident, Incident):
        return refuse("unknown_incident", f"no incident {number} on this board", "check the number")
    if not incident.open:
        return refuse("incident_closed", f"{short_number(number)} is {incident.status.lower()}", "report it anew")
    return incident


def report(board: Board, command: ReportIncident, envelope: Envelope, now: float, facts: Facts) -> Verdict:
    """Anybody who may report may report anywhere; the number is the board's next."""
    plan = facts.plans.get(command.type)
    if plan is None:
        known = ", ".join(sorted(facts.plans)[:5])
        raise BadCommand(f"incident type {command.type!r} has no response plan; known are {known}, ...")
    lon, lat = check_place(command.lon, command.lat)
    when = board_time(board, command.occurred_at, now)
    serial = board.serial + 1
    number = incident_number(board.head.number_prefix or "INC", facts.local_year(when), serial)
    lead = command.lead_agency or facts.leader_at(lon, lat, when, plan.discipline) or envelope.actor.agency
    incident = Incident(
        id=number,
        type=plan.code,
        local_type=checked_text(command.local_type, "local type") or plan.name,
        priority=check_priority(command.priority or plan.priority),
        lon=lon,
        lat=lat,
        address=checked_text(command.address, "address"),
        lead_agency=lead,
        received_at=when,
        caller=checked_text(command.caller, "caller"),
        external_id=checked_text(command.external_id, "external id"),
    )
    event = IncidentReported(incident, serial, checked_text(command.note, "note", TEXT_LIMIT), when)
    text = f"{short_number(number)} {plan.name} reported"
    return Verdict(allow("report", "anyone on duty may report"), (event,), frozenset({NUMBERS}), text, number)


def change_priority(board: Board, command: ChangePriority, envelope: Envelope, now: float, facts: Facts) -> Verdict:
    """Agencies taking part may prioritise."""
    incident = find_open(board, command.incident)
    if isinstance(incident, Decision):
        return no(incident, incident=command.incident)
    if (refusal := _outsider(board, incident, envelope)) is not None:
        return no(refusal, incident=incident.id)
    priority = check_priority(command.priority)
    when = board_time(board, command.occurred_at, now)
    text = f"{short_number(incident.id)} is now P{priority}"
    event = IncidentPriorityChanged(incident.id, incident.priority, priority, when)
    decision = allow("taking_part", f"{envelope.actor.agency} takes part")
    return Verdict(decision, (event,), frozenset({incident_ref(incident.id)}), text, incident.id)


def add_note(board: Board, command: AddNote, envelope: Envelope, now: float, facts: Facts) -> Verdict:
    """Anybody on duty may add to the log of an open incident; a note is never empty."""
    incident = find_open(board, command.incident)
    if isinstance(incident, Decision):
        return no(incident, incident=command.incident)
    note = checked_text(command.text, "note", TEXT_LIMIT)
    if not note:
        raise BadCommand("the note is empty")
    event = NoteAdded(incident.id, note, board_time(board, command.occurred_at, now))
    text = f"note added to {short_number(incident.id)}"
    # A note stands on nothing: it is true whatever else happens to the incident.
    return Verdict(allow("note", "anyone on duty may add a note"), (event,), frozenset(), text, incident.id)


def close(board: Board, command: CloseIncident, envelope: Envelope, now: float, facts: Facts) -> Verdict:
    """Agencies taking part may close, once every unit is clear."""
    incident = find_open(board, command.incident)
    if isinstance(incident, Decision):
        return no(incident, incident=command.incident)
    if (refusal := _outsider(board, incident, envelope)) is not None:
        return no(refusal, incident=incident.id)
    held = [assignment for assignment in board.assignments_of(incident.id) if not assignment.ended]
    if held:
        names = ", ".join(board.get_unit(assignment.unit).callsign for assignment in held[:5])
        more = f" and {len(held) - 5} more" if len(held) > 5 else ""
        reason = f"{short_number(incident.id)} still has {names}{more}"
        return no(refuse("units_still_assigned", reason, "clear or cancel them first"), incident=incident.id)
    when = board_time(board, command.occurred_at, now)
    if when < incident.received_at:
        reason = f"closed {incident.received_at - when:.0f} s before it was received"
        return no(refuse("time_runs_backward", reason, "check the recorded time"), incident=incident.id)
    status = IncidentStatus.CANCELLED if command.cancelled else IncidentStatus.CLOSED
    event = IncidentClosed(incident.id, status, checked_text(command.disposition, "disposition"), when)
    stands_on = frozenset({incident_ref(incident.id), roster_ref(incident.id)})
    text = f"{short_number(incident.id)} {status.lower()}"
    return Verdict(allow("taking_part", f"{envelope.actor.agency} takes part"), (event,), stands_on, text, incident.id)


def _outsider(board: Board, incident: Incident, envelope: Envelope) -> Decision | None:
    actor = envelope.actor
    if actor.role == Role.SERVICE or actor.agency in board.agencies_of(incident.id):
        return None
    reason = f"{actor.agency} takes no part in {short_number(incident.id)}"
    return refuse("not_taking_part", reason, f"ask {incident.lead_agency}")
