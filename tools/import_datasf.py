"""DataSF's published files as a region pack.

Knows DataSF's fields and which of them mean what: police districts, fire stations, station catchments, analysis
neighbourhoods, supervisor districts, and "Fire Department Calls for Service", from which the units and the call
types are taken. Files are known by their fields, not by their names.
Refuses to invent: what the source does not say (crews, ambulances' posts, the papers) is modelled and marked so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from data.regions import save_region
from domain.agency import Agency, Discipline, Service
from domain.agreement import Agreement, AidClause, AidMode
from domain.errors import BadRegion
from domain.jurisdiction import Area
from domain.region import Place, Region, Station, StatusCode
from geo.boundaries import Boundaries, Context, write_boundaries
from geo.foreign import Feature, read_features, union_of
from tools.datasf_addresses import read_places
from tools.datasf_calls import plans_of, read_roster, units_of

FIRE, PRIVATE, POLICE, EMERGENCY = "sffd", "private_ems", "sfpd", "sfdem"
COUNTY = "06075"
EFFECTIVE = "2015-01-01"
"""The police districts' file is named for 2015; the others carry no date, and are taken to hold as long."""
NOTE = "fire first-due areas, crews, ambulance posts and agreements are modelled, not official"

AGENCIES = (
    Agency(FIRE, "San Francisco Fire Department", "SFFD", Discipline.FIRE),
    Agency(PRIVATE, "Private ambulance companies", "Private EMS", Discipline.EMS),
    Agency(POLICE, "San Francisco Police Department", "SFPD", Discipline.LAW),
    Agency(EMERGENCY, "San Francisco Department of Emergency Management", "SF DEM", Discipline.EMERGENCY_MANAGEMENT),
)

_MARKS: Mapping[str, tuple[str, ...]] = {
    "police districts": ("district", "company"),
    "analysis neighbourhoods": ("nhood",),
    "supervisor districts": ("supervisor", "supdist"),
    "station catchments": ("fire_station_number", "common_name"),
    "fire stations": ("common_name", "address", "facility_id"),
}
"""The fields by which a published file is known."""

_STAMPS = (
    ("Dispatch", "dispatched"),
    ("Response", "en_route"),
    ("On Scene", "on_scene"),
    ("Transport", "transporting"),
    ("Hospital", "at_destination"),
    ("Available", "available"),
)


@dataclass(frozen=True, slots=True)
class _Published:
    """The files' features by what they are, every kind there."""

    layers: Mapping[str, Sequence[Feature]]

    def of(self, kind: str) -> Sequence[Feature]:
        return self.layers[kind]


def import_datasf(folder: Path, out: Path, report: Callable[[str], None]) -> None:
    """Write the pack of DataSF's files in `folder` to `out`. BadRegion names every file that is missing."""
    published = _published(folder, report)
    stations = _stations(published.of("fire stations"))
    roster = read_roster(folder)
    for line in roster.report:
        report(line)
    catchments = {feature.words["fire_station_number"]: feature for feature in published.of("station catchments")}
    posts = {number.zfill(2): (feature.lon, feature.lat) for number, feature in catchments.items()}
    units = units_of(roster, stations, posts, FIRE, PRIVATE)
    neighbourhoods = published.of("analysis neighbourhoods")
    codes = [
        StatusCode(agency, words, f"{words} DtTm", status) for agency in (FIRE, PRIVATE) for words, status in _STAMPS
    ]
    blocks, calls = read_places(folder)
    region = Region(
        id="sf",
        name="San Francisco",
        time_zone="America/Los_Angeles",
        number_prefix="SF",
        view=(-122.44, 37.765, 12.0),
        modelled=True,
        note=NOTE,
        agencies=AGENCIES,
        stations=stations,
        units=units,
        agreements=_agreements(),
        plans=plans_of(roster),
        status_codes=tuple(codes),
        places=tuple(Place(each.words["nhood"], each.lon, each.lat, 0, COUNTY) for each in neighbourhoods),
        past_calls=calls,
        addresses=blocks,
    )
    save_region(region, out)
    boundaries = _boundaries(published)
    write_boundaries(boundaries, out / "boundaries.gpkg")
    report(
        f"{len(units)} units, {len(stations)} stations, {len(region.plans)} response plans, "
        f"{len(blocks)} address blocks, {len(boundaries.areas)} jurisdictions written to {out}"
    )


def _published(folder: Path, report: Callable[[str], None]) -> _Published:
    layers: dict[str, Sequence[Feature]] = {}
    if not folder.is_dir():
        raise BadRegion(f"{folder}: not a folder; name the one that holds DataSF's files")
    for path in sorted(folder.glob("*.geojson")):
        features = read_features(path)
        fields = set(features[0].words) if features else set()
        kind = next((name for name, marks in _MARKS.items() if fields.issuperset(marks)), None)
        if kind is None:
            report(f"{path.name}: none of the files this import knows; left out")
        elif kind in layers:
            raise BadRegion(f"{path.name}: a second file of {kind}; leave one of them in the folder")
        else:
            layers[kind] = features
            for at, feature in enumerate(features):
                for note in feature.notes:
                    report(f"{path.name}:{at + 1}: {note}")
    missing = [f"{kind} (a .geojson with fields {', '.join(_MARKS[kind])})" for kind in _MARKS if kind not in layers]
    if missing:
        raise BadRegion(f"{folder}: missing {'; '.join(missing)}")
    return _Published(layers)


def _stations(features: Sequence[Feature]) -> tuple[Station, ...]:
    """Ids from the number in "Fire Station #7 - Division 3 Headquarters": `sffd/07`."""
    stations = []
    for at, feature in enumerate(features):
        name = feature.words["common_name"]
        number = name.partition("#")[2].split(" ")[0]
        if not number.isdigit():
            raise BadRegion(f"fire stations, row {at + 1}: no number in {name!r}; it should read like Fire Station #7")
        stations.append(Station(f"{FIRE}/{number.zfill(2)}", FIRE, name, feature.lon, feature.lat))
    return tuple(sorted(stations, key=lambda station: station.id))


def _boundaries(published: _Published) -> Boundaries:
    """Police districts and catchments as they are; EMS and emergency management answer for the city as a whole.

    The city is the union of the supervisor districts: the police districts leave out the Presidio, which is federal
    land, and the neighbourhoods have hairline gaps between them. Neighbourhoods and supervisor districts are nobody's
    jurisdiction: they are context.
    """
    found: list[tuple[Area, Feature]] = []
    layer = "DataSF police districts, 2015"
    for each in published.of("police districts"):
        found.append((Area(Service.POLICE, POLICE, each.words["district"].title(), layer, EFFECTIVE), each))
    layer = "Station catchments, modelled, not official"
    for each in published.of("station catchments"):
        name = f"Station {each.words['fire_station_number'].zfill(2)} first due"
        found.append((Area(Service.FIRE, FIRE, name, layer, EFFECTIVE, modelled=True), each))
    found.sort(key=lambda pair: (pair[0].service, pair[0].name))
    polygons = [each.polygon for _, each in found if each.polygon is not None]
    areas = [area for area, each in found if each.polygon is not None]
    city = union_of([each.polygon for each in published.of("supervisor districts") if each.polygon is not None])
    layer = "Union of the supervisor districts"
    for service, agency, name in (
        (Service.EMS, FIRE, "San Francisco EMS"),
        (Service.EMERGENCY_MANAGEMENT, EMERGENCY, "City and County of San Francisco"),
    ):
        areas.append(Area(service, agency, name, layer, EFFECTIVE, modelled=True))
        polygons.append(city)
    context = [Context("San Francisco", city)]
    for kind, layer, field, prefix in (
        ("analysis neighbourhoods", "neighbourhood", "nhood", ""),
        ("supervisor districts", "supervisor district", "supervisor", "Supervisor District "),
    ):
        named = [(prefix + each.words[field], each.polygon) for each in published.of(kind)]
        context += [Context(name, polygon, layer) for name, polygon in sorted(named, key=_name) if polygon is not None]
    return Boundaries(tuple(areas), tuple(polygons), tuple(context))


def _name(named: tuple[str, object]) -> str:
    return named[0]


def _agreements() -> tuple[Agreement, ...]:
    """Private ambulances are in the calls as a matter of course; the paper that says so is not in the source."""
    clauses = (
        AidClause("ambulances-to-fire", PRIVATE, FIRE, AidMode.AUTOMATIC, ("ALS", "BLS")),
        AidClause("fire-to-ambulances", FIRE, PRIVATE, AidMode.AUTOMATIC, ("ALS", "BLS", "ENGINE", "EMS_COMMAND")),
    )
    papers = [Agreement("ambulances", "Ambulance automatic aid", (FIRE, PRIVATE), clauses, modelled=True)]
    clause = AidClause("fire-to-police", FIRE, POLICE, AidMode.ON_REQUEST)
    papers.append(Agreement("police", "Fire support to police", (FIRE, POLICE), (clause,), modelled=True))
    return tuple(papers)
