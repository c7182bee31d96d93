"""A shapefile's parts held against each other before it is read.

Knows the headers of .shp, .shx (Esri, 1998) and .dbf. Refuses to know shapes and words. A table cut short in a
transfer would else read as a layer with fewer areas: gaps on the map that are none.
"""

from __future__ import annotations

import re
import struct
from pathlib import Path

from domain.errors import BadRegion
from geo.limits import MAX_BYTES

_TOGETHER = "a shapefile is the .shp, .shx, .dbf and .prj of one name: put them side by side, or into one .zip"
_AGAIN = "copy all its files again"


def check_shapefile(path: Path) -> None:
    """BadRegion if a companion is missing, one of them is cut short, or shapes and rows are not as many."""
    stem = re.sub(r"([*?\[])", r"[\1]", path.stem)
    beside = {each.suffix.casefold(): each for each in path.parent.glob(f"{stem}.*")}
    for ending in (".shx", ".dbf"):
        if ending not in beside:
            raise BadRegion(f"{path.name}: {path.stem}{ending} is missing beside it; {_TOGETHER}")
    parts = [path, beside[".shx"], beside[".dbf"]]
    if sum(part.stat().st_size for part in parts) > MAX_BYTES:
        raise BadRegion(f"{path.name}: its files are more than {MAX_BYTES // 2**20} MB (MAX_BYTES); split the layer")
    try:
        for part in parts[:2]:
            (words,) = struct.unpack(">I", _head(part)[24:28])
            if part.stat().st_size < 2 * words:
                raise BadRegion(f"{path.name}: {part.name} is cut short; {_AGAIN}")
        shapes = (parts[1].stat().st_size - 100) // 8
        rows, start, length = struct.unpack("<IHH", _head(parts[2])[4:12])
    except struct.error as error:
        raise BadRegion(f"{path.name}: one of its files is cut short; {_AGAIN}") from error
    if parts[2].stat().st_size < start + rows * length:
        raise BadRegion(f"{path.name}: {parts[2].name} is cut short; {_AGAIN}")
    if shapes != rows:
        raise BadRegion(f"{path.name}: {shapes:,} shapes but {rows:,} rows in {parts[2].name}; {_AGAIN}")


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(32)
