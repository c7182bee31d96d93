"""Text from people stays text on every page, and no page of the board breaks its own content policy.

A page that does fails by its console: `open_page` counts every console error, and a violation is one.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_two_browsers import command, ready
from tests.deputy import Deputy

EVIL = "<img src=x onerror='window.hit=1'>\"'><script>window.hit=1</script>"
FORM = "application/x-www-form-urlencoded"
OFFICES = {
    "sffd:dispatcher": ("/", "/account", "/office/agreements", "/office/agreements/try", "/office/ledger"),
    "sffd:agency_admin": (
        "/",
        "/office/people",
        "/office/agreements/draft",
        "/office/agreements/evil-paper",
        "/office/audit",
    ),
    ":board_admin": ("/", "/account", "/office/people", "/office/audit"),
    ":auditor": ("/", "/office/audit", "/office/agreements", "/office/ledger"),
    "sffd:briefer": ("/",),
}


@pytest.fixture(scope="module")
def hostile(site: str) -> str:
    """A board with hostile text in every field somebody may write into; the number of its incident."""
    owner, admin = Deputy(site, "sffd:dispatcher"), Deputy(site, "sffd:agency_admin")
    report = {"type": "STRUCTURE_FIRE", "lon": -122.4148, "lat": 37.7524, "address": EVIL, "caller": EVIL, "note": EVIL}
    incident = owner.command("ReportIncident", {**report, "local_type": EVIL, "external_id": EVIL})["incident"]
    owner.command("AddNote", {"incident": incident, "text": EVIL, "label": 1})
    owner.command("MarkBenchmark", {"incident": incident, "name": EVIL[:40]})
    owner.command("AssignTalkgroup", {"talkgroup": EVIL[:40], "incident": incident})
    owner.command(
        "CloseStreets", {"shape": "line", "points": [[-122.41, 37.75], [-122.4, 37.75]], "reason": EVIL[:100]}
    )
    asked = {"incident": incident, "agencies": ["dcfd"], "needs": [{"capability": EVIL[:30], "count": 1}], "note": EVIL}
    owner.command("RequestAssistance", asked)
    owner.command("SayToRequest", {"request": f"{incident}|R1", "text": EVIL})
    unit = {"unit": "sffd/B1", "duty": "out_of_service", "reason": EVIL}
    owner.command("SetDuty", unit)
    mark = admin.pass_.mark
    paper = {"id": "evil-paper", "title": EVIL, "parties": "sffd dcfd", "aid.0.id": "1", "aid.0.giver": "dcfd"}
    clause = {"aid.0.receiver": "sffd", "aid.0.mode": "automatic", "aid.0.cost_note": EVIL}
    admin.ask("POST", "/office/agreements/draft", urlencode({"csrf": mark, **paper, **clause}), Content_Type=FORM)
    account = urlencode({"csrf": mark, "name": "evil", "display": EVIL[:60], "positions": "sffd:dispatcher"})
    admin.ask("POST", "/office/people/add", account, Content_Type=FORM)
    stranger = urlencode({"name": EVIL[:60], "password": EVIL})
    admin.ask("POST", "/sign-in", stranger, Content_Type=FORM, Cookie="", X_CSRFToken="")
    return str(incident)


@pytest.mark.parametrize("position", OFFICES)
def test_hostile_text_is_inert_on_every_page_and_no_page_breaks_the_content_policy(
    open_page: Callable[..., Page], hostile: str, position: str
) -> None:
    page = open_page(position=position)
    for path in OFFICES[position]:
        page.goto(page.url.split("/", 3)[0] + "//" + page.url.split("/")[2] + path)
        page.wait_for_load_state()
        if path == "/":
            ready(page)
            page.wait_for_timeout(800)
        assert page.evaluate("window.hit") is None, path
        assert page.locator("img[src=x]").count() == 0, path


def test_the_board_shows_hostile_text_as_it_was_typed(open_page: Callable[..., Page], hostile: str) -> None:
    page = ready(open_page(position="sffd:dispatcher"))
    page.evaluate("(incident) => concord.select({ incident })", hostile)
    expect(page.locator("#detail-head")).to_contain_text("<img src=x")
    expect(page.locator("#log-list")).to_contain_text("<script>window.hit=1</script>")
    expect(page.locator(".detail-where")).to_contain_text("caller <img")  # closer, fetched
    page.locator("#tab-aid").click()
    expect(page.locator("#aid")).to_contain_text("<img src=x")
    page.locator("#tab-units").click()
    page.get_by_role("button", name="Shared…").click()
    expect(page.get_by_role("dialog")).to_contain_text("Who can see")
    assert page.evaluate("window.hit") is None
    assert command(page, "AddNote", {"incident": hostile, "text": EVIL, "label": 1})["status"] == "accepted"
    assert page.evaluate("window.hit") is None


def test_the_sign_in_page_breaks_no_policy_and_takes_a_person_in_and_out(
    open_page: Callable[..., Page], site: str
) -> None:
    page = open_page(position="")
    expect(page).to_have_url(f"{site}/sign-in?next=%2F")
    page.get_by_role("button", name="Enter as commander of San Francisco Fire Department").first.click()
    ready(page)
    page.locator("#acting-button").click()
    page.get_by_role("button", name="Lock screen").click()
    expect(page.get_by_role("heading", name="Screen locked")).to_be_visible()
    page.goto(site + "/")
    expect(page.get_by_role("heading", name="Screen locked")).to_be_visible()  # locked at the server, not on the page
    page.get_by_role("button", name="Unlock").click()
    ready(page)
    page.locator("#acting-button").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in", exact=True)).to_be_visible()
    page.goto(site + "/")
    expect(page.get_by_role("heading", name="Sign in", exact=True)).to_be_visible()
