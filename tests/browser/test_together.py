"""All waiting incidents with the units suggested for all of them together, in a real browser."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import enter

REPORT = """async ([address, priority, n]) => {
  const plan = JSON.parse(document.getElementById("board").dataset.plans).find((p) => p.symbol === "F");
  const own = [...concord.picture.units.values()].filter((u) => u.agency === concord.acting().agency);
  const [lon, lat] = own[n % own.length].home;
  return concord.command("ReportIncident", { type: plan.code, lon, lat, priority, address, caller: "", note: "" }, {});
}"""

HOLD = """() => {
  const send = window.dash_clientside.set_props;
  window.dash_clientside.set_props = (id, props) => (id === "together-query" ? undefined : send(id, props));
}"""


@pytest.fixture
def pages(start_site: Any, open_page: Any) -> tuple[Page, Page]:
    """Two screens of one empty board."""
    site = start_site()
    return live(open_page(site=site.url)), live(open_page(site=site.url))


def live(page: Page) -> Page:
    expect(page.locator("#link-state")).to_contain_text("LIVE", timeout=20_000)
    return page


def report(page: Page, address: str, priority: int, at: int) -> str:
    answer = page.evaluate(REPORT, [address, priority, at])
    assert answer["status"] == "accepted", answer
    return str(answer["incident"])


def open_tab(page: Page) -> Any:
    page.get_by_role("tab", name="All waiting").click()
    return page.locator("#together")


def units_of(page: Page, incident: str) -> list[str]:
    press = page.locator(f'#together [data-command][data-incident="{incident}"]')
    return (press.get_attribute("data-units") or "").split(",")


def test_all_waiting_incidents_share_the_free_units_and_each_is_sent_by_its_own_command(
    pages: tuple[Page, Page], tmp_path: Path
) -> None:
    page, other = pages
    panel = open_tab(page)
    expect(panel).to_contain_text("No incident of your agency")
    minor = report(other, "2 Later Street", 3, 0)
    major = report(other, "1 First Street", 1, 0)
    rows = panel.locator("[data-held]")
    expect(rows).to_have_count(2)
    assert [row.get_attribute("data-held") for row in rows.all()] == [major, minor]
    one, two = units_of(page, major), units_of(page, minor)
    assert one
    assert two
    assert not set(one) & set(two)

    rows.nth(1).get_by_role("button", name=re.compile(r"^Dispatch ")).click()
    expect(page.locator("#result-line .tone")).to_have_text("OK")
    for screen in pages:
        assigned = f"concord.picture.assignmentsOf({minor!r}, true).length"
        screen.wait_for_function(f"() => {assigned} === {len(two)}")
    first = f"concord.picture.assignmentsOf({major!r}, true).length"
    assert page.evaluate(first) == 0

    panel.get_by_role("button", name="Dispatch all…").click()
    page.get_by_role("dialog").get_by_role("button", name="Dispatch all").click()
    other.wait_for_function(f"() => {first} > 0")


def test_what_was_taken_by_somebody_else_is_refused_and_said_and_the_rest_is_sent(pages: tuple[Page, Page]) -> None:
    page, other = pages
    numbers = [report(other, f"{n} Long Street", 2, n) for n in (1, 2, 3)]
    panel = open_tab(page)
    expect(panel.locator("[data-held]")).to_have_count(3)
    # Held back: the screen presses what was suggested before somebody else took one of those units.
    page.evaluate(HOLD)
    units = units_of(page, numbers[1])
    taken = other.evaluate(
        "([incident, unit]) => concord.command('AssignUnits', { incident, units: [unit], override_reason: '' }, {})",
        [numbers[0], units[0]],
    )
    assert taken["status"] == "accepted", taken
    page.wait_for_function("(unit) => concord.picture.units.get(unit).active", arg=units[0])
    panel.get_by_role("button", name="Dispatch all…").click()
    page.get_by_role("dialog").get_by_role("button", name="Dispatch all").click()
    line = page.locator("#result-line")
    expect(line).to_contain_text("2 of 3 incidents served", timeout=10_000)
    expect(line.locator(".tone")).to_have_text("CONFLICT")
    assert page.evaluate(f"concord.picture.assignmentsOf({numbers[1]!r}, true).length") == 0


def test_the_panel_holds_still_in_the_narrow_column_and_its_names_are_controls(pages: tuple[Page, Page]) -> None:
    page, _ = pages
    number = report(page, "4 Wide Street with a rather long name that does not end", 1, 0)
    panel = open_tab(page)
    expect(panel.locator("[data-held]")).to_have_count(1)
    assert panel.evaluate("(box) => box.scrollWidth <= box.clientWidth")
    panel.locator("[data-locate]").first.click()
    page.wait_for_function("() => concord.selection.unit")
    open_tab(page)
    panel.locator("[data-open]").click()
    page.wait_for_function("(number) => concord.selection.incident === number", arg=number)


def test_an_incident_an_agency_may_not_know_of_is_not_in_its_panel(pages: tuple[Page, Page]) -> None:
    page, police = pages
    enter(police.context, page.evaluate("() => location.origin"), "sfpd:commander")
    police.reload()
    live(police)
    police.wait_for_function("() => concord.picture.loaded && concord.acting().agency === 'sfpd'")
    answer = police.evaluate(
        """() => {
          const [lon, lat] = [...concord.picture.units.values()].find((u) => u.agency === "sfpd").home;
          const body = { type: "BARRICADED_PERSON", lon, lat, priority: 1, address: "", caller: "", note: "" };
          return concord.command("ReportIncident", body, {});
        }"""
    )
    assert answer["status"] == "accepted", answer
    expect(open_tab(police).locator("[data-held]")).to_have_count(1)
    number = report(police, "5 Open Street", 2, 0)
    panel = open_tab(page)
    expect(panel.locator("[data-held]")).to_have_count(1)
    assert panel.locator("[data-held]").get_attribute("data-held") == number
    # Asked for by its number, it is unknown.
    page.evaluate(
        """(incident) => window.dash_clientside.set_props("recommend-query",
          { data: { incident, t: 1 } })""",
        answer["incident"],
    )
    expect(page.locator("#recommendation")).to_contain_text("no incident")
