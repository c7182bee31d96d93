"""The page's own picture: the same as the server's, told in time, and never a place that is no longer true."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from playwright.sync_api import Page, expect

from data.embedded import ensure_server
from data.keys import keys_of
from data.positions import pack
from domain.position import Fix
from tests.browser.conftest import Site, bring_up
from tests.deputy import Deputy

COMPARED = "() => concord.liveStats.compared >= 1"
DIFFERED = "() => concord.liveStats.differed"


@pytest.fixture(scope="module")
def board(project_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A board whose store the tests may write fixes to."""
    running = bring_up(project_root, tmp_path_factory.mktemp("live"), {})
    yield running
    running.clean_up()


def report_fix(board: Site, unit: str, seq: int, lon: float, lat: float) -> None:
    client = redis.Redis.from_url(ensure_server(board.data_dir / "valkey"))
    keys = keys_of("bay")
    fix = Fix(unit, seq, lon, lat, 90, 10, time.time())
    client.fcall("concord_positions_1", 2, keys.positions, keys.tracks, unit, seq, pack(fix))
    client.close()


def test_the_page_and_the_server_hold_the_same_whatever_happens_to_an_incident(
    board: Site, open_page: Callable[..., Page]
) -> None:
    page = open_page(site=board.url)
    page.wait_for_function(COMPARED)
    desk = Deputy(board.url, "sffd:dispatcher")
    report = {"type": "STRUCTURE_FIRE", "lon": -122.41, "lat": 37.76, "priority": 1, "address": "1 Mission"}
    incident = desk.command("ReportIncident", report)["incident"]
    assert desk.command("AssignUnits", {"incident": incident, "units": ["sffd/B1"]})["status"] == "accepted"
    desk.command("AddNote", {"incident": incident, "text": "smoke"})
    before = page.evaluate("() => concord.liveStats.compared")
    page.wait_for_function("(before) => concord.liveStats.compared > before", arg=before, timeout=15_000)
    assert page.evaluate(DIFFERED) == 0
    assert page.evaluate("() => concord.picture.incidents.size") >= 1


def test_a_page_that_holds_something_else_than_the_server_notices_and_starts_again(
    open_page: Callable[..., Page],
) -> None:
    page = open_page()
    page.wait_for_function(COMPARED)
    lost = page.evaluate("() => { const id = concord.picture.units.keys().next().value;"
                         " concord.picture.units.delete(id); return id; }")  # fmt: skip
    page.wait_for_function("() => concord.liveStats.differed === 1", timeout=15_000)
    page.wait_for_function("(id) => concord.picture.units.has(id)", arg=lost, timeout=5_000)
    compared = page.evaluate("() => concord.liveStats.compared")
    page.wait_for_function("(n) => concord.liveStats.compared > n", arg=compared, timeout=15_000)
    assert page.evaluate(DIFFERED) == 1


def test_the_header_says_of_ones_own_agency_how_fresh_its_positions_are(open_page: Callable[..., Page]) -> None:
    page = open_page()
    own = page.locator("#sources li").first
    expect(own).to_contain_text("SF Fire", timeout=15_000)
    assert own.get_attribute("data-state") in ("quiet", "fresh", "ageing", "stale", "lost")


def test_a_unit_that_moved_out_of_sight_is_not_drawn_where_it_was(board: Site, open_page: Callable[..., Page]) -> None:
    page = open_page(site=board.url)
    page.wait_for_function("() => concord.map && concord.picture.loaded")
    here = "{view: [-122.5, 37.7, -122.4, 37.8], zoom: 13, units: []}"
    there = "{view: [-121.5, 37.3, -121.4, 37.4], zoom: 13, units: []}"
    unit = "sffd/B1"

    seen = "(unit) => concord.picture.positions.has(unit)"
    page.evaluate(f"() => concord.interest({here})")
    report_fix(board, unit, 10**9, -122.45, 37.75)
    page.wait_for_function(seen, arg=unit)
    assert page.evaluate("(unit) => concord.picture.units.has(unit)", unit)
    page.evaluate(f"() => concord.interest({there})")
    page.wait_for_function("(unit) => !concord.picture.positions.has(unit)", arg=unit)
    assert page.evaluate("(unit) => concord.picture.hasFix(unit)", unit)
    assert page.evaluate("(unit) => concord.map.at(unit)", unit) is None
    report_fix(board, unit, 10**9 + 1, -122.46, 37.76)
    page.evaluate(f"() => concord.interest({here})")
    page.wait_for_function("(unit) => concord.picture.positions.get(unit)?.lon === -122.46", arg=unit)
