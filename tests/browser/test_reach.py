"""The reach of a selected unit on the map, as two people see it."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

READY = "() => window.concord && concord.map && concord.map.scene.ground && concord.picture.loaded"
SELECT = """(discipline) => {
  const unit = [...concord.picture.units.values()].find((u) => u.discipline === discipline);
  concord.select({ unit: unit.id });
  concord.map.leaflet.setView([unit.home[1], unit.home[0]], 11, { animate: false });
  return unit.callsign;
}"""
BANDS = "() => concord.mapParts.overlays.find((o) => o.key === 'reach').answered()?.bands.map((b) => b.seconds)"
PIXELS = """() => {
  const { canvas } = concord.map.scene.base, g = canvas.getContext("2d");
  const middle = [canvas.width / 2, canvas.height / 2];
  return [...g.getImageData(Math.round(middle[0]) + 14, Math.round(middle[1]) + 14, 1, 1).data].join();
}"""


def ready(page: Page) -> Page:
    page.wait_for_function(READY, timeout=20_000)
    page.wait_for_timeout(300)
    return page


def test_the_reach_of_the_selected_unit_is_drawn_named_and_goes_with_the_selection(open_page: Any) -> None:
    page, other = ready(open_page()), ready(open_page())
    note = page.locator("#map-reach-note")
    expect(note).to_be_hidden()
    page.get_by_label("Reach of the unit").check()
    expect(note).to_contain_text("Select a unit")
    callsign = page.evaluate(SELECT, "fire")
    bare = page.evaluate(PIXELS)
    expect(note).to_contain_text(f"Reach of {callsign}")
    expect(note).to_contain_text("4 · 8 · 12 min")
    expect(note).to_contain_text("±")  # an estimate says how far off it may be
    assert page.evaluate(BANDS) == [240, 480, 720]
    assert page.evaluate(PIXELS) != bare, "nothing was drawn around the unit"
    expect(other.locator("#map-reach-note")).to_be_hidden()

    page.evaluate("() => concord.select({ unit: '' })")
    expect(note).to_contain_text("Select a unit")
    assert page.evaluate(BANDS) is None
    page.get_by_label("Reach of the unit").uncheck()
    expect(note).to_be_hidden()


def test_the_reach_follows_the_selection_to_another_unit(open_page: Any) -> None:
    page = ready(open_page())
    page.get_by_label("Reach of the unit").check()
    page.evaluate(SELECT, "fire")
    expect(page.locator("#map-reach-note")).to_contain_text("min")
    callsign = page.evaluate(SELECT, "law")
    expect(page.locator("#map-reach-note")).to_contain_text(f"Reach of {callsign}4")
