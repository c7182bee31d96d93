"""The board as of any time, and how units moved.

Knows how a past board is put together: snapshot chunks, then the events after them, from stream or archive.
Refuses to change anything, and to say who may see it (sharing.py does, for a replay as for the live board).
Times are the store's: the board as of `when` holds the events in order up to the first one stamped later.
"""

from __future__ import annotations

import gc
from collections import OrderedDict
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.codec import read_event
from data.event_log import EventLog
from data.keys import Keys
from data.lines import LogLines
from data.snapshots import Chunk, Header, Index, SnapshotMissing, SnapshotStore, entities, overlay
from data.tracks import Tracks
from domain.board import Board
from domain.events import RecordedEvent
from domain.log import log_entries
from domain.position import Fix

BOARDS_KEPT = 32
"""Boards kept to copy from, at the ends of merged chunks: at 200,000 events 25, of some MB each."""
TAIL_PAGE = 250
"""Events read in one call after the newest chunk: the last page is read in vain for the most part."""
CHUNKS_KEPT = 512
"""Packed chunks kept beside them; some 25 kB each."""
MERGED = 8
"""A chunk that covers so many times the events of the smallest one is a merged one."""


@dataclass(frozen=True, slots=True)
class PastBoard:
    """What was known at server time `when`: `seq` is the last event then, `lines` the log lines at hand,
    `positions` the newest fix of every unit as far as the tracks reach back (tracks.py)."""

    when: float
    seq: int
    board: Board
    lines: LogLines
    positions: dict[str, Fix]


class History:
    """The past of one board. `folder` is its archive, None where nothing was archived."""

    def __init__(self, client: Any, keys: Keys, folder: Path | None = None) -> None:
        self._snapshots = SnapshotStore(client, keys, folder)
        self._log = EventLog(client, keys, folder)
        self._tracks = Tracks(client, keys)
        self._index: Index | None = None
        self._boards: OrderedDict[int, Board] = OrderedDict()
        self._chunks: OrderedDict[str, Chunk] = OrderedDict()

    async def as_of(self, when: float) -> PastBoard:
        """The board at a server time; an empty one before its first event, the newest for a time to come.

        Raises EventsMissing or SnapshotMissing when the archive that holds that time is not here.
        """
        header = await self._find_snapshot(when)
        lines = LogLines()
        board = Board()
        if header is not None:
            board = await self._board_at(header)
            packed = (await self._chunk(header)).lines()
            lines.restore(packed.lines, packed.closed)
        await self._fold(board, lines, when)
        return PastBoard(when, board.seq, board, lines, await self._tracks.newest_at(when))

    async def prepare(self) -> None:
        """Put the boards to copy from together, so that no look has to; for a process that will be asked often.

        They live as long as this object, so the garbage collector is told not to walk them again (a full walk over
        a large board takes 100 ms): everything alive in the process at the end of this call is exempt for good.
        """
        index = self._index = await self._snapshots.index()
        if index.newest is None:
            return
        smallest = min(header.last - header.after for header in index.usable)
        merged = [header for header in index.usable if header.last % (MERGED * smallest) == 0]
        for header in merged[-BOARDS_KEPT:]:
            await self._board_at(header)
        gc.collect()
        gc.freeze()

    def events(self, after: int = 0) -> AsyncIterator[RecordedEvent]:
        """Every event after a sequence number, from archive and stream."""
        return self._log.events(after)

    def fixes_between(self, start: float, end: float, units: Collection[str] | None = None) -> AsyncIterator[Fix]:
        """How units moved (all of them, or those named): fixes stored from one server time to another, in order."""
        return self._tracks.between(start, end, units)

    async def _find_snapshot(self, when: float) -> Header | None:
        index = self._index
        if index is None or index.newest is None or index.newest.latest <= when:
            index = self._index = await self._snapshots.index()
        return index.find_newest_at(when)

    async def _board_at(self, header: Header) -> Board:
        """A board of its own as it was after a chunk."""
        try:
            return await self._assemble(header)
        except SnapshotMissing:
            self._index = await self._snapshots.index()  # merged or moved since the list was read
            return await self._assemble(header)

    async def _assemble(self, header: Header) -> Board:
        assert self._index is not None
        chain = self._index.chain(header.last)
        smallest = min(other.last - other.after for other in self._index.usable)
        merged = sum(step.last - step.after >= MERGED * smallest for step in chain)  # they come first
        board = Board()
        start = next((at for at in range(len(chain), 0, -1) if chain[at - 1].last in self._boards), 0)
        if start:
            self._boards.move_to_end(chain[start - 1].last)
            board = self._boards[chain[start - 1].last].copy()
        if start < merged:
            await self._adopt(board, chain[start:merged])
            self._boards[board.seq] = board.copy()
            if len(self._boards) > BOARDS_KEPT:
                self._boards.popitem(last=False)
        await self._adopt(board, chain[max(start, merged) :])
        return board

    async def _adopt(self, board: Board, steps: list[Header]) -> None:
        if steps:
            chunks = [await self._chunk(step) for step in steps]
            board.adopt(steps[-1].last, steps[-1].at, entities(overlay(chunks)))

    async def _chunk(self, header: Header) -> Chunk:
        # Kept packed: bytes cost the garbage collector nothing, a hundred thousand entities would.
        chunk = self._chunks.get(header.name)
        if chunk is None:
            chunk = self._chunks[header.name] = await self._snapshots.read(header)
            if len(self._chunks) > CHUNKS_KEPT:
                self._chunks.popitem(last=False)
        else:
            self._chunks.move_to_end(header.name)
        return chunk

    async def _fold(self, board: Board, lines: LogLines, when: float) -> None:
        while page := await self._log.page(board.seq, TAIL_PAGE):
            for seq, fields in page:
                if float(fields[b"at"]) > when:
                    return
                recorded = read_event(seq, fields)
                board.apply(recorded)
                for entry in log_entries(recorded, board):
                    lines.add(entry, board)
