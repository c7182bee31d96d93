"""The map in a real browser: what is drawn, what can be picked, what the keys do, and that it asks nobody outside."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from playwright.sync_api import Page, expect

SERIAL = itertools.count(1)
READY = "() => window.concord && concord.map && concord.map.scene.ground && concord.picture.loaded"
SETTLE = 400  # ms: a frame of the map and a turn of its tooltip

REPORT = """async ([lon, lat, priority, address]) => {
  const plan = JSON.parse(document.getElementById("board").dataset.plans).find((p) => p.symbol === "F");
  return concord.command("ReportIncident", { type: plan.code, lon, lat, priority, address, caller: "", note: "" }, {});
}"""
HEARD = """([kind]) => { window.heard = []; concord.picture.on(kind, (what) => window.heard.push(what)); }"""
QUIET_UNIT = """() => {
  const { scene, leaflet } = concord.map, size = leaflet.getSize();
  for (const i of scene.named) {
    const id = scene.units.records[i].id, at = concord.map.at(id);
    if (!at || at.x < 260 || at.x > size.x - 260 || at.y < 130 || at.y > size.y - 90) continue;
    const hit = scene.pick(L.point(at.x, at.y), 11);
    if (hit && hit.id === id) return { id, callsign: scene.units.records[i].callsign, ...at };
  }
}"""


@pytest.fixture
def map_page(open_page: Any) -> Page:
    """A page whose map has its ground and its picture."""
    return ready(open_page())


def ready(page: Page) -> Page:
    page.wait_for_function(READY, timeout=20_000)
    page.wait_for_timeout(SETTLE)
    return page


def look(page: Page, lon: float, lat: float, zoom: float) -> None:
    page.evaluate(
        "([lon, lat, zoom]) => { concord.map.leaflet.setView([lat, lon], zoom, { animate: false }); }", [lon, lat, zoom]
    )
    page.wait_for_timeout(SETTLE)


def spot(page: Page, at: dict[str, float]) -> tuple[float, float]:
    """A container pixel of the map as a pixel of the page."""
    box = page.locator("#map").bounding_box()
    assert box
    return box["x"] + at["x"], box["y"] + at["y"]


def report(page: Page, lon: float, lat: float, priority: int = 1) -> str:
    """A new incident's id, once it is drawn."""
    address = f"Map Street {next(SERIAL):04d}"
    answer = page.evaluate(REPORT, [lon, lat, priority, address])
    assert answer["status"] == "accepted", answer
    found = "(address) => [...concord.picture.incidents.values()].find((i) => i.address === address)?.id"
    page.wait_for_function(found, arg=address)
    number: str = page.evaluate(found, address)
    page.wait_for_timeout(SETTLE)
    return number


def unit(page: Page) -> dict[str, Any]:
    """A unit drawn in the middle of the map, alone enough to be picked."""
    home = page.evaluate("() => [...concord.picture.units.values()].find((u) => u.discipline === 'fire').home")
    look(page, home[0], home[1], 14)
    found: dict[str, Any] = page.evaluate(QUIET_UNIT)
    assert found, "no unit can be picked near the middle"
    return found


def test_land_and_borders_are_drawn_without_a_tile_server(map_page: Page) -> None:
    assert map_page.locator(".leaflet-tile").count() == 0
    colours = map_page.evaluate(
        """() => {
          const canvas = document.querySelector("canvas.concord-ground"), g = canvas.getContext("2d");
          const data = new Uint32Array(g.getImageData(0, 0, canvas.width, canvas.height).data.buffer);
          return new Set(data).size;
        }"""
    )
    assert colours > 3


def test_units_far_away_are_gathered_and_close_by_are_drawn_one_by_one(map_page: Page) -> None:
    look(map_page, -122.3, 37.75, 9)
    assert map_page.evaluate("concord.map.scene.circles.length") > 0
    assert map_page.evaluate("concord.map.drawn().units") > 100
    look(map_page, -122.42, 37.77, 13)
    assert map_page.evaluate("concord.map.scene.circles.length") == 0
    assert map_page.evaluate("concord.map.scene.named.length") > 0


def test_a_click_on_a_unit_selects_it_and_its_tooltip_names_agency_and_status(map_page: Page) -> None:
    found = unit(map_page)
    map_page.mouse.move(*spot(map_page, found))
    expect(map_page.locator("#map-tip b")).to_have_text(found["callsign"])
    expect(map_page.locator("#map-tip")).to_contain_text("Available")
    map_page.mouse.click(*spot(map_page, found))
    assert map_page.evaluate("concord.selection.unit") == found["id"]


def test_a_click_on_a_diamond_selects_the_incident(map_page: Page) -> None:
    number = report(map_page, -122.44, 37.76)
    map_page.evaluate("concord.select({ incident: '', unit: '' })")
    look(map_page, -122.44, 37.76, 13)
    map_page.mouse.click(*spot(map_page, map_page.evaluate("(id) => concord.map.incidentAt(id)", number)))
    assert map_page.evaluate("concord.selection.incident") == number


def test_a_p1_incident_is_drawn_at_every_zoom(map_page: Page) -> None:
    number = report(map_page, -122.44, 37.76)
    for zoom in (8, 10, 12, 15):
        look(map_page, -122.44, 37.76, zoom)
        assert map_page.evaluate("(id) => concord.map.scene.hits.some((hit) => hit.id === id)", number), zoom


def test_the_armed_report_tool_gives_the_clicked_place_once(map_page: Page) -> None:
    look(map_page, -122.44, 37.76, 13)
    map_page.evaluate(HEARD, ["place"])
    map_page.locator("#map-report").click()
    expect(map_page.locator("#map-report")).to_have_attribute("aria-pressed", "true")
    where = spot(map_page, {"x": 380, "y": 300})
    map_page.mouse.click(*where)
    heard = map_page.evaluate("window.heard")
    assert len(heard) == 1
    assert heard[0]["purpose"] == "report"
    assert (heard[0]["lon"], heard[0]["lat"]) == pytest.approx((-122.44, 37.76), abs=0.1)
    assert map_page.evaluate("concord.mapTool") == ""


def test_a_right_click_asks_who_is_responsible_there_and_escape_takes_the_mark_away(map_page: Page) -> None:
    look(map_page, -122.44, 37.76, 13)
    map_page.mouse.click(*spot(map_page, {"x": 400, "y": 300}), button="right")
    expect(map_page.locator("#whois")).to_contain_text("Fire")
    assert map_page.evaluate("Boolean(concord.map.scene.mark)")
    map_page.keyboard.press("Escape")
    assert not map_page.evaluate("Boolean(concord.map.scene.mark)")


def test_keys_on_the_focused_map_step_through_incidents_zoom_and_ask(map_page: Page) -> None:
    first = report(map_page, -122.44, 37.76)
    second = report(map_page, -122.27, 37.80)
    map_page.evaluate("concord.select({ incident: '', unit: '' })")
    map_page.locator("#map").focus()
    seen = set()
    for _ in range(map_page.evaluate("concord.map.scene.gathered.length")):
        map_page.keyboard.press("]")
        seen.add(map_page.evaluate("concord.selection.incident"))
    assert {first, second} <= seen
    map_page.keyboard.press("z")
    map_page.wait_for_function("() => concord.map.leaflet.getZoom() >= 14")
    map_page.keyboard.press("n")
    assert map_page.evaluate("concord.mapTool") == "report"
    map_page.keyboard.press("Escape")
    assert map_page.evaluate("concord.mapTool") == ""


def test_letters_typed_elsewhere_do_nothing_to_the_map(map_page: Page) -> None:
    map_page.locator("#map-whois").focus()
    map_page.keyboard.press("n")
    assert map_page.evaluate("concord.mapTool || ''") == ""


def test_the_filter_hides_other_agencies_units(map_page: Page) -> None:
    agency, own = map_page.evaluate(
        """() => { const units = [...concord.picture.units.values()], agency = units[0].agency;
          return [agency, units.filter((u) => u.agency === agency).length]; }"""
    )
    map_page.evaluate("(agency) => concord.setFilter({ agencies: new Set([agency]) })", agency)
    assert map_page.evaluate("concord.map.scene.visible") == own


def test_a_unit_with_an_old_position_is_shown_as_stale_but_not_when_parked_at_its_station(map_page: Page) -> None:
    ages = map_page.evaluate(
        """() => {
          const { units } = concord.map.scene, now = concord.boardNow(), [lon, lat] = units.records[0].home;
          const age = (away, ago) => {
            units.at[0] = 0;
            units.move(0, { lon: lon + away, lat, heading: -1, speed: 0, at: now - ago }, 0, false);
            units.agePass(now);
            return units.age[0];
          };
          return [age(0, 700), age(0.01, 10), age(0.01, 60), age(0.01, 200), age(0.01, 700)];
        }"""
    )
    assert ages == [0, 0, 1, 2, 3]


def test_the_canvas_speaks_its_counts(map_page: Page) -> None:
    words = map_page.locator("canvas[role=img]").get_attribute("aria-label") or ""
    assert words.startswith("Map with ")
    assert "open incidents" in words


def test_layers_can_be_switched_off_with_the_keyboard(map_page: Page) -> None:
    look(map_page, -122.42, 37.77, 13)
    units = map_page.locator("input[data-layer=units]")
    units.focus()
    map_page.keyboard.press("Space")
    map_page.wait_for_timeout(SETTLE)
    assert map_page.evaluate("concord.map.drawn().units") == 0


def test_the_theme_changes_the_ground(map_page: Page) -> None:
    sample = """() => { const c = document.querySelector("canvas.concord-ground"), g = c.getContext("2d");
      const d = new Uint32Array(g.getImageData(0, 0, c.width, c.height).data.buffer), n = new Map();
      for (const v of d) if (v) n.set(v, (n.get(v) || 0) + 1); return [...n].sort((a, b) => b[1] - a[1])[0][0]; }"""
    look(map_page, -121.95, 37.75, 11)
    dark = map_page.evaluate(sample)
    map_page.evaluate(
        "document.documentElement.dataset.theme = 'light'; document.dispatchEvent(new CustomEvent('concord:theme'))"
    )
    assert map_page.evaluate(sample) != dark


def test_a_dragged_map_keeps_its_units_on_their_places(map_page: Page) -> None:
    found = unit(map_page)
    x, y = spot(map_page, {"x": 350, "y": 300})
    map_page.mouse.move(x, y)
    map_page.mouse.down()
    map_page.mouse.move(x + 60, y + 30, steps=4)
    there = map_page.evaluate("(id) => concord.map.at(id)", found["id"])
    map_page.mouse.up()
    assert (there["x"], there["y"]) == pytest.approx((found["x"] + 60, found["y"] + 30), abs=6)
