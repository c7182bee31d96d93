"""The boundary audit: gaps, overlaps and mismatches of a region's areas, each with a place, its size and its calls.

Knows polygons of the areas in force on a day. Refuses to know what should be done about a finding.

Inside a layer (one service, one layer name) two areas that share ground are an overlap, and ground that the layer
encloses without covering it is a gap. Between services, ground that another service ashore covers and this one does
not is missing it, unless a service that stands in covers it. Between two files, ground that both give to different
agencies, and ground in a strip along their common border that neither covers. Areas are geodesic; widths are
2 x area / perimeter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyproj
import shapely
from shapely.geometry.base import BaseGeometry

from domain.agency import Service
from domain.finding import Finding, FindingKind, ranked
from domain.jurisdiction import STANDS_IN, Area
from domain.reach import Ring
from geo.boundaries import Boundaries
from geo.crs import metres_per_degree

ASHORE = (Service.FIRE, Service.EMS, Service.POLICE, Service.SHERIFF)
"""Services whose ground is compared: each person ashore should have each of these, or one that stands in."""
LEAST_AREA = 1.0
"""m²: less is the rounding of two files, not ground."""
STRIP_METRES = 50.0
"""A strip along the border of two files that neither covers is looked for this wide, on each side."""

_GEOD = pyproj.Geod(ellps="WGS84")
Shapes = npt.NDArray[np.object_]


def audit(
    boundaries: Boundaries, day: str = "", against: Sequence[Boundaries] = (), calls: npt.ArrayLike | None = None
) -> list[Finding]:
    """Everything found, the weightiest first. `day` is an ISO date ("" = whatever the dates say all areas).

    `against` are other agencies' files. `calls` is (n, 2) or (n, 3): lon, lat and weight of past calls.
    """
    ours = _in_force(boundaries, day)
    found = [*_inside_layers(*ours), *_missing(*ours)]
    for other in against:
        found += _between(*ours, *_in_force(other, day))
    return with_calls(found, calls)


def _in_force(boundaries: Boundaries, day: str) -> tuple[list[Area], Shapes]:
    kept = [
        i
        for i, area in enumerate(boundaries.areas)
        if not day or (area.effective <= day and (not area.expiry or day < area.expiry))
    ]
    shapes = np.empty(len(kept), dtype=object)
    shapes[:] = [boundaries.polygons[i] for i in kept]
    return [boundaries.areas[i] for i in kept], shapes


def _inside_layers(areas: Sequence[Area], shapes: Shapes) -> Iterator[Finding]:
    layers: dict[tuple[Service, str], list[int]] = {}
    for i, area in enumerate(areas):
        layers.setdefault((area.service, area.layer), []).append(i)
    for (service, layer), rows in sorted(layers.items()):
        polygons = shapes[rows]
        first, second = shapely.STRtree(polygons).query(polygons, predicate="intersects")
        for i, j in sorted((int(i), int(j)) for i, j in zip(first, second, strict=True) if i < j):
            one, two = areas[rows[i]], areas[rows[j]]
            shared = shapely.intersection(polygons[i], polygons[j])
            for found in _findings(FindingKind.OVERLAP, service, layer, (one, two), shared):
                yield replace(found, same_agency=one.agency == two.agency)
        tree = shapely.STRtree(polygons)
        for hole in _holes(shapely.union_all(polygons)):
            if _square_metres(hole) < LEAST_AREA:
                continue
            around = [areas[rows[i]] for i in sorted(tree.query(hole, predicate="intersects").tolist())]
            yield from _findings(FindingKind.GAP, service, layer, around[:4], hole)


def _missing(areas: Sequence[Area], shapes: Shapes) -> Iterator[Finding]:
    ground = {
        service: shapely.union_all(shapes[[i for i, area in enumerate(areas) if area.service == service]])
        for service in ASHORE
        if any(area.service == service for area in areas)
    }
    everything = shapely.union_all(np.array(list(ground.values()), dtype=object)) if ground else shapely.Polygon()
    tree = shapely.STRtree(shapes)
    for service in ground:
        answered = [ground[service], *(ground[other] for other in STANDS_IN.get(service, ()) if other in ground)]
        bare = shapely.difference(everything, shapely.union_all(np.array(answered, dtype=object)))
        for part in _parts(bare):
            if _square_metres(part) < LEAST_AREA:
                continue
            there = [areas[i] for i in sorted(tree.query(part.representative_point(), predicate="intersects").tolist())]
            others = [area for area in there if area.service in ASHORE]
            yield from _findings(FindingKind.MISSING, service, "", others[:3], part)


def _between(
    areas: Sequence[Area], shapes: Shapes, other_areas: Sequence[Area], other_shapes: Shapes
) -> Iterator[Finding]:
    for service in Service:
        mine = [i for i, area in enumerate(areas) if area.service == service]
        theirs = [j for j, area in enumerate(other_areas) if area.service == service]
        if not mine or not theirs:
            continue
        tree = shapely.STRtree(other_shapes[theirs])
        for i in mine:
            for j in sorted(tree.query(shapes[i], predicate="intersects").tolist()):
                one, two = areas[i], other_areas[theirs[j]]
                if one.agency != two.agency:
                    shared = shapely.intersection(shapes[i], other_shapes[theirs[j]])
                    yield from _findings(FindingKind.BOTH_CLAIM, service, one.layer, (one, two), shared)
        left, right = shapely.union_all(shapes[mine]), shapely.union_all(other_shapes[theirs])
        near = shapely.STRtree(shapes[mine])
        for part in _strips(left, right):
            beside = part.buffer(1e-5)  # a metre
            ours = [areas[mine[k]] for k in sorted(near.query(beside, "intersects").tolist())][:1]
            others = [other_areas[theirs[k]] for k in sorted(tree.query(beside, "intersects").tolist())][:1]
            yield from _findings(FindingKind.NEITHER_CLAIMS, service, "", (*ours, *others), part)


def _strips(left: BaseGeometry, right: BaseGeometry) -> Iterator[BaseGeometry]:
    """The ground between two shapes, up to STRIP_METRES on each side, where it has a border of some length with both.

    What growing and shrinking fills is ground between the two, and every notch where they meet at an angle; a notch has
    sides no longer than the strip is wide. Measured in metres about the shapes' own latitude.
    """
    bounds = shapely.total_bounds([left, right]).tolist()
    south, north = bounds[1], bounds[3]
    across, along = metres_per_degree(max(-85.0, min(85.0, (south + north) / 2)))
    one, two = (shapely.transform(shape, lambda points: points * (across, along)) for shape in (left, right))
    # Only the ground near the other is looked at: a county has a long border elsewhere.
    about = shapely.intersection(one.buffer(4 * STRIP_METRES), two.buffer(4 * STRIP_METRES))
    if about.is_empty:
        return
    both = shapely.intersection(shapely.union(one, two), about)
    closed = both.buffer(STRIP_METRES, quad_segs=8).buffer(-STRIP_METRES, quad_segs=8)
    for part in _parts(shapely.difference(shapely.intersection(closed, about), shapely.union(one, two))):
        beside = part.buffer(0.5)
        sides = [shapely.intersection(beside, shape.boundary).length for shape in (one, two)]
        if min(sides) > 2 * STRIP_METRES:
            yield shapely.transform(part, lambda points: points / (across, along))


def _holes(union: BaseGeometry) -> list[BaseGeometry]:
    parts = _parts(union)
    tree = shapely.STRtree(parts)
    found: list[BaseGeometry] = []
    for hole in (shapely.Polygon(ring) for part in parts for ring in part.interiors):
        # A hole may hold an island of the same layer: that is covered.
        islands = [parts[i] for i in tree.query(hole, predicate="contains")]
        found += _parts(shapely.difference(hole, shapely.union_all(islands))) if islands else [hole]
    return found


def _parts(shape: BaseGeometry) -> list[shapely.Polygon]:
    return [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon" and not part.is_empty]


def _findings(
    kind: FindingKind, service: Service, layer: str, concerned: Iterable[Area], shape: BaseGeometry
) -> Iterator[Finding]:
    areas = tuple(concerned)
    parts = _parts(shape)
    if shape.geom_type == "GeometryCollection":
        parts = [piece for part in shapely.get_parts(shape) for piece in _parts(part)]
    for part in parts:
        if _square_metres(part) < LEAST_AREA:
            continue
        size, length = _GEOD.geometry_area_perimeter(shapely.orient_polygons(part))
        at = part.representative_point()
        yield Finding(
            kind,
            str(service),
            layer,
            tuple(dict.fromkeys(area.agency for area in areas)),
            tuple(dict.fromkeys(area.name for area in areas if area.name)),
            float(size),
            float(2 * size / length),
            0.0,
            round(float(at.x), 6),
            round(float(at.y), 6),
            tuple(_ring(ring) for ring in (part.exterior, *part.interiors)),
        )


def _square_metres(part: BaseGeometry) -> float:
    """About how large: thousands of pieces are the rounding of two files, and need no geodesic."""
    across, along = metres_per_degree(max(-89.0, min(89.0, part.bounds[1])))
    return float(part.area * across * along)


def _ring(ring: BaseGeometry) -> Ring:
    points = np.round(shapely.get_coordinates(ring)[:-1], 7).tolist()
    # Rounding may bring two points together; drawn twice they are one.
    return tuple((x, y) for (x, y), (u, v) in pairwise([*points, points[0]]) if (x, y) != (u, v)) or ((0.0, 0.0),)


def polygon_of(finding: Finding) -> shapely.Polygon:
    """A finding's ground as shapely knows it."""
    outer, *holes = finding.polygon
    return shapely.Polygon(outer, holes) if len(outer) >= 3 else shapely.Polygon()


def with_calls(findings: Sequence[Finding], calls: npt.ArrayLike | None) -> list[Finding]:
    """The findings with the calls (lon, lat[, weight]) that fall in each, ranked anew."""
    rows = np.empty((0, 2)) if calls is None else np.asarray(calls, dtype=np.float64)
    if not rows.size or not findings:
        return ranked(findings)
    weights = rows[:, 2] if rows.shape[1] > 2 else np.ones(len(rows))
    grounds = np.array([polygon_of(finding) for finding in findings], dtype=object)
    finding, call = shapely.STRtree([shapely.Point(lon, lat) for lon, lat in rows[:, :2]]).query(
        grounds, predicate="intersects"
    )
    sums = np.bincount(finding, weights[call], minlength=len(findings))
    return ranked(replace(one, calls=float(total)) for one, total in zip(findings, sums, strict=True))
