"""A Region as a folder of text files.

Knows how a pack is written: sorted, one spelling for each value, so that git shows what changed and nothing
else. Refuses to know the polygons (geo/boundaries.py writes them beside).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from data.regions import schema
from data.regions.papers import written_agreements, written_plans
from data.regions.tables import Cell, write_table
from data.regions.tomltext import write_pairs
from domain.errors import BadRegion
from domain.region import Region


def in_pack_order(region: Region) -> Region:
    """The same region with every part sorted as its file is: by id, code or name. Clauses keep their order."""
    return replace(
        region,
        agencies=tuple(sorted(region.agencies, key=lambda each: each.id)),
        stations=tuple(sorted(region.stations, key=lambda each: each.id)),
        units=tuple(sorted(region.units, key=lambda each: (each.agency, each.callsign))),
        agreements=tuple(sorted(region.agreements, key=lambda each: each.id)),
        plans=tuple(sorted(region.plans, key=lambda each: each.code)),
        status_codes=tuple(sorted(region.status_codes, key=lambda each: (each.agency, each.code))),
        past_calls=tuple(sorted(region.past_calls, key=lambda each: (each.lon, each.lat, each.weight))),
        addresses=tuple(
            sorted(region.addresses, key=lambda each: (each.street, each.place, each.low, each.lon, each.lat))
        ),
        places=tuple(sorted(region.places, key=lambda each: (each.name, each.county, each.lon, each.lat))),
    )


def save_region(region: Region, path: Path) -> None:
    """Write the text files of a pack into a folder, made if need be; what else lies there is left alone.

    The bytes depend on the region alone, and `load_region(path) == in_pack_order(region)` for units in their
    first state (duty and assignments belong to a board, not to a pack). BadRegion for a capability with a
    blank in it, which the file could not give back.
    """
    region = in_pack_order(region)
    for unit in region.units:
        if any(len(each.split()) != 1 for each in unit.capabilities):
            remedy = "write it like WATER_RESCUE"
            raise BadRegion(f"{schema.UNITS}: {unit.id} has a capability that is empty or holds a blank; {remedy}")
    path.mkdir(parents=True, exist_ok=True)
    for name, content in _files(region):
        draft = path / f".{name}.{os.getpid()}"
        draft.write_bytes(content)
        os.replace(draft, path / name)


def _files(region: Region) -> Iterable[tuple[str, bytes]]:
    yield schema.REGION, _head(region).encode("utf-8")
    yield (
        schema.AGENCIES,
        _table(schema.AGENCIES, ((a.id, a.name, a.short, str(a.discipline), a.modelled) for a in region.agencies)),
    )
    yield (
        schema.STATIONS,
        _table(schema.STATIONS, ((s.id, s.agency, s.name, s.lon, s.lat, s.kind) for s in region.stations)),
    )
    units = (
        (u.agency, u.callsign, u.kind, " ".join(u.capabilities), u.staffing, u.station, u.home_lon, u.home_lat)
        for u in region.units
    )
    yield schema.UNITS, _table(schema.UNITS, units)
    yield schema.AGREEMENTS, written_agreements(region.agreements).encode("utf-8")
    yield schema.PLANS, written_plans(region.plans).encode("utf-8")
    codes = ((c.agency, c.code, c.words, str(c.status)) for c in region.status_codes)
    yield schema.STATUS_CODES, _table(schema.STATUS_CODES, codes)
    places = ((p.name, p.lon, p.lat, p.population, p.county) for p in region.places)
    yield schema.PLACES, _table(schema.PLACES, places)
    if region.past_calls:
        yield schema.CALLS, _table(schema.CALLS, ((c.lon, c.lat, c.weight) for c in region.past_calls))
    if region.addresses:
        blocks = ((a.street, a.low, a.high, a.lon, a.lat, a.lon2, a.lat2, a.place) for a in region.addresses)
        yield schema.ADDRESSES, _table(schema.ADDRESSES, blocks)


def _table(name: str, rows: Iterable[Sequence[Cell]]) -> bytes:
    """Numbers are written as their column's type, so that 37 and 37.0 make the same bytes."""
    columns = schema.COLUMNS[name]
    typed = (
        [float(cell) if column.kind is float else cell for column, cell in zip(columns, row, strict=True)]
        for row in rows
    )
    return write_table(columns, typed)


def _head(region: Region) -> str:
    pairs: list[tuple[str, object]] = [
        ("id", region.id),
        ("name", region.name),
        ("time_zone", region.time_zone),
        ("number_prefix", region.number_prefix),
        ("view", [float(each) for each in region.view]),
        ("modelled", region.modelled),
        ("note", region.note),
    ]
    text = "[region]\n" + write_pairs(pairs)
    if region.editions:
        text += "\n[editions]\n" + write_pairs(sorted(region.editions.items()))
    return text
