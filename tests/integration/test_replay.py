"""A replay onto a real store: everything is answered, nothing vanishes."""

from __future__ import annotations

import asyncio
import csv
import math
import re
import subprocess
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from data.link import BoardLink
from domain.agency import Agency, Discipline
from domain.incident import IncidentStatus
from domain.region import Region
from domain.response_plan import Need, ResponsePlan
from domain.rules import Facts
from domain.unit import Unit
from tools.replay import types_by_name, units_by_callsign
from tools.replaying.account import Account
from tools.replaying.plan import StepKind, plan
from tools.replaying.player import Player
from tools.replaying.rows import STAMP_COLUMNS, gather, read_calls
from tools.seed import seed

ZONE = ZoneInfo("America/Los_Angeles")
PLANS = {"ALARMS": ResponsePlan("ALARMS", "Alarms", "A", "fire", 2, ((Need("ENGINE", 1),),))}
REGION = Region(
    "sf-test",
    "San Francisco",
    "America/Los_Angeles",
    "SF",
    (-122.4, 37.75, 12.0),
    agencies=(Agency("sffd", "Fire", "Fire", Discipline.FIRE), Agency("amb", "Ambulance", "Amb", Discipline.EMS)),
    units=tuple(
        Unit(f"{agency}/{name}", agency, name, kind, (kind,), 2, "", -122.4, 37.7)
        for agency, name, kind in (("sffd", "E1", "ENGINE"), ("sffd", "E2", "ENGINE"), ("amb", "AM1", "ALS"))
    ),
    plans=tuple(PLANS.values()),
)


def line(call: str, unit: str, received: str, **stamps: str) -> dict[str, str]:
    """A line of the file; times are `HH:MM` of one morning, stamps by status name."""
    words = {"Call Number": call, "Unit ID": unit, "Call Type": "Alarms", "RowID": f"{call}-{unit}"}
    words |= {"Location": "(37.75, -122.42)", "Received DtTm": f"04/07/2020 {received}:00 AM"}
    for status, column in STAMP_COLUMNS.items():
        words[column] = f"04/07/2020 {stamps[status]}:00 AM" if status in stamps else ""
    return words


async def replayed(link: BoardLink, lines: list[dict[str, str]], rate: float = math.inf) -> Account:
    if not link.board.seq:
        await seed(link, REGION)
    player = Player(
        link,
        plan(gather(lines, ZONE, "test")),
        rate=rate,
        types=types_by_name(PLANS),
        units=units_by_callsign(link.board, "sffd"),
        lead="sffd",
        run="test",
    )
    return await asyncio.wait_for(player.play(asyncio.Event()), 30)


async def test_a_recorded_call_is_played_with_its_recorded_times(valkey_url: str, board_id: str) -> None:
    row = line("7", "AM1", "08:00", dispatched="08:01", en_route="08:02", on_scene="08:09", transporting="08:20",
               at_destination="08:31", cleared="08:50")  # fmt: skip
    async with BoardLink.open(valkey_url, board_id, Facts(plans=PLANS)) as link:
        account = await replayed(link, [row])
        assert account.complete
        assert not account.refused_by_rule
        (incident,) = link.board.incidents()
        (assignment,) = link.board.assignments_of(incident.id)
    assert (incident.external_id, incident.status, incident.lead_agency) == ("7", IncidentStatus.CLOSED, "sffd")
    minutes = {status: (when - incident.received_at) / 60 for status, when in assignment.stamps.items()}
    assert minutes == {
        "dispatched": 1,
        "en_route": 2,
        "on_scene": 9,
        "transporting": 20,
        "at_destination": 31,
        "cleared": 50,
    }


async def test_a_unit_sent_before_it_was_clear_is_refused_and_its_later_stamps_are_not_sent(
    valkey_url: str, board_id: str
) -> None:
    lines = [
        line("1", "E1", "08:00", dispatched="08:01", cleared="08:30"),
        line("2", "E1", "08:05", dispatched="08:06", on_scene="08:10", cleared="08:20"),
    ]
    async with BoardLink.open(valkey_url, board_id, Facts(plans=PLANS)) as link:
        account = await replayed(link, lines)
        assert not list(link.board.open_incidents())
    assert account.rows_refused == {"unit_active_elsewhere": 1}
    assert account.not_sent["row refused"][StepKind.STATUS] == 2
    assert account.complete


async def test_backward_and_missing_stamps_are_refused_or_flagged_and_the_unit_goes_on(
    valkey_url: str, board_id: str
) -> None:
    lines = [
        line("1", "E1", "08:00", dispatched="08:01", transporting="08:10", at_destination="08:09", cleared="08:30"),
        line("2", "E1", "08:40", dispatched="08:41", on_scene="08:50", cleared="08:45"),
        line("3", "E1", "09:00", dispatched="09:01", on_scene="09:05"),
        line("4", "E1", "09:30", dispatched="09:31", cleared="09:40"),
        line("5", "X9", "09:30", dispatched="09:31", cleared="09:40"),
    ]
    async with BoardLink.open(valkey_url, board_id, Facts(plans=PLANS)) as link:
        account = await replayed(link, lines)
        assert not list(link.board.open_incidents())
    assert account.refused_by_rule == {"time_runs_backward": 2, "unknown_unit": 1}
    assert (account.rows_accepted, account.rows_refused) == (4, {"unknown_unit": 1})
    assert [flag.name for flag in account.plan.flags] == [
        "stamp_backward", "stamp_backward", "available_backward", "available_missing",
    ]  # fmt: skip
    assert account.complete


async def test_playing_the_same_file_again_changes_nothing(valkey_url: str, board_id: str) -> None:
    lines = [line("1", unit, "08:00", dispatched="08:01", cleared="08:30") for unit in ("E1", "E2", "AM1")]
    async with BoardLink.open(valkey_url, board_id, Facts(plans=PLANS)) as link:
        first = await replayed(link, lines)
        seq = link.board.seq
        again = await replayed(link, lines)
        assert link.board.serial == 1
    assert first.accepted == again.accepted
    assert seq > 0


async def test_a_paced_replay_runs_the_board_on_the_recorded_time(valkey_url: str, board_id: str) -> None:
    lines = [line("1", "E1", "08:00", dispatched="08:01", on_scene="08:05", cleared="08:10")]
    async with BoardLink.open(valkey_url, board_id, Facts(plans=PLANS)) as link:
        began = asyncio.get_running_loop().time()
        account = await replayed(link, lines, rate=1200.0)
        took = asyncio.get_running_loop().time() - began
        (incident,) = link.board.incidents()
        head = link.board.head
        assert head.clock_rate == 1200.0
        assert head.time(link.now()) - incident.received_at == pytest.approx(600, abs=400)
        assert await link.caught_up(link.board.seq)
    assert account.complete
    assert 0.4 < took < 5


@pytest.mark.timeout(400)
def test_the_real_fortnight_is_accounted_for_to_the_last_row(
    real_data: Path, project_root: Path, valkey_url: str, board_id: str, tmp_path: Path
) -> None:
    """All 10,410 rows: 16 rows overlap the row before of the same unit, one more lies within one of those."""
    file = real_data / "sf" / "sffd_2020-04-07_to_20.csv"
    pack = tmp_path / "sf"
    environment = {"REDIS_URL": valkey_url, "CONCORD_DATA_DIR": str(tmp_path), "PATH": ""}
    tools = [sys.executable, "-m", "tools"]
    subprocess.run(
        [*tools, "region", "import-datasf", str(real_data / "sf"), "--out", str(pack)],
        cwd=project_root, env=environment, check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    played = subprocess.run(
        [*tools, "replay", str(file), "--board", board_id, "--speed", "max", "--region", str(pack)],
        cwd=project_root, env=environment, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert played.returncode == 0, played.stderr
    report = played.stdout
    print(report)
    count = {words.strip(): int(number) for words, number in re.findall(r"^  (\S.*?) {2,}(\d+)$", report, re.MULTILINE)}
    with file.open(newline="") as opened:
        rows = sum(1 for _ in csv.DictReader(opened))
    assert (count["in the file"], rows) == (10410, 10410)
    assert count["accepted"] + count["refused: unit_active_elsewhere"] == 10410
    assert count["refused: unit_active_elsewhere"] == 17
    assert count["time_runs_backward"] == count["stamp_backward"] == 17
    assert count["available_missing"] == 2
    sent, accepted, refused, not_sent = map(
        int, re.findall(r"^  all +(\d+) +(\d+) +(\d+) +(\d+)$", report, re.MULTILINE)[0]
    )
    assert sent == accepted + refused
    assert refused == 34
    assert sent + not_sent == len(plan(read_calls(file, ZONE)).steps)
    assert "stopped early" not in report
