"""Who sees what of an incident."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.commands import Role
from domain.incident import Incident
from domain.sharing import FIELD_LABELS, LOG_LABELS, Audience, Label, granted, may_see_log, redact_incident

RECORD: dict[str, object] = {"id": "BAY-2026-000007", "priority": 1, "address": "1 Pier", "caller": "555-0199"}
TAKING_PART = ("sffd", "sfpd")
NOW = 1_800_000_000.0

audiences = st.builds(
    Audience, st.sampled_from(["sffd", "sfpd", "uscg", ""]), st.sampled_from([*map(str, Role), "visitor", ""])
)
fields = st.sampled_from([*FIELD_LABELS, "patient_name", "note", "Caller"])
records = st.dictionaries(fields, st.integers(), max_size=30)
taking_part = st.sets(st.sampled_from(["sffd", "sfpd", "uscg"]))


def see(agency: str, role: str, sensitive: bool = False) -> dict[str, object] | None:
    return redact_incident(RECORD, Audience(agency, role), TAKING_PART, sensitive, NOW)


@pytest.mark.parametrize("agency", TAKING_PART)
def test_an_agency_that_takes_part_sees_the_caller(agency: str) -> None:
    assert see(agency, "dispatcher") == RECORD


def test_another_agency_sees_the_incident_without_its_caller() -> None:
    assert see("uscg", "commander") == {"id": "BAY-2026-000007", "priority": 1, "address": "1 Pier"}


def test_a_sensitive_incident_does_not_exist_for_agencies_that_take_no_part() -> None:
    assert see("uscg", "commander", sensitive=True) is None
    assert see("sfpd", "dispatcher", sensitive=True) == RECORD


def test_a_briefer_of_a_taking_part_agency_never_shows_the_caller_on_the_wall() -> None:
    assert see("sffd", "briefer") == {"id": "BAY-2026-000007", "priority": 1, "address": "1 Pier"}
    assert see("sffd", "briefer", sensitive=True) is not None


def test_an_auditor_of_any_agency_sees_everything() -> None:
    assert see("uscg", "auditor", sensitive=True) == RECORD


@pytest.mark.parametrize("role", ["public", "visitor", ""])
def test_the_public_and_unknown_roles_see_nothing_even_under_a_taking_part_agency(role: str) -> None:
    assert see("sffd", role) is None


def test_nobody_takes_part_under_an_empty_agency() -> None:
    assert redact_incident(RECORD, Audience("", "dispatcher"), ("", "sffd"), True, NOW) is None


def test_an_unknown_field_is_withheld_even_from_the_auditor() -> None:
    assert redact_incident({"id": "1", "ssn": "x"}, Audience("sffd", "auditor"), TAKING_PART, False, NOW) == {"id": "1"}


def test_every_field_of_an_incident_has_a_label() -> None:
    assert {field.name for field in dataclasses.fields(Incident)} <= set(FIELD_LABELS)


def test_a_note_stays_among_the_agencies_that_take_part() -> None:
    assert may_see_log("note", Audience("sfpd", "dispatcher"), TAKING_PART, False, NOW)
    assert not may_see_log("note", Audience("uscg", "dispatcher"), TAKING_PART, False, NOW)
    assert may_see_log("status", Audience("uscg", "dispatcher"), TAKING_PART, False, NOW)


@pytest.mark.parametrize("kind", [*LOG_LABELS, "unheard of"])
def test_the_log_of_a_hidden_incident_is_hidden(kind: str) -> None:
    assert not may_see_log(kind, Audience("uscg", "commander"), TAKING_PART, True, NOW)


def test_a_kind_of_line_nobody_labelled_is_withheld() -> None:
    assert not may_see_log("unheard of", Audience("sffd", "auditor"), TAKING_PART, False, NOW)


@given(records, audiences, taking_part, st.booleans())
def test_no_field_above_the_granted_label_ever_leaves(
    record: dict[str, object], audience: Audience, agencies: set[str], sensitive: bool
) -> None:
    before = dict(record)
    seen = redact_incident(record, audience, agencies, sensitive, NOW)
    grant = granted(audience, agencies, sensitive, NOW)
    assert record == before
    assert (seen is None) == (grant is None)
    if seen is None or grant is None:
        return
    assert all(FIELD_LABELS[field] <= grant and value == record[field] for field, value in seen.items())
    assert all(field in seen for field in record if field in FIELD_LABELS and FIELD_LABELS[field] <= grant)


@given(audiences, taking_part, st.booleans())
def test_only_auditors_and_agencies_taking_part_see_above_operations(
    audience: Audience, agencies: set[str], sensitive: bool
) -> None:
    grant = granted(audience, agencies, sensitive, NOW)
    if audience.role == "auditor":
        return
    if audience.agency not in agencies:
        assert grant is None or (grant <= Label.OPERATIONS and not sensitive)
    assert grant is None or grant <= Label.CALLER
