"""From an envelope to a verdict: role, what was seen, then the command's own rule.

Knows the order of the questions. Refuses to know any subject's rule.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from domain.board import Board
from domain.commands import (
    STALE_AFTER,
    AcceptOffer,
    AcknowledgeOverride,
    AcknowledgeRequest,
    AddNote,
    AdoptBoundaries,
    AssignPosition,
    AssignTalkgroup,
    AssignUnits,
    ChangeClosure,
    ChangeLeadAgency,
    ChangePriority,
    ChangeStatus,
    CloseIncident,
    CloseStreets,
    CorrectStatus,
    DeclarePurpose,
    DeclineOffer,
    DeclineRequest,
    DispatchTaskForce,
    DissolveTaskForce,
    DraftAgreement,
    Envelope,
    ExchangeUnits,
    ExpireAsk,
    FormTaskForce,
    GiveAgencyRole,
    LinkIncidents,
    MarkBenchmark,
    OfferUnits,
    OpenBoard,
    PreemptUnit,
    ProposeAgreement,
    RegisterAgencies,
    RegisterAgreements,
    RegisterUnits,
    ReleaseUnits,
    RelievePosition,
    RelocateIncident,
    ReopenIncident,
    ReopenStreets,
    ReportIncident,
    ReportPar,
    RequestAssistance,
    ResumeAgreement,
    RevokeAgreement,
    SayToRequest,
    SetClock,
    SetDuty,
    SetUnifiedCommand,
    SignAgreement,
    StartPar,
    StopPar,
    SuspendAgreement,
    UndoCommand,
    UnlinkIncidents,
    UpdateIncident,
    WithdrawAgencyRole,
    WithdrawOffer,
    WithdrawRequest,
)
from domain.decision import refuse
from domain.errors import BadCommand
from domain.rules import (
    accounting,
    agreements,
    assigning,
    assisting,
    closing_streets,
    commanding,
    correcting,
    declaring,
    editions,
    incident_details,
    incidents,
    preempting,
    setup,
    statuses,
    task_forces,
    undoing,
)
from domain.rules.knowing import knowledge, seen_version, withheld
from domain.rules.roles import may_give
from domain.rules.verdict import Facts, Verdict, no

Rule = Callable[[Board, Any, Envelope, float, Facts], Verdict]

RULES: dict[type, Rule] = {
    OpenBoard: setup.open_board,
    SetClock: setup.set_clock,
    RegisterAgencies: setup.register_agencies,
    RegisterUnits: setup.register_units,
    RegisterAgreements: setup.register_agreements,
    ReportIncident: incidents.report,
    ChangePriority: incidents.change_priority,
    UpdateIncident: incident_details.update,
    RelocateIncident: incident_details.relocate,
    LinkIncidents: incident_details.link,
    UnlinkIncidents: incident_details.unlink,
    AddNote: incidents.add_note,
    CloseIncident: incidents.close,
    ReopenIncident: incidents.reopen,
    AssignUnits: assigning.assign,
    ExchangeUnits: assigning.exchange,
    PreemptUnit: preempting.preempt,
    ReleaseUnits: assigning.release,
    ChangeStatus: statuses.change_status,
    SetDuty: statuses.set_duty,
    CorrectStatus: correcting.correct,
    MarkBenchmark: accounting.mark_benchmark,
    StartPar: accounting.start_par,
    ReportPar: accounting.report_par,
    StopPar: accounting.stop_par,
    AssignTalkgroup: commanding.assign_talkgroup,
    FormTaskForce: task_forces.form,
    DispatchTaskForce: task_forces.dispatch,
    DissolveTaskForce: task_forces.dissolve,
    GiveAgencyRole: commanding.give_role,
    WithdrawAgencyRole: commanding.withdraw_role,
    ChangeLeadAgency: commanding.change_lead,
    SetUnifiedCommand: commanding.set_unified,
    AssignPosition: commanding.assign_position,
    RelievePosition: commanding.relieve_position,
    UndoCommand: undoing.undo,
    CloseStreets: closing_streets.close,
    ChangeClosure: closing_streets.change,
    ReopenStreets: closing_streets.reopen,
    AdoptBoundaries: editions.adopt,
    DraftAgreement: agreements.draft,
    ProposeAgreement: agreements.propose,
    SignAgreement: agreements.sign,
    SuspendAgreement: agreements.suspend,
    ResumeAgreement: agreements.resume,
    RevokeAgreement: agreements.revoke,
    DeclarePurpose: declaring.declare,
    RequestAssistance: assisting.request,
    AcknowledgeRequest: assisting.acknowledge,
    OfferUnits: assisting.offer,
    AcceptOffer: assisting.accept,
    DeclineOffer: assisting.decline_offer,
    DeclineRequest: assisting.decline,
    WithdrawRequest: assisting.withdraw,
    WithdrawOffer: assisting.withdraw_offer,
    SayToRequest: assisting.say,
    ExpireAsk: assisting.expire,
    AcknowledgeOverride: assisting.acknowledge_override,
}


def decide(board: Board, envelope: Envelope, server_time: float, facts: Facts) -> Verdict:
    """Answer a command against the board as it is at `server_time` (seconds since the epoch).

    Raises BadCommand for a command that cannot mean anything; every other no is in the Verdict.
    """
    command = envelope.command
    rule = RULES.get(type(command))
    if rule is None:
        raise BadCommand(f"{type(command).__name__} is not a command")
    if envelope.issued_at and server_time - envelope.issued_at > STALE_AFTER:
        age = server_time - envelope.issued_at
        return no(
            refuse("stale", f"this command is {age:.0f} s old; older than {STALE_AFTER:.0f} s is refused", "look again")
        )
    permitted = may_give(envelope.actor, command)
    if not permitted.allowed:
        return no(permitted)
    if (unknown := withheld(board, command, envelope.actor, facts, server_time)) is not None:
        return no(unknown, incident=getattr(command, "incident", ""))
    verdict = rule(board, command, envelope, server_time, facts)
    if not verdict.decision.allowed:
        # A plain no says more than "something changed": it names the holder or the rule.
        return verdict
    for ref, seen in envelope.expected.items():
        if seen_version(board, ref, envelope.actor, facts, server_time) != seen:
            changed = refuse("changed_since_seen", f"{ref} changed since you looked", "look again, then repeat")
            return no(changed, incident=verdict.incident, conflict=ref)
    if verdict.events and verdict.stands_on:
        known = knowledge(board, command, envelope.actor)
        return replace(verdict, stands_on=verdict.stands_on | known) if known else verdict
    return verdict
