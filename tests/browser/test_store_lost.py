"""The store is gone: said on the screen within five seconds, refused at once, nothing run later, back by itself."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from data.local_stores import LocalSingle
from tests.browser.test_two_browsers import command, ready, report

BANNER_SECONDS = 5.0
WORDS = "THE BOARD HAS LOST ITS STORE"
GONE = ("503", "Failed to load")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LocalSingle]:
    """A store of one's own, which nobody starts again but the test."""
    with LocalSingle(tmp_path / "store") as single:
        yield single


def notes(page: Page, incident: str) -> list[str]:
    texts: list[str] = page.evaluate(
        "(id) => (concord.picture.log.get(id) || []).filter((e) => e.kind === 'note').map((e) => e.text)", incident
    )
    return texts


@pytest.mark.parametrize("how", ["killed", "frozen"])
def test_a_lost_store_is_on_the_screen_in_time_and_what_was_refused_never_happens(
    store: LocalSingle, start_site: Callable[..., Any], open_page: Callable[..., Page], how: str
) -> None:
    site = start_site(REDIS_URL=store.url)
    page = ready(open_page(site=site.url, tolerate=GONE))
    incident = report(page)
    page.evaluate("() => { window.notReloaded = true; }")

    began = time.monotonic()
    store.server.kill() if how == "killed" else store.server.signal(signal.SIGSTOP)
    banner = page.locator("#banner")
    expect(banner).to_contain_text(WORDS, timeout=BANNER_SECONDS * 1000)
    shown = time.monotonic() - began
    expect(banner).to_contain_text("commands are refused")

    refused = command(page, "AddNote", {"incident": incident, "text": "into the void", "label": 1})
    assert refused["status"] == "unavailable", refused
    refused_ms = float(str(refused["answered"])) - float(str(refused["given"]))
    expect(page.locator("#result-line")).to_contain_text("cannot write")
    # A page that has not heard of it yet asks the server, which refuses too.
    page.evaluate("() => { concord.link.storeOk = true; }")
    outcome = command(page, "AddNote", {"incident": incident, "text": "into the void, too", "label": 1})
    assert outcome["status"] == "unavailable", outcome
    server_ms = float(str(outcome["answered"])) - float(str(outcome["given"]))
    page.evaluate("() => { concord.link.storeOk = false; }")
    assert page.evaluate("() => concord.picture.incidents.size") > 0  # what was known is still readable
    time.sleep(1.0)

    began = time.monotonic()
    store.server.start() if how == "killed" else store.server.signal(signal.SIGCONT)
    expect(banner).to_be_hidden(timeout=BANNER_SECONDS * 1000)
    back = time.monotonic() - began
    accepted = command(page, "AddNote", {"incident": incident, "text": "we are back", "label": 1})
    assert accepted["status"] == "accepted", accepted
    page.wait_for_function(
        "([id]) => (concord.picture.log.get(id) || []).some((e) => e.text === 'we are back')", arg=[incident]
    )
    assert notes(page, incident) == ["we are back"]
    assert page.evaluate("() => window.notReloaded")
    figures = {"banner_s": shown, "refused_ms": refused_ms, "refused_by_server_ms": server_ms, "back_s": back}
    print("\n" + json.dumps({"store": how} | {name: round(value, 2) for name, value in figures.items()}))
    assert shown <= BANNER_SECONDS
    assert refused_ms < 100
    assert server_ms < 1000
