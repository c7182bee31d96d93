"""Play recorded fire department calls (DataSF's CSV) onto a board, as fast as you like.

Knows its arguments, how a board is made ready and where the end report goes. Refuses to know the recording
(replaying/rows.py), the order (replaying/plan.py) and the sending (replaying/player.py).
"""

from __future__ import annotations

import argparse
import asyncio
import math
import time
import uuid
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from data.link import BoardLink
from data.settings import Settings, load_settings
from domain.board import Board
from domain.errors import BadCommand
from domain.response_plan import ResponsePlan
from domain.unit import Unit
from tools.opening import open_region, stop_on_signals, store_url
from tools.replaying.account import table
from tools.replaying.plan import plan
from tools.replaying.player import Player
from tools.replaying.rows import read_calls
from tools.seed import seed

TIME_ZONE = "America/Los_Angeles"
"""San Francisco's, in which the file's times are written."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The file, the board and the pace."""
    parser.add_argument("file", type=Path, help="CSV of DataSF's Fire Department Calls for Service")
    parser.add_argument("--board", default="", help="board to play onto (default: CONCORD_BOARD)")
    parser.add_argument("--speed", type=_speed, default=60.0, help="recorded seconds per second, or max (default: 60)")
    parser.add_argument("--region", default="", help="region pack, put onto an empty board (default: CONCORD_REGION)")
    parser.add_argument("--limit", type=int, default=0, help="only the first N calls")
    parser.add_argument("--from", dest="since", type=_moment, help="local time to begin at, e.g. 2020-04-12T08:00")
    parser.add_argument("--lead", default="sffd", help="agency that leads the calls (default: sffd)")
    parser.add_argument(
        "--time-zone", type=_zone, default=TIME_ZONE, help=f"time zone of the file (default: {TIME_ZONE})"
    )


def run(args: argparse.Namespace) -> int:
    """Play, print the report; 0 unless the file, region or store could not be used at all."""
    settings = load_settings()
    if args.region:
        settings = settings.model_copy(update={"region": str(Path(args.region).resolve())})
    return asyncio.run(_replay(args, settings))


async def _replay(args: argparse.Namespace, settings: Settings) -> int:
    zone: ZoneInfo = args.time_zone
    since = args.since.replace(tzinfo=zone).timestamp() if args.since else 0.0
    recording = plan(read_calls(args.file, zone, since, args.limit))
    ground = open_region(settings.region_folder())
    stop = stop_on_signals()
    async with BoardLink.open(store_url(settings), args.board or settings.board, ground.facts) as link:
        if not link.board.seq:
            await seed(link, ground.region, print)
        _check_region(link.board, ground.region.id, args.board or settings.board)
        if not any(agency.id == args.lead for agency in link.board.agencies()):
            known = ", ".join(sorted(agency.id for agency in link.board.agencies())[:8])
            raise BadCommand(f"no agency {args.lead} on this board; name the leading one with --lead ({known}, ...)")
        types = types_by_name(ground.facts.plans)
        if recording.calls and not any(call.type in types for call in recording.calls):
            raise BadCommand(
                f"region {ground.region.id} has no response plan named like this file's call types "
                f"({recording.calls[0].type!r}, ...); make one with `python -m tools region import-datasf`"
            )
        player = Player(
            link,
            recording,
            rate=args.speed,
            types=types,
            units=units_by_callsign(link.board, args.lead),
            lead=args.lead,
            run=uuid.uuid4().hex[:12],
            progress=lambda text: print(text, flush=True),
        )
        began = time.monotonic()
        try:
            account = await player.play(stop)
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None  # commands in flight fail together; the first says why
        print(table(account, time.monotonic() - began, player.clock_commands))
    return 0


def _check_region(board: Board, region: str, name: str) -> None:
    if board.head.region != region:
        shown = f"board {name} shows region {board.head.region}, not {region}"
        raise BadCommand(f"{shown}; give its pack with --region, or another --board")


def types_by_name(plans: Mapping[str, ResponsePlan]) -> dict[str, str]:
    """Recorded call types to plan codes: a plan answers to its name as the file writes it."""
    return {each.name: each.code for each in plans.values()}


def units_by_callsign(board: Board, lead: str) -> dict[str, Unit]:
    """The board's units by callsign; where two agencies have the same, the leading agency's counts."""
    units = sorted(board.units(), key=lambda unit: unit.agency == lead)
    return {unit.callsign: unit for unit in units}


def _speed(text: str) -> float:
    if text == "max":
        return math.inf
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not max or a number above 0")
    return speed


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a local time like 2020-04-12T08:00") from None


def _zone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError):
        raise argparse.ArgumentTypeError(f"{text!r} is not a time zone like {TIME_ZONE}") from None
