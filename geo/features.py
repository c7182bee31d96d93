"""What the map draws without a tile server: land, borders, names.

Knows how to turn the polygons that decide into what a browser draws: TopoJSON, one document for each range of zooms.
Refuses to know colours, zoom gestures and what is switched on (assets/map_boundaries.js), and who is responsible where
(geo/jurisdiction.py): the drawn map and the deciding index read the same `Boundaries`, so that they can never show
different borders.

Each level is a whole TopoJSON document (`GET /geo/boundaries/LEVEL.json`) any GIS opens. Its objects:

- `land`, `context`: the region's land and its neighbours' (MultiPolygon).
- `gap SERVICE`, `disputed SERVICE`: land without a fire or EMS agency on file, and land claimed by several.
- one for each service and layer, named `SERVICE|LAYER`: a GeometryCollection of its areas with `name`, `agency`,
  `effective`, `expiry`, `modelled`, `at` (where its name stands, degrees) and `width` (degrees). Its own `properties`
  are `service`, `title`, `layer`, `edition`, `modelled`, `count`, `zoom` (from which it is worth drawing) and `mesh`:
  the arcs to stroke, each border once, without those that run along the coast.
- `places`: points with `name`, `population`, most populous first; `around`: points with `name`, `layer`, `width`.

Borders are simplified as coverages, so that neighbours keep one border. The level for street zooms is drawn exactly
as it decides, rounded to 1e-5 degrees (1.1 m at most). `GET /geo/boundaries/index.json` lists the levels: `name`,
`zoom` (from which it is drawn), `tolerance` (metres, 0 = exact), `bytes`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from domain.agency import SERVICE_NAMES, Service
from domain.jurisdiction import Area
from domain.region import Place
from geo.border_lines import Origin, away_from_coast, origin_of
from geo.boundaries import Boundaries
from geo.topojson import Cut, Topology, point, topology

METRES_PER_DEGREE = 111_320.0
LEVELS = (("overview", 0.0, 120.0), ("region", 9.5, 15.0), ("street", 12.0, 4.0), ("exact", 14.0, 0.0))
"""Name, the zoom from which it is drawn, and the tolerance of its simplification in metres: about half a pixel at the
nearest zoom it is drawn at, on the latitude of 40 degrees."""
BYTES_ALLOWED = 12_000_000
"""A level larger than this is simplified until it fits, and says so."""
COARSER = (1.0, 2.0, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 320.0)
"""Tolerances tried in turn for a level that is too large."""

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


@dataclass(frozen=True, slots=True)
class MapDocuments:
    """The drawn map as bytes: `index` and each level by name, all JSON."""

    index: bytes
    levels: Mapping[str, bytes]


def map_documents(
    boundaries: Boundaries, places: Sequence[Place] = (), edition: str = "", limit: int = BYTES_ALLOWED
) -> MapDocuments:
    """The drawn map of a region, level by level (see the module's docstring), each at most `limit` bytes.

    Raises ValueError when the region has no areas or a level does not fit at the coarsest tolerance.
    """
    if not boundaries.areas:
        raise ValueError("The region has no areas to draw: check its boundaries file.")
    levels: dict[str, bytes] = {}
    listed = []
    parts = _prepared(boundaries, places)
    for name, zoom, tolerance in LEVELS:
        used, document = _fitting(parts, name, tolerance, limit)
        levels[name] = document
        listed.append({"name": name, "zoom": zoom, "tolerance": used, "bytes": len(document)})
    return MapDocuments(_json({"edition": edition, "levels": listed}), levels)


@dataclass(frozen=True, slots=True)
class _Prepared:
    """What all levels have in common."""

    boundaries: Boundaries
    groups: Mapping[tuple[str, str], list[int]]
    widest: tuple[str, str]
    origin: Origin
    context: shapely.Geometry
    open: Mapping[str, shapely.Geometry]
    places: Sequence[Place]


def _prepared(boundaries: Boundaries, places: Sequence[Place]) -> _Prepared:
    groups = _layers(boundaries.areas)
    widest = _widest(boundaries, groups)
    land = _union([boundaries.polygons[i] for i in groups[widest]])
    return _Prepared(
        boundaries,
        groups,
        widest,
        origin_of(boundaries.polygons),
        _context(boundaries),
        _open(boundaries, land),
        sorted(places, key=lambda place: -place.population),
    )


def _fitting(parts: _Prepared, level: str, tolerance: float, limit: int) -> tuple[float, bytes]:
    for tried in (tolerance, *(coarser for coarser in COARSER if coarser > tolerance)):
        document = _json(_document(parts, level, tried))
        if len(document) <= limit:
            return tried, document
    coarsest = f"{COARSER[-1]:.0f} m"
    raise ValueError(f"The region's borders need more than {limit} bytes even at {coarsest}: draw fewer layers.")


def _json(document: dict[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _document(parts: _Prepared, level: str, tolerance: float) -> dict[str, Any]:
    boundaries, origin = parts.boundaries, parts.origin
    drawn = {key: _simplified([boundaries.polygons[i] for i in rows], tolerance) for key, rows in parts.groups.items()}
    land = _union(drawn[parts.widest])
    made = Topology(origin)
    ground = {"land": made.add(land), "context": made.add(parts.context)}
    ground |= {name: made.add(shape) for name, shape in parts.open.items()}
    areas = {key: [made.add(shape) for shape in shapes] for key, shapes in drawn.items()}
    cut = made.cut()
    inland = _inland(cut, shapely.boundary(land), origin)
    objects: dict[str, Any] = {name: cut.geometry(number, {}) for name, number in ground.items()}
    for key, numbers in areas.items():
        rows = [boundaries.areas[i] for i in parts.groups[key]]
        geometries = [
            cut.geometry(number, _about(area, shape))
            for area, shape, number in zip(rows, drawn[key], numbers, strict=True)
        ]
        mesh = [arc for arc in cut.arcs_of(numbers) if inland[arc]]
        objects["|".join(key)] = {
            "type": "GeometryCollection",
            "geometries": geometries,
            "properties": {**_layer(rows, drawn[key]), "mesh": mesh},
        }
    objects["places"] = _points(
        point((each.lon, each.lat), origin, {"name": each.name, "population": each.population}) for each in parts.places
    )
    objects["around"] = _points(_around(boundaries, land, origin))
    return topology(cut, origin, objects, {"level": level, "tolerance": tolerance})


def _points(points: Iterable[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "GeometryCollection", "geometries": list(points)}


def _layer(areas: Sequence[Area], shapes: Sequence[shapely.Geometry]) -> dict[str, Any]:
    return {
        "service": str(areas[0].service),
        "title": SERVICE_NAMES.get(areas[0].service, str(areas[0].service)),
        "layer": areas[0].layer,
        "edition": max(area.effective for area in areas),
        "modelled": any(area.modelled for area in areas),
        "zoom": _zoom(shapes),
        "count": len(areas),
    }


def _about(area: Area, shape: shapely.Geometry) -> dict[str, Any]:
    spot = _spot(shape)
    return {
        "name": area.name,
        "agency": area.agency,
        "effective": area.effective,
        "expiry": area.expiry,
        "modelled": area.modelled,
        **({"at": list(spot[:2]), "width": spot[2]} if spot else {}),
    }


def _inland(cut: Cut, coast: shapely.Geometry, origin: Origin) -> list[bool]:
    """For each arc whether some of it leaves the coast: what runs along it is drawn once, by the land."""
    found = []
    for arc in cut.arcs:
        segments = np.hstack([arc[:-1], arc[1:]])
        found.append(segments)
    if not found:
        return []
    lengths = [len(segments) for segments in found]
    away = away_from_coast(np.vstack(found), coast, origin)
    return [bool(part.any()) for part in np.split(away, np.cumsum(lengths)[:-1])]


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


def _around(boundaries: Boundaries, land: shapely.Geometry, origin: Origin) -> list[dict[str, Any]]:
    """Names of the context, save those whose place lies inside the region: there its own layers speak."""
    rows = []
    for context in boundaries.context:
        spot = _spot(context.polygon)
        inside = spot and context.layer == LAND and shapely.contains_xy(land, *spot[:2])
        if context.name and spot and not inside:
            about = {"name": context.name, "layer": context.layer, "width": spot[2]}
            rows.append(point(spot[:2], origin, about))
    return rows


def _open(boundaries: Boundaries, land: shapely.Geometry) -> dict[str, shapely.Geometry]:
    """Land nobody answers for and land several claim, by service: what a dispatcher must know before a call."""
    found: dict[str, shapely.Geometry] = {}
    for service in WHOLE_LAND:
        mine = [i for i, area in enumerate(boundaries.areas) if area.service == service]
        if not mine:
            continue
        polygons = np.asarray([boundaries.polygons[i] for i in mine], dtype=object)
        missing = _wide(shapely.difference(land, _union(polygons.tolist())))
        tree = shapely.STRtree(polygons)
        pairs = tree.query(polygons, predicate="overlaps").T.tolist()
        shared = [
            shapely.intersection(polygons[i], polygons[j])
            for i, j in pairs
            if i < j and boundaries.areas[mine[i]].agency != boundaries.areas[mine[j]].agency
        ]
        contested = _wide(_union(shared)) if shared else shapely.Polygon()
        if not shapely.is_empty(missing):
            found[f"gap {service}"] = missing
        if not shapely.is_empty(contested):
            found[f"disputed {service}"] = contested
    return found


def _wide(shape: shapely.Geometry) -> shapely.Geometry:
    """Polygons wide enough to be seen and meant: a hair between two files' coastlines is neither."""
    parts = shapely.get_parts(shape)
    parts = parts[(shapely.get_dimensions(parts) == 2)]
    width = 2 * shapely.area(parts) / np.maximum(shapely.length(parts), 1e-12)
    found: shapely.Geometry = shapely.multipolygons(parts[width > SLIVER / METRES_PER_DEGREE])
    return found


def _spot(polygon: shapely.Geometry) -> tuple[float, float, float] | None:
    """Where a name stands (degrees): inside the largest part, with its width to see whether the name fits."""
    parts = shapely.get_parts(polygon)
    if not len(parts):
        return None
    largest = parts[int(np.argmax(shapely.area(parts)))]
    at = shapely.centroid(largest)
    if not shapely.contains(largest, at):
        at = shapely.point_on_surface(largest)
    west, _, east, _ = shapely.bounds(largest)
    return (round(float(shapely.get_x(at)), 5), round(float(shapely.get_y(at)), 5), round(float(east - west), 5))


def _zoom(polygons: Sequence[shapely.Geometry]) -> int:
    """The zoom from which the layer's typical area is TYPICAL_PIXELS wide (a world is 256 pixels at zoom 0)."""
    widths = np.sqrt(shapely.area(np.asarray(polygons, dtype=object)))
    typical = float(np.median(widths[widths > 0])) if (widths > 0).any() else 1.0
    return max(0, min(16, round(math.log2(360 / 256 * TYPICAL_PIXELS / typical))))
