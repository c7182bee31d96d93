"""Boards with a past, for tests of history: random work by the real write path, small enough for seconds."""

from __future__ import annotations

import contextlib
import random
from collections.abc import AsyncIterator
from typing import Any

from bench.busy_board import FACTS, BusyBoard
from data.codec import read_event
from data.connection import connect, load_functions
from data.keys import Keys, keys_of
from data.lines import LogLines
from data.projection import Projection
from data.schema import check_schema
from data.snapshot_taker import Cadence, SnapshotTaker
from data.snapshots import SnapshotStore
from domain.board import Board
from domain.log import log_entries

SMALL = Cadence(every=40, fanout=4, levels=2)
__all__ = ["FACTS", "SMALL", "Past", "fold", "past", "same"]


class Past:
    """A board with a log, and what a process needs to follow it."""

    def __init__(self, client: Any, keys: Keys, seed: int) -> None:
        self.client = client
        self.keys = keys
        self.store = SnapshotStore(client, keys)
        self._busy = BusyBoard(client, keys, random.Random(seed), 1_780_000_000.0, 4, 12)

    async def grow(self, events: int) -> None:
        """Until the log has at least so many events; about five share a time stamp."""
        await self._busy.grow(events, batch=5)

    async def snapshots(self) -> None:
        """Take every snapshot that is due."""
        taker = SnapshotTaker(self.store, SMALL)
        await Projection(self.client, self.keys, self.store, taker).load()
        await taker.write_due()

    async def log(self) -> list[tuple[int, dict[bytes, bytes]]]:
        """The stream's entries."""
        return [(int(entry.split(b"-")[0]), fields) for entry, fields in await self.client.xrange(self.keys.log)]


@contextlib.asynccontextmanager
async def past(url: str, board: str, events: int, seed: int = 1) -> AsyncIterator[Past]:
    """A board with a past of so many events, no snapshot taken yet."""
    client = connect(url)
    try:
        await load_functions(client)
        await check_schema(client, keys_of(board))
        made = Past(client, keys_of(board), seed)
        await made.grow(events)
        yield made
    finally:
        await client.aclose()


def fold(entries: list[tuple[int, dict[bytes, bytes]]], when: float = float("inf")) -> tuple[Board, LogLines]:
    """The board and lines at a time, the slow way: every event from the first, up to the first one stamped later."""
    board, lines = Board(), LogLines()
    for seq, fields in entries:
        if float(fields[b"at"]) > when:
            break
        recorded = read_event(seq, fields)
        board.apply(recorded)
        for entry in log_entries(recorded, board):
            lines.add(entry, board)
    return board, lines


def same(one: Board, other: Board) -> bool:
    """Whether two boards are equal in everything a rule or a screen can ask."""
    assert one.seq == other.seq
    assert one.at == other.at
    assert one.state() == other.state()
    for ask in (Board.agencies, Board.agreements, Board.units, Board.incidents, Board.open_incidents):
        assert list(ask(one)) == list(ask(other)), ask.__name__
    for incident in one.incidents():
        assert one.assignments_of(incident.id) == other.assignments_of(incident.id)
    assert one.last_closed == other.last_closed
    return True
