"""The audit log: written once each, chained and sealed, found again, and told apart from one that was changed."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import redis

from data.audit import export_store, verify_export, verify_store
from data.audit_log import AuditLog
from data.connection import connect, load_functions
from data.embedded import ensure_server, stop_server
from data.keys import keys_of
from data.sealing import Sealing
from data.signing import KeyRing
from domain.audit_entry import LONGEST, AuditKind, audit_entry
from domain.commands import Role
from domain.errors import StoreUnavailable
from domain.identity import Identity

ADA = Identity("ada", "Ada Byron", "sffd", Role.DISPATCHER, "s" * 64)


@contextlib.asynccontextmanager
async def audit_log(url: str, board: str) -> AsyncIterator[AuditLog]:
    client = connect(url, connections=1)
    await load_functions(client)
    await client.aclose()
    log = AuditLog(url, board)
    async with log.running():
        yield log


def seen(what: str) -> Any:
    return audit_entry(AuditKind.VIEWED, ADA, what, subject="incident:X", label=2)


async def sealed(url: str, board: str, folder: Path, seq: int) -> Path:
    """Wait until the audit log is sealed up to an entry; the file of seals."""
    file = folder / "audit.ndjson"
    sealing = Sealing(url, board + "/audit", folder / "keys", file)
    async with sealing.running():
        async with asyncio.timeout(15):
            while True:
                head = await sealing.head()
                if head["seal"] and head["seal"]["seq"] >= seq and file.exists():  # type: ignore[index]
                    break
                await asyncio.sleep(0.1)
        await asyncio.sleep(1.5)  # the witness copies the last seal
    return file


async def test_entries_of_two_processes_keep_one_numbering_and_are_found_newest_first(
    valkey_url: str, board_id: str
) -> None:
    async with audit_log(valkey_url, board_id) as one, audit_log(valkey_url, board_id) as two:
        await asyncio.gather(
            *(log.record(seen(f"{name} {n}")) for n in range(40) for name, log in (("a", one), ("b", two)))
        )
        found = await one.find(lambda line: True, count=100)
        assert [line.seq for line in found.lines] == list(range(80, 0, -1))
        assert {line.entry.what for line in found.lines} == {f"{name} {n}" for n in range(40) for name in "ab"}
        page = await one.find(lambda line: line.entry.what.startswith("a "), count=30)
        rest = await one.find(lambda line: line.entry.what.startswith("a "), before=page.older, count=30)
        assert len(page.lines) == 30
        assert len(rest.lines) == 10
        assert rest.older == 0


async def test_what_was_noted_is_written_before_the_process_ends(valkey_url: str, board_id: str) -> None:
    async with audit_log(valkey_url, board_id) as log:
        for n in range(500):
            log.note(seen(str(n)))
    async with audit_log(valkey_url, board_id) as log:
        assert len((await log.find(lambda line: True, count=1000)).lines) == 500


async def test_a_sealed_log_is_good_and_a_changed_dropped_or_moved_entry_is_found(
    valkey_url: str, board_id: str, tmp_path: Path
) -> None:
    async with audit_log(valkey_url, board_id) as log:
        for n in range(10):
            await log.record(seen(f"look {n}"))
    file = await sealed(valkey_url, board_id, tmp_path, 10)
    ring = KeyRing(tmp_path / "keys")
    name = board_id + "/audit"
    report = await verify_store(valkey_url, name, ring, file)
    assert (report.status, report.events, report.sealed) == (0, 10, 10), report.findings

    export = tmp_path / "export.ndjson"
    assert await export_store(valkey_url, name, export) == 10
    assert (await verify_export(export, ring, file)).status == 0
    lines = export.read_text().splitlines(keepends=True)
    entries = [at for at, line in enumerate(lines) if '"id":' in line]
    changed = [*lines]
    changed[entries[4]] = changed[entries[4]].replace("look 4", "look 5")
    dropped = [line for at, line in enumerate(lines) if at != entries[4]]
    moved = [*lines]
    moved[entries[4]], moved[entries[5]] = moved[entries[5]], moved[entries[4]]
    for spoilt in (changed, dropped, moved):
        other = tmp_path / "spoilt.ndjson"
        other.write_text("".join(spoilt))
        assert (await verify_export(other, ring, file)).status == 1

    keys = keys_of(name)
    client = redis.Redis.from_url(valkey_url)
    entry = client.xrange(keys.log, "3-0", "3-0")[0][1]
    client.xdel(keys.log, "3-0")
    report = await verify_store(valkey_url, name, ring, file)
    assert report.status == 1
    assert entry[b"kind"] == b"viewed"
    client.close()


def independent_heads(board: str, lines: list[str]) -> dict[int, str]:
    """The chain by the words of docs/verify.md, without our code: sequence number -> head."""
    head = hashlib.sha256(b"concord-chain-1\n" + board.encode()).digest()
    heads = {}
    for line in map(json.loads, lines):
        if "id" in line:
            seq = line["id"].split("-")[0]
            parts = [seq, line["kind"], line["at"], line["schema"], line["body"]]
            form = b"".join(b"%d:%b," % (len(part.encode()), part.encode()) for part in parts)
            head = hashlib.sha256(head + form).digest()
            heads[int(seq)] = head.hex()
    return heads


async def test_an_export_is_proved_by_fifteen_lines_that_are_not_ours(
    valkey_url: str, board_id: str, tmp_path: Path
) -> None:
    async with audit_log(valkey_url, board_id) as log:
        for n in range(5):
            await log.record(seen(f"look {n}"))
    await sealed(valkey_url, board_id, tmp_path, 5)
    export = tmp_path / "export.ndjson"
    name = board_id + "/audit"
    await export_store(valkey_url, name, export)
    lines = export.read_text().splitlines()
    heads = independent_heads(name, lines)
    seals = [line for line in map(json.loads, lines) if "seal" in line]
    assert seals
    assert all(heads[int(seal["seq"])] == seal["hash"] for seal in seals)


async def test_while_the_store_is_away_notes_wait_and_a_look_is_refused(tmp_path: Path, board_id: str) -> None:
    url = ensure_server(tmp_path)
    try:
        async with audit_log(url, board_id) as log:
            await log.record(seen("before"))
            stop_server(tmp_path)
            log.note(seen("meanwhile"))
            with pytest.raises(StoreUnavailable):
                await log.record(seen("a look"))
            ensure_server(tmp_path)
            await log.record(seen("after"))
            found = await log.find(lambda line: True)
            assert [line.entry.what for line in found.lines] == ["after", "a look", "meanwhile", "before"]
    finally:
        stop_server(tmp_path)


def test_an_entry_is_bounded_and_free_of_control_characters_and_carries_no_session() -> None:
    entry = audit_entry("refused", ADA, "x\x00\x1b[31m" + "y" * 1000)
    assert len(entry.what) <= LONGEST
    assert entry.what.isprintable()
    assert len(entry.session) == 12
