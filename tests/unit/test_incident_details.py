"""What is known of an incident: updated, relocated, linked, reopened."""

from __future__ import annotations

import pytest

from domain.commands import (
    Actor,
    CloseIncident,
    LinkIncidents,
    RelocateIncident,
    ReopenIncident,
    ReportIncident,
    Role,
    StartPar,
    UnlinkIncidents,
    UpdateIncident,
)
from domain.errors import BadCommand
from domain.incident import IncidentLink, LinkKind
from tests.unit.boards import NOON, Table

POLICE = Actor("Lee", "sfpd", Role.DISPATCHER)


def test_only_the_fields_given_change() -> None:
    table = Table()
    fire = table.fire()
    verdict = table.do(UpdateIncident(fire, address="25th St", caller="555-0100"))
    incident = table.board.get_incident(fire)
    assert (incident.address, incident.caller, incident.type) == ("25th St", "555-0100", "FIRE")
    assert verdict.stands_on == {f"incident:{fire}"}


def test_an_empty_word_empties_the_field() -> None:
    table = Table()
    fire = table.fire()
    table.do(UpdateIncident(fire, address=""))
    assert table.board.get_incident(fire).address == ""


def test_a_new_type_brings_its_own_words_unless_somebody_had_written_others() -> None:
    table = Table()
    plain, worded = table.fire(), table.do(ReportIncident("FIRE", -122.4, 37.7, local_type="Box alarm")).incident
    table.do(UpdateIncident(plain, type="CRISIS"))
    table.do(UpdateIncident(worded, type="CRISIS"))
    assert table.board.get_incident(plain).local_type == "Suicide threat"
    assert table.board.get_incident(worded).local_type == "Box alarm"


@pytest.mark.parametrize("nothing", [{}, {"type": "FLOOD"}, {"type": ""}])
def test_an_update_of_nothing_or_to_an_unknown_type_means_nothing(nothing: dict[str, str]) -> None:
    table = Table()
    fire = table.fire()
    with pytest.raises(BadCommand):
        table.ask(UpdateIncident(fire, **nothing))  # type: ignore[arg-type]


def test_what_is_so_already_is_refused_because_the_picture_may_be_old() -> None:
    table = Table()
    fire = table.fire()
    refusal = table.ask(UpdateIncident(fire, address="24th St"))
    assert refusal.decision.rule == "nothing_new"
    assert refusal.conflict == f"incident:{fire}"
    assert table.ask(RelocateIncident(fire, -122.4, 37.78)).decision.rule == "nothing_new"


def test_a_relocation_keeps_the_address_unless_given() -> None:
    table = Table()
    fire = table.fire()
    table.do(RelocateIncident(fire, -122.5, 37.7))
    assert table.board.get_incident(fire).address == "24th St"
    verdict = table.do(RelocateIncident(fire, -122.5, 37.7, "1 Pier"))
    assert table.board.get_incident(fire).address == "1 Pier"
    assert verdict.stands_on == {f"incident:{fire}"}
    with pytest.raises(BadCommand, match="longitude comes first"):
        table.ask(RelocateIncident(fire, 37.7, -122.5))


def test_an_agency_that_takes_no_part_may_not_update_or_relocate() -> None:
    table = Table()
    fire = table.fire()
    for command in (UpdateIncident(fire, address="x"), RelocateIncident(fire, -122.5, 37.7)):
        assert table.ask(command, POLICE).decision.rule == "not_taking_part"


def test_a_closed_incident_is_not_updated_or_moved() -> None:
    table = Table()
    fire = table.fire()
    table.do(CloseIncident(fire))
    for command in (UpdateIncident(fire, address="x"), RelocateIncident(fire, -122.5, 37.7)):
        assert table.ask(command).decision.rule == "incident_closed"


def test_a_link_is_seen_from_both_ends() -> None:
    table = Table()
    first, second = table.fire(), table.fire()
    verdict = table.do(LinkIncidents(second, first, LinkKind.DUPLICATE_OF))
    assert table.board.get_incident(second).links == (IncidentLink(first, LinkKind.DUPLICATE_OF),)
    assert table.board.get_incident(first).links == (IncidentLink(second, LinkKind.HAS_DUPLICATE),)
    assert verdict.stands_on == {f"incident:{first}", f"incident:{second}"}


def test_two_incidents_have_one_link_and_it_can_be_taken_away() -> None:
    table = Table()
    first, second = table.fire(), table.fire()
    table.do(LinkIncidents(first, second))
    assert table.ask(LinkIncidents(second, first, LinkKind.DUPLICATE_OF)).decision.rule == "already_linked"
    table.do(UnlinkIncidents(second, first))
    assert table.board.get_incident(first).links == ()
    assert table.ask(UnlinkIncidents(first, second)).decision.rule == "not_linked"


def test_a_hidden_incident_is_not_found_out_by_linking_to_it() -> None:
    table = Table()
    fire = table.fire()
    hidden = table.do(ReportIncident("CRISIS", -122.4, 37.7), POLICE).incident
    assert table.ask(LinkIncidents(fire, hidden)).decision.rule == "unknown_incident"
    missing = table.ask(LinkIncidents(fire, "SF-2026-999999")).decision
    assert table.ask(LinkIncidents(fire, hidden)).decision.reason == missing.reason.replace("SF-2026-999999", hidden)
    assert table.ask(LinkIncidents(hidden, fire), POLICE).decision.allowed


def test_an_incident_is_not_linked_to_itself_or_to_one_that_is_not_there() -> None:
    table = Table()
    fire = table.fire()
    with pytest.raises(BadCommand, match="itself"):
        table.ask(LinkIncidents(fire, fire))
    assert table.ask(LinkIncidents("SF-1", fire)).decision.rule == "unknown_incident"


def test_an_agency_in_neither_incident_links_nothing() -> None:
    table = Table()
    assert table.ask(LinkIncidents(table.fire(), table.fire()), POLICE).decision.rule == "not_taking_part"


def test_a_closed_incident_is_reopened_under_its_number() -> None:
    table = Table()
    fire = table.fire()
    table.do(CloseIncident(fire, "out"))
    table.now += 60
    verdict = table.do(ReopenIncident(fire, "rekindled"))
    incident = table.board.get_incident(fire)
    assert incident.open
    assert (incident.closed_at, incident.disposition) == (0.0, "")
    assert [known.id for known in table.board.open_incidents()] == [fire]
    assert verdict.stands_on == {f"incident:{fire}"}


def test_reopening_needs_a_closed_incident_a_reason_and_a_part_in_it() -> None:
    table = Table()
    fire = table.fire()
    assert table.ask(ReopenIncident(fire, "x")).decision.rule == "incident_open"
    table.do(CloseIncident(fire))
    assert table.ask(ReopenIncident(fire, "x"), POLICE).decision.rule == "not_taking_part"
    with pytest.raises(BadCommand, match="reason is empty"):
        table.ask(ReopenIncident(fire, " "))
    early = ReopenIncident(fire, "x", occurred_at=NOON - 5)
    assert table.ask(early, Actor("replay", "", Role.SERVICE)).decision.rule == "time_runs_backward"


def test_a_closing_stops_a_running_par() -> None:
    table = Table()
    fire = table.fire()
    table.do(StartPar(fire, 600))
    verdict = table.do(CloseIncident(fire))
    assert table.board.accountability_of(fire).par is None
    assert f"accountability:{fire}" in verdict.stands_on
