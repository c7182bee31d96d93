"""What the rules ask of geography and local time, answered from a region.

Knows how a region's polygons and time zone become `Facts`. Refuses to know the rules that ask.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from zoneinfo import ZoneInfo

import shapely

from domain.region import Region
from domain.responsibility import NOTIFY_METRES, Responsibility, leader, responsibility
from domain.rules import Facts
from geo.boundaries import Boundaries
from geo.ground import Ground
from geo.jurisdiction import JurisdictionIndex


def index_for(region: Region, boundaries: Boundaries) -> JurisdictionIndex:
    """The region's jurisdictions; dates are days in its time zone."""
    return JurisdictionIndex(boundaries, ZoneInfo(region.time_zone))


def facts_for(region: Region, boundaries: Boundaries) -> Facts:
    """The facts of a region, for a process that asks nothing else of its jurisdictions."""
    return facts_of(region, Ground(index_for(region, boundaries)))


def inside_polygon(polygon: tuple[tuple[float, float], ...], lon: float, lat: float) -> bool:
    """Whether a place lies in an area drawn by hand, its border included; (lon, lat) corners, WGS 84."""
    return bool(shapely.intersects_xy(shapely.make_valid(shapely.Polygon(polygon)), lon, lat))


def facts_of(region: Region, ground: Ground) -> Facts:
    """The facts of a region whose jurisdictions are indexed already; they follow the ground's editions."""
    zone = ZoneInfo(region.time_zone)

    def local(when: float) -> datetime:
        return datetime.fromtimestamp(when, zone)

    def areas_at(lon: float, lat: float, when: float) -> Collection[str]:
        return ground.areas_at(lon, lat, when)

    def leader_at(lon: float, lat: float, when: float, discipline: str) -> str:
        return leader(responsibility(ground.responsible_at(lon, lat, when)), discipline)

    def responsible_at(lon: float, lat: float, when: float) -> Responsibility:
        edition = ground.edition_at(when)
        near = edition.index.near(lon, lat, when, NOTIFY_METRES)
        return responsibility(edition.index.at(lon, lat, when), near, edition.id)

    return Facts(
        plans={plan.code: plan for plan in region.plans},
        areas_at=areas_at,
        leader_at=leader_at,
        responsible_at=responsible_at,
        local_hour=lambda when: local(when).hour,
        local_weekday=lambda when: local(when).weekday(),
        inside=inside_polygon,
        local_year=lambda when: local(when).year,
    )
