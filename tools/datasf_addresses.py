"""Address blocks and past calls from DataSF's calls: where "4000 Block of MISSION ST" is, as the calls themselves say.

Knows the calls file's words for a place. Refuses to know units and call types (datasf_calls.py).
The city publishes the block or the crossing of a call and the point of that, never the house; a block's ends are not
published, so a block stands at one point.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

from domain.errors import BadRegion
from domain.region import AddressBlock, PastCall

_BLOCK = re.compile(r"(\d+) BLOCK OF (.+)", re.IGNORECASE)
_POINT = re.compile(r"\(?\s*(-?\d+\.\d+)\s*,\s*(-?\d+\.\d+)\s*\)?")
BLOCK_NUMBERS = 98
"""House numbers of a block end 98 above its hundred."""


def read_places(folder: Path) -> tuple[tuple[AddressBlock, ...], tuple[PastCall, ...]]:
    """Every block and crossing once, and where each call was; empty where there is no calls file. Raises BadRegion."""
    blocks: dict[str, AddressBlock] = {}
    calls: dict[str, PastCall] = {}
    for path in sorted(folder.glob("*.csv")):
        for call, address, city, lon, lat in _rows(path):
            calls.setdefault(call, PastCall(lon, lat))
            found = _BLOCK.fullmatch(address)
            if found:
                low = int(found[1])
                block = AddressBlock(found[2].strip(), low, low + BLOCK_NUMBERS, lon, lat, place=city)
            elif "/" in address:
                sides = " / ".join(part.strip() for part in address.split("/"))
                block = AddressBlock(sides, 0, 0, lon, lat, place=city)
            else:
                continue
            blocks.setdefault(address, block)
    return tuple(blocks[name] for name in sorted(blocks)), tuple(calls[number] for number in sorted(calls))


def _rows(path: Path) -> Iterator[tuple[str, str, str, float, float]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            if not {"Call Number", "Address", "Location"} <= set(reader.fieldnames or ()):
                return
            for row in reader:
                point = _POINT.search(row["Location"] or "")
                address = " ".join((row["Address"] or "").split())
                if point and address:
                    lat, lon = float(point[1]), float(point[2])
                    yield row["Call Number"], address, (row.get("City") or "").strip(), round(lon, 6), round(lat, 6)
    except (OSError, UnicodeDecodeError, csv.Error) as broken:
        raise BadRegion(f"{path.name}: cannot be read: {broken}") from broken
