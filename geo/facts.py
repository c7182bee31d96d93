"""What the rules ask of geography and local time, answered from a region.

Knows how a region's polygons and time zone become `Facts`. Refuses to know the rules that ask.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from zoneinfo import ZoneInfo

from domain.agency import Service
from domain.region import Region
from domain.rules import Facts
from geo.boundaries import Boundaries
from geo.jurisdiction import JurisdictionIndex

LEADING_SERVICES: dict[str, tuple[Service, ...]] = {
    "fire": (Service.FIRE,),
    "ems": (Service.EMS, Service.FIRE),
    "law": (Service.POLICE, Service.SHERIFF, Service.HIGHWAY_PATROL),
    "coast_guard": (Service.COAST_GUARD, Service.FIRE),
    "sar": (Service.SHERIFF, Service.FIRE),
    "emergency_management": (Service.EMERGENCY_MANAGEMENT,),
    "transport": (Service.HIGHWAY_PATROL, Service.POLICE),
    "public_works": (Service.UTILITY, Service.FIRE),
    "utility": (Service.UTILITY, Service.FIRE),
}
"""Which service's agency leads an incident of a discipline, the first that has one at the place."""
FALLBACK = (Service.FIRE, Service.SHERIFF, Service.COAST_GUARD, Service.HIGHWAY_PATROL, Service.EMS)


def index_for(region: Region, boundaries: Boundaries) -> JurisdictionIndex:
    """The region's jurisdictions; dates are days in its time zone."""
    return JurisdictionIndex(boundaries, ZoneInfo(region.time_zone))


def facts_for(region: Region, boundaries: Boundaries) -> Facts:
    """The facts of a region, for a process that asks nothing else of its jurisdictions."""
    return facts_of(region, index_for(region, boundaries))


def facts_of(region: Region, index: JurisdictionIndex) -> Facts:
    """The facts of a region whose jurisdictions are indexed already."""
    zone = ZoneInfo(region.time_zone)

    def local(when: float) -> datetime:
        return datetime.fromtimestamp(when, zone)

    def areas_at(lon: float, lat: float, when: float) -> Collection[str]:
        return index.areas_at(lon, lat, when)

    def leader_at(lon: float, lat: float, when: float, discipline: str) -> str:
        responsible = {answer.service: answer.areas for answer in index.at(lon, lat, when) if answer.areas}
        for service in (*LEADING_SERVICES.get(discipline, ()), *FALLBACK):
            if service in responsible:
                return responsible[service][0].agency
        return ""

    return Facts(
        plans={plan.code: plan for plan in region.plans},
        areas_at=areas_at,
        leader_at=leader_at,
        local_hour=lambda when: local(when).hour,
        local_year=lambda when: local(when).year,
    )
