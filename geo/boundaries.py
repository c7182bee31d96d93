"""A region's boundary file: read, repaired, refused, written.

Knows the layers and fields of `boundaries.gpkg` (or `boundaries.geojson`) and what is refused by name. Refuses to
know how a polygon is mended (repair.py), who is responsible at a point (jurisdiction.py) and the rest of the pack
(the caller hands in the agencies' ids).

GeoPackage: layer "jurisdictions" with fields service, agency, name, layer, effective, expiry, modelled; layer
"context" (optional) with fields name, layer. GeoJSON: one collection; a feature with a `service` is a
jurisdiction, one without is context. Any coordinate system the file names is brought to WGS 84, longitude first.
A county keeps these files by hand, so what can be mended is mended and told in `Boundaries.report`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from pyogrio.errors import DataLayerError, DataSourceError
from shapely import MultiPolygon, Polygon

from domain.agency import Service
from domain.errors import BadRegion
from domain.jurisdiction import Area
from domain.problem import WARNING, Problem, did_you_mean, errors_of
from geo.gpkg import Layer, layer_names, read_layer, to_wgs84, write_layers
from geo.repair import Mended, mend

FILE_NAMES = ("boundaries.gpkg", "boundaries.geojson")
JURISDICTIONS = "jurisdictions"
CONTEXT = "context"
MAX_BYTES = 512 * 1024 * 1024
"""A larger file is refused: every worker holds the polygons in memory."""

_FIELDS = ("service", "agency", "name", "layer", "effective", "expiry", "modelled")
_OPTIONAL = frozenset({"expiry", "modelled"})
_YES = frozenset({"1", "1.0", "true", "yes"})
_NO = frozenset({"", "0", "0.0", "false", "no"})


@dataclass(frozen=True, slots=True)
class Context:
    """Ground drawn for orientation only: nobody is responsible by it. `layer` is "land", "neighbourhood", ..."""

    name: str
    polygon: Polygon | MultiPolygon
    layer: str = "land"


@dataclass(frozen=True, slots=True)
class Boundaries:
    """Jurisdictions with their polygons (parallel; valid, WGS 84 degrees, longitude first), and what was mended."""

    areas: tuple[Area, ...]
    polygons: tuple[Polygon | MultiPolygon, ...]
    context: tuple[Context, ...] = ()
    report: tuple[str, ...] = ()


def find_boundaries(folder: Path) -> Path | None:
    """The boundary file of a region pack, if it has one."""
    return next((folder / name for name in FILE_NAMES if (folder / name).is_file()), None)


def read_boundaries(path: Path) -> Boundaries:
    """The boundaries of a pack (its folder, or the file). BadRegion carries everything that is refused."""
    found = _examine(path)
    refused = errors_of(found.problems)
    if refused:
        raise BadRegion("\n".join(map(str, refused)))
    return Boundaries(tuple(found.areas), tuple(found.polygons), tuple(found.context), tuple(found.report))


def check_boundaries(path: Path, agencies: set[str], today: str = "") -> list[Problem]:
    """Everything wrong with a boundary file (or a pack's), in one pass. Never raises for what is in the file.

    `agencies` are the ids the pack defines; `today` (an ISO date) lets it warn of areas that have expired.
    What reading repairs comes as a warning.
    """
    found = _examine(path)
    for row, area in zip(found.rows, found.areas, strict=True):
        if area.agency and area.agency not in agencies:
            found.refuse(row, f'unknown agency "{area.agency}"', did_you_mean(area.agency, agencies))
        if today and area.expiry and area.expiry <= today:
            remedy = "remove it, or add the area that replaced it"
            found.warn(row, f'"{area.name}" expired on {area.expiry}', remedy)
    return sorted(found.problems, key=lambda problem: problem.row or 0)


def write_boundaries(boundaries: Boundaries, path: Path) -> None:
    """Write a GeoPackage whose bytes depend on the boundaries alone. BadRegion if the path is not a `.gpkg`.

    Order is kept: whoever wants a quiet history in git sorts the areas first. The report is not written.
    """
    if path.suffix != ".gpkg":
        raise BadRegion(f"{path}: boundaries are written as GeoPackage; name the file boundaries.gpkg")
    if len(boundaries.areas) != len(boundaries.polygons):
        raise BadRegion(f"{path}: {len(boundaries.areas)} areas but {len(boundaries.polygons)} polygons")
    rows = [
        (area.service.value, area.agency, area.name, area.layer, area.effective, area.expiry, area.modelled)
        for area in boundaries.areas
    ]
    context = [(each.name, each.layer) for each in boundaries.context]
    write_layers(
        path,
        (
            (JURISDICTIONS, _FIELDS, rows, boundaries.polygons),
            (CONTEXT, ("name", "layer"), context, [each.polygon for each in boundaries.context]),
        ),
    )


@dataclass(slots=True)
class _Found:
    """What reading a file has come to so far. `rows` are the features' numbers, parallel to `areas`."""

    file: str
    areas: list[Area] = field(default_factory=list)
    polygons: list[Polygon | MultiPolygon] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    context: list[Context] = field(default_factory=list)
    report: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def refuse(self, row: int | None, message: str, remedy: str) -> None:
        self.problems.append(Problem(self.file, row, message, remedy))

    def warn(self, row: int | None, message: str, remedy: str = "") -> None:
        self.problems.append(Problem(self.file, row, message, remedy, WARNING))

    def note(self, row: int | None, line: str) -> None:
        """Something was mended: in the report, and a warning."""
        self.report.append(line)
        self.warn(row, line)


def _examine(path: Path) -> _Found:
    file = find_boundaries(path) if path.is_dir() else path
    if file is None or not file.is_file():
        found = _Found(FILE_NAMES[0] if file is None else file.name)
        found.refuse(None, "the file is missing", f"put {FILE_NAMES[0]} or {FILE_NAMES[1]} into the pack")
        return found
    found = _Found(file.name)
    if file.stat().st_size > MAX_BYTES:
        found.refuse(None, f"larger than {MAX_BYTES // 2**20} MB", "simplify the polygons")
        return found
    try:
        names = layer_names(file)
        wanted = [name for name in (JURISDICTIONS, CONTEXT) if name in names]
        if JURISDICTIONS not in wanted and (file.suffix == ".gpkg" or len(names) != 1):
            remedy = f'name the layer "{JURISDICTIONS}"' + (f", not {', '.join(names)}" if names else "")
            found.refuse(None, f'no layer "{JURISDICTIONS}"', remedy)
            return found
        for name in wanted or names:
            _examine_layer(found, read_layer(file, name))
    except (DataSourceError, DataLayerError, UnicodeDecodeError, ValueError) as error:
        # GDAL's own words name the byte or the table; ours name what to do.
        found.refuse(None, f"cannot be read: {' '.join(str(error).split())[:200]}", "export it again as GeoPackage")
        return found
    if not found.areas and not found.problems:
        found.refuse(None, "holds no jurisdiction", "add the areas agencies are responsible for")
    return found


def _examine_layer(found: _Found, layer: Layer) -> None:
    if not layer.crs:
        remedy = "say which one when exporting; GPS coordinates are EPSG:4326"
        found.refuse(None, f'layer "{layer.name}" names no coordinate system', remedy)
        return
    transform = to_wgs84(layer.crs)
    if transform is not None and len(layer):
        found.note(None, f'layer "{layer.name}" brought from {layer.crs[:40]} to WGS 84')
    only_context = layer.name == CONTEXT
    if not only_context:
        missing = [name for name in _FIELDS if name not in layer.columns and name not in _OPTIONAL]
        for name in missing:
            remedy = did_you_mean(name, layer.columns) if layer.columns else "add it"
            found.refuse(None, f'layer "{layer.name}" has no field "{name}"', remedy)
        if missing:
            return
    for at, shape in enumerate(layer.shapes):
        words = {name: column[at] for name, column in layer.columns.items()}
        mended = mend(shape, transform)
        name = words.get("name", "")
        if mended.polygon is None:
            found.refuse(at + 1, f'"{name}" of layer "{layer.name}": {mended.refusal}', mended.remedy)
        else:
            for note in mended.notes:
                found.note(at + 1, f'"{name}" of layer "{layer.name}": {note}')
        if only_context or not words.get("service"):
            if not only_context and layer.name == JURISDICTIONS and found.file.endswith(".gpkg"):
                found.refuse(at + 1, f'"{name}" names no service', "say which service it answers for")
            elif mended.polygon is not None:
                found.context.append(Context(name, mended.polygon, words.get("layer", "") or "land"))
        else:
            _examine_area(found, at + 1, words, mended)


def _examine_area(found: _Found, row: int, words: Mapping[str, str], mended: Mended) -> None:
    """Check a jurisdiction's words, and keep it if words and polygon are good."""
    good = True
    service = words["service"]
    if service not in set(Service):
        found.refuse(row, f'unknown service "{service[:80]}"', _service_meant(service))
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
        found.areas.append(Area(Service(service), agency, name, layer, effective or "", expiry or "", modelled in _YES))
        found.polygons.append(mended.polygon)
        found.rows.append(row)


def _service_meant(word: str) -> str:
    """The nearest service by the last part of its name, which is what people write: fire, police."""
    short = {service.rpartition(".")[2]: service.value for service in Service}
    remedy = did_you_mean(word.rpartition(".")[2], short)
    for name, service in short.items():
        remedy = remedy.replace(f'"{name}"', f'"{service}"')
    return remedy


def _day(text: str) -> str | None:
    """An ISO date (a time of day after it is dropped), "" for nothing, None for what is none."""
    if not text:
        return ""
    try:
        return date.fromisoformat(text[:10]).isoformat()
    except ValueError:
        return None
