"""The running service: of its web processes one seals; when it is killed another does; the history verifies."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import redis

from tests.integration.test_serve import Start, serve

__all__ = ["serve"]
SIMULATOR = {"CONCORD_SIMULATOR": "on", "CONCORD_SIMULATOR_SURGE": "20"}


def head_of(url: str) -> dict[str, Any]:
    with urllib.request.urlopen(f"{url}/seals/head", timeout=5) as answer:
        return dict(json.load(answer))


def test_one_web_process_seals_and_another_takes_over_when_it_is_killed(
    serve: Start, tmp_path: Path, project_root: Path
) -> None:
    service = serve("app:create_server", seeded=True, CONCORD_WORKERS="2", **SIMULATOR)
    url = service.live()
    deadline = time.monotonic() + 10
    while not (head := head_of(url))["seal"] and time.monotonic() < deadline:
        time.sleep(0.1)
    assert head["seal"]
    assert head["trouble"] == []
    assert "BEGIN PUBLIC KEY" in head["public_key"]

    with redis.Redis.from_url(f"unix://{(service.store / 'address').read_text()}") as store:
        holder = store.hget("{bay}:sealer", "holder")
        assert isinstance(holder, bytes)
        os.kill(int(holder.split(b":")[1]), signal.SIGKILL)
        killed = time.monotonic()
        while store.xrevrange("{bay}:seals", count=1)[0][1][b"token"] == str(head["seal"]["token"]).encode():
            assert time.monotonic() - killed < 3.5, "nobody took over"
            time.sleep(0.02)

    environment = {**os.environ, "CONCORD_DATA_DIR": str(tmp_path / "var")}
    verified = subprocess.run(
        [sys.executable, "-m", "tools", "verify"], cwd=project_root, env=environment, capture_output=True, text=True
    )
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert service.end()[0] == 0
