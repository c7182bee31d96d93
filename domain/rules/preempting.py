"""The rule for pre-empting: taking a unit that is on its way to something less urgent.

A unit may be taken while it is ConditionallyAvailable (EIDO): en route or staging, never at work, and only for
an incident more urgent than the one that loses it. Whose unit it is, is asked as for any assignment.
"""

from __future__ import annotations

from domain.assignment import AssignmentStatus, availability, may_step
from domain.board import Board
from domain.commands import Envelope, PreemptUnit
from domain.decision import Decision, allow, refuse
from domain.events import UnitPreempted
from domain.incident import short_number
from domain.refs import assignment_ref, incident_ref, unit_ref
from domain.rules.common import board_time, checked_text, find_open
from domain.rules.knowing import may_know_of
from domain.rules.sending import Sending, holder, out_of_service, send, unknown_unit
from domain.rules.verdict import Facts, Verdict, no
from domain.unit import Availability, Unit


def preempt(board: Board, command: PreemptUnit, envelope: Envelope, now: float, facts: Facts) -> Verdict:
    """Cancel a unit's assignment elsewhere and send it here, both or neither."""
    incident = find_open(board, command.incident)
    if isinstance(incident, Decision):
        return no(incident, incident=command.incident)
    unit = board.find(unit_ref(command.unit))
    if not isinstance(unit, Unit):
        return no(unknown_unit(command.unit), incident=incident.id)
    if (out := out_of_service(unit)) is not None:
        return no(out, incident=incident.id, conflict=unit_ref(unit.id))
    when = board_time(board, command.occurred_at, now)
    held = board.active_assignment(unit)
    if held is None:
        return no(refuse("unit_free", f"{unit.callsign} is free", "dispatch it"), incident=incident.id)
    if held.incident == incident.id:
        reason = f"{unit.callsign} is already on {short_number(incident.id)}"
        return no(refuse("already_assigned", reason), incident=incident.id, conflict=unit_ref(unit.id))
    if availability(unit.duty, held.status) != Availability.CONDITIONALLY_AVAILABLE:
        remedy = "only a unit en route or staging can be taken; choose another, or ask for release"
        known = held is not None and may_know_of(board, held.incident, envelope.actor, facts, now)
        refusal = refuse("not_preemptible", holder(board, unit, when, named=known), remedy)
        return no(refusal, incident=incident.id, conflict=unit_ref(unit.id))
    loser = board.get_incident(held.incident)
    if incident.priority >= loser.priority:
        reason = (
            f"{short_number(incident.id)} (P{incident.priority}) is not more urgent than "
            f"{short_number(loser.id)} (P{loser.priority})"
        )
        remedy = "choose another, or ask for release"
        return no(refuse("not_more_urgent", reason, remedy), incident=incident.id, conflict=incident_ref(loser.id))
    step = may_step(held, AssignmentStatus.CANCELLED, when)
    if not step.allowed:
        return no(step, incident=incident.id, conflict=assignment_ref(held.id))
    asked = Sending(
        incident,
        (unit.id,),
        when,
        override_reason=command.override_reason,
        freed={held.clause: 1} if held.clause else {},
        taken=frozenset({unit.id}),
    )
    sent = send(board, asked, envelope, facts)
    if isinstance(sent, Verdict):
        return sent
    taken = UnitPreempted(
        held.id,
        unit.id,
        loser.id,
        held.status,
        incident.id,
        envelope.actor.agency,
        checked_text(command.reason, "reason"),
        held.clause,
        when,
    )
    decision = sent.decision
    if decision.rule != "commander_override":
        # An override keeps its name: it must stand out in every review.
        words = f"P{incident.priority} before P{loser.priority}; {decision.reason}"
        decision = allow("preempt", words, decision.clause)
    stands_on = sent.stands_on | {assignment_ref(held.id), incident_ref(loser.id)}
    text = f"{unit.callsign} taken from {short_number(loser.id)} for {short_number(incident.id)}"
    return Verdict(decision, (taken, *sent.events), stands_on, text, incident.id)
