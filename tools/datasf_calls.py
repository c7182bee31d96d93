"""Units and call types as DataSF's "Fire Department Calls for Service" shows them.

Knows the unit types and call types of that file, what a unit of a type can do, and where a callsign's number says
it is based. Refuses to know the calls themselves (the replay plays them).
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from domain.errors import BadRegion
from domain.region import Station
from domain.response_plan import Need, ResponsePlan
from domain.unit import Unit, unit_id

PRIVATE_TYPE = "PRIVATE"
_FIELDS = ("Unit ID", "Unit Type", "Call Type")


@dataclass(frozen=True, slots=True)
class _Kind:
    """What a unit type of the file is here. `crew` is the usual one; the file does not say."""

    kind: str
    capabilities: tuple[str, ...]
    crew: int


_KINDS: Mapping[str, _Kind] = {
    "ENGINE": _Kind("ENGINE", ("ENGINE",), 4),
    "TRUCK": _Kind("LADDER", ("LADDER",), 5),
    "MEDIC": _Kind("AMBULANCE_ALS", ("ALS", "BLS"), 2),
    PRIVATE_TYPE: _Kind("AMBULANCE_ALS", ("ALS", "BLS"), 2),
    "CHIEF": _Kind("COMMAND", ("COMMAND",), 1),
    "RESCUE CAPTAIN": _Kind("EMS_SUPERVISOR", ("EMS_COMMAND",), 1),
    "RESCUE SQUAD": _Kind("RESCUE", ("RESCUE",), 4),
    "INVESTIGATION": _Kind("INVESTIGATION", ("INVESTIGATION",), 1),
    "SUPPORT": _Kind("SUPPORT", ("SUPPORT",), 2),
}
_BOAT = _Kind("BOAT", ("BOAT", "SUPPORT"), 3)
_BOATS = frozenset({"FB", "RB", "RWC"})
"""Fireboat, rescue boat, rescue water craft: of type SUPPORT in the file, where they go to water rescues."""
_NUMBERED = frozenset({"E", "T", "RA", "HT", "SR"})
"""Callsigns whose number is their station's: engine, truck, reserve ambulance, hose tender, surf rescue."""
_AMBULANCES = frozenset({"MEDIC", PRIVATE_TYPE})

_PLANS: Mapping[str, tuple[str, str, int, str]] = {
    "Medical Incident": ("M", "ems", 2, "1 ENGINE, 1 ALS; 1 BLS, 1 EMS_COMMAND, 1 SUPPORT"),
    "Alarms": ("A", "fire", 2, "1 ENGINE, 1 LADDER, 1 COMMAND"),
    "Structure Fire": (
        "F",
        "fire",
        1,
        "3 ENGINE, 2 LADDER, 1 RESCUE, 2 COMMAND, 1 ALS; 3 ENGINE, 2 LADDER, 1 ALS, 1 EMS_COMMAND, 1 INVESTIGATION",
    ),
    "Traffic Collision": ("T", "fire", 1, "1 ENGINE, 1 ALS; 1 LADDER, 1 RESCUE, 1 COMMAND, 1 ALS"),
    "Outside Fire": ("O", "fire", 2, "1 ENGINE; 1 ENGINE, 1 COMMAND, 1 INVESTIGATION"),
    "Other": ("?", "fire", 3, "1 LADDER; 1 ENGINE, 1 COMMAND"),
    "Citizen Assist / Service Call": ("C", "fire", 4, "1 ENGINE; 1 LADDER"),
    "Gas Leak (Natural and LP Gases)": ("G", "fire", 2, "1 ENGINE, 1 COMMAND; 1 ENGINE, 1 LADDER"),
    "Water Rescue": ("W", "fire", 1, "3 ENGINE, 2 LADDER, 1 RESCUE, 2 BOAT, 1 COMMAND, 1 ALS, 1 EMS_COMMAND"),
    "Smoke Investigation (Outside)": ("S", "fire", 3, "1 ENGINE; 1 LADDER, 1 COMMAND"),
    "Vehicle Fire": ("V", "fire", 2, "1 ENGINE, 1 LADDER; 1 ENGINE, 1 COMMAND, 1 INVESTIGATION"),
    "Electrical Hazard": ("E", "fire", 3, "1 ENGINE; 1 LADDER, 1 COMMAND"),
    "Elevator / Escalator Rescue": ("L", "fire", 3, "1 LADDER; 1 ENGINE, 1 RESCUE"),
    "Assist Police": ("P", "fire", 3, "1 ENGINE; 1 LADDER, 1 COMMAND"),
    "Odor (Strange / Unknown)": ("D", "fire", 3, "1 ENGINE; 1 COMMAND"),
    "Fuel Spill": ("H", "fire", 3, "2 ENGINE; 1 COMMAND"),
}
"""Symbol, discipline, priority and alarms by call type: what was usually sent in the recorded weeks, rounded."""
_CARRYING = frozenset({"Medical Incident", "Traffic Collision", "Water Rescue"})
_UNKNOWN_TYPE = ("?", "fire", 3, "1 ENGINE")


@dataclass(frozen=True, slots=True)
class Roster:
    """Unit types by callsign, the call types, and what was noticed."""

    units: Mapping[str, str]
    call_types: tuple[str, ...]
    report: tuple[str, ...]


def read_roster(folder: Path) -> Roster:
    """Who was sent, and to what, in every calls file of a folder; empty where there is none.

    A callsign that occurs with several types gets its most frequent one (of equals the first by name), and the
    report says so. BadRegion for a file that cannot be read.
    """
    seen: dict[str, Counter[str]] = {}
    call_types: set[str] = set()
    report: list[str] = []
    files = 0
    for path in sorted(folder.glob("*.csv")):
        try:
            with path.open(encoding="utf-8-sig", newline="") as file:
                reader = csv.DictReader(file)
                if not set(_FIELDS).issubset(reader.fieldnames or ()):
                    report.append(f"{path.name}: no calls file (it lacks {', '.join(_FIELDS)}); left out")
                    continue
                files += 1
                for row in reader:
                    callsign, kind, call_type = ((row[name] or "").strip() for name in _FIELDS)
                    if callsign:
                        seen.setdefault(callsign, Counter())[kind] += 1
                    if call_type:
                        call_types.add(call_type)
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise BadRegion(f"{path.name}: cannot be read: {error}; download it again") from error
    if not files:
        report.append("no calls file: the pack has no units and no response plans")
    units = {}
    for callsign, kinds in sorted(seen.items()):
        kind = min(kinds, key=lambda each: (-kinds[each], each))
        units[callsign] = kind
        if len(kinds) > 1:
            others = ", ".join(f"{each or 'none'} {count} times" for each, count in sorted(kinds.items()))
            report.append(f"{callsign} occurs as {others}; taken as {kind or 'none'}")
        if kind not in _KINDS:
            report.append(f'{callsign} is of unknown type "{kind}"; taken as SUPPORT')
    report += [f'call type "{each}" is not known; one engine' for each in sorted(call_types - set(_PLANS))]
    return Roster(units, tuple(sorted(call_types)), tuple(report))


def names_station(callsign: str) -> bool:
    """Whether a callsign's number is that of the station the unit is based at."""
    return callsign.rstrip("0123456789") in _NUMBERED


def units_of(
    roster: Roster,
    stations: Sequence[Station],
    catchments: Mapping[str, tuple[float, float]],
    fire: str,
    private: str,
) -> tuple[Unit, ...]:
    """The units. `catchments` gives a point of a station's first-due area by its two-digit number.

    Home is the station a callsign's number names; where the stations' file lacks it, a point of its catchment;
    else headquarters. Ambulances wait on the street, and the file does not say where: they are spread over the
    stations in order, which is modelled. Private ambulances belong to no station.
    """
    by_number = {station.id.partition("/")[2]: station for station in stations}
    headquarters = _headquarters(stations)
    units = []
    posted = 0
    for callsign, type_ in roster.units.items():
        letters, digits = _parts(callsign)
        kind = _BOAT if type_ == "SUPPORT" and letters in _BOATS else _KINDS.get(type_, _KINDS["SUPPORT"])
        agency = private if type_ == PRIVATE_TYPE else fire
        number = digits.zfill(2)
        base = by_number.get(number) if letters in _NUMBERED else None
        if base is None and letters == "D":  # a division's chief, at its headquarters
            base = next((each for each in stations if f"Division {int(digits or 0)} " in each.name), None)
        place = (base or headquarters).lon, (base or headquarters).lat
        if base is None and letters in _NUMBERED:
            place = catchments.get(number, place)
        if base is None and type_ in _AMBULANCES:
            post = stations[posted % len(stations)]
            posted += 1
            place = post.lon, post.lat
        station = "" if agency == private else (base or headquarters).id
        name = unit_id(agency, callsign)
        units.append(Unit(name, agency, callsign, kind.kind, kind.capabilities, kind.crew, station, *place))
    return tuple(units)


def plans_of(roster: Roster) -> tuple[ResponsePlan, ...]:
    """One response plan for each call type of the file, named exactly as the file names it."""
    plans = []
    for name in roster.call_types:
        symbol, discipline, priority, alarms = _PLANS.get(name, _UNKNOWN_TYPE)
        levels = tuple(_needs(level) for level in alarms.split(";"))
        plan = ResponsePlan(code_of(name), name, symbol, discipline, priority, levels, transports=name in _CARRYING)
        plans.append(plan)
    return tuple(plans)


def code_of(call_type: str) -> str:
    """A call type as a plan's code: "Gas Leak (Natural and LP Gases)" -> GAS_LEAK_NATURAL_AND_LP_GASES."""
    return re.sub(r"[^A-Z0-9]+", "_", call_type.upper()).strip("_")[:48] or "OTHER"


def _needs(level: str) -> tuple[Need, ...]:
    pairs = (each.split() for each in level.split(","))
    return tuple(Need(capability, int(count)) for count, capability in pairs)


def _parts(callsign: str) -> tuple[str, str]:
    match = re.fullmatch(r"([A-Za-z]*)([0-9]*)[A-Za-z]*", callsign)
    return (match[1].upper(), match[2]) if match else (callsign, "")


def _headquarters(stations: Sequence[Station]) -> Station:
    """The first station the file calls headquarters, else the first one."""
    return next((each for each in stations if "headquarters" in each.name.casefold()), stations[0])
