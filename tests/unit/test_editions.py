"""Boundary editions: adopted ahead of time, in order, and the past keeps its own."""

from __future__ import annotations

import pytest

from domain.commands import Actor, AdoptBoundaries, Role
from domain.edition import BoundaryEdition, BoundaryEditions
from domain.errors import BadCommand
from domain.rules.editions import LEAD_SECONDS
from tests.unit.boards import NOON, Table

ADMIN = Actor("Ines", "", Role.BOARD_ADMIN)
ONE, TWO = "1" * 64, "2" * 64


def adopt(table: Table, edition: str = ONE, since: float = 0.0) -> str:
    return table.ask(AdoptBoundaries(edition, "county.gpkg", 12, since), ADMIN).decision.rule


def test_an_edition_answers_only_after_every_process_can_have_it() -> None:
    table = Table()
    table.do(AdoptBoundaries(ONE, "county.gpkg", 12), ADMIN)
    editions = table.board.editions
    since = table.board.head.time(NOON + LEAD_SECONDS)
    assert editions.editions == (BoundaryEdition(ONE, since, "county.gpkg", 12),)
    assert editions.find_in_force(since - 1) is None
    assert editions.find_in_force(since) == editions.newest


def test_a_clock_that_runs_fast_leaves_the_same_real_time() -> None:
    from domain.commands import SetClock

    table = Table()
    table.do(SetClock(NOON, 60.0), Actor("loader", "", Role.SERVICE))
    table.do(AdoptBoundaries(ONE, "county.gpkg", 12), ADMIN)
    newest = table.board.editions.newest
    assert newest is not None
    assert newest.since == NOON + 60 * LEAD_SECONDS


def test_what_was_answered_already_is_never_answered_anew() -> None:
    table = Table()
    assert adopt(table, since=NOON - 3600) == "edition_too_late"
    assert adopt(table, since=NOON + LEAD_SECONDS - 1) == "edition_too_late"
    assert adopt(table, since=NOON + 86400) == "setup"


def test_editions_come_into_force_in_the_order_they_were_adopted() -> None:
    table = Table()
    table.do(AdoptBoundaries(ONE, "county.gpkg", 12, NOON + 86400), ADMIN)
    assert adopt(table, TWO, NOON + 3600) == "edition_out_of_order"
    assert adopt(table, ONE) == "nothing_new"
    table.do(AdoptBoundaries(TWO, "city.gpkg", 12), ADMIN)
    assert [edition.since for edition in table.board.editions.editions] == [NOON + 86400, NOON + 86400]
    assert table.board.editions.find_in_force(NOON + 86400).id == TWO  # type: ignore[union-attr]


def test_the_way_back_is_the_former_edition() -> None:
    table = Table()
    for edition in (ONE, TWO, ONE):
        table.do(AdoptBoundaries(edition, "county.gpkg", 12), ADMIN)
    assert [edition.id for edition in table.board.editions.editions] == [ONE, TWO, ONE]


@pytest.mark.parametrize(("edition", "areas"), [("abc", 3), ("G" * 64, 3), ("A" * 64, 3), (ONE, 0)])
def test_what_is_no_edition_is_refused(edition: str, areas: int) -> None:
    with pytest.raises(BadCommand):
        Table().ask(AdoptBoundaries(edition, "county.gpkg", areas), ADMIN)


def test_before_the_first_the_region_packs_own_boundaries_hold() -> None:
    assert BoundaryEditions().newest is None
    assert BoundaryEditions().find_in_force(NOON) is None
