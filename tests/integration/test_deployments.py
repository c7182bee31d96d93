"""`python -m tools deploy`, every kind: it comes up, is in order, takes a board, and leaves nothing running."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from data.local_stores import NoTlsServer, find_tls_server
from domain.commands import AssignUnits
from tests.integration.stores import give, seeded

KINDS = ("single", "sentinel", "cluster", "tls")


def environment(**settings: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CONCORD_", "REDIS_URL"))}
    return {**kept, "PYTHONUNBUFFERED": "1", **settings}


def tool(root: Path, url: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tools", *words],
        cwd=root,
        env=environment(REDIS_URL=url),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


class Deployed:
    """A `deploy` process, the URL it printed and the addresses of its servers."""

    def __init__(self, root: Path, folder: Path, kind: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tools", "deploy", kind, "--folder", str(folder)],
            cwd=root,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self.process.stdout is not None
        self.said: list[str] = []
        hung = threading.Timer(30.0, self.process.kill)
        hung.start()
        for line in self.process.stdout:
            self.said.append(line)
            if line.startswith("REDIS_URL="):
                break
        hung.cancel()
        found = re.search(r"^REDIS_URL=(\S+)", "".join(self.said), re.MULTILINE)
        assert found, "".join(self.said)
        self.url = found.group(1)

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.terminate()
        self.process.communicate(timeout=30)
        return self.process.returncode


@pytest.fixture(params=KINDS)
def deployed(request: pytest.FixtureRequest, project_root: Path, tmp_path: Path) -> Iterator[Deployed]:
    if request.param == "tls":
        try:
            find_tls_server()
        except NoTlsServer as none:
            pytest.skip(str(none))
    started = Deployed(project_root, tmp_path, request.param)
    yield started
    started.stop()


async def test_a_deployed_store_is_in_order_takes_a_board_and_leaves_nothing_running(
    deployed: Deployed, project_root: Path, tmp_path: Path, board_id: str
) -> None:
    checked = tool(project_root, deployed.url, "check-store")
    assert (checked.returncode, "nothing is wrong" in checked.stdout) == (0, True), checked.stdout + checked.stderr
    assert "practice-only" not in checked.stdout
    async with seeded(deployed.url, board_id) as (link, incident):
        await give(link, AssignUnits(incident, ("sffd/E1",)))
    if deployed.url.startswith("cluster://"):
        where = tool(project_root, deployed.url, "deploy", "where")
        assert len({line.split()[-1] for line in where.stdout.splitlines()}) == 3, where.stdout + where.stderr
    assert deployed.stop() == 0
    assert not [pid for pid, words in processes() if str(tmp_path) in words]


def processes() -> Iterator[tuple[int, str]]:
    """Running processes with their command lines (Linux; nothing elsewhere)."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            yield int(process.name), (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue


def test_what_the_check_finds_is_said_with_status_1(valkey_url: str, project_root: Path) -> None:
    checked = tool(project_root, valkey_url + "?replicas=1", "check-store")
    assert checked.returncode == 1, checked.stdout + checked.stderr
    assert checked.stdout.startswith("WRONG  0 replicas follow, commands ask for 1")


def test_a_program_that_is_not_there_is_said(project_root: Path) -> None:
    refused = tool(project_root, "", "deploy", "single", "--server", "no-such-server")
    assert refused.returncode == 2
    assert "no such program" in refused.stderr
