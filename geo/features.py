"""What the map draws without a tile server: land, borders, names.

Knows how to turn the polygons that decide into the lines a browser draws, each border once, in few bytes.
Refuses to know colours, zoom gestures and what is switched on (assets/map_boundaries.js), and who is
responsible where (geo/jurisdiction.py): the drawn map and the deciding index read the same `Boundaries`, so
that they can never show different borders.

The document (`GET /geo/boundaries.json`) is one JSON object:

- `scale`, `origin` [lon, lat]: a stored whole number is `(degrees - origin) * scale`; 1e5 keeps 1.1 m.
- `tolerance`: metres the borders were simplified by; 0 when they are drawn as they decide.
- `land`: `region` and `context` rings; rings of a polygon follow the even-odd rule.
- `open`: `gaps` (land without a fire or EMS agency) and `disputed` (claimed by several), rings by service.
- `layers`: one per service and layer: `service`, `title`, `layer`, `edition`, `modelled`, `zoom` (from which it
  is worth drawing), `lines`, `names` [[x, y, name, agency, width]] (width in the same whole numbers).
- `places`: [[x, y, name, population]], most populous first; `around`: [[x, y, name, layer, width]] of the context.

Rings and lines are flat lists `[x, y, dx, dy, dx, dy, ...]`: the first point, then steps.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

import numpy as np
import shapely

from domain.agency import SERVICE_NAMES, Service
from domain.jurisdiction import Area
from domain.region import Place
from geo.border_lines import SCALE, Origin, degrees_of, joined, off_coast, origin_of, rings_of, segments_of, whole
from geo.boundaries import Boundaries

BYTES_ALLOWED = 400_000
METRES_PER_DEGREE = 111_320.0
TOLERANCES = (0.0, 2.0, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0)
"""Metres tried in turn until the document fits; the first that fits is used and named in it."""

CONTEXT_TOLERANCE = 120.0
"""Neighbouring land decides nothing: it is drawn coarser (metres)."""

TYPICAL_PIXELS = 44
"""A layer is worth drawing from the zoom at which its typical area is this wide."""

LAND = "land"
"""The context layer that is land; others only lend their names."""

WHOLE_LAND = (Service.FIRE, Service.EMS)
"""Services every piece of land should have; a gap in another may be meant (no town, no town police)."""

SLIVER = 60.0
"""Gaps and disputes narrower than this many metres are not drawn."""


def map_features(boundaries: Boundaries, places: Sequence[Place] = (), limit: int = BYTES_ALLOWED) -> bytes:
    """The drawn map of a region as compact JSON (see the module's docstring), at most `limit` bytes.

    Borders are drawn exactly as they decide (rounded to 1e-5 degrees) unless that is too large; then every
    layer is simplified as a coverage, so that neighbours keep one border, by the least tolerance that fits.
    Raises ValueError when the region has no areas or does not fit at the coarsest tolerance.
    """
    if not boundaries.areas:
        raise ValueError("The region has no areas to draw: check its boundaries file.")
    for tolerance in TOLERANCES:
        document = _document(boundaries, places, tolerance)
        if len(document) <= limit:
            return document
    raise ValueError(
        f"The region's borders need more than {limit} bytes even at {TOLERANCES[-1]:.0f} m: draw fewer layers."
    )


def _document(boundaries: Boundaries, places: Sequence[Place], tolerance: float) -> bytes:
    groups = _layers(boundaries.areas)
    drawn = {key: _simplified([boundaries.polygons[i] for i in rows], tolerance) for key, rows in groups.items()}
    origin = origin_of(boundaries.polygons)
    land = _union(drawn[_widest(boundaries, groups)])
    context = _context(boundaries)
    coast = shapely.boundary(land)
    layers = []
    for key, rows in groups.items():
        areas = [boundaries.areas[i] for i in rows]
        borders = off_coast(segments_of(drawn[key], origin), coast, origin)
        layers.append(
            {
                "service": str(areas[0].service),
                "title": SERVICE_NAMES.get(areas[0].service, str(areas[0].service)),
                "layer": areas[0].layer,
                "edition": max(area.effective for area in areas),
                "modelled": any(area.modelled for area in areas),
                "zoom": _zoom(drawn[key]),
                "count": len(areas),
                "lines": joined(borders),
                "names": _names(areas, drawn[key], origin),
            }
        )
    layers.sort(key=lambda layer: (layer["zoom"], layer["title"], layer["layer"]))
    return json.dumps(
        {
            "scale": SCALE,
            "origin": list(origin),
            "tolerance": tolerance,
            "land": {"region": rings_of(land, origin), "context": rings_of(context, origin)},
            "open": _open(boundaries, land, origin),
            "layers": layers,
            "around": _around(boundaries, land, origin),
            "places": [
                [*whole((place.lon, place.lat), origin), place.name, place.population]
                for place in sorted(places, key=lambda place: -place.population)
            ],
        },
        ensure_ascii=False,
        separators=(",", ":"),
    ).encode()


def _layers(areas: Sequence[Area]) -> dict[tuple[str, str], list[int]]:
    groups: dict[tuple[str, str], list[int]] = {}
    for i, area in enumerate(areas):
        groups.setdefault((str(area.service), area.layer), []).append(i)
    return groups


def _widest(boundaries: Boundaries, groups: dict[tuple[str, str], list[int]]) -> tuple[str, str]:
    """The layer that covers most land: its outline is the region's coast. Ties go to the fewest areas."""

    def size(key: tuple[str, str]) -> tuple[int, int]:
        total = sum(boundaries.polygons[i].area for i in groups[key])
        # Rounded to a thousandth of a square degree: layers cut from the same counties count as equal.
        afloat = key[0].endswith("coast_guard")  # its water is nobody's land
        return (0 if afloat else round(total * 1000), -len(groups[key]))

    return max(groups, key=size)


def _simplified(polygons: list[shapely.Geometry], tolerance: float) -> list[shapely.Geometry]:
    if not tolerance:
        return polygons
    return list(shapely.coverage_simplify(np.asarray(polygons, dtype=object), tolerance / METRES_PER_DEGREE))


def _union(polygons: Sequence[shapely.Geometry]) -> shapely.Geometry:
    return shapely.union_all(np.asarray(polygons, dtype=object))


def _context(boundaries: Boundaries) -> shapely.Geometry:
    """Neighbouring land, coarser; the region's own land is drawn over it, so overlaps do not show."""
    pieces = [context.polygon for context in boundaries.context if context.layer == LAND]
    return shapely.simplify(_union(pieces), CONTEXT_TOLERANCE / METRES_PER_DEGREE) if pieces else shapely.Polygon()


def _around(boundaries: Boundaries, land: shapely.Geometry, origin: Origin) -> list[list[int | str]]:
    """Names of the context, save those whose place lies inside the region: there its own layers speak."""
    rows: list[list[int | str]] = []
    for context in boundaries.context:
        spot = _spot(context.polygon, origin)
        inside = spot and context.layer == LAND and shapely.contains_xy(land, *degrees_of(spot[:2], origin))
        if context.name and spot and not inside:
            rows.append([spot[0], spot[1], context.name, context.layer, spot[2]])
    return rows


def _open(boundaries: Boundaries, land: shapely.Geometry, origin: Origin) -> dict[str, dict[str, list[list[int]]]]:
    """Land nobody answers for and land several claim, by service: what a dispatcher must know before a call."""
    gaps: dict[str, list[list[int]]] = {}
    disputed: dict[str, list[list[int]]] = {}
    for service in WHOLE_LAND:
        mine = [i for i, area in enumerate(boundaries.areas) if area.service == service]
        if not mine:
            continue
        polygons = np.asarray([boundaries.polygons[i] for i in mine], dtype=object)
        missing = rings_of(_wide(shapely.difference(land, _union(polygons.tolist()))), origin)
        tree = shapely.STRtree(polygons)
        pairs = tree.query(polygons, predicate="overlaps").T.tolist()
        shared = [
            shapely.intersection(polygons[i], polygons[j])
            for i, j in pairs
            if i < j and boundaries.areas[mine[i]].agency != boundaries.areas[mine[j]].agency
        ]
        contested = rings_of(_wide(_union(shared)), origin) if shared else []
        if missing:
            gaps[str(service)] = missing
        if contested:
            disputed[str(service)] = contested
    return {"gaps": gaps, "disputed": disputed}


def _wide(shape: shapely.Geometry) -> shapely.Geometry:
    """Polygons wide enough to be seen and meant: a hair between two files' coastlines is neither."""
    parts = shapely.get_parts(shape)
    parts = parts[(shapely.get_dimensions(parts) == 2)]
    width = 2 * shapely.area(parts) / np.maximum(shapely.length(parts), 1e-12)
    found: shapely.Geometry = shapely.multipolygons(parts[width > SLIVER / METRES_PER_DEGREE])
    return found


def _names(areas: Sequence[Area], polygons: Sequence[shapely.Geometry], origin: Origin) -> list[list[int | str]]:
    names: list[list[int | str]] = []
    for area, polygon in zip(areas, polygons, strict=True):
        spot = _spot(polygon, origin)
        if spot:
            names.append([spot[0], spot[1], area.name, area.agency, spot[2]])
    return names


def _spot(polygon: shapely.Geometry, origin: Origin) -> tuple[int, int, int] | None:
    """Where a name stands: inside the largest part, with that part's width to see whether the name fits."""
    parts = shapely.get_parts(polygon)
    if not len(parts):
        return None
    largest = parts[int(np.argmax(shapely.area(parts)))]
    at = shapely.centroid(largest)
    if not shapely.contains(largest, at):
        at = shapely.point_on_surface(largest)
    west, _, east, _ = shapely.bounds(largest)
    return (*whole((shapely.get_x(at), shapely.get_y(at)), origin), round((east - west) * SCALE))


def _zoom(polygons: Sequence[shapely.Geometry]) -> int:
    """The zoom from which the layer's typical area is TYPICAL_PIXELS wide (a world is 256 pixels at zoom 0)."""
    widths = np.sqrt(shapely.area(np.asarray(polygons, dtype=object)))
    typical = float(np.median(widths[widths > 0])) if (widths > 0).any() else 1.0
    return max(0, min(16, round(math.log2(360 / 256 * TYPICAL_PIXELS / typical))))
