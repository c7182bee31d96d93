"""A headless Chromium and a board of its own, for benchmarks that look at the page.

Knows how both are started and ended. Refuses to measure.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from data.entering import enter

ROOT = Path(__file__).resolve().parents[1]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    "--no-sandbox",  # containers run as root
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
START_SECONDS = 90.0


@contextlib.contextmanager
def board(**settings: str) -> Iterator[str]:
    """A board on a free port with a data folder of its own; its address. Without the simulator unless asked for."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("CONCORD_", "REDIS_URL"))}
        own = {"CONCORD_DATA_DIR": folder, "CONCORD_PORT": "0", "CONCORD_SIMULATOR": "off"}
        log = Path(folder) / "serve.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "tools", "serve"],
                cwd=ROOT,
                env={**kept, **own, **settings},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            yield _address(process, log)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + START_SECONDS
    while not (live := re.search(r"Concord is live on (http://\S+)", log.read_text())):
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"the board did not come up:\n{log.read_text()}")
        time.sleep(0.05)
    return live.group(1)


@contextlib.contextmanager
def chromium() -> Iterator[Any]:
    """A browser of Playwright's, with the Chromium of this machine."""
    from playwright.sync_api import sync_playwright

    path = os.environ.get("CONCORD_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        raise SystemExit("no Chromium found; install one or set CONCORD_CHROMIUM to its path")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        browser.close()


def signed_in(browser: Any, url: str, position: str = "sffd:commander", **about: Any) -> Any:
    """A browser profile that has entered the board at `url`; `about` goes to Playwright's `new_context`."""
    context = browser.new_context(**about)
    cookies: Mapping[str, str] = dict(part.strip().split("=", 1) for part in enter(url, position).cookie.split(";"))
    context.add_cookies([{"name": name, "value": value, "url": url} for name, value in cookies.items()])
    return context
