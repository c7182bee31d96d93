"""The whole app in a real browser: a board of its own, started as people start it, and pages that may not misbehave."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Route, sync_playwright

from data.embedded import stop_server
from tools.chromium import REMEDY, find_chromium

CHROMIUM_ARGUMENTS = [
    "--no-sandbox",  # containers run as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
START_SECONDS = 60.0
STOP_SECONDS = 15.0


@dataclass(slots=True)
class Site:
    """A running board: its address, its supervisor's process, its data folder and the file with its words."""

    url: str
    process: subprocess.Popen[bytes]
    data_dir: Path
    log: Path

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Signal it and wait; the exit status. Its store goes with it, unless it was killed."""
        self.process.send_signal(number)
        return self.process.wait(STOP_SECONDS)

    def clean_up(self) -> None:
        """Nothing of it runs afterwards."""
        if self.process.poll() is None:
            try:
                self.stop()
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        stop_server(self.data_dir / "valkey")


def bring_up(root: Path, data_dir: Path, settings: Mapping[str, str]) -> Site:
    """`python -m tools serve` on a free port (or CONCORD_PORT of the settings), once it is live."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CONCORD_", "REDIS_URL"))}
    own = {"CONCORD_DATA_DIR": str(data_dir), "CONCORD_PORT": "0", "CONCORD_SIMULATOR": "off"}
    data_dir.mkdir(parents=True, exist_ok=True)
    log = data_dir / "serve.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "tools", "serve"],
            cwd=root,
            env={**kept, **own, **settings},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    deadline = time.monotonic() + START_SECONDS
    while not (live := re.search(r"Concord is live on (http://\S+)", log.read_text())):
        if process.poll() is not None or time.monotonic() > deadline:
            Site("", process, data_dir, log).clean_up()
            pytest.fail(f"the board did not come up:\n{log.read_text()}")
        time.sleep(0.05)
    return Site(live.group(1), process, data_dir, log)


StartSite = Callable[..., Site]


@pytest.fixture
def start_site(project_root: Path, tmp_path: Path) -> Iterator[StartSite]:
    """Start boards of a test's own: `start_site(CONCORD_WORKERS="2")`.

    Each has a data folder of its own unless `data_dir` names one, for instance that of a board that was killed.
    """
    started: list[Site] = []

    def start(data_dir: Path | None = None, **settings: str) -> Site:
        started.append(bring_up(project_root, data_dir or tmp_path / f"site{len(started)}", settings))
        return started[-1]

    yield start
    for site in started:
        site.clean_up()


@pytest.fixture(scope="session")
def site(project_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a board shared by the session, without the simulator: nothing moves but what a test moves."""
    running = bring_up(project_root, tmp_path_factory.mktemp("site"), {})
    yield running.url
    running.clean_up()


@pytest.fixture(scope="module")  # not the session: its event loop would get in the way of asynchronous tests
def chromium() -> Iterator[Browser]:
    """A headless Chromium; fails with what to install when there is none."""
    path = find_chromium()
    if not path:
        pytest.fail(REMEDY)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


class Pages:
    """Opens pages, each with a browser profile of its own, and keeps account of what they do wrong."""

    def __init__(self, browser: Browser, shared_site: Callable[[], str]) -> None:
        self._browser = browser
        self._shared_site = shared_site
        self._contexts: list[BrowserContext] = []
        self.faults: list[str] = []

    def __call__(
        self,
        path: str = "/",
        *,
        site: str = "",
        viewport: tuple[int, int] = (1440, 900),
        tolerate: tuple[str, ...] = (),
        wait_until: str = "load",
        touch: bool = False,
        position: str = "sffd:commander",
    ) -> Page:
        """Open a path of the shared board, or of another `site`; with `touch`, on a screen for fingers.

        `position` is entered first, as the sign-in page's one click does; "" leaves the page at the door.

        `tolerate` names parts of console errors the test means to provoke, such as "WebSocket connection".
        """
        origin = site or self._shared_site()
        context = self._browser.new_context(viewport={"width": viewport[0], "height": viewport[1]}, has_touch=touch)
        self._contexts.append(context)
        context.route("**/*", lambda route: self._within(origin, route))
        if position:
            enter(context, origin, position)
        page = context.new_page()
        page.on("console", lambda message: self._console(message, tolerate))
        page.on("pageerror", lambda error: self.faults.append(f"page error: {error}"))
        page.on("websocket", lambda socket: self._same_origin(origin, socket.url))
        page.goto(origin + path, wait_until=wait_until)  # type: ignore[arg-type]
        return page

    def close(self) -> None:
        """Close every page; what goes wrong while closing is nobody's fault."""
        found = list(self.faults)
        for context in self._contexts:
            context.close()
        self.faults = found

    def _console(self, message: ConsoleMessage, tolerate: tuple[str, ...]) -> None:
        if message.type == "error" and not any(part in message.text for part in tolerate):
            self.faults.append(f"console error: {message.text} ({message.location.get('url', '')})")

    def _within(self, origin: str, route: Route) -> None:
        request: Request = route.request
        if self._same_origin(origin, request.url):
            route.continue_()
        else:
            route.abort()

    def _same_origin(self, origin: str, url: str) -> bool:
        host = origin.removeprefix("http")
        same = url.startswith((f"http{host}/", f"ws{host}/", "data:", "blob:"))
        if not same:
            self.faults.append(f"request outside the origin: {url}")
        return same


def enter(context: BrowserContext, origin: str, position: str) -> None:
    """Let a browser profile enter a training board at a position such as `sffd:dispatcher` or `:auditor`."""
    left = [(page, page.url) for page in context.pages if page.url.startswith(origin)]
    for page, _ in left:
        page.goto("about:blank")  # whoever was here before has left, and asks for nothing any more
    context.clear_cookies()
    answer = context.request.post(
        f"{origin}/sign-in/enter", form={"position": position}, headers={"Origin": origin}, max_redirects=0
    )
    assert answer.status == 303, f"{position} was not let in: {answer.status}"
    for page, url in left:
        page.goto(url)


@pytest.fixture
def open_page(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Pages]:
    """Open pages of the board; the test fails on a console error, a page error or a request to anywhere else."""
    pages = Pages(chromium, lambda: str(request.getfixturevalue("site")))  # started only for who needs it
    yield pages
    pages.close()
    assert not pages.faults, "\n".join(pages.faults)
