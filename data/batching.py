"""Calls gathered into batches: many callers of one process share one trip to the store.

Knows queueing, order and what becomes of a call when its batch fails. Refuses to know what is called, and
sends nothing twice by itself: whoever calls decides whether again is safe.

A call that finds no trip under way starts one at once, so a lone caller waits for nobody; whoever comes during a
trip goes with the next. Calls reach the server in the order they were made.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from data.tasks import cancelled
from domain.errors import StoreUnavailable

MOST_AT_ONCE = 128
"""Calls in one batch: the store answers nobody else meanwhile (about 40 us each)."""
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


class Batcher:
    """Calls functions of the store for any number of tasks of one event loop, over one connection at a time."""

    def __init__(self, client: Any, *, at_once: int = MOST_AT_ONCE, waiting: int = MOST_WAITING) -> None:
        self._client = client
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
        self._fail(self._waiting, StoreUnavailable("the link to the store was closed"))
        self._waiting.clear()

    async def _travel(self) -> None:
        while self._waiting:
            batch: list[_Call] = []
            while self._waiting and len(batch) < self._at_once:
                call = self._waiting.popleft()
                if not call.answer.done():
                    batch.append(call)
            if not batch:
                return
            try:
                await self._trip(batch)
            except BaseException as failure:
                # A cancellation here is aclose(): the callers were not cancelled, they lost their connection.
                ended = not isinstance(failure, Exception)
                self._fail(batch, StoreUnavailable("the link to the store was closed") if ended else failure)
                if ended:
                    raise

    async def _trip(self, batch: Sequence[_Call]) -> None:
        pipeline = self._client.pipeline(transaction=False)
        for call in batch:
            pipeline.execute_command("FCALL", call.name, len(call.keys), *call.keys, *call.args)
        answers = await pipeline.execute(raise_on_error=False)
        for call, answer in zip(batch, answers, strict=True):
            if call.answer.done():
                continue
            if isinstance(answer, Exception):
                call.answer.set_exception(answer)
            else:
                call.answer.set_result(answer)

    @staticmethod
    def _fail(calls: Sequence[_Call] | deque[_Call], failure: BaseException) -> None:
        for call in calls:
            if not call.answer.done():
                call.answer.set_exception(failure)
