"""An incident's log: one line per event, in the words a dispatcher would write.

Knows how an event reads. Refuses to know who may read it (sharing.py).
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.agreement import Agreement
from domain.board import Board
from domain.events import (
    AssignmentStatusChanged,
    IncidentClosed,
    IncidentPriorityChanged,
    IncidentReported,
    NoteAdded,
    RecordedEvent,
    UnitAssigned,
)
from domain.refs import agreement_ref


@dataclass(frozen=True, slots=True)
class LogEntry:
    """A line of an incident's log. `at` is board time, `rule` and `clause` say what allowed it."""

    seq: int
    at: float
    incident: str
    agency: str
    actor: str
    kind: str
    text: str
    rule: str
    clause: str


def log_entries(recorded: RecordedEvent, board: Board) -> tuple[LogEntry, ...]:
    """The lines an event adds; `board` is the board after it."""
    event = recorded.event
    match event:
        case IncidentReported():
            at = f", {event.incident.address}" if event.incident.address else ""
            lines = [(event.incident.id, "reported", f"Received: {event.incident.local_type}{at}")]
            if event.note:
                lines.append((event.incident.id, "note", event.note))
            when = event.when
        case IncidentPriorityChanged():
            lines = [(event.incident, "priority", f"Priority P{event.was} to P{event.priority}")]
            when = event.when
        case NoteAdded():
            lines = [(event.incident, "note", event.text)]
            when = event.when
        case IncidentClosed():
            words = f"{event.status}: {event.disposition}" if event.disposition else str(event.status)
            lines = [(event.incident, "closed", words)]
            when = event.when
        case UnitAssigned():
            unit = board.get_unit(event.assignment.unit)
            words = f"{unit.callsign} {event.assignment.status}"
            if event.assignment.override_reason:
                words += f", OVERRIDE: {event.assignment.override_reason}"
            elif event.assignment.clause:
                words += f", {_paper(event.assignment.clause, board)}"
            lines = [(event.assignment.incident, "assigned", words)]
            when = event.when
        case AssignmentStatusChanged():
            unit = board.get_unit(event.unit)
            lines = [(event.incident, "status", f"{unit.callsign} {event.status.replace('_', ' ')}")]
            when = event.when
        case _:
            return ()
    return tuple(
        LogEntry(
            recorded.seq,
            when,
            incident,
            recorded.actor.agency,
            recorded.actor.name,
            kind,
            text,
            recorded.decision.rule,
            recorded.decision.clause,
        )
        for incident, kind, text in lines
    )


def _paper(clause: str, board: Board) -> str:
    """A clause as people cite it: the agreement's title and the clause's number."""
    agreement, _, number = clause.partition("/")
    paper = board.find(agreement_ref(agreement))
    return f"auto-aid, {paper.title}, clause {number}" if isinstance(paper, Agreement) else f"clause {clause}"
