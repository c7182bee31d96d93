"""How old what is shown may be before it says so: of a unit, of an agency's source (docs/feed.md, "Ages").

Knows the limits of the symbols and who is expected to report. Refuses to know how fixes come. The pages' map holds to
the same limits (assets/map_units.js).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from domain.assignment import Assignment
from domain.position import Fix, metres_apart
from domain.unit import DutyState, Unit

AGE_SHOWN = 30.0
"""Seconds after which a unit shows the age of its place."""
STALE = 120.0
"""Seconds after which it is drawn dashed and pale, and counts as late."""
LOST = 600.0
"""Seconds after which it is called lost."""
PARKED = 150.0
"""Metres from its station within which an unassigned unit need not report."""


@dataclass(slots=True)
class Source:
    """What is heard of one agency's units: server time of the newest fix (0 = never), units out, and those late."""

    heard: float = 0.0
    out: int = 0
    late: int = 0


def is_out(unit: Unit, held: Assignment | None, fix: Fix | None) -> bool:
    """Whether a unit is expected to say where it is: at work, or in service away from its station."""
    if held is not None:
        return True
    if fix is None or unit.duty != DutyState.IN_SERVICE:
        return False
    return metres_apart(fix.lon, fix.lat, unit.home_lon, unit.home_lat) > PARKED


def note(source: Source, unit: Unit, held: Assignment | None, fix: Fix | None, now: float) -> None:
    """Count one unit into its agency's source; `now` in server time."""
    if fix is not None:
        source.heard = max(source.heard, fix.at)
    if is_out(unit, held, fix):
        source.out += 1
        if fix is None or now - fix.at > STALE:
            source.late += 1


def sources(units: Iterable[tuple[Unit, Assignment | None, Fix | None]], now: float) -> dict[str, Source]:
    """Every agency's source, by agency id."""
    found: dict[str, Source] = {}
    for unit, held, fix in units:
        note(found.setdefault(unit.agency, Source()), unit, held, fix, now)
    return found
