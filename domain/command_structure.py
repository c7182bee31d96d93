"""Who commands an incident: roles of agencies, unified command, ICS positions.

Knows the words. Refuses to know who may give them (rules/commanding.py). The lead agency is the
incident's own field: it is on the map, this is not.
Agency roles are EIDO's registry (NENA-STA-021.1b); positions are NIMS ICS words, and free beyond them
because divisions and groups are named on the spot.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

INCIDENT_COMMANDER = "Incident Commander"
POSITIONS = (
    INCIDENT_COMMANDER,
    "Safety",
    "Public Information",
    "Liaison",
    "Operations",
    "Planning",
    "Logistics",
    "Finance",
    "Staging Area Manager",
    "Medical Branch",
    "Division A",
    "Division B",
    "Rapid Intervention",
)
"""Positions a screen may offer; any other name is as good."""
MOST_POSITIONS = 60
"""Positions on one incident."""


class AgencyRole(StrEnum):
    """What an agency does for an incident (EIDO agency role registry)."""

    ASSISTING = "Assisting"
    CALL_RECEIVING = "CallReceiving"
    DISPATCHED = "Dispatched"
    DISPATCHING = "Dispatching"
    INFORMATIONAL = "Informational"
    """Told about it; takes no part, and so sees no more than before."""
    TRANSFERRED_TO = "TransferredTo"


@dataclass(frozen=True, slots=True)
class AgencyPart:
    """One role of one agency; an agency may have several."""

    agency: str
    role: AgencyRole


@dataclass(frozen=True, slots=True)
class Position:
    """A filled ICS position: who holds it (a name, or a unit's callsign), whose, since when (board time)."""

    name: str
    holder: str
    unit: str
    agency: str
    since: float


@dataclass(frozen=True, slots=True)
class CommandStructure:
    """An incident's command structure; empty `unified` means a single command by the lead agency."""

    incident: str
    parts: tuple[AgencyPart, ...] = ()
    unified: tuple[str, ...] = ()
    positions: tuple[Position, ...] = ()

    def taking_part(self) -> tuple[str, ...]:
        """Agencies that take part by this structure alone."""
        acting = (part.agency for part in self.parts if part.role != AgencyRole.INFORMATIONAL)
        return tuple(dict.fromkeys((*self.unified, *acting)))

    def find_position(self, name: str) -> Position | None:
        """The holder of a position, whatever its capitals."""
        return next((held for held in self.positions if held.name.casefold() == name.casefold()), None)
