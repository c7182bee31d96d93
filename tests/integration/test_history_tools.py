"""`python -m tools archive` and `history`, as somebody types them."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pasts import past

from tools.__main__ import main


@pytest.fixture
def stamps(valkey_url: str, board_id: str, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The times of a board's events; the tools find its server through the environment."""

    async def make() -> list[float]:
        async with past(valkey_url, board_id, 900) as made:
            await made.snapshots()
            return [float(fields[b"at"]) for _, fields in await made.log()]

    monkeypatch.setenv("REDIS_URL", valkey_url)
    return asyncio.run(make())


def test_history_shows_the_board_as_of_then_also_from_the_archive(
    stamps: list[float], board_id: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at = datetime.fromtimestamp(stamps[700], UTC).isoformat()
    ask = ["history", "--board", board_id, "--at", at, "--folder", str(tmp_path)]
    assert main(ask) == 0
    shown = capsys.readouterr().out
    assert "Bench, as of " in shown.splitlines()[0]
    assert " P" in shown.splitlines()[0], "not in the board's zone (PST or PDT)"
    assert re.match(r"\d+ open incidents, [1-9]\d* of 48 units at work", shown.splitlines()[1])
    assert "Received: " in shown
    assert main(["archive", "--board", board_id, "--keep", "50", "--folder", str(tmp_path)]) == 0
    assert "bytes an event" in capsys.readouterr().out
    assert main(ask) == 0
    assert capsys.readouterr().out == shown


def test_before_the_first_event_there_was_no_board(
    stamps: list[float], board_id: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at = datetime.fromtimestamp(stamps[0] - 1, UTC).isoformat()
    assert main(["history", "--board", board_id, "--at", at, "--folder", str(tmp_path)]) == 1
    assert "no board yet" in capsys.readouterr().out


def test_a_time_nobody_can_read_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["history", "--at", "yesterday"])
    assert "is no time; write 2026-11-23T14:00:00-08:00" in capsys.readouterr().err
