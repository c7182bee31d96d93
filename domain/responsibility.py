"""Who was responsible at an incident's place at its time, and what whoever works it should be warned of.

Knows how the answers of "who is responsible here?" are kept with an incident, which of them leads it, and which are a
warning. Refuses to know polygons (geo/jurisdiction.py) and how a warning is shown.

It is recorded once, with the report or the move: boundaries change, and what was known then must stay readable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from domain.agency import SERVICE_NAMES, Discipline, Service
from domain.jurisdiction import Area, ServiceAnswer, gaps

NOTIFY_METRES = 500.0
"""Agencies whose border lies so near are named with an incident: smoke, suspects and hose lines cross it."""

LEADING_SERVICES: dict[str, tuple[Service, ...]] = {
    Discipline.FIRE: (Service.FIRE,),
    Discipline.EMS: (Service.EMS, Service.FIRE),
    Discipline.LAW: (Service.POLICE, Service.SHERIFF, Service.HIGHWAY_PATROL),
    Discipline.COAST_GUARD: (Service.COAST_GUARD, Service.FIRE),
    Discipline.SAR: (Service.SHERIFF, Service.FIRE),
    Discipline.EMERGENCY_MANAGEMENT: (Service.EMERGENCY_MANAGEMENT,),
    Discipline.TRANSPORT: (Service.HIGHWAY_PATROL, Service.POLICE),
    Discipline.PUBLIC_WORKS: (Service.UTILITY, Service.FIRE),
    Discipline.UTILITY: (Service.UTILITY, Service.FIRE),
}
"""Which service's agency leads an incident of a discipline, the first that has one at the place."""
FALLBACK = (Service.FIRE, Service.SHERIFF, Service.COAST_GUARD, Service.HIGHWAY_PATROL, Service.EMS)


@dataclass(frozen=True, slots=True)
class ServiceHere:
    """One service at an incident's place: ids of the agencies, the most specific first, and names of their areas.

    No agency is a `gap` where nobody stands in either. `metres` is the distance to the nearest border that matters
    (None: far), `neighbours` the other agencies on whose boundary the place lies, `layer` and `effective` those of the
    first area.
    """

    service: Service
    agencies: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    gap: bool = False
    metres: float | None = None
    neighbours: tuple[str, ...] = ()
    layer: str = ""
    effective: str = ""
    modelled: bool = False

    @property
    def disputed(self) -> bool:
        """Several agencies claim it."""
        return len(self.agencies) > 1


@dataclass(frozen=True, slots=True)
class Responsibility:
    """All services at a place. `nearby` are further agencies to notify, nearest first; `edition` names the boundaries
    it was answered from ("" for those of the region pack)."""

    services: tuple[ServiceHere, ...] = ()
    nearby: tuple[str, ...] = ()
    edition: str = ""

    def find(self, service: Service) -> ServiceHere | None:
        """One service's answer, if the region has areas of it."""
        return next((here for here in self.services if here.service == service), None)


UNKNOWN = Responsibility()
"""Nobody was asked: an incident recorded before it was kept, or a board without boundaries."""


class Severity(StrEnum):
    """How much a warning weighs."""

    ALERT = "alert"
    """Nobody, or nobody for certain, is responsible for what the incident needs."""
    CAUTION = "caution"
    """More than one must know."""
    NOTE = "note"
    """How far the answer is to be trusted; it calls for nothing."""


@dataclass(frozen=True, slots=True)
class Warning:
    """One sentence for whoever works the incident."""

    severity: Severity
    text: str


def responsibility(
    answers: Iterable[ServiceAnswer], near: Iterable[tuple[float, Area]] = (), edition: str = ""
) -> Responsibility:
    """What is kept of the answers at a place; `near` are areas whose border is near, nearest first, with metres."""
    found = tuple(answers)
    missing = gaps(found)
    services = tuple(_here(answer, answer.service in missing) for answer in found)
    concerned = {agency for here in services for agency in (*here.agencies, *here.neighbours)}
    nearby = dict.fromkeys(area.agency for metres, area in near if area.agency not in concerned)
    return Responsibility(services, tuple(nearby), edition)


def leader(here: Responsibility, discipline: str) -> str:
    """The agency that leads an incident of a discipline at a place; "" when nobody there answers for anything."""
    leading = _leading(here, discipline)
    return leading.agencies[0] if leading else ""


def why_leader(here: Responsibility, discipline: str) -> str:
    """Why `leader` is the one, in words; a lead that is not certain is called provisional."""
    leading = _leading(here, discipline)
    if leading is None:
        return "nobody on file is responsible here"
    title = SERVICE_NAMES[leading.service]
    services = LEADING_SERVICES.get(discipline, ())
    if leading.service not in services and services:
        why = f"provisional: no agency on file for {SERVICE_NAMES[services[0]]} here; it answers for {title}"
    elif leading.disputed:
        return f"provisional: {title} is disputed here"
    else:
        return "responsible here"
    return f"{why}, which is disputed" if leading.disputed else why


def _leading(here: Responsibility, discipline: str) -> ServiceHere | None:
    asked = map(here.find, (*LEADING_SERVICES.get(discipline, ()), *FALLBACK))
    return next((one for one in asked if one is not None and one.agencies), None)


def warnings(here: Responsibility, discipline: str, name_of: Callable[[str], str] = str) -> tuple[Warning, ...]:
    """What to be warned of, the weightiest first; the services an incident of that discipline is led by come first.

    `name_of` turns an agency's id into what people call it.
    """
    leading = LEADING_SERVICES.get(discipline, ())
    ordered = sorted(here.services, key=lambda one: one.service not in leading[:1])
    alerts: list[str] = []
    nobody: dict[str, list[str]] = {}
    borders: dict[str, list[str]] = {}
    for one in ordered:
        title = SERVICE_NAMES[one.service]
        metres = f"{one.metres:.0f} m" if one.metres is not None else "near"
        if one.gap:
            nearest = f", {metres} to {_listed(one.neighbours, name_of)}" if one.neighbours else ""
            nobody.setdefault(nearest, []).append(title)
            continue
        if one.disputed:
            alerts.append(f"{title}: disputed, claimed by {_listed(one.agencies, name_of)}")
        if one.neighbours:
            sides = " / ".join(map(name_of, (*one.agencies, *one.neighbours)))
            borders.setdefault(metres, []).append(f"{title} {sides}")
    # A county line is the border of six services: it is one warning, not six.
    cautions = [f"On the boundary ({metres}): {'; '.join(sides)}" for metres, sides in borders.items()]
    alerts += [f"{', '.join(of)}: no agency on file is responsible here{near}" for near, of in nobody.items()]
    if here.services and not any(one.agencies or one.neighbours for one in here.services):
        alerts = ["Outside every area on file: nobody is known to be responsible here"]
    modelled = [SERVICE_NAMES[one.service] for one in ordered if one.modelled]
    which = "" if all(one.modelled for one in ordered if one.agencies) else f": {', '.join(modelled)}"
    notes = [f"Modelled areas, not official{which}"] if modelled else []
    weighed = ((Severity.ALERT, alerts), (Severity.CAUTION, cautions), (Severity.NOTE, notes))
    return tuple(Warning(severity, text) for severity, texts in weighed for text in texts)


def _here(answer: ServiceAnswer, gap: bool) -> ServiceHere:
    agencies = tuple(dict.fromkeys(area.agency for area in answer.areas))
    first = answer.areas[0] if answer.areas else None
    return ServiceHere(
        answer.service,
        agencies,
        tuple(dict.fromkeys(area.name for area in answer.areas if area.name)),
        gap,
        None if answer.boundary_metres is None else round(answer.boundary_metres, 1),
        tuple(dict.fromkeys(area.agency for area in answer.neighbours if area.agency not in agencies)),
        first.layer if first else "",
        first.effective if first else "",
        bool(first and first.modelled),
    )


def _listed(agencies: Iterable[str], name_of: Callable[[str], str]) -> str:
    names = [name_of(agency) for agency in agencies]
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
