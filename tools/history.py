"""Show a board as it was: open incidents, the units at work on them, and the newest log lines.

Knows its arguments and the table. Refuses to know how a past board is put together (data/history.py).
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from data.connection import LOST, connect
from data.history import History, PastBoard
from data.keys import keys_of
from data.settings import load_settings
from domain.assignment import Assignment
from domain.errors import StoreUnavailable
from domain.incident import Incident
from tools.archive import archive_folder
from tools.opening import store_url

LINES = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The board and the time."""
    parser.add_argument("--board", default="", help="board to look at (default: CONCORD_BOARD)")
    parser.add_argument("--at", type=_moment, required=True, help="e.g. 2026-11-23T14:00:00-08:00, or without the zone")
    parser.add_argument("--lines", type=int, default=LINES, help=f"log lines per incident (default: {LINES})")
    parser.add_argument("--folder", type=Path, help="the archive (default: archive/BOARD in the data folder)")


def run(args: argparse.Namespace) -> int:
    """Print the board as of then; 1 when there was nothing yet."""
    settings = load_settings()
    board = args.board or settings.board
    folder = args.folder or archive_folder(settings, board)
    past = asyncio.run(_look(store_url(settings), board, folder if folder.is_dir() else None, args.at))
    print("\n".join(table(past, args.lines)))
    return 0 if past.seq else 1


def table(past: PastBoard, lines: int = LINES) -> Iterator[str]:
    """The board as lines of text; times of day are the board's own, in its zone."""
    head, zone = past.board.head, ZoneInfo(past.board.head.time_zone)
    as_of = datetime.fromtimestamp(head.time(past.when) if head.clock_at else past.when, zone)
    yield f"{head.title or 'no board yet'}, as of {as_of:%Y-%m-%d %H:%M:%S %Z} (event {past.seq:,})"
    shown = list(past.board.open_incidents())
    working = sum(1 for unit in past.board.units() if unit.active)
    yield f"{len(shown)} open incidents, {working} of {sum(1 for _ in past.board.units())} units at work"
    for incident in sorted(shown, key=lambda incident: (incident.priority, incident.received_at)):
        yield ""
        yield _incident(incident, zone)
        for held in past.board.assignments_of(incident.id):
            if not held.ended:
                yield _unit(held, past, zone)
        for entry in list(past.lines.get(incident.id, ()))[-lines:] if lines > 0 else ():
            yield f"    {_time(entry.at, zone)}  {entry.agency}: {entry.text}"


def _incident(incident: Incident, zone: ZoneInfo) -> str:
    where = incident.address or f"{incident.lat:.4f}, {incident.lon:.4f}"
    since = _time(incident.received_at, zone)
    return f"{incident.id}  P{incident.priority}  {incident.local_type}  {where}  since {since}"


def _unit(held: Assignment, past: PastBoard, zone: ZoneInfo) -> str:
    fix = past.positions.get(held.unit)
    place = f"  at {fix.lat:.4f}, {fix.lon:.4f}" if fix else ""
    return f"  {held.unit:<14}{held.status.replace('_', ' '):<15}since {_time(held.since, zone)}{place}"


def _time(at: float, zone: ZoneInfo) -> str:
    return f"{datetime.fromtimestamp(at, zone):%H:%M:%S}"


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time; write 2026-11-23T14:00:00-08:00") from None


async def _look(url: str, board: str, folder: Path | None, at: datetime) -> PastBoard:
    client = connect(url, board=board)
    try:
        history = History(client, keys_of(board), folder)
        if at.tzinfo is None:  # without a zone it is the board's own time of day
            now = await history.as_of(float("inf"))
            at = at.replace(tzinfo=ZoneInfo(now.board.head.time_zone))
        return await history.as_of(at.timestamp())
    except LOST as lost:
        raise StoreUnavailable(f"the store does not answer: {lost}") from lost
    finally:
        await client.aclose()
