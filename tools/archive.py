"""Move a board's old events from the store's memory into files, verified, then trim the log behind every reader.

Knows its arguments and how to say what was done. Refuses to know the order that loses nothing (data/archive.py).
"""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from data.archive import Archive, Archived
from data.clock import ServerClock
from data.connection import LOST, connect
from data.keys import keys_of
from data.settings import Settings, load_settings
from domain.errors import StoreUnavailable
from tools.opening import store_url

KEEP = 10_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The board, how much stays, and where to."""
    parser.add_argument("--board", default="", help="board to archive (default: CONCORD_BOARD)")
    parser.add_argument("--keep", type=int, default=KEEP, help=f"newest events that stay (default: {KEEP})")
    parser.add_argument("--folder", type=Path, help="where to (default: archive/BOARD in the data folder)")


def run(args: argparse.Namespace) -> int:
    """Archive once; 0 also when there was nothing to do."""
    settings = load_settings()
    board = args.board or settings.board
    folder = args.folder or archive_folder(settings, board)
    done = asyncio.run(_archive(store_url(settings), board, folder, args.keep))
    if done.events:
        print(f"events {done.first:,} to {done.last:,} are in {folder}: {done.size / done.events:.1f} bytes an event")
    else:
        print(f"nothing to archive in board {board}")
    print(f"the log in the store now begins with event {done.log_begins:,}")
    if done.held:
        print(f"held back: {done.held}")
    return 0


def archive_folder(settings: Settings, board: str) -> Path:
    """Where a board's archive lies unless somebody says otherwise."""
    return settings.data_folder / "archive" / board


async def _archive(url: str, board: str, folder: Path, keep: int) -> Archived:
    client = connect(url, board=board)
    try:
        clock = ServerClock(client)
        await clock.sync()
        return await Archive(client, keys_of(board), folder).run(keep, clock.now())
    except LOST as lost:
        raise StoreUnavailable(f"the store does not answer: {lost}") from lost
    finally:
        await client.aclose()
