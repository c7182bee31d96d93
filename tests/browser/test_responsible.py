"""Who is responsible, as three people see it: before a report, on the incident, and at any place and day."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

READY = "() => window.concord && concord.map && concord.map.scene.ground && concord.picture.loaded"
BORDER = (-122.4527, 37.7085)  # the county line of San Francisco and San Mateo, 22 m away
REPORT = """async ([lon, lat, address]) => {
  const plan = JSON.parse(document.getElementById("board").dataset.plans).find((p) => p.symbol === "F");
  const body = { type: plan.code, lon, lat, priority: 1, address, caller: "", note: "" };
  return concord.command("ReportIncident", body, {});
}"""
ASK = """([lon, lat]) => {
  window.dash_clientside.set_props("whois-query", { data: { lon, lat, t: Date.now() } });
  concord.picture.emit("whois", { lon, lat });
}"""


def ready(page: Page) -> Page:
    page.wait_for_function(READY, timeout=20_000)
    page.wait_for_timeout(300)
    return page


def test_a_report_on_a_boundary_warns_whoever_looks_at_the_incident(open_page: Any) -> None:
    page, other = ready(open_page()), ready(open_page())
    outcome = page.evaluate(REPORT, [*BORDER, "Boundary Road"])
    assert outcome["status"] == "accepted"
    assert "leads (responsible here)" in outcome["text"]
    assert "On the boundary (22 m)" in outcome["text"]
    card = other.locator(f'[data-incident="{outcome["incident"]}"]')
    expect(card.locator(".card-warning")).to_be_visible()
    expect(card.locator(".card-warning .sr")).to_contain_text("On the boundary")
    card.click()
    strip = other.locator("#detail-responsible")
    expect(strip).to_contain_text("On the boundary (22 m): Fire SF Fire / Daly City Fire")
    expect(strip).to_contain_text("Fire SF Fire")
    expect(other.locator("#log-list")).to_contain_text("Responsible: Fire SF Fire")


def test_the_form_says_who_leads_before_anything_is_sent(open_page: Any) -> None:
    page = ready(open_page())
    page.evaluate("([lon, lat]) => concord.picture.emit('place', { lon, lat })", list(BORDER))
    here = page.locator(".report-here")
    expect(here).to_contain_text("leads")
    expect(here).to_contain_text("On the boundary")
    page.evaluate("() => concord.picture.emit('place', { lon: -150, lat: 10 })")
    expect(here).to_contain_text("Nobody on file leads here")
    expect(here).to_contain_text("Outside every area on file")


def test_the_answer_at_a_place_has_layers_dates_and_neighbours_for_any_day(open_page: Any) -> None:
    page = ready(open_page())
    page.evaluate(ASK, list(BORDER))
    panel = page.locator("#whois-panel")
    expect(panel).to_contain_text("On the boundary of SF Fire: 22 m to Daly City Fire")
    expect(panel).to_contain_text("modelled")
    expect(panel).to_contain_text("from 2026-01-01")
    day = panel.get_by_label("As of which day; empty is now")
    day.fill("2020-06-01")  # before any of these boundaries were in force
    expect(panel).to_contain_text("As of 2020-06-01, not now")
    expect(panel).to_contain_text("nobody on file")
    panel.get_by_role("button", name="Now").click()
    expect(panel).to_contain_text("SF Fire")
    expect(panel).not_to_contain_text("not now")
