"""Calls gathered into batches, on a real server."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from redis.exceptions import ResponseError

from data.batching import Batcher, Overloaded
from data.connection import LOST, connect
from domain.errors import StoreUnavailable
from tests.integration.faults.tcp_proxy import TcpProxy, Wire

FUNCTIONS = """#!lua name=batchtest_1
redis.register_function('bt_push', function(keys, args) return redis.call('RPUSH', keys[1], args[1]) end)
redis.register_function('bt_fail', function(keys, args) return redis.error_reply('ERR no') end)
redis.register_function('bt_echo', function(keys, args) return args[1] end)
"""


@contextlib.asynccontextmanager
async def batcher(url: str, **options: Any) -> AsyncIterator[tuple[Batcher, Any]]:
    client = connect(url)
    await client.function_load(FUNCTIONS, replace=True)
    calls = Batcher(client, **options)
    yield calls, client
    await calls.aclose()
    await client.aclose()


async def test_calls_reach_the_store_in_the_order_they_were_made(valkey_url: str, board_id: str) -> None:
    async with batcher(valkey_url, at_once=16) as (calls, client):
        lengths = await asyncio.gather(*(calls.fcall("bt_push", [board_id], [n]) for n in range(300)))
        assert lengths == list(range(1, 301))
        assert [int(n) for n in await client.lrange(board_id, 0, -1)] == list(range(300))


async def test_one_call_that_fails_leaves_the_others_of_its_batch_alone(valkey_url: str, board_id: str) -> None:
    async with batcher(valkey_url) as (calls, _):
        names = ["bt_echo", "bt_fail", "bt_nothing_of_that_name", "bt_echo"]
        answers = await asyncio.gather(
            *(calls.fcall(name, [board_id], ["x"]) for name in names), return_exceptions=True
        )
        assert answers[0] == answers[3] == b"x"
        assert isinstance(answers[1], ResponseError)
        assert isinstance(answers[2], ResponseError)


async def test_a_caller_cancelled_before_its_batch_left_is_not_sent(valkey_url: str, board_id: str) -> None:
    async with batcher(valkey_url, at_once=1) as (calls, client):
        tasks = [asyncio.create_task(calls.fcall("bt_push", [board_id], [n])) for n in range(6)]
        await asyncio.sleep(0)
        tasks[4].cancel()
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        assert isinstance(answers[4], asyncio.CancelledError)
        assert [int(n) for n in await client.lrange(board_id, 0, -1)] == [0, 1, 2, 3, 5]


async def test_a_caller_cancelled_on_the_way_does_not_disturb_the_others(valkey_url: str, board_id: str) -> None:
    async with TcpProxy.to(valkey_url) as proxy, batcher(proxy.url) as (calls, _):
        proxy.wire, proxy.delay = Wire.DELAY, 0.1
        tasks = [asyncio.create_task(calls.fcall("bt_echo", [board_id], [n])) for n in range(6)]
        await asyncio.sleep(0.15)
        tasks[2].cancel()
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        assert answers[:2] + answers[3:] == [b"0", b"1", b"3", b"4", b"5"]
        assert await calls.fcall("bt_echo", [board_id], ["after"]) == b"after"


async def test_a_queue_that_is_full_refuses_at_once_and_sends_nothing(valkey_url: str, board_id: str) -> None:
    async with batcher(valkey_url, waiting=10) as (calls, client):
        wanted = [calls.fcall("bt_push", [board_id], [n]) for n in range(25)]
        answers = await asyncio.gather(*wanted, return_exceptions=True)
        assert sum(isinstance(answer, Overloaded) for answer in answers) == 15
        assert await client.llen(board_id) == 10
        assert await calls.fcall("bt_push", [board_id], ["room again"]) == 11


async def test_a_broken_connection_fails_the_calls_on_it_and_the_next_call_connects_anew(
    valkey_url: str, board_id: str
) -> None:
    async with TcpProxy.to(valkey_url) as proxy, batcher(proxy.url) as (calls, client):
        proxy.wire = Wire.DROP_REPLIES
        answers = await asyncio.gather(
            *(calls.fcall("bt_push", [board_id], [n]) for n in range(5)), return_exceptions=True
        )
        assert all(isinstance(answer, LOST) for answer in answers), answers
        proxy.wire = Wire.PASS
        assert await calls.fcall("bt_echo", [board_id], ["back"]) == b"back"
        assert await client.llen(board_id) == 5, "the calls were done although the replies were lost"


async def test_a_silent_store_is_given_up_after_the_sockets_time_out(valkey_url: str, board_id: str) -> None:
    async with TcpProxy.to(valkey_url) as proxy:
        client = connect(valkey_url)
        await client.function_load(FUNCTIONS, replace=True)
        await client.aclose()
        client = connect(proxy.url)
        client.connection_pool.connection_kwargs["socket_timeout"] = 0.3
        calls = Batcher(client)
        assert await calls.fcall("bt_echo", [board_id], ["x"]) == b"x"
        proxy.wire = Wire.BLACKHOLE
        with pytest.raises(LOST):
            await asyncio.wait_for(calls.fcall("bt_echo", [board_id], ["x"]), 2)
        proxy.wire = Wire.PASS
        assert await calls.fcall("bt_echo", [board_id], ["y"]) == b"y", "a late answer must not be taken for this one"
        await calls.aclose()
        await client.aclose()


async def test_what_closes_a_batch_decides_about_the_calls_in_it(valkey_url: str, board_id: str) -> None:
    """As WAIT does, where replicas must have a command before it is acknowledged."""
    seen: list[list[Any]] = []

    def check(answers: list[Any]) -> Exception | None:
        seen.append(answers)
        return None if len(seen) == 1 else StoreUnavailable("too few copies")

    closing = [("SET", f"{board_id}:mark", "1"), ("WAIT", 0, 100)]
    async with batcher(valkey_url, closing=closing, check=check) as (calls, client):
        assert await calls.fcall("bt_push", [board_id], ["a"]) == 1
        unsure, refused = await asyncio.gather(
            calls.fcall("bt_push", [board_id], ["b"]), calls.fcall("bt_fail", [board_id], []), return_exceptions=True
        )
        assert isinstance(unsure, StoreUnavailable)
        assert isinstance(refused, ResponseError), "a refusal is known, whatever the replicas have"
        assert seen[0] == [b"OK", 0]
        assert await client.llen(board_id) == 2


async def test_closing_tells_everybody_who_waits_that_the_outcome_is_unknown(valkey_url: str, board_id: str) -> None:
    async with TcpProxy.to(valkey_url) as proxy, batcher(proxy.url, at_once=2) as (calls, _):
        proxy.wire = Wire.BLACKHOLE
        tasks = [asyncio.create_task(calls.fcall("bt_echo", [board_id], [n])) for n in range(6)]
        await asyncio.sleep(0.05)
        await calls.aclose()
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(answer, StoreUnavailable) for answer in answers), answers
        proxy.wire = Wire.PASS
