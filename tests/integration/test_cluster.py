"""A Cluster of three masters: boards on all of them, and one that dies takes only its own along."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from data.connection import BLOCK_SECONDS
from data.link import BoardLink
from data.local_stores import LocalCluster
from data.placing import masters_of, place_boards
from domain.commands import AddNote, AssignUnits, ReportIncident
from domain.outcome import OutcomeStatus
from domain.position import Fix
from tests.integration.stores import Crowd, ask, assert_nothing_acknowledged_is_lost, eventually, give, seeded
from tests.unit.boards import FACTS

BOARDS = ("bay", "delta", "north", "coast", "sierra", "valley")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    with LocalCluster(tmp_path_factory.mktemp("cluster")) as store:
        yield store


def one_board_per_master(cluster: LocalCluster) -> list[str]:
    chosen: dict[int, str] = {}
    for board in BOARDS:
        chosen.setdefault(cluster.master_of(board).port, board)
    assert len(chosen) == 3, "choose names that reach every master"
    return list(chosen.values())


async def test_it_is_told_which_master_a_board_name_hashes_to(cluster: LocalCluster) -> None:
    table = await masters_of(cluster.url)
    assert sorted(port for _, port in {address for _, _, address in table}) == sorted(m.port for m in cluster.masters)
    placed = await place_boards(cluster.url, BOARDS)
    assert {board: place.port for board, place in placed.items()} == {
        board: cluster.master_of(board).port for board in BOARDS
    }


async def test_boards_on_every_master_take_commands_and_positions_and_followers_hear_at_once(
    cluster: LocalCluster,
) -> None:
    for board in one_board_per_master(cluster):
        async with (
            seeded(cluster.url, board) as (link, incident),
            BoardLink.open(cluster.url, board, FACTS) as other,
        ):
            await give(link, AssignUnits(incident, ("sffd/E1",)))
            assert await link.report_positions([Fix("sffd/E1", 1, -122.4, 37.7, 90, 10, 1.0)]) == 1
            began = time.monotonic()
            assert await other.caught_up(link.board.seq)
            assert time.monotonic() - began < BLOCK_SECONDS / 2  # the blocking read hangs on the right master
            assert other.board.state() == link.board.state()
            assert int(cluster.master_of(board).do("GET", link.keys.seq)) == link.board.seq
            lost = await other.send(ask(AssignUnits(incident, ("sffd/E1",))))
            assert lost.status == OutcomeStatus.CONFLICT


async def test_one_master_down_stops_its_own_board_and_no_other(tmp_path: Path) -> None:
    with LocalCluster(tmp_path) as cluster:
        dead, alive, other = one_board_per_master(cluster)
        crowds = {board: Crowd() for board in (dead, alive, other)}
        async with (
            seeded(cluster.url, dead) as (first, one),
            seeded(cluster.url, alive) as (second, two),
            seeded(cluster.url, other) as (third, three),
            crowds[alive].at_work(second, two, 2),
            crowds[other].at_work(third, three, 2),
        ):
            await asyncio.sleep(0.3)
            cluster.master_of(dead).kill()
            began = time.monotonic()
            await eventually(lambda: not first.projection.connected, 5.0)
            refused = await first.send(ask(AddNote(one, "anybody there?"), issued_at=first.now()))
            figures = {"refused_after_s": round(time.monotonic() - began, 2)}
            assert refused.status == OutcomeStatus.UNAVAILABLE
            await asyncio.sleep(3.0)  # by now the others have marked it as failed
            cluster.master_of(dead).start()
            back = time.monotonic()
            await eventually(lambda: first.projection.connected, 10.0)
            figures["back_after_s"] = round(time.monotonic() - back, 2)
            again = await first.send(ask(ReportIncident("FIRE", -122.4, 37.78), issued_at=first.now()))
            assert again.accepted, again
        for board in (alive, other):
            figures[f"longest_pause_{board}_s"] = round(crowds[board].longest_refusal(), 2)
            assert all(outcome.accepted for outcome in crowds[board].told.values())
            assert crowds[board].longest_refusal() < 1.0
    print("\n" + json.dumps(figures))


async def test_a_masters_replica_takes_its_board_over_and_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    with LocalCluster(tmp_path, replicas=True) as cluster:
        board, crowd = "bay", Crowd()
        url = cluster.url.replace("replicas=1", "replicas=0")  # the one replica becomes master: then none is left
        async with seeded(url, board) as (link, incident), crowd.at_work(link, incident):
            await asyncio.sleep(0.5)
            cluster.master_of(board).kill()
            before = len(crowd.accepted_at)
            await eventually(lambda: len(crowd.accepted_at) > before + 50, 15)
        print("\n" + json.dumps({"refused_s": round(crowd.longest_refusal(), 2), "told": len(crowd.acknowledged)}))
        await assert_nothing_acknowledged_is_lost(crowd, url, board)
