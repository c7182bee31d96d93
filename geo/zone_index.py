"""Which of many polygons hold a point: exactly, at nearly the cost of a hash lookup.

Knows polygons by their number and points by longitude and latitude. Refuses to know what a polygon stands for
(jurisdiction.py).

**The idea.** Every polygon gets a random 64-bit key. The XOR of the keys of all polygons that hold a point is the
*name* of the set of polygons there. Walk from one place to another: whenever you cross an edge, you enter or
leave the polygons it bounds, so XOR its key into the name. However many layers there are, a step costs the same.

A grid, split four by four wherever edges are dense, keeps for each cell the name at its south-west corner and
the few edges that touch it. To find the name at p, walk from the corner up and then across, here from c by v to p:

        +-----------------------+
        |        |   /          |     c lies outside everything:       0000
        |  v ----|--/---> p     |     up to v, no edge is crossed:     0000
        |  |     | /            |     across edge a of A, key 0011:    0011  "A"
        |  |     |/             |     across edge b of B, key 0101:    0110  "A and B"
        |  c     a b            |
        +-----------------------+

Name 0110 is looked up in a dictionary: polygons A and B.

**Why it is exact.** Which side of an edge a point lies on is a sign test of two products; the walk knows how far they
can be rounded off, and says "not sure" when the sign is nearer to nought than that. Then shapely's `intersects`
itself is asked. Corners lie clear of all edges (zone_build.py). So each answer equals shapely's: a point on a border
belongs to both sides, a hole to nobody.

**How it checks itself.** The first time a name is seen shapely is asked, and the keys of its answer must give that
very name. If ever they do not, the index is no longer `trusted`, says so in the log, and shapely answers everything.

**The antimeridian.** A point at 180 degrees is asked at -180 too, and the answers are joined; borders are looked for
on both sides.

The whole index is one flat array (zone_layout.py), polygons included: save it, map it into memory, share it.
zone_build.py makes it, zone_walk.py is the walk, zone_twin.py the same in NumPy.
"""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from shapely.affinity import affine_transform

from domain.errors import BadRegion
from geo.crs import metres_per_degree
from geo.zone_build import MAX_EDGES, build, save
from geo.zone_compile import TWIN, Walk, compiled_aside, compiled_walk
from geo.zone_layout import Floats, Words, unpack

_log = logging.getLogger(__name__)

Zone = tuple[int, ...]
"""The numbers of the polygons that hold a point, in ascending order."""

_ANTIMERIDIAN = 180.0
_BLOCK = 1024
"""Points that are held against the boxes of all polygons at once."""


class ZoneIndex:
    """Polygons by number, ready to be asked. Nothing changes after construction but what it has learnt."""

    def __init__(self, words: Words) -> None:
        """`words` as zone_build.build makes them. Raises ValueError for anything else."""
        self._words = words
        self._parts = unpack(words)
        self._walk: Walk = TWIN
        self._zones: dict[int, Zone] = {}
        self._shapes: dict[int, shapely.Geometry] = {}
        self._firsts: list[int] = self._parts.firsts.tolist()
        self._owners: list[int] = self._parts.owners.tolist()
        self.boxes: Floats = self._parts.boxes.reshape(-1, 4)
        """West, south, east and north of each polygon, in degrees."""
        self.sizes: Floats = self._parts.sizes
        """The area of each polygon in square degrees."""
        self.trusted = True
        """Whether every self-check held so far. If not, shapely answers everything."""

    @classmethod
    def of(cls, polygons: Sequence[shapely.Geometry], seed: int = 7, max_edges: int = MAX_EDGES) -> ZoneIndex:
        """Index polygons (valid, WGS 84 degrees). Raises BadRegion for a shape that cannot be indexed."""
        return cls(build(polygons, seed, max_edges))

    @classmethod
    def load(cls, path: Path) -> ZoneIndex:
        """An index that was saved, mapped into memory: nothing is read yet. BadRegion for a file that holds none."""
        try:
            words = np.asarray(np.load(path, mmap_mode="r"))
            return cls(words)
        except (OSError, ValueError, EOFError) as error:
            raise BadRegion(f"{path}: no zone index ({error}); build it with python -m geo.zone_build") from error

    def save(self, path: Path) -> None:
        """Write the index, whole or not at all."""
        save(self._words, path)

    def __len__(self) -> int:
        return self.sizes.size

    @property
    def nbytes(self) -> int:
        """Bytes of the whole index, polygons included."""
        return self._words.nbytes

    @property
    def learnt(self) -> dict[int, Zone]:
        """The sets of polygons known so far, by name."""
        return dict(self._zones)

    def remember(self, learnt: Mapping[int, Zone]) -> None:
        """Take over what another process learnt of the same index; each name is checked against its polygons' keys."""
        self._learn(list(learnt), list(learnt.values()))

    def compile(self) -> bool:
        """Take on the compiled walk now, which may take ten seconds. False where numba is absent."""
        self._walk = compiled_walk()
        return self._walk is not TWIN

    def compile_soon(self) -> threading.Thread:
        """Take on the compiled walk as soon as it is there, and go on with the twin until then."""

        def wait() -> None:
            self._walk = compiled_aside()

        thread = threading.Thread(target=wait, name="zone-compile", daemon=True)
        thread.start()
        return thread

    def at(self, lon: float, lat: float) -> Zone:
        """The polygons that hold a point; none for a place that is no place."""
        sure, name = self._walk.name_at(lon, lat, self._words)
        if sure and abs(lon) != _ANTIMERIDIAN:
            zone = self._zones.get(name)
            if zone is not None:
                return zone
            self._learn([name], [self.exact(lon, lat)])
            if self.trusted:
                return self._zones[name]
        return self.exact(lon, lat)

    def at_many(self, lons: npt.ArrayLike, lats: npt.ArrayLike) -> tuple[npt.NDArray[np.int32], list[Zone]]:
        """The polygons that hold each of many points: for each point a number, and for each number the polygons.

        A number says which set; every set comes once.
        """
        xs, ys = np.array(lons, dtype=np.float64).ravel(), np.array(lats, dtype=np.float64).ravel()
        if xs.size != ys.size:
            raise ValueError(f"{xs.size} longitudes but {ys.size} latitudes; they must be parallel")
        sure, names = self._walk.names_at(xs, ys, self._words)
        sure &= np.abs(xs) != _ANTIMERIDIAN
        everything = bool(sure.all())
        settled = np.arange(xs.size) if everything else np.flatnonzero(sure)
        code, distinct = pd.factorize(names if everything else names[settled])
        first = np.empty(distinct.size, np.int64)
        first[code[::-1]] = settled[::-1]
        strange = [n for n, name in enumerate(distinct.tolist()) if name not in self._zones]
        if strange:
            self._learn(distinct[strange].tolist(), self.exact_many(xs[first[strange]], ys[first[strange]]))
        if not self.trusted:
            return _numbered(self.exact_many(xs, ys), [], np.empty(xs.size, np.int32), np.arange(xs.size))
        zones = [self._zones[name] for name in distinct.tolist()]
        if everything:
            return code.astype(np.int32), zones
        codes = np.empty(xs.size, np.int32)
        codes[settled] = code
        doubtful = np.flatnonzero(~sure)
        return _numbered(self.exact_many(xs[doubtful], ys[doubtful]), zones, codes, doubtful)

    def near(self, lon: float, lat: float, metres: float) -> dict[int, float]:
        """Metres to the border of each polygon that has one within some metres: on a plane about the point.

        Within 100 m it is right to 10 mm up to 70 degrees of latitude, within 1 km to 0.02 %.
        """
        across, along = metres_per_degree(lat)
        across = max(across, 1e-6)  # at the poles a degree of longitude has no length: look all the way round
        found: dict[int, float] = {}
        sides = [lon]
        if abs(lon) + metres / across >= _ANTIMERIDIAN:
            sides += [lon - 360.0, lon + 360.0]
        for side in sides:
            for border, distance in self._borders_near(side, lat, across, along, metres):
                for polygon in self._owners[self._firsts[border] : self._firsts[border + 1]]:
                    if distance < found.get(polygon, np.inf):
                        found[polygon] = distance
        return found

    def bearing(self, lon: float, lat: float, polygon: int, metres: float) -> float | None:
        """Degrees clockwise from north to where a polygon's border is nearest, some metres away as `near` says.

        On the plane `near` measures on; None on the border itself. Raises ValueError when no border is so near.
        """
        if metres == 0.0:
            return None
        across, along = metres_per_degree(lat)
        across = max(across, 1e-6)
        room = 1.01 * metres + 1.0  # what lies further is cut away: a coastline has a million corners
        ways: list[tuple[float, float]] = []
        for side in (lon, lon - 360.0, lon + 360.0):
            reach = (side - room / across, lat - room / along, side + room / across, lat + room / along)
            border = shapely.clip_by_rect(shapely.boundary(self._shape(polygon)), *reach)
            if not border.is_empty:
                flat = affine_transform(border, [across, 0.0, 0.0, along, -side * across, -lat * along])
                foot = shapely.shortest_line(shapely.Point(0.0, 0.0), flat)
                east, north = shapely.get_coordinates(foot)[-1].tolist()
                ways.append((math.hypot(east, north), math.degrees(math.atan2(east, north)) % 360.0))
        if not ways:
            raise ValueError(f"polygon {polygon} has no border within {metres} m of {lon}, {lat}")
        return min(ways)[1]

    def polygon(self, number: int) -> shapely.Polygon | shapely.MultiPolygon:
        """A polygon as it was indexed."""
        shape = self._shape(number)
        assert isinstance(shape, shapely.Polygon | shapely.MultiPolygon)  # nothing else is indexed
        return shape

    def exact(self, lon: float, lat: float) -> Zone:
        """Shapely's own answer, on both sides at the antimeridian."""
        zone = self._intersecting(lon, lat)
        if abs(lon) == _ANTIMERIDIAN:
            zone = tuple(sorted({*zone, *self._intersecting(-lon, lat)}))
        return zone

    def exact_many(self, lons: Floats, lats: Floats) -> list[Zone]:
        """Shapely's own answer for each of many points."""
        held: list[list[int]] = [[] for _ in range(lons.size)]
        boxes = self.boxes
        for begin in range(0, lons.size, _BLOCK):
            x, y = lons[begin : begin + _BLOCK, None], lats[begin : begin + _BLOCK, None]
            boxed = np.zeros((x.size, len(self)), np.bool_)
            for side in (x, np.where(np.abs(x) == _ANTIMERIDIAN, -x, x)):
                boxed |= (boxes[:, 0] <= side) & (side <= boxes[:, 2]) & (boxes[:, 1] <= y) & (y <= boxes[:, 3])
            for polygon in np.flatnonzero(boxed.any(axis=0)).tolist():
                at = np.flatnonzero(boxed[:, polygon])
                shape, px, py = self._shape(polygon), x[at, 0], y[at, 0]
                inside = shapely.intersects_xy(shape, px, py)
                seam = np.abs(px) == _ANTIMERIDIAN
                if seam.any():
                    inside |= seam & shapely.intersects_xy(shape, -px, py)
                for point in at[inside].tolist():
                    held[begin + point].append(polygon)
        return [tuple(zone) for zone in held]

    def _intersecting(self, lon: float, lat: float) -> Zone:
        boxes = self.boxes
        boxed = (boxes[:, 0] <= lon) & (lon <= boxes[:, 2]) & (boxes[:, 1] <= lat) & (lat <= boxes[:, 3])
        return tuple(
            polygon
            for polygon in np.flatnonzero(boxed).tolist()
            if shapely.intersects_xy(self._shape(polygon), lon, lat)
        )

    def _shape(self, polygon: int) -> shapely.Geometry:
        """A polygon as shapely knows it; taken out of the array when first needed."""
        shape = self._shapes.get(polygon)
        if shape is None:
            first, end = self._parts.starts[polygon : polygon + 2].tolist()
            shape = shapely.from_wkb(self._parts.shapes[first:end].tobytes())
            shapely.prepare(shape)
            self._shapes[polygon] = shape
        return shape

    def _learn(self, names: Sequence[int], zones: Sequence[Zone]) -> None:
        """Check names against what shapely said and remember what they stand for."""
        for name, zone in zip(names, zones, strict=True):
            if not self.trusted:
                return
            if np.bitwise_xor.reduce(self._parts.names[list(zone)], initial=np.int64(0)) == name:
                self._zones[name] = zone
            else:
                self.trusted = False
                self._zones.clear()
                _log.error("the zone index disagrees with its polygons %s; shapely answers from here on", zone)

    def _borders_near(
        self, lon: float, lat: float, across: float, along: float, metres: float
    ) -> list[tuple[int, float]]:
        room = 64
        while True:
            borders, distances = np.empty(room, np.int32), np.empty(room)
            found = self._walk.borders_near(lon, lat, across, along, metres, self._words, borders, distances)
            if found >= 0:
                return list(zip(borders[:found].tolist(), distances[:found].tolist(), strict=True))
            room *= 8


def _numbered(
    answers: Sequence[Zone], zones: list[Zone], codes: npt.NDArray[np.int32], points: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int32], list[Zone]]:
    """Give the answers at some points their numbers, new ones to sets not among `zones` yet."""
    numbers = {zone: number for number, zone in enumerate(zones)}
    codes[points] = [numbers.setdefault(zone, len(numbers)) for zone in answers]
    return codes, list(numbers)
