"""Rules for a unit's own progress: step an assignment, duty."""

from __future__ import annotations

from domain.assignment import Assignment, AssignmentStatus, may_step
from domain.board import Board
from domain.commands import ChangeStatus, Envelope, Role, SetDuty
from domain.decision import allow, refuse
from domain.errors import BadCommand
from domain.events import AssignmentStatusChanged, UnitDutyChanged
from domain.incident import short_number
from domain.refs import assignment_ref, unit_ref
from domain.rules.common import answers_for, board_time, checked_text
from domain.rules.sending import cannot_go, holder, unknown_unit
from domain.rules.verdict import Facts, Verdict, no
from domain.unit import DutyState, Unit


def change_status(board: Board, command: ChangeStatus, envelope: Envelope, now: float, facts: Facts) -> Verdict:
    """The unit's own agency, the one that sent it and who leads may step an assignment."""
    assignment = board.find(assignment_ref(command.assignment))
    if not isinstance(assignment, Assignment):
        return no(refuse("unknown_assignment", f"no assignment {command.assignment}", "look again"))
    incident = board.get_incident(assignment.incident)
    unit = board.get_unit(assignment.unit)
    may, refs = answers_for(board, assignment, envelope)
    if not may.allowed:
        return no(may, incident=incident.id)
    when = board_time(board, command.occurred_at, now)
    decision = may_step(assignment, command.status, when)
    if not decision.allowed:
        return no(decision, incident=incident.id, conflict=assignment_ref(assignment.id))
    starts = assignment.status == AssignmentStatus.RESERVED and command.status != AssignmentStatus.CANCELLED
    if starts and (busy := cannot_go(board, unit, incident, False, when)) is not None:
        return no(busy, incident=incident.id, conflict=unit_ref(unit.id))
    event = AssignmentStatusChanged(
        assignment.id, unit.id, incident.id, assignment.status, command.status, assignment.clause, when
    )
    words = command.status.replace("_", " ")
    text = f"{unit.callsign} {words}, {short_number(incident.id)}"
    stands_on = refs | {assignment_ref(assignment.id), unit_ref(unit.id)}
    return Verdict(decision, (event,), stands_on, text, incident.id)


def set_duty(board: Board, command: SetDuty, envelope: Envelope, now: float, facts: Facts) -> Verdict:
    """The unit's own agency sets its duty; a unit at work stays in service."""
    unit = board.find(unit_ref(command.unit))
    if not isinstance(unit, Unit):
        return no(unknown_unit(command.unit))
    if envelope.actor.role != Role.SERVICE and unit.agency != envelope.actor.agency:
        reason = f"{unit.id} answers to {unit.agency}, not to {envelope.actor.agency}"
        return no(refuse("not_your_unit", reason, f"ask {unit.agency}"))
    when = board_time(board, command.occurred_at, now)
    if command.duty != DutyState.IN_SERVICE and unit.active:
        held = holder(board, unit, board_time(board, 0.0, now))
        return no(refuse("unit_active", held, "clear it first"), conflict=unit_ref(unit.id))
    reason = checked_text(command.reason, "reason")
    if command.duty == DutyState.OUT_OF_SERVICE and not reason:
        raise BadCommand("out of service needs a reason")
    event = UnitDutyChanged(unit.id, command.duty, reason, when)
    words = command.duty.replace("_", " ")
    stands_on = frozenset({unit_ref(unit.id)})
    return Verdict(allow("own_agency", "own agency"), (event,), stands_on, f"{unit.callsign} {words}")
