"""What every command-line client needs before it opens a board: the store's address and a region with its facts.

Knows settings, packs and boundaries. Refuses to know boards and commands.
"""

from __future__ import annotations

import signal
from asyncio import Event, get_running_loop
from dataclasses import dataclass
from pathlib import Path

from data.regions import load_region
from domain.region import Region
from domain.rules import Facts
from geo.boundaries import read_boundaries
from geo.facts import facts_for
from tools.at_store import store_url

__all__ = ["Ground", "open_region", "stop_on_signals", "store_url"]


@dataclass(frozen=True, slots=True)
class Ground:
    """A region pack ready for use: its values and what the rules ask of it."""

    region: Region
    facts: Facts


def open_region(folder: Path) -> Ground:
    """A pack's region and facts. Raises BadRegion with everything that is wrong with the pack."""
    region = load_region(folder)
    return Ground(region, facts_for(region, read_boundaries(folder)))


def stop_on_signals() -> Event:
    """An event that SIGTERM and SIGINT set, for the running event loop."""
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        get_running_loop().add_signal_handler(number, stop.set)
    return stop
