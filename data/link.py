"""A process's link to one board: what the app, the simulator, a replay and the tests all use.

Knows how connection, clock, projection and dispatcher are put together and taken down. Nothing else
opens a board, so there is no second way in.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from typing import Any

from redis.exceptions import RedisError

from data.check_store import Finding, look_at
from data.clock import ServerClock
from data.connection import LOST, connect, load_functions, refusal_in_words
from data.dispatch import Dispatcher
from data.editions import EditionStore
from data.keys import keys_of
from data.positions import PositionStore
from data.projection import Projection
from data.readers import PLACE_SECONDS, ReaderRegister
from data.schema import check_schema
from data.snapshot_taker import Cadence, SnapshotTaker
from data.snapshots import SnapshotStore
from data.store_url import read_store_url
from data.tasks import cancelled
from domain.board import Board
from domain.commands import Envelope
from domain.errors import StoreUnavailable
from domain.events import RecordedEvent
from domain.outcome import Outcome
from domain.position import Fix
from domain.rules import Facts

RESYNC_SECONDS = 20.0
"""How often the server's clock is read again."""

FINDINGS_SECONDS = 30.0
"""How often the store's settings and health are looked at, when somebody asks."""


class BoardLink:
    """Follows a board and submits commands to it. Use `async with BoardLink.open(...)`."""

    def __init__(self, redis_url: str, board: str, facts: Facts, cadence: Cadence | None = None) -> None:
        """Nothing is sent before `running`. Raises BadCommand for an impossible board name."""
        self.keys = keys_of(board)
        self._client: Any = connect(redis_url, board=board)
        self._place = read_store_url(redis_url)
        self._findings: list[Finding] = []
        self._look_again_at = 0.0
        self.clock = ServerClock(self._client)
        snapshots = SnapshotStore(self._client, self.keys)
        self._taker = SnapshotTaker(snapshots, cadence or Cadence())
        self.projection = Projection(self._client, self.keys, snapshots, self._taker)
        self._readers = ReaderRegister(self._client, self.keys)
        self._reader = uuid.uuid4().hex
        self._dispatcher = Dispatcher(
            self._client, self.keys, self.projection, self.clock, facts, replicas=self._place.replicas
        )
        self._positions = PositionStore(self._client, self.keys)
        self.editions = EditionStore(self._client, self.keys)

    @classmethod
    @contextlib.asynccontextmanager
    async def open(
        cls, redis_url: str, board: str, facts: Facts, cadence: Cadence | None = None
    ) -> AsyncIterator[BoardLink]:
        """Connect, read the board, follow it until the block ends. Raises StoreUnavailable, WrongSchema, BadCommand."""
        link = cls(redis_url, board, facts, cadence)
        async with link.running():
            yield link

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Read the board and follow it until the block ends. Raises StoreUnavailable."""
        tasks: list[asyncio.Task[None]] = []
        try:
            await load_functions(self._client)
            await check_schema(self._client, self.keys)
            try:
                await self.clock.sync()
                await self._say_place()
            except LOST as lost:
                raise StoreUnavailable(f"the store does not answer: {lost}") from lost
            await self.projection.load()
            tasks.append(asyncio.create_task(self.projection.follow(), name="projection"))
            tasks.append(asyncio.create_task(self._keep_clock(), name="clock"))
            tasks.append(asyncio.create_task(self._taker.run(), name="snapshots"))
            tasks.append(asyncio.create_task(self._keep_place(), name="reader"))
            yield
        finally:
            await cancelled(tasks)
            await self._dispatcher.aclose()
            await self.projection.aclose()
            with contextlib.suppress(*LOST, RedisError):
                async with asyncio.timeout(1.0):
                    await self._readers.leave(self._reader)
            await self._client.aclose()

    @property
    def board(self) -> Board:
        """The board as this process knows it; read only."""
        return self.projection.board

    @property
    def positions(self) -> dict[str, Fix]:
        """The newest fix of every unit that ever sent one; read only."""
        return self.projection.positions

    def now(self) -> float:
        """Server time, seconds since the epoch."""
        return self.clock.now()

    async def send(self, envelope: Envelope) -> Outcome:
        """Submit a command; once accepted, `board` includes what it did."""
        return await self._dispatcher.submit(envelope)

    async def report_positions(self, fixes: Sequence[Fix]) -> int:
        """Store a batch of fixes in one call; returns how many were news. Raises StoreUnavailable."""
        return await self._positions.report(fixes) if fixes else 0

    async def caught_up(self, seq: int, timeout: float = 2.0) -> bool:
        """Wait until `board` includes an event; False when the time ran out."""
        return await self.projection.caught_up(seq, timeout)

    async def events(self) -> AsyncIterator[RecordedEvent]:
        """Every event from now on."""
        queue: asyncio.Queue[RecordedEvent] = asyncio.Queue()
        stop = self.projection.listen(queue.put_nowait)
        try:
            while True:
                yield await queue.get()
        finally:
            stop()

    async def writable(self) -> str:
        """ "" when the store takes writes, else what is wrong, in words."""
        try:
            await self._client.set(f"{self.keys.seq}:probe", "1", ex=60)
        except LOST as lost:
            return f"the store does not answer ({type(lost).__name__})"
        except Exception as refused:
            return f"the store refuses writes: {refusal_in_words(refused) or refused}"
        return ""

    async def findings(self) -> list[Finding]:
        """What is wrong with the store and how to mend it, looked at every FINDINGS_SECONDS at most."""
        if time.monotonic() >= self._look_again_at:
            with contextlib.suppress(*LOST, RedisError):
                self._findings = await look_at(self._client, self._place)
                self._look_again_at = time.monotonic() + FINDINGS_SECONDS
        return self._findings

    async def _say_place(self) -> None:
        # Said before the first read too: from then on nothing is trimmed under this reader.
        await self._readers.place(self._reader, self.board.seq, self.now())

    async def _keep_place(self) -> None:
        while True:
            with contextlib.suppress(*LOST, RedisError):
                await self._say_place()
            await asyncio.sleep(PLACE_SECONDS)

    async def _keep_clock(self) -> None:
        while True:
            await asyncio.sleep(RESYNC_SECONDS)
            with contextlib.suppress(*LOST):
                await self.clock.sync()
