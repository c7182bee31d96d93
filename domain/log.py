"""An incident's log: the lines an event adds, in the words a dispatcher would write.

Knows how an event reads. Refuses to know who may read it (sharing.py): a line only says its kind, and which other
incident it speaks of, so that a line can be told without it to those who may not know of that one.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.agency import SERVICE_NAMES
from domain.agreement import Agreement
from domain.board import Board
from domain.events import (
    AgencyRoleGiven,
    AgencyRoleWithdrawn,
    AskChanged,
    AssignmentStatusChanged,
    AssistanceRequested,
    BenchmarkMarked,
    BenchmarkWithdrawn,
    ClosureChanged,
    CommandUndone,
    IncidentClosed,
    IncidentPriorityChanged,
    IncidentRelocated,
    IncidentReopened,
    IncidentReported,
    IncidentsLinked,
    IncidentsUnlinked,
    IncidentUpdated,
    LeadAgencyChanged,
    NoteAdded,
    OverrideAcknowledged,
    ParReported,
    ParStarted,
    ParStopped,
    PositionAssigned,
    PositionRelieved,
    PurposeDeclared,
    RecordedEvent,
    RequestDiscussed,
    RequestWithdrawn,
    StatusCorrected,
    StreetsClosed,
    StreetsReopened,
    TalkgroupAssigned,
    UnifiedCommandSet,
    UnitAssigned,
    UnitPreempted,
)
from domain.incident import short_number
from domain.refs import agreement_ref
from domain.responsibility import Responsibility, Severity, warnings
from domain.share_clause import Label


@dataclass(frozen=True, slots=True)
class LogEntry:
    """A line of an incident's log. `at` is board time, `rule` and `clause` say what allowed it.

    `other` is another incident the text names; `discreet` is the text without it ("" = then no line at all).
    """

    seq: int
    at: float
    incident: str
    agency: str
    actor: str
    kind: str
    text: str
    rule: str
    clause: str
    other: str = ""
    discreet: str = ""
    label: Label | None = None
    """how closely it is held, where that is not its kind's (sharing.LOG_LABELS)"""


@dataclass(frozen=True, slots=True)
class _Line:
    incident: str
    kind: str
    text: str
    other: str = ""
    discreet: str = ""
    label: Label | None = None


def log_entries(recorded: RecordedEvent, board: Board) -> tuple[LogEntry, ...]:
    """The lines an event adds; `board` is the board after it."""
    lines = _lines(recorded, board)
    when = getattr(recorded.event, "when", recorded.at)
    return tuple(
        LogEntry(
            recorded.seq,
            when,
            line.incident,
            recorded.actor.agency,
            recorded.actor.name,
            line.kind,
            line.text,
            recorded.decision.rule,
            recorded.decision.clause,
            line.other,
            line.discreet,
            line.label,
        )
        for line in lines
    )


def _lines(recorded: RecordedEvent, board: Board) -> list[_Line]:
    event = recorded.event
    match event:
        case IncidentReported():
            at = f", {event.incident.address}" if event.incident.address else ""
            lines = [_Line(event.incident.id, "reported", f"Received: {event.incident.local_type}{at}")]
            here, lead = event.incident.responsibility, event.incident.lead_agency
            lines += _responsible(event.incident.id, here, lead, board, event.why_lead)
            note = _Line(event.incident.id, "note", event.note, label=event.note_label)
            return [*lines, note] if event.note else lines
        case IncidentPriorityChanged():
            return [_Line(event.incident, "priority", f"Priority P{event.was} to P{event.priority}")]
        case IncidentUpdated():
            return _updated(event)
        case IncidentRelocated():
            to = event.address or f"{event.lat:.5f}, {event.lon:.5f}"
            was = event.was_address or f"{event.was_lat:.5f}, {event.was_lon:.5f}"
            moved = _Line(event.incident, "relocated", f"New location: {to} (was {was})")
            lead = board.get_incident(event.incident).lead_agency
            return [moved, *_responsible(event.incident, event.responsibility, lead, board)]
        case IncidentsLinked() | IncidentsUnlinked():
            return _linked(event)
        case NoteAdded():
            return [_Line(event.incident, "note", event.text, label=event.label)]
        case AssistanceRequested():
            asked = event.request
            names = ", ".join(board.name_of(ask.agency) for ask in asked.asks)
            wanted = ", ".join(f"{need.count} {need.capability}" for need in asked.needs)
            return [_Line(asked.incident, "assistance", f"{names} asked for {wanted}")]
        case AskChanged():
            lines = [_Line(event.incident, "assistance", event.what)]
            if event.escalated is not None:
                lines.append(_Line(event.incident, "assistance", f"{board.name_of(event.escalated.agency)} asked next"))
            return lines
        case RequestWithdrawn():
            why = f": {event.reason}" if event.reason else ""
            return [_Line(event.incident, "assistance", f"Request for assistance withdrawn{why}")]
        case RequestDiscussed():
            return []  # the thread is between the two agencies
        case OverrideAcknowledged():
            return [_Line(event.incident, "assistance", f"{event.by} acknowledged the override")]
        case PurposeDeclared():
            words = f"{event.purpose.by} declared: patient data for {event.purpose.kind.replace('_', ' ')}"
            return [_Line(event.purpose.incident, "purpose", words)]
        case IncidentClosed():
            words = f"{event.status}: {event.disposition}" if event.disposition else str(event.status)
            return [_Line(event.incident, "closed", words)]
        case IncidentReopened():
            return [_Line(event.incident, "reopened", f"Reopened: {event.reason}")]
        case UnitAssigned() | AssignmentStatusChanged() | UnitPreempted() | StatusCorrected() | CommandUndone():
            return _unit_lines(event, board)
        case BenchmarkMarked() | BenchmarkWithdrawn() | ParStarted() | ParReported() | ParStopped():
            return _accounting(event)
        case TalkgroupAssigned():
            words = f"Talkgroup {event.talkgroup}" if event.talkgroup else f"Talkgroup {event.was} released"
            return [_Line(event.incident, "talkgroup", words)] if event.incident else []
        case AgencyRoleGiven():
            return [_Line(event.incident, "role", f"{event.agency}: {event.role}")]
        case AgencyRoleWithdrawn():
            return [_Line(event.incident, "role", f"{event.agency}: no longer {event.role}")]
        case LeadAgencyChanged():
            return [_Line(event.incident, "lead", f"Lead from {event.was} to {event.agency}")]
        case UnifiedCommandSet():
            words = f"Unified command: {', '.join(event.agencies)}" if event.agencies else "Unified command ended"
            return [_Line(event.incident, "lead", words)]
        case PositionAssigned():
            relieved = f", relieving {event.was}" if event.was else ""
            return [_Line(event.incident, "position", f"{event.position.name}: {event.position.holder}{relieved}")]
        case PositionRelieved():
            return [_Line(event.incident, "position", f"{event.holder} relieved as {event.position}")]
        case StreetsClosed():
            return _about(event.closure.incident, f"Streets closed, {event.closure.id}: {event.closure.reason}")
        case ClosureChanged():
            return _about(event.closure.incident, f"Closure {event.closure.id} changed: {event.changes}")
        case StreetsReopened():
            why = f": {event.reason}" if event.reason else ""
            return _about(event.incident, f"Streets reopened, {event.closure}{why}")
        case _:
            return []


def _about(incident: str, text: str) -> list[_Line]:
    """A line about a closure, in the log of the incident it belongs to."""
    return [_Line(incident, "closure", text)] if incident else []


def _responsible(incident: str, here: Responsibility, lead: str, board: Board, why: str = "") -> list[_Line]:
    """Who is responsible, who leads and why, and what to be warned of; nothing where nobody was asked."""
    named = [
        f"{SERVICE_NAMES[one.service]} {', '.join(map(board.name_of, one.agencies))}"
        for one in here.services
        if one.agencies
    ]
    leads = f"{board.name_of(lead)} leads" if lead else "nobody leads"
    leads += f" ({why})" if why else ""
    if not here.services:
        return []
    # That areas are modelled is true of every incident of such a region: it stands in the record, not in each log.
    told = [one for one in warnings(here, "", board.name_of) if one.severity != Severity.NOTE]
    return [
        _Line(incident, "responsible", f"Responsible: {'; '.join(named) or 'nobody on file'}. {leads}"),
        *(_Line(incident, "warning", warning.text) for warning in told),
    ]


def _updated(event: IncidentUpdated) -> list[_Line]:
    shown = {change.field: change for change in event.changes}
    # Who called is held closer than what and where: it gets a line, and a label, of its own.
    caller = shown.pop("caller", None)
    names = {"type": "Type", "local_type": "Local type", "address": "Address"}
    lines = []
    if shown:
        words = "; ".join(
            f"{names[name]}: {change.now or 'none'} (was {change.was or 'none'})" for name, change in shown.items()
        )
        lines.append(_Line(event.incident, "updated", words))
    if caller is not None:
        lines.append(_Line(event.incident, "caller", f"Caller: {caller.now or 'none'} (was {caller.was or 'none'})"))
    return lines


def _linked(event: IncidentsLinked | IncidentsUnlinked) -> list[_Line]:
    lines = []
    for number, other, kind in (
        (event.incident, event.other, event.kind),
        (event.other, event.incident, event.kind.inverse),
    ):
        words = f"{kind.replace('_', ' ')} {short_number(other)}"
        text = f"Linked: {words}" if isinstance(event, IncidentsLinked) else f"No longer linked: {words}"
        lines.append(_Line(number, "linked", text, other))
    return lines


def _unit_lines(
    event: UnitAssigned | AssignmentStatusChanged | UnitPreempted | StatusCorrected | CommandUndone, board: Board
) -> list[_Line]:
    match event:
        case UnitAssigned():
            held = event.assignment
            words = f"{_callsign(board, held.unit)} {held.status}"
            if held.task_force:
                words += f" with {board.get_task_force(held.task_force).name}"
            if held.override_reason:
                words += f", OVERRIDE: {held.override_reason}"
            elif held.clause:
                words += f", {'as promised' if held.request else 'auto-aid'}, {_paper(held.clause, board)}"
            return [_Line(held.incident, "assigned", words)]
        case AssignmentStatusChanged():
            words = f"{_callsign(board, event.unit)} {event.status.replace('_', ' ')}"
            return [_Line(event.incident, "status", f"{words}: {event.reason}" if event.reason else words)]
        case UnitPreempted():
            callsign, why = _callsign(board, event.unit), f": {event.reason}" if event.reason else ""
            taken = f"{callsign} cancelled, taken by {event.by}"
            text = f"{taken} for {short_number(event.taken_for)}{why}"
            discreet = f"{taken} for a more urgent incident"
            return [_Line(event.incident, "preempted", text, event.taken_for, discreet)]
        case StatusCorrected():
            was, now = event.was.replace("_", " "), event.status.replace("_", " ")
            words = f"from {was} to {now}" if was != now else f"times of {now}"
            return [
                _Line(event.incident, "corrected", f"{_callsign(board, event.unit)} corrected {words}: {event.reason}")
            ]
        case CommandUndone():
            about = {incident.id: f"Undone: {event.what}" for incident in event.incidents}
            for held in event.assignments:
                words = f"{_callsign(board, held.unit)} {held.status.replace('_', ' ')}"
                about[held.incident] = f"{about.get(held.incident, f'Undone: {event.what}')}, {words}"
            return [_Line(incident, "undone", words) for incident, words in about.items()]


def _accounting(
    event: BenchmarkMarked | BenchmarkWithdrawn | ParStarted | ParReported | ParStopped,
) -> list[_Line]:
    match event:
        case BenchmarkMarked():
            return [_Line(event.incident, "benchmark", event.name)]
        case BenchmarkWithdrawn():
            return [_Line(event.incident, "benchmark", f"Withdrawn: {event.name}: {event.reason}")]
        case ParStarted():
            return [_Line(event.incident, "par", f"PAR started, every {event.interval / 60:g} min")]
        case ParReported():
            words = f"PAR {'complete' if event.complete else 'INCOMPLETE'}, {event.count} people"
            return [_Line(event.incident, "par", f"{words}: {event.note}" if event.note else words)]
        case ParStopped():
            return [_Line(event.incident, "par", "PAR stopped")]


def _callsign(board: Board, unit: str) -> str:
    return board.get_unit(unit).callsign


def _paper(clause: str, board: Board) -> str:
    """A clause as people cite it: the agreement's title and the clause's number."""
    agreement, _, number = clause.partition("/")
    paper = board.find(agreement_ref(agreement))
    return f"{paper.title}, clause {number}" if isinstance(paper, Agreement) else f"clause {clause}"
