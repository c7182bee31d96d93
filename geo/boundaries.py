"""A region's boundary file: read, repaired, refused, written.

Knows the layers of `boundaries.gpkg` (or `boundaries.geojson`). Refuses to know what is wrong with a row
(boundary_rows.py), how a polygon is mended (repair.py), other people's files (sources.py, mapping.py), who is
responsible at a point (jurisdiction.py) and the rest of the pack (the caller hands in the agencies' ids).

GeoPackage: layer "jurisdictions" with fields service, agency, name, layer, effective, expiry, modelled; layer
"context" (optional) with fields name, layer. GeoJSON: one collection; a feature with a `service` is a
jurisdiction, one without is context. Any coordinate system the file names is brought to WGS 84, longitude first.
A county keeps these files by hand, so what can be mended is mended and told in `Boundaries.report`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from shapely import MultiPolygon, Polygon

from domain.errors import BadRegion
from domain.jurisdiction import Area
from domain.problem import Problem, did_you_mean, errors_of
from geo.boundary_rows import CONTEXT, FIELDS, JURISDICTIONS, Context, Found, examine_layer
from geo.gpkg import write_layers
from geo.vector_files import GEOJSON, GEOPACKAGE, open_file

__all__ = ["Boundaries", "Context", "check_boundaries", "find_boundaries", "read_boundaries", "write_boundaries"]

FILE_NAMES = ("boundaries.gpkg", "boundaries.geojson")


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
            (JURISDICTIONS, FIELDS, rows, boundaries.polygons),
            (CONTEXT, ("name", "layer"), context, [each.polygon for each in boundaries.context]),
        ),
    )


def _examine(path: Path) -> Found:
    file = find_boundaries(path) if path.is_dir() else path
    if file is None or not file.is_file():
        found = Found(FILE_NAMES[0] if file is None else file.name)
        found.refuse(None, "the file is missing", f"put {FILE_NAMES[0]} or {FILE_NAMES[1]} into the pack")
        return found
    found = Found(file.name)
    try:
        source = open_file(file, (GEOPACKAGE, GEOJSON))
        names = source.layer_names()
        wanted = [name for name in (JURISDICTIONS, CONTEXT) if name in names]
        strict = source.kind == GEOPACKAGE
        if JURISDICTIONS not in wanted and (strict or len(names) != 1):
            remedy = f'name the layer "{JURISDICTIONS}"' + (f", not {', '.join(names)}" if names else "")
            found.refuse(None, f'no layer "{JURISDICTIONS}"', remedy)
            return found
        for name in wanted or names:
            serves = strict and name == JURISDICTIONS
            examine_layer(found, source.read(name), only_context=name == CONTEXT, every_row_serves=serves)
    except BadRegion as error:
        message, _, remedy = str(error).removeprefix(f"{file.name}: ").rpartition("; ")
        found.refuse(None, message or remedy, remedy if message else "")
        return found
    if not found.areas and not found.problems:
        found.refuse(None, "holds no jurisdiction", "add the areas agencies are responsible for")
    return found
