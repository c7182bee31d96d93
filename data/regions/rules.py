"""Whether the parts of a pack fit each other and the ground.

Knows what one file may say of another, and where things can lie. Refuses to know how files are spelled
(reading.py, papers.py).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import UTC, datetime

from data.regions import schema
from data.regions.reading import Pack
from data.regions.tables import Findings
from domain.agreement import Agreement, AidClause
from domain.problem import did_you_mean
from domain.share_clause import ShareClause

NEAR_DEGREES = 3.0
FAR_DEGREES = 10.0
"""Farther than this from the region's view is worth a look; if the swapped place is within NEAR, it is swapped."""


def apply_rules(pack: Pack, now: float | None) -> None:
    """Add what does not fit to the pack's findings."""
    _head(pack)
    _agencies(pack)
    _stations(pack)
    _units(pack)
    _status_codes(pack)
    _places(pack)
    _calls(pack)
    _addresses(pack)
    _plans(pack)
    _agreements(pack, now)


def _ids(pack: Pack) -> set[str]:
    return {agency.id for _, agency in pack.agencies}


def _head(pack: Pack) -> None:
    findings, head = pack.of(schema.REGION), pack.head
    if head.id and not schema.AGENCY_ID.fullmatch(head.id):
        findings.error(None, f'region: id "{head.id[:80]}" has other signs than a-z, 0-9, _ and -', "shorten it")
    if head.number_prefix and not schema.PREFIX.fullmatch(head.number_prefix):
        remedy = "one to eight capitals or digits, like BAY"
        findings.error(None, f'region: number_prefix "{head.number_prefix[:80]}" cannot begin a number', remedy)


def _agencies(pack: Pack) -> None:
    findings = pack.of(schema.AGENCIES)
    if not pack.agencies and not findings.problems:
        findings.error(None, "it lists no agency", "a region has at least one")
    staffed = {unit.agency for _, unit in pack.units}
    first: dict[str, int | None] = {}
    for line, agency in pack.agencies:
        _form(findings, line, "id", agency.id, schema.AGENCY_ID, "lower case letters, digits, _ and - only")
        _once(findings, line, f'agency "{agency.id}"', agency.id, first)
        if agency.id not in staffed:
            findings.warn(line, f'agency "{agency.id}" has no units', f"list them in {schema.UNITS}")


def _stations(pack: Pack) -> None:
    findings, agencies = pack.of(schema.STATIONS), _ids(pack)
    first: dict[str, int | None] = {}
    for line, station in pack.stations:
        _once(findings, line, f'station "{station.id}"', station.id, first)
        _known(findings, line, "agency", station.agency, agencies)
        if not station.id.startswith(f"{station.agency}/") or station.id.endswith("/"):
            remedy = f'write it like "{station.agency}/07"'
            findings.error(line, f'id "{station.id[:80]}" does not begin with its agency', remedy)
        _known(findings, line, "kind", station.kind, schema.STATION_KINDS)
        _place(pack, findings, line, station.lon, station.lat)


def _units(pack: Pack) -> None:
    findings, agencies = pack.of(schema.UNITS), _ids(pack)
    stations = {station.id for _, station in pack.stations}
    asked = {need.capability for _, plan in pack.plans for level in plan.alarms for need in level}
    first: dict[str, int | None] = {}
    never: dict[str, int | None] = {}
    for line, unit in pack.units:
        _once(findings, line, f'unit "{unit.id}"', unit.id, first)
        _known(findings, line, "agency", unit.agency, agencies)
        _form(findings, line, "callsign", unit.callsign, schema.CALLSIGN, "letters, digits, . _ and - only, 24 at most")
        _form(findings, line, "kind", unit.kind, schema.WORD, "write it like AMBULANCE_ALS")
        if unit.station:
            _known(findings, line, "station", unit.station, stations)
        if unit.staffing < 0 or unit.staffing > 10_000:
            findings.error(line, f"staffing {unit.staffing} is not a crew", "count the people on board")
        _place(pack, findings, line, unit.home_lon, unit.home_lat)
        if not unit.capabilities:
            findings.warn(line, f'unit "{unit.id}" has no capability, so no plan can send it', "name what it can do")
        for capability in unit.capabilities:
            _form(findings, line, "capability", capability, schema.WORD, "write it like WATER_RESCUE")
            if capability not in asked:
                never.setdefault(capability, line)
    for capability, line in never.items():
        remedy = did_you_mean(capability, asked - {c for _, unit in pack.units for c in unit.capabilities})
        remedy = remedy if remedy.startswith("did") else f"ask for it in {schema.PLANS}, or leave it out"
        findings.warn(line, f'no response plan asks for capability "{capability[:80]}"', remedy)


def _status_codes(pack: Pack) -> None:
    findings, agencies = pack.of(schema.STATUS_CODES), _ids(pack)
    first: dict[str, int | None] = {}
    for line, code in pack.status_codes:
        _known(findings, line, "agency", code.agency, agencies)
        _known(findings, line, "status", code.status, schema.OWN_STATUSES)
        _once(findings, line, f'code "{code.code}" of {code.agency}', f"{code.agency}\n{code.code}", first)


def _places(pack: Pack) -> None:
    findings = pack.of(schema.PLACES)
    for line, place in pack.places:
        _place(pack, findings, line, place.lon, place.lat)
        if place.population < 0:
            findings.error(line, f"population {place.population} is below nought", "0 where it is not known")


def _plans(pack: Pack) -> None:
    findings = pack.of(schema.PLANS)
    able = {capability for _, unit in pack.units for capability in unit.capabilities}
    if not pack.plans and not findings.problems:
        findings.warn(None, "it holds no response plan, so no incident can be typed", "add [[plan]] tables")
    first: dict[str, int | None] = {}
    lacking: dict[str, int | None] = {}
    for line, plan in pack.plans:
        _once(findings, line, f'plan "{plan.code}"', plan.code, first)
        for level in plan.alarms:
            for need in level:
                if need.capability not in able:
                    lacking.setdefault(need.capability, line)
    for capability, line in lacking.items():
        message = f'no unit of the region has the capability "{capability}" this plan needs'
        findings.warn(line, message, did_you_mean(capability, able))


def _agreements(pack: Pack, now: float | None) -> None:
    findings, agencies = pack.of(schema.AGREEMENTS), _ids(pack)
    plans = {plan.code for _, plan in pack.plans}
    able: dict[str, set[str]] = {}
    for _, unit in pack.units:
        able.setdefault(unit.agency, set()).update(unit.capabilities)
    first: dict[str, int | None] = {}
    for line, paper in pack.agreements:
        name = f'agreement "{paper.id}"'
        _once(findings, line, name, paper.id, first)
        for party in paper.parties:
            if party not in agencies:
                findings.error(line, f'{name}: unknown party "{party[:80]}"', did_you_mean(party, agencies))
        if len(set(paper.parties)) < 2:
            findings.error(line, f"{name}: it has fewer than two parties", "name every agency that signed")
        if now is not None and paper.until and paper.until <= now:
            day = _day(paper.until)
            findings.warn(line, f"{name}: it expired on {day}", "renew it or remove it")
        clauses: dict[str, int | None] = {}
        for clause in paper.clauses:
            _once(findings, line, f'{name}: clause "{clause.id}"', clause.id, clauses)
            _clause(findings, line, paper, clause, able, plans, agencies)
        for share in paper.shares:
            _once(findings, line, f'{name}: clause "{share.id}"', share.id, clauses)
            _sides(findings, line, paper, share, agencies)
            _types(findings, line, paper, share, plans)


def _sides(
    findings: Findings, line: int | None, paper: Agreement, clause: AidClause | ShareClause, agencies: set[str]
) -> None:
    name = f'agreement "{paper.id}", clause "{clause.id}"'
    for role, agency in (("giver", clause.giver), ("receiver", clause.receiver)):
        if agency and agency not in agencies:
            findings.error(line, f'{name}: unknown {role} "{agency[:80]}"', did_you_mean(agency, agencies))
        elif agency and agency not in paper.parties:
            findings.error(line, f'{name}: {role} "{agency}" is not a party', "add it to parties, or mend the clause")
    if clause.giver and clause.giver == clause.receiver:
        findings.error(line, f'{name}: "{clause.giver}" lends to itself', "giver and receiver are two agencies")


def _types(
    findings: Findings, line: int | None, paper: Agreement, clause: AidClause | ShareClause, plans: set[str]
) -> None:
    name = f'agreement "{paper.id}", clause "{clause.id}"'
    for code in clause.incident_types:
        if code not in plans:
            findings.error(line, f'{name}: unknown incident type "{code[:80]}"', did_you_mean(code, plans))


def _clause(
    findings: Findings,
    line: int | None,
    paper: Agreement,
    clause: AidClause,
    able: dict[str, set[str]],
    plans: set[str],
    agencies: set[str],
) -> None:
    name = f'agreement "{paper.id}", clause "{clause.id}"'
    _sides(findings, line, paper, clause, agencies)
    for capability in clause.capabilities:
        if clause.giver in agencies and capability not in able.get(clause.giver, set()):
            message = f'{name}: no unit of {clause.giver} has the capability "{capability[:80]}"'
            findings.warn(line, message, did_you_mean(capability, able.get(clause.giver, set())))
    _types(findings, line, paper, clause, plans)
    for area in clause.areas:
        if area not in agencies and not schema.FIPS.fullmatch(area):
            remedy = did_you_mean(area, agencies)
            findings.warn(line, f'{name}: area "{area[:80]}" is neither an agency nor a county\'s FIPS code', remedy)


def _calls(pack: Pack) -> None:
    findings = pack.of(schema.CALLS)
    for line, call in pack.past_calls:
        _place(pack, findings, line, call.lon, call.lat)
        if not 0.0 <= call.weight <= 1e9:
            findings.error(line, f"weight {call.weight:g} is no number of calls", "0 or more; 1 for one call")


def _addresses(pack: Pack) -> None:
    findings = pack.of(schema.ADDRESSES)
    for line, block in pack.addresses:
        _place(pack, findings, line, block.lon, block.lat)
        if (block.lon2, block.lat2) != (0.0, 0.0):
            _place(pack, findings, line, block.lon2, block.lat2)
        if not block.street:
            findings.error(line, "the street has no name", "name it, or remove the row")
        if block.low > block.high or block.low < 0:
            findings.error(line, f"house numbers {block.low} to {block.high}", "the lower one first, from 0")


def _place(pack: Pack, findings: Findings, line: int | None, lon: float, lat: float) -> None:
    """Longitude and latitude in range, not swapped, and not at the other end of the earth."""
    swapped = f"lon {lon:g}, lat {lat:g}: latitude and longitude look swapped"
    if not (-180.0 <= lon <= 180.0 and -90.0 <= lat <= 90.0):
        if -90.0 <= lon <= 90.0 and -180.0 <= lat <= 180.0:
            findings.error(line, swapped, f"write lon {lat:g}, lat {lon:g}")
        else:
            findings.error(line, f"lon {lon:g}, lat {lat:g} is not a place", "both in degrees, longitude east positive")
        return
    view_lon, view_lat, _zoom = pack.head.view
    if (view_lon, view_lat) == (0.0, 0.0):  # region.toml did not say
        return
    if _apart(lon, lat, view_lon, view_lat) > FAR_DEGREES:
        if abs(lon) <= 90.0 and _apart(lat, lon, view_lon, view_lat) < NEAR_DEGREES:
            findings.error(line, swapped, f"write lon {lat:g}, lat {lon:g}")
        elif _apart(-lon, lat, view_lon, view_lat) < NEAR_DEGREES:
            remedy = f"write lon {-lon:g}; west is negative"
            findings.error(line, f"lon {lon:g} is on the other side of Greenwich", remedy)
        else:
            away = f"{_apart(lon, lat, view_lon, view_lat):.0f} degrees from the region's view"
            findings.warn(line, f"lon {lon:g}, lat {lat:g} is {away}", "look whether it is right")


def _apart(lon: float, lat: float, other_lon: float, other_lat: float) -> float:
    """The larger of the differences of longitude and latitude, in degrees."""
    return max(abs((lon - other_lon + 180.0) % 360.0 - 180.0), abs(lat - other_lat))


def _known(findings: Findings, line: int | None, what: str, word: str, known: Collection[str]) -> None:
    if word not in known:
        findings.error(line, f'unknown {what} "{word[:80]}"', did_you_mean(word, known))


def _form(findings: Findings, line: int | None, what: str, word: str, form: re.Pattern[str], remedy: str) -> None:
    if not form.fullmatch(word):
        findings.error(line, f'{what} "{word[:80]}" has signs it may not have, or is too long', remedy)


def _once(findings: Findings, line: int | None, name: str, key: str, first: dict[str, int | None]) -> None:
    if key in first:
        where = f" in line {first[key]}" if first[key] else ""
        findings.error(line, f"{name[:120]} is there already{where}", "remove one, or give it its own name")
    else:
        first[key] = line


def _day(when: float) -> str:
    try:
        return datetime.fromtimestamp(when, UTC).date().isoformat()
    except (OverflowError, ValueError, OSError):
        return "no date"
