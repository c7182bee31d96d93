"""The audit log: a second log beside the board's, under the same hash tag, chained and sealed like it.

Knows how entries get there once each, and how they are found again. Refuses to know what they are about.

It is apart because a flood of failed sign-ins must not move the numbers every command is compared with, and because
it is kept for another time (docs/decisions/0020). Its name is the board's with `/audit`: sealing, verification and
exports take that name as they take a board's.

`note` never waits: it queues, and a task writes. `record` waits until the entry is in the store; whoever is about to
see something closer is shown it only then.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec
from redis.exceptions import RedisError

from data.connection import LOST, answering, connect
from data.keys import AUDIT, keys_of
from data.tasks import cancelled
from domain.audit_entry import AuditEntry, AuditLine
from domain.errors import StoreUnavailable

SCHEMA = "1"
AT_ONCE = 200
MOST_WAITING = 20_000
"""Entries that wait while the store is away; then the oldest are dropped, counted and said."""
RECORD_SECONDS = 3.0
PAGE = 500
MOST_LOOKED_AT = 20_000
"""Entries one search looks at; it says where it stopped."""
log = logging.getLogger("concord.audit")


@dataclass(slots=True)
class _Waiting:
    entry: AuditEntry
    done: asyncio.Future[None] | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """The newest entries that match, newest first; `older` is where to go on, 0 at the log's beginning."""

    lines: list[AuditLine] = field(default_factory=list)
    older: int = 0
    unreadable: list[int] = field(default_factory=list)
    """Numbers of entries passed by that are none: changed by another hand, or of a newer release."""


class AuditLog:
    """Writes and reads the audit log of one board."""

    def __init__(self, redis_url: str, board: str) -> None:
        self.name = board + AUDIT
        self._keys = keys_of(self.name)
        self._client: Any = connect(redis_url, connections=3, board=self.name)
        self._waiting: deque[_Waiting] = deque()
        self._batch: list[_Waiting] = []
        self._token = ""
        self._wake = asyncio.Event()
        self._waits_for = ""
        self.dropped = 0

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Write until the block ends, then what is still waiting; the functions must be loaded (BoardLink does)."""
        task = asyncio.create_task(self._run(), name="audit log")
        try:
            yield
        finally:
            await cancelled([task])
            with contextlib.suppress(*LOST, RedisError):
                async with asyncio.timeout(2.0):
                    while self._take():
                        await self._write()
            await self._client.aclose()

    def note(self, entry: AuditEntry) -> None:
        """Put an entry on its way."""
        self._push(_Waiting(entry))

    async def record(self, entry: AuditEntry) -> None:
        """Wait until an entry is in the store. Raises StoreUnavailable; it may still get there later."""
        waiting = _Waiting(entry, asyncio.get_running_loop().create_future())
        assert waiting.done is not None
        self._push(waiting)
        try:
            async with asyncio.timeout(RECORD_SECONDS):
                await waiting.done
        except TimeoutError:
            raise StoreUnavailable("the audit log does not take entries now") from None

    def _push(self, waiting: _Waiting) -> None:
        if len(self._waiting) >= MOST_WAITING:
            self._waiting.popleft()
            self.dropped += 1
            if self.dropped % 1000 == 1:
                log.error("%d audit entries were dropped: the store has been away for too long", self.dropped)
        self._waiting.append(waiting)
        self._wake.set()

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._take():
                try:
                    await self._write()
                except (*LOST, RedisError) as lost:
                    self._say_why(lost)
                    await asyncio.sleep(0.3)  # the same batch again, under the same token: it is written once

    def _say_why(self, lost: Exception) -> None:
        """Once for each reason: whoever runs the board must know that nothing is on record meanwhile."""
        if (said := str(lost)) != self._waits_for:
            self._waits_for = said
            log.error("the audit log waits, closer looks and exports are refused: %s", said)

    def _take(self) -> bool:
        """Have a batch to write; the one that could not be written stays the next."""
        if not self._batch and self._waiting:
            self._token = secrets.token_hex(12)
            self._batch = [self._waiting.popleft() for _ in range(min(AT_ONCE, len(self._waiting)))]
        return bool(self._batch)

    async def _write(self) -> None:
        args: list[str | bytes] = [self._token]
        for waiting in self._batch:
            args += [str(waiting.entry.kind), SCHEMA, msgspec.json.encode(waiting.entry)]
        keys = (self._keys.seq, self._keys.log, self._keys.command(self._token))
        await self._client.fcall("concord_audit_1", len(keys), *keys, *args)
        if self._waits_for:
            self._waits_for = ""
            log.info("the audit log takes entries again")
        written, self._batch = self._batch, []
        for waiting in written:
            if waiting.done is not None and not waiting.done.done():
                waiting.done.set_result(None)

    @answering
    async def find(self, matches: Callable[[AuditLine], bool], *, before: int = 0, count: int = 100) -> Found:
        """The newest entries before a number (0: all) that match. Raises StoreUnavailable."""
        found: list[AuditLine] = []
        unreadable: list[int] = []
        cursor, looked_at = f"({before}-0" if before else "+", 0
        while looked_at < MOST_LOOKED_AT:
            page = await self._client.xrevrange(self._keys.log, max=cursor, min="-", count=PAGE)
            for entry_id, fields in page:
                seq = int(entry_id.split(b"-")[0])
                line = find_line(seq, fields)
                if line is None:
                    unreadable.append(seq)
                elif matches(line):
                    found.append(line)
                    if len(found) == count:
                        return Found(found, seq if seq > 1 else 0, unreadable)
            if len(page) < PAGE:
                return Found(found, 0, unreadable)
            looked_at += len(page)
            cursor = f"({page[-1][0].decode()}"
        return Found(found, int(page[-1][0].split(b"-")[0]), unreadable)


def find_line(seq: int, fields: dict[bytes, bytes]) -> AuditLine | None:
    """An entry from its stored fields; None when they are not an entry's, so that one changed by another hand hides
    no other."""
    try:
        return AuditLine(seq, float(fields[b"at"]), msgspec.json.decode(fields[b"body"], type=AuditEntry))
    except (KeyError, ValueError):  # msgspec's errors are ValueErrors
        return None
