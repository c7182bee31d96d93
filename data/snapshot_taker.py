"""Taking snapshots: whoever follows a board takes one every so many events, and one of them writes it.

Knows when a chunk is due and who writes. Refuses to know its bytes (snapshots.py).
What a chunk holds is gathered in the instant its last event is applied, which costs no more than
listing what was touched; packing happens in a thread, writing in the background. When the writer dies,
the others still hold the chunk and one of them writes it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from redis.exceptions import RedisError

from data.connection import LOST
from data.lines import LogLines
from data.snapshots import Chunk, Header, Index, Record, SnapshotMissing, SnapshotStore, make_chunk, merge, pack_lines
from domain.board import Board

LEASE_SECONDS = 30
WAIT_SECONDS = 2.0
"""How long a process that may not write waits before it looks whether another one has written."""
log = logging.getLogger("concord.snapshots")


@dataclass(frozen=True, slots=True)
class Cadence:
    """A chunk every `every` events; `fanout` neighbours are merged, `levels` times over.

    The defaults: at most 500 events to fold, chunks of 500, 8,000 and 128,000 events.
    """

    every: int = 500
    fanout: int = 16
    levels: int = 2


@dataclass(frozen=True, slots=True)
class _Draft:
    header: Header
    records: list[Record]
    lines: tuple[Any, list[str]]

    def chunk(self) -> Chunk:
        return make_chunk(self.header, self.records, pack_lines(self.lines))


class SnapshotTaker:
    """Gathers chunks as events are applied (`began`, `note`) and writes them (`run`)."""

    def __init__(self, store: SnapshotStore, cadence: Cadence = Cadence()) -> None:
        self._store = store
        self._cadence = cadence
        self._window: dict[str, None] = {}
        self._since = 0
        self._latest = 0.0
        self._chained = True
        self._pending: list[_Draft] = []
        self._due = asyncio.Event()
        self._due.set()

    def began(self, seq: int, latest: float, chained: bool = True) -> None:
        """The board stands at `seq`; `chained` when the chunks before reach that far, else the next holds all."""
        self._window.clear()
        self._since, self._latest, self._chained = seq, latest, chained
        self._pending.clear()

    def note(self, board: Board, touched: Iterable[str], lines: LogLines) -> None:
        """An event was applied: `board` and `lines` are after it, `touched` are its refs."""
        self._window.update(dict.fromkeys(touched))
        self._latest = max(self._latest, board.at)
        if board.seq % self._cadence.every:
            return
        refs = self._window if self._chained else board.state()
        after = self._since if self._chained else 0
        records: list[Record] = [(ref, board.version(ref), board.find(ref)) for ref in refs]
        header = Header(after, board.seq, board.at, self._latest, self._store.shape)
        self._pending.append(_Draft(header, records, lines.pack()))
        self._window.clear()
        self._since, self._chained = board.seq, True
        self._due.set()

    async def run(self) -> None:
        """Write what is due, for ever; survives the store's absence."""
        while True:
            await self._due.wait()
            self._due.clear()
            try:
                done = await self.write_due()
            except SnapshotMissing as missing:
                log.warning("snapshots cannot be merged: %s", missing)
                done = True
            except (*LOST, RedisError) as lost:
                log.warning("snapshot not written yet: %s", lost)
                done = False
            if not done:
                await asyncio.sleep(WAIT_SECONDS)
                self._due.set()

    async def write_due(self) -> bool:
        """Write the chunks at hand and merge complete groups; False when another process is at it."""
        self._drop_written(await self._store.index())
        if not self._pending:
            return True
        if not await self._store.lease(LEASE_SECONDS):
            return False
        try:
            last = 0
            while self._pending:
                draft = self._pending[0]
                await self._store.write(await asyncio.to_thread(draft.chunk))
                last = draft.header.last
                self._pending = [other for other in self._pending if other is not draft]
            await self._merge_groups()
            if last not in {header.last for header in (await self._store.index()).usable}:
                self._chained = False  # a chunk before it was lost: the next one holds everything
        finally:
            await self._store.release()
        return True

    def _drop_written(self, index: Index) -> None:
        there = {header.last for header in index.usable}
        self._pending = [draft for draft in self._pending if draft.header.last not in there]

    async def _merge_groups(self) -> None:
        for level in range(1, self._cadence.levels + 1):
            index = await self._store.index()
            ends = {header.last for header in index.usable}
            small = self._cadence.every * self._cadence.fanout ** (level - 1)
            span = small * self._cadence.fanout
            for last in range(span, max(ends, default=0) + 1, span):
                names = [f"{at}-{at + small}" for at in range(last - span, last, small)]
                whole = f"{last - span}-{last}"
                if whole in index.headers or not all(name in index.headers for name in names):
                    continue
                chunks = [await self._store.read(index.headers[name]) for name in names]
                await self._store.write(await asyncio.to_thread(merge, chunks))
