"""The embedded store on real servers: one per folder, adopted, durable, and clear about what is wrong."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from data.embedded import StoreDamaged, ensure_server, server_answers, server_pid, stop_server
from domain.errors import StoreUnavailable

START = """
import sys
from pathlib import Path
from data.embedded import ensure_server
print(ensure_server(Path(sys.argv[1])))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A data folder whose server, if any, is gone afterwards."""
    folder = tmp_path / "valkey"
    yield folder
    stop_server(folder)


def start_elsewhere(folder: Path, root: Path, **environment: str) -> subprocess.Popen[str]:
    """Another process that asks for the folder's server and ends."""
    return subprocess.Popen(
        [sys.executable, "-c", START, str(folder)],
        cwd=root,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def answer_of(process: subprocess.Popen[str]) -> str:
    """What it printed; fails with its error if it failed."""
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    return out.strip()


def wait_until(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    """Fail unless something becomes true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def kill_server(folder: Path) -> int:
    """kill -9 the folder's server; its process id."""
    pid = server_pid(folder)
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: server_pid(folder) is None)
    return pid


def servers_of(folder: Path) -> set[int]:
    """Process ids of every server told to use this folder, by the kernel's own account."""
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes()
                state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
            except OSError:
                continue
            if b"valkey-server" in words and os.fsencode(folder) in words and state != "Z":
                found.add(int(entry.name))
    return found


def test_eight_processes_that_race_get_one_server(folder: Path, project_root: Path) -> None:
    racers = [start_elsewhere(folder, project_root) for _ in range(8)]
    addresses = {answer_of(racer) for racer in racers}
    assert len(addresses) == 1
    told = {redis.Redis.from_url(address).info("server")["process_id"] for address in addresses}
    assert told == {server_pid(folder)}
    if sys.platform == "linux":
        assert servers_of(folder) == told


def test_a_server_whose_starter_is_gone_is_adopted_not_doubled(folder: Path, project_root: Path) -> None:
    address = answer_of(start_elsewhere(folder, project_root))
    orphan = server_pid(folder)
    assert orphan is not None
    assert ensure_server(folder) == address
    assert server_pid(folder) == orphan


def test_every_acknowledged_write_survives_a_kill_of_the_server(folder: Path) -> None:
    store = redis.Redis.from_url(ensure_server(folder))
    for number in range(500):
        store.xadd("log", {"n": number})
    killed = kill_server(folder)
    again = redis.Redis.from_url(ensure_server(folder))
    assert server_pid(folder) != killed
    assert [int(fields[b"n"]) for _, fields in again.xrange("log")] == list(range(500))


def test_the_append_only_file_is_on_and_nothing_is_ever_evicted(folder: Path) -> None:
    store = redis.Redis.from_url(ensure_server(folder, appendfsync="always"))
    settings = store.config_get("append*", "maxmemory-policy", "save", "port")
    assert settings["appendonly"] == "yes"
    assert settings["appendfsync"] == "always"
    assert settings["maxmemory-policy"] == "noeviction"
    assert settings["save"] == ""
    assert settings["port"] == "0"


def test_a_stopped_server_is_gone_and_starts_again_with_its_data(folder: Path) -> None:
    address = ensure_server(folder)
    redis.Redis.from_url(address).set("incident", "BAY-2026-000001")
    stop_server(folder)
    assert server_pid(folder) is None
    assert not server_answers(folder)
    assert ensure_server(folder) == address
    assert redis.Redis.from_url(address).get("incident") == b"BAY-2026-000001"


def test_stopping_what_never_ran_is_no_error(tmp_path: Path) -> None:
    stop_server(tmp_path / "nothing")
    assert server_pid(tmp_path / "nothing") is None


def test_a_server_that_hangs_is_named_and_can_still_be_stopped(folder: Path) -> None:
    ensure_server(folder)
    pid = server_pid(folder)
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    with pytest.raises(StoreUnavailable, match=rf"process {pid} holds .* does not answer"):
        ensure_server(folder, timeout=0.3)
    stop_server(folder, timeout=0.3)
    assert server_pid(folder) is None


@pytest.mark.parametrize("name", ["x" * 120, "a folder with 'odd' \"signs\" % and ü"])
def test_a_long_or_odd_path_works_from_any_process(tmp_path: Path, project_root: Path, name: str) -> None:
    folder = tmp_path / name
    address = ensure_server(folder)
    redis.Redis.from_url(address).set("unit", "sffd/E14")
    elsewhere = tmp_path / "other-tmp"
    elsewhere.mkdir()
    try:
        assert answer_of(start_elsewhere(folder, project_root, TMPDIR=str(elsewhere))) == address
        kill_server(folder)
        assert ensure_server(folder) == address  # clients reconnect to the path they know
        assert redis.Redis.from_url(address).get("unit") == b"sffd/E14"
    finally:
        stop_server(folder)


def test_a_damaged_append_only_file_is_one_clear_error_and_stays_as_it_is(folder: Path) -> None:
    store = redis.Redis.from_url(ensure_server(folder))
    for number in range(100):
        store.set(f"incident:{number}", "x" * 20)
    kill_server(folder)
    (file,) = (folder / "appendonlydir").glob("*.incr.aof")
    damaged = bytearray(file.read_bytes())
    damaged[len(damaged) // 2 : len(damaged) // 2 + 8] = b"\0" * 8
    file.write_bytes(damaged)
    with pytest.raises(StoreDamaged) as caught:
        ensure_server(folder)
    assert "Bad file format" in str(caught.value)
    assert "valkey-check-aof --fix" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert file.read_bytes() == damaged
    assert server_pid(folder) is None


def test_a_cut_tail_costs_only_the_last_write(folder: Path) -> None:
    # always: with everysec the server may answer before it writes, while an earlier write is being forced to disk.
    store = redis.Redis.from_url(ensure_server(folder, appendfsync="always"))
    store.set("first", "kept")
    store.set("last", "cut")
    kill_server(folder)
    (file,) = (folder / "appendonlydir").glob("*.incr.aof")
    os.truncate(file, file.stat().st_size - 3)
    again = redis.Redis.from_url(ensure_server(folder))
    assert again.get("first") == b"kept"
    assert again.get("last") is None


def test_a_folder_that_cannot_be_made_is_named_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreUnavailable, match=r"cannot make the folder .* set CONCORD_DATA_DIR"):
        ensure_server(tmp_path / "file" / "valkey")


def test_an_unknown_fsync_policy_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="'sometimes' is not one of always, everysec, no"):
        ensure_server(tmp_path, appendfsync="sometimes")


def test_the_wheels_own_launcher_is_never_loaded(folder: Path, project_root: Path) -> None:
    script = START + "print(sorted(name for name in sys.modules if name.startswith('valkey')))"
    run = subprocess.run([sys.executable, "-c", script, str(folder)], cwd=project_root, capture_output=True, text=True)
    assert run.stdout.splitlines()[-1] == "[]", run.stderr
