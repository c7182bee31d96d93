"""What a page can show: the part of the map in its view, and the units it follows.

Knows how a page says it and which cells of a fixed grid a view touches. Refuses to know what lies in a cell. The grid
is Web Mercator's at zoom 11 (about 15 km across in middle latitudes): small enough that a street map hears a few
cells, large enough that many pages of one town share the same bytes.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass

CELL_ZOOM = 11
_ACROSS = 2**CELL_ZOOM
_EDGE = 85.05112878
"""Degrees of latitude where Web Mercator's square ends."""
MOST_CELLS = 1024
"""A view over more cells than this is told of everything."""
MOST_FOLLOWED = 200
FAR_ZOOM = 11.0
"""Below this zoom the map shows counts, not units: once a second is as much as it can show."""


class BadInterest(ValueError):
    """What a page said it shows cannot be read; the text says what is wrong."""


@dataclass(frozen=True, slots=True)
class Interest:
    """`cells` of the grid, None = all; `followed` units are told of wherever they are; `far` = once a second."""

    cells: frozenset[int] | None = None
    followed: frozenset[str] = frozenset()
    far: bool = False


EVERYTHING = Interest()


def cell_of(lon: float, lat: float) -> int:
    """The cell a place lies in."""
    return _column(lon) * _ACROSS + _line(lat)


def interest_in(
    west: float, south: float, east: float, north: float, zoom: float, followed: frozenset[str] = frozenset()
) -> Interest:
    """What a view of a zoom shows. West of east, unless it crosses the 180th meridian. Raises BadInterest."""
    edges = (west, south, east, north, zoom)
    if not all(math.isfinite(edge) for edge in edges) or not -90 <= south <= north <= 90:
        raise BadInterest(f"view {edges[:4]} at zoom {zoom} is no part of the Earth: west, south, east, north, zoom")
    far = zoom < FAR_ZOOM
    if east - west >= 360:
        return Interest(None, followed, far)
    first, columns = _column(west), (_column(east) - _column(west)) % _ACROSS + 1
    top, lines = _line(north), _line(south) - _line(north) + 1
    if columns * lines > MOST_CELLS:
        return Interest(None, followed, far)
    cells = frozenset(
        (first + column) % _ACROSS * _ACROSS + top + line for column in range(columns) for line in range(lines)
    )
    return Interest(cells, followed, far)


def interest_from_query(view: str) -> Interest:
    """From `west,south,east,north,zoom` of an address; "" is everything. Raises BadInterest."""
    if not view:
        return EVERYTHING
    try:
        west, south, east, north, zoom = (float(part) for part in view.split(","))
    except ValueError:
        raise BadInterest("view is five numbers: west,south,east,north,zoom") from None
    return interest_in(west, south, east, north, zoom)


def interest_from_text(text: str) -> Interest | None:
    """From a page's frame; None for one that is about something else. Raises BadInterest."""
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        raise BadInterest("a frame is one JSON object") from None
    if not isinstance(said, dict) or said.get("t") != "interest":
        return None
    view, zoom, units = said.get("view"), said.get("zoom"), said.get("units", [])
    numbers = [*view, zoom] if isinstance(view, list) and len(view) == 4 else []
    if not numbers or not all(isinstance(number, int | float) for number in numbers):
        raise BadInterest("interest has view: [west, south, east, north] and zoom, all of them numbers")
    if not isinstance(units, list) or len(units) > MOST_FOLLOWED or not all(isinstance(unit, str) for unit in units):
        raise BadInterest(f"interest follows at most {MOST_FOLLOWED} units, by id")
    return interest_in(*(float(number) for number in numbers), frozenset(units))


def _column(lon: float) -> int:
    return int(((lon + 180) / 360 % 1.0) * _ACROSS) % _ACROSS


def _line(lat: float) -> int:
    sine = math.sin(math.radians(max(-_EDGE, min(_EDGE, lat))))
    down = 0.5 - math.log((1 + sine) / (1 - sine)) / (4 * math.pi)
    return max(0, min(_ACROSS - 1, int(down * _ACROSS)))
