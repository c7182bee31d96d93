"""Putting a region on a board: once, again without effect, and never over another region."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.agency import Agency, Discipline
from domain.commands import Actor, OpenBoard, RegisterAgencies, RegisterAgreements, RegisterUnits, Role, SetClock
from domain.errors import BadCommand
from tests.unit.boards import Table, automatic_aid, unit

LOADER = Actor("loader", "", Role.SERVICE)


def test_loading_the_same_again_changes_nothing() -> None:
    table = Table(automatic_aid())
    again = [
        OpenBoard("Test", "test", "SF"),
        RegisterAgencies((Agency("sffd", "SFFD", "sffd", Discipline.FIRE),)),
        RegisterUnits((unit("sffd/E1"),)),
        RegisterAgreements((automatic_aid(),)),
    ]
    assert [table.ask(command, LOADER).events for command in again] == [(), (), (), ()]


def test_a_board_never_becomes_another_region() -> None:
    refusal = Table().ask(OpenBoard("Other", "other", "OT"), LOADER).decision
    assert refusal.rule == "other_region"
    assert "test" in refusal.reason


def test_a_unit_that_is_registered_anew_keeps_its_work() -> None:
    table = Table()
    fire = table.fire()
    table.dispatch(fire, "sffd/E1")
    active = table.board.get_unit("sffd/E1").active
    table.do(RegisterUnits((replace(unit("sffd/E1"), staffing=3),)), LOADER)
    assert table.board.get_unit("sffd/E1").staffing == 3
    assert table.board.get_unit("sffd/E1").active == active


def test_an_agreement_with_a_party_nobody_knows_is_refused_by_name() -> None:
    stray = replace(automatic_aid(), parties=("sffd", "nobody"))
    assert "nobody" in Table().ask(RegisterAgreements((stray,)), LOADER).decision.reason


def test_an_agency_admin_registers_only_units_of_its_own_agency() -> None:
    admin = Actor("Ng", "sffd", Role.AGENCY_ADMIN)
    table = Table()
    assert table.ask(RegisterUnits((unit("sffd/E77"),)), admin).decision.allowed
    assert table.ask(RegisterUnits((unit("smfd/E77"),)), admin).decision.rule == "other_agency"


def test_a_clock_that_stands_still_or_runs_backward_is_none() -> None:
    for rate in (0.0, -1.0, float("nan")):
        with pytest.raises(BadCommand, match="rate"):
            Table().ask(SetClock(0.0, rate), LOADER)
