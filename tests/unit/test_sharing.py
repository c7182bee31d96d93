"""Who sees what of an incident, under which rule."""

from __future__ import annotations

import dataclasses
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.agreement import Agreement, AgreementStatus
from domain.commands import Role
from domain.granting import Audience, Grant, Shares, Standing, granted
from domain.incident import Incident
from domain.purpose import Purpose, PurposeKind
from domain.share_clause import Label, ShareClause
from domain.sharing import FIELD_LABELS, LOG_LABELS, label_of_line, may_see_line, redact_incident

NOW = 1_800_000_000.0
RECORD: dict[str, object] = {"id": "BAY-2026-000007", "priority": 1, "address": "1 Pier", "caller": "555-0199"}
STANDING = Standing(
    "BAY-2026-000007", "FIRE", False, "sffd", frozenset({"sffd", "smfd"}), frozenset({"sfpd"}), frozenset({"06075"})
)
SENSITIVE = dataclasses.replace(STANDING, type="CRISIS", sensitive=True)
AGENCIES = ("sffd", "smfd", "sfpd", "uscg", "")


def paper(*clauses: ShareClause, **more: object) -> Agreement:
    return Agreement("share", "Sharing", ("sffd", "uscg", "smfd", "sfpd"), (), shares=clauses, **more)  # type: ignore[arg-type]


def shares(*papers: Agreement) -> Shares:
    return lambda giver, receiver: [
        (one, clause) for one in papers for clause in one.shares if (clause.giver, clause.receiver) == (giver, receiver)
    ]


def clause(label: Label = Label.CALLER, receiver: str = "uscg", **more: object) -> ShareClause:
    return ShareClause("1", "sffd", receiver, label, **more)  # type: ignore[arg-type]


def ask(
    agency: str, role: str = "dispatcher", standing: Standing = STANDING, *papers: Agreement, now: float = NOW
) -> Grant | None:
    return granted(Audience(agency, role), standing, shares(*papers), None, now)


@pytest.mark.parametrize(
    ("agency", "rule", "label"),
    [
        ("sffd", "owner", Label.CRIMINAL_JUSTICE),
        ("smfd", "takes_part", Label.OPERATIONS),
        ("sfpd", "jurisdiction", Label.OPERATIONS),
    ],
)
def test_owner_participant_and_jurisdiction_see_what_each_may(agency: str, rule: str, label: Label) -> None:
    grant = ask(agency)
    assert grant is not None
    assert (grant.rule, grant.label) == (rule, label)
    assert grant.reason


def test_an_agency_with_no_part_in_it_and_no_paper_does_not_know_of_it() -> None:
    assert ask("uscg") is None


def test_a_sensitive_incident_is_for_those_who_take_part_alone() -> None:
    assert {agency for agency in AGENCIES if ask(agency, standing=SENSITIVE)} == {"sffd", "smfd"}


@pytest.mark.parametrize("role", ["public", "visitor", ""])
def test_the_public_and_unknown_roles_see_nothing_even_under_an_owning_agency(role: str) -> None:
    assert ask("sffd", role) is None


def test_every_cell_of_role_agency_and_sensitivity() -> None:
    most = {
        ("owner", "dispatcher"): 4, ("owner", "commander"): 4, ("owner", "agency_admin"): 4, ("owner", "service"): 4,
        ("owner", "briefer"): 1,
    }  # fmt: skip
    for role, agency, standing in itertools.product(Role, AGENCIES, (STANDING, SENSITIVE)):
        grant = ask(agency, str(role), standing)
        if role == Role.AUDITOR:
            expected: int | None = 4
        elif role == Role.BOARD_ADMIN or (role == Role.SERVICE and not agency):
            expected = 1 if role == Role.SERVICE or not standing.sensitive else None
        elif role == Role.PUBLIC or not agency:
            expected = None
        elif agency == "sffd":
            expected = most["owner", str(role)]
        elif agency == "smfd" or (agency == "sfpd" and not standing.sensitive):
            expected = 1
        else:
            expected = None
        assert (None if grant is None else int(grant.label)) == expected, (role, agency, standing.sensitive)


def test_a_share_clause_grants_its_label_and_is_named() -> None:
    grant = ask("uscg", "dispatcher", STANDING, paper(clause(), since=NOW - 50))
    assert grant is not None
    assert (grant.label, grant.rule, grant.clause, grant.since) == (Label.CALLER, "share_clause", "share/1", NOW - 50)


@pytest.mark.parametrize(
    "terms",
    [
        {"incident_types": ("CRISIS",)},
        {"areas": ("06001",)},
        {"incidents": ("BAY-2026-000008",)},
        {"until": NOW},
        {"since": NOW + 1},
        {"receiver": "smpd"},
    ],
)
def test_a_share_clause_that_does_not_cover_the_case_grants_nothing(terms: dict[str, object]) -> None:
    assert ask("uscg", "dispatcher", STANDING, paper(clause(**terms))) is None  # type: ignore[arg-type]


@pytest.mark.parametrize("status", [status for status in AgreementStatus if status != AgreementStatus.IN_FORCE])
def test_a_paper_that_does_not_bind_shares_nothing(status: AgreementStatus) -> None:
    assert ask("uscg", "dispatcher", STANDING, paper(clause(), status=status)) is None


def test_a_sensitive_type_is_shared_only_by_a_clause_that_says_so() -> None:
    assert ask("uscg", "dispatcher", SENSITIVE, paper(clause())) is None
    assert ask("uscg", "dispatcher", SENSITIVE, paper(clause(sensitive=True))) is not None


def test_a_briefers_wall_stays_at_operations_whatever_is_shared() -> None:
    grant = ask("uscg", "briefer", STANDING, paper(clause(Label.CRIMINAL_JUSTICE, purpose="x")))
    assert grant is not None
    assert grant.label == Label.OPERATIONS


def test_the_best_of_several_clauses_counts_and_never_less_than_taking_part() -> None:
    low, high = paper(clause(Label.MAP, "smfd")), paper(clause(Label.CALLER, "smfd"))
    found = [ask("smfd", "dispatcher", STANDING, *papers) for papers in ((low,), (low, high), (high, low))]
    assert [grant.label for grant in found if grant] == [Label.OPERATIONS, Label.CALLER, Label.CALLER]


def test_patient_data_needs_a_purpose_that_lives_from_its_owner_too() -> None:
    declared = Purpose("x", "sffd", "dispatcher", PurposeKind.TREATMENT, "Ada", NOW - 10, NOW + 10)
    for purpose, now, seen in ((None, NOW, False), (declared, NOW, True), (declared, NOW + 10, False)):
        grant = granted(Audience("sffd", "dispatcher"), STANDING, shares(), purpose, now)
        assert grant is not None
        assert grant.sees(Label.PATIENT) == seen
        assert grant.sees(Label.CALLER)
        assert grant.sees(Label.CRIMINAL_JUSTICE)


def test_an_admin_who_looks_at_anothers_view_is_shown_no_patient_data() -> None:
    declared = Purpose("x", "sffd", "dispatcher", PurposeKind.TREATMENT, "Ada", NOW - 10, NOW + 10)
    grant = granted(Audience("sffd", "dispatcher", masked=True), STANDING, shares(), declared, NOW)
    assert grant is not None
    assert not grant.sees(Label.PATIENT)


def test_what_travels_by_itself_stops_at_operations_even_for_the_owner() -> None:
    grant = ask("sffd")
    assert grant is not None
    assert "caller" not in redact_incident(RECORD, grant)
    assert redact_incident(RECORD, grant, Label.CRIMINAL_JUSTICE) == RECORD


def test_a_field_nobody_labelled_is_withheld_from_everybody() -> None:
    grant = ask("uscg", "auditor")
    assert grant is not None
    assert redact_incident({"id": "1", "ssn": "x"}, grant, Label.CRIMINAL_JUSTICE) == {"id": "1"}


def test_an_agency_may_always_read_again_what_it_wrote_itself_but_not_on_the_wall() -> None:
    grant = ask("smfd")
    assert grant is not None
    assert may_see_line(Label.CALLER, "smfd", grant, Audience("smfd", "dispatcher"))
    assert not may_see_line(Label.CALLER, "smfd", grant, Audience("smfd", "briefer"))
    assert not may_see_line(Label.CALLER, "sffd", grant, Audience("smfd", "dispatcher"))
    assert not may_see_line(Label.CALLER, "smfd", grant, Audience("smfd", "dispatcher", masked=True))


def test_a_kind_of_line_nobody_named_is_withheld_from_everybody() -> None:
    grant = ask("uscg", "auditor")
    assert grant is not None
    assert not may_see_line(label_of_line("unheard of", None), "sffd", grant, Audience("uscg", "auditor"))


def test_a_note_is_held_as_its_writer_said_and_else_as_closely_as_a_callers_name() -> None:
    assert label_of_line("note", None) == Label.CALLER
    assert label_of_line("note", Label.OPERATIONS) == Label.OPERATIONS


fields = st.sampled_from([*FIELD_LABELS, "patient_name", "note", "Caller"])
records = st.dictionaries(fields, st.integers(), max_size=30)
clauses = st.builds(
    ShareClause,
    id=st.just("1"),
    giver=st.sampled_from(["sffd", "smfd"]),
    receiver=st.sampled_from(["uscg", "smfd", "sfpd"]),
    label=st.sampled_from(list(Label)),
    incident_types=st.sampled_from([(), ("FIRE",), ("CRISIS",)]),
    areas=st.sampled_from([(), ("06075",), ("06001",)]),
    sensitive=st.booleans(),
    since=st.sampled_from([0.0, NOW - 5, NOW + 5]),
    until=st.sampled_from([0.0, NOW - 1, NOW + 5]),
)
papers = st.lists(
    st.builds(
        lambda clause, status, until: paper(clause, status=status, until=until),
        clauses,
        st.sampled_from(list(AgreementStatus)),
        st.sampled_from([0.0, NOW - 1, NOW + 9]),
    ),
    max_size=4,
)
audiences = st.builds(Audience, st.sampled_from(AGENCIES), st.sampled_from([*map(str, Role), "visitor", ""]))


@given(records, papers, audiences, st.sampled_from([STANDING, SENSITIVE]), st.sampled_from(list(Label)))
def test_no_field_above_the_granted_label_ever_leaves(
    record: dict[str, object], signed: list[Agreement], audience: Audience, standing: Standing, most: Label
) -> None:
    grant = granted(audience, standing, shares(*signed), None, NOW)
    if grant is None:
        return
    for field in redact_incident(record, grant, most):
        label = FIELD_LABELS[field]
        assert label <= grant.label
        assert label <= most
        assert label != Label.PATIENT or grant.patient


@given(papers, audiences, st.sampled_from([STANDING, SENSITIVE]))
def test_a_grant_above_taking_part_is_an_owners_an_auditors_or_a_binding_clauses(
    signed: list[Agreement], audience: Audience, standing: Standing
) -> None:
    """Written anew from the words of the rule, not from its code."""
    grant = granted(audience, standing, shares(*signed), None, NOW)
    binding = [
        term.label
        for one in signed
        for term in one.shares
        if one.status == AgreementStatus.IN_FORCE and (not one.until or one.until > NOW)
        if term.since <= NOW and (not term.until or term.until > NOW)
        if (term.giver, term.receiver) == ("sffd", audience.agency)
        if not term.incident_types or standing.type in term.incident_types
        if not term.areas or "06075" in term.areas
        if not standing.sensitive or term.sensitive or audience.agency in standing.taking_part
    ]
    if grant is None or grant.label <= Label.OPERATIONS:
        return
    assert audience.role == Role.AUDITOR or audience.agency == "sffd" or grant.label in binding


def test_every_field_of_an_incident_has_a_label() -> None:
    missing = {field.name for field in dataclasses.fields(Incident)} - set(FIELD_LABELS)
    assert not missing


def test_every_label_of_a_line_is_a_label() -> None:
    assert set(LOG_LABELS.values()) <= set(Label)
