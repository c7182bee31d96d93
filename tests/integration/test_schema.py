"""The stored layout has a version: older boards are brought forward after a backup, newer ones are refused by name."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from data.connection import connect
from data.keys import keys_of
from data.link import BoardLink
from data.schema import SCHEMA, WrongSchema
from domain.commands import AssignUnits
from tests.integration.stores import give, seeded
from tests.unit.boards import FACTS


async def older_board(url: str, board: str) -> dict[bytes, bytes]:
    """A board as of schema 0: the log alone, and a state of another form. Returns the versions it should have."""
    async with seeded(url, board) as (link, incident):
        await give(link, AssignUnits(incident, ("sffd/E1", "sffd/E2")))
    client, keys = connect(url), keys_of(board)
    versions: dict[bytes, bytes] = await client.hgetall(keys.versions)
    await client.delete(keys.schema, keys.versions, keys.state)
    await client.set(keys.state, '{"units": []}')
    await client.aclose()
    return versions


def tool(root: Path, tmp_path: Path, url: str, *words: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CONCORD_")}
    return subprocess.run(
        [sys.executable, "-m", "tools", *words],
        cwd=root,
        env={**kept, "REDIS_URL": url, "CONCORD_DATA_DIR": str(tmp_path / "var")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


async def test_an_older_board_is_brought_forward_and_is_then_the_fold_of_its_log(
    valkey_url: str, board_id: str, project_root: Path, tmp_path: Path
) -> None:
    versions = await older_board(valkey_url, board_id)
    with pytest.raises(WrongSchema, match=r"has schema 0, .* tools migrate"):
        async with BoardLink.open(valkey_url, board_id, FACTS):
            pass
    client, keys = connect(valkey_url), keys_of(board_id)

    dry = tool(project_root, tmp_path, valkey_url, "migrate", "--board", board_id, "--dry-run")
    assert dry.returncode == 0, dry.stderr
    assert "would change" in dry.stdout
    assert await client.get(keys.schema) is None
    assert await client.exists(keys.versions) == 0

    done = tool(project_root, tmp_path, valkey_url, "migrate", "--board", board_id)
    assert done.returncode == 0, done.stderr
    assert f"has schema {SCHEMA}" in done.stdout
    assert (tmp_path / "var" / "backups" / f"{board_id}-before-schema-{SCHEMA}.zip").is_file()
    assert await client.hgetall(keys.versions) == versions
    async with BoardLink.open(valkey_url, board_id, FACTS) as link:
        (incident,) = (each.id for each in link.board.open_incidents())
        await give(link, AssignUnits(incident, ("sffd/E3",)))
    again = tool(project_root, tmp_path, valkey_url, "migrate", "--board", board_id)
    assert "already" in again.stdout
    await client.aclose()


async def test_a_newer_board_is_refused_by_name(
    valkey_url: str, board_id: str, project_root: Path, tmp_path: Path
) -> None:
    async with seeded(valkey_url, board_id):
        pass
    client, keys = connect(valkey_url), keys_of(board_id)
    await client.set(keys.schema, SCHEMA + 1)
    await client.aclose()
    words = f"board {board_id} has schema {SCHEMA + 1}; this release knows up to {SCHEMA}: use the newer release"
    with pytest.raises(WrongSchema, match=words):
        async with BoardLink.open(valkey_url, board_id, FACTS):
            pass
    refused = tool(project_root, tmp_path, valkey_url, "migrate", "--board", board_id)
    assert refused.returncode == 2
    assert words in refused.stderr
