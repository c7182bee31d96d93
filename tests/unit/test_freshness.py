"""How old a source is, and which units are expected to say where they are."""

from __future__ import annotations

from dataclasses import replace

from domain.assignment import Assignment, AssignmentStatus
from domain.freshness import STALE, is_out, sources
from domain.position import Fix
from domain.unit import DutyState
from tests.unit.boards import NOON, unit

ENGINE = replace(unit("sffd/E1"), home_lon=-122.4, home_lat=37.7)
AT_HOME = Fix("sffd/E1", 1, -122.4001, 37.7, -1, 0, NOON)
AWAY = Fix("sffd/E1", 1, -122.41, 37.7, 90, 10, NOON)
WORK = Assignment("A1", "sffd/E1", "SF-1", "sffd", AssignmentStatus.EN_ROUTE)


def test_a_unit_at_work_is_expected_to_report_even_when_it_never_did() -> None:
    assert is_out(ENGINE, WORK, None)
    assert is_out(ENGINE, WORK, AT_HOME)


def test_a_unit_parked_at_its_station_is_not_expected_to_report_nor_one_off_duty() -> None:
    assert not is_out(ENGINE, None, AT_HOME)
    assert not is_out(ENGINE, None, None)
    assert is_out(ENGINE, None, AWAY)
    assert not is_out(replace(ENGINE, duty=DutyState.OFF_DUTY), None, AWAY)


def test_a_source_says_its_newest_fix_who_is_out_and_who_is_late() -> None:
    other = replace(ENGINE, id="sffd/E2", callsign="E2")
    late = replace(AWAY, unit="sffd/E2", at=NOON - STALE - 1)
    found = sources([(ENGINE, WORK, AWAY), (other, None, late)], NOON)
    assert (found["sffd"].heard, found["sffd"].out, found["sffd"].late) == (NOON, 2, 1)


def test_a_unit_at_work_that_never_said_where_it_is_counts_as_late() -> None:
    found = sources([(ENGINE, WORK, None)], NOON)
    assert (found["sffd"].heard, found["sffd"].out, found["sffd"].late) == (0.0, 1, 1)
