"""Sentinel: a master that dies, freezes or is cut off loses nothing that was acknowledged, and soon another works."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from pathlib import Path

from data.link import BoardLink
from data.local_stores import LocalSentinels
from data.store_url import with_replicas
from domain.outcome import OutcomeStatus
from tests.integration.stores import Crowd, assert_nothing_acknowledged_is_lost, eventually, seeded
from tests.unit.boards import FACTS

REFUSED_SECONDS = 5.0


async def moved(store: LocalSentinels, old: int, seconds: float = 15.0) -> None:
    """Wait until the Sentinels name another master."""
    deadline = time.monotonic() + seconds
    while await asyncio.to_thread(store.master_port) == old:
        assert time.monotonic() < deadline, "no failover"
        await asyncio.sleep(0.05)


def say(crowd: Crowd) -> float:
    """Print what happened; the longest time without an acknowledgement, in seconds."""
    refusal = crowd.longest_refusal()
    unknown = sum("not known" in outcome.text for outcome in crowd.of(OutcomeStatus.UNAVAILABLE))
    figures = {"acknowledged": len(crowd.acknowledged), "lost": 0, "refused_s": round(refusal, 2), "unknown": unknown}
    print("\n" + json.dumps(figures))
    return refusal


async def test_a_master_that_dies_for_good_loses_nothing_and_one_of_two_replicas_goes_on(
    tmp_path: Path, board_id: str
) -> None:
    crowd = Crowd()
    with LocalSentinels(tmp_path, replicas=2) as store:
        async with seeded(store.url, board_id) as (link, incident), crowd.at_work(link, incident):
            await asyncio.sleep(0.7)
            store.master.kill()
            before = len(crowd.accepted_at)
            await eventually(lambda: len(crowd.accepted_at) > before + 100)
        await assert_nothing_acknowledged_is_lost(crowd, store.url, board_id)
    assert say(crowd) <= REFUSED_SECONDS


async def test_with_one_replica_the_board_goes_on_once_the_dead_server_is_back_as_a_replica(
    tmp_path: Path, board_id: str
) -> None:
    crowd = Crowd()
    with LocalSentinels(tmp_path) as store:
        async with seeded(store.url, board_id) as (link, incident), crowd.at_work(link, incident):
            await asyncio.sleep(0.7)
            store.master.kill()
            await moved(store, store.master.port)
            await asyncio.to_thread(store.rejoin, store.master)
            before = len(crowd.accepted_at)
            await eventually(lambda: len(crowd.accepted_at) > before + 100)
        await assert_nothing_acknowledged_is_lost(crowd, store.url, board_id)
    assert say(crowd) <= REFUSED_SECONDS


async def test_an_old_master_that_is_cut_off_with_its_clients_promises_nothing(tmp_path: Path, board_id: str) -> None:
    """The replicas, the Sentinels and one worker are on one side; the old master and another worker on the other."""
    inside, outside = Crowd(), Crowd()
    with LocalSentinels(tmp_path) as store:
        old = with_replicas(f"redis://{store.master.address}/0", 1)
        async with (
            seeded(store.url, board_id) as (link, incident),
            BoardLink.open(old, board_id, FACTS) as cut_off,
            inside.at_work(link, incident),
            outside.at_work(cut_off, incident),
        ):
            await asyncio.sleep(0.7)
            # A cut cable: from now on the replica hears nothing of the master, and the Sentinels get no answer.
            for server in store.replicas:
                server.signal(signal.SIGSTOP)
            before = len(outside.accepted_at)
            await asyncio.sleep(3.5)
            promised = len(outside.accepted_at) - before
            store.master.signal(signal.SIGSTOP)
            for server in store.replicas:
                server.signal(signal.SIGCONT)
            await moved(store, store.master.port)
            store.master.signal(signal.SIGCONT)  # it still believes that it is the master
            again = len(inside.accepted_at)
            await eventually(lambda: len(inside.accepted_at) > again + 20, 20)
        assert promised <= 4  # what was acknowledged by the replica and was still on its way
        await assert_nothing_acknowledged_is_lost(inside, store.url, board_id)
        await assert_nothing_acknowledged_is_lost(outside, store.url, board_id)
    say(outside)
    assert outside.of(OutcomeStatus.UNAVAILABLE)
