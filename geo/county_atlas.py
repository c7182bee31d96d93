"""How the compact county copy is made from two published atlases.

Knows TopoJSON of npm `us-atlas` (counties) and `world-atlas` (countries), and how a sea shore is told from
a land border. Refuses to know files: `tools/us_counties.py` reads the packages and writes the copy.
The copy drops states and nation, takes the finer shore of the second atlas (county_shore.py), and adds per county:
state, whether it is on the coast, and its centroid; and the foreign land near our coasts, coarsely, so that a coast
guard area does not cover Tijuana or Windsor.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import shapely
from shapely.geometry import LineString, Polygon
from shapely.geometry.base import BaseGeometry

from geo.counties import read_arcs, shape_of
from geo.county_shore import SHORE_GRID, with_shore

FOREIGN = ("Canada", "Mexico")
OURS = ("United States of America", "Puerto Rico", "Guam", "American Samoa", "N. Mariana Is.", "U.S. Virgin Is.")
LAND_BORDER_DEGREES = 0.05
"""An outer border nearer than about 5 km to a neighbour country is a land or river border: the two atlases
differ by up to 2 km, and Natural Earth carries Canada to the middle of the Great Lakes, over 5 km from shore."""
SHORE_DEGREES = 0.02
"""A county is coastal with at least about 2 km of shore."""
NEAR_COAST_DEGREES = 0.35
"""Foreign land is kept to about 35 km from a coastal county, further than any modelled coast guard area."""

STATE_OF_FIPS = {
    "01": "AL", "02": "AK", "04": "AZ", "05": "AR", "06": "CA", "08": "CO", "09": "CT", "10": "DE", "11": "DC",
    "12": "FL", "13": "GA", "15": "HI", "16": "ID", "17": "IL", "18": "IN", "19": "IA", "20": "KS", "21": "KY",
    "22": "LA", "23": "ME", "24": "MD", "25": "MA", "26": "MI", "27": "MN", "28": "MS", "29": "MO", "30": "MT",
    "31": "NE", "32": "NV", "33": "NH", "34": "NJ", "35": "NM", "36": "NY", "37": "NC", "38": "ND", "39": "OH",
    "40": "OK", "41": "OR", "42": "PA", "44": "RI", "45": "SC", "46": "SD", "47": "TN", "48": "TX", "49": "UT",
    "50": "VT", "51": "VA", "53": "WA", "54": "WV", "55": "WI", "56": "WY", "60": "AS", "66": "GU", "69": "MP",
    "72": "PR", "78": "VI",
}  # fmt: skip
"""ANSI INCITS 38 state codes to postal abbreviations."""


def compact(us_atlas: dict[str, Any], world_atlas: dict[str, Any]) -> dict[str, Any]:
    """The topology to ship: objects `counties` (properties name, state, coast, centroid) and `foreign`.

    Every ring is an arc of its own: borders stand in the file twice, and the reader stays simple.
    """
    lines = read_arcs(us_atlas)
    uses = Counter(_arc(i) for record in us_atlas["objects"]["counties"]["geometries"] for i in _indices(record))
    drawn = [(record, shape_of(record, lines)) for record in us_atlas["objects"]["counties"]["geometries"]]
    # Falls Church, Virginia (51610), is smaller than the atlas's grid.
    drawn = [(record, shape) for record, shape in drawn if not shape.is_empty]
    world_lines = read_arcs(world_atlas)
    countries = world_atlas["objects"]["countries"]["geometries"]
    abroad = [shape_of(record, world_lines) for record in countries if record["properties"]["name"] in FOREIGN]
    ours = [shape_of(record, world_lines) for record in countries if record["properties"]["name"] in OURS]
    inland = shapely.union_all(abroad).buffer(LAND_BORDER_DEGREES)
    shapely.prepare(inland)
    shapes = with_shore([shape for _, shape in drawn], ours, abroad)
    arcs: list[list[list[int]]] = []
    counties, coastal = [], []
    for (record, _), shape in zip(drawn, shapes, strict=True):
        outer = [LineString(lines[_arc(i)]) for i in _indices(record) if uses[_arc(i)] == 1]
        coast = sum(line.difference(inland).length for line in outer) >= SHORE_DEGREES
        if coast:
            coastal.append(shape)
        centroid = max(shapely.get_parts(shape), key=lambda part: part.area).centroid
        words = {
            "name": record["properties"]["name"],
            "state": STATE_OF_FIPS[record["id"][:2]],
            "coast": int(coast),
            "centroid": [round(centroid.x, 4), round(centroid.y, 4)],
        }
        counties.append({**_geometry(shape, arcs), "id": record["id"], "properties": words})
    near = shapely.union_all(coastal).buffer(NEAR_COAST_DEGREES, quad_segs=2)
    # The two atlases differ along land borders: where they overlap our land is ours.
    kept = shapely.simplify(shapely.union_all(abroad).intersection(near), 0.004).difference(shapely.union_all(shapes))
    foreign = [
        _geometry(part, arcs) for part in shapely.get_parts(kept) if isinstance(part, Polygon) and part.area > 1e-4
    ]
    return {
        "type": "Topology",
        "transform": {"scale": [SHORE_GRID, SHORE_GRID], "translate": [0.0, 0.0]},
        "objects": {
            "counties": {"type": "GeometryCollection", "geometries": counties},
            "foreign": {"type": "GeometryCollection", "geometries": foreign},
        },
        "arcs": arcs,
    }


def _geometry(shape: BaseGeometry, arcs: list[list[list[int]]]) -> dict[str, Any]:
    """A TopoJSON MultiPolygon of a shape; its rings are appended to `arcs` as steps on the grid."""
    polygons = []
    for part in shapely.get_parts(shape):
        rings = []
        for ring in (part.exterior, *part.interiors):
            grid = np.rint(np.asarray(ring.coords) / SHORE_GRID).astype(int)
            steps = np.diff(grid, axis=0, prepend=[[0, 0]])
            keep = np.r_[True, np.any(steps[1:] != 0, axis=1)]
            if keep.sum() >= 4:
                arcs.append(steps[keep].tolist())
                rings.append([len(arcs) - 1])
            elif not rings:
                break
        if rings:
            polygons.append(rings)
    return {"type": "MultiPolygon", "arcs": polygons}


def _arc(index: int) -> int:
    return index if index >= 0 else ~index


def _indices(record: dict[str, Any]) -> list[int]:
    polygons = [record["arcs"]] if record["type"] == "Polygon" else record.get("arcs", [])
    return [index for rings in polygons for ring in rings for index in ring]
