"""The rule for a correction: the only way an assignment's status goes backward.

A wrong button is put right with a reason, and the log shows what was said before. The stamps that remain are
never out of order. A correction may not do what an assignment could not: give a unit two active
assignments, revive one on a closed incident, or exceed a clause's cap.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping

from domain.agreement import Agreement
from domain.assignment import CANCELLABLE, ENDED, Assignment, AssignmentStatus, rank
from domain.board import Board
from domain.commands import CorrectStatus, Envelope
from domain.decision import Decision, allow, refuse
from domain.errors import BadCommand
from domain.events import StatusCorrected
from domain.incident import Incident, short_number
from domain.refs import AGREEMENTS, agreement_ref, assignment_ref, clause_ref, incident_ref, unit_ref
from domain.rules.common import answers_for, board_time, needed_text
from domain.rules.sending import holder, live_assignment, out_of_service
from domain.rules.verdict import Facts, Verdict, no
from domain.unit import Unit


def correct(board: Board, command: CorrectStatus, envelope: Envelope, now: float, facts: Facts) -> Verdict:
    """Who may step an assignment may correct it."""
    held = board.find(assignment_ref(command.assignment))
    if not isinstance(held, Assignment):
        return no(refuse("unknown_assignment", f"no assignment {command.assignment}", "look again"))
    incident, unit = board.get_incident(held.incident), board.get_unit(held.unit)
    may, refs = answers_for(board, held, envelope)
    if not may.allowed:
        return no(may, incident=incident.id)
    reason = needed_text(command.reason, "reason")
    when = board_time(board, 0.0, now)
    status, stamps = _corrected(held, command, when)
    if status == held.status and stamps == held.stamps:
        refusal = refuse("nothing_to_correct", f"{unit.callsign} is {status.replace('_', ' ')} since then already")
        return no(refusal, incident=incident.id)
    if (wrong := _out_of_order(stamps, incident, when)) is not None:
        return no(wrong, incident=incident.id)
    if (impossible := _impossible(board, held, status, unit, incident, when)) is not None:
        return no(impossible, incident=incident.id, conflict=unit_ref(unit.id))
    event = StatusCorrected(
        held.id,
        unit.id,
        incident.id,
        held.status,
        dict(held.stamps),
        status,
        stamps,
        reason,
        held.clause,
        when,
    )
    stands_on = refs | {assignment_ref(held.id), unit_ref(unit.id), incident_ref(incident.id)}
    if held.clause and held.ended and status not in ENDED:
        stands_on |= {clause_ref(held.clause), AGREEMENTS}
    words = status.replace("_", " ")
    text = f"{unit.callsign} corrected to {words}, {short_number(incident.id)}"
    decision = allow("correction", f"corrected with a reason: {reason}")
    return Verdict(decision, (event,), stands_on, text, incident.id)


def _corrected(held: Assignment, command: CorrectStatus, now: float) -> tuple[AssignmentStatus, dict[str, float]]:
    if command.time_only:
        if str(command.status) not in held.stamps or not command.at:
            raise BadCommand(f"give the right time of a status it has reached: {', '.join(held.stamps)}")
        return held.status, {**held.stamps, str(command.status): command.at}
    at = command.at or held.stamps.get(command.status, now)
    kept = {name: stamp for name, stamp in held.stamps.items() if _before(AssignmentStatus(name), command.status)}
    return command.status, {**kept, str(command.status): at}


def _before(earlier: AssignmentStatus, status: AssignmentStatus) -> bool:
    """Whether a stamp stays when the status becomes `status`: what comes later in the order was wrong."""
    if status == AssignmentStatus.CANCELLED:
        return earlier in CANCELLABLE
    return rank(earlier) < rank(status) and earlier not in ENDED


def _out_of_order(stamps: Mapping[str, float], incident: Incident, now: float) -> Decision | None:
    remedy = "check the time"
    ordered = sorted(stamps, key=lambda name: rank(AssignmentStatus(name)))
    for earlier, later in itertools.pairwise(ordered):
        if stamps[later] < stamps[earlier]:
            gap = stamps[earlier] - stamps[later]
            return refuse("time_runs_backward", f"{later} would be {gap:.0f} s before {earlier}", remedy)
    if stamps[ordered[0]] < incident.received_at:
        reason = f"{ordered[0]} would be before {short_number(incident.id)} was received"
        return refuse("time_runs_backward", reason, remedy)
    latest = incident.closed_at or now
    if stamps[ordered[-1]] > latest:
        end = f"{short_number(incident.id)} was closed" if incident.closed_at else "now"
        return refuse("time_in_future", f"{ordered[-1]} would be after {end}", remedy)
    return None


def _impossible(
    board: Board, held: Assignment, status: AssignmentStatus, unit: Unit, incident: Incident, when: float
) -> Decision | None:
    if status in ENDED:
        return None
    if not incident.open:
        reason = f"{short_number(incident.id)} is {incident.status.lower()}"
        return refuse("incident_closed", reason, "reopen it first")
    if (held.ended or held.status == AssignmentStatus.RESERVED) and (out := out_of_service(unit)) is not None:
        return out
    other = live_assignment(board, unit.id, incident.id)
    if other is not None and other.id != held.id:
        reason = f"{unit.callsign} has been put on {short_number(incident.id)} again"
        return refuse("already_assigned", reason, "correct that assignment")
    if status != AssignmentStatus.RESERVED and unit.active not in ("", held.id):
        return refuse("unit_active_elsewhere", holder(board, unit, when), "release it there first")
    if held.clause and held.ended and (cap := _cap(board, held.clause)) and board.lent_under(held.clause) >= cap:
        reason = f"clause {held.clause} is used up by now ({cap} of {cap})"
        return refuse("clause_cap_reached", reason, f"ask {held.agency} for assistance")
    return None


def _cap(board: Board, clause: str) -> int:
    """A clause's cap; 0 where it has none or the paper is gone."""
    agreement, _, name = clause.rpartition("/")
    paper = board.find(agreement_ref(agreement))
    if not isinstance(paper, Agreement):
        return 0
    return next((one.cap for one in paper.clauses if one.id == name), 0)
