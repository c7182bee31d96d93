"""A region's law of travel out of its own past: a board's assignments, and San Francisco's recorded calls."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pyproj
import pytest

from data.connection import connect
from data.regions import load_region
from domain.assignment import AssignmentStatus
from domain.commands import AssignUnits, ChangeStatus
from domain.position import Fix
from geo.fitted_law import errors_of, find_law, fit, toml_of
from geo.travel_time import NEW_YORK
from tests.integration.test_commit import fire, give, workers
from tools.import_datasf import import_datasf
from tools.travel_history import runs_of_board, runs_of_calls

ROOT = Path(__file__).resolve().parents[2]
REAL = Path(os.environ.get("CONCORD_REAL_DATA") or ROOT.parent / "shared" / "real") / "sf"


async def test_a_boards_runs_begin_where_the_unit_was_when_it_left(valkey_url: str, board_id: str) -> None:
    async with workers(valkey_url, board_id, 1) as (link,):
        incident = await fire(link)
        await give(link, AssignUnits(incident, ("sffd/E1", "sffd/E2")))
        held = {each.unit: each.id for each in link.board.assignments_of(incident)}
        fixes = [
            Fix("sffd/E1", 1, -122.5, 37.9, -1, 0, link.now() - 5),
            Fix("sffd/E1", 2, -122.43, 37.79, -1, 0, link.now()),
        ]
        await link.report_positions(fixes[:1])
        await link.report_positions(fixes[1:])
        for unit in held:
            await give(link, ChangeStatus(held[unit], AssignmentStatus.EN_ROUTE))
        await asyncio.sleep(0.3)
        await link.report_positions([Fix("sffd/E1", 3, -122.4, 37.78, -1, 0, link.now())])
        for unit in held:
            await give(link, ChangeStatus(held[unit], AssignmentStatus.ON_SCENE))
        client = connect(valkey_url, board=board_id)
        runs = await runs_of_board(client, board_id, None, link.now() + 1)
        stamps = link.board.get_assignment(held["sffd/E1"]).stamps
        await client.aclose()
    # E2 never said where it was and belongs to no station: nobody knows where it began.
    (run,) = runs
    assert run.metres == pytest.approx(pyproj.Geod(ellps="WGS84").inv(-122.43, 37.79, -122.4, 37.78)[2], rel=1e-4)
    assert run.seconds == pytest.approx(stamps["on_scene"] - stamps["en_route"])
    assert run.seconds >= 0.3


@pytest.mark.skipif(not REAL.is_dir(), reason=f"no {REAL}; set CONCORD_REAL_DATA")
def test_san_franciscos_own_law_is_better_there_than_the_general_one(tmp_path: Path) -> None:
    import_datasf(REAL, tmp_path / "pack", lambda _: None)
    region = load_region(tmp_path / "pack")
    runs = [run for path in sorted(REAL.glob("*.csv")) for run in runs_of_calls(path, region)]
    found = fit(runs)
    assert found.runs > 1500
    assert found.held_out > 400
    low, high = errors_of(NEW_YORK.c, NEW_YORK.b, runs)
    assert found.high - found.low < high - low
    assert max(-found.low, found.high) < max(-low, high)
    (tmp_path / "pack" / "travel.toml").write_text(toml_of(found), encoding="utf-8")
    law = find_law(tmp_path / "pack")
    assert law is not None
    assert f"fitted to {found.runs} runs 2020-04-07 to 2020-04-20" in law.label
