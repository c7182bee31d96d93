"""Streets closed, changed and reopened: by whom, for how long, and what is told of it."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from domain.closure import ClosureShape
from domain.commands import (
    Actor,
    ChangeClosure,
    CloseIncident,
    CloseStreets,
    Command,
    ReopenStreets,
    ReportIncident,
    Role,
    UndoCommand,
)
from domain.errors import BadCommand
from domain.granting import Audience
from tests.unit.boards import NOON, Table
from tests.unit.test_records import FIRE_DESK, POLICE_DESK, views_of

LINE = ((-122.41, 37.75), (-122.40, 37.75))
RING = (*LINE, (-122.40, 37.76))
FIRE = Actor("Chen", "sffd", Role.COMMANDER)
POLICE = Actor("Lee", "sfpd", Role.DISPATCHER)


def closed(**more: Any) -> Table:
    table = Table()
    table.do(CloseStreets(ClosureShape.LINE, LINE, "wires down", **more))
    return table


def test_anybody_on_duty_closes_streets_and_each_closure_has_a_name_of_its_own() -> None:
    table = closed()
    table.do(CloseStreets(ClosureShape.AREA, RING, "gas leak"), POLICE)
    first, second = table.board.closures()
    assert (first.id, first.agency, first.reason, first.shape) == ("C1", "sffd", "wires down", ClosureShape.LINE)
    assert (second.id, second.agency, second.points) == ("C2", "sfpd", RING)
    assert first.stands(NOON)


def test_two_closing_at_once_cannot_get_one_name() -> None:
    verdict = Table().ask(CloseStreets(ClosureShape.LINE, LINE, "wires down"))
    assert verdict.stands_on == {"closures", "closure:C1"}


def test_a_closure_with_an_end_is_over_by_board_time_and_nobody_writes_it() -> None:
    table = closed(until=NOON + 600)
    closure = table.board.get_closure("C1")
    assert closure.stands(NOON + 599)
    assert not closure.stands(NOON + 600)
    table.now += 601
    assert table.ask(ReopenStreets("C1")).decision.rule == "closure_ended"


def test_the_name_of_a_reopened_closure_is_not_given_again() -> None:
    table = closed()
    table.do(ReopenStreets("C1"))
    assert not list(table.board.closures())
    assert table.ask(ReopenStreets("C1")).decision.rule == "closure_ended"
    table.do(CloseStreets(ClosureShape.LINE, LINE, "again"))
    assert [closure.id for closure in table.board.closures()] == ["C2"]


@pytest.mark.parametrize(
    ("shape", "points", "reason", "until"),
    [
        (ClosureShape.LINE, LINE[:1], "one point", 0.0),
        (ClosureShape.LINE, (LINE[0], LINE[0]), "one place", 0.0),
        (ClosureShape.AREA, LINE, "no ring", 0.0),
        (ClosureShape.LINE, LINE * 101, "too many", 0.0),
        (ClosureShape.LINE, ((-122.4, 37.7), (-121.0, 37.7)), "too long", 0.0),
        (ClosureShape.LINE, ((-122.4, 97.7), (-122.0, 37.7)), "no place", 0.0),
        (ClosureShape.LINE, ((math.nan, 37.7), (-122.0, 37.7)), "no number", 0.0),
        (ClosureShape.LINE, LINE, "", 0.0),
        (ClosureShape.LINE, LINE, "x" * 121, 0.0),
        (ClosureShape.LINE, LINE, "over before it began", NOON - 1),
        (ClosureShape.LINE, LINE, "for ever and a day", NOON + 61 * 86400),
    ],
)
def test_a_closure_that_is_none_is_refused_whole(shape: Any, points: Any, reason: str, until: float) -> None:
    with pytest.raises(BadCommand):
        Table().ask(CloseStreets(shape, points, reason, until))


def test_only_who_closed_who_leads_its_incident_or_a_commander_with_a_reason_opens() -> None:
    table = Table()
    fire = table.fire()
    table.do(CloseStreets(ClosureShape.LINE, LINE, "hose lines", incident=fire), POLICE)
    stranger = Actor("Ray", "amr", Role.DISPATCHER)
    commander = Actor("Ray", "amr", Role.COMMANDER)
    assert table.ask(ReopenStreets("C1"), stranger).decision.rule == "not_your_closure"
    assert table.ask(ReopenStreets("C1", "clear"), stranger).decision.rule == "not_your_closure"
    assert table.ask(ReopenStreets("C1"), commander).decision.rule == "not_your_closure"
    assert table.ask(ReopenStreets("C1", "hoses are up"), commander).decision.rule == "commander"
    assert table.ask(ReopenStreets("C1"), POLICE).decision.rule == "closure"
    led = table.ask(ReopenStreets("C1"))
    assert led.decision.rule == "lead"
    assert f"incident:{fire}" in led.stands_on


def test_a_change_keeps_what_is_not_named_and_says_what_it_changed() -> None:
    table = closed(passable=True)
    verdict = table.do(ChangeClosure("C1", points=RING, until=NOON + 60))
    closure = table.board.get_closure("C1")
    assert (closure.points, closure.reason, closure.until, closure.passable) == (RING, "wires down", NOON + 60, True)
    assert verdict.text == "C1 changed: moved, new end"
    assert table.ask(ChangeClosure("C1", until=NOON + 60)).decision.rule == "nothing_new"
    assert table.ask(ChangeClosure("C1", passable=False), POLICE).decision.rule == "not_your_closure"
    assert table.ask(ChangeClosure("C9", passable=False)).decision.rule == "unknown_closure"


def test_of_two_who_edit_a_closure_the_second_is_told_that_it_changed() -> None:
    table = closed()
    seen = {"closure:C1": table.board.version("closure:C1")}
    table.do(ChangeClosure("C1", reason="gas leak"))
    late = table.ask(ChangeClosure("C1", passable=True), expected=seen)
    assert late.decision.rule == "changed_since_seen"
    assert late.conflict == "closure:C1"


def test_its_incident_must_be_open_and_its_log_tells_of_the_closure() -> None:
    table = Table()
    fire = table.fire()
    table.do(CloseStreets(ClosureShape.LINE, LINE, "hose lines", incident=fire))
    table.do(ChangeClosure("C1", reason="hoses"))
    table.do(ReopenStreets("C1", "done"))
    told = [entry.text for entry in table.log if entry.kind == "closure"]
    assert told == ["Streets closed, C1: hose lines", "Closure C1 changed: reason: hoses", "Streets reopened, C1: done"]
    table.do(CloseIncident(fire))
    assert table.ask(CloseStreets(ClosureShape.LINE, LINE, "x", incident=fire)).decision.rule == "incident_closed"
    missing = CloseStreets(ClosureShape.LINE, LINE, "x", incident="SF-1")
    assert table.ask(missing).decision.rule == "unknown_incident"


def test_a_closure_is_reopened_not_undone() -> None:
    table = closed()
    assert table.ask(UndoCommand(table.envelope.id)).decision.rule == "not_undoable"


def frame(table: Table, audience: Audience) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(views_of(table).snapshot(audience, NOON))["closures"]
    return found


def test_everybody_sees_the_closure_and_only_who_may_know_of_it_the_incident() -> None:
    table = Table()
    crisis = table.do(ReportIncident("CRISIS", -122.4, 37.78, lead_agency="sfpd"), POLICE).incident
    table.do(CloseStreets(ClosureShape.LINE, LINE, "police", incident=crisis), POLICE)
    assert [one["incident"] for one in frame(table, POLICE_DESK)] == [crisis]
    assert [(one["incident"], one["points"]) for one in frame(table, FIRE_DESK)] == [("", [list(p) for p in LINE])]
    assert frame(table, Audience("", "public")) == []


def test_a_delta_carries_the_change_and_the_end_of_a_closure() -> None:
    table = closed()
    before = table.board.seq
    command: Command = ReopenStreets("C1")
    table.do(command)
    delta = json.loads(views_of(table).delta(FIRE_DESK, before, NOON) or b"{}")
    assert [(one["id"], one["reopened_at"]) for one in delta["closures"]] == [("C1", NOON)]
    assert json.loads(views_of(table).snapshot(FIRE_DESK, NOON))["closures"] == []
