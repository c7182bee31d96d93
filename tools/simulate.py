"""Bring a board to life: simulated calls, dispatchers and crews.

Knows its arguments and how a simulation is put together. Refuses to know what anybody in it does (simulator/).
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import uuid
from collections import Counter
from pathlib import Path

from data.link import BoardLink
from data.settings import Settings, load_settings
from geo.travel import trips_to
from geo.travel_time import estimate, mode_of
from tools.opening import Ground, open_region, stop_on_signals, store_url
from tools.seed import seed
from tools.simulator.driver import Driver
from tools.simulator.world import World

VIRTUAL_START = 1_767_283_200.0
"""Where virtual time begins when nobody says: 2026-01-01 16:00 UTC, morning in California."""
DAY = 86_400.0
"""Board seconds played in virtual time when nobody says."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to simulate, how fast and for how long; what is not given comes from the settings."""
    parser.add_argument("--board", help="board to work on (default: CONCORD_BOARD)")
    parser.add_argument("--region", help="region pack, put onto an empty board (default: CONCORD_REGION)")
    parser.add_argument("--speed", type=float, help="board seconds per second (default: CONCORD_SIMULATOR_SPEED)")
    parser.add_argument("--surge", type=float, help="times the usual calls (default: CONCORD_SIMULATOR_SURGE)")
    parser.add_argument("--seed", type=int, help="start of chance (default: CONCORD_SIMULATOR_SEED)")
    parser.add_argument("--until", type=float, default=0.0, metavar="SECONDS", help="stop after so much board time")
    parser.add_argument("--max", action="store_true", help="virtual time: do not wait, stamp every command itself")
    parser.add_argument("--start", type=float, default=VIRTUAL_START, help="where virtual time begins (epoch seconds)")
    parser.add_argument("--follow-settings", action="store_true", help="take everything from the settings")


def run(args: argparse.Namespace) -> int:
    """Simulate until stopped; 0 after a clean end."""
    settings = load_settings()
    logging.basicConfig(level=settings.log_level.upper(), format="%(levelname)s %(name)s: %(message)s")
    if not args.follow_settings:
        settings = _with_arguments(settings, args)
    answers = asyncio.run(_simulate(settings, args))
    print(", ".join(f"{count} {answer}" for answer, count in answers.most_common()), flush=True)
    return 0


def _with_arguments(settings: Settings, args: argparse.Namespace) -> Settings:
    given = {
        "board": args.board,
        "region": str(Path(args.region).resolve()) if args.region and Path(args.region).is_dir() else args.region,
        "simulator_speed": args.speed,
        "simulator_surge": args.surge,
        "simulator_seed": args.seed,
    }
    return settings.model_copy(update={name: value for name, value in given.items() if value is not None})


async def _simulate(settings: Settings, args: argparse.Namespace) -> Counter[str]:
    stop = stop_on_signals()
    ground = await asyncio.to_thread(open_region, settings.region_folder())
    url = await asyncio.to_thread(store_url, settings)
    async with BoardLink.open(url, settings.board, ground.facts) as link:
        if not link.board.head.region:
            await seed(link, ground.region)
        driver = Driver(link, _world(link, ground, settings), stop, uuid.uuid4().hex[:12])
        if args.max:
            await driver.virtual(args.start, args.until or DAY)
        else:
            head = link.board.head
            if head.clock_rate != settings.simulator_speed:
                await driver.set_clock(head.time(link.now()), settings.simulator_speed)
            if not any(True for _ in link.board.open_incidents()):
                await driver.warm_up()
            await driver.live(args.until)
        return driver.answers


def _world(link: BoardLink, ground: Ground, settings: Settings) -> World:
    return World(
        ground.region,
        ground.facts,
        link.board,
        seed=settings.simulator_seed,
        surge=settings.simulator_surge,
        travel=lambda metres, kind: estimate(metres, mode_of(kind)).seconds,
        trips=trips_to,
        places=link.positions,
    )
