"""What the new things look like to an audience: records, and lines that name a hidden incident."""

from __future__ import annotations

import json
from typing import Any

import pytest

from data.keys import keys_of
from data.projection import Projection
from data.views import Views
from domain.command_structure import AgencyRole
from domain.commands import (
    Actor,
    AssignPosition,
    AssignTalkgroup,
    DissolveTaskForce,
    FormTaskForce,
    GiveAgencyRole,
    LinkIncidents,
    MarkBenchmark,
    PreemptUnit,
    ReportIncident,
    Role,
    StartPar,
)
from domain.errors import UnknownIncident
from domain.granting import Audience
from tests.unit.boards import FACTS, NOON, Table

FIRE_DESK = Audience("sffd", "dispatcher")
POLICE_DESK = Audience("sfpd", "dispatcher")


def views_of(table: Table) -> Views:
    projection = Projection(None, keys_of("test"))
    for recorded in table.recorded:
        projection.take(recorded)
    return Views(projection, FACTS.plans)


def snapshot(table: Table, audience: Audience) -> dict[str, Any]:
    frame: dict[str, Any] = json.loads(views_of(table).snapshot(audience, table.now))
    return frame


def changed(table: Table, after: int, audience: Audience = FIRE_DESK) -> dict[str, Any]:
    frame: dict[str, Any] = json.loads(views_of(table).delta(audience, after, table.now) or b"{}")
    return frame


def test_an_incidents_record_carries_structure_timers_and_talkgroup() -> None:
    table = Table()
    fire = table.fire()
    for command in (
        AssignPosition(fire, "Safety", "Ng"),
        GiveAgencyRole(fire, "amr", AgencyRole.ASSISTING),
        MarkBenchmark(fire, "Water"),
        StartPar(fire, 600),
        AssignTalkgroup("A2", fire),
    ):
        table.do(command)
    record = snapshot(table, FIRE_DESK)["incidents"][0]
    assert record["positions"][0]["holder"] == "Ng"
    assert record["roles"] == [{"agency": "amr", "role": "Assisting"}]
    assert record["benchmarks"] == [{"name": "Water", "at": NOON, "by": "sffd"}]
    assert record["par"]["due_at"] == NOON + 600
    assert record["talkgroup"] == "A2"
    assert record["agencies"] == ["sffd", "amr"]
    assert record["structure_v"] == table.board.version(f"structure:{fire}") > 0


def test_what_only_touches_timers_or_structure_sends_the_incident_again() -> None:
    table = Table()
    fire = table.fire()
    for command in (MarkBenchmark(fire, "Water"), AssignPosition(fire, "Safety", "Ng")):
        before = table.board.seq
        table.do(command)
        assert [record["id"] for record in changed(table, before)["incidents"]] == [fire]


def test_a_task_force_is_sent_when_formed_and_once_more_when_dissolved() -> None:
    table = Table()
    before = table.board.seq
    table.do(FormTaskForce("TF 1", "sffd/E1", ("sffd/E1", "smfd/E91"), "A4"))
    assert changed(table, before)["task_forces"][0]["members"] == ["sffd/E1", "smfd/E91"]
    assert snapshot(table, POLICE_DESK)["task_forces"][0]["name"] == "TF 1"
    assert snapshot(table, Audience("", "public"))["task_forces"] == []
    before = table.board.seq
    table.do(DissolveTaskForce("tf-1"))
    assert changed(table, before)["task_forces"][0]["dissolved_at"] == NOON
    assert snapshot(table, FIRE_DESK)["task_forces"] == []


def test_a_link_to_a_hidden_incident_is_not_shown_to_those_it_is_hidden_from() -> None:
    table = Table()
    police = Actor("Lee", "sfpd", Role.DISPATCHER)
    fire = table.fire()
    hidden = table.do(ReportIncident("CRISIS", -122.4, 37.7), police).incident
    table.do(LinkIncidents(hidden, fire), police)
    assert hidden not in json.dumps(snapshot(table, FIRE_DESK))
    assert "#2" not in json.dumps(snapshot(table, FIRE_DESK))
    shown = {record["id"]: record for record in snapshot(table, POLICE_DESK)["incidents"]}
    assert shown[fire]["links"] == [{"incident": hidden, "short": "#2", "kind": "related"}]


def test_who_lost_a_unit_to_a_hidden_incident_learns_who_took_it_and_no_number() -> None:
    table = Table()
    police = Actor("Lee", "sfpd", Role.DISPATCHER)
    minor = table.do(ReportIncident("FIRE", -122.4, 37.78, 4)).incident
    from domain.assignment import AssignmentStatus
    from domain.commands import AssignUnits, ChangeStatus

    table.do(AssignUnits(minor, ("sfpd/3A1",)), police)
    table.do(ChangeStatus(f"{minor}|sfpd/3A1|1", AssignmentStatus.EN_ROUTE), police)
    hidden = table.do(ReportIncident("CRISIS", -122.4, 37.7), police).incident
    table.do(PreemptUnit(hidden, "sfpd/3A1", "jumper at #2"), police)
    frame = snapshot(table, FIRE_DESK)
    line = next(entry for entry in frame["log"] if entry["kind"] == "preempted")
    assert line["text"] == "3A1 cancelled, taken by sfpd for a more urgent incident"
    assert hidden not in json.dumps(frame)


def test_the_boards_talkgroup_comes_with_hello_and_with_the_change() -> None:
    table = Table()
    before = table.board.seq
    table.do(AssignTalkgroup("CMD 1"), Actor("Chen", "sffd", Role.COMMANDER))
    assert changed(table, before)["talkgroup"] == "CMD 1"
    assert json.loads(views_of(table).hello(FIRE_DESK, NOON, "1"))["talkgroup"] == "CMD 1"


def test_an_incident_that_is_withheld_is_as_unknown_as_one_that_never_was() -> None:
    table = Table()
    police = Actor("Ng", "sfpd", Role.DISPATCHER)
    crisis = table.do(ReportIncident("CRISIS", -122.4, 37.78, lead_agency="sfpd"), police).incident
    views = views_of(table)
    assert views.get_known(crisis, POLICE_DESK, table.now).id == crisis
    said = []
    for number in (crisis, crisis[:-1] + "9"):
        with pytest.raises(UnknownIncident) as unknown:
            views.get_known(number, FIRE_DESK, table.now)
        said.append(str(unknown.value).replace(number, "X"))
    assert said[0] == said[1]
