"""The rule for undo: taking a command back within ten seconds, before anybody acted on it.

An undo is a compensating event, not an erasure: what the command made is cancelled, what it changed is as before,
and the log keeps both. It is possible only while everything the command touched is exactly as the command left it,
so it never overwrites what somebody did since; a crew's acknowledgement is such a change.
"""

from __future__ import annotations

from dataclasses import replace

from domain.assignment import Assignment, AssignmentStatus
from domain.board import Board
from domain.commands import Envelope, UndoCommand
from domain.decision import Decision, allow, refuse
from domain.events import (
    AssignmentStatusChanged,
    CommandUndone,
    Event,
    IncidentPriorityChanged,
    IncidentRelocated,
    IncidentUpdated,
    NoteAdded,
    UnitAssigned,
    UnitDutyChanged,
    UnitPreempted,
)
from domain.incident import Incident, short_number
from domain.recent import RecentCommand
from domain.refs import AGREEMENTS, clause_ref, incident_ref, split_ref
from domain.rules.common import board_time
from domain.rules.verdict import Facts, Verdict, no
from domain.unit import Unit

UNDO_WITHIN = 10.0
"""Seconds (server time) after a command in which it may be undone."""
_WHAT: dict[type, str] = {
    UnitPreempted: "pre-emption",
    AssignmentStatusChanged: "exchange",
    UnitAssigned: "assignment",
    IncidentPriorityChanged: "priority",
    IncidentRelocated: "location",
    IncidentUpdated: "details",
    UnitDutyChanged: "duty",
}
"""Events that can be undone, and what a command with such a first event is called."""


def undo(board: Board, command: UndoCommand, envelope: Envelope, now: float, facts: Facts) -> Verdict:
    """The agency that gave a command may take it back; what cannot be undone is refused with what to do instead."""
    done = board.find_recent(command.command)
    if done is None:
        reason = f"command {command.command[:40]} is not among the last on this board"
        return no(refuse("unknown_command", reason, "look at the log"))
    incident = _incident_of(done)
    if (refusal := _too_late(done, envelope, now) or _not_undoable(done)) is not None:
        return no(refusal, incident=incident)
    for ref, version in done.versions.items():
        if board.version(ref) != version:
            return no(_moved_on(board, ref), incident=incident, conflict=ref)
    when = board_time(board, 0.0, now)
    event, stands_on = _compensation(board, done, when)
    if (refusal := _no_way_back(board, event, done)) is not None:
        return no(refusal, incident=incident)
    text = f"undone: {event.what}" + (f", {short_number(incident)}" if incident else "")
    decision = allow("undo", f"within {UNDO_WITHIN:.0f} s, and nobody acted on it")
    return Verdict(decision, (event,), stands_on, text, incident)


def _too_late(done: RecentCommand, envelope: Envelope, now: float) -> Decision | None:
    if envelope.actor.agency != done.actor.agency:
        reason = f"it was given by {done.actor.agency}, not by {envelope.actor.agency}"
        return refuse("other_agency", reason, f"ask {done.actor.agency}")
    if done.undone:
        return refuse("already_undone", "it has been undone already")
    if now - done.at > UNDO_WITHIN:
        reason = f"it was given {now - done.at:.0f} s ago; undo works for {UNDO_WITHIN:.0f} s"
        return refuse("undo_too_late", reason, "cancel or correct it with a reason")
    return None


def _not_undoable(done: RecentCommand) -> Decision | None:
    kinds = {type(event) for event in done.events}
    if kinds == {NoteAdded}:
        return refuse("not_undoable", "a note stays in the log", "add another note")
    if kinds == {AssignmentStatusChanged}:
        return refuse("not_undoable", "a status is corrected, not undone", "correct it with a reason")
    if not kinds <= set(_WHAT):
        return refuse("not_undoable", f"{_name(done.events[0])} cannot be undone", "change it by its own command")
    return None


def _name(event: Event) -> str:
    """An event's kind in words: IncidentReported -> "incident reported"."""
    return "".join(f" {char.lower()}" if char.isupper() else char for char in type(event).__name__).strip()


def _moved_on(board: Board, ref: str) -> Decision:
    entity = board.find(ref)
    remedy = "later: cancel or correct it with a reason"
    if isinstance(entity, Assignment) and entity.status != AssignmentStatus.DISPATCHED:
        callsign = board.get_unit(entity.unit).callsign
        return refuse("already_acted_on", f"{callsign} is {entity.status.replace('_', ' ')} by now", remedy)
    return refuse("already_acted_on", f"{split_ref(ref)[1]} has changed since", remedy)


def _compensation(board: Board, done: RecentCommand, when: float) -> tuple[CommandUndone, frozenset[str]]:
    units: list[Unit] = []
    incidents: list[Incident] = []
    assignments: list[Assignment] = []
    stands_on = set(done.versions)
    for ref, before in done.before.items():
        now = board.find(ref)
        if before is None and isinstance(now, Assignment):
            cancelled = AssignmentStatus.CANCELLED
            stamps = {**now.stamps, str(cancelled): max(when, *now.stamps.values())}
            assignments.append(replace(now, status=cancelled, stamps=stamps, end_reason="undone"))
        elif isinstance(before, Assignment):
            assignments.append(before)
        elif isinstance(before, Incident):
            incidents.append(before)
        elif isinstance(before, Unit):
            units.append(before)
    for assignment in assignments:
        stands_on.add(incident_ref(assignment.incident))
        if assignment.clause and not assignment.ended:
            stands_on |= {clause_ref(assignment.clause), AGREEMENTS}
    what = next(words for kind, words in _WHAT.items() if any(isinstance(event, kind) for event in done.events))
    event = CommandUndone(done.id, what, done.actor.name, tuple(units), tuple(incidents), tuple(assignments), when)
    return event, frozenset(stands_on)


def _no_way_back(board: Board, event: CommandUndone, done: RecentCommand) -> Decision | None:
    """Why an assignment that had been ended cannot run again: its incident was closed, its clause used since."""
    for assignment in event.assignments:
        if assignment.ended:
            continue
        if not board.get_incident(assignment.incident).open:
            reason = f"{short_number(assignment.incident)} has been closed since"
            return refuse("already_acted_on", reason, "reopen it, then dispatch")
        if (
            assignment.clause
            and max(board.version(clause_ref(assignment.clause)), board.version(AGREEMENTS)) > done.last
        ):
            reason = f"clause {assignment.clause} has been used since"
            return refuse("already_acted_on", reason, "dispatch it anew")
    return None


def _incident_of(done: RecentCommand) -> str:
    """The incident a command was about: where its units went, else the first its events name."""
    for event in done.events:
        if isinstance(event, UnitAssigned):
            return event.assignment.incident
    named = (getattr(event, "incident", "") for event in done.events)
    return next((name for name in named if isinstance(name, str) and name), "")
