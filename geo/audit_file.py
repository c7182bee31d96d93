"""Findings of a boundary audit as a GeoPackage any GIS opens: a layer for each kind, with its figures.

Knows the file. Refuses to know how anything was found.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyogrio.raw
import shapely

from domain.agency import SERVICE_NAMES, Service
from domain.finding import Finding, FindingKind
from geo.audit import polygon_of

FIELDS = ("rank", "service", "layer", "agencies", "names", "area_m2", "width_m", "calls", "sliver", "same_agency")


def write_findings(findings: Sequence[Finding], path: Path) -> None:
    """Write them, in rank order, replacing `path` in one step. A file without findings has one empty layer."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.stem}.draft.gpkg")
    draft.unlink(missing_ok=True)
    order = {id(finding): rank for rank, finding in enumerate(findings, start=1)}
    kinds = [kind for kind in FindingKind if any(one.kind == kind for one in findings)] or [FindingKind.OVERLAP]
    try:
        for number, kind in enumerate(kinds):
            rows = [finding for finding in findings if finding.kind == kind]
            shapes = np.array([polygon_of(one) for one in rows], dtype=object)
            columns = [
                np.array([order[id(one)] for one in rows], dtype=np.int64),
                np.array([SERVICE_NAMES[Service(one.service)] for one in rows], dtype=object),
                np.array([one.layer for one in rows], dtype=object),
                np.array([", ".join(one.agencies) for one in rows], dtype=object),
                np.array([", ".join(one.names) for one in rows], dtype=object),
                np.array([round(one.area, 1) for one in rows], dtype=np.float64),
                np.array([round(one.width, 2) for one in rows], dtype=np.float64),
                np.array([one.calls for one in rows], dtype=np.float64),
                np.array([one.sliver for one in rows], dtype=np.bool_),
                np.array([one.same_agency for one in rows], dtype=np.bool_),
            ]
            pyogrio.raw.write(
                draft,
                geometry=shapely.to_wkb(shapes, output_dimension=2),
                field_data=columns,
                fields=np.array(FIELDS, dtype=object),
                layer=str(kind),
                driver="GPKG",
                geometry_type="Polygon",
                crs="EPSG:4326",
                append=number > 0,
            )
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def findings_file(findings: Sequence[Finding]) -> bytes:
    """The same as bytes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "audit.gpkg"
        write_findings(findings, path)
        return path.read_bytes()
