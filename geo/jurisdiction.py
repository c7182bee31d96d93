"""Who is responsible here: the areas that hold a point, and the borders near it.

Knows the areas of a region and their polygons' numbers in a zone index. Refuses to know how that index finds the
polygons at a point (zone_index.py), where they came from (boundaries.py), what an agency is and what a board does
with the answer.

Which areas hold a point is exactly what shapely's `intersects` says: a point on a border belongs to both
sides, a hole to nobody. What a set of polygons means on a day (dates, order, disputes) is worked out once; it stays
until the next change of dates, so a later question is two look-ups.

Several areas of one agency for one service (a first-due area inside the agency's own) are layers, not a dispute;
the smallest comes first, being the most specific. Areas count from their effective date on, up to the day
before their expiry date, in the region's time zone.

Which borders matter to a point held by the agencies H:
    H = {}      a gap: the border of every area
    H = {A}     the borders of all other agencies' areas; A's inner borders change nothing
    H = {A, B}  those, and A's and B's own: past A's, only B is left. A's own border is that of the area of A
                whose border is farthest, for the point is at least that deep inside A
Borders are straight between vertices in longitude and latitude, like the polygons; distances are taken on a plane
about the point (crs.py): right to 10 mm within 100 m, 0.02 % off at most beyond. A border is looked for within
NEARBY_METRES, across the antimeridian too.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo

import numpy as np
import numpy.typing as npt
import shapely

from domain.agency import SERVICE_NAMES, Service
from domain.errors import BadCommand, BadRegion
from domain.incident import check_place
from domain.jurisdiction import BOUNDARY_METRES, Area, Border, ServiceAnswer
from geo.boundaries import Boundaries
from geo.zone_index import Zone, ZoneIndex

NEARBY_METRES = 1000.0
"""How far a border is looked for. Farther ones are no news to anybody, and cost time."""

_SERVICES = tuple(SERVICE_NAMES)
_FOREVER = (date.min.toordinal(), date.max.toordinal() + 1)


@dataclass(frozen=True, slots=True)
class ManyAnswers:
    """Who is responsible at many places: point p's answer is `table[codes[p]]`, one ServiceAnswer for each service.

    `codes` are int32, parallel to the places. The answers say nothing of borders (`boundary_metres` is None).
    """

    codes: npt.NDArray[np.int32]
    table: tuple[tuple[ServiceAnswer, ...], ...]


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What a set of polygons means on a day: answers without borders, the areas behind them, the words for a place."""

    answers: tuple[ServiceAnswer, ...]
    holding: Mapping[Service, tuple[int, ...]]
    words: frozenset[str]


class JurisdictionIndex:
    """The areas of a region, ready to be asked; `zone` is the region's time zone, in which days begin."""

    def __init__(self, boundaries: Boundaries, zone: tzinfo = UTC, zones: ZoneIndex | None = None) -> None:
        """`zones` is the index of the boundaries' polygons, if it has been built before (and perhaps mapped).

        Raises BadRegion for an area whose dates are no ISO dates, a shape that is no valid polygon, areas without
        one, or an index of other polygons.
        """
        if len(boundaries.areas) != len(boundaries.polygons):
            counts = f"{len(boundaries.areas)} areas but {len(boundaries.polygons)} polygons"
            raise BadRegion(f"boundaries hold {counts}; give one polygon for each area")
        for area, shape in zip(boundaries.areas, boundaries.polygons, strict=True):
            if shape.geom_type not in ("Polygon", "MultiPolygon") or shape.is_empty:
                raise BadRegion(f'area "{area.name}" of {area.agency} is no polygon; repair the boundary file')
        if zones is not None and not np.array_equal(zones.boxes, shapely.bounds(list(boundaries.polygons))):
            raise BadRegion("the zone index is of other polygons; build it again with python -m geo.zone_build")
        self._take(boundaries.areas, ZoneIndex.of(boundaries.polygons) if zones is None else zones, zone)

    @classmethod
    def of_zones(cls, areas: Sequence[Area], zones: ZoneIndex, zone: tzinfo = UTC) -> JurisdictionIndex:
        """The areas of polygons that are indexed already, in the index's order: they need not be read again.

        Raises BadRegion when there are more or fewer areas than polygons, and for dates that are none.
        """
        if len(areas) != len(zones):
            raise BadRegion(f"{len(areas)} areas but {len(zones)} polygons in the zone index; build it again")
        made = cls.__new__(cls)
        made._take(tuple(areas), zones, zone)
        return made

    def _take(self, areas: tuple[Area, ...], zones: ZoneIndex, zone: tzinfo) -> None:
        self._areas = areas
        self._zone = zone
        self._from = [_ordinal(area, area.effective, _FOREVER[0]) for area in areas]
        self._until = [_ordinal(area, area.expiry, _FOREVER[1]) for area in areas]
        self.zones = zones
        """The index of the polygons, in the order of the areas."""
        self._changes = sorted({*self._from, *self._until})
        self._meanings: list[dict[Zone, _Meaning]] = [{} for _ in range(len(self._changes) + 1)]
        self._sizes: list[float] = self.zones.sizes.tolist()
        present = {area.service for area in self._areas}
        self.services = tuple(service for service in _SERVICES if service in present)
        """The services the region has areas of, in the order they are answered."""

    def polygons(self) -> tuple[tuple[Area, ...], tuple[shapely.Polygon | shapely.MultiPolygon, ...]]:
        """The areas and their polygons as they were indexed, parallel."""
        return self._areas, tuple(self.zones.polygon(i) for i in range(len(self._areas)))

    def at(self, lon: float, lat: float, when: date | float) -> tuple[ServiceAnswer, ...]:
        """Who is responsible at a place, at a time: one answer for each of `services`.

        `when` is a day or seconds since the epoch. An answer without areas is a gap; a service the region has
        no areas of gets no answer at all. `boundary_metres` is the distance to the nearest border that matters
        (see above), None beyond NEARBY_METRES; `neighbours`, nearest first, are the areas whose such
        border lies within BOUNDARY_METRES. On a shared border, and where areas overlap by no more
        than that, they are among `areas` too. Raises BadCommand for a place that is none.
        """
        meaning = self._at(lon, lat, day := self._day(when))
        near = self._near(lon, lat, NEARBY_METRES, day)
        answers = []
        for plain in meaning.answers:
            borders = self._borders_of(meaning, plain.service, near)
            neighbours = tuple(self._areas[key[-1]] for metres, key in borders if metres <= BOUNDARY_METRES)
            answers.append(ServiceAnswer(plain.service, plain.areas, borders[0][0] if borders else None, neighbours))
        return tuple(answers)

    def borders(self, lon: float, lat: float, when: date | float, metres: float) -> tuple[Border, ...]:
        """Of each service, the nearest border that matters to a place, if there is one within some metres.

        For a person who asks: it looks as far as it is told, and takes milliseconds to find the bearings. Raises
        BadCommand for a place that is none.
        """
        meaning = self._at(lon, lat, day := self._day(when))
        near = self._near(lon, lat, metres, day)
        found = []
        for service in self.services:
            for far, key in self._borders_of(meaning, service, near)[:1]:
                i = key[-1]
                found.append(Border(service, far, self.zones.bearing(lon, lat, i, far), self._areas[i]))
        return tuple(found)

    def responsible_at(self, lon: float, lat: float, when: date | float) -> tuple[ServiceAnswer, ...]:
        """As `at`, in a microsecond: it says nothing of borders. Raises BadCommand for a place that is none."""
        return self._at(lon, lat, self._day(when)).answers

    def areas_at(self, lon: float, lat: float, when: date | float) -> frozenset[str]:
        """The names a clause may know a place by: ids of the agencies responsible there and names of their areas.

        Raises BadCommand for a place that is none.
        """
        return self._at(lon, lat, self._day(when)).words

    def at_many(self, lons: npt.ArrayLike, lats: npt.ArrayLike, when: date | float) -> ManyAnswers:
        """Who is responsible at each of many places (degrees, same length), at one time; millions a second.

        Raises BadCommand for a place that is none, saying which, and ValueError for arrays of different lengths.
        """
        xs, ys = np.asarray(lons, np.float64), np.asarray(lats, np.float64)
        places = (np.abs(xs) <= 180.0) & (np.abs(ys) <= 90.0) if xs.shape == ys.shape else np.ones(1, np.bool_)
        if not places.all():
            first = int(np.flatnonzero(~places)[0])
            raise BadCommand(f"place {first} of {xs.size}: {xs[first]}, {ys[first]} is none; longitude comes first")
        codes, zones = self.zones.at_many(xs, ys)
        day = self._day(when)
        return ManyAnswers(codes, tuple(self._meaning(zone, day).answers for zone in zones))

    def near(self, lon: float, lat: float, when: date | float, metres: float) -> tuple[tuple[float, Area], ...]:
        """The areas in force whose border lies within some metres of a place, with the distance, nearest first.

        Whom to notify of what happens there, whoever is responsible. Raises BadCommand for a place that is none.
        """
        check_place(lon, lat)
        day = self._day(when)
        found = self.zones.near(lon, lat, metres)
        ordered = sorted((far, self._specific(i)) for i, far in found.items() if self._in_force(i, day))
        return tuple((far, self._areas[key[-1]]) for far, key in ordered)

    def _at(self, lon: float, lat: float, day: int) -> _Meaning:
        check_place(lon, lat)
        return self._meaning(self.zones.at(lon, lat), day)

    def _meaning(self, zone: Zone, day: int) -> _Meaning:
        """What a set of polygons means on a day, worked out when it is first asked for between two changes."""
        meanings = self._meanings[bisect_right(self._changes, day)]
        found = meanings.get(zone)
        if found is None:
            found = meanings[zone] = self._work_out([i for i in zone if self._in_force(i, day)])
        return found

    def _work_out(self, held: Iterable[int]) -> _Meaning:
        ordered = sorted(held, key=self._specific)
        holding = {service: tuple(i for i in ordered if self._areas[i].service == service) for service in self.services}
        answers = tuple(ServiceAnswer(service, tuple(self._areas[i] for i in of)) for service, of in holding.items())
        words = (word for i in ordered for word in (self._areas[i].agency, self._areas[i].name) if word)
        return _Meaning(answers, holding, frozenset(words))

    def _in_force(self, i: int, day: int) -> bool:
        return self._from[i] <= day < self._until[i]

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

    def _near(self, lon: float, lat: float, metres: float, day: int) -> dict[int, float]:
        return {i: far for i, far in self.zones.near(lon, lat, metres).items() if self._in_force(i, day)}

    def _borders_of(
        self, meaning: _Meaning, service: Service, near: Mapping[int, float]
    ) -> list[tuple[float, tuple[float, str, str, int]]]:
        """Metres and sort key (with the area's number last) of a service's borders that matter, nearest first."""
        around = {i: metres for i, metres in near.items() if self._areas[i].service == service}
        matter = self._borders_that_matter(meaning.holding[service], around)
        return sorted((metres, self._specific(i)) for metres, i in matter)

    def _borders_that_matter(self, holding: Sequence[int], around: Mapping[int, float]) -> list[tuple[float, int]]:
        """Distance in metres and area of each border that matters, of those `around`, in no order."""
        holders = {self._areas[i].agency for i in holding}
        found = [(metres, i) for i, metres in around.items() if self._areas[i].agency not in holders]
        if len(holders) > 1:
            for agency in holders:
                layers = [i for i in holding if self._areas[i].agency == agency]
                if all(i in around for i in layers):
                    deepest = max(around[i] for i in layers)
                    found += [(deepest, i) for i in layers]
        return found


def _ordinal(area: Area, text: str, otherwise: int) -> int:
    if not text:
        return otherwise
    try:
        return date.fromisoformat(text[:10]).toordinal()
    except ValueError:
        raise BadRegion(f'area "{area.name}" of {area.agency}: "{text}" is not a date; write YYYY-MM-DD') from None
