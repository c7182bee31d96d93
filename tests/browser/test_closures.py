"""Streets closed on the map in one browser, seen, moved and reopened in another."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import enter

READY = "() => window.concord && concord.map && concord.map.scene.ground && concord.picture.loaded"
SEEN_WITHIN_MS = 1000
STANDING = "() => concord.picture.standingClosures()"
FIND = "(reason) => concord.picture.standingClosures().find((c) => c.reason === reason)"
PIXELS = """([lon, lat, hatched]) => {
  const { scene, leaflet } = concord.map, { canvas } = scene.base, ratio = concord.mapParts.sprites.ratio();
  const at = leaflet.latLngToContainerPoint([lat, lon]), { x, y } = scene.inset(), g = canvas.getContext("2d");
  const { data } = g.getImageData((at.x + x - 7) * ratio, (at.y + y - 7) * ratio, 15, 15);
  const amber = [255, 194, 26]; // --map-closure; the borders' amber is another
  const tape = (k) => amber.every((c, n) => Math.abs(data[k + n] - c) < 6);
  const yellow = (k) => data[k] - data[k + 2] > 90; // hatching lets the ground through
  let found = 0;
  for (let k = 0; k < data.length; k += 4) if (hatched ? yellow(k) : tape(k)) found++;
  return found;
}"""
REPORT = """() => {
  const plan = JSON.parse(document.getElementById("board").dataset.plans).find((p) => p.symbol === "F");
  const words = { address: "17th & Clayton", caller: "", note: "" };
  return concord.command("ReportIncident", { type: plan.code, priority: 1, lon: -122.45, lat: 37.76, ...words }, {});
}"""


def tape(page: Page, lon: float, lat: float) -> int:
    """Pixels of barrier tape among the 225 round a place."""
    page.wait_for_timeout(200)
    return int(page.evaluate(PIXELS, [lon, lat, False]))


def ready(page: Page) -> Page:
    page.wait_for_function(READY, timeout=20_000)
    page.evaluate("() => concord.map.leaflet.setView([37.7735, -122.425], 15, { animate: false })")
    page.wait_for_timeout(300)
    return page


@pytest.fixture
def two_pages(start_site: Callable[..., Any], open_page: Callable[..., Page]) -> tuple[Page, Page]:
    """Two people of one agency on a board served by two workers."""
    url = start_site(CONCORD_WORKERS="2").url
    return ready(open_page(site=url)), ready(open_page(site=url))


def press(page: Page, *places: tuple[float, float]) -> None:
    """Press places of the map, given as shares of its width and height, one after the other."""
    box = page.locator("#map").bounding_box()
    assert box
    for x, y in places:
        page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
        page.wait_for_timeout(300)  # two presses, not a double one


def answer(page: Page, reason: str, **fields: str) -> None:
    """Fill the dialog and send it."""
    dialog = page.locator("dialog:modal")
    dialog.get_by_label("Reason").fill(reason)
    if "minutes" in fields:
        dialog.get_by_label("Ends in").fill(fields["minutes"])
    if "passable" in fields:
        dialog.get_by_label("Emergency vehicles").select_option(fields["passable"])
    dialog.locator("button[type=submit]").click()


def draw(page: Page, reason: str, *places: tuple[float, float], **fields: str) -> dict[str, Any]:
    """Close a street by key and pointer; the closure as this page then has it."""
    page.locator("#map").focus()
    page.keyboard.press("c")
    press(page, *places)
    page.keyboard.press("Enter")
    answer(page, reason, **fields)
    return closure(page, reason)


def closure(page: Page, reason: str) -> dict[str, Any]:
    page.wait_for_function(FIND, arg=reason, timeout=5_000)
    found: dict[str, Any] = page.evaluate(FIND, reason)
    return found


def open_from_list(page: Page, name: str) -> None:
    """The closure's panel, from the list in the Layers box."""
    box = page.locator(".map-closures")
    if not box.evaluate("(box) => box.open"):
        box.locator("summary").click()
    box.get_by_role("button", name=name).click()
    expect(page.locator("#map-closure")).to_be_visible()


def watch(page: Page) -> None:
    page.evaluate("() => { window.seenAt = 0; concord.picture.on('closures', () => (window.seenAt = Date.now())); }")


LINE = ((0.45, 0.5), (0.52, 0.47), (0.6, 0.52))


def test_a_street_closed_in_one_browser_is_drawn_in_the_other_within_a_second(two_pages: tuple[Page, Page]) -> None:
    one, two = two_pages
    watch(two)
    one.locator("#map").focus()
    one.keyboard.press("c")
    press(one, *LINE)
    expect(one.locator("#map-closing")).to_contain_text("3 points")
    one.keyboard.press("Enter")
    given = time.time() * 1000
    answer(one, "wires down", minutes="45")
    expect(one.locator("#result-line")).to_contain_text("streets closed, C1: wires down")
    drawn = closure(two, "wires down")
    assert 0 < two.evaluate("() => window.seenAt") - given < SEEN_WITHIN_MS
    assert (drawn["shape"], len(drawn["points"]), drawn["passable"]) == ("line", 3, False)
    assert drawn["until"] - drawn["since"] == pytest.approx(45 * 60, abs=5)
    for page in (one, two):
        assert tape(page, *drawn["points"][1]) > 10, "no tape at the street's bend"
        assert tape(page, -122.43, 37.765) == 0, "tape where nothing is closed"
    expect(one.locator("#map-closing")).to_be_hidden()
    two.reload()
    ready(two)
    assert [c["id"] for c in two.evaluate(STANDING)] == ["C1"]
    assert tape(two, *drawn["points"][1]) > 10, "the closure is gone after a reload"


def test_who_moves_a_closure_moves_it_for_everybody_and_who_comes_second_is_told(two_pages: tuple[Page, Page]) -> None:
    one, two = two_pages
    before = draw(one, "hoses", *LINE)
    closure(two, "hoses")
    for page in (one, two):
        open_from_list(page, "C1 hoses")
        page.get_by_role("button", name="Move points").click()
        expect(page.locator("#map-closing")).to_contain_text("Moving C1")
    # The second person drags the last point; the first only notices.
    handle = two.locator(".closing-handle").last.bounding_box()
    assert handle
    two.mouse.move(handle["x"] + 12, handle["y"] + 12)
    two.mouse.down()
    two.mouse.move(handle["x"] + 60, handle["y"] + 80, steps=5)
    two.mouse.up()
    two.locator("#map-closing").get_by_role("button", name="Save").click()
    expect(two.locator("#result-line")).to_contain_text("C1 changed: moved")
    one.wait_for_function("(v) => concord.picture.closures.get('C1').v > v", arg=before["v"])
    moved = one.evaluate("() => concord.picture.closures.get('C1')")
    assert moved["points"][:2] == before["points"][:2]
    assert moved["points"][2] != before["points"][2]

    expect(one.locator("#map-closing")).to_contain_text("Somebody else has changed C1")
    one.locator(".closing-handle").first.focus()
    one.keyboard.press("ArrowUp")
    one.keyboard.press("Enter")  # saved all the same: against the version it was begun from
    expect(one.locator("#result-line")).to_contain_text("CONFLICT")
    expect(one.locator("#result-line")).to_contain_text("closure:C1 changed since you looked")
    assert one.evaluate("() => concord.picture.closures.get('C1').points") == moved["points"]
    one.get_by_role("button", name="Take theirs").click()
    one.locator(".closing-handle").first.focus()
    one.keyboard.press("Shift+ArrowUp")
    one.keyboard.press("Enter")
    expect(one.locator("#result-line")).to_contain_text("C1 changed: moved")
    two.wait_for_function("(v) => concord.picture.closures.get('C1').v > v", arg=moved["v"])
    after = two.evaluate("() => concord.picture.closures.get('C1').points")
    assert after[1:] == moved["points"][1:]
    assert after[0][1] > moved["points"][0][1]


def test_words_are_changed_and_the_street_is_reopened_for_both(two_pages: tuple[Page, Page]) -> None:
    one, two = two_pages
    drawn = draw(one, "flood", *LINE, minutes="30")
    closure(two, "flood")
    open_from_list(two, "C1 flood")
    two.get_by_role("button", name="Change…").click()
    answer(two, "flood, falling", passable="yes")
    changed = closure(one, "flood, falling")
    assert changed["passable"]
    assert changed["until"] == drawn["until"], "an end nobody touched was changed"
    expect(two.locator("#map-closure")).to_contain_text("by emergency vehicles")
    two.get_by_role("button", name="Reopen…").click()
    two.locator("dialog:modal button[type=submit]").click()
    expect(two.locator("#result-line")).to_contain_text("streets reopened, C1")
    one.wait_for_function("() => concord.picture.standingClosures().length === 0")
    expect(two.locator("#map-closure")).to_be_hidden()
    assert tape(one, *drawn["points"][1]) == 0, "tape on a street that is open"


def as_another(page: Page, position: str) -> None:
    """The same browser, somebody else before it."""
    enter(page.context, page.evaluate("() => location.origin"), position)
    page.reload()
    page.wait_for_function(READY, timeout=20_000)


def test_another_agencys_closure_is_not_a_dispatchers_to_open_and_the_answer_says_whose(
    two_pages: tuple[Page, Page],
) -> None:
    one, two = two_pages
    draw(one, "sinkhole", *LINE)
    as_another(two, "sfpd:dispatcher")
    closure(two, "sinkhole")
    open_from_list(two, "C1 sinkhole")
    two.get_by_role("button", name="Reopen…").click()
    answer(two, "looks fine to me")
    expect(two.locator("#result-line")).to_contain_text("C1 was closed by")
    assert len(one.evaluate(STANDING)) == 1


def test_a_commander_moves_another_agencys_closure_with_a_reason(two_pages: tuple[Page, Page]) -> None:
    one, two = two_pages
    before = draw(one, "smoke", *LINE)
    as_another(two, "sfpd:commander")
    closure(two, "smoke")
    open_from_list(two, "C1 smoke")
    two.get_by_role("button", name="Move points").click()
    two.locator(".closing-handle").first.focus()
    two.keyboard.press("ArrowUp")
    two.keyboard.press("Enter")
    expect(two.locator("dialog:modal")).to_contain_text("C1 was closed by")
    assert one.evaluate("() => concord.picture.closures.get('C1').points") == before["points"]
    answer(two, "smoke drifts north")
    moved = closure(one, "smoke drifts north")
    assert moved["points"][0][1] > before["points"][0][1]
    expect(two.locator("#map-closing")).to_be_hidden()


UNDER_PANEL = """(id) => {
  const panel = document.getElementById("map-closure").getBoundingClientRect();
  const box = document.getElementById("map").getBoundingClientRect();
  return concord.picture.closures.get(id).points.some(([lon, lat]) => {
    const at = concord.map.leaflet.latLngToContainerPoint([lat, lon]), x = at.x + box.left, y = at.y + box.top;
    return x > panel.left && x < panel.right && y > panel.top && y < panel.bottom;
  });
}"""


def test_a_closure_is_not_hidden_by_its_own_panel_and_tomorrow_is_called_so(open_page: Any) -> None:
    page = ready(open_page())
    made = page.evaluate(
        """() => {
          const at = concord.map.leaflet.containerPointToLatLng([120, 260]), body = { shape: "line", reason: "parade" };
          body.points = [[at.lng, at.lat], [at.lng + 0.002, at.lat]];
          return concord.command("CloseStreets", { ...body, until: concord.boardNow() + 86400 }, {});
        }"""
    )
    assert made["status"] == "accepted", made
    name = closure(page, "parade")["id"]
    open_from_list(page, f"{name} parade")
    expect(page.locator("#map-closure")).to_contain_text("tomorrow")
    page.wait_for_timeout(600)
    assert not page.evaluate(UNDER_PANEL, name)
    page.keyboard.press("Escape")
    expect(page.locator("#map-closure")).to_be_hidden()
    focused = page.evaluate("() => document.activeElement.textContent")
    assert focused.startswith(f"{name} parade"), "focus did not return to the list"


def test_fingers_draw_with_the_buttons_that_stand_for_the_keys(open_page: Any) -> None:
    page = ready(open_page(touch=True))
    page.locator("#map-close").tap()
    box = page.locator("#map").bounding_box()
    assert box
    for x, y in ((0.5, 0.9), (0.55, 0.9), (0.6, 0.9)):
        page.touchscreen.tap(box["x"] + x * box["width"], box["y"] + y * box["height"])
        page.wait_for_timeout(400)
    expect(page.locator("#map-closing")).to_contain_text("3 points")
    page.get_by_role("button", name="Take back").tap()
    expect(page.locator("#map-closing")).to_contain_text("2 points")
    page.get_by_role("button", name="Done").tap()
    answer(page, "by finger")
    assert len(closure(page, "by finger")["points"]) == 2


def test_a_closure_belongs_to_the_selected_incident_and_its_detail_and_log_say_so(two_pages: tuple[Page, Page]) -> None:
    one, two = two_pages
    incident = one.evaluate(REPORT)["incident"]
    draw(one, "collapse zone", *LINE)
    two.wait_for_function("(id) => concord.picture.incidents.has(id)", arg=incident)
    two.evaluate("(id) => concord.select({ incident: id })", incident)
    expect(two.locator("#detail-head")).to_contain_text("Streets closed: 1")
    expect(two.locator("#log-list")).to_contain_text("Streets closed, C1: collapse zone")
    expect(two.locator("#lane-flags")).to_contain_text("Streets closed")
    two.get_by_role("button", name="Streets closed: 1").click()
    expect(two.locator("#map-closure")).to_contain_text("collapse zone")
    expect(two.locator("#map-closure")).to_contain_text("#1")


def test_a_timed_closure_ends_on_the_screen_without_news(two_pages: tuple[Page, Page]) -> None:
    one, _ = two_pages
    answer_ = one.evaluate(
        """() => concord.command("CloseStreets", { shape: "line", points: [[-122.43, 37.773], [-122.42, 37.773]],
        reason: "parade", until: concord.boardNow() + 3 }, {})"""
    )
    assert answer_["status"] == "accepted", answer_
    one.wait_for_function("() => concord.picture.standingClosures().length === 1")
    count = one.locator("#map-layers input[data-layer=closures] ~ .map-check-count")
    expect(count).to_have_text("1")
    assert tape(one, -122.4275, 37.773) > 10
    frames = one.evaluate("() => concord.picture.seq")
    expect(count).to_have_text("0", timeout=8_000)
    assert one.evaluate("() => concord.picture.seq") == frames
    assert tape(one, -122.4275, 37.773) == 0


def test_a_street_is_closed_by_keyboard_alone_and_esc_leaves_nothing_behind(open_page: Any) -> None:
    page = ready(open_page())
    before = len(page.evaluate(STANDING))
    page.locator("#map").focus()
    page.keyboard.press("c")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(600)  # the map's own pan
    page.keyboard.press("Space")
    expect(page.locator("#map-closing")).to_contain_text("2 points")
    page.keyboard.press("Backspace")
    expect(page.locator("#map-closing")).to_contain_text("Click points along the street")
    page.keyboard.press("Enter")
    expect(page.locator("#map-closing")).to_contain_text("A line needs 2 points")
    page.keyboard.press("ArrowDown")
    page.wait_for_timeout(600)
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")  # out of the dialog: what was drawn stays
    expect(page.locator("dialog:modal")).to_have_count(0)
    expect(page.locator("#map-closing")).to_contain_text("2 points")
    page.keyboard.press("Enter")
    answer(page, "by keyboard")
    assert len(closure(page, "by keyboard")["points"]) == 2

    page.locator("#map").focus()
    page.keyboard.press("c")
    page.keyboard.press("Space")
    page.keyboard.press("Escape")
    expect(page.locator("#map-closing")).to_be_hidden()
    assert page.locator(".closing-dot").count() == 0
    assert len(page.evaluate(STANDING)) == before + 1


def test_an_area_ends_with_a_double_press_and_its_inside_is_hatched(open_page: Any) -> None:
    page = ready(open_page())
    page.locator("#map-close").click()
    page.get_by_role("button", name="Area").click()
    press(page, (0.5, 0.62), (0.62, 0.62), (0.62, 0.8))
    box = page.locator("#map").bounding_box()
    assert box
    page.mouse.dblclick(box["x"] + 0.5 * box["width"], box["y"] + 0.8 * box["height"])
    answer(page, "gas leak", passable="")
    drawn = closure(page, "gas leak")
    assert drawn["shape"] == "area"
    assert len(drawn["points"]) == 4
    page.wait_for_timeout(200)
    west, east = drawn["points"][0][0], drawn["points"][1][0]
    inside = [west + (east - west) * 0.2, drawn["points"][0][1] * 0.8 + drawn["points"][3][1] * 0.2, True]
    assert page.evaluate(PIXELS, inside) > 40, "the area's inside is not hatched"
