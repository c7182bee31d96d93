"""What two people could do to a request that it should withstand."""

from __future__ import annotations

from domain.commands import (
    AcceptOffer,
    Actor,
    AssignUnits,
    DeclineRequest,
    OfferUnits,
    RequestAssistance,
    RevokeAgreement,
    Role,
    WithdrawOffer,
)
from domain.response_plan import Need
from tests.unit.boards import Table, automatic_aid
from tests.unit.test_assisting import OURS, THEIRS, ask_of, asked

AMR = Actor("x", "amr", Role.DISPATCHER)


def test_a_counter_offer_beside_a_promise_can_still_be_taken_after_a_promised_unit_is_taken_back() -> None:
    table, _, request = asked()
    table.do(OfferUnits(request, ("smfd/E91", "smfd/E92")), THEIRS)
    table.do(OfferUnits(request, ("smfd/E93",)), THEIRS)
    assert ask_of(table, request) == "offered"
    table.do(WithdrawOffer(request, ("smfd/E92",), "home"), THEIRS)
    found = next(iter(table.board.requests())).find_ask("smfd")
    assert found is not None
    assert found.offered == ("smfd/E93",)
    assert table.ask(AcceptOffer(request, "smfd", ("smfd/E93",)), OURS).decision.allowed


def test_nobody_further_is_asked_once_all_that_was_wanted_is_promised() -> None:
    table, _, request = asked("smfd", "amr", needs=(Need("ENGINE", 1),), escalate_to=("sfpd",))
    table.do(OfferUnits(request, ("smfd/E91",)), THEIRS)
    table.do(DeclineRequest(request, "none"), AMR)
    assert next(iter(table.board.requests())).find_ask("sfpd") is None


def test_who_declines_is_not_told_who_is_asked_next() -> None:
    table, _, request = asked("amr", escalate_to=("smfd",))
    assert "smfd" not in table.do(DeclineRequest(request, "none"), AMR).text


def test_a_unit_sent_under_a_promise_names_no_clause_that_was_revoked_since() -> None:
    table = Table(automatic_aid())
    fire = table.fire()
    table.do(RequestAssistance(fire, ("amr",), (Need("ALS", 1),)), OURS)
    table.do(OfferUnits(f"{fire}|R1", ("amr/M1",)), AMR)
    table.do(RevokeAgreement("peninsula", "over"), Actor("x", "amr", Role.AGENCY_ADMIN))
    assert table.do(AssignUnits(fire, ("amr/M1",)), OURS).decision.clause == ""


def test_a_closed_incident_takes_no_more_offers() -> None:
    from domain.commands import CloseIncident

    table, fire, request = asked()
    table.do(CloseIncident(fire, "done"), OURS)
    assert not table.ask(OfferUnits(request, ("smfd/E91",)), THEIRS).decision.allowed
