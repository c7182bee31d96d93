"""Rules for putting units on an incident and taking them off: assign, exchange, release."""

from __future__ import annotations

from domain.assignment import Assignment, AssignmentStatus, ending, may_step
from domain.board import Board
from domain.commands import AssignUnits, Envelope, ExchangeUnits, ReleaseUnits
from domain.decision import Decision, allow, refuse
from domain.errors import BadCommand
from domain.events import AssignmentStatusChanged, Event
from domain.incident import Incident, short_number
from domain.refs import assignment_ref, unit_ref
from domain.rules.common import answers_for, board_time, checked_text, find_known, find_open
from domain.rules.sending import Sending, live_assignment, send, unknown_unit
from domain.rules.verdict import Facts, Verdict, no
from domain.unit import Unit

MOST_UNITS = 50
"""Units in one command: a full third alarm is about 30."""


def assign(board: Board, command: AssignUnits, envelope: Envelope, now: float, facts: Facts) -> Verdict:
    """Dispatch or reserve units; the first that may not go refuses them all."""
    incident = find_open(board, command.incident)
    if isinstance(incident, Decision):
        return no(incident, incident=command.incident)
    _check_units(command.units)
    when = board_time(board, command.occurred_at, now)
    asked = Sending(incident, command.units, when, command.reserve, command.override_reason)
    sent = send(board, asked, envelope, facts)
    if isinstance(sent, Verdict):
        return sent
    verb = "reserved for" if command.reserve else "dispatched to"
    text = f"{_callsigns(board, command.units)} {verb} {short_number(incident.id)}"
    return Verdict(sent.decision, sent.events, sent.stands_on, text, incident.id)


def exchange(board: Board, command: ExchangeUnits, envelope: Envelope, now: float, facts: Facts) -> Verdict:
    """One unit for another on an incident, both or neither; a reserved one is exchanged for a reserved one."""
    incident = find_open(board, command.incident)
    if isinstance(incident, Decision):
        return no(incident, incident=command.incident)
    if command.release == command.send:
        raise BadCommand("a unit cannot be exchanged for itself")
    when = board_time(board, command.occurred_at, now)
    callsign = _callsigns(board, (command.send,))
    step = _off(board, command.release, incident, envelope, when, f"exchanged for {callsign}")
    if isinstance(step, Verdict):
        return step
    event, held, stands_on = step
    asked = Sending(
        incident,
        (command.send,),
        when,
        reserve=held.status == AssignmentStatus.RESERVED,
        override_reason=command.override_reason,
        task_force=held.task_force,
        freed={held.clause: 1} if held.clause else {},
    )
    sent = send(board, asked, envelope, facts)
    if isinstance(sent, Verdict):
        return sent
    text = f"{callsign} for {_callsigns(board, (command.release,))} on {short_number(incident.id)}"
    return Verdict(sent.decision, (event, *sent.events), sent.stands_on | stands_on, text, incident.id)


def release(board: Board, command: ReleaseUnits, envelope: Envelope, now: float, facts: Facts) -> Verdict:
    """Take units off, all or none, each with the right word: cancelled before arrival, cleared afterwards."""
    incident = find_known(board, command.incident)
    if isinstance(incident, Decision):
        return no(incident, incident=command.incident)
    _check_units(command.units)
    when = board_time(board, command.occurred_at, now)
    reason = checked_text(command.reason, "reason")
    events: list[Event] = []
    stands_on: frozenset[str] = frozenset()
    for name in command.units:
        step = _off(board, name, incident, envelope, when, reason)
        if isinstance(step, Verdict):
            return step
        events.append(step[0])
        stands_on |= step[2]
    text = f"{_callsigns(board, command.units)} released from {short_number(incident.id)}"
    return Verdict(allow("concerned", "answers for the units"), tuple(events), stands_on, text, incident.id)


def _off(
    board: Board, name: str, incident: Incident, envelope: Envelope, when: float, reason: str
) -> tuple[AssignmentStatusChanged, Assignment, frozenset[str]] | Verdict:
    unit = board.find(unit_ref(name))
    if not isinstance(unit, Unit):
        return no(unknown_unit(name), incident=incident.id)
    held = live_assignment(board, unit.id, incident.id)
    if held is None:
        refusal = refuse("not_assigned", f"{unit.callsign} is not on {short_number(incident.id)}", "look again")
        return no(refusal, incident=incident.id, conflict=unit_ref(unit.id))
    may, stands_on = answers_for(board, held, envelope)
    if not may.allowed:
        return no(may, incident=incident.id)
    to = ending(held.status)
    step = may_step(held, to, when)
    if not step.allowed:
        return no(step, incident=incident.id, conflict=assignment_ref(held.id))
    event = AssignmentStatusChanged(held.id, unit.id, incident.id, held.status, to, held.clause, when, reason)
    return event, held, stands_on | {assignment_ref(held.id), unit_ref(unit.id)}


def _check_units(units: tuple[str, ...]) -> None:
    if not 0 < len(units) <= MOST_UNITS or len(set(units)) != len(units):
        raise BadCommand(f"name 1 to {MOST_UNITS} different units; {len(units)} were given")


def _callsigns(board: Board, units: tuple[str, ...]) -> str:
    known = (board.find(unit_ref(name)) for name in units)
    return ", ".join(unit.callsign if isinstance(unit, Unit) else "?" for unit in known)
