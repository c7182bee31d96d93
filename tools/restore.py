"""Make a board again from a file that `backup` wrote; nothing is touched before every checksum was right.

Knows the command line. Refuses to know what is in the file (data/backup.py).
"""

from __future__ import annotations

import argparse
import asyncio
from contextlib import nullcontext
from pathlib import Path

from data.backup import Summary, restore
from data.connection import connect
from data.keys import keys_of
from data.settings import load_settings
from tools.at_store import store_for_a_while
from tools.backup import in_words


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The file, the board's name, the store, `--replace`."""
    parser.add_argument("file", type=Path, help="what `backup` wrote")
    parser.add_argument("--board", required=True, help="name of the board it becomes")
    parser.add_argument(
        "--into", default="", metavar="URL", help="store to restore into (REDIS_URL, or the embedded one)"
    )
    parser.add_argument(
        "--replace", action="store_true", help="drop what the board holds (stop its web processes first)"
    )


def run(args: argparse.Namespace) -> int:
    """Restore; 0 when the board is what the file says."""
    with nullcontext(args.into) if args.into else store_for_a_while(load_settings()) as url:
        summary = asyncio.run(_run(url, args.board, args.file, args.replace))
    print(f"restored as board {args.board}: {in_words(summary)}")
    return 0


async def _run(url: str, board: str, file: Path, replace: bool) -> Summary:
    client = connect(url, board=board)
    try:
        return await restore(client, keys_of(board), file, replace=replace, report=print)
    finally:
        await client.aclose()
