"""The boundary audit on the map: a list, a place for each finding, a file to take along."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

READY = "() => window.concord && concord.map && concord.map.scene.ground && concord.picture.loaded"
ANSWERED = "() => concord.mapParts.overlays.find((o) => o.key === 'audit').answered()"


def ready(page: Page) -> Page:
    page.wait_for_function(READY, timeout=20_000)
    page.wait_for_timeout(300)
    return page


def test_what_is_wrong_with_the_boundaries_is_listed_and_each_press_goes_there(open_page: Any, tmp_path: Path) -> None:
    page = ready(open_page())
    panel = page.locator("#map-audit")
    expect(panel).to_be_hidden()
    page.get_by_role("checkbox", name="Boundary audit").check()
    found = page.wait_for_function(ANSWERED, timeout=30_000).json_value()
    rows = panel.locator(".audit-row")
    expect(rows).to_have_count(found["count"])
    expect(panel).to_contain_text("claimed twice")  # the pack leaves in one strip with two providers and one gap
    expect(panel).to_contain_text("enclosed gap")
    first = found["rows"][0]
    rows.first.click()
    page.wait_for_timeout(800)
    assert page.evaluate(
        "([lon, lat]) => concord.map.leaflet.getBounds().contains([lat, lon])", [first["lon"], first["lat"]]
    )
    expect(rows.first).to_have_attribute("aria-pressed", "true")

    panel.get_by_label("slivers too").check()
    expect(panel.locator(".audit-foot")).to_contain_text(re.compile(r"of \d+ findings|\d{2,} findings"))
    panel.get_by_label("Kind").select_option("overlap")
    expect(rows.first).to_contain_text("claimed twice")
    with page.expect_download() as download:
        panel.get_by_role("link", name="GeoPackage").click()
    download.value.save_as(tmp_path / "audit.gpkg")
    assert (tmp_path / "audit.gpkg").read_bytes()[:15] == b"SQLite format 3"

    panel.get_by_label("Kind").press("Escape")
    expect(panel).to_be_hidden()
    expect(page.get_by_role("checkbox", name="Boundary audit")).not_to_be_checked()
