"""Put a region on a board, through the ordinary commands.

Knows the order: board, agencies, units, agreements. Seeding twice changes nothing.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable

from data.codec import to_json
from data.link import BoardLink
from domain.commands import (
    Actor,
    Command,
    Envelope,
    OpenBoard,
    RegisterAgencies,
    RegisterAgreements,
    RegisterUnits,
    Role,
)
from domain.errors import BadRegion
from domain.region import Region

UNITS_AT_ONCE = 200


async def seed(link: BoardLink, region: Region, report: Callable[[str], None] = lambda line: None) -> None:
    """Register what the region holds. Raises BadRegion when the board refuses a part of it."""
    actor = Actor("region loader", "", Role.SERVICE, "import")
    batches: list[Command] = [
        OpenBoard(region.name, region.id, region.number_prefix, region.note, True, region.time_zone),
        RegisterAgencies(region.agencies),
    ]
    for start in range(0, len(region.units), UNITS_AT_ONCE):
        batches.append(RegisterUnits(region.units[start : start + UNITS_AT_ONCE]))
    batches.append(RegisterAgreements(region.agreements))
    for number, command in enumerate(batches):
        # What is asked is part of the id: a pack that was mended meanwhile asks for something else.
        content = zlib.crc32(to_json(command))
        envelope = Envelope(f"seed-{region.id}-{link.board.seq}-{number}-{content:08x}", actor, command)
        outcome = await link.send(envelope)
        if not outcome.accepted:
            raise BadRegion(f"the board refused region {region.id}: {outcome.text}. {outcome.decision.remedy}")
        if outcome.seq:
            report(outcome.text)
