"""What callbacks hand over to: the board's link, its views and the region's geography.

Knows which parts there are; app.py puts them together. Refuses to do anything itself.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from data.link import BoardLink
from data.views import Views
from domain.commands import Command
from domain.gazetteer import Gazetteer
from domain.identity import Identity
from domain.jurisdiction import Border, ServiceAnswer
from domain.outcome import Outcome
from domain.reach import IsochronesFrom
from domain.region import Region
from domain.response import Nearby, TripsAside
from domain.rules import Facts
from domain.share_clause import Label
from domain.together import Jointly
from geo.audit_desk import AuditDesk
from geo.coverage_desk import CoverageDesk

Viewed = Callable[[Identity, str, Label], Awaitable[None]]
"""Puts on record that somebody sees closer labels of an incident. Raises StoreUnavailable: then they may not."""


Gave = Callable[[Identity, Command, Outcome], None]
"""Puts on record what became of a command, where that belongs there."""


@dataclass(frozen=True, slots=True)
class Desk:
    """`jurisdictions(lon, lat, when)` answers "who is responsible here?", `borders(lon, lat, when, metres)` the way to
    the nearest border of each service; `nearby` finds the nearest units, `trips`
    their ways; `isochrones` the ground a unit reaches, `coverage` what all available ones do; `jointly` pairs many
    units with many places; `audit` finds what is wrong with the boundaries in force;
    `gazetteer` knows the region's names and addresses; `viewed` puts closer looks on record, `gave` commands that were
    refused or overrode."""

    link: BoardLink
    views: Views
    region: Region
    facts: Facts
    jurisdictions: Callable[[float, float, float], tuple[ServiceAnswer, ...]]
    borders: Callable[[float, float, float, float], tuple[Border, ...]]
    nearby: Nearby
    trips: TripsAside
    isochrones: IsochronesFrom
    coverage: CoverageDesk
    jointly: Jointly
    audit: AuditDesk
    gazetteer: Gazetteer
    viewed: Viewed
    gave: Gave
