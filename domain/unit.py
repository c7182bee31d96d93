"""Units: what is dispatched.

Knows a unit's identity, its duty state and which assignments it carries.
Refuses to know how an assignment proceeds (assignment.py), where the unit is (positions are not
events) and whether another agency may use it (agreement.py).
A unit's availability is derived from its assignments, never set.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class DutyState(StrEnum):
    """The unit's own state, apart from any assignment."""

    IN_SERVICE = "in_service"
    OUT_OF_SERVICE = "out_of_service"
    OFF_DUTY = "off_duty"


class Availability(StrEnum):
    """EIDO primary unit status (NENA-STA-021.1b)."""

    AVAILABLE = "Available"
    CONDITIONALLY_AVAILABLE = "ConditionallyAvailable"
    NOT_AVAILABLE = "NotAvailable"


@dataclass(frozen=True, slots=True)
class Unit:
    """A crewed resource of one agency; id is `agency/callsign`, e.g. `sffd/E14`.

    `kind` is the EIDO emergency resource type in our spelling ("ENGINE", "AMBULANCE_ALS");
    `capabilities` are what response plans ask for ("ENGINE", "ALS", "PATROL").
    `active` is the id of the one active assignment or "", `reserved` those stacked behind it.
    """

    id: str
    agency: str
    callsign: str
    kind: str
    capabilities: tuple[str, ...]
    staffing: int
    station: str
    home_lon: float
    home_lat: float
    duty: DutyState = DutyState.IN_SERVICE
    duty_reason: str = ""
    duty_since: float = 0.0
    active: str = ""
    reserved: tuple[str, ...] = ()


def unit_id(agency: str, callsign: str) -> str:
    """The id of a unit: `agency/callsign`."""
    return f"{agency}/{callsign}"
