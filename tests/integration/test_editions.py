"""Boundaries adopted on a running board: real web processes, a real store, a builder of its own."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
import shapely

from data.connection import connect
from data.editions import EditionLost, EditionStore
from data.embedded import ensure_server, stop_server
from data.entering import Pass, enter
from data.keys import keys_of
from domain.agency import Service
from domain.jurisdiction import Area
from geo.boundaries import Boundaries, read_boundaries, write_boundaries

START_SECONDS = 60.0
READY_SECONDS = 45.0


class Board:
    """`python -m tools serve` on the shipped region, as people start it."""

    def __init__(self, root: Path, data_dir: Path, store: str = "", workers: int = 2) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("CONCORD_", "REDIS_URL"))}
        self.root, self.data_dir = root, data_dir
        self.env = {
            **kept,
            "CONCORD_DATA_DIR": str(data_dir),
            "CONCORD_PORT": "0",
            "CONCORD_SIMULATOR": "off",
            "CONCORD_WORKERS": str(workers),
            "CONCORD_LOG_LEVEL": "info",
            **({"REDIS_URL": store} if store else {}),
        }
        data_dir.mkdir(parents=True, exist_ok=True)
        self.log = data_dir / "serve.log"
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tools", "serve"], cwd=root, env=self.env, stdout=output, stderr=output
            )
        deadline = time.monotonic() + START_SECONDS
        while not (live := re.search(r"Concord is live on (http://\S+)", self.log.read_text())):
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.1)
        self.url = live.group(1)
        self._pass: Pass | None = None

    @property
    def store(self) -> str:
        return self.env.get("REDIS_URL") or ensure_server(self.data_dir / "valkey")

    def tool(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "tools", "region", *words],
            cwd=self.root,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=120,
        )

    def fetch(self, path: str) -> bytes:
        request = urllib.request.Request(self.url + path, headers=self._entered().headers())
        with urllib.request.urlopen(request, timeout=10) as answer:
            return bytes(answer.read())

    def _entered(self) -> Pass:
        if self._pass is None:
            self._pass = enter(self.url, "sffd:dispatcher")
        return self._pass

    def whois(self, lon: float, lat: float) -> str:
        """What the whois panel says, through the very callback the page uses."""
        body = {
            "output": "whois.children",
            "outputs": {"id": "whois", "property": "children"},
            "inputs": [{"id": "whois-query", "property": "data", "value": {"lon": lon, "lat": lat, "t": time.time()}}],
            "changedPropIds": ["whois-query.data"],
        }
        request = urllib.request.Request(
            self.url + "/_dash-update-component",
            json.dumps(body).encode(),
            {"Content-Type": "application/json", **self._entered().headers()},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return bytes(answer.read()).decode()

    def end(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        stop_server(self.data_dir / "valkey")


Start = Callable[..., Board]


@pytest.fixture
def start(project_root: Path, tmp_path: Path) -> Iterator[Start]:
    boards: list[Board] = []

    def begin(name: str = "one", **more: Any) -> Board:
        boards.append(Board(project_root, tmp_path / name, **more))
        return boards[-1]

    yield begin
    for board in boards:
        board.end()


@pytest.fixture
def renamed(project_root: Path, tmp_path: Path) -> Path:
    """The shipped boundaries with every area called by another name: another edition, and every answer shows it."""
    shipped = read_boundaries(project_root / "regions" / "bay_area")
    areas = tuple(
        Area(a.service, a.agency, f"{a.name} NEW", a.layer, a.effective, a.expiry, a.modelled) for a in shipped.areas
    )
    write_boundaries(Boundaries(areas, shipped.polygons, shipped.context), tmp_path / "renamed.gpkg")
    return tmp_path / "renamed.gpkg"


def until(condition: Callable[[], bool], what: str, seconds: float = READY_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"never {what}"
        time.sleep(0.2)


PLACE = (-122.42, 37.76)


def test_boundaries_are_adopted_without_a_restart_or_a_failed_question(start: Start, renamed: Path) -> None:
    board = start(workers=2)
    assert "NEW" not in board.whois(*PLACE)
    drawn = board.fetch("/geo/boundaries/exact.json")
    faults: list[str] = []
    answers: list[bool] = []
    over = threading.Event()

    def ask() -> None:
        while not over.is_set():
            try:
                answers.append("NEW" in board.whois(*PLACE))
            except OSError as fault:
                faults.append(str(fault))

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        adopted = board.tool("adopt", str(renamed), "--note", "names of this year")
        assert adopted.returncode == 0, adopted.stdout + adopted.stderr
        assert adopted.stdout.count("has it ready") == 2
        until(lambda: all(answers[-20:]) and len(answers) > 20, "answered from the new boundaries")
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert not faults
    assert answers[0] is False
    until(lambda: board.fetch("/geo/boundaries/exact.json") != drawn, "drawn anew")
    listed = board.tool("editions").stdout
    assert "names of this year" in listed
    assert "2 process(es) answer from it, in force" in listed
    again = board.tool("adopt", str(renamed))
    assert again.returncode == 1
    assert "is the newest already" in again.stdout


def test_the_edition_is_kept_over_a_restart_and_can_be_written_back(
    start: Start, renamed: Path, tmp_path: Path
) -> None:
    board = start(workers=1)
    assert board.tool("adopt", str(renamed)).returncode == 0
    edition = re.search(r"([0-9a-f]{10})\s+from", board.tool("editions").stdout)
    assert edition
    exported = board.tool("export-edition", edition.group(1), "--out", str(tmp_path / "back.gpkg"))
    assert exported.returncode == 0, exported.stderr
    assert (tmp_path / "back.gpkg").read_bytes() == renamed.read_bytes()
    board.end()
    time.sleep(10)  # until it is in force
    again = start(workers=1)
    until(lambda: "NEW" in again.whois(*PLACE), "answered from the adopted boundaries after a restart")


def test_a_file_that_is_refused_changes_nothing(start: Start, tmp_path: Path) -> None:
    board = start(workers=1)
    (tmp_path / "bad.gpkg").write_bytes(b"SQLite format 3\0 and then nothing")
    nobody = Boundaries((Area(Service.FIRE, "nobody", "X", "l", "2020-01-01"),), (shapely.box(0, 0, 1, 1),))
    write_boundaries(nobody, tmp_path / "unknown.gpkg")
    for name in ("bad.gpkg", "unknown.gpkg"):
        refused = board.tool("adopt", str(tmp_path / name))
        assert refused.returncode == 1
        assert "nothing was adopted" in refused.stdout
        assert len(refused.stdout.splitlines()) == 2, refused.stdout
    assert "adopted" not in board.tool("editions").stdout
    assert "NEW" not in board.whois(*PLACE)


def test_an_edition_whose_bytes_are_damaged_is_told_of_and_the_former_answers(start: Start, renamed: Path) -> None:
    board = start(workers=1)
    client = redis.Redis.from_url(board.store)
    seen = threading.Event()

    def damage() -> None:
        # Before the web process fetches it: the bytes are put first and the command comes after.
        while not seen.is_set():
            for key in client.scan_iter("{bay}:edition:*"):
                client.set(key, b"not what was put")
                seen.set()

    thread = threading.Thread(target=damage)
    thread.start()
    adopted = subprocess.Popen(
        [sys.executable, "-m", "tools", "region", "adopt", str(renamed)],
        cwd=board.root,
        env=board.env,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert seen.wait(60)
        until(lambda: b"damaged in the store" in board.fetch("/readyz"), "told of the damage")
        assert b'"ready":true' in board.fetch("/readyz").replace(b" ", b"")
        assert "NEW" not in board.whois(*PLACE)
        # The file put back, it is taken up without anybody's doing.
        (key,) = list(client.scan_iter("{bay}:edition:*"))
        client.set(key, zlib.compress(renamed.read_bytes()))
        until(lambda: "NEW" in board.whois(*PLACE), "taken up once it was whole")
    finally:
        seen.set()
        thread.join()
        adopted.kill()
        adopted.wait()
        client.close()


def test_a_second_machine_gets_the_edition_from_the_store(start: Start, renamed: Path) -> None:
    one = start("one", workers=1)
    two = start("two", store=one.store, workers=1)
    assert one.tool("adopt", str(renamed)).stdout.count("has it ready") == 2
    until(lambda: "NEW" in two.whois(*PLACE), "answered from the new boundaries on the other machine")
    assert list((two.data_dir / "editions").glob("*/zones.npy"))


def test_a_build_that_is_killed_is_made_again(start: Start, renamed: Path) -> None:
    board = start(workers=1)
    killed = threading.Event()

    def kill_one() -> None:
        deadline = time.monotonic() + 60
        while not killed.is_set() and time.monotonic() < deadline:
            found = subprocess.run(["pgrep", "-f", str(board.data_dir) + ".*gpkg"], capture_output=True, text=True)
            for number in found.stdout.split():
                words = Path(f"/proc/{number}/cmdline")
                if words.exists() and b"geo.edition_build" in words.read_bytes():
                    os.kill(int(number), signal.SIGKILL)
                    killed.set()
                    return
            time.sleep(0.02)

    thread = threading.Thread(target=kill_one)
    thread.start()
    try:
        adopted = board.tool("adopt", str(renamed))
    finally:
        thread.join()
    assert killed.is_set(), "no build was seen"
    assert adopted.returncode == 0, adopted.stdout
    until(lambda: "NEW" in board.whois(*PLACE), "answered after a second build")


async def test_bytes_come_back_as_they_were_put_and_nothing_else_does(valkey_url: str, board_id: str) -> None:
    client = connect(valkey_url, board=board_id)
    store, keys = EditionStore(client, keys_of(board_id)), keys_of(board_id)
    content = os.urandom(100_000)
    edition = await store.put(content)
    assert await store.get(edition) == content
    with pytest.raises(EditionLost, match="not in the store"):
        await store.get("0" * 64)
    await client.set(keys.edition("1" * 64), await client.get(keys.edition(edition)))
    with pytest.raises(EditionLost, match="another file"):
        await store.get("1" * 64)
    await store.say("a:1", edition, 1000.0)
    await store.say("a:2", "", 900.0)
    assert await store.answering(1010.0) == {"a:1": edition}
    await store.leave("a:1")
    assert await store.answering(1010.0) == {}
    await client.aclose()
    await asyncio.sleep(0)
