"""A pack's text files as a Region, with everything wrong with single files told.

Knows how each file becomes values of the domain. Refuses to know whether the files fit each other (rules.py).
Every file is read to its end whatever was wrong before, so that one run tells all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo, available_timezones

from data.regions import schema
from data.regions.papers import read_agreements, read_plans
from data.regions.tables import Findings, Row, read_table
from data.regions.tomltext import Table, read_toml
from domain.agency import Agency, Discipline
from domain.agreement import Agreement
from domain.problem import Problem, did_you_mean
from domain.region import AddressBlock, PastCall, Place, Region, Station, StatusCode
from domain.response_plan import ResponsePlan
from domain.unit import Unit, unit_id

T = TypeVar("T")
Placed = list[tuple[int | None, T]]
"""Things with the line each begins on."""


@dataclass(slots=True)
class Pack:
    """What reading came to: the head, the parts with their lines, and the findings by file."""

    head: Region
    agencies: Placed[Agency] = field(default_factory=list)
    stations: Placed[Station] = field(default_factory=list)
    units: Placed[Unit] = field(default_factory=list)
    agreements: Placed[Agreement] = field(default_factory=list)
    plans: Placed[ResponsePlan] = field(default_factory=list)
    status_codes: Placed[StatusCode] = field(default_factory=list)
    places: Placed[Place] = field(default_factory=list)
    past_calls: Placed[PastCall] = field(default_factory=list)
    addresses: Placed[AddressBlock] = field(default_factory=list)
    findings: dict[str, Findings] = field(default_factory=dict)

    def of(self, file: str) -> Findings:
        """The findings of a file."""
        return self.findings.setdefault(file, Findings(file))

    def problems(self) -> list[Problem]:
        """Everything found, file by file, in the files' own order."""
        found = [problem for findings in self.findings.values() for problem in findings.all()]
        order = {name: at for at, name in enumerate(schema.ORDER)}
        return sorted(found, key=lambda each: (order.get(each.file, -1), each.row or 0))


def read_pack(path: Path) -> Pack:
    """Read a pack's folder. Never raises for what is in it."""
    pack = Pack(Region("", "", "UTC", "", (0.0, 0.0, 2.0)))
    if not path.is_dir():
        pack.of(path.name or str(path)).error(None, "not a folder", "name the folder that holds region.toml")
        return pack
    zone = _read_head(pack, path)
    for row in _rows(pack, path, schema.AGENCIES):
        _agency(pack, row)
    for row in _rows(pack, path, schema.STATIONS):
        lon, lat = _place(row)
        station = Station(row.text("id"), row.text("agency"), row.text("name"), lon, lat, row.text("kind"))
        pack.stations.append((row.line, station))
    for row in _rows(pack, path, schema.UNITS):
        _unit(pack, row)
    for row in _rows(pack, path, schema.STATUS_CODES):
        code = StatusCode(row.text("agency"), row.text("code"), row.text("words"), row.text("status"))
        pack.status_codes.append((row.line, code))
    for row in _rows(pack, path, schema.PLACES):
        lon, lat = _place(row)
        place = Place(row.text("name"), lon, lat, row.count("population"), row.text("county"))
        pack.places.append((row.line, place))
    for row in _rows(pack, path, schema.CALLS):
        pack.past_calls.append((row.line, PastCall(*_place(row), row.number("weight"))))
    for row in _rows(pack, path, schema.ADDRESSES):
        pack.addresses.append((row.line, _block(row)))
    pack.agreements = read_agreements(path / schema.AGREEMENTS, zone, pack.of(schema.AGREEMENTS))
    pack.plans = read_plans(path / schema.PLANS, pack.of(schema.PLANS))
    return pack


def _rows(pack: Pack, path: Path, file: str) -> Iterator[Row]:
    yield from read_table(path / file, schema.COLUMNS[file], pack.of(file), required=file not in schema.OPTIONAL)


def _block(row: Row) -> AddressBlock:
    lon, lat = _place(row)
    low, high = row.count("low"), row.count("high")
    ends = (row.number("lon2"), row.number("lat2"))
    return AddressBlock(row.text("street"), low, high, lon, lat, *ends, row.text("place"))


def _place(row: Row) -> tuple[float, float]:
    return row.number("lon"), row.number("lat")


def _agency(pack: Pack, row: Row) -> None:
    word = row.text("discipline")
    if word not in set(Discipline):
        pack.of(schema.AGENCIES).error(row.line, f'unknown discipline "{word[:80]}"', did_you_mean(word, Discipline))
        word = Discipline.NGO  # its units and clauses can still be checked
    agency = Agency(row.text("id"), row.text("name"), row.text("short"), Discipline(word), row.yes("modelled"))
    pack.agencies.append((row.line, agency))


def _unit(pack: Pack, row: Row) -> None:
    agency, callsign = row.text("agency"), row.text("callsign")
    capabilities = tuple(row.text("capabilities").split())
    lon, lat = _place(row)
    unit = Unit(
        unit_id(agency, callsign),
        agency,
        callsign,
        row.text("kind"),
        capabilities,
        row.count("staffing"),
        row.text("station"),
        lon,
        lat,
    )
    pack.units.append((row.line, unit))


def _read_head(pack: Pack, path: Path) -> tzinfo:
    """region.toml; returns the region's time zone, UTC where it names none that exists."""
    findings = pack.of(schema.REGION)
    document = read_toml(path / schema.REGION, findings)
    if document is None:
        return UTC
    document.root.only("region", "editions")
    values = document.root.values.get("region")
    if not isinstance(values, dict):
        findings.error(None, "no table [region]", "begin the file with [region]")
        return UTC
    table = Table(values, None, "region", findings)
    table.only("id", "name", "time_zone", "number_prefix", "view", "modelled", "note")
    name = table.text("time_zone")
    zone = _zone(name)
    if zone is None and name:
        table.error(f'unknown time zone "{name[:80]}"', did_you_mean(name, available_timezones()))
    pack.head = Region(
        table.text("id"),
        table.text("name"),
        name,
        table.text("number_prefix"),
        _view(table),
        table.yes("modelled", True),
        table.text("note", ""),
        _editions(document.root),
    )
    return zone or UTC


def _zone(name: str) -> tzinfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (OSError, ValueError, LookupError):
        return None


def _view(table: Table) -> tuple[float, float, float]:
    value = table.values.get("view")
    numbers = isinstance(value, list) and all(isinstance(n, int | float) and not isinstance(n, bool) for n in value)
    if not isinstance(value, list) or not numbers or len(value) != 3:
        table.error("view is not three numbers", "write view = [longitude, latitude, zoom]")
        return (0.0, 0.0, 2.0)
    try:
        lon, lat, zoom = map(float, value)
    except OverflowError:
        lon = lat = zoom = float("nan")
    if not (-180.0 <= lon <= 180.0 and -90.0 <= lat <= 90.0):
        table.error(f"view {value[:2]} is not a place", "longitude comes first, both in degrees")
        return (0.0, 0.0, 2.0)
    if not 0.0 <= zoom <= 22.0:
        table.error(f"zoom {zoom:g} is not between 0 and 22", "about 10 shows a county")
    return lon, lat, zoom


def _editions(root: Table) -> dict[str, str]:
    values = root.values.get("editions", {})
    if not isinstance(values, dict):
        root.error("editions is not a table", "write [editions]")
        return {}
    table = Table(values, None, "editions", root.findings)
    return {key: table.text(key) for key in values}
