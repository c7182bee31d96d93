"""A shape's counts, read from its well-known binary before anything is built of it.

Knows where WKB (ISO 13249-3, and PostGIS's EWKB) keeps its types and counts. Refuses to know coordinates: it steps
over them, so a shape of a million vertices costs one step a ring. What it lets through GEOS can build without
running out of stack or memory.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from geo.limits import MAX_DEPTH, MAX_POLYGON_VERTICES, MAX_RINGS

_POINT, _LINE, _POLYGON = 1, 2, 3
_COLLECTIONS = {4: "MultiPoint", 5: "MultiLineString", 6: "MultiPolygon", 7: "GeometryCollection"}
_CURVES = {
    8: "CircularString",
    9: "CompoundCurve",
    10: "CurvePolygon",
    11: "MultiCurve",
    12: "MultiSurface",
    13: "Curve",
    14: "Surface",
}
_SURFACES = {15: "PolyhedralSurface", 16: "TIN", 17: "Triangle"}


@dataclass(frozen=True, slots=True)
class Measured:
    """Counts of a shape, or why it is not taken (`refusal`, with its `remedy`)."""

    vertices: int = 0
    refusal: str = ""
    remedy: str = ""


class _Refused(Exception):
    """Carries refusal and remedy out of the walk."""


def measure(blob: bytes) -> Measured:
    """Count a shape's vertices. Refuses by name what is too large, nested too deep, curved, or cut short."""
    try:
        vertices = _walk(blob)
    except _Refused as refused:
        refusal, remedy = refused.args
        return Measured(0, refusal, remedy)
    except struct.error:
        return Measured(0, "its shape is cut short", "export the layer again")
    return Measured(vertices)


def _walk(blob: bytes) -> int:
    """Count vertices, with a list of what is still to come instead of a call within a call."""
    at, vertices, rings = 0, 0, 0
    waiting = [1]  # shapes still to come, by depth
    while waiting:
        if waiting[-1] == 0:
            waiting.pop()
            continue
        waiting[-1] -= 1
        if len(waiting) > MAX_DEPTH:
            raise _Refused(f"geometries are nested more than {MAX_DEPTH} deep (MAX_DEPTH)", "store it as MultiPolygon")
        kind, size, order, at = _head(blob, at)
        if kind == _POINT:
            at += 8 * size
            vertices += 1
        elif kind in (_LINE, _POLYGON):
            count = 1
            if kind == _POLYGON:
                (count,) = struct.unpack_from(order + "I", blob, at)
                at += 4
                rings += count
                if rings > MAX_RINGS:
                    raise _Refused(f"more than {MAX_RINGS:,} rings (MAX_RINGS)", "simplify it, or split it up")
            for _ in range(count):
                (points,) = struct.unpack_from(order + "I", blob, at)
                at += 4 + 8 * size * points
                vertices += points
                if vertices > MAX_POLYGON_VERTICES:
                    limit = f"more than {MAX_POLYGON_VERTICES:,} vertices (MAX_POLYGON_VERTICES)"
                    raise _Refused(limit, "simplify it, or split it up")
                if at > len(blob):
                    raise struct.error
        elif kind in _COLLECTIONS:
            (count,) = struct.unpack_from(order + "I", blob, at)
            at += 4
            if count > (len(blob) - at) // 5:
                raise struct.error
            waiting.append(count)
        else:
            raise _Refused(*_not_taken(kind))
    if at > len(blob):
        raise struct.error
    return vertices


def _head(blob: bytes, at: int) -> tuple[int, int, str, int]:
    """Kind, numbers a vertex, byte order, and where the body begins."""
    order = ">" if blob[at : at + 1] == b"\0" else "<"
    (code,) = struct.unpack_from(order + "I", blob, at + 1)
    at += 5
    size = 2
    if code & 0xE0000000:  # EWKB: flags for Z, M and a reference system
        size += bool(code & 0x80000000) + bool(code & 0x40000000)
        at += 4 * bool(code & 0x20000000)
        code &= 0x1FFFFFFF
    size += (0, 1, 1, 2)[min(code // 1000, 3)]
    return code % 1000, size, order, at


def _not_taken(kind: int) -> tuple[str, str]:
    if kind in _CURVES:
        return f"it is a {_CURVES[kind]}, drawn with arcs", "turn arcs into straight lines when exporting (linearise)"
    if kind in _SURFACES:
        return f"it is a {_SURFACES[kind]}, not a polygon", "export it as MultiPolygon"
    return f"its shape is of an unknown kind ({kind})", "export it as MultiPolygon"
