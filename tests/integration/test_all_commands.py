"""Every command on a real server: the store's state is the fold of the events, and undo meets another process."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import replace

from data.codec import read_entity
from data.link import BoardLink
from domain.agency import Agency, Discipline
from domain.assignment import AssignmentStatus
from domain.closure import ClosureShape
from domain.command_structure import AgencyRole
from domain.commands import (
    COMMANDS,
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
from domain.outcome import Outcome, OutcomeStatus
from domain.purpose import PurposeKind
from domain.response_plan import Need
from domain.unit import DutyState
from tests.unit.boards import FACTS, automatic_aid, unit

CHEN = Actor("Chen", "sffd", Role.COMMANDER)
LOADER = Actor("loader", "", Role.SERVICE)
ids = itertools.count(1)
ROLLING = AssignmentStatus.EN_ROUTE


async def give(link: BoardLink, command: Command, actor: Actor = CHEN) -> Outcome:
    outcome = await link.send(Envelope(f"a{next(ids)}", actor, command))
    assert outcome.accepted, (command, outcome)
    return outcome


def setup() -> list[Command]:
    names = {"sffd": Discipline.FIRE, "smfd": Discipline.FIRE, "amr": Discipline.EMS}
    units = [unit(f"sffd/E{n}") for n in range(1, 9)] + [unit("smfd/E91"), unit("smfd/E92"), unit("amr/M1", "ALS")]
    return [
        OpenBoard("Test", "test", "SF"),
        SetClock(1_780_000_000.0),
        RegisterAgencies(tuple(Agency(a, a.upper(), a, d) for a, d in names.items())),
        RegisterUnits(tuple(units)),
        RegisterAgreements((automatic_aid(),)),
        AdoptBoundaries("a" * 64, "county.gpkg", 3),
    ]


def signed_papers() -> list[tuple[Command, Actor]]:
    """An agreement from draft to revocation, each step by an admin of a party."""
    ours, theirs, medics = (Actor("Adams", agency, Role.AGENCY_ADMIN) for agency in ("sffd", "smfd", "amr"))
    paper = replace(automatic_aid(), id="night")
    digest = paper.terms_digest
    return [
        (DraftAgreement(paper), ours),
        (ProposeAgreement("night"), ours),
        *((SignAgreement("night", digest), admin) for admin in (ours, theirs, medics)),
        (SuspendAgreement("night", "strike"), theirs),
        (ResumeAgreement("night"), theirs),
        (RevokeAgreement("night", "over"), medics),
    ]


def asked_for_help(two: str) -> list[tuple[Command, Actor]]:
    """Every command about assistance, by whoever may give it."""
    ours, theirs, medics = (Actor("Diaz", agency, Role.DISPATCHER) for agency in ("sffd", "smfd", "amr"))
    engine, many = (Need("ENGINE", 1),), (Need("ALS", 2),)
    first, second, third, _fourth = (f"{two}|R{n}" for n in range(1, 5))
    return [
        (RequestAssistance(two, ("smfd",), engine), ours),
        (AcknowledgeRequest(first), theirs),
        (SayToRequest(first, "via the north gate"), ours),
        (OfferUnits(first, ("smfd/E92",)), theirs),
        (WithdrawOffer(first, ("smfd/E92",), "needed at home"), theirs),
        (WithdrawRequest(first), ours),
        (RequestAssistance(two, ("smfd",), many), ours),
        (OfferUnits(second, ("smfd/E92",)), theirs),
        (DeclineOffer(second, "smfd", "an ambulance is needed"), ours),
        (OfferUnits(second, ("smfd/E92",)), theirs),
        (AcceptOffer(second, "smfd", ("smfd/E92",)), ours),
        (RequestAssistance(two, ("amr",), many, escalate_to=("smfd",)), ours),
        (DeclineRequest(third, "none left"), medics),
        (RequestAssistance(two, ("amr",), many, patience=30.0), ours),
        (AssignUnits(two, ("amr/M1",), override_reason="life at risk"), CHEN),
        (AcknowledgeOverride(f"{two}|amr/M1|1"), medics),
    ]


def a_long_night(one: str, two: str) -> list[Command]:
    """Every other command once or more, on a small and a big incident."""
    return [
        AssignUnits(two, ("sffd/E1", "smfd/E91")),
        ChangeStatus(f"{two}|sffd/E1|1", ROLLING),
        PreemptUnit(one, "sffd/E1", "persons trapped"),
        ExchangeUnits(one, "sffd/E1", "sffd/E2"),
        ChangeStatus(f"{one}|sffd/E2|1", AssignmentStatus.ON_SCENE),
        CorrectStatus(f"{one}|sffd/E2|1", ROLLING, "wrong button"),
        UpdateIncident(one, address="1 Pier", caller="555"),
        RelocateIncident(one, -122.41, 37.7),
        LinkIncidents(one, two),
        UnlinkIncidents(two, one),
        AddNote(one, "smoke"),
        MarkBenchmark(one, "Water"),
        StartPar(one, 600),
        ReportPar(one, True, 4),
        StopPar(one),
        AssignTalkgroup("A2", one),
        AssignTalkgroup("CMD 1"),
        FormTaskForce("TF 1", "sffd/E3", ("sffd/E3", "sffd/E4")),
        DispatchTaskForce("tf-1", one),
        ReleaseUnits(one, ("sffd/E3", "sffd/E4", "sffd/E2")),
        DissolveTaskForce("tf-1"),
        GiveAgencyRole(one, "amr", AgencyRole.ASSISTING),
        WithdrawAgencyRole(one, "amr", AgencyRole.ASSISTING),
        SetUnifiedCommand(one, ("sffd", "smfd")),
        ChangeLeadAgency(one, "smfd"),
        AssignPosition(one, "Safety", "Ng"),
        RelievePosition(one, "Safety"),
        SetDuty("sffd/E8", DutyState.OUT_OF_SERVICE, "fuel"),
        CloseIncident(one),
        ReopenIncident(one, "rekindled"),
        ChangePriority(two, 2),
        UndoCommand(""),
        CloseStreets(ClosureShape.LINE, ((-122.4, 37.7), (-122.41, 37.7)), "wires down", incident=one),
        ChangeClosure("C1", reason="gas leak"),
        ReopenStreets("C1"),
        DeclarePurpose(two, PurposeKind.TREATMENT),
    ]


async def night(link: BoardLink) -> None:
    for command in setup():
        await give(link, command, LOADER)
    one = (await give(link, ReportIncident("FIRE", -122.4, 37.7, 1))).incident
    two = (await give(link, ReportIncident("FIRE", -122.4, 37.7, 3))).incident
    last = ""
    given = {ReportIncident, *map(type, setup())}
    for command in a_long_night(one, two):
        outcome = await give(link, UndoCommand(last) if isinstance(command, UndoCommand) else command)
        last = f"a{int(next(ids)) - 1}"
        given.add(type(command))
        assert outcome.seq == link.board.seq
    for command, admin in signed_papers():
        await give(link, command, admin)
        given.add(type(command))
    for command, actor in asked_for_help(two):
        await give(link, command, actor)
        given.add(type(command))
    await give(link, SetClock(link.board.head.time(link.now()) + 60.0), LOADER)
    await give(link, ExpireAsk(f"{two}|R4", "amr"), LOADER)
    given.add(ExpireAsk)
    assert given == set(COMMANDS)
    assert link.board.get_incident(two).priority == 3


async def test_after_every_command_the_stored_state_is_the_fold_and_another_process_has_it(
    valkey_url: str, board_id: str
) -> None:
    async with (
        BoardLink.open(valkey_url, board_id, FACTS) as here,
        BoardLink.open(valkey_url, board_id, FACTS) as there,
    ):
        await night(here)
        assert await there.caught_up(here.board.seq)
        versions = {ref.decode(): int(v) for ref, v in (await here._client.hgetall(here.keys.versions)).items()}
        state = {ref.decode(): doc for ref, doc in (await here._client.hgetall(here.keys.state)).items()}
        for board in (here.board, there.board):
            assert {ref: version for ref, (version, _) in board.state().items()} == versions
            for ref, (_, entity) in board.state().items():
                assert (read_entity(ref, state[ref]) if ref in state else None) == entity


async def test_an_undo_and_an_acknowledgement_in_the_same_instant_do_not_both_happen(
    valkey_url: str, board_id: str
) -> None:
    async with (
        BoardLink.open(valkey_url, board_id, FACTS) as here,
        BoardLink.open(valkey_url, board_id, FACTS) as there,
    ):
        for command in setup():
            await give(here, command, LOADER)
        for attempt in range(1, 6):
            incident = (await give(here, ReportIncident("FIRE", -122.4, 37.7))).incident
            dispatch = Envelope(f"d{attempt}", CHEN, AssignUnits(incident, (f"sffd/E{attempt}",)))
            sent = await here.send(dispatch)
            assert await there.caught_up(sent.seq)
            held = f"{incident}|sffd/E{attempt}|1"
            undone, heard = await asyncio.gather(
                here.send(Envelope(f"u{attempt}", CHEN, UndoCommand(dispatch.id))),
                there.send(Envelope(f"h{attempt}", CHEN, ChangeStatus(held, AssignmentStatus.ACKNOWLEDGED))),
            )
            assert undone.accepted != heard.accepted, (undone, heard)
            lost = heard if undone.accepted else undone
            assert lost.status == OutcomeStatus.CONFLICT
