"""Take the pictures of docs/images from a running board.

Knows which pictures there are and how the page is brought to show them. Refuses to know how the page works.
Starts a board of its own with the simulator on a fixed seed, lets it work for a while, then looks at it with
a headless Chromium. Needs the development requirements.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.entering import Pass, enter
from data.settings import ROOT
from tools.chromium import REMEDY, find_chromium

START_SECONDS = 90.0
SIZES = {"1440x900": (1440, 900), "1920x1080": (1920, 1080)}
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]

REPORT = """() => concord.command('ReportIncident', {type: 'STRUCTURE_FIRE', lon: -122.4148, lat: 37.7524,
  address: '24th St & Folsom St', note: 'Smoke from the second floor, one person at a window'}, {})"""
"""A fire for the picture, reported and dispatched like any other."""
DISPATCH = """async (incident) => {
  concord.select({incident, unit: ''});
  const rows = () => [...document.querySelectorAll('#recommendation [data-recommended="1"]')];
  for (let wait = 0; wait < 50 && !rows().length; wait++) await new Promise((done) => setTimeout(done, 100));
  return concord.command('AssignUnits', {incident, units: rows().map((row) => row.dataset.rowUnit)}, {});
}"""
SELECT = "(incident) => concord.select({incident, unit: ''})"


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: its file's name, its theme, whether an incident is selected."""

    name: str
    theme: str = "dark"
    select: bool = True


PICTURES = (Picture("commander"), Picture("commander-light", theme="light"), Picture("overview", select=False))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`--out`, where to put them, and `--seconds`, how long the crews work before."""
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images", help="folder for the pictures")
    parser.add_argument("--seconds", type=float, default=240.0, help="how long the crews work first")


def run(args: argparse.Namespace) -> int:
    """Take every picture; 0 when all are there, 2 without a browser."""
    browser_path = find_chromium()
    if not browser_path:
        print(f"concord: {REMEDY}", file=sys.stderr)
        return 2
    args.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "serve.log"
        settings = {"CONCORD_DATA_DIR": folder, "CONCORD_PORT": "0", "CONCORD_SIMULATOR_SURGE": "2"}
        with log.open("wb") as words:
            board = subprocess.Popen(
                [sys.executable, "-m", "tools", "serve"],
                cwd=ROOT,
                env={**os.environ, **settings},
                stdout=words,
                stderr=words,
            )
        try:
            url = _address(board, log)
            _take_all(browser_path, url, args.out, args.seconds)
        finally:
            board.send_signal(signal.SIGTERM)
            board.wait(20)
    return 0


def _address(board: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + START_SECONDS
    while not (live := re.search(r"Concord is live on (http://\S+)", log.read_text())):
        if board.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"concord: the board did not come up:\n{log.read_text()}")
        time.sleep(0.1)
    return live.group(1)


def _take_all(browser_path: str, url: str, out: Path, seconds: float) -> None:
    from playwright.sync_api import sync_playwright  # a development requirement: only this command needs it

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=CHROMIUM)
        entered = enter(url, "sffd:commander")
        stage = _page(browser, entered)
        _open(stage, url)
        incident = stage.evaluate(REPORT)["incident"]
        sent = stage.evaluate(DISPATCH, incident)
        print(f"{sent['text']}; the crews work for {seconds:.0f} s", flush=True)
        stage.close()
        time.sleep(seconds)
        for size, (width, height) in SIZES.items():
            for picture in PICTURES:
                page = _page(browser, entered, viewport={"width": width, "height": height})
                page.add_init_script(
                    f"try {{ localStorage.setItem('concord.theme', '{picture.theme}'); }} catch (e) {{}}"
                )
                _open(page, url)
                if picture.select:
                    page.evaluate(SELECT, incident)
                page.wait_for_timeout(4000)
                path = out / f"{picture.name}-{size}.png"
                page.screenshot(path=path)
                print(path, flush=True)
                page.close()
        browser.close()


def _page(browser: Any, entered: Pass, **options: Any) -> Any:
    """A page of a session: the cookies of the one click on the sign-in page."""
    context = browser.new_context(**options)
    cookies = (each.partition("=") for each in entered.cookie.split("; "))
    context.add_cookies([{"name": name, "value": value, "url": entered.origin} for name, _, value in cookies])
    return context.new_page()


def _open(page: Any, url: str) -> None:
    page.goto(url)
    page.wait_for_function("() => window.concord && concord.picture && concord.picture.units.size > 0")
    page.wait_for_timeout(1500)
