"""After kill -9 of the app and of its store, everything acknowledged is still there."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page

from data.embedded import server_pid
from tests.browser.test_two_browsers import FREE_UNITS, command, ready, report


def test_everything_acknowledged_survives_the_death_of_app_and_store(
    start_site: Callable[..., Any], open_page: Callable[..., Page]
) -> None:
    first = start_site()
    page = ready(
        open_page(site=first.url, tolerate=("WebSocket", "ERR_CONNECTION", "Failed to load", "Callback failed"))
    )
    incident = report(page)
    units = page.evaluate(FREE_UNITS, page.evaluate("() => concord.acting().agency"))[:5]
    for unit in units:
        assert command(page, "AssignUnits", {"incident": incident, "units": [unit]})["status"] == "accepted"
    last = command(page, "AddNote", {"incident": incident, "text": "water on fire", "label": 1})
    store = server_pid(first.data_dir / "valkey")
    assert store is not None
    first.process.send_signal(signal.SIGKILL)
    os.kill(store, signal.SIGKILL)
    first.process.wait(10)

    again = start_site(data_dir=first.data_dir)
    page = ready(open_page(site=again.url))
    assert page.evaluate("() => concord.picture.seq") >= last["seq"]
    held = page.evaluate(
        "(id) => [...concord.picture.assignments.values()].filter((a) => a.incident === id).map((a) => a.unit)",
        incident,
    )
    assert sorted(held) == sorted(units)
    notes = page.evaluate("(id) => concord.picture.log.get(id).map((entry) => entry.text)", incident)
    assert "water on fire" in notes
