"""Bring a board's stored layout forward to this release's, after a backup; `--dry-run` only says what would change.

Knows the command line and that a backup comes first. Refuses to know the layouts (data/schema.py).
"""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from data.backup import back_up
from data.connection import connect
from data.keys import keys_of
from data.schema import SCHEMA, migrate, read_schema
from data.settings import load_settings
from tools.opening import store_url


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`--board`, `--dry-run` and where the backup goes."""
    parser.add_argument("--board", default="", help="name of the board (CONCORD_BOARD)")
    parser.add_argument("--dry-run", action="store_true", help="say what would change, change nothing")
    parser.add_argument("--backup", type=Path, help="the backup's file (default: backups/ in the data folder)")


def run(args: argparse.Namespace) -> int:
    """Migrate; 0 when the board is of this release's layout (or, dry, could be)."""
    settings = load_settings()
    board = args.board or settings.board
    backup = args.backup or settings.data_folder / "backups" / f"{board}-before-schema-{SCHEMA}.zip"
    return asyncio.run(_run(store_url(settings), board, backup, args.dry_run))


async def _run(url: str, board: str, backup: Path, dry: bool) -> int:
    client, keys = connect(url, board=board), keys_of(board)
    try:
        found = await read_schema(client, keys)
        if found == SCHEMA:
            print(f"board {board} has schema {SCHEMA} already")
            return 0
        if not dry:
            backup.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            await back_up(client, keys, backup)
            print(f"backup: {backup}")
        steps = await migrate(client, keys, dry=dry, report=print)
        words = ("to do", "would have") if dry else ("done", "has")
        print(f"{steps} step(s) {words[0]}: board {board} {words[1]} schema {SCHEMA}")
        return 0
    finally:
        await client.aclose()
