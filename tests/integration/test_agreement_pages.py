"""The agreements office over raw HTTP: drafted, signed, used, revoked; what is typed wrong; what is not yours."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Iterator
from urllib.parse import quote, urlencode

import pytest

from tests.browser.conftest import Site, bring_up
from tests.deputy import Deputy

FORM = "application/x-www-form-urlencoded"
EVIL = "<img src=x onerror=alert(1)>"
PLACE = (-122.4148, 37.7524)


@pytest.fixture(scope="module")
def site(project_root, tmp_path_factory) -> Iterator[Site]:  # type: ignore[no-untyped-def]
    running = bring_up(project_root, tmp_path_factory.mktemp("papers"), {})
    yield running
    running.clean_up()


class Admin(Deputy):
    """An agency's admin at the office."""

    def post(self, path: str, **fields: str) -> tuple[int, str, str]:
        body = urlencode({"csrf": self.pass_.mark, **fields})
        status, headers, page = self.ask("POST", path, body, Content_Type=FORM)
        return status, headers.get("location", ""), page.decode()

    def get(self, path: str) -> tuple[int, str]:
        status, _, page = self.ask("GET", path)
        return status, page.decode()

    def step(self, paper: str, step: str, reason: str = "") -> tuple[int, str]:
        digest = re.search(r'name="digest" value="(\w+)"', self.get(f"/office/agreements/{paper}")[1])
        status, _, page = self.post(
            f"/office/agreements/{paper}/step", step=step, reason=reason, digest=digest[1] if digest else ""
        )
        return status, page


def terms(identity: str, **more: str) -> dict[str, str]:
    """A form by which Oakland Police lends patrols to San Francisco Fire."""
    row = {"id": "1", "giver": "oakpd", "receiver": "sffd", "mode": "automatic", "capabilities": "PATROL", "cap": "1"}
    fields = {f"aid.0.{name}": value for name, value in row.items()}
    return {"id": identity, "title": "Night patrols", "parties": "sffd oakpd", **fields, **more}


def said(page: str) -> str:
    """What the page's one error says."""
    found = re.search(r'class="error" role="alert">(.*?)</p>', page, re.S)
    return html.unescape(found[1]) if found else ""


def test_a_paper_goes_from_draft_to_force_is_used_and_revoked_and_then_refuses(site: Site) -> None:
    ours, theirs = Admin(site.url, "sffd:agency_admin"), Admin(site.url, "oakpd:agency_admin")
    dispatcher = Deputy(site.url, "sffd:dispatcher")
    body = {"type": "STRUCTURE_FIRE", "lon": PLACE[0], "lat": PLACE[1], "address": "24th & Folsom"}
    incident = dispatcher.command("ReportIncident", body)["incident"]
    asked = {"asker": "sffd", "owner": "oakpd", "capability": "PATROL", "type": "STRUCTURE_FIRE"}
    query = urlencode({**asked, "place": f"{PLACE[0]},{PLACE[1]}"})
    status, _, table = Deputy(site.url, "oakpd:dispatcher").ask("GET", f"/office/agreements/try?{query}")
    assert status == 200
    assert '<h2 id="answer-title">No</h2>' in table.decode()

    assert ours.post("/office/agreements/draft", **terms("night-patrols"))[:2] == (
        303,
        "/office/agreements/night-patrols",
    )
    assert ours.step("night-patrols", "propose")[0] == 303
    assert "2 to sign" in theirs.get("/office/agreements?text=night-patrols")[1]
    assert ours.step("night-patrols", "sign")[0] == 303
    assert theirs.step("night-patrols", "sign")[0] == 303
    page = theirs.get("/office/agreements/night-patrols")[1]
    assert page.count("signed by") == 2
    assert "in force" in page

    unit = patrol_of(site, "oakpd")
    outcome = dispatcher.command("AssignUnits", {"incident": incident, "units": [unit]})
    assert (outcome["status"], outcome["clause"]) == ("accepted", "night-patrols/1")
    assert "1 of 1" in ours.get("/office/agreements/night-patrols")[1]

    assert theirs.step("night-patrols", "revoke", "short of crews")[0] == 303
    another = patrol_of(site, "oakpd", 1)
    refused = dispatcher.command("AssignUnits", {"incident": incident, "units": [another]})
    assert (refused["status"], refused["rule"]) == ("refused", "no_agreement")
    assert "short of crews" in ours.get("/office/agreements/night-patrols")[1]


def patrol_of(site: Site, agency: str, number: int = 0) -> str:
    from data.settings import ROOT

    rows = [line.split(",") for line in (ROOT / "regions/bay_area/units.csv").read_text().splitlines()]
    return [f"{row[0]}/{row[1]}" for row in rows if row[0] == agency and "PATROL" in row[3].split()][number]


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"id": "Nacht Patrol"}, "agreement id"),
        ({"parties": "sffd nope"}, "'nope' is no agency"),
        ({"parties": "oakpd berpd", "aid.0.receiver": "berpd"}, "sffd is no party"),
        ({"aid.0.cap": "many"}, "cap 'many' is no whole number"),
        ({"aid.0.hours": "evening"}, "write 20-6"),
        ({"aid.0.days": "Someday"}, "no day of the week"),
        ({"aid.0.polygon": "[[1,2]]"}, "3 to 200 corners"),
        ({"aid.0.polygon": "here"}, "write [["),
        ({"aid.0.giver": "sffd"}, "same agency"),
        ({"aid.0.mode": "always"}, "mode is automatic or on_request"),
        ({"since": "2026-12-01T00:00", "until": "2026-11-01T00:00"}, "ends before it begins"),
        ({"since": "soon"}, "is no date"),
        ({"share.0.id": "s", "share.0.giver": "sffd", "share.0.receiver": "oakpd", "share.0.label": "3"}, "purpose"),
    ],
)
def test_what_is_typed_wrong_comes_back_whole_with_one_error_that_names_place_and_remedy(
    site: Site, more: dict[str, str], error: str
) -> None:
    ours = Admin(site.url, "sffd:agency_admin")
    fields = terms("typed-wrong", **more)
    status, _, page = ours.post("/office/agreements/draft", **fields)
    assert status in (400, 409)
    assert error in said(page)
    for name, value in fields.items():
        if name not in (
            "aid.0.giver",
            "aid.0.receiver",
            "aid.0.mode",
            "share.0.giver",
            "share.0.receiver",
            "share.0.label",
        ):
            assert f'value="{html.escape(value)}"' in page, name
    assert ours.get("/office/agreements/typed-wrong")[0] == 404


def test_another_clause_is_added_without_a_script_and_nothing_typed_is_lost(site: Site) -> None:
    ours = Admin(site.url, "sffd:agency_admin")
    status, _, page = ours.post("/office/agreements/draft", **terms("growing", add="share"))
    assert status == 200
    assert 'value="Night patrols"' in page
    assert 'name="share.0.id"' in page


def test_text_from_people_never_becomes_markup(site: Site) -> None:
    ours = Admin(site.url, "sffd:agency_admin")
    fields = terms("evil", title=EVIL, **{"aid.0.cost_note": EVIL})
    assert ours.post("/office/agreements/draft", **fields)[0] == 303
    ours.step("evil", "revoke", EVIL)
    for path in ("/office/agreements", "/office/agreements/evil", f"/office/agreements?text={quote(EVIL)}"):
        page = ours.get(path)[1]
        assert "<img" not in page
        assert html.escape(EVIL) in page


def test_a_paper_of_others_answers_as_one_that_does_not_exist(site: Site) -> None:
    ours = Admin(site.url, "sffd:agency_admin")
    ours.post("/office/agreements/draft", **terms("not-yours"))
    stranger = Admin(site.url, "haypd:agency_admin")
    for path in ("", "/change"):
        theirs, nobodys = (stranger.get(f"/office/agreements/{name}{path}") for name in ("not-yours", "no-such"))
        assert theirs[0] == nobodys[0] == 404
        assert theirs[1] == nobodys[1]
    assert stranger.step("not-yours", "revoke", "x")[0] == 404
    assert "not-yours" not in stranger.get("/office/agreements?text=not-yours")[1].split("<tbody>")[1]


@pytest.mark.parametrize("position", ["sffd:dispatcher", "sffd:commander", ":board_admin", ":auditor"])
def test_only_an_agencys_admin_drafts_and_steps(site: Site, position: str) -> None:
    deputy = Admin(site.url, position)
    assert deputy.get("/office/agreements")[0] == 200
    assert deputy.post("/office/agreements/draft", **terms("by-others"))[0] == 403
    assert deputy.step("night-patrols", "revoke", "x")[0] == 403


def test_a_clause_is_tried_at_any_hour_and_each_term_says_why(site: Site) -> None:
    ours = Admin(site.url, "sffd:agency_admin")
    theirs = Admin(site.url, "oakpd:agency_admin")
    fields = terms("sundays", **{"aid.0.hours": "22-6", "aid.0.days": "Saturday", "aid.0.activated_by": "commander"})
    assert ours.post("/office/agreements/draft", **fields)[0] == 303
    ours.step("sundays", "propose")
    ours.step("sundays", "sign")
    theirs.step("sundays", "sign")
    asked = {"asker": "sffd", "owner": "oakpd", "capability": "PATROL", "place": f"{PLACE[0]}, {PLACE[1]}"}

    def tried(when: str, role: str) -> str:
        return ours.get("/office/agreements/try?" + urlencode({**asked, "when": when, "role": role}))[1]

    # 2026-11-29 is a Sunday: the span that began on Saturday evening holds at three in the morning.
    future = "2027-11-28T03:00"
    assert ">Yes</h2>" in tried(future, "commander")
    night = tried(future, "dispatcher")
    assert ">No</h2>" in night
    assert "not: activated by commander; asked by dispatcher" in night
    assert "not: 22-06 h on Saturday; asked for Monday, 03 h" in tried("2027-11-29T03:00", "commander")


@pytest.mark.parametrize("page", ["\u00b2", "9" * 5000, "-1", "x"])
def test_a_page_number_that_is_none_shows_the_first(site: Site, page: str) -> None:
    assert Admin(site.url, "sffd:agency_admin").get(f"/office/agreements?page={quote(page)}")[0] == 200


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"when": "9999-12-31T23:59"}, "local date and time"),
        ({"when": "0001-01-01T00:00"}, "local date and time"),
        ({"place": "nan,nan"}, "longitude first"),
        ({"place": "1e999,0"}, "longitude first"),
        ({"role": "auditor"}, "a dispatcher or a commander"),
        ({"type": "NO_SUCH"}, "no incident type NO_SUCH"),
        ({"owner": "nope"}, "two agencies of this board"),
        ({"asker": "berpd"}, "your own agency"),
    ],
)
def test_a_trial_that_cannot_be_says_so_instead_of_no(site: Site, asked: dict[str, str], error: str) -> None:
    whole = {"asker": "sffd", "owner": "oakpd", "capability": "PATROL", "place": f"{PLACE[0]},{PLACE[1]}", **asked}
    status, page = Admin(site.url, "sffd:agency_admin").get("/office/agreements/try?" + urlencode(whole))
    assert status == 400
    assert error in said(page)


def test_a_capability_is_tried_however_it_is_spelt(site: Site) -> None:
    ours, theirs = Admin(site.url, "sffd:agency_admin"), Admin(site.url, "oakpd:agency_admin")
    assert ours.post("/office/agreements/draft", **terms("spelt"))[0] == 303
    for admin, step in ((ours, "propose"), (ours, "sign"), (theirs, "sign")):
        assert admin.step("spelt", step)[0] == 303
    asked = {"asker": "sffd", "owner": "oakpd", "capability": "patrol", "place": f"{PLACE[0]},{PLACE[1]}"}
    assert ">Yes</h2>" in ours.get("/office/agreements/try?" + urlencode(asked))[1]


def fields_of(page: str) -> dict[str, str]:
    """What a browser would send of a form: its text fields, ticked boxes and what its lists have chosen."""
    fields = {}
    for tag in re.findall(r"<input [^>]*>", page):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and name[1] != "csrf" and ('type="checkbox"' not in tag or " checked" in tag):
            fields[name[1]] = html.unescape(value[1]) if value else ""
    for name, choices in re.findall(r'<select name="([^"]+)">(.*?)</select>', page, re.S):
        chosen = re.search(r'value="([^"]*)" selected', choices) or re.search(r'value="([^"]*)"', choices)
        fields[name] = chosen[1] if chosen else ""
    return fields


def test_of_two_who_change_a_draft_at_once_the_second_is_told_and_nothing_is_written_over(site: Site) -> None:
    ours, theirs = Admin(site.url, "sffd:agency_admin"), Admin(site.url, "oakpd:agency_admin")
    assert ours.post("/office/agreements/draft", **terms("two-pens"))[0] == 303
    mine, their = (fields_of(admin.get("/office/agreements/two-pens/change")[1]) for admin in (ours, theirs))
    assert theirs.post("/office/agreements/draft", **{**their, "aid.0.cap": "7"})[0] == 303
    status, _, page = ours.post("/office/agreements/draft", **{**mine, "title": "My title"})
    assert status == 409
    assert "changed since you opened them" in said(page)
    assert 'value="My title"' in page
    kept = fields_of(ours.get("/office/agreements/two-pens/change")[1])
    assert (kept["aid.0.cap"], kept["title"]) == ("7", "Night patrols")


def test_a_share_narrowed_to_one_incident_is_shown_and_stays_narrow_when_it_is_changed_on_the_form(site: Site) -> None:
    ours = Admin(site.url, "sffd:agency_admin")
    row = {"id": "s", "giver": "sffd", "receiver": "oakpd", "label": "2", "incidents": "BAY-2026-000001"}
    fields = {**terms("narrow"), **{f"share.0.{name}": value for name, value in row.items()}}
    fields |= {"share.0.since": "2026-12-01T08:00", "share.0.until": "2026-12-02T08:00"}
    assert ours.post("/office/agreements/draft", **fields)[0] == 303
    again = {**fields_of(ours.get("/office/agreements/narrow/change")[1]), "title": "Narrow"}
    assert ours.post("/office/agreements/draft", **again)[0] == 303
    page = ours.get("/office/agreements/narrow")[1]
    for shown in ("Narrow", "only BAY-2026-000001", "since 2026-12-01 08:00", "until 2026-12-02 08:00"):
        assert shown in page


def test_a_change_of_another_agencys_paper_answers_as_one_of_none(site: Site) -> None:
    ours, stranger = Admin(site.url, "sffd:agency_admin"), Admin(site.url, "haypd:agency_admin")
    assert ours.post("/office/agreements/draft", **terms("sealed-off"))[0] == 303
    more = {"parties": "haypd oakpd", "aid.0.receiver": "haypd", "change": "1"}
    theirs = stranger.post("/office/agreements/draft", **terms("sealed-off", **more))
    nobodys = stranger.post("/office/agreements/draft", **terms("no-such-one", **more))
    assert theirs[0] == nobodys[0] == 404
    assert theirs[2] == nobodys[2]


def test_what_a_refused_step_was_given_as_reason_comes_back(site: Site) -> None:
    ours = Admin(site.url, "sffd:agency_admin")
    assert ours.post("/office/agreements/draft", **terms("long-reason"))[0] == 303
    status, page = ours.step("long-reason", "revoke", "x" * 201)
    assert status == 400
    assert "at most 200" in said(page)
    assert f'value="{"x" * 201}"' in page


def test_what_the_board_refuses_at_the_office_is_in_the_audit_log_with_its_rule(site: Site) -> None:
    fields = {**terms("of-others", parties="oakpd berpd"), "aid.0.receiver": "berpd"}
    status, _, page = Admin(site.url, "sffd:agency_admin").post("/office/agreements/draft", **fields)
    assert status == 409, said(page)
    time.sleep(0.5)
    _, page = Admin(site.url, ":auditor").get("/office/audit?kind=refused")
    assert "DraftAgreement" in page.split("<tbody>")[1]
