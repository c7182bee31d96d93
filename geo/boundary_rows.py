"""The rows of a boundary layer examined one by one: kept, mended and told, or refused by name.

Knows the fields a jurisdiction has (service, agency, name, layer, effective, expiry, modelled) and what is wrong with
their values. Refuses to know files and formats: a layer comes in under our field names, read (gpkg.py, sources.py)
and mapped (mapping.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
import pyproj
import shapely
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from domain.agency import Service
from domain.jurisdiction import Area
from domain.problem import WARNING, Problem, did_you_mean
from geo.gpkg import Layer, ToWgs84, to_wgs84
from geo.limits import MAX_WORD
from geo.repair import Mended, mend

JURISDICTIONS = "jurisdictions"
CONTEXT = "context"
FIELDS = ("service", "agency", "name", "layer", "effective", "expiry", "modelled")
OPTIONAL = frozenset({"expiry", "modelled"})
_YES = frozenset({"1", "1.0", "true", "yes"})
_NO = frozenset({"", "0", "0.0", "false", "no"})


@dataclass(frozen=True, slots=True)
class Context:
    """Ground drawn for orientation only: nobody is responsible by it. `layer` is "land", "neighbourhood", ..."""

    name: str
    polygon: Polygon | MultiPolygon
    layer: str = "land"


@dataclass(slots=True)
class Found:
    """What reading a file has come to so far. `rows` are the features' numbers, parallel to `areas`."""

    file: str
    areas: list[Area] = field(default_factory=list)
    polygons: list[Polygon | MultiPolygon] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    context: list[Context] = field(default_factory=list)
    report: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    seen: dict[tuple[Area, bytes], int] = field(default_factory=dict)

    def refuse(self, row: int | None, message: str, remedy: str) -> None:
        """Something stops the file from being used."""
        self.problems.append(Problem(self.file, row, message, remedy))

    def warn(self, row: int | None, message: str, remedy: str = "") -> None:
        """Somebody should look."""
        self.problems.append(Problem(self.file, row, message, remedy, WARNING))

    def note(self, row: int | None, line: str) -> None:
        """Something was mended: in the report, and a warning."""
        self.report.append(line)
        self.warn(row, line)

    def keep(self, row: int, area: Area, polygon: Polygon | MultiPolygon) -> None:
        """Take a good area, unless the very same was taken before."""
        first = self.seen.setdefault((area, shapely.to_wkb(polygon.normalize())), row)
        if first != row:
            self.note(row, f'"{area.name}" of layer "{area.layer}": the same as feature {first}, dropped')
            return
        self.areas.append(area)
        self.polygons.append(polygon)
        self.rows.append(row)


def examine_layer(
    found: Found,
    layer: Layer,
    *,
    only_context: bool,
    every_row_serves: bool,
    numbers: Sequence[int] | None = None,
) -> None:
    """Add a layer's rows to what was found.

    `only_context`: nobody is responsible by this layer. In another a row without a service is context too, unless
    `every_row_serves`. `numbers` are the features' numbers in the file, where they are not 1, 2, 3, ...
    """
    if not layer.crs:
        remedy = "say which one when exporting; GPS coordinates are EPSG:4326"
        found.refuse(None, f'layer "{layer.name}" names no coordinate system', remedy)
        return
    try:
        transform = to_wgs84(layer.crs)
    except ValueError:
        message = f'layer "{layer.name}" names a coordinate system that is not known ({layer.crs[:40]})'
        found.refuse(None, message, "export it with EPSG:4326")
        return
    if transform is not None and _are_degrees(layer):
        message = f'layer "{layer.name}" says {_called(layer.crs)}, but its coordinates are degrees'
        found.refuse(None, message, "export it with the system it is really in, EPSG:4326")
        return
    if transform is not None and len(layer):
        found.note(None, f'layer "{layer.name}" brought from {_called(layer.crs)} to WGS 84')
    if not only_context:
        missing = [name for name in FIELDS if name not in layer.columns and name not in OPTIONAL]
        for name in missing:
            remedy = did_you_mean(name, layer.columns) if layer.columns else "add it"
            found.refuse(None, f'layer "{layer.name}" has no field "{name}"', remedy)
        if missing:
            return
    all_mended = [_mended(layer, at, shape, transform) for at, shape in enumerate(layer.shapes)]
    if len(all_mended) > 1 and len({mended.remedy for mended in all_mended}) == 1 and all_mended[0].refusal:
        # One wrong setting when exporting, not a hundred wrong rows.
        first = all_mended[0]
        found.refuse(None, f'all {len(layer)} features of layer "{layer.name}": {first.refusal}', first.remedy)
        return
    for at, mended in enumerate(all_mended):
        words = {name: layer.columns[name][at] for name in FIELDS if name in layer.columns}
        name = words.get("name", "")
        row = numbers[at] if numbers is not None else at + 1
        if mended.polygon is None:
            found.refuse(row, f'"{name}" of layer "{layer.name}": {mended.refusal}', mended.remedy)
        else:
            for note in mended.notes:
                found.note(row, f'"{name}" of layer "{layer.name}": {note}')
        if any(len(word) > MAX_WORD for word in words.values()):
            long = next(key for key, word in words.items() if len(word) > MAX_WORD)
            message = f'{long} "{words[long][:40]}..." is longer than {MAX_WORD} characters (MAX_WORD)'
            found.refuse(row, message, "shorten it")
        elif only_context or not words.get("service"):
            if not only_context and every_row_serves:
                found.refuse(row, f'"{name}" names no service', "say which service it answers for")
            elif mended.polygon is not None:
                found.context.append(Context(name, mended.polygon, words.get("layer", "") or "land"))
        else:
            _examine_area(found, row, words, mended)


def _mended(layer: Layer, at: int, shape: BaseGeometry | None, transform: ToWgs84 | None) -> Mended:
    fault = layer.faults.get(at)
    if fault is not None:
        return Mended(None, (), fault.refusal, fault.remedy)
    mended = mend(shape, transform)
    if at in layer.closed and mended.polygon is not None:
        return replace(mended, notes=("an open ring closed", *mended.notes))
    return mended


def _examine_area(found: Found, row: int, words: Mapping[str, str], mended: Mended) -> None:
    """Check a jurisdiction's words, and keep it if words and polygon are good."""
    good = True
    service = words["service"]
    if service not in set(Service):
        found.refuse(row, f'unknown service "{service[:80]}"', service_meant(service))
        good = False
    if not words["agency"]:
        found.refuse(row, f'"{words["name"]}" names no agency', "say who is responsible")
        good = False
    effective, expiry = _day(words["effective"]), _day(words.get("expiry", ""))
    for name, value in (("effective", effective), ("expiry", expiry)):
        if value is None or (name == "effective" and not value):
            found.refuse(row, f'{name} "{words.get(name, "")[:40]}" is not a date', "write it as 2024-07-01")
            good = False
    if effective and expiry and expiry <= effective:
        found.refuse(row, f"expires on {expiry}, not after it takes effect on {effective}", "mend one of the dates")
        good = False
    modelled = words.get("modelled", "").casefold()
    if modelled not in _YES | _NO:
        found.refuse(row, f'modelled "{modelled[:40]}" is neither true nor false', "write true or false")
        good = False
    if good and mended.polygon is not None:
        agency, name, layer = words["agency"], words["name"], words["layer"]
        area = Area(Service(service), agency, name, layer, effective or "", expiry or "", modelled in _YES)
        found.keep(row, area, mended.polygon)


def service_meant(word: str) -> str:
    """The nearest service by the last part of its name, which is what people write: fire, police."""
    short = {service.rpartition(".")[2]: service.value for service in Service}
    remedy = did_you_mean(word.rpartition(".")[2], short)
    for name, service in short.items():
        remedy = remedy.replace(f'"{name}"', f'"{service}"')
    return remedy


def _called(crs: str) -> str:
    """What to call a coordinate system: its code, or its name where the file spells it out."""
    return crs if len(crs) <= 40 else f'"{pyproj.CRS.from_user_input(crs).name[:60]}"'


def _are_degrees(layer: Layer) -> bool:
    """Whether a layer in metres or feet holds longitudes and latitudes all the same: a wrong label, not a wrong map.

    A projected layer lies within 180 metres of its origin only by such a mistake.
    """
    if pyproj.CRS.from_user_input(layer.crs).is_geographic:
        return False
    points = shapely.get_coordinates([shape for shape in layer.shapes if shape is not None])
    return bool(len(points)) and bool(np.abs(points[:, 0]).max() <= 180.0) and bool(np.abs(points[:, 1]).max() <= 90.0)


def _day(text: str) -> str | None:
    """An ISO date (a time of day after it is dropped), "" for nothing, None for what is none."""
    if not text:
        return ""
    if text[10:11] not in ("", "T", " "):
        return None
    try:
        return date.fromisoformat(text[:10]).isoformat()
    except ValueError:
        return None
