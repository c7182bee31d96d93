"""May these units go to this incident? The question behind assign, exchange, pre-empt and task forces.

Knows when a unit is free to go and under which paper. Refuses to know which command asked.
A unit has at most one active assignment and any number of reserved ones. One that is active elsewhere is refused
with who holds it, since when, and what to do. Several units are all or none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from domain.agreement import clause_name, may_assign
from domain.assignment import Assignment, AssignmentStatus
from domain.board import Board
from domain.commands import Envelope, Role
from domain.decision import Decision, refuse
from domain.events import UnitAssigned
from domain.incident import Incident, short_number
from domain.refs import AGREEMENTS, assignment_ref, clause_ref, incident_ref, request_ref, unit_ref
from domain.rules.common import checked_text
from domain.rules.knowing import may_know_of
from domain.rules.verdict import Facts, Verdict, no, scene_of
from domain.unit import DutyState, Unit


@dataclass(frozen=True, slots=True)
class Sending:
    """What is asked: units to an incident at a time (board time), dispatched or reserved.

    `freed` counts, by clause, units the same command takes off work: they do not count against a cap any more.
    `taken` names units whose active assignment the same command ends.
    """

    incident: Incident
    units: tuple[str, ...]
    when: float
    reserve: bool = False
    override_reason: str = ""
    task_force: str = ""
    freed: Mapping[str, int] = field(default_factory=dict)
    taken: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Sent:
    """A yes: the events, one Decision for them all, and what the answer stands on."""

    decision: Decision
    events: tuple[UnitAssigned, ...]
    stands_on: frozenset[str]


def send(board: Board, sending: Sending, envelope: Envelope, facts: Facts) -> Sent | Verdict:
    """The assignments that follow, or the refusal of the first unit that may not go."""
    incident, when = sending.incident, sending.when
    if when < incident.received_at:
        reason = f"dispatched {incident.received_at - when:.0f} s before {short_number(incident.id)} was received"
        return no(refuse("time_runs_backward", reason, "check the recorded time"), incident=incident.id)
    override = _override(sending, envelope)
    stands_on = {incident_ref(incident.id)}
    events: list[UnitAssigned] = []
    decisions: list[Decision] = []
    lent: dict[str, int] = {clause: -count for clause, count in sending.freed.items()}
    scene = scene_of(facts, incident.type, incident.lon, incident.lat, when, incident.received_at)
    for name in sending.units:
        unit = board.find(unit_ref(name))
        if not isinstance(unit, Unit):
            return no(unknown_unit(name), incident=incident.id)
        if (refusal := _not_free(board, unit, sending)) is not None:
            return _discreet(board, unit, refusal, sending, envelope, facts)
        question = scene.question(envelope.actor.agency, str(envelope.actor.role), unit.agency, unit.capabilities)
        promise = find_promise(board, incident.id, unit, envelope.actor.agency, when)
        decision = may_assign(
            question,
            board.agreements_of(unit.agency),
            lambda clause: board.lent_under(clause) + lent.get(clause, 0),
            promised=f"promised by {board.name_of(unit.agency)}, request {promise[0].rpartition('|')[2]}"
            if promise
            else "",
            promised_clause=promise[1] if promise else "",
            commander_override=override,
        )
        if not decision.allowed:
            return no(decision, incident=incident.id)
        stands_on.add(unit_ref(unit.id))
        if unit.agency != envelope.actor.agency:
            # Whichever clause decided: one that was used up may have come free, and would have been the better answer.
            stands_on |= {AGREEMENTS, *_capped(board, unit.agency, envelope.actor.agency)}
        if decision.clause:
            lent[decision.clause] = lent.get(decision.clause, 0) + 1
            stands_on.add(clause_ref(decision.clause))
        # Whatever else would have allowed it: what was promised and comes is what was asked for.
        request = promise[0] if promise else ""
        if request:
            stands_on.add(request_ref(request))
        decisions.append(decision)
        assignment = replace(_assignment(board, unit, sending, envelope, decision, override), request=request)
        events.append(UnitAssigned(assignment, when))
    return Sent(weakest(decisions), tuple(events), frozenset(stands_on))


def find_promise(board: Board, incident: str, unit: Unit, asker: str, when: float) -> tuple[str, str] | None:
    """The request under which a unit's agency promised it to the asker, and its clause; each promise holds once.

    A promise stands without a paper: a clause that is no longer in force at `when` is "".
    """
    papers = board.agreements_of(unit.agency)
    for request in board.requests_of(incident):
        ask = request.find_ask(unit.agency) if request.agency == asker else None
        if ask is None or not ask.live or unit.id not in ask.accepted:
            continue
        used = (held for held in board.assignments_of(incident) if held.request == request.id)
        if not any(held.unit == unit.id and held.end_reason != "undone" for held in used):
            binding = {clause_name(paper, one) for paper in papers if paper.in_force(when) for one in paper.clauses}
            return request.id, ask.clause if ask.clause in binding else ""
    return None


def cannot_go(board: Board, unit: Unit, incident: Incident, reserve: bool, when: float) -> Decision | None:
    """Why a unit is not free for an incident, whoever asks; None when it is."""
    for held in board.assignments_of(incident.id):
        if held.unit == unit.id and not held.ended and (reserve or held.status != AssignmentStatus.RESERVED):
            return refuse("already_assigned", f"{unit.callsign} is already on {short_number(incident.id)}")
    if (out := out_of_service(unit)) is not None:
        return out
    if unit.active and not reserve:
        remedy = "choose another, or ask for release"
        return refuse("unit_active_elsewhere", holder(board, unit, when), remedy)
    return None


def out_of_service(unit: Unit) -> Decision | None:
    """The refusal of a unit that is not in service."""
    if unit.duty == DutyState.IN_SERVICE:
        return None
    why = f" ({unit.duty_reason})" if unit.duty_reason else ""
    return refuse("not_in_service", f"{unit.callsign} is {unit.duty.replace('_', ' ')}{why}", "choose another")


def unknown_unit(name: str) -> Decision:
    """The refusal of a unit nobody registered."""
    return refuse("unknown_unit", f"no unit {name} on this board", "check the callsign")


def _discreet(
    board: Board, unit: Unit, refusal: Verdict, sending: Sending, envelope: Envelope, facts: Facts
) -> Verdict:
    """The refusal of a busy unit, without the number of an incident its asker may not know of."""
    held = board.active_assignment(unit)
    if refusal.decision.rule != "unit_active_elsewhere" or held is None:
        return refusal
    if may_know_of(board, held.incident, envelope.actor, facts, envelope.issued_at or board.at):
        return refusal
    decision = replace(refusal.decision, reason=holder(board, unit, sending.when, named=False))
    return replace(refusal, decision=decision, text=decision.reason)


def holder(board: Board, unit: Unit, when: float, *, named: bool = True) -> str:
    """Who holds a unit: "E12 is on scene on #7 by sffd, for 240 s"; not `named`, without saying where."""
    held = board.active_assignment(unit)
    if held is None:
        return f"{unit.callsign} is free"
    since = max(0.0, when - min(held.stamps.values(), default=when))
    status = held.status.replace("_", " ")
    by = f" by {held.assigned_by}" if held.assigned_by else ""
    where = short_number(held.incident) if named else "another incident"
    return f"{unit.callsign} is {status} on {where}{by}, for {since:.0f} s"


def live_assignment(board: Board, unit: str, incident: str) -> Assignment | None:
    """A unit's assignment on an incident that has not ended; there is at most one."""
    return next((held for held in board.assignments_of(incident) if held.unit == unit and not held.ended), None)


def weakest(decisions: Iterable[Decision]) -> Decision:
    """One Decision for several units: an override outweighs a clause, a clause outweighs own agency."""
    rank = {"commander_override": 3, "assistance": 2, "automatic_aid": 1}
    return max(decisions, key=lambda decision: rank.get(decision.rule, 0))


def _not_free(board: Board, unit: Unit, sending: Sending) -> Verdict | None:
    incident = sending.incident
    free = replace(unit, active="") if unit.id in sending.taken else unit
    if (busy := cannot_go(board, free, incident, sending.reserve, sending.when)) is not None:
        return no(busy, incident=incident.id, conflict=unit_ref(unit.id))
    if (waiting := live_assignment(board, unit.id, incident.id)) is not None:
        reason = f"{unit.callsign} is already reserved for {short_number(incident.id)}"
        refusal = refuse("already_reserved", reason, "start its reservation")
        return no(refusal, incident=incident.id, conflict=assignment_ref(waiting.id))
    return None


def _capped(board: Board, giver: str, receiver: str) -> set[str]:
    """The use of every clause with a cap by which one agency lends to another."""
    return {
        clause_ref(clause_name(paper, clause))
        for paper in board.agreements_of(giver)
        for clause in paper.clauses
        if clause.cap and clause.giver == giver and clause.receiver == receiver
    }


def _override(sending: Sending, envelope: Envelope) -> str:
    if envelope.actor.role != Role.COMMANDER:
        return ""
    return checked_text(sending.override_reason, "override reason")


def _assignment(
    board: Board, unit: Unit, sending: Sending, envelope: Envelope, decision: Decision, override: str
) -> Assignment:
    incident = sending.incident
    earlier = sum(1 for held in board.assignments_of(incident.id) if held.unit == unit.id)
    status = AssignmentStatus.RESERVED if sending.reserve else AssignmentStatus.DISPATCHED
    return Assignment(
        id=f"{incident.id}|{unit.id}|{earlier + 1}",
        unit=unit.id,
        incident=incident.id,
        agency=unit.agency,
        status=status,
        stamps={str(status): sending.when},
        assigned_by=envelope.actor.agency,
        clause=decision.clause,
        override_reason=override if decision.rule == "commander_override" else "",
        task_force=sending.task_force,
    )
