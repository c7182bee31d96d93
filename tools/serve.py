"""Bring up the board: store, region, simulator and web processes; Ctrl-C stops them.

Knows the order in which things start and stop. Refuses to know what they are: the store is
data/embedded.py, the region tools/loading.py, the simulator and the web processes are commands of their own.

Stops with 0 when asked (Ctrl-C, SIGTERM or a closed terminal), 2 when it cannot start as set up (a bad
setting or region, a taken port), 1 when something it needs failed. A second Ctrl-C kills what has not stopped yet.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import platform
import signal
import socket
import sys
import threading
import time
import urllib.parse
from types import FrameType
from typing import NoReturn

from data.embedded import ensure_server, server_pid, stop_server
from data.probe import StoreFacts, probe
from data.settings import BadSettings, Settings, load_settings, unknown_variables
from data.store_url import with_replicas
from domain.errors import BadRegion, ConcordError, StoreUnavailable
from tools.listening import PortTaken, browser_url, open_listening_socket
from tools.migrate import backup_file, bring_forward
from tools.supervisor import ChildFailed, Supervisor

WORKERS_STOP_SECONDS = 4.0
SIMULATOR_STOP_SECONDS = 1.5
STORE_STOP_SECONDS = 2.0
"""Together within eight seconds; what has not stopped by then is killed, which costs no acknowledged write."""
STORE_START_SECONDS = 120.0
"""A store with a long history needs a while to read it."""
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopRequested(BaseException):
    """Somebody asked the board to stop. Not an Exception: no handler on the way may swallow it."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Everything else is a setting, see docs/settings.md."""
    parser.add_argument("--factory", default="app:create_server", help="what makes the app, as module:function")
    parser.add_argument("--no-seed", action="store_true", help="serve the board as it is; do not load the region")


def run(args: argparse.Namespace) -> int:
    """Bring everything up, watch it, take it down in order. The exit status is described above."""
    progress = Progress(time.monotonic())
    forced = threading.Event()
    _listen_for_signals(forced)
    try:
        settings = load_settings()
        for warning in unknown_variables():
            progress("warning", warning)
        if not args.no_seed:
            settings.region_folder()  # a wrong name is said before anything is started
        board = Board(settings, progress, forced)
    except (BadSettings, PortTaken) as error:
        return _refuse(str(error), 2)
    except OSError as error:
        return _refuse(f"cannot listen on {settings.host}: {error}; set CONCORD_HOST", 2)
    except StopRequested:
        return 0
    trouble, status = "", 0
    try:
        board.start(args.factory, with_region=not args.no_seed)
        board.watch()
    except StopRequested:
        progress("stopping", "web processes, simulator, store (Ctrl-C again to force)")
    except BadRegion as error:
        trouble, status = str(error), 2
    except (ConcordError, ChildFailed) as error:
        trouble, status = str(error), 1
    finally:
        _never_raise(forced)
        board.stop()
        progress("stopped", "everything acknowledged is kept")
    return _refuse(trouble, status) if trouble else status


class Progress:
    """Prints one line a step with the seconds since the start. Safe from several threads."""

    def __init__(self, started_at: float) -> None:
        self._started_at = started_at
        self._lock = threading.Lock()

    def __call__(self, step: str, text: str) -> None:
        """Print a step and what became of it."""
        self.line(f"{step:<10} {text}")

    def line(self, text: str) -> None:
        """Print a line as it is."""
        elapsed = time.monotonic() - self._started_at
        with self._lock:
            print(f"[{elapsed:6.1f} s] {text}", flush=True)


class Board:
    """The running parts of one board. Making one claims the port and nothing else."""

    def __init__(self, settings: Settings, progress: Progress, forced: threading.Event) -> None:
        self._settings = settings
        self._progress = progress
        self._forced = forced
        self._embedded = not settings.redis_url
        self._store_is_up = False
        self._supervisor: Supervisor | None = None
        progress("python", f"{platform.python_version()} on {platform.system()} {platform.machine()}")
        self._listening = open_listening_socket(settings.host, settings.port)
        self.url = browser_url(self._listening)
        progress("port", f"{self._listening.getsockname()[1]} is ours")

    def start(self, factory: str, *, with_region: bool) -> None:
        """Start every part and wait until the board is ready to be worked with."""
        store_url = self._start_store()
        if with_region:
            self._load_region(store_url)
        self._supervisor = Supervisor(self._progress.line, self._environment(store_url))
        if self._settings.simulator:
            self._supervisor.add("simulator", ["tools", "simulate", "--follow-settings"], essential=False)
            self._progress("simulator", f"started, speed {self._settings.simulator_speed:g}")
        descriptor = self._listening.fileno()
        for number in range(1, self._settings.workers + 1):
            arguments = ["tools.worker", "--fd", str(descriptor), "--factory", factory]
            self._supervisor.add(f"worker {number}", arguments, descriptors=[descriptor])
        self._progress("web", f"{self._settings.workers} web process(es) starting")
        self._wait_until_ready()
        self._progress.line(f"Concord is live on {self.url}  (Ctrl-C stops it)")

    def watch(self) -> NoReturn:
        """Keep every part running, for ever; ends by an exception."""
        assert self._supervisor is not None
        while True:
            self._supervisor.check(time.monotonic())
            self._keep_store()
            time.sleep(0.25)

    def stop(self) -> None:
        """Web processes first, so that nothing is accepted that could not be kept; the store last."""
        self._listening.close()
        if self._supervisor is not None:
            self._supervisor.stop("worker", WORKERS_STOP_SECONDS, self._forced)
            self._supervisor.stop("simulator", SIMULATOR_STOP_SECONDS, self._forced)
        if self._embedded and self._store_is_up:
            try:
                stop_server(self._settings.store_folder, STORE_STOP_SECONDS)
            except ConcordError as error:
                self._progress("store", str(error))

    def _start_store(self) -> str:
        """The store's URL once it answers."""
        if not self._embedded:
            url = self._settings.store_url
            facts = probe(url, self._settings.board)
            self._progress("store", f"{facts.name} answers")
            self._say_findings(facts)
            return url
        folder = self._settings.store_folder
        how = "started" if server_pid(folder) is None else "found running"
        url = self._ensure_store()
        facts = probe(with_replicas(url, self._settings.store_replicas))
        self._say_findings(facts)
        self._progress("store", f"{facts.name} {how} in {folder} (process {server_pid(folder)})")
        # Only here: a server of one's own may have other web processes at work, so its owner migrates it.
        board = self._settings.board
        bring_forward(url, board, backup_file(self._settings, board), lambda line: self._progress("migrate", line))
        return url

    def _say_findings(self, facts: StoreFacts) -> None:
        for finding in facts.findings:
            self._progress("warning", str(finding))

    def _ensure_store(self) -> str:
        self._store_is_up = True  # also when we are told to stop half-way: then it is to be stopped too
        try:
            return ensure_server(
                self._settings.store_folder, timeout=STORE_START_SECONDS, appendfsync=self._settings.store_fsync
            )
        except StoreUnavailable:
            self._store_is_up = False  # whatever holds the folder, it is not ours to end
            raise

    def _keep_store(self) -> None:
        """Start the embedded store again if it died: its socket stays where it was, so clients come back."""
        if self._embedded and server_pid(self._settings.store_folder) is None:
            self._ensure_store()
            self._progress("store", f"was gone; started again (process {server_pid(self._settings.store_folder)})")

    def _load_region(self, store_url: str) -> None:
        from tools.loading import load  # late: a taken port need not wait for the geometry libraries

        settings = self._settings.model_copy(update={"redis_url": store_url})
        load(settings, lambda text: self._progress("region", text))

    def _environment(self, store_url: str) -> dict[str, str]:
        """What children get: our own environment, with the store and port that were really taken."""
        port = str(self._listening.getsockname()[1])
        return {**os.environ, "REDIS_URL": store_url, "CONCORD_PORT": port, "PYTHONUNBUFFERED": "1"}

    def _wait_until_ready(self) -> None:
        """Ask /readyz until it says yes; every ten seconds say what it is waiting for."""
        assert self._supervisor is not None
        next_word = time.monotonic() + 10.0
        while why := not_ready_because(self._listening):
            self._supervisor.check(time.monotonic())
            if time.monotonic() > next_word:
                self._progress("waiting", why)
                next_word += 10.0
            time.sleep(0.05)


def not_ready_because(listening: socket.socket) -> str:
    """Why the board is not ready, in the words of GET /readyz; "" when it is."""
    url = urllib.parse.urlsplit(browser_url(listening))
    connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=1.0)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        if answer.status == 200:
            return ""
        return _reasons(answer.read(10_000)) or f"/readyz answers {answer.status}"
    except (OSError, http.client.HTTPException):
        return "no web process answers yet"
    finally:
        connection.close()


def _reasons(body: bytes) -> str:
    """The reasons in a /readyz answer, if it is JSON and holds any."""
    try:
        reasons = json.loads(body).get("reasons", [])
    except (ValueError, AttributeError, RecursionError):
        return ""
    return "; ".join(map(str, reasons)) if isinstance(reasons, list) else str(reasons)


def _listen_for_signals(forced: threading.Event) -> None:
    """The first stop signal raises StopRequested in the main thread; any later one forces."""

    def first(number: int, frame: FrameType | None) -> None:
        _never_raise(forced)
        raise StopRequested

    for number in STOP_SIGNALS:
        signal.signal(number, first)


def _never_raise(forced: threading.Event) -> None:
    """From here on a stop signal only sets `forced`: taking things down must not be interrupted half-way."""
    for number in STOP_SIGNALS:
        signal.signal(number, lambda *_: forced.set())


def _refuse(text: str, status: int) -> int:
    print(f"concord: {text}", file=sys.stderr, flush=True)
    return status
