"""Commands at random for tests of the whole domain: plausible enough that about half of them are allowed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

from domain.assignment import AssignmentStatus
from domain.board import Board
from domain.closure import ClosureShape
from domain.command_structure import AgencyRole
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
    PreemptUnit,
    ProposeAgreement,
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
from domain.incident import LinkKind
from domain.purpose import PurposeKind
from domain.response_plan import Need
from domain.unit import DutyState
from tests.unit.boards import automatic_aid, unit

AGENCIES = ("sffd", "sffd", "smfd", "amr", "sfpd")
ROLES = (*[Role.DISPATCHER] * 10, *[Role.COMMANDER] * 6, *[Role.SERVICE] * 6, Role.BRIEFER)
POSITIONS = ("Incident Commander", "Safety", "Division A")
S = AssignmentStatus
ROAD = ((-122.41, 37.75), (-122.4, 37.75), (-122.4, 37.76), (-122.41, 37.76))


def command_for(board: Board, given: list[str], now: float, rng: Random, near: Command | None = None) -> Command:
    """One random command about what is on the board, mostly near another; `given` are ids of commands so far."""

    def one(*choices: Any) -> Any:
        return rng.choice(choices)

    incidents = [incident.id for incident in board.incidents()][-4:]
    if not incidents:
        return ReportIncident("FIRE", -122.4, 37.7)
    units = [known.id for known in board.units()]
    idle = [known.id for known in board.units() if not known.active] or units
    held = [a for number in incidents for a in board.assignments_of(number)]
    live = [a for a in held if not a.ended]
    focus = getattr(near, "incident", "") or getattr(near, "assignment", "").split("|")[0]
    if focus in incidents and rng.random() < 0.7:
        incident = focus
        held = [a for a in held if a.incident == focus] or held
        live = [a for a in live if a.incident == focus] or live
    mates = [name for name in units if name.startswith("sffd")]
    rolling = [a for a in live if a.status in (S.EN_ROUTE, S.STAGING)] or live
    open_ones = [number for number in incidents if board.get_incident(number).open] or incidents
    closed = [number for number in incidents if not board.get_incident(number).open] or incidents
    incident = one(*open_ones, *open_ones, *incidents)
    linked = [(number, link.incident) for number in incidents for link in board.get_incident(number).links]
    timed = [number for number in incidents if board.accountability_of(number).par] or incidents
    roles = [(number, part) for number in incidents for part in board.structure_of(number).parts]
    filled = [(number, p.name) for number in incidents for p in board.structure_of(number).positions]
    closed_streets = [closure.id for closure in board.closures()] or ["C0"]
    forces = [group.id for group in board.task_forces()] or ["none"]
    at_incident, at_unit = (lambda a: (a.incident, a.unit))(one(*live)) if live else (incident, units[0])
    assignment = one(*live, *held).id if held else "none"
    asked = [request.id for number in incidents for request in board.requests_of(number)] or ["none"]
    overridden = [a.id for a in held if a.override_reason] or [assignment]
    makers: list[Callable[[], Any]] = [
        lambda: ReportIncident(one("FIRE", "FIRE", "CRISIS"), -122.4, 37.7, one(0, 1, 2, 3, 4)),
        lambda: AssignUnits(incident, tuple(rng.sample(units, 2)), one(False, True), one("", "trapped")),
        lambda: AssignUnits(incident, (one(*units),), one(False, True), one("", "trapped")),
        lambda: AssignUnits(incident, (one(*idle),)),
        lambda: AssignUnits(incident, (one(*idle),)),
        lambda: ExchangeUnits(at_incident, at_unit, one(*idle, *units)),
        lambda: PreemptUnit(incident, one(*rolling).unit if rolling else units[0], "", one("", "trapped")),
        lambda: PreemptUnit(incident, one(*rolling).unit if rolling else units[0]),
        lambda: ReleaseUnits(at_incident, (at_unit,), one("", "stood down")),
        lambda: ChangeStatus(assignment, one(*S)),
        lambda: ChangeStatus(assignment, one(S.EN_ROUTE, S.STAGING)),
        lambda: ChangeStatus(assignment, one(S.ACKNOWLEDGED, S.EN_ROUTE, S.STAGING)),
        lambda: CorrectStatus(assignment, one(*S), "slip", one(0.0, now - 5, now), one(False, True)),
        lambda: CorrectStatus(assignment, one(*S), "slip"),
        lambda: SetDuty(one(*units), one(DutyState.IN_SERVICE, *DutyState), "fuel"),
        lambda: ChangePriority(incident, one(1, 2, 3, 4)),
        lambda: UpdateIncident(incident, one(None, "FIRE", "CRISIS"), one(None, "1 Pier"), caller=one("", "555")),
        lambda: RelocateIncident(incident, -122.4 - one(0, 1), 37.7, one(None, "2 Pier")),
        lambda: LinkIncidents(*rng.sample(incidents, 2), one(*LinkKind)) if len(incidents) > 1 else StopPar(incident),
        lambda: UnlinkIncidents(*one(*linked)) if linked else StopPar(incident),
        lambda: AddNote(incident, "smoke"),
        lambda: CloseIncident(incident, "done", one(False, True)),
        lambda: ReopenIncident(one(*closed), "again"),
        lambda: MarkBenchmark(incident, one("Water", "All clear"), one(False, True), "slip"),
        lambda: StartPar(incident, 600.0),
        lambda: ReportPar(one(*timed), one(True, False), 4),
        lambda: StopPar(one(*timed)),
        lambda: AssignTalkgroup(one("A1", "A2"), *one((incident, ""), ("", one(*forces)), ("", ""))),
        lambda: FormTaskForce(one("TF 1", "TF 2"), (m := tuple(rng.sample(one(units, mates), one(2, 3))))[0], m),
        lambda: DispatchTaskForce(one(*forces), incident, one("", "", "trapped")),
        lambda: DissolveTaskForce(one(*forces)),
        lambda: GiveAgencyRole(incident, one(*AGENCIES), one(*AgencyRole)),
        lambda: (
            (lambda r: WithdrawAgencyRole(r[0], r[1].agency, r[1].role))(one(*roles)) if roles else StopPar(incident)
        ),
        lambda: ChangeLeadAgency(incident, one(*AGENCIES)),
        lambda: SetUnifiedCommand(incident, one((), ("sffd", "sfpd"), ("sffd", "smfd", "amr"))),
        lambda: AssignPosition(incident, one(*POSITIONS), "Ng", one("", at_unit)),
        lambda: RelievePosition(*one(*filled)) if filled else StopPar(incident),
        lambda: UndoCommand(one(*given[-4:]) if given else "none"),
        lambda: UndoCommand(given[-1] if given else "none"),
        lambda: UndoCommand(given[-1] if given else "none"),
        lambda: CloseStreets(one(*ClosureShape), ROAD, "wires down", one(0.0, now + 60), False, one("", incident)),
        lambda: ChangeClosure(one(*closed_streets), one(None, ROAD[1:]), one(None, "flood"), passable=one(None, True)),
        lambda: ReopenStreets(one(*closed_streets), one("", "clear")),
        lambda: AdoptBoundaries(one("a", "b") * 64, "county.gpkg", 3, one(0.0, now + 60)),
        lambda: DraftAgreement(replace(automatic_aid(), id=one("night", "day")), one(True, False)),
        lambda: ProposeAgreement(one("night", "day")),
        lambda: SignAgreement(one("night", "day"), replace(automatic_aid(), id="night").terms_digest),
        lambda: SuspendAgreement(one("peninsula", "night"), "strike"),
        lambda: ResumeAgreement(one("peninsula", "night")),
        lambda: RevokeAgreement(one("night", "day"), "over"),
        lambda: DeclarePurpose(incident, one(*PurposeKind)),
        lambda: RequestAssistance(
            incident, (one("smfd", "amr"),), (Need("ENGINE", one(1, 2)),), patience=60.0, escalate_to=one((), ("sfpd",))
        ),
        lambda: AcknowledgeRequest(one(*asked)),
        lambda: OfferUnits(one(*asked), (one("smfd/E91", "smfd/E92", "amr/M1"),)),
        lambda: OfferUnits(one(*asked), (one("smfd/E91", "smfd/E92", "amr/M1"),)),
        lambda: AcceptOffer(one(*asked), one("smfd", "amr"), (one("smfd/E92", "amr/M1"),)),
        lambda: DeclineOffer(one(*asked), one("smfd", "amr"), "too far"),
        lambda: DeclineRequest(one(*asked), "none left"),
        lambda: WithdrawRequest(one(*asked)),
        lambda: WithdrawOffer(one(*asked), (one("smfd/E91", "amr/M1"),), "needed at home"),
        lambda: SayToRequest(one(*asked), "on the way", one("", "smfd")),
        lambda: ExpireAsk(one(*asked), one("smfd", "amr")),
        lambda: AcknowledgeOverride(one(*overridden)),
        lambda: RegisterAgreements((automatic_aid(areas=one((), ("sffd",))),)),
        lambda: RegisterUnits((replace(unit(one(*units)), staffing=one(3, 4)),)),
    ]
    command: Command = one(*makers)()
    return command


ANSWERS = (AcknowledgeRequest, OfferUnits, DeclineRequest, WithdrawOffer, AcknowledgeOverride)
PAPERS = (DraftAgreement, ProposeAgreement, SignAgreement, SuspendAgreement, ResumeAgreement, RevokeAgreement)


def actor_for(board: Board, command: Command, rng: Random) -> Actor:
    """Mostly somebody who might: of the agency that leads, owns the unit, or gave what is undone."""
    likely: list[str] = []
    incident = next((known for known in board.incidents() if known.id == getattr(command, "incident", "")), None)
    if incident is not None:
        likely += [incident.lead_agency, *board.agencies_of(incident.id)]
    name = getattr(command, "unit", "") or (getattr(command, "assignment", "") + "||").split("|")[1]
    named = [name, *getattr(command, "units", ()), *getattr(command, "members", ())]
    likely += [text.split("/")[0] for text in named if isinstance(text, str) and text]
    recent = board.find_recent(command.command) if isinstance(command, UndoCommand) else None
    if recent is not None and rng.random() < 0.8:
        return recent.actor
    if isinstance(command, RegisterAgreements | RegisterUnits | AdoptBoundaries):
        return Actor("loader", "", Role.SERVICE)
    if isinstance(command, ExpireAsk):
        return Actor("board", "", Role.SERVICE)
    if isinstance(command, ANSWERS) and rng.random() < 0.8:
        return Actor("x", rng.choice(("smfd", "amr")), Role.DISPATCHER)
    if isinstance(command, PAPERS):
        return Actor("x", rng.choice(AGENCIES), Role.AGENCY_ADMIN)
    agency = rng.choice(likely) if likely and rng.random() < 0.75 else rng.choice(AGENCIES)
    return Actor("x", agency, rng.choice(ROLES))
