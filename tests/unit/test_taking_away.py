"""What was fetched closer leaves the screen with its clause or purpose, also where the incident itself stays."""

from __future__ import annotations

import json
from typing import Any

from data.keys import keys_of
from data.projection import Projection
from data.views import Shown, Views
from domain.agreement import Agreement, AgreementStatus
from domain.commands import Actor, DeclarePurpose, ReportIncident, RevokeAgreement, Role
from domain.granting import Audience
from domain.purpose import PurposeKind
from domain.share_clause import Label, ShareClause
from tests.unit.boards import FACTS, Table

AMR = Audience("amr", "dispatcher")


def views_of(table: Table) -> Views:
    projection = Projection(None, keys_of("test"))
    for recorded in table.recorded:
        projection.take(recorded)
    return Views(projection, FACTS.plans, FACTS.areas_at)


def shared_fire() -> tuple[Table, str]:
    """A fire in amr's jurisdiction, its closer labels shared with amr by a paper."""
    clause = ShareClause("s", "sffd", "amr", Label.PATIENT, "treatment")
    paper = Agreement("p", "Paper", ("sffd", "amr"), (), shares=(clause,), status=AgreementStatus.IN_FORCE)
    table = Table(paper)
    report = ReportIncident("FIRE", -122.4, 37.78, caller="Ms Canary", lead_agency="sffd")
    return table, table.do(report, Actor("owner", "sffd", Role.DISPATCHER)).incident


def told(views: Views, after: int, now: float, shown: Shown) -> dict[str, Any]:
    frame = views.delta(AMR, after, now, shown)
    assert frame is not None
    decoded: dict[str, Any] = json.loads(frame)
    return decoded


def test_a_revoked_clause_is_told_although_the_incident_stays_visible_by_jurisdiction() -> None:
    table, incident = shared_fire()
    shown: Shown = {}
    views_of(table).snapshot(AMR, table.now, shown)
    assert views_of(table).closer(incident, AMR, table.now)["fields"] == {"caller": "Ms Canary"}
    before = table.board.seq
    table.do(RevokeAgreement("p", "over"), Actor("Adams", "sffd", Role.AGENCY_ADMIN))
    frame = told(views_of(table), before, table.now, shown)
    assert frame["relog"] == [incident]
    assert "gone" not in frame
    assert [record["closer"]["label"] for record in frame["incidents"]] == [Label.OPERATIONS]


def test_a_purpose_that_ran_out_is_noticed_by_the_beat() -> None:
    table, incident = shared_fire()
    table.do(DeclarePurpose(incident, PurposeKind.TREATMENT), Actor("Bell", "amr", Role.DISPATCHER))
    views, shown = views_of(table), dict[str, Any]()
    views.snapshot(AMR, table.now, shown)
    assert not views.sees_otherwise(AMR, shown, table.now)
    assert views.sees_otherwise(AMR, shown, table.now + 13 * 3600)


def test_an_audience_whose_grant_stayed_is_told_nothing_of_a_revocation() -> None:
    table, _ = shared_fire()
    police, shown = Audience("sfpd", "dispatcher"), dict[str, Any]()
    views_of(table).snapshot(police, table.now, shown)
    before = table.board.seq
    table.do(RevokeAgreement("p", "over"), Actor("Adams", "sffd", Role.AGENCY_ADMIN))
    frame = json.loads(views_of(table).delta(police, before, table.now, shown) or b"{}")
    assert not {"gone", "relog", "incidents"} & set(frame)
