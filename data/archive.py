"""Archiving: old events move from the store's memory into files, and only then leave the stream.

Knows the order that loses nothing: write, force to disk, rename, read back and compare, trim. Refuses to trim what
a live reader, a seal or a process that starts still needs. Killed at any point, it goes on the next time.
"""

from __future__ import annotations

import asyncio
import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.event_files import Entry, EventReader, event_files, put_in_place, write_events
from data.keys import Keys
from data.readers import ReaderRegister
from data.snapshots import Index, SnapshotStore
from domain.errors import ConcordError

FILE_EVENTS = 200_000
"""Events in one file at most."""
PAGE = 5000


class ArchiveError(ConcordError):
    """The archive cannot go on; the text names the event, the folder and the remedy."""


@dataclass(frozen=True, slots=True)
class Archived:
    """What was done. `first` to `last` were written in `size` bytes (nothing when `last` < `first`), the log now
    begins with event `log_begins`; `held` says in words what kept it from being trimmed further."""

    first: int
    last: int
    size: int
    log_begins: int
    held: str
    chunks_moved: int

    @property
    def events(self) -> int:
        """How many events were written."""
        return max(0, self.last - self.first + 1)


class Archive:
    """Archives one board into `folder`."""

    def __init__(self, client: Any, keys: Keys, folder: Path) -> None:
        self._client = client
        self._keys = keys
        self._folder = folder
        self._snapshots = SnapshotStore(client, keys, folder)

    async def run(self, keep: int, now: float) -> Archived:
        """Archive what is older than the newest snapshot and the newest `keep` events; `now` is server time.

        Raises ArchiveError; nothing has been trimmed then that was not in a verified file.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        with _alone(self._folder):
            index = await self._snapshots.index()
            end = int(await self._client.get(self._keys.seq) or 0)
            newest = index.newest.last if index.newest else 0
            upto = min(newest, end - max(keep, 1))
            first, last, size = await self._write(upto)
            trim, held = await self._trim_to(last, end, now)
            await self._client.xtrim(self._keys.log, minid=f"{trim + 1}-0", approximate=False)
            moved = await self._move_chunks(index, trim)
            begins = await self._log_begins()
        if newest < end - max(keep, 1):
            held = held or f"the newest snapshot is of event {newest}"
        return Archived(first, last, size, begins, held, moved)

    async def _log_begins(self) -> int:
        oldest = await self._client.xrange(self._keys.log, count=1)
        return int(oldest[0][0].split(b"-")[0]) if oldest else 0

    async def _write(self, upto: int) -> tuple[int, int, int]:
        last = 0
        for file in event_files(self._folder):
            if file.first != last + 1:
                raise ArchiveError(f"{self._folder} lacks the events {last + 1} to {file.first - 1}: restore its files")
            last = file.last
        first, size = last + 1, 0
        begins = await self._log_begins()
        if begins > first:
            raise ArchiveError(
                f"the log begins with event {begins} but {self._folder} ends at {last}: "
                "it is not this board's archive; give the folder that was written to before"
            )
        while last < upto:
            entries = await self._entries(last, min(upto - last, FILE_EVENTS))
            file = await asyncio.to_thread(write_events, self._folder, entries)
            size += file.path.stat().st_size
            last = file.last
        return first, last, size

    async def _entries(self, after: int, count: int) -> list[Entry]:
        entries: list[Entry] = []
        while len(entries) < count:
            page = await self._client.xrange(
                self._keys.log, min=f"({after + len(entries)}-0", count=min(PAGE, count - len(entries))
            )
            for entry_id, fields in page:
                seq = int(entry_id.split(b"-")[0])
                if seq != after + len(entries) + 1:
                    raise ArchiveError(f"the log goes from {seq - 1} to {seq}: run `python -m tools verify`")
                entries.append((seq, fields))
            if not page:
                raise ArchiveError(f"the log ends at {after + len(entries)}: it was cut while it was archived")
        return entries

    async def _trim_to(self, last: int, end: int, now: float) -> tuple[int, str]:
        """Up to which event the log may be trimmed, and what held it back."""
        limits = {"": min(last, end - 1)}
        for reader, seq in (await ReaderRegister(self._client, self._keys).live(now)).items():
            limits[f"reader {reader[:8]} has read to event {seq}"] = seq
        sealed = await self._client.get(self._keys.sealed)
        if sealed is not None:
            limits[f"seals reach event {int(sealed)}"] = int(sealed)
        held, trim = min(limits.items(), key=lambda item: item[1])
        verified = await self._verify(await self._log_begins(), trim)
        return verified, held

    async def _verify(self, begins: int, upto: int) -> int:
        """Read back every event that is about to leave the log, and compare it; the last one that may go."""
        if not begins or begins > upto:
            return begins - 1
        reader, at = EventReader(self._folder), begins
        while at <= upto:
            kept = await asyncio.to_thread(reader.read, at - 1, upto - at + 1)
            there = await self._entries(at - 1, len(kept))
            if not kept or there != kept:
                seq = next((ours[0] for ours, theirs in zip(there, kept, strict=False) if ours != theirs), at)
                raise ArchiveError(
                    f"event {seq} in {self._folder} is not what the log holds: nothing was trimmed; "
                    "move the file that holds it away and archive again"
                )
            at += len(kept)
        return upto

    async def _move_chunks(self, index: Index, trimmed: int) -> int:
        """Move the snapshot chunks a starting process no longer needs out of the store."""
        needed = {header.name for header in index.chain(index.newest.last)} if index.newest else set()
        moved = 0
        for header in index.headers.values():
            if header.name in needed or header.last > trimmed:
                continue
            path = self._snapshots.path(header)
            if not path.is_file():
                data = (await self._snapshots.read(header)).to_bytes()
                half = path.with_suffix(".half")
                await asyncio.to_thread(half.write_bytes, data)
                await asyncio.to_thread(put_in_place, half, path)
                moved += 1
            await self._snapshots.forget(header)
        return moved


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ArchiveError(f"{folder} is being written to by another process: wait until it is done") from None
        yield
