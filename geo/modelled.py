"""Modelled areas: how a training region's counties are divided where no official boundaries are at hand.

Knows polygons: municipal areas round their places, cells round stations, the water off a coast. Pure functions.
Refuses to know where stations stand (modelled_sites.py), agencies and services: tools/building names these shapes.

Everything of one layer is cut by one noding on a 1e-6 degree grid (about 0.1 m), so that areas tile: neighbours
share their vertices, nothing overlaps and nothing is left between. The shapes are plausible, never official.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry import LineString, MultiPoint, MultiPolygon, Point, Polygon
from shapely.geometry.base import BaseGeometry

from geo.counties import DEGREE_METRES, polygons_only

GRID = 1e-6
"""Degrees; the grid every layer is noded on."""
CRUMB_M2 = 600_000.0
"""A cut-off piece of a municipal area or of the land between them smaller than this joins its neighbour."""
WHOLE_COUNTY_SHARE = 0.6
"""A place whose modelled area would fill this share of its county is the county (San Francisco, Manhattan)."""


@dataclass(frozen=True, slots=True)
class Town:
    """A place that may have its own agencies; `counties` is one code, or those of a city of several counties.

    `whole` means the town takes all of its counties' land.
    """

    name: str
    lon: float
    lat: float
    population: int
    counties: tuple[str, ...]
    whole: bool = False

    @property
    def county(self) -> str:
        """The county it is counted in."""
        return self.counties[0]


def density(population: int) -> float:
    """Modelled people per km2 of a town's area: 1300 at 50,000 people, growing with the fifth root of size.

    Chosen to lie near the densities of Californian cities of 10,000 to 1,000,000 people (modelled, not measured).
    """
    return float(np.clip(1300.0 * (population / 50_000.0) ** 0.2, 500.0, 4500.0))


def town_radius(population: int) -> float:
    """Metres round its centre within which a town's modelled area lies; a fifth more than its area would need."""
    return 1.2 * float(np.sqrt(max(population, 500) / density(population) / np.pi)) * 1000.0


def whole_county(population: int, county: BaseGeometry, plane: Plane) -> bool:
    """Whether a town of that size would fill its county: then they are one (San Francisco, Manhattan)."""
    return population / density(population) * 1e6 >= WHOLE_COUNTY_SHARE * plane.area(county)


class Plane:
    """A flat map true at one latitude: degrees times constants, so straight lines stay straight both ways."""

    def __init__(self, lat: float) -> None:
        self.factor = np.array([float(np.cos(np.radians(lat))) * DEGREE_METRES, DEGREE_METRES])

    def flat(self, shape: BaseGeometry) -> BaseGeometry:
        """Degrees to metres."""
        return shapely.transform(shape, lambda xy: xy * self.factor)

    def round(self, shape: BaseGeometry) -> BaseGeometry:
        """Metres to degrees."""
        return shapely.transform(shape, lambda xy: xy / self.factor)

    def area(self, shape: BaseGeometry) -> float:
        """Square metres of a shape given in degrees."""
        return float(shape.area * self.factor[0] * self.factor[1])

    def buffer(self, shape: BaseGeometry, metres: float) -> BaseGeometry:
        """A shape given in degrees grown (or, below zero, shrunk) by metres."""
        return self.round(self.flat(shape).buffer(metres, quad_segs=6))


def towns_area(
    counties: Sequence[tuple[str, BaseGeometry]], towns: Sequence[Town], plane: Plane
) -> tuple[list[BaseGeometry], dict[str, BaseGeometry]]:
    """Divide counties into an area for each town and the rest of each county; together they tile the counties.

    Between two towns of a county the border lies where distance over the root of radius is equal, so a large city
    bends round a small neighbour instead of being halved by it. A town's area is in one piece with its centre.
    """
    shapes = dict(counties)
    cells: list[BaseGeometry] = []
    for index, town in enumerate(towns):
        others = [other for k, other in enumerate(towns) if k != index and other.counties == town.counties]
        cells.append(MultiPolygon() if town.whole else plane.round(_cell(town, others, plane)))
    owner = [next((k for k, t in enumerate(towns) if t.whole and fips in t.counties), None) for fips, _ in counties]
    codes = [fips for fips, _ in counties]
    pieces: dict[tuple[str, int | None], list[BaseGeometry]] = {}
    tree = shapely.STRtree(cells)
    for face, area in cut([shape for _, shape in counties], [cell.boundary for cell in cells if not cell.is_empty]):
        label = owner[area]
        if label is None:
            inside = [int(k) for k in tree.query(face.representative_point(), predicate="within")]
            label = min((k for k in inside if towns[k].county == codes[area]), default=None)
        pieces.setdefault((codes[area], label), []).append(face)
    for fips in shapes:
        _tidy({key[1]: value for key, value in pieces.items() if key[0] == fips}, fips, pieces, towns, plane)
    found = [
        shapely.union_all([face for (_, label), faces in pieces.items() if label == k for face in faces])
        for k in range(len(towns))
    ]
    rest = {fips: shapely.union_all(pieces.get((fips, None), [])) for fips in shapes}
    return [polygons_only(shape) for shape in found], {fips: polygons_only(shape) for fips, shape in rest.items()}


def _cell(town: Town, others: Sequence[Town], plane: Plane) -> BaseGeometry:
    """A town's disc, in metres, less what lies nearer (weighted) to other towns of its county."""
    centre = np.array([town.lon, town.lat]) * plane.factor
    radius = town_radius(town.population)
    cell = _outline(town, centre, radius)
    for other in others:
        there = np.array([other.lon, other.lat]) * plane.factor
        away = float(np.hypot(*(there - centre)))
        if away > radius + town_radius(other.population):
            continue
        ratio = float(np.sqrt(radius / town_radius(other.population)))
        if abs(ratio - 1.0) < 0.02:
            cell = cell.intersection(_half_plane(centre, there, away))
        elif ratio < 1.0:
            cell = cell.intersection(_nearer_disc(centre, there, ratio))
        else:
            cell = cell.difference(_nearer_disc(there, centre, 1.0 / ratio))
    return cell


def _outline(town: Town, centre: npt.NDArray[np.float64], radius: float) -> BaseGeometry:
    """An uneven outline of about the disc's size, the same for the same town: city limits are no circles."""
    rng = np.random.default_rng(zlib.crc32(f"{town.name} {town.county}".encode()))
    angles = np.linspace(0, 2 * np.pi, 18, endpoint=False) + rng.uniform(-0.1, 0.1, 18)
    waves = sum(
        size * np.sin(turns * angles + rng.uniform(0, 2 * np.pi)) for turns, size in ((1, 0.08), (2, 0.14), (3, 0.09))
    )
    reach = radius * (0.93 + waves + rng.uniform(-0.08, 0.08, 18))
    return Polygon(centre + reach[:, None] * np.column_stack((np.cos(angles), np.sin(angles))))


def _nearer_disc(small: npt.NDArray[np.float64], large: npt.NDArray[np.float64], ratio: float) -> BaseGeometry:
    """Where the distance to `small` is below `ratio` times that to `large`: the disc of Apollonius, ratio < 1."""
    square = ratio * ratio
    centre = (small - square * large) / (1 - square)
    return Point(centre).buffer(ratio * float(np.hypot(*(large - small))) / (1 - square), quad_segs=6)


def _half_plane(near: npt.NDArray[np.float64], far: npt.NDArray[np.float64], away: float) -> BaseGeometry:
    """A large square on `near`'s side of the line half way to `far`."""
    ahead = (far - near) / away
    side = np.array([-ahead[1], ahead[0]]) * 4e5
    middle = (near + far) / 2
    return Polygon([middle + side, middle - side, middle - side - ahead * 4e5, middle + side - ahead * 4e5])


def cut(areas: Sequence[BaseGeometry], lines: Sequence[BaseGeometry]) -> list[tuple[Polygon, int]]:
    """Cut areas (which must not overlap) along lines: faces that tile them, each with its area's index."""
    noded = shapely.union_all([*[area.boundary for area in areas], *lines], grid_size=GRID)
    faces = [face for face in shapely.get_parts(shapely.polygonize([noded])) if isinstance(face, Polygon)]
    tree = shapely.STRtree(list(areas))
    found = []
    for face in faces:
        inside = tree.query(face.representative_point(), predicate="within")
        if len(inside):
            found.append((face, int(min(inside))))
    return found


def _tidy(
    mine: dict[int | None, list[BaseGeometry]],
    fips: str,
    pieces: dict[tuple[str, int | None], list[BaseGeometry]],
    towns: Sequence[Town],
    plane: Plane,
) -> None:
    """Give crumbs of a county's pieces, and parts cut off from their town, to the neighbour they touch most."""
    if len(mine) < 2:
        return
    parts: list[tuple[int | None, BaseGeometry, bool]] = []
    for label, faces in mine.items():
        split = [Polygon(p) if isinstance(p, LineString) else p for p in shapely.get_parts(shapely.union_all(faces))]
        if label is None:
            parts += [(None, part, plane.area(part) >= CRUMB_M2) for part in split]
        else:
            centre = Point(towns[label].lon, towns[label].lat)
            home = min(range(len(split)), key=lambda k: (split[k].distance(centre), -split[k].area))
            parts += [(label, part, k == home) for k, part in enumerate(split)]
    kept = [(label, part) for label, part, stays in parts if stays]
    homes: dict[int | None, list[BaseGeometry]] = {label: [part] for label, part in kept if label is not None}
    homes[None] = [part for label, part in kept if label is None]
    for label, part, stays in parts:
        if stays:
            continue
        border = [
            (part.boundary.intersection(other.boundary).length, -k, owner)
            for k, (owner, other) in enumerate(kept)
            if owner != label and part.intersects(other)
        ]
        best = max(border, key=lambda item: item[:2], default=(0.0, 0, None))
        # A large piece across the water belongs to no town: it is open country.
        target = best[2] if best[0] > 0 and plane.area(part) < 5 * CRUMB_M2 else None
        homes.setdefault(target, []).append(part)
    for label in mine:
        pieces[(fips, label)] = homes.get(label, [])
    if homes[None]:
        pieces[(fips, None)] = homes[None]


def cells(
    areas: Sequence[BaseGeometry], sites: Sequence[Sequence[tuple[float, float]]], plane: Plane
) -> list[list[BaseGeometry]]:
    """Divide each area among its own sites by distance; per area one shape per site, tiling the area exactly.

    An area with fewer than two sites stays whole. A site outside its area may get an empty shape.
    """
    lines: list[BaseGeometry] = []
    flats = [np.asarray(own, dtype=float).reshape(-1, 2) * plane.factor for own in sites]
    for area, own in zip(areas, flats, strict=True):
        if len(own) >= 2:
            edges = shapely.voronoi_polygons(MultiPoint(own), extend_to=plane.flat(area).envelope, only_edges=True)
            lines.append(plane.round(edges).intersection(area))
    pieces: list[list[list[BaseGeometry]]] = [[[] for _ in own] for own in flats]
    for face, at in cut(areas, lines):
        if len(flats[at]):
            spot = np.array(face.representative_point().coords[0]) * plane.factor
            pieces[at][int(np.argmin(np.hypot(*(flats[at] - spot).T)))].append(face)
    return [[polygons_only(shapely.union_all(faces)) for faces in own] for own in pieces]


def water_off(
    land: BaseGeometry, coast: BaseGeometry, others: BaseGeometry, plane: Plane, metres: float = 20_000.0
) -> BaseGeometry:
    """The water within `metres` of coastal counties: their surroundings less `land` and `others` (land of anybody).

    Bays are water. Ponds and cracks between coarse shorelines (below 0.3 km2, or thinner than 300 m) are left out.
    """
    around = plane.buffer(shapely.union_all([coast]), metres)
    water = shapely.difference(around, shapely.union_all([land, others]), grid_size=GRID)
    opened = plane.buffer(plane.buffer(water, -120.0), 120.0)
    kept = shapely.get_parts(shapely.intersection(water, opened, grid_size=GRID))
    return polygons_only(MultiPolygon([p for p in kept if isinstance(p, Polygon) and plane.area(p) > 300_000.0]))


def union(shapes: Sequence[BaseGeometry]) -> MultiPolygon:
    """Several areas as one; areas of one noding leave no seam."""
    return polygons_only(shapely.union_all(list(shapes), grid_size=GRID))


def disputed_strip(
    area: BaseGeometry, into: BaseGeometry, near: tuple[float, float], plane: Plane, metres: float = 700.0
) -> BaseGeometry:
    """A strip of a neighbouring area, `metres` wide and at most 5 km long, where their border is nearest to a place."""
    border = area.intersection(plane.buffer(into, 1.0)) if area.intersects(into) else MultiPolygon()
    if border.is_empty:
        return MultiPolygon()
    line = shapely.shortest_line(plane.flat(border), plane.flat(Point(near)))
    spot = plane.round(Point(line.coords[0]).buffer(2500.0, quad_segs=8))
    return polygons_only(shapely.intersection(plane.buffer(area, metres).intersection(spot), into, grid_size=GRID))


def without_disc(area: BaseGeometry, lon: float, lat: float, metres: float, plane: Plane) -> BaseGeometry:
    """An area with a round hole: a deliberate gap."""
    hole = plane.round(plane.flat(Point(lon, lat)).buffer(metres, quad_segs=8))
    return polygons_only(shapely.difference(area, hole, grid_size=GRID))


def neighbours(areas: Sequence[BaseGeometry], metres: float, plane: Plane) -> list[tuple[int, int]]:
    """Pairs of areas at most `metres` apart, lower index first; below zero: that overlap when shrunk by that much."""
    shapes = [plane.flat(area).simplify(60.0) for area in areas]
    if metres < 0:
        shapes = [shape.buffer(metres / 2, quad_segs=2) for shape in shapes]
    tree = shapely.STRtree(shapes)
    found = tree.query(shapes, predicate="dwithin", distance=max(0.0, metres))
    return sorted((int(a), int(b)) for a, b in found.T if a < b)
