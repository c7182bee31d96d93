"""Assigning units: one active assignment, all or none, and under which agreement."""

from __future__ import annotations

import pytest

from domain.assignment import AssignmentStatus
from domain.commands import Actor, AssignUnits, ChangeStatus, CloseIncident, Role, SetDuty
from domain.errors import BadCommand
from domain.unit import DutyState
from tests.unit.boards import NOON, Table, automatic_aid

COMMANDER = Actor("Chen", "sffd", Role.COMMANDER)


def test_an_agency_may_always_dispatch_its_own_available_unit() -> None:
    table = Table()
    verdict = table.do(AssignUnits(table.fire(), ("sffd/E1",)))
    assert verdict.decision.rule == "own_agency"
    assert table.board.get_unit("sffd/E1").active


def test_a_unit_active_elsewhere_is_refused_with_who_holds_it_since_when_and_what_to_do() -> None:
    table = Table()
    first, second = table.fire(), table.fire()
    table.dispatch(first, "sffd/E1")
    table.now += 42
    refusal = table.ask(AssignUnits(second, ("sffd/E1",))).decision
    assert refusal.rule == "unit_active_elsewhere"
    assert "dispatched on #1 by sffd, for 42 s" in refusal.reason
    assert "ask for release" in refusal.remedy


def test_several_units_are_all_dispatched_or_none() -> None:
    table = Table()
    first, second = table.fire(), table.fire()
    table.dispatch(first, "sffd/E2")
    verdict = table.ask(AssignUnits(second, ("sffd/E1", "sffd/E2")))
    assert not verdict.decision.allowed
    assert verdict.events == ()


def test_a_unit_cannot_be_put_twice_on_one_incident() -> None:
    table = Table()
    fire = table.fire()
    table.dispatch(fire, "sffd/E1")
    assert table.ask(AssignUnits(fire, ("sffd/E1",))).decision.rule == "already_assigned"


def test_reserving_a_busy_unit_leaves_its_current_assignment_untouched() -> None:
    table = Table()
    first, second = table.fire(), table.fire()
    table.dispatch(first, "sffd/E1")
    before = table.board.assignments_of(first)
    table.do(AssignUnits(second, ("sffd/E1",), reserve=True))
    unit = table.board.get_unit("sffd/E1")
    assert table.board.assignments_of(first) == before
    assert unit.active.startswith(first)
    assert unit.reserved == (f"{second}|sffd/E1|1",)


def test_a_reserved_unit_starts_only_when_it_is_free() -> None:
    table = Table()
    first, second = table.fire(), table.fire()
    table.dispatch(first, "sffd/E1")
    table.do(AssignUnits(second, ("sffd/E1",), reserve=True))
    start = ChangeStatus(f"{second}|sffd/E1|1", AssignmentStatus.DISPATCHED)
    assert table.ask(start).decision.rule == "unit_active_elsewhere"
    table.step(first, "sffd/E1", "cleared")
    table.do(start)
    assert table.board.get_unit("sffd/E1").active == f"{second}|sffd/E1|1"
    assert table.board.get_unit("sffd/E1").reserved == ()


def test_one_status_change_stamps_one_assignment_only() -> None:
    table = Table()
    first, second = table.fire(), table.fire()
    table.dispatch(first, "sffd/E1")
    table.do(AssignUnits(second, ("sffd/E1",), reserve=True))
    waiting = table.board.assignments_of(second)
    table.step(first, "sffd/E1", "en_route")
    assert table.board.assignments_of(second) == waiting


def test_another_agencys_unit_goes_under_an_automatic_aid_clause_which_is_named() -> None:
    table = Table(automatic_aid())
    fire = table.fire()
    verdict = table.do(AssignUnits(fire, ("smfd/E91",)))
    assert verdict.decision.clause == "peninsula/1"
    assert table.board.assignments_of(fire)[0].clause == "peninsula/1"


def test_without_an_agreement_another_agencys_unit_is_refused_with_whom_to_ask() -> None:
    table = Table()
    refusal = table.ask(AssignUnits(table.fire(), ("smfd/E91",))).decision
    assert refusal.rule == "no_agreement"
    assert refusal.remedy == "ask smfd for assistance"


def test_an_on_request_clause_does_not_let_a_unit_be_taken() -> None:
    table = Table(automatic_aid())
    assert table.ask(AssignUnits(table.fire(), ("amr/M1",))).decision.rule == "on_request"


def test_a_clauses_cap_counts_units_now_lent_and_those_in_the_same_command() -> None:
    table = Table(automatic_aid(cap=2))
    first, second = table.fire(), table.fire()
    assert table.ask(AssignUnits(first, ("smfd/E91", "smfd/E92", "smfd/E93"))).decision.rule == "clause_cap_reached"
    table.dispatch(first, "smfd/E91", "smfd/E92")
    assert table.ask(AssignUnits(second, ("smfd/E93",))).decision.rule == "clause_cap_reached"
    table.step(first, "smfd/E91", "cleared")
    table.dispatch(second, "smfd/E93")


@pytest.mark.parametrize(
    "terms",
    [
        {"incident_types": ("CRISIS",)},
        {"areas": ("elsewhere",)},
        {"capabilities": ("LADDER",)},
        {"hours": (0, 0)},
    ],
)
def test_a_clause_that_does_not_cover_the_case_allows_nothing(terms: dict[str, object]) -> None:
    table = Table(automatic_aid(**terms))  # type: ignore[arg-type]
    assert table.ask(AssignUnits(table.fire(), ("smfd/E91",))).decision.rule == "no_agreement"


def test_an_agreement_that_has_ended_allows_nothing() -> None:
    from dataclasses import replace

    table = Table(replace(automatic_aid(), until=NOON))
    assert table.ask(AssignUnits(table.fire(), ("smfd/E91",))).decision.rule == "no_agreement"


def test_a_commander_may_override_with_a_reason_that_stays_on_the_record() -> None:
    table = Table()
    fire = table.fire()
    plain = AssignUnits(fire, ("smfd/E91",))
    assert not table.ask(plain, COMMANDER).decision.allowed
    verdict = table.do(AssignUnits(fire, ("smfd/E91",), override_reason="persons trapped"), COMMANDER)
    assert verdict.decision.rule == "commander_override"
    assert table.board.assignments_of(fire)[0].override_reason == "persons trapped"


def test_a_dispatcher_cannot_override() -> None:
    table = Table()
    asked = AssignUnits(table.fire(), ("smfd/E91",), override_reason="because")
    assert table.ask(asked).decision.rule == "no_agreement"


def test_an_override_does_not_take_a_busy_unit() -> None:
    table = Table()
    first, second = table.fire(), table.fire()
    table.dispatch(first, "sffd/E1")
    asked = AssignUnits(second, ("sffd/E1",), override_reason="persons trapped")
    assert table.ask(asked, COMMANDER).decision.rule == "unit_active_elsewhere"


def test_a_unit_out_of_service_is_refused_with_the_reason_it_gave() -> None:
    table = Table()
    table.do(SetDuty("sffd/E1", DutyState.OUT_OF_SERVICE, "flat tyre"))
    refusal = table.ask(AssignUnits(table.fire(), ("sffd/E1",))).decision
    assert refusal.rule == "not_in_service"
    assert "flat tyre" in refusal.reason


def test_a_unit_at_work_cannot_leave_service() -> None:
    table = Table()
    table.dispatch(table.fire(), "sffd/E1")
    assert table.ask(SetDuty("sffd/E1", DutyState.OFF_DUTY)).decision.rule == "unit_active"


def test_out_of_service_needs_a_reason() -> None:
    with pytest.raises(BadCommand, match="reason"):
        Table().ask(SetDuty("sffd/E1", DutyState.OUT_OF_SERVICE))


def test_only_those_concerned_may_step_an_assignment() -> None:
    table = Table()
    fire = table.fire()
    table.dispatch(fire, "sffd/E1")
    outsider = Actor("Lee", "sfpd", Role.DISPATCHER)
    step = ChangeStatus(f"{fire}|sffd/E1|1", AssignmentStatus.EN_ROUTE)
    assert table.ask(step, outsider).decision.rule == "not_your_unit"


def test_an_incident_with_units_on_it_cannot_be_closed() -> None:
    table = Table()
    fire = table.fire()
    table.dispatch(fire, "sffd/E1")
    assert table.ask(CloseIncident(fire)).decision.rule == "units_still_assigned"
    table.step(fire, "sffd/E1", "cancelled")
    table.do(CloseIncident(fire, "false alarm"))
    assert not table.board.get_incident(fire).open


def test_a_closed_incident_takes_no_more_units() -> None:
    table = Table()
    fire = table.fire()
    table.do(CloseIncident(fire))
    assert table.ask(AssignUnits(fire, ("sffd/E1",))).decision.rule == "incident_closed"


def test_the_answer_stands_on_everything_it_looked_at() -> None:
    table = Table(automatic_aid())
    fire = table.fire()
    verdict = table.ask(AssignUnits(fire, ("smfd/E91",)))
    assert verdict.stands_on == {f"incident:{fire}", "unit:smfd/E91", "agreements", "clause:peninsula/1"}


def test_what_changed_since_it_was_seen_is_a_conflict() -> None:
    table = Table()
    fire = table.fire()
    seen = {"unit:sffd/E1": table.board.version("unit:sffd/E1")}
    table.do(SetDuty("sffd/E1", DutyState.OUT_OF_SERVICE, "fuel"))
    table.do(SetDuty("sffd/E1", DutyState.IN_SERVICE))
    verdict = table.ask(AssignUnits(fire, ("sffd/E1",)), expected=seen)
    assert verdict.decision.rule == "changed_since_seen"
    assert verdict.conflict == "unit:sffd/E1"


def test_a_command_older_than_ten_seconds_is_refused() -> None:
    table = Table()
    fire = table.fire()
    assert table.ask(AssignUnits(fire, ("sffd/E1",)), issued=NOON - 10.5).decision.rule == "stale"
    assert table.ask(AssignUnits(fire, ("sffd/E1",)), issued=NOON - 9.5).decision.allowed


@pytest.mark.parametrize("units", [(), ("sffd/E1", "sffd/E1")])
def test_no_unit_or_one_twice_means_nothing(units: tuple[str, ...]) -> None:
    table = Table()
    fire = table.fire()
    with pytest.raises(BadCommand):
        table.ask(AssignUnits(fire, units))


@pytest.mark.parametrize("role", [Role.BRIEFER, Role.AUDITOR, Role.PUBLIC, Role.BOARD_ADMIN])
def test_a_role_that_is_not_named_may_not_assign(role: Role) -> None:
    table = Table()
    fire = table.fire()
    assert table.ask(AssignUnits(fire, ("sffd/E1",)), Actor("x", "sffd", role)).decision.rule == "role"


def test_only_a_service_account_may_give_recorded_times() -> None:
    table = Table()
    fire = table.fire()
    recorded = AssignUnits(fire, ("sffd/E1",), occurred_at=NOON + 5)
    assert table.ask(recorded).decision.rule == "recorded_time"
    assert table.ask(recorded, Actor("replay", "sffd", Role.SERVICE)).decision.allowed
