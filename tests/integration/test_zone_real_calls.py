"""Real San Francisco fire calls against the published districts: the polygons' answer and the record's own label.

A record is one unit on one call. Where the two differ, the border is within 30 m, or the place is listed here.
"""

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
MOVED = shapely.box(-122.4080, 37.7540, -122.4053, 37.7650)
"""A strip east of Potrero Avenue, the general hospital in it: the records say Potrero Hill, as an older edition of the
neighbourhoods had it; the published polygons say Mission. 20 places, the hospital being most of the records."""
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
    records: list[tuple[str, str]] = []
    with (real_data / "sf" / "sffd_2020-04-07_to_20.csv").open(encoding="utf-8", newline="") as source:
        for row in csv.DictReader(source):
            if row["Location"] and row[column] not in ("", "None"):
                records.append((row["Location"], row[column]))
    agreeing, strange = 0, []
    for place, label in records:
        match = PLACE.fullmatch(place)
        assert match
        lat, lon = map(float, match.groups())
        found = [labels[i] for i in zones.at(lon, lat)]
        if label in found:
            agreeing += 1
            continue
        near = any(labels[i] == label for i in zones.near(lon, lat, NEAR_BORDER_METRES))
        moved = (label, found) == ("Potrero Hill", ["Mission"]) and MOVED.contains(shapely.Point(lon, lat))
        if not near and not moved:
            strange.append(f"{lat}, {lon}: the record says {label}, the polygons {found or 'nobody'}")
    print(f"{column}: {agreeing} of {len(records)} records agree ({agreeing / len(records):.2%})")
    assert not strange, "\n".join(strange)
    assert agreeing / len(records) >= least, (agreeing, len(records))
