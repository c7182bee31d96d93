"""Who is responsible, as three people see it: before a report, on the incident, and at any place and day."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

READY = "() => window.concord && concord.map && concord.map.scene.ground && concord.picture.loaded"
BORDER = (-122.4527, 37.7085)  # the county line of San Francisco and San Mateo, 22 m away
TWO_PROVIDERS = (-122.15398, 37.66497)  # the pack's strip near Hayward that two EMS providers claim
IN_THE_BAY = (-122.37454, 37.84038)  # the coast guard's water; no fire agency's area reaches out so far
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


def told_in_both(open_page: Any, place: tuple[float, float], address: str) -> tuple[str, list[Page], str]:
    """Report a fire in one browser and open it in both: the answer, the pages, the incident."""
    pages = [ready(open_page()), ready(open_page())]
    outcome = pages[0].evaluate(REPORT, [*place, address])
    assert outcome["status"] == "accepted"
    for page in pages:
        page.locator(f'#incident-list [data-incident="{outcome["incident"]}"]').click()
    return outcome["text"], pages, outcome["incident"]


def test_a_report_where_two_agencies_claim_a_service_warns_in_both_browsers(open_page: Any) -> None:
    _, pages, incident = told_in_both(open_page, TWO_PROVIDERS, "Two providers")
    for page in pages:
        card = page.locator(f'#incident-list [data-incident="{incident}"]')
        expect(card.locator(".card-warning .sr")).to_contain_text("EMS: disputed, claimed by")
        expect(page.locator("#detail-responsible .resp-warning")).to_contain_text("EMS: disputed, claimed by")
        expect(page.locator("#log-list")).to_contain_text("EMS: disputed, claimed by")


def test_a_report_where_nobody_on_file_answers_warns_in_both_browsers_and_says_why_who_leads(open_page: Any) -> None:
    text, pages, incident = told_in_both(open_page, IN_THE_BAY, "Off the pier")
    assert "provisional: no agency on file for Fire here; it answers for Coast guard" in text
    for page in pages:
        card = page.locator(f'#incident-list [data-incident="{incident}"]')
        expect(card.locator(".card-warning .sr")).to_contain_text("Fire, EMS, Police")
        strip = page.locator("#detail-responsible")
        expect(strip.locator(".resp-warning")).to_contain_text("no agency on file is responsible here")
        expect(strip).to_contain_text("Modelled areas, not official")
        expect(page.locator("#log-list")).to_contain_text("provisional: no agency on file for Fire here")


def test_what_is_modelled_alone_puts_no_warning_sign_on_a_card(open_page: Any) -> None:
    _, pages, incident = told_in_both(open_page, (-122.4400, 37.7600), "Middle of the city")
    expect(pages[1].locator("#detail-responsible")).to_contain_text("Modelled areas, not official")
    expect(pages[1].locator(f'#incident-list [data-incident="{incident}"] .card-warning')).to_be_hidden()


def test_the_form_says_who_leads_before_anything_is_sent(open_page: Any) -> None:
    page = ready(open_page())
    page.evaluate("([lon, lat]) => concord.picture.emit('place', { lon, lat })", list(BORDER))
    here = page.locator(".report-here")
    expect(here).to_contain_text("leads")
    expect(here).to_contain_text("leads (responsible here)")
    expect(here).to_contain_text("On the boundary")
    page.evaluate("() => concord.picture.emit('place', { lon: -150, lat: 10 })")
    expect(here).to_contain_text("Nobody on file leads here")
    expect(here).to_contain_text("Outside every area on file")


def test_the_answer_at_a_place_has_layers_dates_and_neighbours_for_any_day(open_page: Any) -> None:
    page = ready(open_page())
    page.evaluate(ASK, list(BORDER))
    panel = page.locator("#whois-panel")
    expect(panel).to_contain_text("On the boundary of SF Fire: 22 m to Daly City Fire")
    expect(panel).to_contain_text("22 m to Daly City Fire, south")
    expect(panel).to_contain_text("modelled")
    expect(panel).to_contain_text("from 2026-01-01")
    day = panel.get_by_label("As of which day; empty is now")
    day.fill("2020-06-01")  # before any of these boundaries were in force
    expect(panel).to_contain_text("As of 2020-06-01, not now")
    expect(panel).to_contain_text("nobody on file")
    panel.get_by_role("button", name="Now").click()
    expect(panel).to_contain_text("SF Fire")
    expect(panel).not_to_contain_text("not now")
