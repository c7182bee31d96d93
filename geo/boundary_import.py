"""Somebody else's boundaries made a pack's: read, mapped, examined, then put beside what the pack has.

Knows the order of the work and which areas an import replaces. Refuses to know formats, fields and what is wrong with
a row. Nothing is written here: what comes out is whole or not at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import shapely

from domain.errors import BadRegion
from domain.problem import Problem, did_you_mean, errors_of
from geo.boundaries import Boundaries
from geo.boundary_rows import CONTEXT, Found, examine_layer
from geo.gpkg import Layer
from geo.mapping import FieldMapping, apply, mapping_for
from geo.sources import called, read_source
from geo.web import Bounds

FAR_DEGREES = 15.0
"""Farther than this from the region's view an area is taken for misplaced. No region is that wide."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What one source came to. `problems` has everything that is wrong and everything that was mended."""

    source: str
    boundaries: Boundaries
    problems: tuple[Problem, ...]

    @property
    def refused(self) -> bool:
        """Something of it cannot be used, so nothing of it is."""
        return bool(errors_of(self.problems))


def take(
    source: str,
    mapping: FieldMapping | None = None,
    layer: str | None = None,
    *,
    agencies: frozenset[str] | None = None,
    view: tuple[float, float] | None = None,
    bounds: Bounds | None = None,
) -> Taken:
    """Read a source. Never raises for what is in it.

    `mapping` None takes our own fields or NENA's. `agencies` are the ids the pack defines (None: not asked),
    `view` is the middle of the region's map, lon and lat, by which misplaced areas are noticed.
    """
    found = Found(called(source))
    try:
        read = read_source(source, layer, mapping.encoding if mapping else None, bounds)
        _examine(found, read, mapping or mapping_for(read))
    except BadRegion as error:
        message, _, remedy = str(error).removeprefix(f"{found.file}: ").rpartition("; ")
        found.refuse(None, message or remedy, remedy if message else "")
    if not found.areas and not found.context and not found.problems:
        found.refuse(None, "holds no feature", "export the layer again")
    if agencies is not None:
        _check_agencies(found, agencies)
    if view is not None and not errors_of(found.problems):
        _check_place(found, view)
    problems = tuple(sorted(found.problems, key=lambda problem: problem.row or 0))
    kept = Boundaries(tuple(found.areas), tuple(found.polygons), tuple(found.context), tuple(found.report))
    return Taken(source, kept, problems)


def join(
    existing: Boundaries, taken: Sequence[Boundaries], *, add: bool = False, replacing: Sequence[str] = ()
) -> tuple[Boundaries, list[str]]:
    """What a pack has with what was taken; and what became of each layer, a line each.

    Areas of a layer that comes anew are replaced as a whole, unless `add`. Layers of other names stay as they are, but
    for those in `replacing`: they go. An area that is there already, word by word and point by point, is not added
    twice. BadRegion if the pack has no layer of a name in `replacing`.
    """
    has = {area.layer for area in existing.areas} | {each.layer for each in existing.context}
    for name in replacing:
        if name not in has:
            raise BadRegion(f'the pack has no layer "{name[:80]}" to replace; {did_you_mean(name, has)}')
    areas = [pair for each in taken for pair in zip(each.areas, each.polygons, strict=True)]
    context = [each for part in taken for each in part.context]
    new_layers = Counter(area.layer for area, _ in areas)
    new_context = Counter(each.layer for each in context)
    old = list(zip(existing.areas, existing.polygons, strict=True))
    gone = set(replacing) if add else {*replacing, *new_layers}
    gone_context = set(replacing) if add else {*replacing, *new_context}
    kept = [pair for pair in old if pair[0].layer not in gone]
    kept_context = [each for each in existing.context if each.layer not in gone_context]
    there = {(area, shapely.to_wkb(polygon.normalize())) for area, polygon in kept}
    fresh = []
    for area, polygon in areas:
        key = (area, shapely.to_wkb(polygon.normalize()))
        if key not in there:
            there.add(key)
            fresh.append((area, polygon))
    lines = _lines(Counter(area.layer for area, _ in old), Counter(area.layer for area, _ in fresh), gone, "areas")
    lines += _lines(Counter(each.layer for each in existing.context), new_context, gone_context, "context")
    everything = [*kept, *fresh]
    joined = Boundaries(
        tuple(area for area, _ in everything), tuple(polygon for _, polygon in everything), (*kept_context, *context)
    )
    return joined, lines


def _lines(old: Counter[str], new: Counter[str], gone: set[str], what: str) -> list[str]:
    lines = []
    for layer in dict.fromkeys([*new, *old]):
        if layer not in new and layer in gone:
            lines.append(f'layer "{layer}": {old[layer]} {what} removed')
        elif layer not in new:
            lines.append(f'layer "{layer}": {old[layer]} {what} kept')
        elif layer not in old:
            lines.append(f'layer "{layer}": {new[layer]} {what}, new')
        elif layer not in gone:
            lines.append(f'layer "{layer}": {new[layer]} {what} added to {old[layer]}')
        else:
            lines.append(f'layer "{layer}": {new[layer]} {what} in place of {old[layer]}')
    return lines


def _examine(found: Found, read: Layer, mapping: FieldMapping) -> None:
    mapped = apply(mapping, read)
    for note in mapped.notes:
        found.note(None, f'layer "{read.name}": {note}')
    if not read.crs and not mapping.crs:
        remedy = 'export it with one (a shapefile: its .prj), or write crs = "EPSG:..." into the mapping file'
        found.refuse(None, f'layer "{read.name}" names no coordinate system', remedy)
        return
    only_context = mapping.into == CONTEXT
    examine_layer(
        found, mapped.layer, only_context=only_context, every_row_serves=not only_context, numbers=mapped.rows
    )


def _check_agencies(found: Found, agencies: frozenset[str]) -> None:
    """An unknown agency once, with how many areas name it."""
    unknown = Counter(area.agency for area in found.areas if area.agency not in agencies)
    for agency, count in unknown.items():
        remedy = f"{did_you_mean(agency, agencies)} Or add it to agencies.csv, or translate it in [values.agency]"
        many = f"{count} areas name" if count > 1 else "an area names"
        found.refuse(None, f'{many} the unknown agency "{agency}"', remedy)


def _check_place(found: Found, view: tuple[float, float]) -> None:
    """Areas on another continent: latitude and longitude changed places, or the wrong coordinate system."""
    shapes = [*found.polygons, *(each.polygon for each in found.context)]
    middles = [((b[0] + b[2]) / 2.0, (b[1] + b[3]) / 2.0) for b in (shape.bounds for shape in shapes)]
    away = [place for place in middles if _far(place, view)]
    if not away or len(away) < len(middles):
        return
    lon, lat = away[0]
    if not _far((lat, lon), view):
        found.refuse(None, "latitude is written before longitude", "swap the two; longitude comes first")
        return
    where = f"near longitude {lon:.4g}, latitude {lat:.4g}"
    found.warn(None, f"lies {where}, far from the region's view", "check the coordinate system and the pack")


def _far(place: tuple[float, float], view: tuple[float, float]) -> bool:
    across = abs((place[0] - view[0] + 180.0) % 360.0 - 180.0)
    return across > FAR_DEGREES or abs(place[1] - view[1]) > FAR_DEGREES
