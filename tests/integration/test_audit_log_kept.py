"""The audit log where others would lose it: exported, backed up while it grows, refused by the store, spoilt."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import redis

from data.audit_log import AuditLog
from data.backup import back_up, restore
from data.connection import connect
from data.keys import keys_of
from tests.integration.stores import seeded
from tests.integration.test_audit_log import audit_log, seen


class Busy:
    """A client of a board whose audit log gets another entry before every single read."""

    def __init__(self, client: Any, log: AuditLog) -> None:
        self._client, self._log = client, log

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        if name not in ("get", "xrange", "type", "pttl"):
            return found

        async def read(*args: Any, **options: Any) -> Any:
            await self._log.record(seen("meanwhile"))
            return await found(*args, **options)

        return read


async def test_a_backup_of_a_growing_audit_log_comes_back_whole_and_takes_entries_again(
    valkey_url: str, board_id: str, tmp_path: Path
) -> None:
    keys, kept = keys_of(board_id), keys_of(board_id + "/audit")
    file = tmp_path / "board.zip"
    async with seeded(valkey_url, board_id), audit_log(valkey_url, board_id) as log:
        for n in range(5):
            await log.record(seen(str(n)))
        client = connect(valkey_url, board=board_id)
        await back_up(Busy(client, log), keys, file)
    await restore(client, keys, file, replace=True)
    ends, ids = int(await client.get(kept.seq)), [entry_id for entry_id, _ in await client.xrange(kept.log)]
    assert ends >= 5
    assert ids == [b"%d-0" % n for n in range(1, ends + 1)]
    assert not [key async for key in client.scan_iter(match=kept.command("*"))]
    await client.aclose()
    async with audit_log(valkey_url, board_id) as log:
        await log.record(seen("after the restore"))
        assert (await log.find(lambda line: True, count=1)).lines[0].seq == ends + 1


async def test_the_tool_exports_the_audit_log_when_asked_for_it_and_not_the_boards_own(
    valkey_url: str, board_id: str, tmp_path: Path
) -> None:
    async with seeded(valkey_url, board_id), audit_log(valkey_url, board_id) as log:
        await log.record(seen("a look"))
    out = tmp_path / "audit.ndjson"
    run = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "tools", "verify", "--audit", "--board", board_id, "--export", str(out)],
        env={**os.environ, "REDIS_URL": valkey_url, "CONCORD_DATA_DIR": str(tmp_path / "var")},
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert lines[0]["board"] == board_id + "/audit"
    assert [line["kind"] for line in lines if "id" in line] == ["viewed"]


async def test_a_store_that_takes_no_entries_is_told_in_the_log_of_the_process(
    valkey_url: str, board_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    client = redis.Redis.from_url(valkey_url)
    async with audit_log(valkey_url, board_id) as log:
        await log.record(seen("one"))
        client.set(keys_of(board_id + "/audit").seq, 0)  # whoever wound the number back
        log.note(seen("two"))
        await asyncio.sleep(1.0)
        said = [
            each.getMessage() for each in caplog.records if each.name == "concord.audit" and each.levelname == "ERROR"
        ]
        assert len(said) == 1, "said once, not at every try"
        assert "waits" in said[0]
        client.set(keys_of(board_id + "/audit").seq, 1)
        await log.record(seen("three"))
        assert [line.entry.what for line in (await log.find(lambda line: True)).lines] == ["three", "two", "one"]
    client.close()


async def test_an_entry_that_cannot_be_read_hides_no_other_and_is_named(valkey_url: str, board_id: str) -> None:
    keys, client = keys_of(board_id + "/audit"), redis.Redis.from_url(valkey_url)
    async with audit_log(valkey_url, board_id) as log:
        await log.record(seen("one"))
        client.xadd(keys.log, {"kind": "viewed", "at": "1.0", "schema": "1", "body": "{"}, id="2-0")
        client.xadd(keys.log, {"kind": "viewed"}, id="3-0")
        client.set(keys.seq, 3)
        await log.record(seen("four"))
        found = await log.find(lambda line: True)
        assert [line.seq for line in found.lines] == [4, 1]
        assert found.unreadable == [3, 2]
    client.close()
