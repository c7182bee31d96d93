"""Coverage on the map: what is bare, what a dispatch takes away, and that it follows units as they leave and return."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Page, Route, expect

from tests.deputy import Deputy

UPDATES = re.compile("_dash-update-component")
READY = "() => window.concord && concord.map && concord.map.scene.ground && concord.picture.loaded"
ANSWER = "() => concord.mapParts.overlays.find((o) => o.key === 'coverage').answered()"
RAREST = """() => {
  const by = new Map();
  for (const unit of concord.picture.units.values())
    for (const c of unit.capabilities) by.set(c, [...(by.get(c) || []), unit]);
  const [capability, units] = [...by].filter(([, u]) => u.length < 40).sort((a, b) => a[1].length - b[1].length)[0];
  return { capability, units: units.map((u) => ({ id: u.id, agency: u.agency, v: u.v })) };
}"""


def set_duty(page: Page, unit: str, duty: str) -> None:
    """As the unit's own dispatcher does it, wherever that one sits."""
    agency = unit.split("/")[0]
    outcome = Deputy(page.url.split("/?")[0].rstrip("/"), f"{agency}:dispatcher").command(
        "SetDuty", {"unit": unit, "duty": duty, "reason": "test"}
    )
    assert outcome["status"] == "accepted", outcome


def ready(page: Page) -> Page:
    page.wait_for_function(READY, timeout=20_000)
    page.wait_for_timeout(300)
    return page


def answered(page: Page, condition: str = "a", arg: Any = None) -> Any:
    """The answer on the page, once there is one that meets a condition on `a`."""
    found = f"(arg) => {{ const a = ({ANSWER})(); return a && ({condition}) ? a : null; }}"
    return page.wait_for_function(found, arg=arg, timeout=20_000).json_value()


def test_coverage_says_how_much_land_is_reached_and_draws_what_is_not(open_page: Any) -> None:
    page = ready(open_page())
    panel = page.locator("#map-coverage")
    expect(panel).to_be_hidden()
    page.get_by_role("checkbox", name="Coverage").check()
    found = answered(page)
    assert 0 < found["now"]["area"] < 1
    assert found["second"]["area"] <= found["now"]["area"]
    assert found["gaps"]
    expect(panel).to_contain_text("Land")
    expect(panel).to_contain_text("±")
    expect(panel).to_contain_text("as of")

    panel.get_by_label("Minutes").select_option("4")
    less = answered(page, "a.minutes === 4")
    assert less["now"]["area"] < found["now"]["area"]
    page.get_by_role("checkbox", name="Coverage").uncheck()
    expect(panel).to_be_hidden()


def test_when_the_last_units_leave_a_gap_opens_on_every_screen_and_closes_when_they_return(open_page: Any) -> None:
    page, other = ready(open_page()), ready(open_page())
    rare = page.evaluate(RAREST)
    for each in (page, other):
        each.get_by_role("checkbox", name="Coverage").check()
        each.locator("#map-coverage").get_by_label("Capability").select_option(rare["capability"])
    before = answered(other, "a.capability === arg", rare["capability"])
    assert before["units"] == len(rare["units"])
    assert before["now"]["area"] > 0
    for unit in rare["units"]:
        set_duty(page, unit["id"], "out_of_service")
    bare = answered(other, "a.capability === arg && a.units === 0", rare["capability"])
    assert bare["now"]["area"] == 0
    for unit in rare["units"]:
        set_duty(page, unit["id"], "in_service")
    again = answered(other, f"a.units === {len(rare['units'])}")
    assert abs(again["now"]["area"] - before["now"]["area"]) < 1e-9


def test_what_sending_a_unit_takes_away_is_said_before_it_is_sent(open_page: Any) -> None:
    page = ready(open_page())
    rare = page.evaluate(RAREST)
    page.get_by_role("checkbox", name="Coverage").check()
    page.locator("#map-coverage").get_by_label("Capability").select_option(rare["capability"])
    answered(page, "a.capability === arg", rare["capability"])
    page.evaluate("(unit) => concord.select({ unit })", rare["units"][0]["id"])
    found = answered(page, "a.without")
    assert found["without"]["area"] <= found["now"]["area"]
    assert bool(found["opened"]) == (found["without"]["area"] < found["now"]["area"])
    expect(page.locator("#map-coverage")).to_contain_text("without")


ALONE = """async () => {
  // A unit whose leaving opens a gap, found on the page as a person would: one after the other.
  const overlay = concord.mapParts.overlays.find((o) => o.key === "coverage");
  const agency = concord.acting().agency;
  const able = (u) => u.agency === agency && u.capabilities.includes("ENGINE");
  const own = [...concord.picture.units.values()].filter(able);
  for (const unit of own.slice(0, 12)) {
    concord.select({ unit: unit.id });
    for (let n = 0; n < 100; n++) {
      const found = overlay.answered();
      if (found && found.leaving.join() === unit.id) { if (found.opened.length) return unit.id; break; }
      await new Promise((soon) => setTimeout(soon, 50));
    }
  }
  return "";
}"""


def test_a_gap_is_told_in_square_kilometres_and_the_move_up_by_unit_owner_and_station(open_page: Any) -> None:
    page = ready(open_page(position="ccfd:commander"))
    panel = page.locator("#map-coverage")
    page.get_by_role("checkbox", name="Coverage").check()
    answered(page)
    panel.get_by_label("Capability").select_option("ENGINE")
    panel.get_by_label("Minutes").select_option("4")
    answered(page, "a.capability === 'ENGINE' && a.minutes === 4")
    unit = page.evaluate(ALONE)
    assert unit
    found = answered(page, "a.without && a.opened.length && a.searched")
    expect(panel).to_contain_text("Newly bare: ")
    assert found["now"]["km2"] > found["without"]["km2"]
    if found["move"]:
        expect(panel).to_contain_text(f"to {found['move']['station']}, ")
        assert found["move"]["after"]["km2"] > found["without"]["km2"]

    # The same once it is really gone: the layer searches for whom this screen stands for.
    set_duty(page, unit, "out_of_service")
    page.evaluate("() => concord.select({ unit: '' })")
    panel.get_by_label("Best move-up for").check()
    gone = answered(page, "a.searched && !a.without")
    assert abs(gone["now"]["km2"] - found["without"]["km2"]) < 0.01
    assert (gone["move"] or {}).get("unit") == (found["move"] or {}).get("unit")
    set_duty(page, unit, "in_service")


def test_incidents_of_the_board_count_as_calls(open_page: Any) -> None:
    page = ready(open_page())
    page.get_by_role("checkbox", name="Coverage").check()
    before = answered(page)["now"]["n"]
    reported = page.evaluate(
        """async () => {
          const plan = JSON.parse(document.getElementById("board").dataset.plans)[0];
          const [lon, lat] = [...concord.picture.units.values()].find((u) => u.agency === concord.acting().agency).home;
          return concord.command("ReportIncident",
            { type: plan.code, lon, lat, priority: 2, address: "", caller: "", note: "" }, {});
        }"""
    )
    assert reported["status"] == "accepted", reported
    page.locator("#map-coverage").get_by_label("Minutes").select_option("12")
    answered(page, f"a.minutes === 12 && a.now.n === {before + 1}")
    expect(page.locator("#map-coverage")).to_contain_text(f"Calls so far (n {before + 1})")


def test_choices_stay_the_same_elements_while_figures_change_and_another_question_blanks_them(open_page: Any) -> None:
    page, other = ready(open_page()), ready(open_page())
    panel = page.locator("#map-coverage")
    page.get_by_role("checkbox", name="Coverage").check()
    first = answered(page)
    page.evaluate(
        "() => { window.kept = [...document.querySelectorAll('#map-coverage select, #map-coverage input')]; }"
    )
    unit = page.evaluate(
        """(capability) => {
          const found = [...concord.picture.units.values()].find((u) => u.capabilities.includes(capability));
          return { id: found.id, agency: found.agency };
        }""",
        first["capability"],
    )
    set_duty(other, unit["id"], "out_of_service")
    answered(page, "a.units === arg", first["units"] - 1)
    assert page.evaluate("window.kept.length === 3 && window.kept.every((node) => node.isConnected)")
    set_duty(other, unit["id"], "in_service")

    page.route(UPDATES, hold)
    panel.get_by_label("Minutes").select_option("12")
    expect(panel).to_contain_text("Working it out")
    expect(panel).not_to_contain_text("Land")
    expect(panel).to_contain_text("No answer comes; asking again", timeout=15_000)
    page.unroute(UPDATES)
    found = answered(page, "a.minutes === 12")
    expect(panel).to_contain_text("Nobody in 12 min")
    expect(panel).not_to_contain_text("No answer comes")
    assert found["now"]["area"] > first["now"]["area"]


def hold(route: Route) -> None:
    """Questions about coverage are never answered."""
    if "coverage-query" not in (route.request.post_data or ""):
        route.continue_()
