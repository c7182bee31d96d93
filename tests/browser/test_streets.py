"""Recommended units go by the pack's own streets, and round a street that was closed a moment ago."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import osmium
from playwright.sync_api import Page, expect

WEST, SOUTH, STEP, ACROSS = -122.515, 37.705, 0.0018, 70
PLACE = WEST + 30.5 * STEP, SOUTH + 35 * STEP
READY = "() => window.concord && concord.map && concord.map.scene.ground && concord.picture.loaded"
REPORT = """async ([lon, lat]) => {
  const plan = JSON.parse(document.getElementById("board").dataset.plans).find((p) => p.symbol === "F");
  const words = { address: "17th & Clayton", caller: "", note: "" };
  const made = await concord.command("ReportIncident", { type: plan.code, priority: 1, lon, lat, ...words }, {});
  concord.select({ incident: made.incident });
}"""
CLOSE = """(points) => concord.command("CloseStreets", { shape: "line", points, reason: "flooded" }, {})"""
CLOCK = "() => document.querySelector('#recommendation .rec-travel').textContent"


def pack_with_streets(root: Path, folder: Path) -> Path:
    """The Bay Area's pack with a grid of streets laid over San Francisco."""
    shutil.copytree(root / "regions" / "bay_area", folder)
    with osmium.SimpleWriter(str(folder / "streets.osm.pbf")) as writer:
        for row in range(ACROSS):
            for column in range(ACROSS):
                where = WEST + column * STEP, SOUTH + row * STEP
                writer.add_node(osmium.osm.mutable.Node(id=1 + column + 1000 * row, location=where))
        for line in range(ACROSS):
            for number, nodes in (
                (line, [1 + column + 1000 * line for column in range(ACROSS)]),
                (line + 1000, [1 + line + 1000 * row for row in range(ACROSS)]),
            ):
                tags = {"highway": "residential"}
                writer.add_way(osmium.osm.mutable.Way(id=number + 1, nodes=nodes, tags=tags))
    return folder


def test_units_go_by_streets_and_round_a_closed_one(
    start_site: Callable[..., Any], open_page: Callable[..., Page], project_root: Path, tmp_path: Path
) -> None:
    pack = pack_with_streets(project_root, tmp_path / "pack")
    page = open_page(site=start_site(CONCORD_REGION=str(pack)).url)
    page.wait_for_function(READY, timeout=20_000)
    page.evaluate(REPORT, list(PLACE))
    method = page.locator(".rec-method")
    expect(method).to_contain_text("±")
    # The network is built aside; until it is there the law answers, and says why.
    for _ in range(30):
        if "by streets" in method.inner_text():
            break
        assert "streets not ready yet" in method.inner_text()
        page.wait_for_timeout(1000)
        page.evaluate("() => { const { incident } = concord.selection; concord.select({ incident: '' }); "
                      "concord.select({ incident }); }")  # fmt: skip
        page.wait_for_timeout(300)
    expect(method).to_contain_text("by streets, emergency factors, modelled, ±20 %")
    before = page.evaluate(CLOCK)
    # The block where it burns, and both its ends: crews come from the next corner on foot.
    west, east = WEST + 29.6 * STEP, WEST + 31.4 * STEP
    accepted = page.evaluate(CLOSE, [[west, PLACE[1]], [east, PLACE[1]]])
    assert accepted["status"] == "accepted", accepted
    page.wait_for_function(f"(before) => ({CLOCK})() !== before", arg=before, timeout=5000)
    seconds = [int(part[:-3]) * 60 + int(part[-2:]) for part in (before, page.evaluate(CLOCK))]
    assert seconds[1] > seconds[0]
