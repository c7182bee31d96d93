"""An edition of boundaries made ready to be taken up: built in a process of its own, mapped by those that serve.

Knows the files of a prepared edition and how they are made and read. Refuses to know who adopted it and when it holds.

    python -m geo.edition_build boundaries.gpkg FOLDER [places.json]

A prepared edition is a folder: `areas.json` (the areas' words), `zones.npy` (the index, to be mapped), `learnt.json`
(the sets of polygons a name stands for, so that the first questions need not ask shapely) and `map/` (what the page's
map draws, level by level). It is made beside its place and moved there whole: who finds the folder finds all of it.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import tzinfo
from pathlib import Path

import numpy as np
import shapely

from domain.agency import Service
from domain.errors import BadRegion
from domain.jurisdiction import Area
from domain.region import Place
from geo.boundaries import Boundaries, read_boundaries
from geo.features import MapDocuments, map_documents
from geo.jurisdiction import JurisdictionIndex
from geo.zone_index import ZoneIndex

AREAS, ZONES, LEARNT, MAP = "areas.json", "zones.npy", "learnt.json", "map"
INDEX = "index.json"
FORMAT = 1
"""Raised when a prepared edition of an earlier release would mean something else: it is made anew then."""
SAMPLES = 200_000
"""Points asked about beforehand, most of them near borders, where sets are rare and many."""
NICE = 10
"""The build gives way to those that serve."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A prepared edition in use: who is responsible, and the drawn map."""

    index: JurisdictionIndex
    map: MapDocuments


def build_edition(source: Path, folder: Path, places: Sequence[Place] = ()) -> None:
    """Make `folder` of a boundary file. BadRegion carries everything that is refused, and nothing is left behind.

    A folder that is there already is left as it is: it was made of the same file.
    """
    if folder.is_dir():
        return
    boundaries = read_boundaries(source)
    beside = folder.with_name(f".{folder.name}.{os.getpid()}")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    try:
        _write(boundaries, beside, places)
        try:
            beside.rename(folder)
        except OSError:
            if not folder.is_dir():  # else somebody else was first, with the same
                raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def load_edition(folder: Path, zone: tzinfo) -> Prepared:
    """Take a prepared edition up: a few milliseconds, for the index is mapped. BadRegion for a folder that is none."""
    try:
        words = json.loads((folder / AREAS).read_bytes())
        areas = tuple(Area(**{**area, "service": Service(area["service"])}) for area in words)
        learnt = {int(name): tuple(held) for name, held in json.loads((folder / LEARNT).read_bytes())}
        index = (folder / MAP / INDEX).read_bytes()
        names = [str(level["name"]) for level in json.loads(index)["levels"]]
        drawn = MapDocuments(index, {name: (folder / MAP / f"{name}.json").read_bytes() for name in names})
    except (OSError, ValueError, TypeError, KeyError) as broken:
        raise BadRegion(f"{folder}: no prepared edition ({broken}); remove the folder, it is made anew") from broken
    zones = ZoneIndex.load(folder / ZONES)
    zones.remember(learnt)
    return Prepared(JurisdictionIndex.of_zones(areas, zones, zone), drawn)


def _write(boundaries: Boundaries, folder: Path, places: Sequence[Place]) -> None:
    zones = ZoneIndex.of(boundaries.polygons)
    zones.save(folder / ZONES)
    (folder / AREAS).write_text(json.dumps([asdict(area) for area in boundaries.areas], ensure_ascii=False))
    zones.at_many(*_samples(boundaries))
    (folder / LEARNT).write_text(json.dumps(sorted((str(name), held) for name, held in zones.learnt.items())))
    drawn = map_documents(boundaries, places)
    (folder / MAP).mkdir()
    for name, document in drawn.levels.items():
        (folder / MAP / f"{name}.json").write_bytes(document)
    (folder / MAP / INDEX).write_bytes(drawn.index)


def _samples(boundaries: Boundaries) -> tuple[np.ndarray, np.ndarray]:
    """Points in and about the polygons: inside each, along the borders, and all over."""
    rng = np.random.default_rng(1)
    inside = shapely.get_coordinates(shapely.point_on_surface(np.asarray(boundaries.polygons, dtype=object)))
    corners = shapely.get_coordinates(np.asarray(boundaries.polygons, dtype=object))
    chosen = corners[rng.integers(0, len(corners), SAMPLES)]
    about = chosen + rng.normal(0, 0.0005, chosen.shape)
    west, south, east, north = shapely.total_bounds(np.asarray(boundaries.polygons, dtype=object))
    over = np.column_stack((rng.uniform(west, east, SAMPLES), rng.uniform(south, north, SAMPLES)))
    points = np.concatenate((inside, about, over))
    return np.clip(points[:, 0], -180.0, 180.0), np.clip(points[:, 1], -90.0, 90.0)


def main(arguments: Sequence[str]) -> None:
    """As above; status 1 and the reasons on the error stream when the file is refused."""
    if len(arguments) not in (2, 3):
        raise SystemExit("usage: python -m geo.edition_build BOUNDARIES FOLDER [PLACES.json]")
    os.nice(NICE)
    places: list[Place] = []
    if len(arguments) == 3:
        places = [Place(*row) for row in json.loads(Path(arguments[2]).read_bytes())]
    try:
        build_edition(Path(arguments[0]), Path(arguments[1]), places)
    except (BadRegion, ValueError) as refused:
        raise SystemExit(str(refused)) from None


if __name__ == "__main__":
    main(sys.argv[1:])
