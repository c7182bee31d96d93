"""Bring a board's stored layout forward to this release's, after a backup; `--dry-run` only says what would change.

Knows the command line and that a backup comes first. Refuses to know the layouts (data/schema.py).
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable
from pathlib import Path

from data.backup import back_up
from data.connection import connect
from data.keys import keys_of
from data.schema import SCHEMA, migrate, read_schema
from data.settings import Settings, load_settings
from tools.at_store import store_for_a_while


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`--board`, `--dry-run` and where the backup goes."""
    parser.add_argument("--board", default="", help="name of the board (CONCORD_BOARD)")
    parser.add_argument("--dry-run", action="store_true", help="say what would change, change nothing")
    parser.add_argument("--backup", type=Path, help="the backup's file (default: backups/ in the data folder)")


def run(args: argparse.Namespace) -> int:
    """Migrate; 0 when the board is of this release's layout (or, dry, could be)."""
    settings = load_settings()
    board = args.board or settings.board
    with store_for_a_while(settings) as url:
        steps = bring_forward(url, board, args.backup or backup_file(settings, board), print, dry=args.dry_run)
    words = ("to do", "would have") if args.dry_run else ("done", "has")
    print(f"{steps} step(s) {words[0]}: board {board} {words[1]} schema {SCHEMA}" if steps else _nothing_to_do(board))
    return 0


def backup_file(settings: Settings, board: str) -> Path:
    """Where the backup before a migration goes."""
    return settings.data_folder / "backups" / f"{board}-before-schema-{SCHEMA}.zip"


def bring_forward(url: str, board: str, backup: Path, report: Callable[[str], None], *, dry: bool = False) -> int:
    """Back a board up and migrate it, if it is of an older layout; how many steps that took. Raises WrongSchema."""
    return asyncio.run(_bring_forward(url, board, backup, report, dry))


async def _bring_forward(url: str, board: str, backup: Path, report: Callable[[str], None], dry: bool) -> int:
    client, keys = connect(url, board=board), keys_of(board)
    try:
        if await read_schema(client, keys) == SCHEMA:
            return 0
        if not dry:
            backup.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            await back_up(client, keys, backup)
            report(f"backup: {backup}")
        return await migrate(client, keys, dry=dry, report=report)
    finally:
        await client.aclose()


def _nothing_to_do(board: str) -> str:
    return f"board {board} has schema {SCHEMA} already"
