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

from data.settings import ROOT
from tools.chromium import REMEDY, find_chromium

START_SECONDS = 90.0
SIZES = {"1440x900": (1440, 900), "1920x1080": (1920, 1080)}
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]

SELECT_BUSIEST = """() => {
  const units = new Map();
  for (const held of concord.picture.assignments.values()) {
    if (!held.ended) units.set(held.incident, (units.get(held.incident) || 0) + 1);
  }
  const open = [...concord.picture.incidents.values()].filter((i) => i.status === 'Active');
  open.sort((a, b) => (units.get(b.id) || 0) - (units.get(a.id) || 0));
  if (open.length) concord.select({incident: open[0].id, unit: ''});
  return open.length;
}"""


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: its file's name, its theme, whether an incident is selected."""

    name: str
    theme: str = "dark"
    select: bool = True


PICTURES = (Picture("commander"), Picture("commander-light", theme="light"), Picture("overview", select=False))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`--out`, where to put them, and `--seconds`, how long the board works before."""
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images", help="folder for the pictures")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long the simulator works first")


def run(args: argparse.Namespace) -> int:
    """Take every picture; 0 when all are there, 2 without a browser."""
    browser_path = find_chromium()
    if not browser_path:
        print(f"concord: {REMEDY}", file=sys.stderr)
        return 2
    args.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "serve.log"
        settings = {"CONCORD_DATA_DIR": folder, "CONCORD_PORT": "0", "CONCORD_SIMULATOR_SPEED": "4"}
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
            print(f"the board works for {args.seconds:.0f} s", flush=True)
            time.sleep(args.seconds)
            _take_all(browser_path, url, args.out)
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


def _take_all(browser_path: str, url: str, out: Path) -> None:
    from playwright.sync_api import sync_playwright  # a development requirement: only this command needs it

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=CHROMIUM)
        for size, (width, height) in SIZES.items():
            for picture in PICTURES:
                page = browser.new_page(viewport={"width": width, "height": height})
                _show(page, url, picture)
                path = out / f"{picture.name}-{size}.png"
                page.screenshot(path=path)
                print(path, flush=True)
                page.close()
        browser.close()


def _show(page: Any, url: str, picture: Picture) -> None:
    page.add_init_script(f"try {{ localStorage.setItem('concord.theme', '{picture.theme}'); }} catch (e) {{}}")
    page.goto(url)
    page.wait_for_function("() => window.concord && concord.picture && concord.picture.units.size > 0")
    if picture.select:
        page.evaluate(SELECT_BUSIEST)
    page.wait_for_timeout(4000)
