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
from shapely import GeometryCollection, MultiPolygon, Polygon
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
    parts, others = _polygons_of(shape)
    if not parts:
        return _refuse("nothing of its polygon encloses any ground", "draw it again or remove the row")
    if others:
        notes.append(
            f"{others} parts that are no polygons dropped" if others > 1 else "a part that is no polygon dropped"
        )
    ground: BaseGeometry = _together(parts)
    if transform is not None:
        ground = shapely.transform(ground, transform)
        if not np.isfinite(shapely.get_coordinates(ground)).all():
            return _refuse("it lies outside its own coordinate system", "check which system the file is in")
    ground, crosses = _unrolled(ground)
    off = _off_the_globe(ground)
    if off is not None:
        return off
    valid, past = ground.is_valid, ground.bounds[0] < -180.0 or ground.bounds[2] > 180.0
    if not valid:
        if _hole_outside(ground):
            return _refuse(
                "a hole lies outside its shell", "if it is a part of the area write a MultiPolygon, else remove it"
            )
        notes.append(f"repaired ({shapely.is_valid_reason(ground)})")
        ground = shapely.make_valid(ground, method="structure", keep_collapsed=False)
    if past:
        ground = _wrap(ground)
        notes.append("crosses the 180th meridian, cut there" if crosses else "cut at the 180th meridian")
    kept = [part for part in _polygons_of(ground)[0] if part.area > 0.0]
    if not kept:
        return _refuse("nothing of its polygon encloses any ground", "draw it again or remove the row")
    polygon: BaseGeometry = _together(kept)
    changed = past or not valid
    if changed and not polygon.is_valid:
        # The repair itself may leave two parts that share an edge, and so may cutting.
        polygon = shapely.union_all(kept)
    single = shapely.remove_repeated_points(polygon, 0.0)
    if not isinstance(single, Polygon | MultiPolygon) or (changed and not single.is_valid):
        return _refuse("its polygon cannot be repaired", "draw it again")
    repeated = shapely.get_num_coordinates(polygon) - shapely.get_num_coordinates(single)
    if repeated:
        notes.append(f"{repeated} repeated points removed" if repeated > 1 else "a repeated point removed")
    return Mended(single, tuple(notes))


def _off_the_globe(ground: BaseGeometry) -> Mended | None:
    """Why a shape's degrees are none, if they are none."""
    west, south, east, north = ground.bounds
    which = "check which coordinate system the file is in"
    if south < -90.0 or north > 90.0:
        if max(abs(west), abs(east)) <= 90.0 and max(abs(south), abs(north)) <= 180.0:
            return _refuse("latitude is written before longitude", "swap the two; longitude comes first")
        return _refuse(f"latitude reaches {south:.6g} to {north:.6g}", which)
    if west < -360.0 or east > 360.0:
        return _refuse(f"longitude reaches {west:.6g} to {east:.6g}", which)
    return None


def _refuse(refusal: str, remedy: str) -> Mended:
    return Mended(None, (), refusal, remedy)


def _polygons_of(shape: BaseGeometry) -> tuple[list[Polygon], int]:
    """The polygons of a shape, however deep they lie in collections, and how many other parts there are."""
    polygons: list[Polygon] = []
    others = 0
    waiting = [shape]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Polygon):
            if not part.is_empty:
                polygons.append(part)
        elif isinstance(part, MultiPolygon | GeometryCollection):
            waiting.extend(reversed(part.geoms))
        else:
            others += 1
    return polygons, others


def _together(polygons: list[Polygon]) -> Polygon | MultiPolygon:
    return polygons[0] if len(polygons) == 1 else MultiPolygon(polygons)


def _unrolled(shape: BaseGeometry) -> tuple[BaseGeometry, bool]:
    """A polygon drawn over the 180th meridian as 179 .. -179, written on as 179 .. 181; whether there was one.

    Only an edge of more than half the globe tells: nobody's border has one. From -180 to 180 exactly is the world's.
    """
    west, _, east, _ = shape.bounds
    if east - west <= 180.0 or west < -180.0 or east > 180.0:
        return shape, False
    parts: list[Polygon] = []
    crosses = False
    for part in shapely.get_parts(shape):
        points, ring = shapely.get_coordinates(shapely.get_rings(part), return_index=True)
        steps = np.abs(np.diff(points[:, 0]))[np.diff(ring) == 0]
        over = bool(((steps > 180.0) & (steps < 360.0)).any())
        parts.append(shapely.transform(part, _east_of_greenwich) if over else part)
        crosses = crosses or over
    return (_together(parts), True) if crosses else (shape, False)


def _east_of_greenwich(points: NDArray[np.float64]) -> NDArray[np.float64]:
    return points + np.where(points[:, :1] < 0.0, (360.0, 0.0), (0.0, 0.0))


def _hole_outside(shape: BaseGeometry) -> bool:
    """Whether a ring written as a hole shares no ground with its shell.

    Files written by hand put a second part there. `make_valid` would make ground of it, a reader of the standard
    would not, and who is responsible there is not ours to guess.
    """
    for part in shapely.get_parts(shape):
        holes = shapely.get_rings(part)[1:]
        if len(holes):
            shell = shapely.make_valid(Polygon(part.exterior), method="structure", keep_collapsed=False)
            for hole in holes:
                ground = shapely.make_valid(Polygon(hole), method="structure", keep_collapsed=False)
                if ground.area > 0.0 and shapely.intersection(shell, ground).area == 0.0:
                    return True
    return False


def _wrap(shape: BaseGeometry) -> BaseGeometry:
    """Longitudes written past 180 (170..190) brought back: cut at the meridian, the far side shifted round."""
    pieces = []
    for turn in (-360.0, 0.0, 360.0):
        piece = shapely.intersection(shape, shapely.box(-180.0 + turn, -90.0, 180.0 + turn, 90.0))
        if piece.area > 0.0:
            pieces.append(translate(piece, -turn))
    return shapely.union_all(pieces)
