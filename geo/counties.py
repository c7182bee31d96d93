"""The compact copy of United States counties that ships with Concord.

Knows how to read `regions/us_counties/counties.topojson.gz` (TopoJSON, delta-coded arcs) and which counties
lie near a place. Refuses to know what a region makes of them and how the copy was made (geo/county_atlas.py).
Lines are drawn for 1:10 million: good to some hundred metres, on a grid of 1e-4 degrees (11 m).
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry import MultiPolygon, Point, Polygon
from shapely.geometry.base import BaseGeometry

from domain.errors import BadRegion

ATLAS_FILE = "counties.topojson.gz"
Arc = npt.NDArray[np.float64]
DEGREE_METRES = 111_320.0
"""One degree of latitude, and of longitude on the equator."""

_SUFFIX = {"LA": "Parish", "AK": "Borough", "PR": "Municipio"}
_BARE = frozenset({"DC", "GU", "AS", "MP", "VI"})
_CITIES = frozenset({"24510", "29510", "32510"})
"""Baltimore, St. Louis and Carson City: cities which are no part of a county, as all of Virginia's from 51500 on."""


@dataclass(frozen=True, slots=True)
class County:
    """A county or its equal. `fips` has five digits, `state` two letters, `shape` is WGS 84 degrees.

    `coastal` means a shore on the ocean or the Great Lakes, not a land or river border.
    """

    fips: str
    name: str
    state: str
    coastal: bool
    lon: float
    lat: float
    shape: BaseGeometry

    @property
    def independent_city(self) -> bool:
        """A city that belongs to no county."""
        return self.fips in _CITIES or (self.state == "VA" and self.fips >= "51500")

    @property
    def long_name(self) -> str:
        """`Marin County`, `Orleans Parish`, `Baltimore City`."""
        if self.independent_city:
            return self.name if self.name.lower().endswith("city") else f"{self.name} City"
        if self.state in _BARE:
            return self.name
        return f"{self.name} {_SUFFIX.get(self.state, 'County')}"


class CountyAtlas:
    """All counties by FIPS code; shapes are built when asked for. Opening the file takes about 0.1 s.

    Raises BadRegion when the file is missing or damaged.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / ATLAS_FILE
        try:
            with gzip.open(path, "rt", encoding="utf-8") as file:
                topology: dict[str, Any] = json.load(file)
            self._arcs = read_arcs(topology)
            self._records: dict[str, dict[str, Any]] = {
                record["id"]: record for record in topology["objects"]["counties"]["geometries"]
            }
            self._foreign = [shape_of(record, self._arcs) for record in topology["objects"]["foreign"]["geometries"]]
        except (OSError, EOFError, ValueError, KeyError, TypeError, IndexError) as error:
            raise BadRegion(f"{path}: the county copy cannot be read ({error}); see PROVENANCE.md beside it") from error

    def __len__(self) -> int:
        return len(self._records)

    @property
    def codes(self) -> list[str]:
        """Every FIPS code, sorted."""
        return sorted(self._records)

    def get_county(self, fips: str) -> County:
        """The county of a five-digit FIPS code, or BadRegion naming what is wrong with the code."""
        record = self._records.get(fips)
        if record is None:
            raise BadRegion(
                f"county {fips!r} is not in the county copy; give five-digit FIPS codes, e.g. 06075 for San Francisco"
            )
        words = record["properties"]
        lon, lat = words["centroid"]
        return County(fips, words["name"], words["state"], bool(words["coast"]), lon, lat, shape_of(record, self._arcs))

    def near(self, fips: Iterable[str], metres: float) -> list[County]:
        """Counties with any land within `metres` of those named, which are left out; sorted by code."""
        own = set(fips)
        if not own:
            return []
        home = shapely.union_all([self.get_county(code).shape for code in sorted(own)])
        west, south, east, north = home.bounds
        reach = metres / DEGREE_METRES
        wide = reach / max(0.05, float(np.cos(np.radians((south + north) / 2))))
        around = shapely.box(west - wide, south - reach, east + wide, north + reach)
        found = []
        for code in self.codes:
            lon, lat = self._records[code]["properties"]["centroid"]
            # A county's centroid may lie far off although its border is near: Alaska's reach hundreds of kilometres.
            if code in own or abs(lat - (south + north) / 2) > 8 or abs(lon - (west + east) / 2) > 20:
                continue
            county = self.get_county(code)
            if county.shape.intersects(around) and metres_apart(county.shape, home) <= metres:
                found.append(county)
        return found

    def foreign_land(self, within: BaseGeometry) -> BaseGeometry:
        """Canadian and Mexican land and waters near our coasts, cut to an area; empty when there is none."""
        parts = [part.intersection(within) for part in self._foreign if part.intersects(within)]
        return shapely.union_all(parts) if parts else MultiPolygon()


def read_arcs(topology: dict[str, Any]) -> list[Arc]:
    """The arcs of a quantised topology in degrees."""
    scale, shift = topology["transform"]["scale"], topology["transform"]["translate"]
    return [np.cumsum(np.asarray(arc, dtype=np.int64), axis=0) * scale + shift for arc in topology["arcs"]]


def shape_of(record: dict[str, Any], arcs: Sequence[Arc]) -> BaseGeometry:
    """The valid multipolygon of a TopoJSON Polygon or MultiPolygon; rings collapsed by its grid are left out."""

    def ring(indices: Sequence[int]) -> Arc:
        # A negative index means the arc reversed (its ones' complement); neighbours share their end points.
        pieces = [arcs[i] if i >= 0 else arcs[~i][::-1] for i in indices]
        return np.concatenate([pieces[0], *(piece[1:] for piece in pieces[1:])])

    polygons = []
    for rings in [record["arcs"]] if record["type"] == "Polygon" else record["arcs"]:
        lines = [line for line in map(ring, rings) if len(line) >= 4]
        if lines and len(lines[0]) == len(ring(rings[0])):
            polygons.append(Polygon(lines[0], lines[1:]))
    shape: BaseGeometry = MultiPolygon(polygons)
    return shape if shape.is_valid else polygons_only(shapely.make_valid(shape, method="structure"))


def polygons_only(shape: BaseGeometry) -> MultiPolygon:
    """The polygon parts of a shape as one MultiPolygon; points and lines are dropped."""
    return MultiPolygon(
        [part for part in shapely.get_parts(shape, return_index=False) for part in _polygons(part) if part.area > 0]
    )


def _polygons(part: BaseGeometry) -> list[Polygon]:
    if isinstance(part, Polygon):
        return [part]
    return [piece for sub in getattr(part, "geoms", ()) for piece in _polygons(sub)]


def metres_apart(one: BaseGeometry, other: BaseGeometry) -> float:
    """Metres between two shapes, on a flat map true at their latitude: good to 1 % within 100 km."""
    factor = np.array([np.cos(np.radians(one.centroid.y)) * DEGREE_METRES, DEGREE_METRES])
    flat = [shapely.transform(shape, lambda xy: xy * factor) for shape in (one, other)]
    return float(flat[0].distance(flat[1]))


def county_of(lon: float, lat: float, counties: Sequence[County], reach_metres: float = 5000.0) -> County | None:
    """The county a place lies in; one in the water belongs to the nearest within `reach_metres`, else to none."""
    point = Point(lon, lat)
    for county in counties:
        if county.shape.intersects(point):
            return county
    away = sorted((metres_apart(point, county.shape), county.fips, county) for county in counties)
    return away[0][2] if away and away[0][0] <= reach_metres else None
