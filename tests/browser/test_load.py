"""The first sight of the board: soon, small, without a jump, and kept for the next time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from bench.browser import signed_in
from bench.load import FIRST_SYMBOLS, GOALS, SHIFT, Wire


@pytest.fixture
def cached_page(chromium: Browser, site: str) -> Iterator[Page]:
    """A page whose browser keeps what it may keep: one whose requests are looked at on their way keeps nothing."""
    context = signed_in(chromium, site, viewport={"width": 1440, "height": 900})
    yield context.new_page()
    context.close()


def test_the_first_symbols_are_on_the_map_soon_after_a_warm_load(
    open_page: Callable[..., Page], capsys: pytest.CaptureFixture[str]
) -> None:
    page = open_page()
    page.evaluate(FIRST_SYMBOLS)
    times = []
    for _ in range(5):
        page.reload(wait_until="commit")
        times.append(round(page.evaluate(FIRST_SYMBOLS)))
    with capsys.disabled():
        print("\n" + json.dumps({"first_symbols_ms": sorted(times)}))
    assert sorted(times)[len(times) // 2] <= GOALS["first_symbols_ms"]


def test_a_first_look_costs_little_and_nothing_moves_and_the_second_asks_for_hardly_anything(
    cached_page: Page, site: str
) -> None:
    wire = Wire(cached_page, plain=False, line=False)
    looks = []
    for _ in range(2):
        cached_page.goto(site + "/", wait_until="commit")
        cached_page.evaluate(FIRST_SYMBOLS)
        cached_page.wait_for_timeout(1500)
        assert cached_page.evaluate(SHIFT) <= GOALS["cls"]
        looks.append(wire.take())
    (first, _, requests), (second, feed, again) = looks
    assert 200_000 < first <= GOALS["bytes"], "less than that cannot be a board: the wire was not heard"
    assert requests > 30
    assert again <= 10, "page, layout, callbacks, and whether the boundaries are still in force"
    assert second - feed <= 40_000


def test_no_script_or_style_of_the_page_is_asked_for_twice(cached_page: Page, site: str) -> None:
    cached_page.goto(site + "/")
    cached_page.evaluate(FIRST_SYMBOLS)
    answered: dict[str, str] = {}
    kept: set[str] = set()
    session = cached_page.context.new_cdp_session(cached_page)
    session.send("Network.enable")

    def heard(event: dict[str, Any]) -> None:
        answered[event["requestId"]] = event["response"]["url"]
        if event["response"].get("fromDiskCache"):
            kept.add(event["requestId"])

    session.on("Network.responseReceived", heard)
    session.on("Network.requestServedFromCache", lambda event: kept.add(event["requestId"]))
    cached_page.goto(site + "/")
    cached_page.evaluate(FIRST_SYMBOLS)
    asked = [url for request, url in answered.items() if request not in kept]
    assert site + "/" in asked, "the page itself is asked for each time"
    assert not [url for url in asked if "/assets/" in url or "/_dash-component-suites/" in url]
