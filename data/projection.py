"""The board in memory, following the log: one per process.

Knows how to read events gap-free after a cursor, and the newest fix of every unit. Refuses to change
anything in the store. Listeners are told what was touched, never how.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable
from typing import Any

from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from data.codec import read_event
from data.connection import BLOCK_SECONDS, LOST, forget_idle
from data.keys import Keys
from data.lines import LogLines
from data.positions import PositionStore, unpack_batch
from data.restoring import recall_touches, restore
from data.snapshot_taker import SnapshotTaker
from data.snapshots import SnapshotStore
from domain.board import Board
from domain.errors import StoreUnavailable
from domain.events import RecordedEvent
from domain.log import log_entries
from domain.position import Fix
from domain.sharing import RESHARING

PAGE = 2000
"""Entries read in one call."""
RESTARTS = 5
"""How often the newest snapshot is taken anew because the log was trimmed while it was read."""
TOUCHES_KEPT = 5000
"""Events whose touched refs are remembered, for viewers that resume."""

READ_EVERY = 0.005
"""Seconds between two reads while nobody waits for an event: news comes in pages, not one by one."""

Listener = Callable[[RecordedEvent], None]
FixListener = Callable[[Fix], None]
log = logging.getLogger("concord.projection")


class LogGap(RuntimeError):
    """The log jumped over sequence numbers: it was trimmed or replaced under a reader."""


class Projection:
    """Follows one board. `board` is read only for everybody else."""

    def __init__(
        self, client: Any, keys: Keys, snapshots: SnapshotStore | None = None, taker: SnapshotTaker | None = None
    ) -> None:
        """Starts from `snapshots` where there are any; `taker` is shown every event, to take further ones."""
        self._client = client
        self._keys = keys
        self._snapshots = snapshots or SnapshotStore(client, keys)
        self._taker = taker
        self._fixes = PositionStore(client, keys)
        self._tracks_from = b"0-0"
        self._waiters: list[tuple[int, asyncio.Future[None]]] = []
        self._listeners: list[Listener] = []
        self._fix_listeners: list[FixListener] = []
        self.board = Board()
        self.entries = LogLines()
        self.touches: deque[tuple[int, tuple[str, ...]]] = deque(maxlen=TOUCHES_KEPT)
        self.noted: deque[tuple[int, str]] = deque(maxlen=TOUCHES_KEPT)
        """(seq, incident) of every log line"""
        self.reshared: deque[int] = deque(maxlen=TOUCHES_KEPT)
        """seq of every event after which somebody may see less"""
        self._last_touch: dict[str, RecordedEvent] = {}
        self.positions: dict[str, Fix] = {}
        self.moved: dict[str, None] = {}
        """units whose fix changed since the position lane last looked"""
        self.changed = asyncio.Event()
        self.connected = False
        self._reader: Any = None
        self._doubtful = False
        self.trouble = ""
        """why the picture is not live, in words; "" when it is"""
        self._newest: RecordedEvent | None = None
        self._wanted = asyncio.Event()
        self.generation = 0
        """rises when the whole picture was read anew (the store was replaced)"""

    async def load(self) -> None:
        """Read everything there is. Raises StoreUnavailable."""
        try:
            await self._read_all()
        except LOST as lost:
            raise StoreUnavailable(f"the store does not answer: {lost}") from lost

    async def follow(self) -> None:
        """Follow log and positions until cancelled; survives the store's absence and a log it cannot read."""
        while True:
            try:
                if not self.connected:
                    await self._resume()
                await self._read_news()
                await self._pause()
            except (*LOST, RedisError) as lost:
                self._lose(f"store lost: {lost}")
                # The others of the pool lead to the same silence; each would cost its own time-out to find out.
                await self._end_reading()
                await forget_idle(self._client)
                await asyncio.sleep(0.25)
            except Exception as fault:
                # A gap or an event this release cannot read: better no live picture than a false one.
                log.exception("the log cannot be followed")
                self._lose(f"the log cannot be followed: {fault}")
                self._doubtful = isinstance(fault, LogGap)
                await asyncio.sleep(2.0)

    async def aclose(self) -> None:
        """Let go of the connection that was read from; `follow` has ended."""
        await self._end_reading()

    def take(self, recorded: RecordedEvent) -> bool:
        """Apply an event if it is the next one; what is already known is passed over. Says whether it was applied."""
        if recorded.seq != self.board.seq + 1:
            return False
        touched = tuple(self.board.apply(recorded))
        self._newest = recorded
        self.touches.append((recorded.seq, touched))
        self._last_touch.update(dict.fromkeys(touched, recorded))
        if isinstance(recorded.event, RESHARING):
            self.reshared.append(recorded.seq)
        for entry in log_entries(recorded, self.board):
            self.entries.add(entry, self.board)
            self.noted.append((entry.seq, entry.incident))
        if self._taker:
            self._taker.note(self.board, touched, self.entries)
        for listener in self._listeners:
            listener(recorded)
        self._release_waiters()
        self.changed.set()
        return True

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with every event from now on; returns how to stop."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def listen_to_fixes(self, listener: FixListener) -> None:
        """Call `listener` with every newer fix of a unit from now on."""
        self._fix_listeners.append(listener)

    async def caught_up(self, seq: int, timeout: float = 2.0) -> bool:
        """Wait until the board includes an event; False when the time ran out."""
        if self.board.seq >= seq:
            return True
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.append((seq, waiter))
        self._wanted.set()
        try:
            await asyncio.wait_for(waiter, timeout)
        except TimeoutError:
            return False
        return True

    def find_last_touch(self, ref: str) -> RecordedEvent | None:
        """The last event that touched a ref: who was it, and when."""
        return self._last_touch.get(ref)

    # Reading the store --------------------------------------------------------------------------

    async def _read_all(self) -> None:
        newest = await self._client.xrevrange(self._keys.tracks, count=1)
        self._tracks_from = newest[0][0] if newest else b"0-0"
        for fix in await self._fixes.newest():
            self._take_fix(fix)
        await self._read_log()
        self.connected = True
        self.trouble = ""

    async def _read_log(self) -> None:
        restarts = 0
        while True:
            if not self.board.seq:
                await self._restore()
            page = await self._client.xrange(self._keys.log, min=f"({self.board.seq}-0", count=PAGE)
            try:
                self._take_page(page)
            except LogGap:
                restarts += 1
                if restarts > RESTARTS or not await self._trimmed():
                    raise
                self._forget(positions=False)
                continue
            if len(page) < PAGE:
                return
            await asyncio.sleep(0)

    async def _restore(self) -> None:
        restored = await restore(self._client, self._keys, self._snapshots)
        self.board = restored.board
        if restored.lines:
            self.entries.restore(restored.lines.lines, restored.lines.closed)
        if self._taker:
            self._taker.began(self.board.seq, restored.latest, restored.chained)
        self._last_touch.update(await recall_touches(self._client, self._keys, self.board))
        self._release_waiters()

    async def _trimmed(self) -> bool:
        """Whether the log begins after what this process has read: it slept, and the archive went past it."""
        first = await self._client.xrange(self._keys.log, count=1)
        return bool(first) and int(first[0][0].split(b"-")[0]) > self.board.seq + 1

    async def _resume(self) -> None:
        await self._begin_reading()
        replication = await self._reader.info("replication")
        if replication.get("role", "master") != "master":
            # A demoted master drops what it alone had and goes on under its readers, without a word to them.
            raise RedisConnectionError("this server is a replica now")
        last = int(await self._client.get(self._keys.seq) or 0)
        if last < self.board.seq or self._doubtful or not await self._has_our_newest():
            # Another, older or empty store answers now, or events are missing: what we hold is not its picture.
            log.warning("the store's log ends at %d, ours at %d: reading everything anew", last, self.board.seq)
            self._forget()
            self._doubtful = False
        await self._read_all()
        self.changed.set()

    def _lose(self, why: str) -> None:
        if self.connected:
            log.warning(why)
        self.connected = False
        self.trouble = why
        self.changed.set()

    def _forget(self, positions: bool = True) -> None:
        self._newest = None
        self.board = Board()
        self.entries.clear()
        self.touches.clear()
        self.noted.clear()
        self.reshared.clear()
        self._last_touch.clear()
        if positions:
            self.positions.clear()
        self.generation += 1

    async def _begin_reading(self) -> None:
        """Read over one connection from now on.

        A pool mends a broken one in silence, perhaps to a server that has become a replica meanwhile; this one breaks
        for everybody to see, and whether it leads to a master is asked of itself.
        """
        await self._end_reading()
        reader = self._client.client()
        await reader.initialize()
        self._reader = reader

    async def _end_reading(self) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            with contextlib.suppress(*LOST, RedisError):
                await reader.aclose()

    async def _has_our_newest(self) -> bool:
        """Whether the log has our last event where we have it.

        After a failover the new master may lack what the old one had not handed on, and have gone on from
        there: then our number exists, and is another event. (An event trimmed away counts as ours.)
        """
        ours = self._newest
        if ours is None:
            return True
        place = f"{ours.seq}-0"
        found = await self._client.xrange(self._keys.log, min=place, max=place)
        if not found:
            return True
        theirs = read_event(ours.seq, found[0][1])
        return (theirs.command_id, theirs.at) == (ours.command_id, ours.at)

    async def _read_news(self) -> None:
        cursors = {self._keys.log: f"{self.board.seq}-0", self._keys.tracks: self._tracks_from}
        if self._reader is None:
            await self._begin_reading()
        news = await self._reader.xread(cursors, count=PAGE, block=int(BLOCK_SECONDS * 1000))
        for stream, page in _pages(news):
            if stream == self._keys.log.encode():
                try:
                    self._take_page(page)
                except LogGap:
                    if not await self._trimmed():
                        raise
                    log.warning("the log was trimmed past event %d: starting from a snapshot", self.board.seq)
                    await self._read_log_anew()
            else:
                for entry_id, fields in page:
                    self._tracks_from = entry_id
                    for fix in unpack_batch(fields[b"fixes"]):
                        self._take_fix(fix)

    async def _pause(self) -> None:
        """Let a page gather; somebody who waits for an event ends the pause."""
        self._wanted.clear()
        if not self._waiters:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wanted.wait(), READ_EVERY)

    async def _read_log_anew(self) -> None:
        self._forget(positions=False)
        await self._read_log()
        self.changed.set()

    def _take_page(self, page: list[tuple[bytes, dict[bytes, bytes]]]) -> None:
        for entry_id, fields in page:
            seq = int(entry_id.split(b"-")[0])
            if seq <= self.board.seq:
                continue  # this process wrote it and applied it at once
            if seq != self.board.seq + 1:
                raise LogGap(f"the log goes from {self.board.seq} to {seq}: run `python -m tools verify`")
            self.take(read_event(seq, fields))

    def _take_fix(self, fix: Fix) -> None:
        known = self.positions.get(fix.unit)
        if known is None or known.seq < fix.seq:
            self.positions[fix.unit] = fix
            self.moved[fix.unit] = None
            for listener in self._fix_listeners:
                listener(fix)

    def _release_waiters(self) -> None:
        seq = self.board.seq
        if not self._waiters:
            return
        waiting = []
        for wanted, waiter in self._waiters:
            if waiter.done():
                continue
            if wanted <= seq:
                waiter.set_result(None)
            else:
                waiting.append((wanted, waiter))
        self._waiters = waiting


def _pages(news: Any) -> list[tuple[bytes, list[tuple[bytes, dict[bytes, bytes]]]]]:
    """XREAD's answer as (stream, entries) pairs, from either protocol version."""
    if not news:
        return []
    if isinstance(news, dict):
        # RESP3 wraps a stream's entries once more.
        return [(stream, pages[0] if pages and isinstance(pages[0], list) else pages) for stream, pages in news.items()]
    return [(stream, entries) for stream, entries in news]
