"""Taking units off and putting others on: exchange, pre-empt, release."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.assignment import AssignmentStatus
from domain.commands import (
    Actor,
    AssignUnits,
    ChangePriority,
    ChangeStatus,
    ExchangeUnits,
    PreemptUnit,
    ReleaseUnits,
    ReportIncident,
    Role,
    SetDuty,
)
from domain.errors import BadCommand
from domain.log import log_entries
from domain.unit import DutyState
from tests.unit.boards import Table, automatic_aid

S = AssignmentStatus
COMMANDER = Actor("Chen", "sffd", Role.COMMANDER)
POLICE = Actor("Lee", "sfpd", Role.DISPATCHER)


def urgent(table: Table, priority: int = 1) -> str:
    return table.do(ReportIncident("FIRE", -122.4, 37.78, priority)).incident


def rolling(table: Table, unit: str = "sffd/E1", priority: int = 3) -> str:
    incident = urgent(table, priority)
    table.dispatch(incident, unit)
    table.step(incident, unit, "en_route")
    return incident


def test_one_unit_goes_for_another_with_the_right_word_for_the_first() -> None:
    table = Table()
    fire = table.fire()
    table.dispatch(fire, "sffd/E1")
    table.do(ExchangeUnits(fire, "sffd/E1", "sffd/E2"))
    first, second = table.board.assignments_of(fire)
    assert (first.status, first.end_reason) == (S.CANCELLED, "exchanged for E2")
    assert (second.unit, second.status) == ("sffd/E2", S.DISPATCHED)
    table.step(fire, "sffd/E2", "on_scene")
    table.do(ExchangeUnits(fire, "sffd/E2", "sffd/E3"))
    assert table.board.assignments_of(fire)[1].status == S.CLEARED


def test_an_exchange_is_all_or_nothing() -> None:
    table = Table()
    fire, other = table.fire(), table.fire()
    table.dispatch(fire, "sffd/E1")
    table.dispatch(other, "sffd/E2")
    verdict = table.ask(ExchangeUnits(fire, "sffd/E1", "sffd/E2"))
    assert verdict.decision.rule == "unit_active_elsewhere"
    assert verdict.events == ()


def test_a_reserved_unit_is_exchanged_for_a_reserved_one() -> None:
    table = Table()
    fire = table.fire()
    table.do(AssignUnits(fire, ("sffd/E1",), reserve=True))
    table.do(ExchangeUnits(fire, "sffd/E1", "sffd/E2"))
    assert table.board.get_unit("sffd/E2").reserved
    assert table.board.get_unit("sffd/E1").reserved == ()


def test_an_exchange_within_a_clause_does_not_count_against_its_cap() -> None:
    table = Table(automatic_aid(cap=1))
    fire = table.fire()
    table.dispatch(fire, "smfd/E91")
    verdict = table.do(ExchangeUnits(fire, "smfd/E91", "smfd/E92"))
    assert table.board.lent_under("peninsula/1") == 1
    assert verdict.stands_on == {
        f"incident:{fire}",
        f"assignment:{fire}|smfd/E91|1",
        "unit:smfd/E91",
        "unit:smfd/E92",
        "agreements",
        "clause:peninsula/1",
    }


def test_a_unit_is_not_exchanged_for_itself_nor_one_that_is_not_there() -> None:
    table = Table()
    fire = table.fire()
    with pytest.raises(BadCommand, match="itself"):
        table.ask(ExchangeUnits(fire, "sffd/E1", "sffd/E1"))
    assert table.ask(ExchangeUnits(fire, "sffd/E1", "sffd/E2")).decision.rule == "not_assigned"


def test_an_agency_does_not_exchange_a_unit_it_does_not_answer_for() -> None:
    table = Table()
    fire = table.fire()
    table.dispatch(fire, "sffd/E1")
    assert table.ask(ExchangeUnits(fire, "sffd/E1", "sfpd/3A1"), POLICE).decision.rule == "not_your_unit"


@pytest.mark.parametrize("status", ["en_route", "staging"])
def test_a_unit_on_its_way_is_taken_for_something_more_urgent(status: str) -> None:
    table = Table()
    minor = urgent(table, 3)
    table.dispatch(minor, "sffd/E1")
    table.step(minor, "sffd/E1", status)
    fire = urgent(table)
    verdict = table.do(PreemptUnit(fire, "sffd/E1", "persons trapped"))
    assert verdict.decision.rule == "preempt"
    lost, taken = table.board.assignments_of(minor)[0], table.board.assignments_of(fire)[0]
    assert (lost.status, taken.status) == (S.CANCELLED, S.DISPATCHED)
    assert "taken by sffd" in lost.end_reason
    assert table.board.get_unit("sffd/E1").active == taken.id
    assert verdict.stands_on == {f"incident:{fire}", f"incident:{minor}", "unit:sffd/E1", f"assignment:{lost.id}"}


def test_the_incident_that_loses_a_unit_reads_in_its_log_who_took_it() -> None:
    table = Table()
    minor, fire = rolling(table), urgent(table)
    table.do(PreemptUnit(fire, "sffd/E1", "persons trapped"))
    line = next(line for line in table.log if line.incident == minor and line.kind == "preempted")
    assert line.text == "E1 cancelled, taken by sffd for #2: persons trapped"
    assert line.other == fire
    assert "#2" not in line.discreet


@pytest.mark.parametrize("status", ["dispatched", "acknowledged", "on_scene", "transporting"])
def test_a_unit_not_yet_rolling_or_at_work_is_not_taken(status: str) -> None:
    table = Table()
    minor, fire = urgent(table, 4), urgent(table)
    table.dispatch(minor, "sffd/E1")
    if status != "dispatched":
        table.step(minor, "sffd/E1", status)
    refusal = table.ask(PreemptUnit(fire, "sffd/E1"))
    assert refusal.decision.rule == "not_preemptible"
    assert refusal.conflict == "unit:sffd/E1"


def test_a_unit_is_not_taken_from_something_as_urgent() -> None:
    table = Table()
    minor, fire = rolling(table, priority=2), urgent(table, 2)
    assert table.ask(PreemptUnit(fire, "sffd/E1")).decision.rule == "not_more_urgent"
    table.do(ChangePriority(fire, 1))
    table.do(PreemptUnit(fire, "sffd/E1"))
    assert table.board.assignments_of(minor)[0].ended


def test_another_agencys_unit_is_taken_only_under_the_rule_for_it() -> None:
    table = Table()
    smfd = Actor("Ruiz", "smfd", Role.DISPATCHER)
    minor = urgent(table, 4)
    table.do(AssignUnits(minor, ("smfd/E91",)), smfd)
    table.do(ChangeStatus(f"{minor}|smfd/E91|1", S.EN_ROUTE), smfd)
    fire = urgent(table)
    assert table.ask(PreemptUnit(fire, "smfd/E91")).decision.rule == "no_agreement"
    taken = table.do(PreemptUnit(fire, "smfd/E91", override_reason="persons trapped"), COMMANDER)
    assert taken.decision.rule == "commander_override"


def test_there_is_nothing_to_take_from_a_unit_that_is_free_here_already_or_out_of_service() -> None:
    table = Table()
    fire = urgent(table)
    assert table.ask(PreemptUnit(fire, "sffd/E1")).decision.rule == "unit_free"
    table.dispatch(fire, "sffd/E1")
    assert table.ask(PreemptUnit(fire, "sffd/E1")).decision.rule == "already_assigned"
    table.do(SetDuty("sffd/E2", DutyState.OFF_DUTY))
    assert table.ask(PreemptUnit(fire, "sffd/E2")).decision.rule == "not_in_service"
    assert table.ask(PreemptUnit(fire, "sffd/E77")).decision.rule == "unknown_unit"


def test_a_release_cancels_before_arrival_and_clears_afterwards() -> None:
    table = Table()
    fire = table.fire()
    table.dispatch(fire, "sffd/E1", "sffd/E2")
    table.do(AssignUnits(fire, ("sffd/E3",), reserve=True))
    table.step(fire, "sffd/E2", "on_scene")
    verdict = table.do(ReleaseUnits(fire, ("sffd/E1", "sffd/E2", "sffd/E3"), "not needed"))
    assert [held.status for held in table.board.assignments_of(fire)] == [S.CANCELLED, S.CLEARED, S.CANCELLED]
    assert all(not table.board.get_unit(f"sffd/E{n}").active for n in (1, 2, 3))
    assert f"assignment:{fire}|sffd/E1|1" in verdict.stands_on
    assert "unit:sffd/E3" in verdict.stands_on


def test_units_are_released_all_or_none() -> None:
    table = Table()
    fire = table.fire()
    table.dispatch(fire, "sffd/E1")
    verdict = table.ask(ReleaseUnits(fire, ("sffd/E1", "sffd/E2")))
    assert verdict.decision.rule == "not_assigned"
    assert verdict.events == ()


def test_only_those_who_answer_for_a_unit_release_it() -> None:
    table = Table()
    fire = table.fire()
    table.dispatch(fire, "sffd/E1")
    assert table.ask(ReleaseUnits(fire, ("sffd/E1",)), POLICE).decision.rule == "not_your_unit"


def test_a_clause_that_came_free_would_be_the_better_answer_so_an_override_stands_on_it() -> None:
    table = Table(automatic_aid(cap=1))
    first, second = table.fire(), table.fire()
    table.dispatch(first, "smfd/E91")
    verdict = table.ask(AssignUnits(second, ("smfd/E92",), override_reason="trapped"), COMMANDER)
    assert verdict.decision.rule == "commander_override"
    assert "clause:peninsula/1" in verdict.stands_on


def test_a_log_line_is_made_of_every_event_about_an_incident() -> None:
    table = Table()
    fire = table.fire()
    table.dispatch(fire, "sffd/E1")
    table.do(ExchangeUnits(fire, "sffd/E1", "sffd/E2"))
    assert [line.text for line in table.log][-2:] == ["E1 cancelled: exchanged for E2", "E2 dispatched"]
    assert log_entries(replace(table.recorded[-1], seq=9), table.board)[0].seq == 9
