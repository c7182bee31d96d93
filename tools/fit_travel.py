"""`region fit-travel`: the region's own straight-line law of travel, from its history into its pack.

Knows the arguments and what is printed. Refuses to know what a run is (travel_history.py) and how a law is fitted
(geo/fitted_law.py).
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from pathlib import Path

from data.connection import connect
from data.regions import load_region
from data.settings import load_settings
from domain.errors import BadRegion
from geo.fitted_law import TRAVEL, Run, errors_of, fit, toml_of
from geo.travel_time import NEW_YORK
from tools.archive import archive_folder
from tools.at_store import store_for_a_while
from tools.travel_history import runs_of_board, runs_of_calls


def fit_travel(args: argparse.Namespace) -> int:
    """Fit, say how good it is, write; 1 when there is too little history, and then nothing is written."""
    runs: list[Run] = []
    if args.calls:
        region = load_region(args.path)
        for path in args.calls:
            runs += runs_of_calls(path, region)
    else:
        runs = _of_board(args.board, args.folder)
    try:
        found = fit(runs)
    except BadRegion as few:
        print(f"no law: {few}", file=sys.stderr)
        return 1
    print(f"seconds = {found.c:.3f} * metres ** {found.b:.3f}, from {found.runs} runs of {len(runs)}")
    print(
        f"on {found.held_out} runs of days kept apart the middle 80 % of errors lie between {found.low * 100:+.0f} and"
        f" {found.high * 100:+.0f} %"
    )
    low, high = errors_of(NEW_YORK.c, NEW_YORK.b, runs)
    print(f"the general law's errors on all these runs: {low * 100:+.0f} to {high * 100:+.0f} %")
    print(found.law.label)
    if not args.dry_run:
        (args.path / TRAVEL).write_text(toml_of(found), encoding="utf-8")
        print(f"written to {args.path / TRAVEL}")
    return 0


def _of_board(name: str, folder: Path | None) -> list[Run]:
    settings = load_settings()
    board = name or settings.board
    archive = folder or archive_folder(settings, board)

    async def look(url: str) -> list[Run]:
        client = connect(url, board=board)
        try:
            return await runs_of_board(client, board, archive if archive.is_dir() else None, time.time())
        finally:
            await client.aclose()

    with store_for_a_while(settings) as url:
        return asyncio.run(look(url))
