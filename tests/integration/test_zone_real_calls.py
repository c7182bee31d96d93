"""Real San Francisco fire calls against the published districts: the polygons' answer and the record's own label."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest
import shapely

from geo.repair import mend
from geo.zone_index import ZoneIndex

NEAR_BORDER_METRES = 30.0
PLACE = re.compile(r"\(([-\d.]+), ([-\d.]+)\)")


def layer(path: Path, field: str) -> tuple[ZoneIndex, list[str]]:
    """A published layer and its polygons' labels."""
    features = json.loads(path.read_text(encoding="utf-8"))["features"]
    shapes = [mend(shapely.from_geojson(json.dumps(one["geometry"])), None).polygon for one in features]
    assert None not in shapes
    return ZoneIndex.of([shape for shape in shapes if shape]), [str(one["properties"][field]) for one in features]


@pytest.mark.parametrize(
    ("file", "field", "column", "least"),
    [
        ("sf_supervisor_districts_2012.geojson", "supervisor", "Supervisor District", 0.999),
        ("sf_analysis_neighborhoods.geojson", "nhood", "Neighborhooods - Analysis Boundaries", 0.988),
    ],
)
def test_the_polygon_at_a_call_is_the_one_its_record_names(
    real_data: Path, file: str, field: str, column: str, least: float
) -> None:
    zones, labels = layer(real_data / "sf" / file, field)
    calls: dict[str, tuple[str, str]] = {}
    with (real_data / "sf" / "sffd_2020-04-07_to_20.csv").open(encoding="utf-8", newline="") as source:
        for row in csv.DictReader(source):
            if row["Location"] and row[column] not in ("", "None"):
                calls[row["Call Number"]] = (row["Location"], row[column])
    agreeing, listed = 0, []
    for number, (place, label) in calls.items():
        match = PLACE.fullmatch(place)
        assert match
        lat, lon = map(float, match.groups())
        found = [labels[i] for i in zones.at(lon, lat)]
        if label in found:
            agreeing += 1
        elif not any(labels[i] == label for i in zones.near(lon, lat, NEAR_BORDER_METRES)):
            listed.append(f"call {number} at {lat}, {lon}: record says {label}, polygons say {found or 'nobody'}")
    print(f"{column}: {agreeing} of {len(calls)} agree ({agreeing / len(calls):.2%}); {len(listed)} farther than 30 m")
    print(*listed, sep="\n")
    assert agreeing / len(calls) >= least
