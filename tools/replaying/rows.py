"""Recorded calls as DataSF publishes them: one row per unit sent, eight time stamps each.

Knows the columns of "Fire Department Calls for Service" (data.sfgov.org, nuek-vuh3). Refuses to know commands
and to repair anything: a missing stamp stays missing, a backward one stays backward.

| column | becomes |
|---|---|
| Call Number | external id of the incident |
| Received DtTm | when the incident was reported |
| Call Type | local type, and the response plan of that name |
| Dispatch DtTm | dispatched |
| Response DtTm | en route |
| On Scene DtTm | on scene |
| Transport DtTm | transporting |
| Hospital DtTm | at destination |
| Available DtTm | cleared |
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from pathlib import Path

from domain.assignment import AssignmentStatus
from domain.errors import ConcordError

STAMP_COLUMNS: dict[AssignmentStatus, str] = {
    AssignmentStatus.DISPATCHED: "Dispatch DtTm",
    AssignmentStatus.EN_ROUTE: "Response DtTm",
    AssignmentStatus.ON_SCENE: "On Scene DtTm",
    AssignmentStatus.TRANSPORTING: "Transport DtTm",
    AssignmentStatus.AT_DESTINATION: "Hospital DtTm",
    AssignmentStatus.CLEARED: "Available DtTm",
}
"""Our statuses in order, and the column each is recorded in."""
NEEDED = ("Call Number", "Unit ID", "Call Type", "Received DtTm", "Location", "RowID", *STAMP_COLUMNS.values())
_PLACE = re.compile(r"^\s*\(\s*(-?[\d.]+)\s*,\s*(-?[\d.]+)\s*\)\s*$")


class BadRecording(ConcordError, ValueError):
    """A file of calls that cannot be read; the text carries file, line and remedy."""


@dataclass(frozen=True, slots=True)
class Row:
    """One unit on one call. `stamps` holds the recorded times only, seconds since the epoch, in status order."""

    id: str
    call: str
    callsign: str
    unit_type: str
    stamps: Mapping[AssignmentStatus, float]


@dataclass(frozen=True, slots=True)
class Call:
    """One call with its rows, in the order of the file. `priority` is ours, 1 to 4: see priority_of."""

    number: str
    type: str
    received: float
    lon: float
    lat: float
    address: str
    priority: int
    disposition: str
    rows: tuple[Row, ...] = field(default=())


def priority_of(final_priority: str, group: str) -> int:
    """Our priority from theirs.

    San Francisco's final priority is 3 (emergency, lights and siren) or 2 (non-emergency). Emergencies in the
    groups "Potentially Life-Threatening" and "Fire" are 1, other emergencies 2, non-emergencies 3; nothing is 4.
    """
    if final_priority.strip() != "3":
        return 3
    return 1 if group.strip() in ("Potentially Life-Threatening", "Fire") else 2


def read_calls(path: Path, zone: tzinfo, since: float = 0.0, limit: int = 0) -> list[Call]:
    """The calls of a file in order of receipt; those received before `since` are left out, `limit` 0 means all.

    `zone` is the time zone of the file's local times. Raises BadRecording.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            calls = gather(csv.DictReader(file), zone, str(path))
    except OSError as wrong:
        raise BadRecording(f"{path}: {wrong.strerror or wrong}; give the CSV file of the calls") from wrong
    kept = [call for call in calls if call.received >= since]
    return kept[:limit] if limit else kept


def gather(lines: Iterable[Mapping[str, str]], zone: tzinfo, source: str) -> list[Call]:
    """Rows gathered into calls, by time of receipt. Raises BadRecording naming source and line."""
    heads: dict[str, Call] = {}
    rows: dict[str, list[Row]] = {}
    for number, line in enumerate(lines, start=2):
        where = f"{source} line {number}"
        missing = [name for name in NEEDED if line.get(name) is None]
        if missing:
            raise BadRecording(f"{where}: no column {', '.join(missing)}; is this DataSF's calls for service?")
        call = line["Call Number"].strip()
        if not call or not line["Unit ID"].strip():
            raise BadRecording(f"{where}: a row needs a Call Number and a Unit ID")
        if call not in heads:
            heads[call] = _head(line, zone, where)
        rows.setdefault(call, []).append(_row(line, zone, where))
    calls = (_with_rows(head, rows[head.number]) for head in heads.values())
    return sorted(calls, key=lambda call: (call.received, call.number))


def callsigns(calls: Iterable[Call]) -> dict[str, str]:
    """Every callsign with its unit type."""
    return {row.callsign: row.unit_type for row in all_rows(calls)}


def all_rows(calls: Iterable[Call]) -> Iterator[Row]:
    """Every row of every call."""
    return (row for call in calls for row in call.rows)


def _with_rows(head: Call, rows: list[Row]) -> Call:
    return Call(
        head.number,
        head.type,
        head.received,
        head.lon,
        head.lat,
        head.address,
        head.priority,
        head.disposition,
        tuple(rows),
    )


def _head(line: Mapping[str, str], zone: tzinfo, where: str) -> Call:
    received = _time(line["Received DtTm"], zone, f"{where}, Received DtTm")
    if received is None:
        raise BadRecording(f"{where}: the call has no Received DtTm; leave the row out")
    place = _PLACE.match(line["Location"] or "")
    if place is None:
        raise BadRecording(f"{where}: Location {line['Location']!r} is not (latitude, longitude)")
    address = ", ".join(part for part in (line.get("Address", "").strip(), line.get("City", "").strip()) if part)
    return Call(
        number=line["Call Number"].strip(),
        type=line["Call Type"].strip(),
        received=received,
        lon=float(place.group(2)),
        lat=float(place.group(1)),
        address=address,
        priority=priority_of(line.get("Final Priority", ""), line.get("Call Type Group", "")),
        disposition=line.get("Call Final Disposition", "").strip(),
    )


def _row(line: Mapping[str, str], zone: tzinfo, where: str) -> Row:
    stamps: dict[AssignmentStatus, float] = {}
    for status, column in STAMP_COLUMNS.items():
        when = _time(line[column], zone, f"{where}, {column}")
        if when is not None:
            stamps[status] = when
    return Row(
        id=line["RowID"].strip(),
        call=line["Call Number"].strip(),
        callsign=line["Unit ID"].strip(),
        unit_type=line.get("Unit Type", "").strip(),
        stamps=stamps,
    )


def _time(text: str, zone: tzinfo, where: str) -> float | None:
    if not text.strip():
        return None
    try:
        # An ambiguous hour in autumn is read as its first passing, as the file does not say which.
        return datetime.strptime(text.strip(), "%m/%d/%Y %I:%M:%S %p").replace(tzinfo=zone).timestamp()
    except ValueError as wrong:
        raise BadRecording(f"{where}: {text!r} is not like 04/07/2020 11:53:08 PM") from wrong
