"""Which role may give which command. No entry means no.

Knows roles and command kinds only; whose unit or incident it is, is each rule's own question.
"""

from __future__ import annotations

from domain.commands import (
    AcceptOffer,
    AcknowledgeOverride,
    AcknowledgeRequest,
    Actor,
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
    Command,
    CorrectStatus,
    DeclarePurpose,
    DeclineOffer,
    DeclineRequest,
    DispatchTaskForce,
    DissolveTaskForce,
    DraftAgreement,
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
    Role,
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
from domain.decision import Decision, allow, refuse

_OPERATIONS: frozenset[type] = frozenset(
    {
        ReportIncident,
        ChangePriority,
        UpdateIncident,
        RelocateIncident,
        LinkIncidents,
        UnlinkIncidents,
        AddNote,
        CloseIncident,
        ReopenIncident,
        AssignUnits,
        ExchangeUnits,
        PreemptUnit,
        ReleaseUnits,
        ChangeStatus,
        SetDuty,
        CorrectStatus,
        MarkBenchmark,
        StartPar,
        ReportPar,
        StopPar,
        AssignTalkgroup,
        FormTaskForce,
        DispatchTaskForce,
        DissolveTaskForce,
        GiveAgencyRole,
        WithdrawAgencyRole,
        ChangeLeadAgency,
        SetUnifiedCommand,
        AssignPosition,
        RelievePosition,
        UndoCommand,
        CloseStreets,
        ChangeClosure,
        ReopenStreets,
        DeclarePurpose,
        RequestAssistance,
        AcknowledgeRequest,
        OfferUnits,
        AcceptOffer,
        DeclineOffer,
        DeclineRequest,
        WithdrawRequest,
        WithdrawOffer,
        SayToRequest,
        AcknowledgeOverride,
    }
)
_SETUP: frozenset[type] = frozenset(
    {OpenBoard, SetClock, RegisterAgencies, RegisterUnits, RegisterAgreements, AdoptBoundaries}
)

_PAPERS: frozenset[type] = frozenset(
    {DraftAgreement, ProposeAgreement, SignAgreement, SuspendAgreement, ResumeAgreement, RevokeAgreement}
)

MAY_GIVE: dict[Role, frozenset[type]] = {
    Role.DISPATCHER: _OPERATIONS,
    Role.COMMANDER: _OPERATIONS,
    Role.SERVICE: _OPERATIONS | _SETUP | {ExpireAsk},
    Role.BOARD_ADMIN: _SETUP - {RegisterAgreements},  # signs for nobody, so puts no paper in force
    Role.AGENCY_ADMIN: frozenset({RegisterUnits, SetDuty}) | _PAPERS | {DeclarePurpose},
    Role.BRIEFER: frozenset(),
    Role.AUDITOR: frozenset(),
    Role.PUBLIC: frozenset(),
}


def may_change_anything(role: Role) -> Decision:
    """Whether a role gives commands at all."""
    if MAY_GIVE.get(role):
        return allow("role", f"a {role} gives commands")
    return refuse("role", f"a {role} changes nothing", "ask a dispatcher or commander")


def may_give(actor: Actor, command: Command) -> Decision:
    """Whether an actor's role permits a kind of command at all."""
    name = type(command).__name__
    if type(command) not in MAY_GIVE.get(actor.role, frozenset()):
        return refuse("role", f"a {actor.role} may not give {name}", "ask a dispatcher or commander")
    if getattr(command, "occurred_at", 0.0) and actor.role != Role.SERVICE:
        return refuse("recorded_time", "only a service account may give recorded times", "leave the time to the board")
    return allow("role", f"{actor.role} may give {name}")
