"""`python -m tools serve` on real processes: what it says, what it restarts, how it ends."""

from __future__ import annotations

import json
import os
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from websockets.sync.client import connect

from data.embedded import server_answers, server_pid, stop_server
from tools.supervisor import Supervisor

STOP_WITHIN_SECONDS = 8.0


class Served:
    """A `serve` process, its lines as they come, and the page it is live on."""

    def __init__(self, root: Path, data_dir: Path, arguments: tuple[str, ...], settings: dict[str, str]) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("CONCORD_", "REDIS_URL"))}
        self.store = data_dir / "valkey"
        self.lines: list[str] = []
        self._queue: queue.Queue[str | None] = queue.Queue()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tools", "serve", *arguments],
            cwd=root,
            env={
                **kept,
                "CONCORD_DATA_DIR": str(data_dir),
                "CONCORD_PORT": "0",
                "CONCORD_SIMULATOR": "off",
                "PYTHONPATH": str(Path(__file__).parent),
                **settings,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as output:
            for line in output:
                self._queue.put(line.rstrip())
        self._queue.put(None)

    def line_with(self, words: str, seconds: float = 20.0) -> str:
        """Wait for a line that holds some words; fails with everything said so far."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                line = self._queue.get(timeout=max(0.01, deadline - time.monotonic()))
            except queue.Empty:
                break
            if line is None:
                break
            self.lines.append(line)
            if words in line:
                return line
        pytest.fail(f"never said {words!r}:\n" + "\n".join(self.lines))

    def live(self) -> str:
        """Wait until it is live; the URL it names."""
        found = re.search(r"http://\S+", self.line_with("Concord is live on"))
        assert found
        return found.group()

    def end(self, number: int = signal.SIGTERM) -> tuple[int, float]:
        """Signal it; exit status and the seconds it took."""
        began = time.monotonic()
        self.process.send_signal(number)
        status = self.process.wait(20)
        return status, time.monotonic() - began

    def all_it_said(self) -> str:
        """Everything, once it has ended."""
        self.process.wait(20)
        while (line := self._queue.get(timeout=5)) is not None:
            self.lines.append(line)
        return "\n".join(self.lines)


Start = Callable[..., Served]


@pytest.fixture
def serve(tmp_path: Path, project_root: Path) -> Iterator[Start]:
    """Start `serve` with a tiny app on a free port and a data folder of its own; all gone afterwards."""
    started: list[Served] = []

    def start(factory: str = "tiny_app:create_server", *, seeded: bool = False, **settings: str) -> Served:
        words = ("--factory", factory, *(() if seeded else ("--no-seed",)))
        started.append(Served(project_root, tmp_path / "var", words, settings))
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None:
            each.process.kill()
            each.process.wait()
    stop_server(tmp_path / "var" / "valkey")


def fetch(url: str) -> dict[str, object]:
    """A page's JSON."""
    with urllib.request.urlopen(url, timeout=5) as answer:
        return dict(json.loads(answer.read()))


def ask_and_do_not_wait(url: str, path: str) -> socket.socket:
    """The connection of a request nobody has answered yet."""
    host, port = url.removeprefix("http://").split(":")
    asking = socket.create_connection((host, int(port)))
    asking.sendall(f"GET {path} HTTP/1.1\r\nHost: here\r\n\r\n".encode())
    return asking


def gone(pid: int) -> bool:
    """Whether a process has ended (a zombie has)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        return sys.platform == "linux"


def wait_until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    """Fail unless something becomes true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_it_goes_live_and_a_signal_stops_every_part(serve: Start, number: int) -> None:
    served = serve()
    page = fetch(served.live() + "/pid")
    store = server_pid(served.store)
    assert store is not None
    status, took = served.end(number)
    assert status == 0
    assert took < STOP_WITHIN_SECONDS
    assert "stopped" in served.all_it_said().splitlines()[-1]
    assert gone(int(str(page["pid"])))
    assert gone(store)


def test_every_step_is_a_line_with_the_time_it_took(serve: Start) -> None:
    served = serve()
    served.live()
    steps = [re.fullmatch(r"\[ *\d+\.\d s\] (\w+) .*", line) for line in served.lines]
    assert [step.group(1) for step in steps if step] == ["python", "port", "store", "web", "Concord"]


def test_open_requests_and_sockets_do_not_hold_up_the_end(serve: Start) -> None:
    served = serve()
    url = served.live()
    with ask_and_do_not_wait(url, "/slow"), connect(url.replace("http", "ws") + "/echo") as link:
        link.send("hello")
        assert link.recv() == "hello"
        status, took = served.end()
    assert status == 0
    assert took < STOP_WITHIN_SECONDS


@pytest.mark.parametrize("forced", [False, True])
def test_a_process_that_stands_still_is_killed_in_time_and_at_once_when_forced(serve: Start, forced: bool) -> None:
    served = serve()
    with ask_and_do_not_wait(served.live(), "/hang"):
        time.sleep(0.3)
        began = time.monotonic()
        served.process.send_signal(signal.SIGINT)
        served.line_with("stopping")
        if forced:
            served.process.send_signal(signal.SIGINT)
        status = served.process.wait(20)
    took = time.monotonic() - began
    assert status == 0
    assert took < (2.0 if forced else STOP_WITHIN_SECONDS)


def test_a_taken_port_is_one_line_with_the_holder_and_the_remedy(serve: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        served = serve(CONCORD_PORT=str(port))
        said = [line for line in served.all_it_said().splitlines() if line.startswith("concord:")]
    assert served.process.returncode == 2
    assert len(said) == 1
    assert said[0].startswith(f"concord: port {port} is taken")
    assert said[0].endswith(f"choose another: CONCORD_PORT={port + 1} make run")
    if sys.platform == "linux":
        assert f"by process {os.getpid()} (" in said[0]
    assert not server_answers(served.store)


def test_a_bad_setting_is_one_line_and_a_misspelt_one_a_warning(serve: Start) -> None:
    served = serve(CONCORD_WORKERS="many")
    assert served.all_it_said() == "concord: CONCORD_WORKERS: 'many' is not allowed; allowed: a whole number, 1 to 64"
    assert served.process.returncode == 2
    other = serve(CONCORD_WORKER="2")
    assert "did you mean CONCORD_WORKERS?" in other.line_with("warning")


def test_a_region_that_is_not_there_is_said_before_anything_starts(serve: Start) -> None:
    served = serve(seeded=True, CONCORD_REGION="atlantis")
    assert served.all_it_said().startswith("concord: CONCORD_REGION: 'atlantis' is no region pack")
    assert served.process.returncode == 2


def test_a_store_that_does_not_answer_is_named_with_the_variable(serve: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closing:
        port = closing.getsockname()[1]
    served = serve(REDIS_URL=f"redis://user:secret@127.0.0.1:{port}/0")
    said = served.all_it_said()
    assert served.process.returncode == 1
    assert f"the store at redis://127.0.0.1:{port}/0 does not answer" in said
    assert "check REDIS_URL" in said
    assert "secret" not in said


def test_a_store_of_ones_own_is_used_and_left_running(serve: Start, valkey_url: str) -> None:
    served = serve(REDIS_URL=valkey_url)
    assert fetch(served.live() + "/pid")["store"] == valkey_url
    assert served.end()[0] == 0
    assert redis.Redis.from_url(valkey_url).ping()
    assert not served.store.exists()


def test_two_workers_share_the_port_and_one_that_is_killed_comes_back(serve: Start) -> None:
    served = serve(CONCORD_WORKERS="2")
    url = served.live()

    def two_answer() -> bool:
        return len({fetch(url + "/pid")["pid"] for _ in range(30)}) == 2

    wait_until(two_answer)
    with pytest.raises((urllib.error.URLError, OSError)):
        fetch(url + "/die")
    assert "starting it again" in served.line_with("was killed by SIGKILL")
    wait_until(two_answer)


def test_a_worker_that_fails_at_once_three_times_stops_everything_with_its_error(serve: Start) -> None:
    served = serve(factory="tiny_app:broken")
    said = served.all_it_said()
    assert served.process.returncode == 1
    assert said.count("starting it again") == 2
    assert "concord: worker 1 ended with code 1 3 times in a row: " in said
    assert said.endswith("RuntimeError: the region has no agencies")
    assert not server_answers(served.store)


def test_a_simulator_that_keeps_failing_is_given_up_and_the_board_goes_on() -> None:
    said: list[str] = []
    supervisor = Supervisor(said.append, os.environ)
    child = supervisor.add("simulator", ["no_such_module"], essential=False)
    wait_until(lambda: supervisor.check(time.monotonic()) or child.failures == 3)
    assert said[-1].endswith("No module named no_such_module; going on without it")
    supervisor.check(time.monotonic() + 60)
    assert not child.running()


def test_no_child_outlives_a_supervisor_that_is_killed(serve: Start) -> None:
    served = serve(CONCORD_WORKERS="2")
    url = served.live()
    workers = {int(str(fetch(url + "/pid")["pid"])) for _ in range(20)}
    served.end(signal.SIGKILL)
    wait_until(lambda: all(gone(pid) for pid in workers), STOP_WITHIN_SECONDS)
    orphan = server_pid(served.store)
    assert orphan is not None
    again = serve()
    assert "found running" in again.line_with("store")
    again.live()
    assert server_pid(served.store) == orphan


def test_a_store_that_is_killed_is_started_again_where_it_was(serve: Start) -> None:
    served = serve()
    store = str(fetch(served.live() + "/pid")["store"])
    redis.Redis.from_url(store).set("unit", "sffd/E14")
    killed = server_pid(served.store)
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    served.line_with("was gone; started again")
    assert redis.Redis.from_url(store).get("unit") == b"sffd/E14"
    assert server_pid(served.store) != killed


def test_it_can_be_stopped_while_it_is_still_starting(serve: Start) -> None:
    served = serve()
    served.line_with("port")
    status, took = served.end()
    assert status == 0
    assert took < STOP_WITHIN_SECONDS
    assert not server_answers(served.store)
