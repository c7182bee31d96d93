"""Rules for units: assign, step an assignment, duty.

A unit has at most one active assignment and any number of reserved ones. Dispatching a unit that is
active elsewhere is refused with who holds it, since when, and what to do. Several units are all or none.
"""

from __future__ import annotations

from domain.agreement import AidQuestion, may_assign
from domain.assignment import Assignment, AssignmentStatus, may_step
from domain.board import Board
from domain.commands import AssignUnits, ChangeStatus, Envelope, Role, SetDuty
from domain.decision import Decision, allow, refuse
from domain.errors import BadCommand
from domain.events import AssignmentStatusChanged, Event, UnitAssigned, UnitDutyChanged
from domain.incident import Incident, short_number
from domain.refs import AGREEMENTS, assignment_ref, clause_ref, incident_ref, unit_ref
from domain.rules.incidents import board_time, checked_text, find_open
from domain.rules.verdict import Facts, Verdict, no
from domain.unit import DutyState, Unit

MOST_UNITS = 50
"""Units in one command: a full third alarm is about 30."""


def assign(board: Board, command: AssignUnits, envelope: Envelope, now: float, facts: Facts) -> Verdict:
    """Dispatch or reserve units; the first that may not go refuses them all."""
    incident = find_open(board, command.incident)
    if isinstance(incident, Decision):
        return no(incident, incident=command.incident)
    if not 0 < len(command.units) <= MOST_UNITS or len(set(command.units)) != len(command.units):
        raise BadCommand(f"name 1 to {MOST_UNITS} different units; {len(command.units)} were given")
    when = board_time(board, command.occurred_at, now)
    if when < incident.received_at:
        reason = f"dispatched {incident.received_at - when:.0f} s before {short_number(incident.id)} was received"
        return no(refuse("time_runs_backward", reason, "check the recorded time"), incident=incident.id)
    stands_on = {incident_ref(incident.id)}
    events: list[Event] = []
    decisions: list[Decision] = []
    lent: dict[str, int] = {}
    areas = facts.areas_at(incident.lon, incident.lat, when)
    for name in command.units:
        unit = board.find(unit_ref(name))
        if not isinstance(unit, Unit):
            return no(
                refuse("unknown_unit", f"no unit {name} on this board", "check the callsign"), incident=incident.id
            )
        if (busy := _cannot_go(board, unit, incident, command.reserve, when)) is not None:
            return no(busy, incident=incident.id, conflict=unit_ref(unit.id))
        if (waiting := _reservation(board, unit, incident)) is not None:
            reason = f"{unit.callsign} is already reserved for {short_number(incident.id)}"
            refusal = refuse("already_reserved", reason, "start its reservation")
            return no(refusal, incident=incident.id, conflict=assignment_ref(waiting.id))
        question = AidQuestion(
            asker=envelope.actor.agency,
            owner=unit.agency,
            capabilities=unit.capabilities,
            incident_type=incident.type,
            areas=areas,
            when=when,
            hour=facts.local_hour(when),
        )
        decision = may_assign(
            question,
            board.agreements_of(unit.agency),
            lambda clause: board.lent_under(clause) + lent.get(clause, 0),
            commander_override=_override(command, envelope),
        )
        if not decision.allowed:
            return no(decision, incident=incident.id)
        stands_on.add(unit_ref(unit.id))
        if unit.agency != envelope.actor.agency:
            stands_on.add(AGREEMENTS)
        if decision.clause:
            lent[decision.clause] = lent.get(decision.clause, 0) + 1
            stands_on.add(clause_ref(decision.clause))
        decisions.append(decision)
        events.append(UnitAssigned(_new_assignment(board, unit, incident, command, envelope, decision, when), when))
    return Verdict(
        _weakest(decisions), tuple(events), frozenset(stands_on), _sentence(board, command, incident), incident.id
    )


def change_status(board: Board, command: ChangeStatus, envelope: Envelope, now: float, facts: Facts) -> Verdict:
    """The unit's own agency, the one that sent it and the lead agency may step an assignment."""
    assignment = board.find(assignment_ref(command.assignment))
    if not isinstance(assignment, Assignment):
        return no(refuse("unknown_assignment", f"no assignment {command.assignment}", "look again"))
    incident = board.get_incident(assignment.incident)
    unit = board.get_unit(assignment.unit)
    concerned = {assignment.agency, assignment.assigned_by, incident.lead_agency}
    if envelope.actor.role != Role.SERVICE and envelope.actor.agency not in concerned:
        reason = f"{unit.id} answers to {assignment.agency}, not to {envelope.actor.agency}"
        return no(refuse("not_your_unit", reason, f"ask {assignment.agency}"), incident=incident.id)
    when = board_time(board, command.occurred_at, now)
    decision = may_step(assignment, command.status, when)
    if not decision.allowed:
        return no(decision, incident=incident.id, conflict=assignment_ref(assignment.id))
    starts = assignment.status == AssignmentStatus.RESERVED and command.status != AssignmentStatus.CANCELLED
    if starts and (busy := _cannot_go(board, unit, incident, False, when)) is not None:
        return no(busy, incident=incident.id, conflict=unit_ref(unit.id))
    event = AssignmentStatusChanged(
        assignment.id, unit.id, incident.id, assignment.status, command.status, assignment.clause, when
    )
    stands_on = frozenset({assignment_ref(assignment.id), unit_ref(unit.id)})
    words = command.status.replace("_", " ")
    text = f"{unit.callsign} {words}, {short_number(incident.id)}"
    return Verdict(decision, (event,), stands_on, text, incident.id)


def set_duty(board: Board, command: SetDuty, envelope: Envelope, now: float, facts: Facts) -> Verdict:
    """The unit's own agency sets its duty; a unit at work stays in service."""
    unit = board.find(unit_ref(command.unit))
    if not isinstance(unit, Unit):
        return no(refuse("unknown_unit", f"no unit {command.unit} on this board", "check the callsign"))
    if envelope.actor.role != Role.SERVICE and unit.agency != envelope.actor.agency:
        reason = f"{unit.id} answers to {unit.agency}, not to {envelope.actor.agency}"
        return no(refuse("not_your_unit", reason, f"ask {unit.agency}"))
    if command.duty != DutyState.IN_SERVICE and unit.active:
        return no(
            refuse("unit_active", f"{_holder(board, unit, board_time(board, 0.0, now))}", "clear it first"),
            conflict=unit_ref(unit.id),
        )
    reason = checked_text(command.reason, "reason")
    if command.duty == DutyState.OUT_OF_SERVICE and not reason:
        raise BadCommand("out of service needs a reason")
    event = UnitDutyChanged(unit.id, command.duty, reason, board_time(board, command.occurred_at, now))
    words = command.duty.replace("_", " ")
    return Verdict(
        allow("own_agency", "own agency"), (event,), frozenset({unit_ref(unit.id)}), f"{unit.callsign} {words}"
    )


def _cannot_go(board: Board, unit: Unit, incident: Incident, reserve: bool, when: float) -> Decision | None:
    for held in board.assignments_of(incident.id):
        if held.unit == unit.id and not held.ended and (reserve or held.status != AssignmentStatus.RESERVED):
            return refuse("already_assigned", f"{unit.callsign} is already on {short_number(incident.id)}")
    if unit.duty != DutyState.IN_SERVICE:
        why = f" ({unit.duty_reason})" if unit.duty_reason else ""
        return refuse("not_in_service", f"{unit.callsign} is {unit.duty.replace('_', ' ')}{why}", "choose another")
    if unit.active and not reserve:
        return refuse("unit_active_elsewhere", _holder(board, unit, when), "choose another, or ask for release")
    return None


def _reservation(board: Board, unit: Unit, incident: Incident) -> Assignment | None:
    held = [board.get_assignment(name) for name in unit.reserved]
    return next((waiting for waiting in held if waiting.incident == incident.id), None)


def _holder(board: Board, unit: Unit, when: float) -> str:
    held = board.active_assignment(unit)
    if held is None:
        return f"{unit.callsign} is free"
    since = max(0.0, when - min(held.stamps.values(), default=when))
    status = held.status.replace("_", " ")
    by = f" by {held.assigned_by}" if held.assigned_by else ""
    return f"{unit.callsign} is {status} on {short_number(held.incident)}{by}, for {since:.0f} s"


def _override(command: AssignUnits, envelope: Envelope) -> str:
    if envelope.actor.role != Role.COMMANDER:
        return ""
    return checked_text(command.override_reason, "override reason")


def _new_assignment(
    board: Board,
    unit: Unit,
    incident: Incident,
    command: AssignUnits,
    envelope: Envelope,
    decision: Decision,
    when: float,
) -> Assignment:
    earlier = sum(1 for held in board.assignments_of(incident.id) if held.unit == unit.id)
    status = AssignmentStatus.RESERVED if command.reserve else AssignmentStatus.DISPATCHED
    return Assignment(
        id=f"{incident.id}|{unit.id}|{earlier + 1}",
        unit=unit.id,
        incident=incident.id,
        agency=unit.agency,
        status=status,
        stamps={str(status): when},
        assigned_by=envelope.actor.agency,
        clause=decision.clause,
        override_reason=_override(command, envelope) if decision.rule == "commander_override" else "",
    )


def _weakest(decisions: list[Decision]) -> Decision:
    """One Decision for several units: an override outweighs a clause, a clause outweighs own agency."""
    rank = {"commander_override": 2, "automatic_aid": 1}
    return max(decisions, key=lambda decision: rank.get(decision.rule, 0))


def _sentence(board: Board, command: AssignUnits, incident: Incident) -> str:
    callsigns = ", ".join(board.get_unit(name).callsign for name in command.units)
    verb = "reserved for" if command.reserve else "dispatched to"
    return f"{callsigns} {verb} {short_number(incident.id)}"
