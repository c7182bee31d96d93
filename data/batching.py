"""Calls gathered into batches: many callers of one process share one trip to the store.

Knows queueing, order and what becomes of a call when its batch fails. Refuses to know what is called, and
sends nothing twice by itself: whoever calls decides whether again is safe.

A call that finds no trip under way starts one at once, so a lone caller waits for nobody; whoever comes during a
trip goes with the next. Calls reach the server in the order they were made.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from hiredis import pack_command
from redis.exceptions import ResponseError

from data.tasks import cancelled
from domain.errors import StoreUnavailable

MOST_AT_ONCE = 128
"""Calls in one batch: the store answers nobody else meanwhile (about 40 us each)."""
TRIPS_AT_ONCE = 2
"""Batches on their way: one the store works on, one whose answers are read."""
ANSWER_SECONDS = 1.5
"""How long the answers of a batch may take: a second for replicas (replicas.py) and room. A master that was cut off
says nothing; the sooner that is noticed, the sooner the same id is asked of the new one."""
MOST_WAITING = 2000
"""Calls that may wait; more are refused at once. A queue of a second's work is longer than a dispatcher waits."""


class Overloaded(StoreUnavailable):
    """More calls wait than will be answered in time. This one was not sent: nothing happened."""


@dataclass(frozen=True, slots=True)
class _Call:
    name: str
    keys: Sequence[str]
    args: Sequence[Any]
    answer: asyncio.Future[Any]

    def words(self) -> tuple[Any, ...]:
        return ("FCALL", self.name, len(self.keys), *self.keys, *self.args)


class Batcher:
    """Calls functions of the store for any number of tasks of one event loop, over one connection at a time."""

    def __init__(
        self,
        client: Any,
        *,
        at_once: int = MOST_AT_ONCE,
        waiting: int = MOST_WAITING,
        closing: Sequence[tuple[Any, ...]] = (),
        check: Callable[[list[Any]], Exception | None] = lambda answers: None,
    ) -> None:
        """`closing` commands end every batch on its own connection (a write and WAIT, where replicas must have it);
        `check` is given their answers, and what it returns is raised to every caller whose call succeeded.
        """
        self._client = client
        self._closing = [tuple(words) for words in closing]
        self._check = check
        self._at_once = at_once
        self._most_waiting = waiting
        self._waiting: deque[_Call] = deque()
        self._trips: asyncio.Task[None] | None = None

    async def fcall(self, name: str, keys: Sequence[str], args: Sequence[Any]) -> Any:
        """A function's answer. Raises Overloaded when too many wait, and what the server or the connection raised.

        A caller that is cancelled before its batch leaves is not sent; afterwards only its answer is dropped.
        """
        if len(self._waiting) >= self._most_waiting:
            raise Overloaded(f"{len(self._waiting)} commands wait for the store already; repeat it in a moment")
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Call(name, keys, args, answer))
        if self._trips is None or self._trips.done():
            self._trips = asyncio.create_task(self._travel(), name="batches")
        return await answer

    async def aclose(self) -> None:
        """End the trip under way; whoever still waits learns that the outcome is unknown."""
        if self._trips is not None:
            await cancelled([self._trips])
        _fail(self._waiting, StoreUnavailable("the link to the store was closed"))
        self._waiting.clear()

    async def _travel(self) -> None:
        """Send what waits until nothing does. Whatever breaks a connection fails only the calls on it."""
        while self._waiting:
            sent: deque[list[_Call]] = deque()
            try:
                await self._by_one_connection(sent)
            except BaseException as failure:
                # A cancellation here is aclose(): the callers were not cancelled, they lost their connection.
                ended = not isinstance(failure, Exception)
                for batch in sent:
                    _fail(batch, StoreUnavailable("the link to the store was closed") if ended else failure)
                if ended:
                    raise

    def _next_batch(self) -> list[_Call]:
        batch: list[_Call] = []
        while self._waiting and len(batch) < self._at_once:
            call = self._waiting.popleft()
            if not call.answer.done():  # else its caller was cancelled
                batch.append(call)
        return batch

    async def _send(self, connection: Any, batch: list[_Call]) -> None:
        words = [*(call.words() for call in batch), *self._closing]
        await connection.send_packed_command(b"".join(map(pack_command, words)), check_health=False)

    async def _by_one_connection(self, sent: deque[list[_Call]]) -> None:
        """Trips over one connection, the next sent before the last is read: the store works while callers decide."""
        sent.append(self._next_batch())  # taken first, so that it is known to have failed when nothing can connect
        pool = self._client.connection_pool
        connection = await pool.get_connection()
        whole = False
        try:
            await self._send(connection, sent[0])
            while sent:
                if self._waiting and len(sent) < TRIPS_AT_ONCE:
                    sent.append(self._next_batch())
                    await self._send(connection, sent[-1])
                async with asyncio.timeout(ANSWER_SECONDS):
                    answers = [await _read(connection) for _ in sent[0]]
                    closing = [await _read(connection) for _ in self._closing]
                failure = self._check(closing) if closing else None
                for call, answer in zip(sent[0], answers, strict=True):
                    _answer(call, failure if failure and not isinstance(answer, Exception) else answer)
                sent.popleft()
                await asyncio.sleep(0)  # those just answered may have the next call ready
            whole = True
        finally:
            if not whole:
                await connection.disconnect(nowait=True)
            await pool.release(connection)


async def _read(connection: Any) -> Any:
    """The next answer; an error the server gave is an answer too."""
    try:
        return await connection.read_response(timeout=math.inf)
    except ResponseError as refused:
        return refused


def _answer(call: _Call, answer: Any) -> None:
    if call.answer.done():
        return
    if isinstance(answer, Exception):
        call.answer.set_exception(answer)
    else:
        call.answer.set_result(answer)


def _fail(calls: Iterable[_Call], failure: BaseException) -> None:
    for call in calls:
        if not call.answer.done():
            call.answer.set_exception(failure)
