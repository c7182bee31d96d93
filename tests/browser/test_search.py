"""Finding a place by name or coordinates on the map, by keyboard, with copy; and in the report form."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

READY = "() => window.concord && concord.map && concord.map.scene.ground && concord.picture.loaded"
CENTRE = "() => { const c = concord.map.leaflet.getCenter(); return [c.lng, c.lat]; }"
BOX = "Find a place, incident or unit"


def ready(page: Page) -> Page:
    page.wait_for_function(READY, timeout=20_000)
    page.wait_for_timeout(300)
    return page


def near(page: Page, lon: float, lat: float) -> None:
    page.wait_for_function(
        "([lon, lat]) => concord.map.leaflet.getCenter().distanceTo([lat, lon]) < 30", arg=[lon, lat], timeout=5000
    )


def test_a_name_is_typed_chosen_by_arrows_and_the_map_goes_there(open_page: Any) -> None:
    page, other = ready(open_page()), ready(open_page())
    before = other.evaluate(CENTRE)
    page.locator("#map").focus()
    page.keyboard.press("/")
    box = page.get_by_role("combobox", name=BOX)
    expect(box).to_be_focused()
    page.keyboard.type("oakl")
    options = page.locator("#map-found [role=option]")
    expect(options.first).to_contain_text("Oakland")
    page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    place = page.locator(".map-place")
    expect(place).to_contain_text("Oakland")
    expect(place).to_contain_text("MGRS / USNG")
    lon, lat = page.evaluate("() => [concord.map.scene.mark.lng, concord.map.scene.mark.lat]")
    near(page, lon, lat)
    assert other.evaluate(CENTRE) == before


def test_coordinates_in_any_notation_are_found_and_each_is_copied(open_page: Any) -> None:
    page = ready(open_page())
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    box = page.get_by_role("combobox", name=BOX)
    for text in ("37.7793, -122.4193", "37°46.758'N 122°25.158'W", "10S EG 51136 81487", "849VQHHJ+P7", "QHHJ+P7"):
        box.fill(text)
        box.press("Enter")
        near(page, -122.4193, 37.7793)
    button = page.locator('.map-place [data-copy="10S EG 51129 81488"], .map-place [data-copy^="10S EG"]')
    button.click()
    expect(button).to_have_text("Copied")  # an answer that came meanwhile would have made the button anew
    assert page.evaluate("() => navigator.clipboard.readText()") == button.get_attribute("data-copy")
    page.locator(".map-place").get_by_role("button", name="Who is responsible?").click()
    panel = page.locator("#whois-panel")
    expect(panel).to_contain_text("SF Fire")
    panel.get_by_text("Coordinates").click()
    expect(panel).to_contain_text("849VQHHJ+P7")


def test_nonsense_gets_one_clear_message_and_nothing_is_lost(open_page: Any) -> None:
    page = ready(open_page())
    box = page.get_by_role("combobox", name=BOX)
    box.fill("37°61'N 122°W")
    box.press("Enter")
    expect(page.locator(".map-found-status")).to_contain_text("61 minutes")
    box.fill("<img src=x onerror=alert(1)>")
    box.press("Enter")
    expect(page.locator(".map-found-status")).to_contain_text("Nothing found")
    expect(box).to_have_value("<img src=x onerror=alert(1)>")
    assert page.locator("#map-search img").count() == 0


def test_an_incident_and_a_unit_are_found_and_selected(open_page: Any) -> None:
    page = ready(open_page())
    unit = page.evaluate("() => [...concord.picture.units.values()].find((u) => u.agency === 'sffd')")
    box = page.get_by_role("combobox", name=BOX)
    box.fill(unit["id"])
    box.press("Enter")
    page.wait_for_function("(id) => concord.selection.unit === id", arg=unit["id"])


def test_coordinates_typed_into_the_report_set_its_place(open_page: Any) -> None:
    page = ready(open_page())
    page.locator("#report-button").click()
    dialog = page.locator("#report-dialog")
    dialog.get_by_label("Address").fill("37.7793, -122.4193")
    dialog.get_by_role("button", name="Find on the map").click()
    expect(dialog.locator(".report-place")).to_contain_text("37.77930, -122.41930")
    expect(dialog.locator(".report-here")).to_contain_text("leads")
    expect(dialog.get_by_role("button", name="Report", exact=True)).to_be_enabled()
