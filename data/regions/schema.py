"""What the text files of a region pack hold: their names, columns and keys.

Knows spelling only; one place for the reader, the writer and the checks. The polygons' file is geo's.
"""

from __future__ import annotations

import re

from data.regions.tables import Column
from domain.assignment import AssignmentStatus
from domain.unit import DutyState

REGION = "region.toml"
AGENCIES = "agencies.csv"
STATIONS = "stations.csv"
UNITS = "units.csv"
AGREEMENTS = "agreements.toml"
PLANS = "response_plans.toml"
STATUS_CODES = "status_codes.csv"
PLACES = "places.csv"
CALLS = "calls.csv"
ADDRESSES = "addresses.csv"

ORDER = (REGION, AGENCIES, STATIONS, UNITS, AGREEMENTS, PLANS, STATUS_CODES, PLACES, CALLS, ADDRESSES)
"""As a clerk would mend them: what others refer to first."""
OPTIONAL = frozenset({STATUS_CODES, PLACES, CALLS, ADDRESSES})
"""A pack may lack these; the others are looked for."""

COLUMNS: dict[str, tuple[Column, ...]] = {
    AGENCIES: (
        Column("id", str),
        Column("name", str),
        Column("short", str),
        Column("discipline", str),
        Column("modelled", bool, False),
    ),
    STATIONS: (
        Column("id", str),
        Column("agency", str),
        Column("name", str),
        Column("lon", float),
        Column("lat", float),
        Column("kind", str, "station"),
    ),
    UNITS: (
        Column("agency", str),
        Column("callsign", str),
        Column("kind", str),
        Column("capabilities", str, ""),
        Column("staffing", int, 0),
        Column("station", str, ""),
        Column("lon", float),
        Column("lat", float),
    ),
    STATUS_CODES: (Column("agency", str), Column("code", str), Column("words", str, ""), Column("status", str)),
    PLACES: (
        Column("name", str),
        Column("lon", float),
        Column("lat", float),
        Column("population", int, 0),
        Column("county", str, ""),
    ),
    CALLS: (Column("lon", float), Column("lat", float), Column("weight", float, 1.0)),
    ADDRESSES: (
        Column("street", str),
        Column("low", int, 0),
        Column("high", int, 0),
        Column("lon", float),
        Column("lat", float),
        Column("lon2", float, 0.0),
        Column("lat2", float, 0.0),
        Column("place", str, ""),
    ),
}

STATION_KINDS = frozenset({"station", "hospital", "jail", "harbour", "yard", "eoc"})
OWN_STATUSES = frozenset({"available", *AssignmentStatus, *DutyState})
"""What an agency's own status code may stand for: a status of an assignment, a duty state, or available."""

AGENCY_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
CALLSIGN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,23}")
"""No blank and no sign the dispatcher's command line or a unit's id uses: , / @ # * ="""
WORD = re.compile(r"[A-Z0-9][A-Z0-9_]{0,47}")
"""Capabilities, unit kinds and incident types: capitals, digits, underscores."""
PAPER_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""Agreements and clauses; cited as agreement/clause, so no slash."""
PREFIX = re.compile(r"[A-Z0-9]{1,8}")
NEED = re.compile(r"(?:([0-9]{1,4})\s+)?([A-Z0-9][A-Z0-9_]{0,47})")
"""A need on a run card: "3 ENGINE", or "ENGINE" for one."""
FIPS = re.compile(r"[0-9]{5}")
