"""Who was responsible at an incident's place, who leads, and what whoever works it is warned of."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from data.codec import read_entity, read_event, to_json, write_event
from domain.agency import Service
from domain.commands import RelocateIncident, ReportIncident, UndoCommand
from domain.events import RecordedEvent
from domain.granting import Audience
from domain.incident import Incident
from domain.jurisdiction import Area, ServiceAnswer, stand_ins
from domain.log import log_entries
from domain.responsibility import UNKNOWN, Responsibility, Severity, leader, responsibility, warnings, why_leader
from domain.rules import decide
from tests.unit.boards import FACTS, NOON, Table
from tests.unit.test_records import FIRE_DESK, views_of

F, E, P, S, C = Service.FIRE, Service.EMS, Service.POLICE, Service.SHERIFF, Service.COAST_GUARD


def area(service: Service, agency: str, name: str = "") -> Area:
    return Area(service, agency, name or f"{agency} area", "official", "2024-01-01")


def answer(
    service: Service, *agencies: str, metres: float | None = None, beyond: tuple[str, ...] = ()
) -> ServiceAnswer:
    return ServiceAnswer(
        service, tuple(area(service, one) for one in agencies), metres, tuple(area(service, one) for one in beyond)
    )


def texts(here: Responsibility, discipline: str = "fire") -> list[tuple[str, str]]:
    return [(str(one.severity), one.text) for one in warnings(here, discipline)]


def test_in_the_middle_of_a_district_there_is_nothing_to_warn_of() -> None:
    here = responsibility([answer(F, "sffd"), answer(E, "sffd"), answer(P, "sfpd", metres=400.0)])
    assert texts(here) == []
    assert leader(here, "fire") == "sffd"
    assert leader(here, "law") == "sfpd"


def test_on_a_boundary_road_both_are_named_with_the_metres() -> None:
    here = responsibility([answer(F, "sffd", metres=12.4, beyond=("smfd",))])
    assert texts(here) == [("caution", "On the boundary (12 m): Fire sffd / smfd")]


def test_a_county_line_is_one_warning_and_the_service_that_leads_comes_first() -> None:
    answers = [answer(F, "sffd", metres=22.0, beyond=("smfd",)), answer(P, "sfpd", metres=22.2, beyond=("smpd", "chp"))]
    assert texts(responsibility(answers), "law") == [
        ("caution", "On the boundary (22 m): Police sfpd / smpd / chp; Fire sffd / smfd")
    ]


def test_a_dispute_weighs_more_than_a_boundary_and_names_all() -> None:
    here = responsibility([answer(F, "sffd", metres=3.0, beyond=("smfd",)), answer(P, "a", "b", "c")])
    assert texts(here) == [
        ("alert", "Police: disputed, claimed by a, b and c"),
        ("caution", "On the boundary (3 m): Fire sffd / smfd"),
    ]


def test_the_service_an_incident_needs_is_warned_of_first() -> None:
    here = responsibility([answer(F, "a", "b"), answer(P, "c", "d")])
    assert [text.partition(":")[0] for _, text in texts(here, "law")] == ["Police", "Fire"]
    assert [text.partition(":")[0] for _, text in texts(here, "fire")] == ["Fire", "Police"]


def test_a_gap_is_one_only_where_nobody_stands_in() -> None:
    here = responsibility([answer(F), answer(P), answer(S, "sheriff"), answer(C)])
    assert texts(here) == [("alert", "Fire: no agency on file is responsible here")]
    assert leader(here, "fire") == "sheriff"


def test_who_stands_in_for_a_service_without_an_area_is_named_but_for_the_coast_guard_ashore() -> None:
    answers = [answer(F), answer(P), answer(S, "sheriff"), answer(C)]
    assert stand_ins(answers) == {P: S}


def test_in_a_strip_that_belongs_to_nobody_the_nearest_agencies_are_named_once_for_all_services() -> None:
    beyond = ("sffd", "smfd")
    here = responsibility([answer(F, metres=8.2, beyond=beyond), answer(E, metres=8.2, beyond=beyond), answer(P, "pd")])
    assert texts(here) == [
        ("alert", "Fire, EMS: no agency on file is responsible here, 8 m to sffd and smfd"),
    ]


def test_a_third_agency_on_whose_boundary_a_disputed_place_lies_is_not_lost() -> None:
    assert texts(responsibility([answer(F, "a", "b", metres=9.0, beyond=("a", "c"))])) == [
        ("alert", "Fire: disputed, claimed by a and b"),
        ("caution", "On the boundary (9 m): Fire a / b / c"),
    ]


def test_modelled_areas_are_a_note_and_come_last() -> None:
    modelled = replace(area(F, "sffd"), modelled=True)
    here = responsibility([ServiceAnswer(F, (modelled,)), answer(E, "a", "b")])
    assert texts(here) == [
        ("alert", "EMS: disputed, claimed by a and b"),
        ("note", "Modelled areas, not official: Fire"),
    ]


@pytest.mark.parametrize(
    ("answers", "discipline", "leads", "why"),
    [
        ([answer(F, "sffd")], "fire", "sffd", "responsible here"),
        ([answer(P), answer(S, "sheriff")], "law", "sheriff", "responsible here"),
        ([answer(F, "a", "b")], "fire", "a", "provisional: Fire is disputed here"),
        (
            [answer(F), answer(S, "sheriff")],
            "fire",
            "sheriff",
            "provisional: no agency on file for Fire here; it answers for Sheriff",
        ),
        (
            [answer(F), answer(S, "one", "two")],
            "fire",
            "one",
            "provisional: no agency on file for Fire here; it answers for Sheriff, which is disputed",
        ),
        ([answer(F)], "fire", "", "nobody on file is responsible here"),
    ],
)
def test_who_leads_is_said_with_the_reason_and_what_is_uncertain_is_provisional(
    answers: list[ServiceAnswer], discipline: str, leads: str, why: str
) -> None:
    here = responsibility(answers)
    assert (leader(here, discipline), why_leader(here, discipline)) == (leads, why)


def test_outside_every_area_one_sentence_says_so() -> None:
    here = responsibility([answer(F), answer(E), answer(P)])
    assert texts(here) == [("alert", "Outside every area on file: nobody is known to be responsible here")]
    assert leader(here, "fire") == ""


def test_several_areas_of_one_agency_are_layers_not_a_dispute() -> None:
    both = (area(F, "sffd", "Station 7 first due"), area(F, "sffd", "San Francisco"))
    here = responsibility([ServiceAnswer(F, both)])
    assert here.services[0].agencies == ("sffd",)
    assert here.services[0].areas == ("Station 7 first due", "San Francisco")
    assert texts(here) == []


def test_agencies_near_by_are_notified_once_and_not_those_concerned_already() -> None:
    near = [(40.0, area(F, "smfd")), (60.0, area(P, "smpd")), (61.0, area(F, "smfd")), (80.0, area(F, "sffd"))]
    here = responsibility([answer(F, "sffd", metres=12.0, beyond=("smfd",)), answer(P, "sfpd")], near)
    assert here.nearby == ("smpd",)


def test_nobody_asked_is_no_warning() -> None:
    assert texts(UNKNOWN) == []


ON_BORDER = responsibility([answer(F, "sffd", metres=12.0, beyond=("smfd",)), answer(P, "ghost")])
CITY = responsibility([answer(F, "smfd"), answer(P, "sfpd")])


def table_and_facts() -> tuple[Table, Any]:
    def responsible_at(lon: float, lat: float, when: float) -> Responsibility:
        assert when == NOON, "an incident is answered for as of its own time"
        return ON_BORDER if lon > -122.45 else CITY

    return Table(), replace(
        FACTS,
        responsible_at=responsible_at,
        leader_at=lambda lon, lat, when, discipline: leader(responsible_at(lon, lat, when), discipline),
    )


def do(table: Table, facts: Any, command: Any) -> str:
    table.ask(command)
    verdict = decide(table.board, table.envelope, table.now, facts)
    assert verdict.decision.allowed, verdict
    for event in verdict.events:
        recorded = RecordedEvent(
            table.board.seq + 1, table.now, event, table.envelope.actor, table.envelope.id, verdict.decision
        )
        table.board.apply(recorded)
        table.recorded.append(recorded)
        table.log += log_entries(recorded, table.board)
    return verdict.text


def test_a_report_says_who_leads_and_why_and_its_weightiest_warning() -> None:
    table, facts = table_and_facts()
    said = do(table, facts, ReportIncident("FIRE", -122.4, 37.7))
    assert said == (
        "#1 Structure fire reported, sffd leads (responsible here). On the boundary (12 m): Fire sffd / smfd"
    )


def test_the_log_and_the_record_tell_who_is_responsible_also_off_this_board() -> None:
    table, facts = table_and_facts()
    do(table, facts, ReportIncident("FIRE", -122.4, 37.7))
    told = {entry.kind: entry.text for entry in table.log}
    assert (
        told["responsible"] == "Responsible: Fire sffd; Police ghost (not on this board). sffd leads (responsible here)"
    )
    assert told["warning"] == "On the boundary (12 m): Fire sffd / smfd"
    record = json.loads(views_of(table).snapshot(FIRE_DESK, NOON))["incidents"][0]
    assert [(one["title"], one["agencies"], one["neighbours"]) for one in record["responsible"]] == [
        ("Fire", ["sffd"], ["smfd"]),
        ("Police", ["ghost"], []),
    ]
    assert record["warnings"] == [
        {"severity": str(Severity.CAUTION), "text": "On the boundary (12 m): Fire sffd / smfd"}
    ]


def test_an_incident_that_moves_is_answered_for_anew_as_of_its_own_time() -> None:
    table, facts = table_and_facts()
    do(table, facts, ReportIncident("FIRE", -122.4, 37.7))
    number = next(table.board.open_incidents()).id
    table.now += 3600
    said = do(table, facts, RelocateIncident(number, -122.5, 37.7))
    moved = table.board.get_incident(number)
    assert moved.responsibility == CITY
    assert moved.lead_agency == "sffd"  # the lead is handed over, not swept along
    assert said == "#1 moved to 37.70000, -122.50000; smfd is responsible there, sffd still leads"
    assert table.log[-1].text == "Responsible: Fire smfd; Police sfpd. sffd leads"


def test_an_incident_recorded_before_this_was_kept_still_reads() -> None:
    old = {
        "id": "SF-2026-000001",
        "type": "FIRE",
        "local_type": "Fire",
        "priority": 1,
        "lon": -122.4,
        "lat": 37.7,
        "address": "",
        "lead_agency": "sffd",
        "received_at": NOON,
    }
    read = read_entity("incident:SF-2026-000001", to_json(old))
    assert isinstance(read, Incident)
    assert read.responsibility == UNKNOWN
    again = read_entity("incident:SF-2026-000001", to_json(replace(read, responsibility=ON_BORDER)))
    assert isinstance(again, Incident)
    assert again.responsibility == ON_BORDER


def test_events_recorded_before_this_was_kept_still_read_and_their_log_says_no_more_than_they_knew() -> None:
    table, facts = table_and_facts()
    do(table, facts, ReportIncident("FIRE", -122.4, 37.7))
    do(table, facts, RelocateIncident(next(table.board.open_incidents()).id, -122.5, 37.7))
    old = Table()
    for recorded in table.recorded[-2:]:
        kind, schema, body = write_event(recorded.event, table.envelope, recorded.decision)
        plain = json.loads(body)
        for holder in (plain["event"], plain["event"].get("incident")):
            if isinstance(holder, dict):
                holder.pop("responsibility", None)
                holder.pop("why_lead", None)
        fields = {b"kind": kind.encode(), b"schema": schema.encode(), b"body": to_json(plain), b"at": b"1780000000"}
        assert b"responsibility" not in fields[b"body"]
        read = read_event(old.board.seq + 1, fields)
        old.board.apply(read)
        assert next(entry.kind for entry in log_entries(read, old.board)) in ("reported", "relocated")
        assert not {entry.kind for entry in log_entries(read, old.board)} & {"responsible", "warning"}
    assert next(old.board.open_incidents()).responsibility == UNKNOWN


def test_an_undone_move_is_answered_for_as_before_it() -> None:
    table, facts = table_and_facts()
    do(table, facts, ReportIncident("FIRE", -122.4, 37.7))
    number = next(table.board.open_incidents()).id
    do(table, facts, RelocateIncident(number, -122.5, 37.7))
    do(table, facts, UndoCommand(table.envelope.id))
    assert table.board.get_incident(number).responsibility == ON_BORDER


def test_a_disputed_lead_is_provisional_in_the_answer_and_in_the_log() -> None:
    table, facts = table_and_facts()
    disputed = responsibility([answer(F, "sffd", "smfd")])
    both = replace(
        facts,
        responsible_at=lambda lon, lat, when: disputed,
        leader_at=lambda lon, lat, when, discipline: leader(disputed, discipline),
    )
    said = do(table, both, ReportIncident("FIRE", -122.4, 37.7))
    assert "sffd leads (provisional: Fire is disputed here). Fire: disputed, claimed by sffd and smfd" in said
    assert [entry.text for entry in table.log] == [
        "Received: Structure fire",
        "Responsible: Fire sffd, smfd. sffd leads (provisional: Fire is disputed here)",
        "Fire: disputed, claimed by sffd and smfd",
    ]


def test_outside_every_area_the_log_says_that_nobody_is_responsible() -> None:
    table, facts = table_and_facts()
    nowhere = responsibility([answer(F), answer(P)])
    lost = replace(facts, responsible_at=lambda lon, lat, when: nowhere, leader_at=lambda lon, lat, when, what: "")
    said = do(table, lost, ReportIncident("FIRE", -122.4, 37.7))
    assert "sffd leads (reported it, nobody responsible on file). Outside every area on file" in said
    told = [entry.text for entry in table.log if entry.kind == "responsible"]
    assert told == ["Responsible: nobody on file. sffd leads (reported it, nobody responsible on file)"]


@pytest.mark.parametrize(
    ("named", "why"),
    [("", "responsible here"), ("smfd", "as reported"), ("sffd", "as reported; smfd is responsible here")],
)
def test_a_named_lead_is_said_to_be_named_and_who_would_have_been(named: str, why: str) -> None:
    table, facts = table_and_facts()
    said = do(table, facts, ReportIncident("FIRE", -122.5, 37.7, lead_agency=named))
    assert said == f"#1 Structure fire reported, {named or 'smfd'} leads ({why})"


def test_an_agency_in_whose_jurisdiction_an_incident_lies_sees_what_where_and_who_but_no_caller() -> None:
    table, facts = table_and_facts()
    do(
        table,
        facts,
        ReportIncident("FIRE", -122.5, 37.7, caller="555-0199", note="caller is hiding", lead_agency="sffd"),
    )
    city = json.loads(views_of(table).snapshot(Audience("sfpd", "dispatcher"), NOON))
    assert [one["agencies"] for one in city["incidents"][0]["responsible"]] == [["smfd"], ["sfpd"]]
    assert "caller" not in city["incidents"][0]
    assert [entry["kind"] for entry in city["log"]] == ["reported", "responsible"]


def test_a_sensitive_incident_stays_hidden_from_agencies_that_are_responsible_but_take_no_part() -> None:
    table, facts = table_and_facts()
    do(table, facts, ReportIncident("CRISIS", -122.5, 37.7))
    for agency, seen in (("sfpd", 1), ("smfd", 0)):
        frame = json.loads(views_of(table).snapshot(Audience(agency, "dispatcher"), NOON))
        assert (len(frame["incidents"]), bool(frame["log"])) == (seen, bool(seen)), agency
