"""Agencies and their disciplines.

Knows what an agency is and which emergency service its discipline answers for.
Refuses to know its units, its users and its agreements.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Discipline(StrEnum):
    """What an agency is for."""

    FIRE = "fire"
    EMS = "ems"
    LAW = "law"
    COAST_GUARD = "coast_guard"
    SAR = "sar"
    EMERGENCY_MANAGEMENT = "emergency_management"
    TRANSPORT = "transport"
    PUBLIC_WORKS = "public_works"
    UTILITY = "utility"
    HEALTH = "health"
    MILITARY = "military"
    NGO = "ngo"


class Service(StrEnum):
    """Services a jurisdiction polygon can answer for (RFC 5031 and NENA i3 service URNs)."""

    POLICE = "urn:emergency:service:responder.police"
    SHERIFF = "urn:emergency:service:responder.sheriff"
    HIGHWAY_PATROL = "urn:emergency:service:responder.stateProvincialPolice"
    FIRE = "urn:emergency:service:responder.fire"
    EMS = "urn:emergency:service:responder.ems"
    COAST_GUARD = "urn:emergency:service:responder.coast_guard"
    EMERGENCY_MANAGEMENT = "urn:emergency:service:responder.emergency_management"
    UTILITY = "urn:emergency:service:responder.utility"


SERVICE_NAMES: dict[Service, str] = {
    Service.FIRE: "Fire",
    Service.EMS: "EMS",
    Service.POLICE: "Police",
    Service.SHERIFF: "Sheriff",
    Service.HIGHWAY_PATROL: "Highway patrol",
    Service.COAST_GUARD: "Coast guard",
    Service.EMERGENCY_MANAGEMENT: "Emergency management",
    Service.UTILITY: "Utility",
}


@dataclass(frozen=True, slots=True)
class Agency:
    """An organisation with a discipline.

    `id` is short, lower case and stable ("sffd"); `name` is the full name, `short` what fits a column.
    """

    id: str
    name: str
    short: str
    discipline: Discipline
    modelled: bool = False
