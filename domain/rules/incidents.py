"""Rules for an incident's life: report, prioritise, note, close, reopen."""

from __future__ import annotations

from domain.board import Board
from domain.commands import AddNote, ChangePriority, CloseIncident, Envelope, ReopenIncident, ReportIncident
from domain.decision import Decision, allow, refuse
from domain.errors import BadCommand
from domain.events import (
    Event,
    IncidentClosed,
    IncidentPriorityChanged,
    IncidentReopened,
    IncidentReported,
    NoteAdded,
    ParStopped,
)
from domain.incident import (
    Incident,
    IncidentStatus,
    check_place,
    check_priority,
    incident_number,
    short_number,
)
from domain.refs import NUMBERS, accountability_ref, incident_ref, roster_ref
from domain.responsibility import Responsibility, why_leader
from domain.rules.common import (
    TEXT_LIMIT,
    board_time,
    checked_text,
    find_known,
    find_open,
    needed_text,
    takes_part,
    weightiest,
)
from domain.rules.verdict import Facts, Verdict, no


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
    here = facts.responsible_at(lon, lat, when)
    responsible = facts.leader_at(lon, lat, when, plan.discipline)
    lead = command.lead_agency or responsible or envelope.actor.agency
    why = _why_lead(board, command.lead_agency, responsible, here, plan.discipline) if lead else ""
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
        responsibility=here,
        reported_by=envelope.actor.agency,
    )
    event = IncidentReported(
        incident, serial, checked_text(command.note, "note", TEXT_LIMIT), when, why, command.note_label
    )
    leads = f"{board.name_of(lead)} leads ({why})" if lead else "nobody leads"
    text = f"{short_number(number)} {plan.name} reported, {leads}{weightiest(board, here, plan.discipline)}"
    return Verdict(allow("report", "anyone on duty may report"), (event,), frozenset({NUMBERS}), text, number)


def _why_lead(board: Board, named: str, responsible: str, here: Responsibility, discipline: str) -> str:
    if named:
        other = responsible not in ("", named)
        return f"as reported; {board.name_of(responsible)} is responsible here" if other else "as reported"
    if not responsible:
        return "reported it, nobody responsible on file"
    return why_leader(here, discipline) if here.services else "responsible here"


def change_priority(board: Board, command: ChangePriority, envelope: Envelope, now: float, facts: Facts) -> Verdict:
    """Agencies taking part may prioritise."""
    incident = find_open(board, command.incident)
    if isinstance(incident, Decision):
        return no(incident, incident=command.incident)
    decision, stands_on = takes_part(board, incident, envelope)
    if not decision.allowed:
        return no(decision, incident=incident.id)
    priority = check_priority(command.priority)
    when = board_time(board, command.occurred_at, now)
    text = f"{short_number(incident.id)} is now P{priority}"
    event = IncidentPriorityChanged(incident.id, incident.priority, priority, when)
    return Verdict(decision, (event,), stands_on | {incident_ref(incident.id)}, text, incident.id)


def add_note(board: Board, command: AddNote, envelope: Envelope, now: float, facts: Facts) -> Verdict:
    """Anybody on duty may add to the log of an open incident; a note is never empty."""
    incident = find_open(board, command.incident)
    if isinstance(incident, Decision):
        return no(incident, incident=command.incident)
    note = needed_text(command.text, "note", TEXT_LIMIT)
    event = NoteAdded(incident.id, note, board_time(board, command.occurred_at, now), command.label)
    text = f"note added to {short_number(incident.id)}"
    # A note stands on nothing: it is true whatever else happens to the incident.
    return Verdict(allow("note", "anyone on duty may add a note"), (event,), frozenset(), text, incident.id)


def close(board: Board, command: CloseIncident, envelope: Envelope, now: float, facts: Facts) -> Verdict:
    """Agencies taking part may close, once every unit is clear; a running PAR stops with it."""
    incident = find_open(board, command.incident)
    if isinstance(incident, Decision):
        return no(incident, incident=command.incident)
    decision, stands_on = takes_part(board, incident, envelope)
    if not decision.allowed:
        return no(decision, incident=incident.id)
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
    events: list[Event] = []
    if board.accountability_of(incident.id).par is not None:
        events.append(ParStopped(incident.id, when))
    events.append(IncidentClosed(incident.id, status, checked_text(command.disposition, "disposition"), when))
    refs = {incident_ref(incident.id), roster_ref(incident.id), accountability_ref(incident.id)}
    text = f"{short_number(incident.id)} {status.lower()}"
    return Verdict(decision, tuple(events), stands_on | refs, text, incident.id)


def reopen(board: Board, command: ReopenIncident, envelope: Envelope, now: float, facts: Facts) -> Verdict:
    """Agencies that took part may reopen, with a reason; the number stays, and so does the log."""
    incident = find_known(board, command.incident)
    if isinstance(incident, Decision):
        return no(incident, incident=command.incident)
    if incident.open:
        reason = f"{short_number(incident.id)} is open"
        return no(refuse("incident_open", reason), incident=incident.id, conflict=incident_ref(incident.id))
    decision, stands_on = takes_part(board, incident, envelope)
    if not decision.allowed:
        return no(decision, incident=incident.id)
    when = board_time(board, command.occurred_at, now)
    if when < incident.closed_at:
        reason = f"reopened {incident.closed_at - when:.0f} s before it was closed"
        return no(refuse("time_runs_backward", reason, "check the recorded time"), incident=incident.id)
    event = IncidentReopened(
        incident.id, incident.status, incident.closed_at, needed_text(command.reason, "reason"), when
    )
    text = f"{short_number(incident.id)} reopened"
    return Verdict(decision, (event,), stands_on | {incident_ref(incident.id)}, text, incident.id)
