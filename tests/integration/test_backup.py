"""Backup and restore, drilled: what comes back is the board, and what is damaged is refused by name."""

from __future__ import annotations

import asyncio
import json
import os
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from data.backup import BadBackup, back_up, read_backup, restore
from data.connection import connect
from data.keys import keys_of
from data.link import BoardLink
from data.local_stores import LocalCluster
from domain.commands import AddNote, AssignUnits
from domain.outcome import OutcomeStatus
from domain.position import Fix
from tests.integration.stores import Crowd, ask, give, seeded
from tests.unit.boards import FACTS


async def everything(url: str, board: str) -> dict[str, Any]:
    """State, versions, log and known command ids of a board, as stored."""
    client, keys = connect(url, board=board), keys_of(board)
    try:
        commands = {key: await client.hgetall(key) async for key in client.scan_iter(match=keys.command("*"))}
        return {
            "seq": await client.get(keys.seq),
            "schema": await client.get(keys.schema),
            "state": await client.hgetall(keys.state),
            "versions": await client.hgetall(keys.versions),
            "log": await client.xrange(keys.log),
            "positions": await client.hgetall(keys.positions),
            "tracks": await client.xrange(keys.tracks),
            "commands": {key.split(b"}", 1)[1]: value for key, value in commands.items()},
        }
    finally:
        await client.aclose()


async def backed_up(url: str, board: str, out: Path) -> None:
    client = connect(url, board=board)
    try:
        await back_up(client, keys_of(board), out)
    finally:
        await client.aclose()


async def restored(url: str, board: str, file: Path, *, replace: bool = False) -> None:
    client = connect(url, board=board)
    try:
        await restore(client, keys_of(board), file, replace=replace)
    finally:
        await client.aclose()


def contents(file: Path) -> bytes:
    return file.read_bytes()


@pytest.fixture
async def file(valkey_url: str, board_id: str, tmp_path: Path) -> Path:
    """A backup of a board on which something happened."""
    async with seeded(valkey_url, board_id) as (link, incident):
        await give(link, AssignUnits(incident, ("sffd/E1",)))
        await link.report_positions([Fix("sffd/E1", 1, -122.4, 37.7, 90, 10, 1.0)])
        await link.send(ask(AddNote(incident, "água · 水"), name="the-known-one"))
    out = tmp_path / "board.zip"
    await backed_up(valkey_url, board_id, out)
    return out


async def test_a_restored_board_equals_the_one_that_was_backed_up(
    valkey_url: str, board_id: str, file: Path, tmp_path: Path
) -> None:
    other = f"{board_id}-again"
    await restored(valkey_url, other, file)
    assert await everything(valkey_url, other) == await everything(valkey_url, board_id)
    async with (
        BoardLink.open(valkey_url, board_id, FACTS) as before,
        BoardLink.open(valkey_url, other, FACTS) as after,
    ):
        assert after.board.state() == before.board.state()
        (incident,) = (each.id for each in after.board.open_incidents())
        known = await after.send(ask(AddNote(incident, "água · 水"), name="the-known-one"))
        assert known.accepted
        assert after.board.seq == before.board.seq  # the id was known: it did not happen again
        misuse = await after.send(ask(AddNote(incident, "another"), name="the-known-one"))
        assert misuse.status == OutcomeStatus.MISUSED
        assert (await give(after, AddNote(incident, "and on"))).seq == before.board.seq + 1


async def test_a_backup_of_a_busy_board_is_of_one_moment(valkey_url: str, board_id: str, tmp_path: Path) -> None:
    out, crowd = tmp_path / "busy.zip", Crowd()
    async with seeded(valkey_url, board_id) as (link, incident), crowd.at_work(link, incident, 8, 0.0):
        await asyncio.sleep(0.3)
        began = time.monotonic()
        await backed_up(valkey_url, board_id, out)
        took = time.monotonic() - began
        await asyncio.sleep(0.1)
    other = f"{board_id}-b"
    await restored(valkey_url, other, out)
    held = await everything(valkey_url, other)
    assert int(held["seq"]) == len(held["log"]) == read_backup(out).seq
    assert max(int(value[b"last"]) for value in held["commands"].values()) <= int(held["seq"])
    versions = {ref.decode(): int(version) for ref, version in held["versions"].items()}
    async with BoardLink.open(valkey_url, other, FACTS) as link:  # the fold of its log is its state
        assert {ref: version for ref, (version, _) in link.board.state().items()} == versions
    print("\n" + json.dumps({"events": len(held["log"]), "backup_s": round(took, 2), "bytes": out.stat().st_size}))


async def test_a_board_that_holds_something_is_not_overwritten_unless_asked(
    valkey_url: str, board_id: str, file: Path
) -> None:
    async with BoardLink.open(valkey_url, board_id, FACTS) as link:
        (incident,) = (each.id for each in link.board.open_incidents())
        await give(link, AddNote(incident, "after the backup"))
    with pytest.raises(BadBackup, match=r"is not empty .* --replace"):
        await restored(valkey_url, board_id, file)
    assert b"after the backup" in repr((await everything(valkey_url, board_id))["log"]).encode()
    await restored(valkey_url, board_id, file, replace=True)
    assert b"after the backup" not in repr((await everything(valkey_url, board_id))["log"]).encode()


@pytest.mark.parametrize("part", ["log", "core", "commands", "manifest"])
async def test_a_damaged_file_is_refused_by_the_part_that_is_damaged_and_nothing_is_touched(
    valkey_url: str, board_id: str, file: Path, tmp_path: Path, part: str
) -> None:
    name = "manifest.json" if part == "manifest" else f"{part}.jsonl"
    with zipfile.ZipFile(file) as archive:
        entry = archive.getinfo(name)
        place = entry.header_offset + 30 + len(name) + entry.compress_size // 2
    data = bytearray(contents(file))
    data[place] ^= 0xFF
    broken = tmp_path / "broken.zip"
    broken.write_bytes(data)
    other = f"{board_id}-c"
    with pytest.raises(
        BadBackup, match=r"is damaged .*manifest" if part == "manifest" else rf"damaged in {part}\.jsonl"
    ):
        await restored(valkey_url, other, broken)
    client = connect(valkey_url)
    assert not [key async for key in client.scan_iter(match=f"{{{other}}}*")]
    await client.aclose()


async def test_a_part_that_was_exchanged_is_noticed_by_its_checksum(
    valkey_url: str, board_id: str, file: Path, tmp_path: Path
) -> None:
    forged = tmp_path / "forged.zip"
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(forged, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace("água".encode(), b"fogo"))
    with pytest.raises(BadBackup, match=r"damaged in log\.jsonl: its checksum is another"):
        await restored(valkey_url, f"{board_id}-d", forged)


async def test_half_a_file_is_refused(file: Path, tmp_path: Path) -> None:
    half = tmp_path / "half.zip"
    half.write_bytes(contents(file)[: len(contents(file)) // 2])
    with pytest.raises(BadBackup, match="is damaged or no backup"):
        read_backup(half)
    with pytest.raises(BadBackup, match="no such file"):
        read_backup(tmp_path / "nothing.zip")


async def test_an_empty_board_has_nothing_to_back_up(valkey_url: str, board_id: str, tmp_path: Path) -> None:
    with pytest.raises(BadBackup, match="holds nothing"):
        await backed_up(valkey_url, board_id, tmp_path / "x.zip")
    assert not os.listdir(tmp_path)


async def test_a_board_moves_from_one_server_into_a_cluster(
    valkey_url: str, board_id: str, file: Path, tmp_path: Path
) -> None:
    with LocalCluster(tmp_path / "cluster") as cluster:
        await restored(cluster.url, "moved", file)
        assert await everything(cluster.url, "moved") == await everything(valkey_url, board_id)
