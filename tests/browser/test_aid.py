"""Assistance between two agencies at two screens, by keyboard: asked, promised in part, deployed, released, told."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_two_browsers import command, ready
from tests.deputy import Deputy

PLACE = (-122.4148, 37.7524)
FREE = """([agency, capability]) => [...concord.picture.units.values()]
  .filter((u) => u.agency === agency && !u.active && u.duty === "in_service" && u.capabilities.includes(capability))
  .map((u) => u.callsign)"""
NO_MOUSE = """() => { window.mouse = 0;
  for (const kind of ["mousedown", "pointerdown"]) window.addEventListener(kind, () => window.mouse++, true); }"""


@pytest.fixture
def desks(start_site: Callable[..., object], open_page: Callable[..., Page]) -> tuple[Page, Page, str]:
    """A dispatcher of San Francisco Fire and one of Daly City Fire, each at a worker of one board."""
    site = start_site(CONCORD_WORKERS="2")
    url = str(site.url)  # type: ignore[attr-defined]
    ours = ready(open_page(site=url, position="sffd:dispatcher"))
    theirs = ready(open_page(site=url, position="dcfd:dispatcher"))
    for page in (ours, theirs):
        page.evaluate(NO_MOUSE)
    return ours, theirs, url


def fire(page: Page) -> str:
    body = {"type": "STRUCTURE_FIRE", "lon": PLACE[0], "lat": PLACE[1], "address": "24th & Folsom"}
    outcome = command(page, "ReportIncident", body)
    assert outcome["status"] == "accepted", outcome
    number = str(outcome["incident"])
    page.wait_for_function("(number) => concord.selection.incident === number", arg=number)
    return number


def open_aid(page: Page) -> None:
    page.locator("#tab-aid").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#panel-aid")).to_be_visible()


def press(page: Page, name: str) -> None:
    """Reach a button by focus and press it by key."""
    button = page.locator("#aid").get_by_role("button", name=re.compile(name)).first
    expect(button).to_be_visible()
    button.focus()
    page.keyboard.press("Enter")


def ask(page: Page, agencies: str, needs: str, patience: str = "5", escalate: str = "") -> None:
    open_aid(page)
    press(page, "Ask for assistance")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Ask for assistance")
    for text in (agencies, needs, "15", patience, escalate):
        page.keyboard.press("Control+a")
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.keyboard.type("north gate")
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(page.locator("#result-line")).to_contain_text("asked for")


def test_units_are_asked_for_promised_in_part_deployed_and_released_by_keyboard_and_the_ledger_tells(
    desks: tuple[Page, Page, str],
) -> None:
    ours, theirs, url = desks
    number = fire(ours)
    engines = theirs.evaluate(FREE, ["dcfd", "ENGINE"])
    assert len(engines) >= 1
    ask(ours, "Daly City Fire", f"{len(engines) + 1} ENGINE")

    # The asked agency is alarmed, acknowledges, and promises one of what it has.
    alarm = theirs.locator("#aid-alarm")
    expect(alarm).to_contain_text("SF Fire asks for")
    theirs.keyboard.press("F8")
    expect(alarm).to_be_hidden()
    expect(theirs.locator("#aid")).to_contain_text("north gate")
    expect(ours.locator("#aid")).to_contain_text("seen by")
    press(theirs, "Offer units")
    choices = theirs.get_by_role("dialog")
    expect(choices.locator("input").first).to_be_focused()
    theirs.keyboard.press("1")
    theirs.keyboard.press("Enter")
    expect(theirs.locator("#result-line")).to_contain_text("promised; still wanted")

    # The asker sees it, deploys by key; the assignment says why it was allowed.
    expect(ours.locator("#aid .aid-card")).to_contain_text("still wanted")
    press(ours, "^Deploy ")
    expect(ours.locator("#result-line")).to_contain_text("dispatched to")
    ours.wait_for_function("(n) => concord.picture.assignmentsOf(n).length", arg=number)  # the answer is faster
    held = ours.evaluate("(n) => concord.picture.assignmentsOf(n)", number)
    assert [(one["agency"], bool(one["request"])) for one in held] == [("dcfd", True)]
    expect(theirs.locator("#aid")).to_contain_text("deployed")

    # Released, it is in both agencies' ledger and in nobody else's.
    command(ours, "ChangeStatus", {"assignment": held[0]["id"], "status": "en_route"})
    press(ours, "^Release ")
    expect(ours.locator("#aid .aid-ask")).to_have_attribute("data-state", "released")
    assert ours.evaluate("window.mouse") == theirs.evaluate("window.mouse") == 0
    for position in ("sffd:agency_admin", "dcfd:dispatcher"):
        status, _, page = Deputy(url, position).ask("GET", "/office/ledger")
        assert status == 200
        row = page.decode().split("<tbody>")[1]
        assert "Daly City Fire" in row
        assert "1 request" in row
    assert (
        "Daly City Fire"
        not in Deputy(url, "oakfd:dispatcher").ask("GET", "/office/ledger")[2].decode().split("<tbody>")[1]
    )
    text = Deputy(url, "sffd:agency_admin").ask("GET", "/office/ledger.csv")[2].decode()
    assert text.splitlines()[1].startswith("dcfd,sffd,1,1,")


def test_an_agency_that_does_not_answer_in_time_is_followed_by_the_next(desks: tuple[Page, Page, str]) -> None:
    ours, theirs, _ = desks
    fire(ours)
    ask(ours, "Oakland Fire", "1 ENGINE", patience="0.5", escalate="Daly City Fire")
    expect(theirs.locator("#aid-alarm")).to_be_hidden()
    expect(theirs.locator("#aid-alarm")).to_contain_text("SF Fire asks for", timeout=45_000)
    expect(ours.locator("#aid")).to_contain_text("no answer")
    theirs.keyboard.press("F8")
    press(theirs, "^Decline")
    theirs.keyboard.type("our last engine")
    theirs.keyboard.press("Enter")
    expect(ours.locator("#aid")).to_contain_text("our last engine")


def test_what_is_typed_wrong_comes_back_with_everything_typed_and_the_fault_named(
    desks: tuple[Page, Page, str],
) -> None:
    ours, _, _ = desks
    fire(ours)
    open_aid(ours)
    press(ours, "Ask for assistance")
    ours.keyboard.type("Nobody Fire")
    ours.keyboard.press("Tab")
    ours.keyboard.press("Control+a")
    ours.keyboard.type("1 LADDER")
    ours.keyboard.press("Enter")
    dialog = ours.get_by_role("dialog")
    expect(dialog).to_contain_text("no agency is called Nobody Fire")
    assert dialog.get_by_label("What").input_value() == "1 LADDER"
