"""Load the configured region into its board: all of it at first, what has changed in the pack afterwards.

Knows when to load. Refuses to know how (seed.py) and what is in a region (opening.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from data.link import BoardLink
from data.people import People
from data.settings import Settings
from tools.opening import Ground, open_region, store_url
from tools.people import said
from tools.seed import seed


def load(settings: Settings, report: Callable[[str], None]) -> None:
    """Load it, saying what was done; a board that shows another region is left as it is.

    Loading again changes nothing that is the same, so a load that was killed half-way is simply finished.

    Raises BadSettings and BadRegion for a pack that cannot be used, StoreUnavailable when the store is lost.
    """
    ground = open_region(settings.region_folder())
    asyncio.run(_load(settings, ground, report))


async def _load(settings: Settings, ground: Ground, report: Callable[[str], None]) -> None:
    async with BoardLink.open(store_url(settings), settings.board, ground.facts) as link:
        if link.board.head.region in ("", ground.region.id):
            await seed(link, ground.region, report)
        head = link.board.head
        report(f"board {settings.board}: {head.title}, {sum(1 for _ in link.board.units())} units")
        people = People(store_url(settings), settings.board, link.now)
        async with people.running():
            if words := said(await people.first_admin()):
                report(words)
        if head.region != ground.region.id:
            report(f"board {settings.board} was opened with region {head.region}, not {ground.region.id}; it stays so")
