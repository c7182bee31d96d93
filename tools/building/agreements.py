"""Mutual- and automatic-aid papers of a modelled region.

Knows who lends what to whom, by neighbourhood and discipline. Refuses to know how a clause is applied
(domain/agreement.py). Caps and modes are modelled on what automatic-aid papers commonly grant; none is a real paper.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from domain.agreement import Agreement, AidClause, AidMode
from domain.unit import Unit
from geo.modelled import Plane, neighbours
from tools.building.orgs import Org

SINCE = 1_767_225_600.0
"""2026-01-01T00:00Z."""
COLLISIONS = ("COLLISION_INJURY", "COLLISION", "HIGHWAY_COLLISION", "TRAFFIC_HAZARD", "PURSUIT")
WATER_TYPES = ("WATER_RESCUE", "VESSEL_IN_DISTRESS", "VESSEL_FIRE", "MISSING_BOATER")
FIRE_ROLES = ("city_fire", "county_fire")
LAW_ROLES = ("city_police", "sheriff")


class _Paper:
    """One agreement in the making. A clause is written only when the giver has such units."""

    def __init__(self, id_: str, title: str, able: dict[str, set[str]]) -> None:
        self.id, self.title, self._able = id_, title, able
        self.clauses: list[AidClause] = []

    def grant(
        self,
        giver: Org,
        receiver: Org,
        capabilities: Sequence[str],
        mode: AidMode,
        cap: int = 0,
        types: Sequence[str] = (),
    ) -> None:
        """The giver lends what it has of these capabilities."""
        own = tuple(each for each in capabilities if each in self._able.get(giver.id, ()))
        if not own or giver.id == receiver.id:
            return
        stem = f"{giver.id}-{receiver.id}-{own[0].lower().replace('_', '-')}"
        taken = {clause.id for clause in self.clauses}
        name = next(each for each in [stem, *(f"{stem}-{k}" for k in range(2, 99))] if each not in taken)
        self.clauses.append(AidClause(name, giver.id, receiver.id, mode, own, tuple(types), (), cap))

    def agreement(self) -> Agreement | None:
        """The paper, or None when it grants nothing."""
        parties = dict.fromkeys(party for clause in self.clauses for party in (clause.giver, clause.receiver))
        if not parties:
            return None
        return Agreement(self.id, self.title, tuple(sorted(parties)), tuple(self.clauses), SINCE, 0.0, True)


def agreements(
    orgs: Sequence[Org], units: Sequence[Unit], types: frozenset[str], names: dict[str, str], lands: dict[str, Any],
    coastal: frozenset[str], plane: Plane,
) -> list[Agreement]:  # fmt: skip
    """Every paper. `types` are the incident types with a plan, `names` the counties' by FIPS, `coastal` agency ids."""
    able: dict[str, set[str]] = {}
    for unit in units:
        able.setdefault(unit.agency, set()).update(unit.capabilities)
    papers: list[_Paper] = []

    def paper(id_: str, title: str) -> _Paper:
        papers.append(_Paper(id_, title, able))
        return papers[-1]

    def of(*roles: str, county: str | None = None) -> list[Org]:
        return [org for org in orgs if org.role in roles and county in (None, org.county)]

    auto, ask = AidMode.AUTOMATIC, AidMode.ON_REQUEST
    fire = of(*FIRE_ROLES)
    pairs = [(fire[a], fire[b]) for a, b in neighbours([org.area for org in fire], 2500.0, plane)]
    across = paper("regional-fire-mutual-aid", "Regional fire mutual aid")
    for county in sorted(names):
        title, stem = names[county], "-".join(names[county].lower().split())
        aid = paper(f"{stem}-fire-auto-aid", f"{title} automatic fire aid")
        for one, other in pairs:
            if one.county == other.county == county:
                for giver, receiver in ((one, other), (other, one)):
                    aid.grant(giver, receiver, ("ENGINE",), auto, 2)
                    aid.grant(giver, receiver, ("LADDER",), auto, 1)
                    aid.grant(giver, receiver, ("CHIEF", "RESCUE", "HAZMAT", "BRUSH", "WATER_TENDER"), auto, 2)
        joint = paper(f"{stem}-joint-response", f"{title} joint response")
        _joint(joint, of(*FIRE_ROLES, county=county), of(*LAW_ROLES, county=county), plane)
        ambulance = paper(f"{stem}-ambulance-contract", f"{title} ambulance contract")
        providers = of("ems", county=county)
        for provider in providers:
            for org in of(*FIRE_ROLES, *LAW_ROLES, county=county):
                ambulance.grant(provider, org, ("ALS", "BLS", "EMS_SUPERVISOR"), auto)
                ambulance.grant(org, provider, ("ENGINE", "LADDER") if org.role in FIRE_ROLES else ("PATROL",), auto, 4)
            for other in providers:
                ambulance.grant(provider, other, ("ALS", "BLS"), auto, 4)
        law = paper(f"{stem}-law-mutual-aid", f"{title} law enforcement mutual aid")
        for sheriff in of("sheriff", county=county):
            for police in of("city_police", county=county):
                law.grant(
                    sheriff, police, ("PATROL", "TACTICAL", "BOMB", "K9", "HELICOPTER", "PRISONER_TRANSPORT"), ask, 6
                )
                law.grant(police, sheriff, ("PATROL", "K9"), ask, 4)
    for one, other in pairs:
        if one.county != other.county:
            for giver, receiver in ((one, other), (other, one)):
                across.grant(giver, receiver, ("ENGINE",), auto, 1)
                across.grant(giver, receiver, ("LADDER", "HAZMAT", "RESCUE", "BRUSH"), ask, 2)
    ems = paper("regional-ambulance-mutual-aid", "Regional ambulance mutual aid")
    providers = of("ems")
    for a, b in neighbours([lands[org.id] for org in providers], 3000.0, plane):
        if providers[a].county != providers[b].county:
            ems.grant(providers[a], providers[b], ("ALS", "BLS"), ask, 4)
            ems.grant(providers[b], providers[a], ("ALS", "BLS"), ask, 4)
    _state(paper("highway-response", "Highway response"), of("highway_patrol", "transport"), orgs, types)
    _coast(paper("waterside-rescue", "Waterside rescue"), orgs, types, coastal)
    _services(paper("utility-support", "Utility and public works support"), orgs)
    _search(paper("search-and-emergency-management", "Search, rescue and emergency management support"), orgs)
    return [found for found in (each.agreement() for each in papers) if found is not None]


def _joint(paper: _Paper, fire: Iterable[Org], law: Sequence[Org], plane: Plane) -> None:
    """Fire and police that share ground send to each other's incidents."""
    fire = list(fire)
    together = {tuple(sorted(pair)) for pair in neighbours([org.area for org in [*fire, *law]], -300.0, plane)}
    for a, brigade in enumerate(fire):
        for b, force in enumerate(law, len(fire)):
            if (a, b) in together:
                paper.grant(
                    brigade, force, ("ENGINE", "LADDER", "RESCUE", "HAZMAT", "CHIEF", "BRUSH"), AidMode.AUTOMATIC, 6
                )
                paper.grant(force, brigade, ("PATROL",), AidMode.AUTOMATIC, 4)


def _state(paper: _Paper, state: Iterable[Org], orgs: Sequence[Org], types: frozenset[str]) -> None:
    """The state's cars go to anybody's collisions; local crews to the state's."""
    collisions = [code for code in COLLISIONS if code in types]
    patrols = list(state)
    lends = {"sheriff": ("PATROL", "HELICOPTER"), "ems": ("ALS", "BLS", "EMS_SUPERVISOR")}
    lends |= dict.fromkeys(FIRE_ROLES, ("ENGINE", "LADDER", "RESCUE", "CHIEF"))
    for org in patrols:
        for local in orgs:
            if local.role in LAW_ROLES:
                paper.grant(org, local, ("HIGHWAY_PATROL", "TRAFFIC_CONTROL"), AidMode.AUTOMATIC, 4, collisions)
            if org.role == "highway_patrol" and local.role in lends:
                paper.grant(local, org, lends[local.role], AidMode.AUTOMATIC, 4, collisions)
        for other in patrols:
            if other.role != org.role:
                paper.grant(org, other, ("TRAFFIC_CONTROL",), AidMode.AUTOMATIC, 4)


def _coast(paper: _Paper, orgs: Sequence[Org], types: frozenset[str], coastal: frozenset[str]) -> None:
    """Boats help each other on the water; ambulances and engines meet the coast guard ashore."""
    on_water = [code for code in WATER_TYPES if code in types]
    for guard in [org for org in orgs if org.role == "coast_guard"]:
        for local in orgs:
            if local.id in coastal and local.role in (*FIRE_ROLES, *LAW_ROLES):
                paper.grant(guard, local, ("WATER_RESCUE", "BOAT", "HELICOPTER"), AidMode.AUTOMATIC, 3, on_water)
                paper.grant(local, guard, ("BOAT", "ENGINE", "CHIEF", "PATROL"), AidMode.AUTOMATIC, 3, on_water)
            elif local.id in coastal and local.role == "ems":
                paper.grant(local, guard, ("ALS", "BLS"), AidMode.AUTOMATIC, 3, on_water)


def _services(paper: _Paper, orgs: Sequence[Org]) -> None:
    for crew in [org for org in orgs if org.role in ("utility", "public_works")]:
        for org in orgs:
            own_city = crew.role == "public_works" and org.towns[:1] == crew.towns[:1]
            if org.role in FIRE_ROLES and (crew.role == "utility" or own_city):
                paper.grant(crew, org, ("UTILITY_GAS", "UTILITY_ELECTRIC", "PUBLIC_WORKS"), AidMode.ON_REQUEST, 3)
            elif org.role == "emergency_management":
                paper.grant(crew, org, ("UTILITY_ELECTRIC", "UTILITY_GAS", "PUBLIC_WORKS"), AidMode.ON_REQUEST, 6)


def _search(paper: _Paper, orgs: Sequence[Org]) -> None:
    for team in [org for org in orgs if org.role == "sar"]:
        for sheriff in [org for org in orgs if org.role == "sheriff"]:
            paper.grant(team, sheriff, ("SAR",), AidMode.AUTOMATIC, 4)
    for office in [org for org in orgs if org.role == "emergency_management"]:
        for org in orgs:
            if org.county == office.county and org.role in (*FIRE_ROLES, "sheriff"):
                paper.grant(office, org, ("EM_COORDINATOR",), AidMode.ON_REQUEST)
                if org.role in FIRE_ROLES:
                    paper.grant(org, office, ("ENGINE",), AidMode.ON_REQUEST, 4)
