"""Task forces: formed of several agencies, dispatched as one, dissolved."""

from __future__ import annotations

import pytest

from domain.assignment import AssignmentStatus
from domain.commands import (
    Actor,
    AssignTalkgroup,
    DispatchTaskForce,
    DissolveTaskForce,
    FormTaskForce,
    ReleaseUnits,
    Role,
    SetDuty,
)
from domain.errors import BadCommand
from domain.task_force import task_force_id
from domain.unit import DutyState
from tests.unit.boards import Table, automatic_aid

POLICE = Actor("Lee", "sfpd", Role.DISPATCHER)
MEMBERS = ("sffd/E1", "sffd/E2", "smfd/E91")


def formed(*agreements: object) -> Table:
    table = Table(*agreements)  # type: ignore[arg-type]
    table.do(FormTaskForce("TF 1", "sffd/E1", MEMBERS, "A4"))
    return table


def test_a_task_force_of_several_agencies_is_formed_and_nobody_is_sent() -> None:
    table = formed()
    group = table.board.get_task_force("tf-1")
    assert (group.name, group.leader, group.members, group.talkgroup) == ("TF 1", "sffd/E1", MEMBERS, "A4")
    assert not any(unit.active for unit in table.board.units())
    assert table.board.find_task_force_of("smfd/E91") == group


def test_forming_stands_on_the_name_and_on_every_units_membership() -> None:
    verdict = Table().ask(FormTaskForce("TF 1", "sffd/E1", MEMBERS))
    assert verdict.stands_on == {"taskforce:tf-1", *(f"membership:{unit}" for unit in MEMBERS)}


def test_a_unit_belongs_to_one_task_force_and_a_standing_name_is_taken() -> None:
    table = formed()
    assert table.ask(FormTaskForce("TF 2", "sffd/E3", ("sffd/E3", "sffd/E1"))).decision.rule == "other_task_force"
    assert table.ask(FormTaskForce("tf-1", "sffd/E3", ("sffd/E3", "sffd/E4"))).decision.rule == "name_taken"


@pytest.mark.parametrize(
    ("name", "leader", "members"),
    [
        ("TF 9", "sffd/E1", ("sffd/E1",)),
        ("TF 9", "sffd/E3", ("sffd/E1", "sffd/E2")),
        ("TF 9", "sffd/E1", ("sffd/E1", "sffd/E1")),
        ("--", "sffd/E1", ("sffd/E1", "sffd/E2")),
        ("", "sffd/E1", ("sffd/E1", "sffd/E2")),
    ],
)
def test_a_group_of_one_a_leader_from_outside_or_no_name_means_nothing(
    name: str, leader: str, members: tuple[str, ...]
) -> None:
    with pytest.raises(BadCommand):
        Table().ask(FormTaskForce(name, leader, members))


def test_a_unit_nobody_knows_joins_no_task_force() -> None:
    assert Table().ask(FormTaskForce("T", "sffd/E1", ("sffd/E1", "sffd/E77"))).decision.rule == "unknown_unit"


def test_it_is_dispatched_as_one_each_unit_under_its_own_rule() -> None:
    table = formed(automatic_aid())
    fire = table.fire()
    verdict = table.do(DispatchTaskForce("tf-1", fire))
    held = table.board.assignments_of(fire)
    assert [one.clause for one in held] == ["", "", "peninsula/1"]
    assert {one.task_force for one in held} == {"tf-1"}
    assert "taskforce:tf-1" in verdict.stands_on
    assert {f"unit:{unit}" for unit in MEMBERS} <= verdict.stands_on
    assert table.log[-1].text.startswith("E91 dispatched with TF 1, auto-aid")


def test_one_unit_that_may_not_go_keeps_them_all() -> None:
    table = formed()
    verdict = table.ask(DispatchTaskForce("tf-1", table.fire()))
    assert verdict.decision.rule == "no_agreement"
    assert verdict.events == ()
    own = Table()
    own.do(FormTaskForce("TF 1", "sffd/E1", ("sffd/E1", "sffd/E2")))
    own.do(SetDuty("sffd/E2", DutyState.OFF_DUTY))
    assert own.ask(DispatchTaskForce("tf-1", own.fire())).decision.rule == "not_in_service"


def test_it_is_dissolved_when_its_units_are_back_and_its_name_is_free_again() -> None:
    table = formed(automatic_aid())
    fire = table.fire()
    table.do(DispatchTaskForce("tf-1", fire))
    assert table.ask(DissolveTaskForce("tf-1")).decision.rule == "units_still_assigned"
    table.do(ReleaseUnits(fire, MEMBERS))
    verdict = table.do(DissolveTaskForce("tf-1"))
    assert {"taskforce:tf-1", "unit:smfd/E91", "membership:smfd/E91"} <= verdict.stands_on
    assert table.board.find_task_force_of("sffd/E1") is None
    assert table.ask(DispatchTaskForce("tf-1", fire)).decision.rule == "task_force_dissolved"
    table.do(FormTaskForce("TF 1", "sffd/E3", ("sffd/E3", "sffd/E1")))


def test_who_formed_it_or_leads_it_may_tune_and_dissolve_it() -> None:
    table = formed()
    for command in (DissolveTaskForce("tf-1"), AssignTalkgroup("A9", task_force="tf-1")):
        assert table.ask(command, POLICE).decision.rule == "not_your_task_force"
    table.do(AssignTalkgroup("A9", task_force="tf-1"))
    assert table.board.get_task_force("tf-1").talkgroup == "A9"
    assert table.ask(DissolveTaskForce("tf-9")).decision.rule == "unknown_task_force"


def test_an_id_is_made_of_the_name() -> None:
    assert task_force_id("Strike Team 2145A") == "strike-team-2145a"


def test_a_unit_sent_alone_may_be_at_work_when_its_task_force_dissolves() -> None:
    table = formed()
    table.dispatch(table.fire(), "sffd/E1")
    table.do(DissolveTaskForce("tf-1"))
    assert table.board.assignments_of(next(table.board.incidents()).id)[0].status == AssignmentStatus.DISPATCHED
