"""A history whose first events lie in the archive is proved as one whose events are all in the store."""

from __future__ import annotations

from pathlib import Path

from data.archive import Archive
from data.audit import verify_store
from data.event_files import archived_entries, event_files, write_events
from data.snapshots import Header, Index
from tests.integration.sealed import history


async def test_archived_events_are_verified_and_one_that_was_altered_is_named(
    valkey_url: str, board_id: str, tmp_path: Path
) -> None:
    async with history(valkey_url, board_id, tmp_path) as (link, part):
        last = link.board.seq
        work = Archive(part._client, link.keys, tmp_path / "archive")

        async def index() -> Index:
            return Index([Header(0, last, link.now(), link.now(), "x")])

        work._snapshots.index = index  # type: ignore[method-assign]  # the board is too small for one of its own
        await link._say_place()
        done = await work.run(1, link.now())
        assert done.log_begins > 1

        outside = tmp_path / f"{board_id}.ndjson"
        earlier = list(archived_entries(tmp_path / "archive"))
        assert [seq for seq, _ in earlier] == list(range(1, earlier[-1][0] + 1))
        whole = await verify_store(valkey_url, board_id, part.ring, outside, earlier=earlier)
        assert whole.status == 0, whole.findings

        without = await verify_store(valkey_url, board_id, part.ring, outside)
        assert without.status != 0

        seq, fields = earlier[9]
        earlier[9] = (seq, {**fields, b"body": fields[b"body"].replace(b"sffd", b"smfd")})
        (file,) = event_files(tmp_path / "archive")
        file.path.unlink()
        write_events(tmp_path / "archive", earlier)
        altered = await verify_store(
            valkey_url, board_id, part.ring, outside, earlier=archived_entries(tmp_path / "archive")
        )
        assert altered.status == 1
        assert f"event {seq}" in altered.findings[0].what
