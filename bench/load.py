"""The first sight of the board: bytes over the wire, requests, time to the first symbols, how much the page jumps.

Runs a board of its own and a headless Chromium: with an empty cache, and again with what the first visit left in it.
Beside it in the same run the same page as a Dash application answers by default, neither packed nor kept; and both
over a line of 20 Mbit/s with a round trip of 40 ms. Bytes are those of the network, the feed's first frames among
them. The first symbol is on the map when the canvas has drawn a unit.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bench.browser import board, chromium, signed_in

VIEWPORT = {"width": 1440, "height": 900}
SETTLE_MS = 1500
"""After the first symbols, for what still comes: boundaries, the rest of the feed's first frames."""
LINE = {"offline": False, "latency": 40, "downloadThroughput": 20e6 / 8, "uploadThroughput": 20e6 / 8}
GOALS = {"bytes": 1_600_000, "first_symbols_ms": 1500, "cls": 0.05}

FIRST_SYMBOLS = """() => new Promise((resolve) => {
  const look = () => {
    const drawn = window.concord && concord.map && concord.map.drawn && concord.map.drawn();
    if (drawn && drawn.units > 0) resolve(performance.now());
    else requestAnimationFrame(look);
  };
  look();
})"""
SHIFT = """() => new Promise((done) => { let sum = 0;
  new PerformanceObserver((l) => { for (const e of l.getEntries()) if (!e.hadRecentInput) sum += e.value; })
    .observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(sum), 200); })"""


@dataclass(frozen=True, slots=True)
class Visit:
    """One look: bytes over the wire, of them the feed's; requests that reached the network; milliseconds; shift."""

    bytes: int
    feed_bytes: int
    requests: int
    first_symbols_ms: float
    cls: float


class Wire:
    """What one page's network does, by the browser's own account."""

    def __init__(self, page: Any, *, plain: bool, line: bool) -> None:
        self._bytes = self._feed = self._requests = 0
        self._cached: set[str] = set()
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        if plain:
            session.send("Network.setCacheDisabled", {"cacheDisabled": True})
            session.send("Network.setExtraHTTPHeaders", {"headers": {"Accept-Encoding": "identity"}})
        if line:
            session.send("Network.emulateNetworkConditions", LINE)
        session.on("Network.requestServedFromCache", lambda event: self._cached.add(event["requestId"]))
        session.on("Network.responseReceived", self._answered)
        session.on("Network.loadingFinished", self._finished)
        session.on("Network.webSocketFrameReceived", self._heard)

    def take(self) -> tuple[int, int, int]:
        """Bytes, the feed's bytes, requests since the last call."""
        taken = self._bytes + self._feed, self._feed, self._requests
        self._bytes = self._feed = self._requests = 0
        self._cached.clear()
        return taken

    def _answered(self, event: dict[str, Any]) -> None:
        if event["response"].get("fromDiskCache"):
            self._cached.add(event["requestId"])

    def _finished(self, event: dict[str, Any]) -> None:
        if event["requestId"] not in self._cached:
            self._requests += 1
            self._bytes += int(event["encodedDataLength"])

    def _heard(self, event: dict[str, Any]) -> None:
        frame = event["response"]
        size = len(frame["payloadData"])
        self._feed += size * 3 // 4 if frame["opcode"] == 2 else size  # binary frames are told in base64


def visits(browser: Any, url: str, times: int, *, plain: bool = False, line: bool = False) -> list[tuple[Visit, Visit]]:
    """Pairs of a first look with an empty cache and a second one, each pair in a browser profile of its own."""
    pairs = []
    for _ in range(times):
        context = signed_in(browser, url, viewport=VIEWPORT)
        page = context.new_page()
        wire = Wire(page, plain=plain, line=line)
        pairs.append((_visit(page, wire, url), _visit(page, wire, url)))
        context.close()
    return pairs


def _visit(page: Any, wire: Wire, url: str) -> Visit:
    wire.take()
    page.goto(url + "/", wait_until="commit")
    first = float(page.evaluate(FIRST_SYMBOLS))
    page.wait_for_timeout(SETTLE_MS)
    shift = float(page.evaluate(SHIFT))
    taken, feed, requests = wire.take()
    return Visit(taken, feed, requests, first, shift)


def median(looks: Sequence[Visit], field: str) -> float:
    """The middle one of a figure."""
    return statistics.median(float(getattr(look, field)) for look in looks)


def _row(name: str, looks: Sequence[Visit]) -> str:
    slowest = max(look.first_symbols_ms for look in looks)
    return (
        f"{name:<44} {median(looks, 'bytes') / 1000:>8.0f} {median(looks, 'feed_bytes') / 1000:>8.0f}"
        f" {median(looks, 'requests'):>8.0f} {median(looks, 'first_symbols_ms'):>9.0f} {slowest:>8.0f}"
        f" {max(look.cls for look in looks):>7.3f}"
    )


def main() -> None:
    """Run it, print a table and one line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.load", description=__doc__)
    parser.add_argument("--times", type=int, default=7, help="pairs of looks a row")
    times = parser.parse_args().times
    with board() as url, chromium() as browser:
        visits(browser, url, 1)  # the server is warm
        ours = visits(browser, url, times)
        plain = visits(browser, url, times, plain=True)
        far = visits(browser, url, times, line=True)
        far_plain = visits(browser, url, times, plain=True, line=True)
    first = [pair[0] for pair in ours]
    print(f"{'':<44} {'kB':>8} {'feed kB':>8} {'requests':>8} {'symbols':>9} {'slowest':>8} {'shift':>7}")
    print(_row("first look", first))
    print(_row("second look", [pair[1] for pair in ours]))
    print(_row("neither packed nor kept", [look for pair in plain for look in pair]))
    print(_row("20 Mbit/s, 40 ms: first look", [pair[0] for pair in far]))
    print(_row("20 Mbit/s, 40 ms: second look", [pair[1] for pair in far]))
    print(_row("20 Mbit/s, 40 ms: neither packed nor kept", [look for pair in far_plain for look in pair]))
    figures = {
        "bytes": round(median(first, "bytes")),
        "first_symbols_ms": round(median(first, "first_symbols_ms")),
        "cls": round(max(look.cls for pair in ours for look in pair), 4),
        "second_bytes": round(median([pair[1] for pair in ours], "bytes")),
        "second_first_symbols_ms": round(median([pair[1] for pair in ours], "first_symbols_ms")),
        "vs_plain_bytes": round(median([p for pair in plain for p in pair], "bytes") / median(first, "bytes"), 2),
    }
    print(json.dumps(figures | {"met": all(figures[name] <= goal for name, goal in GOALS.items())}))


if __name__ == "__main__":
    main()
