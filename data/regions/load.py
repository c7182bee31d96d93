"""A pack's folder as a Region, or one error that carries everything wrong with it.

Knows when a pack may be used. Refuses to know what is wrong (check.py) and the polygons (geo/boundaries.py).
"""

from __future__ import annotations

from pathlib import Path

from data.regions.check import checked_pack
from data.regions.reading import Pack
from domain.errors import BadRegion
from domain.problem import errors_of
from domain.region import Region


def load_region(path: Path) -> Region:
    """The region of a pack. Warnings do not stop it; BadRegion carries the text of every error, a line each."""
    pack = checked_pack(path, None)
    errors = errors_of(pack.problems())
    if errors:
        raise BadRegion("\n".join([f"the region pack {path} cannot be used:", *map(str, errors)]))
    return _region(pack)


def _region(pack: Pack) -> Region:
    head = pack.head
    return Region(
        head.id,
        head.name,
        head.time_zone,
        head.number_prefix,
        head.view,
        head.modelled,
        head.note,
        head.editions,
        tuple(each for _, each in pack.agencies),
        tuple(each for _, each in pack.stations),
        tuple(each for _, each in pack.units),
        tuple(each for _, each in pack.agreements),
        tuple(each for _, each in pack.plans),
        tuple(each for _, each in pack.status_codes),
        tuple(each for _, each in pack.places),
        tuple(each for _, each in pack.past_calls),
        tuple(each for _, each in pack.addresses),
    )
