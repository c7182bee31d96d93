"""Who is responsible here: the areas that hold a point, and the borders near it.

Knows the polygons of a region and how to ask them. Refuses to know where they came from (boundaries.py), what
an agency is and what a board does with the answer. Nothing changes after construction.

Which areas hold a point is exactly what shapely's `intersects` says: a point on a border belongs to both
sides, a hole to nobody. A tree of bounding boxes leaves a handful of candidates, prepared polygons decide.

Several areas of one agency for one service (a first-due area inside the agency's own) are layers, not a dispute;
the smallest comes first, being the most specific. Areas count from their effective date on, up to the day
before their expiry date, in the region's time zone.

Which borders matter to a point held by the agencies H:
    H = {}      a gap: the border of every area
    H = {A}     the borders of all other agencies' areas; A's inner borders change nothing
    H = {A, B}  those, and A's and B's own: past A's, only B is left. A's own border is that of the area of A
                whose border is farthest, for the point is at least that deep inside A
Borders are straight between vertices in longitude and latitude, like the polygons; distances are taken on a plane
about the point (crs.py), 0.02 % off at most. A border is looked for within NEARBY_METRES and is not followed
across the antimeridian.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, tzinfo

import numpy as np
import numpy.typing as npt
import shapely

from domain.agency import SERVICE_NAMES
from domain.errors import BadRegion
from domain.incident import check_place
from domain.jurisdiction import BOUNDARY_METRES, Area, ServiceAnswer
from geo.boundaries import Boundaries
from geo.crs import metres_per_degree

NEARBY_METRES = 1000.0
"""How far a border is looked for. Farther ones are no news to anybody, and cost time."""

_SERVICES = tuple(SERVICE_NAMES)
_FOREVER = (date.min.toordinal(), date.max.toordinal() + 1)

Floats = npt.NDArray[np.float64]


class JurisdictionIndex:
    """The areas of a region, ready to be asked; `zone` is the region's time zone, in which days begin."""

    def __init__(self, boundaries: Boundaries, zone: tzinfo = UTC) -> None:
        """Raises BadRegion for an area whose dates are no ISO dates, a shape that is no polygon, or areas without."""
        if len(boundaries.areas) != len(boundaries.polygons):
            counts = f"{len(boundaries.areas)} areas but {len(boundaries.polygons)} polygons"
            raise BadRegion(f"boundaries hold {counts}; give one polygon for each area")
        self._areas = boundaries.areas
        self._zone = zone
        self._from = [_ordinal(area, area.effective, _FOREVER[0]) for area in self._areas]
        self._until = [_ordinal(area, area.expiry, _FOREVER[1]) for area in self._areas]
        self._polygons = np.empty(len(self._areas), dtype=object)
        self._polygons[:] = boundaries.polygons
        for area, shape in zip(self._areas, boundaries.polygons, strict=True):
            if shape.geom_type not in ("Polygon", "MultiPolygon") or shape.is_empty:
                raise BadRegion(f'area "{area.name}" of {area.agency} is no polygon; repair the boundary file')
        shapely.prepare(self._polygons)
        self._tree = shapely.STRtree(self._polygons)
        self._sizes: list[float] = shapely.area(self._polygons).tolist()
        self._borders = _Borders(self._polygons)
        present = {area.service for area in self._areas}
        self.services = tuple(service for service in _SERVICES if service in present)
        """The services the region has areas of, in the order they are answered."""

    def at(self, lon: float, lat: float, when: date | float) -> tuple[ServiceAnswer, ...]:
        """Who is responsible at a place, at a time: one answer for each of `services`.

        `when` is a day or seconds since the epoch. An answer without areas is a gap; a service the region has
        no areas of gets no answer at all. `boundary_metres` is the distance to the nearest border that matters
        (see above), None beyond NEARBY_METRES; `neighbours`, nearest first, are the areas whose such
        border lies within BOUNDARY_METRES. On a shared border, and where areas overlap by no more
        than that, they are among `areas` too. Raises BadCommand for a place that is none.
        """
        held, near = self._find(lon, lat, when, NEARBY_METRES)
        answers = []
        for service in self.services:
            holding = sorted((i for i in held if self._areas[i].service == service), key=self._specific)
            around = [i for i in near if self._areas[i].service == service]
            borders = sorted(
                (metres, self._specific(i), i) for metres, i in self._borders_that_matter(lon, lat, holding, around)
            )
            answers.append(
                ServiceAnswer(
                    service,
                    tuple(self._areas[i] for i in holding),
                    borders[0][0] if borders else None,
                    tuple(self._areas[border[-1]] for border in borders if border[0] <= BOUNDARY_METRES),
                )
            )
        return tuple(answers)

    def areas_at(self, lon: float, lat: float, when: date | float) -> frozenset[str]:
        """The names a clause may know a place by: ids of the agencies responsible there and names of their areas.

        Raises BadCommand for a place that is none.
        """
        held, _ = self._find(lon, lat, when, 0.0)
        return frozenset(name for i in held for name in (self._areas[i].agency, self._areas[i].name) if name)

    def _find(self, lon: float, lat: float, when: date | float, metres: float) -> tuple[list[int], list[int]]:
        """Areas in force that hold a point, and those whose box comes within some metres of it."""
        check_place(lon, lat)
        day = self._day(when)
        # At the poles a degree of longitude has no length: look all the way round.
        across, along = metres_per_degree(lat)
        reach_lon, reach_lat = min(360.0, metres / max(across, 1.0)), metres / along
        box = shapely.box(lon - reach_lon, lat - reach_lat, lon + reach_lon, lat + reach_lat) if metres else None
        found = self._tree.query(shapely.Point(lon, lat) if box is None else box)
        near = np.array([i for i in found.tolist() if self._from[i] <= day < self._until[i]], dtype=np.intp)
        held = near[shapely.intersects_xy(self._polygons[near], lon, lat)] if near.size else near
        return held.tolist(), near.tolist()

    def _day(self, when: date | float) -> int:
        if isinstance(when, datetime):
            return (when.astimezone(self._zone) if when.tzinfo else when).toordinal()
        if isinstance(when, date):
            return when.toordinal()
        return datetime.fromtimestamp(when, self._zone).toordinal()

    def _specific(self, i: int) -> tuple[float, str, str, int]:
        """Sort key: smallest area first, then by words, so that the order never depends on the file's."""
        area = self._areas[i]
        return self._sizes[i], area.agency, area.name, i

    def _borders_that_matter(
        self, lon: float, lat: float, holding: Sequence[int], around: Sequence[int]
    ) -> list[tuple[float, int]]:
        """Distance in metres and area of each border that matters, within NEARBY_METRES, in no order."""
        holders = {self._areas[i].agency for i in holding}
        found = [(self._borders.metres(i, lon, lat), i) for i in around if self._areas[i].agency not in holders]
        if len(holders) > 1:
            for agency in holders:
                layers = [i for i in holding if self._areas[i].agency == agency]
                deepest = max(self._borders.metres(i, lon, lat) for i in layers)
                found += [(deepest, i) for i in layers]
        return [(metres, i) for metres, i in found if metres <= NEARBY_METRES]


class _Borders:
    """The rings of all polygons as line segments, in degrees, those of one polygon side by side."""

    def __init__(self, polygons: npt.NDArray[np.object_]) -> None:
        lines, polygon_of_line = shapely.get_parts(shapely.boundary(polygons), return_index=True)
        points, line = shapely.get_coordinates(lines, return_index=True)
        joined = line[1:] == line[:-1]
        self._starts: Floats = points[:-1][joined]
        self._steps: Floats = points[1:][joined] - self._starts
        owners = polygon_of_line[line[:-1][joined]]
        self._first: list[int] = np.searchsorted(owners, np.arange(len(polygons) + 1)).tolist()

    def metres(self, i: int, lon: float, lat: float) -> float:
        """Distance from a point to the nearest point of polygon i's rings."""
        own = slice(self._first[i], self._first[i + 1])
        scale = np.array(metres_per_degree(lat))
        away = (self._starts[own] - (lon, lat)) * scale
        step = self._steps[own] * scale
        length = np.einsum("ij,ij->i", step, step)
        # Where along each segment (0 to 1) the point's foot falls; a repeated vertex is a segment of no length.
        along = np.clip(-np.einsum("ij,ij->i", away, step) / np.where(length > 0, length, 1.0), 0.0, 1.0)
        foot = away + along[:, None] * step
        return float(np.sqrt(np.einsum("ij,ij->i", foot, foot).min()))


def _ordinal(area: Area, text: str, otherwise: int) -> int:
    if not text:
        return otherwise
    try:
        return date.fromisoformat(text[:10]).toordinal()
    except ValueError:
        raise BadRegion(f'area "{area.name}" of {area.agency}: "{text}" is not a date; write YYYY-MM-DD') from None
