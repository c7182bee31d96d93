"""Assistance: every answer by everybody at every state, partial fills, counter-offers, escalation, deployment."""

from __future__ import annotations

import itertools

import pytest

from domain.assistance import AskState, state_of, unmet
from domain.commands import (
    AcceptOffer,
    AcknowledgeOverride,
    AcknowledgeRequest,
    Actor,
    AssignUnits,
    Command,
    DeclineOffer,
    DeclineRequest,
    ExpireAsk,
    OfferUnits,
    RequestAssistance,
    Role,
    SayToRequest,
    WithdrawOffer,
    WithdrawRequest,
)
from domain.errors import BadCommand
from domain.response import Start, Trip, response_from
from domain.response_plan import Need
from tests.unit.boards import FACTS, NOON, Table, automatic_aid

OURS = Actor("Okafor", "sffd", Role.DISPATCHER)
THEIRS = Actor("Diaz", "smfd", Role.DISPATCHER)
BOARD = Actor("board", "", Role.SERVICE)
TWO_ENGINES = (Need("ENGINE", 2),)


def asked(*agencies: str, needs: tuple[Need, ...] = TWO_ENGINES, **more: object) -> tuple[Table, str, str]:
    """A board where sffd asked others; the incident and the request."""
    table = Table()
    fire = table.fire()
    table.do(RequestAssistance(fire, agencies or ("smfd",), needs, **more), OURS)  # type: ignore[arg-type]
    return table, fire, f"{fire}|R1"


def ask_of(table: Table, request: str, agency: str = "smfd") -> AskState:
    found = next(one for one in table.board.requests() if one.id == request)
    ask = found.find_ask(agency)
    assert ask is not None
    return state_of(found, ask, table.board.assignments_of(found.incident))


STEPS = {
    "acknowledge": lambda r: AcknowledgeRequest(r),
    "offer": lambda r: OfferUnits(r, ("smfd/E93",)),
    "accept": lambda r: AcceptOffer(r, "smfd", ("smfd/E91",)),
    "decline_offer": lambda r: DeclineOffer(r, "smfd", "too far"),
    "decline": lambda r: DeclineRequest(r, "none left"),
    "withdraw": lambda r: WithdrawRequest(r),
    "withdraw_offer": lambda r: WithdrawOffer(r, ("smfd/E91",), "needed at home"),
    "say": lambda r: SayToRequest(r, "hello"),
    "expire": lambda r: ExpireAsk(r, "smfd"),
}
BY_ASKED = {"acknowledge", "offer", "decline", "withdraw_offer", "say"}
BY_ASKER = {"accept", "decline_offer", "withdraw", "say"}
ALLOWED = {
    "requested": {"acknowledge", "offer", "decline", "withdraw", "say"},
    "offered": {"acknowledge", "offer", "accept", "decline_offer", "decline", "withdraw", "withdraw_offer", "say"},
    "accepted": {"acknowledge", "offer", "decline", "withdraw", "withdraw_offer", "say"},
    "deployed": {"acknowledge", "offer", "withdraw", "say"},
    "declined": {"acknowledge", "say"},
    "expired": {"acknowledge", "say"},
    "withdrawn": {"acknowledge", "say"},
}
"""What the agency concerned may do at each state; what is not here is refused."""


def at(state: str) -> tuple[Table, str]:
    needs = (Need("ALS", 2),) if state == "offered" else TWO_ENGINES
    table, fire, request = asked(needs=needs)
    if state in ("offered", "accepted", "deployed"):
        table.do(OfferUnits(request, ("smfd/E91",)), THEIRS)
    if state == "deployed":
        table.do(AssignUnits(fire, ("smfd/E91",)), OURS)
    if state == "declined":
        table.do(DeclineRequest(request, "none left"), THEIRS)
    if state == "withdrawn":
        table.do(WithdrawRequest(request), OURS)
    if state == "expired":
        table.now += 301
        table.do(ExpireAsk(request, "smfd"), BOARD)
    assert ask_of(table, request) == state
    return table, request


@pytest.mark.parametrize(("state", "step"), list(itertools.product(ALLOWED, STEPS)))
def test_every_step_at_every_state_by_every_role_of_asker_asked_and_another(state: str, step: str) -> None:
    table, request = at(state)
    for role, agency in itertools.product(Role, ("sffd", "smfd", "amr")):
        if role == Role.SERVICE:
            continue  # speaks for any agency
        command: Command = STEPS[step](request)
        verdict = table.ask(command, Actor("x", agency, role))
        concerned = (agency == "smfd" and step in BY_ASKED) or (agency == "sffd" and step in BY_ASKER)
        works = role in (Role.DISPATCHER, Role.COMMANDER)
        allowed = works and concerned and step in ALLOWED[state] and step != "expire"
        assert verdict.decision.allowed == allowed, (state, step, role, agency, verdict.decision)


def test_part_of_what_was_asked_for_is_accepted_and_the_rest_is_named() -> None:
    table, _fire, request = asked()
    said = table.do(OfferUnits(request, ("smfd/E91",)), THEIRS)
    assert "still wanted: 1 ENGINE" in said.text
    assert ask_of(table, request) == AskState.ACCEPTED
    found = next(iter(table.board.requests()))
    capabilities = {"smfd/E91": ("ENGINE",)}
    assert unmet(found, capabilities) == (Need("ENGINE", 1),)


@pytest.mark.parametrize("units", [("smfd/E91", "smfd/E92", "smfd/E93"), ("smfd/E91",)])
def test_units_that_were_not_asked_for_are_a_counter_offer_the_asker_takes_in_part(units: tuple[str, ...]) -> None:
    needs = TWO_ENGINES if len(units) == 3 else (Need("LADDER", 1),)
    table, fire, request = asked(needs=needs)
    table.do(OfferUnits(request, units), THEIRS)
    assert ask_of(table, request) == AskState.OFFERED
    assert table.ask(AssignUnits(fire, ("smfd/E91",)), OURS).decision.rule == "no_agreement"
    table.do(AcceptOffer(request, "smfd", ("smfd/E91",)), OURS)
    assert table.ask(AssignUnits(fire, ("smfd/E91",)), OURS).decision.rule == "assistance"
    if len(units) == 3:
        assert table.ask(AssignUnits(fire, ("smfd/E92",)), OURS).decision.rule == "no_agreement"


def test_a_promised_unit_may_be_sent_once_and_its_release_releases_the_request() -> None:
    table, fire, request = asked(needs=(Need("ENGINE", 1),))
    table.do(OfferUnits(request, ("smfd/E91",)), THEIRS)
    sent = table.do(AssignUnits(fire, ("smfd/E91",)), OURS)
    assert (sent.decision.rule, sent.decision.reason) == ("assistance", "promised by smfd, request R1")
    assert ask_of(table, request) == AskState.DEPLOYED
    table.step(fire, "smfd/E91", "on_scene")
    table.step(fire, "smfd/E91", "cleared")
    assert ask_of(table, request) == AskState.RELEASED
    assert table.ask(AssignUnits(fire, ("smfd/E91",)), OURS).decision.rule == "no_agreement"


def test_a_promise_is_for_the_asker_and_this_incident_alone() -> None:
    table, fire, request = asked(needs=(Need("ENGINE", 1),))
    table.do(OfferUnits(request, ("smfd/E91",)), THEIRS)
    assert (
        table.ask(AssignUnits(fire, ("smfd/E91",)), Actor("x", "amr", Role.DISPATCHER)).decision.rule == "no_agreement"
    )
    assert table.ask(AssignUnits(table.fire(), ("smfd/E91",)), OURS).decision.rule == "no_agreement"


def test_the_request_names_the_on_request_clause_that_covers_it() -> None:
    table = Table(automatic_aid())
    fire = table.fire()
    table.do(RequestAssistance(fire, ("amr",), (Need("ALS", 1),)), OURS)
    table.do(OfferUnits(f"{fire}|R1", ("amr/M1",)), Actor("x", "amr", Role.DISPATCHER))
    assert table.do(AssignUnits(fire, ("amr/M1",)), OURS).decision.clause == "peninsula/2"


@pytest.mark.parametrize("how", ["declined", "expired"])
def test_an_agency_that_does_not_help_is_followed_by_the_next_with_a_deadline_of_its_own(how: str) -> None:
    table, _, request = asked("amr", escalate_to=("smfd", "sfpd"), patience=60.0)
    table.now += 61
    if how == "declined":
        table.do(DeclineRequest(request, "none left"), Actor("x", "amr", Role.DISPATCHER))
    else:
        table.do(ExpireAsk(request, "amr"), BOARD)
    found = next(iter(table.board.requests()))
    assert [(ask.agency, ask.state) for ask in found.asks] == [("amr", how), ("smfd", "requested")]
    assert found.asks[1].deadline == found.asks[1].asked_at + 60
    assert found.next_agency == "sfpd"


def test_an_ask_does_not_expire_before_its_time_nor_once_it_was_answered() -> None:
    table, _, request = asked(patience=60.0)
    table.now += 59
    assert table.ask(ExpireAsk(request, "smfd"), BOARD).decision.rule == "not_due"
    table.do(OfferUnits(request, ("smfd/E91",)), THEIRS)
    table.now += 100
    assert table.ask(ExpireAsk(request, "smfd"), BOARD).decision.rule == "not_due"


def test_units_that_were_taken_back_are_not_sent() -> None:
    table, fire, request = asked()
    table.do(OfferUnits(request, ("smfd/E91", "smfd/E92")), THEIRS)
    table.do(WithdrawOffer(request, ("smfd/E91",), "needed at home"), THEIRS)
    assert table.ask(AssignUnits(fire, ("smfd/E91",)), OURS).decision.rule == "no_agreement"
    table.do(AssignUnits(fire, ("smfd/E92",)), OURS)
    assert table.ask(WithdrawOffer(request, ("smfd/E92",), "x"), THEIRS).decision.rule == "already_deployed"


def test_several_agencies_are_asked_at_once_and_each_answers_for_itself() -> None:
    table, fire, request = asked("smfd", "amr", needs=(Need("ENGINE", 1), Need("ALS", 1)))
    table.do(OfferUnits(request, ("smfd/E91",)), THEIRS)
    table.do(OfferUnits(request, ("amr/M1",)), Actor("x", "amr", Role.DISPATCHER))
    sent = table.do(AssignUnits(fire, ("smfd/E91", "amr/M1")), OURS)
    assert sent.decision.rule == "assistance"
    assert [ask_of(table, request, agency) for agency in ("smfd", "amr")] == [AskState.DEPLOYED] * 2


def test_another_agencys_request_answers_as_one_that_does_not_exist() -> None:
    table, _, request = asked()
    stranger = Actor("x", "amr", Role.DISPATCHER)
    said = [table.ask(AcknowledgeRequest(name), stranger).decision for name in (request, "SF-2026-000009|R1")]
    assert said[0].rule == said[1].rule == "unknown_request"
    assert said[0].reason.replace(request, "X") == said[1].reason.replace("SF-2026-000009|R1", "X")


def test_an_overridden_owner_is_alarmed_until_it_acknowledges() -> None:
    table = Table()
    fire = table.fire()
    table.do(
        AssignUnits(fire, ("smfd/E91",), override_reason="children trapped"), Actor("Chen", "sffd", Role.COMMANDER)
    )
    held = table.board.assignments_of(fire)[0]
    assert (held.override_reason, held.override_seen) == ("children trapped", "")
    assert not table.ask(AcknowledgeOverride(held.id), OURS).decision.allowed
    table.do(AcknowledgeOverride(held.id), THEIRS)
    assert table.board.assignments_of(fire)[0].override_seen == "Diaz"
    assert table.ask(AcknowledgeOverride(held.id), THEIRS).decision.rule == "nothing_to_acknowledge"


@pytest.mark.parametrize(
    "command",
    [
        RequestAssistance("{}", (), TWO_ENGINES),
        RequestAssistance("{}", ("smfd", "smfd"), TWO_ENGINES),
        RequestAssistance("{}", ("smfd",), TWO_ENGINES, escalate_to=("smfd",)),
        RequestAssistance("{}", ("smfd",), ()),
        RequestAssistance("{}", ("smfd",), (Need("ENGINE", 0),)),
        RequestAssistance("{}", ("smfd",), TWO_ENGINES, patience=5.0),
        RequestAssistance("{}", ("smfd",), TWO_ENGINES, within=-1.0),
    ],
)
def test_a_request_that_cannot_mean_anything_is_refused(command: RequestAssistance) -> None:
    from dataclasses import replace

    table = Table()
    with pytest.raises(BadCommand):
        table.ask(replace(command, incident=table.fire()), OURS)


def test_an_agency_asks_no_stranger_and_not_itself_and_only_for_what_it_takes_part_in() -> None:
    table = Table()
    fire = table.fire()
    assert table.ask(RequestAssistance(fire, ("nope",), TWO_ENGINES), OURS).decision.rule == "unknown_agency"
    assert table.ask(RequestAssistance(fire, ("sffd",), TWO_ENGINES), OURS).decision.rule == "asks_itself"
    stranger = Actor("x", "amr", Role.DISPATCHER)
    assert table.ask(RequestAssistance(fire, ("smfd",), TWO_ENGINES), stranger).decision.rule == "not_taking_part"


def test_the_thread_keeps_what_both_sides_said_and_how_it_was_answered() -> None:
    table, _, request = asked()
    table.do(SayToRequest(request, "via the north gate"), OURS)
    table.do(SayToRequest(request, "understood"), THEIRS)
    table.do(OfferUnits(request, ("smfd/E91",)), THEIRS)
    thread = next(iter(table.board.requests())).thread
    assert [(said.agency, said.text.partition(":")[0], said.to) for said in thread] == [
        ("sffd", "via the north gate", ""),
        ("smfd", "understood", "smfd"),
        ("smfd", "accepted", "smfd"),
    ]
    assert all(said.at == NOON for said in thread)


def test_the_log_says_a_unit_that_was_asked_for_came_as_promised_and_not_by_automatic_aid() -> None:
    table = Table(automatic_aid())
    fire = table.fire()
    table.do(RequestAssistance(fire, ("amr",), (Need("ALS", 1),)), OURS)
    table.do(OfferUnits(f"{fire}|R1", ("amr/M1",)), Actor("Ito", "amr", Role.DISPATCHER))
    sent = table.do(AssignUnits(fire, ("amr/M1",)), OURS)
    assert (sent.decision.rule, sent.decision.clause) == ("assistance", "peninsula/2")
    line = next(entry.text for entry in reversed(table.log) if entry.kind == "assigned")
    assert line.endswith("as promised, Peninsula auto-aid, clause 2")


def test_a_promised_unit_is_recommended_as_one_that_may_be_sent() -> None:
    table, fire, request = asked(needs=(Need("ENGINE", 1),))
    table.do(OfferUnits(request, ("smfd/E91",)), THEIRS)
    incident = table.board.get_incident(fire)
    starts = [Start("smfd/E91", "ENGINE", -122.4, 37.7), Start("smfd/E92", "ENGINE", -122.4, 37.7)]
    trips = [Trip(0, 1000.0, 100.0, "line"), Trip(1, 1100.0, 110.0, "line")]
    found = response_from(table.board, incident, "sffd", starts, trips, FACTS, NOON)
    rules = {one.unit.id: one.candidate.decision.rule for one in (*found.chosen, *found.alternates)}
    assert rules["smfd/E91"] == "assistance"
    assert rules["smfd/E92"] == "no_agreement"
