"""When calls come, what they are about and from where.

Knows rates, the hours' profile, the mix of types and where people live. Refuses to know who is sent.

How many. Fire and medical calls: 5,292 in 14 days (San Francisco Fire Department, 7 to 20 April 2020, DataSF) among
about 880,000 people are 0.43 calls per 1,000 people a day; the profile of the hours is counted from the same calls.
Police calls are several times as many; 0.9 are assumed here. SHARE of all that is simulated: the whole of it would
be some 270 calls an hour among five million people, more than anybody can follow on a screen; SHARE of it keeps
some 25 to 60 incidents open. `surge` raises it.

What. WEIGHTS are by incident type within its discipline. For the medical and fire types they follow the order of
call types in the same calls (80 % medical, 7 % alarms, 3 % outside fires, 2 % structure fires); for police and the rest
they are assumed. A type not named gets FEW.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping

from domain.agency import Agency, Discipline
from domain.board import Board
from domain.commands import ReportIncident
from domain.region import Place, Region
from domain.response_plan import ResponsePlan
from domain.rules import Facts
from tools.simulator.asks import Ask, call_taker_of
from tools.simulator.ground import moved
from tools.simulator.texts import OPENINGS, address, caller, choose

FIRE_AND_EMS_DAILY = 0.43
LAW_DAILY = 0.9
"""Calls per 1,000 people a day; see above."""
SHARE = 0.22

HOURS = (
    148, 135, 130, 125, 105, 86, 117, 156, 176, 226, 281, 297,
    322, 317, 292, 300, 326, 290, 308, 294, 297, 218, 175, 171,
)  # fmt: skip
"""Calls received in each local hour of those 14 days."""

FEW = 3.0
WEIGHTS: Mapping[str, float] = {
    "SICK_PERSON": 140, "FALL": 90, "BREATHING_PROBLEM": 60, "CHEST_PAIN": 50, "UNCONSCIOUS": 35, "TRAUMA": 30,
    "OVERDOSE": 14, "STROKE": 14, "CARDIAC_ARREST": 9, "MASS_CASUALTY": 0.2,
    "FIRE_ALARM": 39, "OUTSIDE_FIRE": 15, "PUBLIC_ASSIST": 11, "STRUCTURE_FIRE": 10, "GAS_LEAK": 4,
    "SMOKE_INVESTIGATION": 4, "WIRES_DOWN": 3, "VEHICLE_FIRE": 3, "TECHNICAL_RESCUE": 1, "WATER_RESCUE": 1,
    "WILDLAND_FIRE": 1.5, "HAZMAT": 1, "HIGH_RISE_FIRE": 0.6,
    "DISTURBANCE": 170, "SUSPICIOUS_PERSON": 150, "WELFARE_CHECK": 130, "TRAFFIC_HAZARD": 80, "BURGLARY": 60,
    "COLLISION": 70, "COLLISION_INJURY": 30, "HIGHWAY_COLLISION": 20, "ASSAULT": 30, "DOMESTIC_VIOLENCE": 25,
    "ROBBERY": 12, "MISSING_PERSON": 10, "SUICIDE_THREAT": 8, "CHILD_IN_DANGER": 4, "SEXUAL_ASSAULT": 2,
    "SHOOTING": 2, "PURSUIT": 2, "BOMB_THREAT": 0.5, "BARRICADED_PERSON": 0.5, "OFFICER_DOWN": 0.2,
    "POWER_OUTAGE": 6, "FLOOD": 1, "VESSEL_IN_DISTRESS": 3, "MISSING_BOATER": 1, "VESSEL_FIRE": 0.5,
    # Plans of a region made from DataSF's files carry the call types' own names.
    "MEDICAL_INCIDENT": 423, "ALARMS": 39, "OTHER": 12, "CITIZEN_ASSIST_SERVICE_CALL": 11, "TRAFFIC_COLLISION": 9,
}  # fmt: skip

_FITTING: Mapping[str, tuple[str, ...]] = {
    Discipline.FIRE: (Discipline.FIRE,),
    Discipline.EMS: (Discipline.EMS, Discipline.FIRE),
    Discipline.LAW: (Discipline.LAW,),
    Discipline.COAST_GUARD: (Discipline.COAST_GUARD,),
}
"""Which disciplines may lead where a call of a discipline comes from; any but the coast guard for the rest."""
PLACE_TRIES = 40


class Calls:
    """The stream of calls of a region. `serial` is the last number the board gave out when the stream begins."""

    def __init__(self, region: Region, facts: Facts, rng: random.Random, surge: float, serial: int = 0) -> None:
        self._facts = facts
        self._rng = rng
        self._agencies = {agency.id: agency for agency in region.agencies}
        self._plans = [plan for plan in region.plans if _weight(plan) > 0]
        self._weights = _mix(self._plans)
        self._places = [place for place in region.places if place.population > 0] or _stations_as_places(region)
        self._populations = [place.population for place in self._places]
        self._harbours = [Place(s.name, s.lon, s.lat, 1) for s in region.stations if s.kind == "harbour"]
        daily = (FIRE_AND_EMS_DAILY + LAW_DAILY) * sum(self._populations) / 1000 * SHARE * surge
        self._per_second = daily / 86400
        self._serial = serial
        self._next = 0.0

    def rate(self, when: float) -> float:
        """Calls a second expected at a time."""
        return self._per_second * HOURS[self._facts.local_hour(when)] * 24 / sum(HOURS)

    def asks(self, now: float, board: Board) -> Iterator[Ask]:
        """The calls that have come in by now."""
        if not self._per_second or not self._plans or not self._places:
            return
        if not self._next:
            self._next = now + self._pause(now)
        while self._next <= now:
            ask = self._call(now)
            self._next += self._pause(self._next)
            if ask is not None:
                yield ask

    def _pause(self, when: float) -> float:
        return self._rng.expovariate(self.rate(when))

    def _call(self, now: float) -> Ask | None:
        plan = self._rng.choices(self._plans, self._weights)[0]
        found = self._somewhere(plan, now)
        if found is None:
            return None
        lon, lat, place, leader = found
        self._serial += 1
        report = ReportIncident(
            type=plan.code,
            lon=round(lon, 6),
            lat=round(lat, 6),
            address=address(place, self._rng),
            caller=caller(self._rng),
            note=choose(OPENINGS, plan.discipline, self._rng) if self._rng.random() < 0.7 else "",
            external_id=f"sim-{self._serial}",
        )
        return Ask(call_taker_of(leader), report)

    def _somewhere(self, plan: ResponsePlan, now: float) -> tuple[float, float, str, Agency] | None:
        """A place where somebody leads such calls; None when chance finds none."""
        afloat = plan.discipline == Discipline.COAST_GUARD
        places = self._harbours if afloat else self._places
        if not places:
            return None
        fitting = _FITTING.get(plan.discipline)
        for _ in range(PLACE_TRIES):
            place = self._rng.choices(places, None if afloat else self._populations)[0]
            reach = 2500.0 if afloat else spread(place.population)
            lon, lat = moved(place.lon, place.lat, self._rng.gauss(0, reach), self._rng.gauss(0, reach))
            leader = self._agencies.get(self._facts.leader_at(lon, lat, now, plan.discipline))
            if leader is None:
                continue
            if leader.discipline in fitting if fitting else leader.discipline != Discipline.COAST_GUARD:
                return lon, lat, place.name, leader
        return None


def spread(population: int) -> float:
    """Metres (one standard deviation) round a place's centre within which its people live.

    Modelled: half the radius of a circle holding them at 2,500 people per km2, from 300 m to 4 km.
    """
    return min(4000.0, max(300.0, 500.0 * math.sqrt(population / 2500.0 / math.pi)))


def _weight(plan: ResponsePlan) -> float:
    return WEIGHTS.get(plan.code, FEW)


def _mix(plans: list[ResponsePlan]) -> list[float]:
    """Weights of the plans such that police calls come as often against the rest as the daily figures say."""
    law = sum(_weight(plan) for plan in plans if plan.discipline == Discipline.LAW)
    rest = sum(_weight(plan) for plan in plans) - law
    scale_law = LAW_DAILY / law if law else 0.0
    scale_rest = FIRE_AND_EMS_DAILY / rest if rest else 0.0
    return [_weight(plan) * (scale_law if plan.discipline == Discipline.LAW else scale_rest) for plan in plans]


def _stations_as_places(region: Region) -> list[Place]:
    """A pack without places: calls come from round its stations, 20,000 people each."""
    return [Place("", s.lon, s.lat, 20_000) for s in region.stations if s.kind == "station"]
