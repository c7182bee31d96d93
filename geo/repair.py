"""One shape of a boundary file made fit for use, or refused with the reason.

Knows what real boundary files get wrong and what may be mended without asking. Refuses to know files, layers
and agencies. What is mended is told in `notes`; what is not is told in `refusal`, and then there is no polygon.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon
from shapely.affinity import translate
from shapely.geometry.base import BaseGeometry

Transform = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""(n, 2) coordinates of the file's system to WGS 84 longitude, latitude in degrees."""


@dataclass(frozen=True, slots=True)
class Mended:
    """A valid, non-empty polygon in WGS 84, or the reason why there is none."""

    polygon: Polygon | MultiPolygon | None
    notes: tuple[str, ...] = ()
    refusal: str = ""
    remedy: str = ""


def mend(shape: BaseGeometry | None, transform: Transform | None = None) -> Mended:
    """A shape as a valid WGS 84 polygon. `transform` brings it there; None means it is there already."""
    if shape is None:
        return _refuse("no shape, or one that cannot be read", "draw it again or remove the row")
    if shape.is_empty:
        return _refuse("its polygon is empty", "draw it or remove the row")
    if shape.geom_type not in ("Polygon", "MultiPolygon", "GeometryCollection"):
        return _refuse(f"it is a {shape.geom_type}, not a polygon", "a jurisdiction is an area: close the line")
    notes: list[str] = []
    if shape.has_z or shape.has_m:
        shape = shapely.force_2d(shape)
        notes.append("heights dropped")
    if not np.isfinite(shapely.get_coordinates(shape)).all():
        return _refuse("a coordinate is not a number", "draw it again")
    if transform is not None:
        shape = shapely.transform(shape, transform)
        if not np.isfinite(shapely.get_coordinates(shape)).all():
            return _refuse("it lies outside its own coordinate system", "check which system the file is in")
    west, south, east, north = shape.bounds
    if south < -90.0 or north > 90.0:
        if max(abs(west), abs(east)) <= 90.0 and max(abs(south), abs(north)) <= 180.0:
            return _refuse("latitude is written before longitude", "swap the two; longitude comes first")
        return _refuse(f"latitude reaches {south:.6g} to {north:.6g}", "check which coordinate system the file is in")
    if west < -360.0 or east > 360.0:
        return _refuse(f"longitude reaches {west:.6g} to {east:.6g}", "check which coordinate system the file is in")
    if not shape.is_valid:
        notes.append(f"repaired ({shapely.is_valid_reason(shape)})")
        shape = shapely.make_valid(shape, method="structure", keep_collapsed=False)
    if east > 180.0 or west < -180.0:
        shape = _wrap(shape)
        notes.append("cut at the 180th meridian")
    parts = shapely.get_parts(shape)
    if any(part.geom_type == "GeometryCollection" for part in parts):
        parts = shapely.get_parts(parts)
    kept = [part for part in parts if part.geom_type == "Polygon" and not part.is_empty and part.area > 0.0]
    if not kept:
        return _refuse("nothing of its polygon encloses any ground", "draw it again or remove the row")
    if len(kept) < len(parts):
        notes.append(f"{len(parts) - len(kept)} parts that are no polygons dropped")
    return Mended(kept[0] if len(kept) == 1 else MultiPolygon(kept), tuple(notes))


def _refuse(refusal: str, remedy: str) -> Mended:
    return Mended(None, (), refusal, remedy)


def _wrap(shape: BaseGeometry) -> BaseGeometry:
    """Longitudes written past 180 (170..190) brought back: cut at the meridian, the far side shifted round."""
    pieces = []
    for turn in (-360.0, 0.0, 360.0):
        piece = shapely.intersection(shape, shapely.box(-180.0 + turn, -90.0, 180.0 + turn, 90.0))
        if piece.area > 0.0:
            pieces.append(translate(piece, -turn))
    return shapely.union_all(pieces)
