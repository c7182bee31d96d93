"""Agreements: every step by every role at every status, and what a clause covers."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from domain.agreement import Agreement, AgreementStatus, AidClause, AidMode, Signature, may_assign
from domain.agreement_terms import AidQuestion, covers, terms
from domain.commands import (
    Actor,
    AssignUnits,
    Command,
    DraftAgreement,
    ProposeAgreement,
    RegisterAgreements,
    ResumeAgreement,
    RevokeAgreement,
    Role,
    SignAgreement,
    SuspendAgreement,
)
from domain.errors import BadCommand
from domain.share_clause import Label, ShareClause
from tests.unit.boards import NOON, Table, automatic_aid

PAPER = replace(automatic_aid(), id="night", status=AgreementStatus.DRAFT)
STEPS: dict[str, Command] = {
    "draft": DraftAgreement(PAPER),
    "change": DraftAgreement(replace(PAPER, title="Night aid"), change=True),
    "propose": ProposeAgreement("night"),
    "sign": SignAgreement("night", PAPER.terms_digest),
    "suspend": SuspendAgreement("night", "strike"),
    "resume": ResumeAgreement("night"),
    "revoke": RevokeAgreement("night", "over"),
}
ALLOWED = {
    "nothing": {"draft"},
    "draft": {"change", "propose", "revoke"},
    "proposed": {"change", "sign", "revoke"},
    "half_signed": {"change", "revoke"},
    "in_force": {"suspend", "revoke"},
    "suspended": {"resume", "revoke"},
    "revoked": set(),
}
"""What the admin of sffd, a party, may do; half signed means: sffd has signed, smfd and amr have not."""


def admin(agency: str) -> Actor:
    return Actor(f"admin of {agency}", agency, Role.AGENCY_ADMIN)


def at(status: str) -> Table:
    """A board with the paper at a status, brought there by its parties' admins."""
    table = Table()
    ours = admin("sffd")
    done = ["draft", "proposed", "half_signed", "in_force", "suspended", "revoked"]
    reached = done[: done.index(status) + 1] if status in done else []
    if "draft" in reached:
        table.do(STEPS["draft"], ours)
    if "proposed" in reached:
        table.do(STEPS["propose"], ours)
    if "half_signed" in reached:
        table.do(STEPS["sign"], ours)
    if "in_force" in reached:
        table.do(STEPS["sign"], admin("smfd"))
        table.do(STEPS["sign"], admin("amr"))
    if "suspended" in reached and status == "suspended":
        table.do(STEPS["suspend"], ours)
    if status == "revoked":
        table.do(STEPS["revoke"], ours)
    return table


@pytest.mark.parametrize(("status", "step"), list(itertools.product(ALLOWED, STEPS)))
def test_every_step_of_a_paper_by_every_role_of_a_party_and_of_another_agency(status: str, step: str) -> None:
    table = at(status)
    for role, agency in itertools.product(Role, ("sffd", "sfpd", "")):
        verdict = table.ask(STEPS[step], Actor("x", agency, role))
        allowed = role == Role.AGENCY_ADMIN and agency == "sffd" and step in ALLOWED[status]
        assert verdict.decision.allowed == allowed, (status, step, role, agency, verdict.decision)
        assert verdict.decision.reason


def test_the_last_partys_signature_puts_it_in_force_and_not_before() -> None:
    table = at("half_signed")
    assert table.ask(AssignUnits(table.fire(), ("smfd/E91",))).decision.rule == "no_agreement"
    table.do(STEPS["sign"], admin("smfd"))
    assert "waiting" not in table.do(STEPS["sign"], admin("amr")).text
    assert table.ask(AssignUnits(table.fire(), ("smfd/E91",))).decision.rule == "automatic_aid"
    paper = next(one for one in table.board.agreements() if one.id == "night")
    assert [one.agency for one in paper.signatures] == ["sffd", "smfd", "amr"]
    assert {one.digest for one in paper.signatures} == {PAPER.terms_digest}


def test_a_paper_in_force_did_not_bind_before_its_last_signature() -> None:
    paper = next(one for one in at("in_force").board.agreements() if one.id == "night")
    assert paper.in_force(NOON)
    assert not paper.in_force(NOON - 1)


def test_terms_that_change_void_every_signature_and_terms_that_were_not_read_are_not_signed() -> None:
    table = at("half_signed")
    table.do(STEPS["change"], admin("smfd"))
    paper = next(one for one in table.board.agreements() if one.id == "night")
    assert (paper.status, paper.signatures) == (AgreementStatus.DRAFT, ())
    table.do(ProposeAgreement("night"), admin("sffd"))
    assert table.ask(SignAgreement("night", PAPER.terms_digest), admin("sffd")).decision.rule == "other_terms"


@pytest.mark.parametrize("status", ["suspended", "revoked"])
def test_a_paper_that_does_not_bind_lends_nothing_and_what_is_out_stays_out(status: str) -> None:
    table = at("in_force")
    fire = table.fire()
    table.dispatch(fire, "smfd/E91")
    table.do(STEPS["suspend" if status == "suspended" else "revoke"], admin("sffd"))
    assert table.ask(AssignUnits(fire, ("smfd/E92",))).decision.rule == "no_agreement"
    assert [held.unit for held in table.board.assignments_of(fire) if not held.ended] == ["smfd/E91"]


def test_only_who_suspended_lets_it_bind_again() -> None:
    table = at("suspended")
    assert table.ask(ResumeAgreement("night"), admin("smfd")).decision.rule == "not_who_suspended"
    table.do(ResumeAgreement("night"), admin("sffd"))
    assert table.ask(AssignUnits(table.fire(), ("smfd/E91",))).decision.allowed


def test_another_agencys_paper_answers_as_one_that_does_not_exist() -> None:
    table = at("proposed")
    theirs = table.ask(ProposeAgreement("night"), admin("sfpd"))
    nobodys = table.ask(ProposeAgreement("no-such"), admin("sfpd"))
    assert theirs.decision.reason.replace("night", "X") == nobodys.decision.reason.replace("no-such", "X")
    assert theirs.decision.rule == nobodys.decision.rule


def clause(**more: object) -> AidClause:
    return AidClause(**{"id": "1", "giver": "smfd", "receiver": "sffd", "mode": AidMode.AUTOMATIC, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("terms_changed", "said"),
    [
        ({"id": "Nacht"}, "agreement id"),
        ({"parties": ("sffd",)}, "parties"),
        ({"parties": ("sffd", "smfd", "nope")}, "no agency"),
        ({"since": NOON, "until": NOON - 1}, "ends before it begins"),
        ({"clauses": (clause(), clause())}, "used twice"),
        ({"clauses": (clause(receiver="smfd"),)}, "same agency"),
        ({"clauses": (clause(receiver="sfpd"),)}, "must be parties"),
        ({"clauses": (clause(cap=-1),)}, "cap"),
        ({"clauses": (clause(hours=(24, 3)),)}, "hours"),
        ({"clauses": (clause(hours=(3, 3)),)}, "no span"),
        ({"clauses": (clause(days=(7,)),)}, "days"),
        ({"clauses": (clause(polygon=((0, 0), (1, 1))),)}, "corners"),
        ({"clauses": (clause(polygon=((0, 0), (1, 1), (400, 2))),)}, "no place"),
        ({"clauses": (clause(activated_by=("briefer",)),)}, "activated_by"),
        ({"since": float("nan")}, "is no time"),
        ({"until": 1e300}, "is no time"),
        ({"until": -1.0}, "is no time"),
        ({"clauses": (clause(areas=("x" * 81,)),)}, "80 characters"),
        ({"clauses": (clause(areas=tuple(map(str, range(501)))),)}, "at most 500"),
        ({"clauses": (clause(capabilities=("A B",)),)}, "one word"),
        ({"shares": (ShareClause("s", "sffd", "smfd", incidents=("",)),)}, "one word"),
        ({"shares": (ShareClause("s", "sffd", "smfd", until=float("inf")),)}, "is no time"),
        ({"shares": (ShareClause("s", "sffd", "smfd", Label.PATIENT),)}, "purpose"),
        ({"shares": (ShareClause("s", "sffd", "smfd", since=2.0, until=1.0),)}, "ends before"),
    ],
)
def test_terms_that_cannot_be_are_refused_by_the_clauses_name(terms_changed: dict[str, object], said: str) -> None:
    with pytest.raises(BadCommand, match=said):
        Table().ask(DraftAgreement(replace(PAPER, **terms_changed)), admin("sffd"))  # type: ignore[arg-type]


def question(hour: int = 12, weekday: int = 0, **more: object) -> AidQuestion:
    asked = {"asker": "sffd", "owner": "smfd", "capabilities": ("ENGINE",), "incident_type": "FIRE", "areas": ("x",)}
    return AidQuestion(**{**asked, "when": NOON, "hour": hour, "weekday": weekday, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize("hours", [None, *itertools.product(range(0, 24, 5), range(1, 25, 6))])
@pytest.mark.parametrize("days", [(), (5,), (0, 6)])
def test_hours_and_days_cover_what_a_calendar_walked_hour_by_hour_says(
    hours: tuple[int, int] | None, days: tuple[int, ...]
) -> None:
    start, end = hours or (0, 24)
    open_hours = set()
    for day in days or range(7):
        length = (end - start) if end > start else (24 - start + end) if end != start else 0
        open_hours |= {((day * 24 + start + step) // 24 % 7, (start + step) % 24) for step in range(length)}
    for weekday, hour in itertools.product(range(7), range(24)):
        covered = covers(clause(hours=hours, days=days), question(hour, weekday))
        assert covered == ((weekday, hour) in open_hours), (hours, days, weekday, hour)


def test_a_place_in_an_area_or_in_a_drawn_polygon_is_covered_and_without_geography_no_polygon_is() -> None:
    drawn = clause(areas=("y",), polygon=((0.0, 0.0), (1.0, 0.0), (1.0, 1.0)))
    assert not covers(drawn, question())
    assert covers(drawn, question(areas=("y",)))
    assert covers(drawn, question(inside=lambda polygon: len(polygon) == 3))


@pytest.mark.parametrize(("role", "covered"), [("commander", True), ("dispatcher", False), ("", True)])
def test_a_clause_may_name_who_activates_it(role: str, covered: bool) -> None:
    assert covers(clause(activated_by=("commander",)), question(role=role)) == covered


def test_every_term_says_in_words_whether_it_holds() -> None:
    said = {
        term.name: (term.holds, term.words)
        for term in terms(
            clause(capabilities=("LADDER",), incident_types=("FIRE",), hours=(22, 6), days=(6,)), question(3, 0)
        )
    }
    assert said["capabilities"] == (False, "lends LADDER; asked for ENGINE")
    assert said["incident_types"][0]
    assert said["hours"] == (True, "22-06 h on Sunday; asked for Monday, 03 h")


def test_the_reason_names_paper_clause_and_use() -> None:
    paper = Agreement("p", "Peninsula", ("sffd", "smfd"), (clause(cap=2),))
    decision = may_assign(question(), [paper], lambda name: 1)
    assert (decision.clause, decision.reason) == ("p/1", "auto-aid, Peninsula, clause 1, 2 of 2 used")


@pytest.mark.parametrize("step", ["suspend", "revoke"])
def test_loading_the_region_again_does_not_bring_back_what_its_parties_ended(step: str) -> None:
    paper = automatic_aid()
    table = Table(paper)
    end = SuspendAgreement(paper.id, "strike") if step == "suspend" else RevokeAgreement(paper.id, "over")
    table.do(end, admin("smfd"))
    loader = Actor("loader", "", Role.SERVICE)
    for again in (paper, replace(paper, title="Peninsula aid, renewed")):
        table.do(RegisterAgreements((again,)), loader)
        assert table.ask(AssignUnits(table.fire(), ("smfd/E91",))).decision.rule == "no_agreement"


def test_loading_the_region_again_leaves_a_paper_signed_here_as_it_is() -> None:
    table = at("in_force")
    signed = next(one for one in table.board.agreements() if one.id == "night")
    bare = replace(signed, signatures=())
    table.do(RegisterAgreements((bare,)), Actor("loader", "", Role.SERVICE))
    assert next(one for one in table.board.agreements() if one.id == "night") == signed


def test_nobody_puts_a_paper_in_force_past_its_parties_but_who_loads_the_region() -> None:
    """The board's admin signs for nobody; a pack's paper comes without signatures, whoever wrote some into it."""
    paper = automatic_aid()
    forged = replace(paper, signatures=(Signature("smfd", "admin of smfd", NOON, paper.terms_digest),))
    table = Table()
    assert table.ask(RegisterAgreements((paper,)), Actor("x", "", Role.BOARD_ADMIN)).decision.rule == "role"
    assert table.ask(RegisterAgreements((paper,)), Actor("x", "sffd", Role.SERVICE)).decision.rule == "other_agency"
    table.do(RegisterAgreements((forged,)), Actor("loader", "", Role.SERVICE))
    (there,) = table.board.agreements()
    assert there.signatures == ()
    assert there == paper


def test_a_paper_its_parties_signed_here_is_not_replaced_by_other_terms_of_a_pack() -> None:
    table = at("in_force")
    signed = next(one for one in table.board.agreements() if one.id == "night")
    wider = replace(PAPER, clauses=(clause(),), status=AgreementStatus.IN_FORCE)
    table.do(RegisterAgreements((wider,)), Actor("loader", "", Role.SERVICE))
    assert next(one for one in table.board.agreements() if one.id == "night") == signed


@pytest.mark.parametrize(("since", "until"), [(NOON + 3600, 0.0), (0.0, NOON - 3600)])
def test_the_last_signature_says_it_is_in_force_only_if_it_is(since: float, until: float) -> None:
    later = replace(PAPER, since=since, until=until)
    table = Table()
    table.do(DraftAgreement(later), admin("sffd"))
    table.do(ProposeAgreement("night"), admin("sffd"))
    for party in later.parties:
        said = table.do(SignAgreement("night", later.terms_digest), admin(party)).text
    assert "in force" not in said


def papers_at(state: str) -> tuple[Agreement, ...]:
    """Papers between smfd and sffd in every state an assignment can meet."""
    paper = automatic_aid(cap=1)
    automatic = paper.clauses[0]
    return {
        "none": (),
        "draft": (),
        "proposed": (),
        "in force": (paper,),
        "on request": (replace(paper, clauses=(replace(automatic, mode=AidMode.ON_REQUEST),)),),
        "suspended": (paper,),
        "revoked": (paper,),
        "expired": (replace(paper, until=NOON),),
        "not yet": (replace(paper, since=NOON + 1),),
        "used up": (paper,),
        "other direction": (replace(paper, clauses=(replace(automatic, giver="sffd", receiver="smfd"),)),),
        "other kind": (replace(paper, clauses=(replace(automatic, capabilities=("LADDER",)),)),),
        "other type": (replace(paper, clauses=(replace(automatic, incident_types=("CRISIS",)),)),),
        "other hour": (replace(paper, clauses=(replace(automatic, hours=(0, 1)),)),),
        "commanders only": (replace(paper, clauses=(replace(automatic, activated_by=("commander",)),)),),
    }[state]


RULE = {
    "in force": "automatic_aid",
    "on request": "on_request",
    "used up": "clause_cap_reached",
}
STATES = (
    "none", "draft", "proposed", "in force", "on request", "suspended", "revoked", "expired", "not yet", "used up",
    "other direction", "other kind", "other type", "other hour", "commanders only",
)  # fmt: skip


@pytest.mark.parametrize("override", ["", "children trapped"])
@pytest.mark.parametrize("state", STATES)
def test_every_role_with_its_own_and_anothers_unit_under_every_state_of_a_paper(state: str, override: str) -> None:
    table = Table(*papers_at(state))
    fire = table.fire()
    if state in ("draft", "proposed"):
        table.do(DraftAgreement(automatic_aid(cap=1)), admin("sffd"))
    if state == "proposed":
        table.do(ProposeAgreement("peninsula"), admin("sffd"))
    if state == "suspended":
        table.do(SuspendAgreement("peninsula", "strike"), admin("smfd"))
    if state == "revoked":
        table.do(RevokeAgreement("peninsula", "over"), admin("smfd"))
    if state == "used up":
        table.dispatch(fire, "smfd/E93")
    for role in Role:
        for unit_name, own in (("sffd/E1", True), ("smfd/E91", False)):
            verdict = table.ask(AssignUnits(fire, (unit_name,), override_reason=override), Actor("x", "sffd", role))
            if role not in (Role.DISPATCHER, Role.COMMANDER, Role.SERVICE):
                expected = "role"
            elif own:
                expected = "own_agency"
            elif (state == "commanders only" and role == Role.COMMANDER) or RULE.get(state) == "automatic_aid":
                expected = "automatic_aid"
            elif override and role == Role.COMMANDER:
                expected = "commander_override"
            else:
                expected = RULE.get(state, "no_agreement")
            assert verdict.decision.rule == expected, (state, role, own, verdict.decision)
            yes = expected in ("own_agency", "automatic_aid", "commander_override")
            assert verdict.decision.allowed == yes
            assert bool(verdict.decision.clause) == (expected == "automatic_aid")
            assert verdict.decision.allowed or verdict.decision.remedy
