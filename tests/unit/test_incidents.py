"""Incidents: numbers, priorities, notes, and text that is only text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.commands import (
    Actor,
    AddNote,
    ChangePriority,
    CloseIncident,
    ReopenIncident,
    ReportIncident,
    Role,
    SetClock,
)
from domain.errors import BadCommand
from domain.incident import incident_number, short_number
from tests.unit.boards import NOON, Table


def test_numbers_run_on_and_are_said_without_their_zeros() -> None:
    table = Table()
    first, second = table.fire(), table.fire()
    assert first.endswith("-000001")
    assert second.endswith("-000002")
    assert short_number("SF-2026-000123") == "#123"


@given(st.integers(0, 10**7))
def test_the_short_number_is_the_serial(serial: int) -> None:
    assert int(short_number(incident_number("SF", 2026, serial))[1:]) == serial


def test_priority_comes_from_the_plan_unless_given() -> None:
    table = Table()
    assert table.board.get_incident(table.fire()).priority == 1
    given_priority = table.do(ReportIncident("FIRE", -122.4, 37.7, priority=3)).incident
    assert table.board.get_incident(given_priority).priority == 3


@pytest.mark.parametrize("priority", [-1, 5, 99])
def test_a_priority_that_does_not_exist_is_refused(priority: int) -> None:
    with pytest.raises(BadCommand, match="priority"):
        Table().ask(ReportIncident("FIRE", -122.4, 37.7, priority=priority))


@pytest.mark.parametrize(("lon", "lat"), [(37.7, -122.4), (181.0, 0.0), (float("nan"), 0.0), (0.0, float("inf"))])
def test_a_place_that_is_none_is_refused(lon: float, lat: float) -> None:
    with pytest.raises(BadCommand, match="longitude comes first"):
        Table().ask(ReportIncident("FIRE", lon, lat))


def test_a_type_without_a_plan_is_refused_by_name() -> None:
    with pytest.raises(BadCommand, match="FLOOD"):
        Table().ask(ReportIncident("FLOOD", -122.4, 37.7))


def test_an_agency_that_takes_no_part_may_not_prioritise_or_close() -> None:
    table = Table()
    fire = table.fire()
    outsider = Actor("Lee", "sfpd", Role.DISPATCHER)
    assert table.ask(ChangePriority(fire, 2), outsider).decision.rule == "not_taking_part"
    assert table.ask(CloseIncident(fire), outsider).decision.rule == "not_taking_part"


def test_an_empty_note_is_refused_and_a_long_one_says_its_length() -> None:
    table = Table()
    fire = table.fire()
    with pytest.raises(BadCommand, match="empty"):
        table.ask(AddNote(fire, " \n\t"))
    with pytest.raises(BadCommand, match="2001 characters"):
        table.ask(AddNote(fire, "x" * 2001))


def test_control_characters_do_not_reach_the_log() -> None:
    table = Table()
    verdict = table.do(AddNote(table.fire(), "smoke\x00\x1b[31m showing"))
    assert verdict.events[0].text == "smoke[31m showing"  # type: ignore[union-attr]


def test_a_note_conflicts_with_nothing() -> None:
    table = Table()
    assert table.ask(AddNote(table.fire(), "smoke")).stands_on == frozenset()


def test_a_closing_stands_on_the_roster_so_that_an_assignment_cannot_slip_in() -> None:
    table = Table()
    fire = table.fire()
    assert f"roster:{fire}" in table.ask(CloseIncident(fire)).stands_on


def test_the_board_clock_stamps_what_happens() -> None:
    table = Table()
    table.do(SetClock(1_586_000_000.0, 60.0), Actor("replay", "", Role.SERVICE))
    table.now = NOON + 10
    assert table.board.get_incident(table.fire()).received_at == pytest.approx(1_586_000_600.0)


def test_what_was_closed_lately_is_found_and_what_was_reopened_is_not_among_it() -> None:
    table = Table()
    old, late, open_again = table.fire(), table.fire(), table.fire()
    table.do(CloseIncident(old))
    table.now += 7200
    table.do(CloseIncident(late))
    table.do(CloseIncident(open_again))
    table.do(ReopenIncident(open_again, "smoke again"))
    assert [incident.id for incident in table.board.closed_since(NOON + 10)] == [late]
    assert {incident.id for incident in table.board.closed_since(NOON - 10)} == {old, late}
