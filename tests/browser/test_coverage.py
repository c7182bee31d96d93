"""Coverage on the map: what is bare, what a dispatch takes away, and that it follows units as they leave and return."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

READY = "() => window.concord && concord.map && concord.map.scene.ground && concord.picture.loaded"
ANSWER = "() => concord.mapParts.overlays.find((o) => o.key === 'coverage').answered()"
RAREST = """() => {
  const by = new Map();
  for (const unit of concord.picture.units.values())
    for (const c of unit.capabilities) by.set(c, [...(by.get(c) || []), unit]);
  const [capability, units] = [...by].filter(([, u]) => u.length < 40).sort((a, b) => a[1].length - b[1].length)[0];
  return { capability, units: units.map((u) => ({ id: u.id, agency: u.agency, v: u.v })) };
}"""
DUTY = """async ([unit, agency, duty]) => {
  const acting = concord.acting;
  concord.acting = () => ({ name: "T", agency, role: "dispatcher" });
  const asked = concord.command("SetDuty", { unit, duty, reason: "test" }, {});
  return asked.finally(() => { concord.acting = acting; });
}"""


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
        assert page.evaluate(DUTY, [unit["id"], unit["agency"], "out_of_service"])["status"] == "accepted"
    bare = answered(other, "a.capability === arg && a.units === 0", rare["capability"])
    assert bare["now"]["area"] == 0
    for unit in rare["units"]:
        assert page.evaluate(DUTY, [unit["id"], unit["agency"], "in_service"])["status"] == "accepted"
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
