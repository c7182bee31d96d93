"""Sentinel: a master that dies, freezes or is cut off loses nothing that was acknowledged, and soon another works."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from pathlib import Path

from data.link import BoardLink
from data.local_stores import LocalSentinels
from data.local_stores.server import free_ports
from domain.outcome import OutcomeStatus
from tests.integration.cable import Cable
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


def demote(store: LocalSentinels) -> None:
    """What the Sentinels do with an old master some ten seconds after they see it again."""
    with store.master.admin() as client:
        pipeline = client.pipeline(transaction=True)
        pipeline.execute_command("REPLICAOF", "127.0.0.1", store.master_port())
        pipeline.execute_command("CLIENT", "KILL", "TYPE", "normal")
        pipeline.execute()


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
    """On one side of the cable: replica, Sentinels and a worker; on the other: the old master and another worker."""
    inside, outside = Crowd(), Crowd()
    (seen_at,) = free_ports(1)
    store = LocalSentinels(tmp_path, seen_at=seen_at)
    old = f"redis://{store.master.address}/0?replicas=1"
    async with contextlib.AsyncExitStack() as stack:
        cable = await stack.enter_async_context(Cable(store.master.port).laid(seen_at))
        stack.push_async_callback(asyncio.to_thread, store.stop)
        await asyncio.to_thread(store.start)
        link, incident = await stack.enter_async_context(seeded(store.url, board_id))
        cut_off = await stack.enter_async_context(BoardLink.open(old, board_id, FACTS))
        async with inside.at_work(link, incident), outside.at_work(cut_off, incident):
            await asyncio.sleep(0.7)
            cable.pull()
            told_before = len(outside.accepted_at)
            await moved(store, seen_at)
            await asyncio.to_thread(store.add_replica)
            again = len(inside.accepted_at)
            await eventually(lambda: len(inside.accepted_at) > again + 50)
            promised = len(outside.accepted_at) - told_before
            cable.mend()
            demote(store)
            await eventually(lambda: not cut_off.projection.connected)  # it shows no replica's picture as live
        await assert_nothing_acknowledged_is_lost(inside, store.url, board_id)
        await assert_nothing_acknowledged_is_lost(outside, store.url, board_id)
    assert say(inside) <= REFUSED_SECONDS
    say(outside)
    assert promised <= 4, "acknowledged without a replica"  # each of four may have had its answer under way
    assert outside.of(OutcomeStatus.UNAVAILABLE)
