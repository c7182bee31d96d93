"""Write a board to a file while it works: log, state, versions, command ids, with checksums.

Knows the command line. Refuses to know what is in the file (data/backup.py).
"""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from data.backup import Summary, back_up
from data.connection import connect
from data.keys import keys_of
from data.settings import load_settings
from tools.at_store import store_for_a_while


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`--board` and `--out`."""
    parser.add_argument("--board", default="", help="name of the board (CONCORD_BOARD)")
    parser.add_argument("--out", type=Path, required=True, help="file to write; an older one is replaced when done")


def run(args: argparse.Namespace) -> int:
    """Write the file; 0 when it is whole."""
    settings = load_settings()
    with store_for_a_while(settings) as url:
        summary = asyncio.run(_run(url, args.board or settings.board, args.out))
    size = args.out.stat().st_size
    print(f"{args.out}: {in_words(summary)}, {size / 1e6:.2f} MB")
    return 0


async def _run(url: str, board: str, out: Path) -> Summary:
    client = connect(url, board=board)
    try:
        return await back_up(client, keys_of(board), out)
    finally:
        await client.aclose()


def in_words(summary: Summary) -> str:
    """A summary as one line."""
    return (
        f"board {summary.board} (schema {summary.schema}) up to event {summary.seq}: "
        f"{summary.events} events, {summary.keys} keys, {summary.commands} command ids"
    )
