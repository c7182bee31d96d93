"""What "who is responsible here?" answers.

Knows the shape of the answer. Refuses to know polygons (geo/jurisdiction.py finds them).
Per service: the responsible agency; all of them where polygons overlap (disputed); or a gap.
Within 30 m of a border the answer says "on the boundary of" both: in real call data about 8 % of
calls sit on boundary roads.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from domain.agency import Service

BOUNDARY_METRES = 30.0

STANDS_IN: dict[Service, tuple[Service, ...]] = {
    Service.POLICE: (Service.SHERIFF,),
    Service.SHERIFF: (Service.POLICE,),
    Service.COAST_GUARD: tuple(Service),
}
"""Services another answers for where they have no area: sheriff for police and the other way round; ashore
nobody misses the coast guard. Where neither answers it is a gap."""

_COMPASS = ("north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west")


@dataclass(frozen=True, slots=True)
class Area:
    """A jurisdiction polygon's own words: which service and agency, of which layer and edition.

    `effective` and `expiry` are ISO dates; expiry "" means until replaced.
    """

    service: Service
    agency: str
    name: str
    layer: str
    effective: str
    expiry: str = ""
    modelled: bool = False


@dataclass(frozen=True, slots=True)
class ServiceAnswer:
    """One service at one place. `areas` empty = a gap; more than one agency = disputed.

    `boundary_metres` is the distance to the nearest border of this service's layer (None when there is
    none near by); `neighbours` are the areas beyond it when it is within BOUNDARY_METRES.
    """

    service: Service
    areas: tuple[Area, ...]
    boundary_metres: float | None = None
    neighbours: tuple[Area, ...] = ()

    @property
    def gap(self) -> bool:
        """Nobody is responsible."""
        return not self.areas

    @property
    def disputed(self) -> bool:
        """Several agencies claim it."""
        return len({area.agency for area in self.areas}) > 1

    @property
    def on_boundary(self) -> bool:
        """So near a border of another agency that both must know."""
        return bool(self.neighbours)


@dataclass(frozen=True, slots=True)
class Border:
    """The nearest border of a service that matters at a place: of which area, how many metres away, and the bearing
    to it in degrees clockwise from true north (None on the border itself)."""

    service: Service
    metres: float
    bearing: float | None
    area: Area

    @property
    def way(self) -> str:
        """The bearing as one of eight points of the compass, in words; "" on the border."""
        return "" if self.bearing is None else _COMPASS[round(self.bearing / 45.0) % 8]


def stand_ins(answers: Iterable[ServiceAnswer]) -> dict[Service, Service]:
    """The services nobody answers for at a place, with the one that stands in, where one does."""
    found = tuple(answers)
    answered = [answer.service for answer in found if not answer.gap]
    stood_in: dict[Service, Service] = {}
    for answer in found:
        if answer.gap:
            others = [service for service in STANDS_IN.get(answer.service, ()) if service in answered]
            # Ashore nobody misses the coast guard, so nobody in particular stands in for it.
            if others and answer.service != Service.COAST_GUARD:
                stood_in[answer.service] = others[0]
    return stood_in


def gaps(answers: Iterable[ServiceAnswer]) -> frozenset[Service]:
    """The services nobody answers for at a place, and no other service stands in for."""
    found = tuple(answers)
    answered = {answer.service for answer in found if not answer.gap}
    return frozenset(
        answer.service
        for answer in found
        if answer.gap and not answered.intersection(STANDS_IN.get(answer.service, ()))
    )
