"""How long things take a crew: turnout, on scene, at the hospital.

Knows distributions. Refuses to know who is waiting. Seconds throughout.

Medians and spreads of fire engines and ambulances are from the San Francisco Fire Department's calls of 7 to 20
April 2020 (DataSF): turnout of engines 77 s (10 to 90 %: 18 to 134), of ambulances already on the road 7 s (3 to 47);
on scene without transport 510 s for engines (114 to 1396); on scene before transport 1009 s (479 to 1802); at the
hospital 2209 s (1607 to 3419), halved here so that a watcher sees ambulances come free. Police and other crews' times
are assumed.
"""

from __future__ import annotations

import math
import random

from domain.response_plan import ResponsePlan
from domain.unit import Unit

CARRYING_SHARE = 0.68
"""Medical calls that end in a transport: 2,844 of 4,227 in the same calls."""
ARREST_SHARE = 0.05
"""Police calls that end with a ride to jail (assumed)."""

_TURNOUT = {"fire": (77.0, 0.5), "ems": (35.0, 0.6), "law": (10.0, 0.6), "other": (90.0, 0.5)}
_SCENE = {"fire": (510.0, 0.7), "ems": (1009.0, 0.45), "law": (900.0, 0.6), "other": (1500.0, 0.5)}
_DESTINATION = (1100.0, 0.3)
LONG_SCENES = {
    "STRUCTURE_FIRE": 4.0, "HIGH_RISE_FIRE": 5.0, "WILDLAND_FIRE": 5.0, "HAZMAT": 4.0, "TECHNICAL_RESCUE": 3.0,
    "WATER_RESCUE": 2.5, "MASS_CASUALTY": 4.0, "BARRICADED_PERSON": 5.0, "BOMB_THREAT": 4.0, "MISSING_PERSON": 3.0,
    "SHOOTING": 3.0, "FLOOD": 3.0, "SUSPICIOUS_PERSON": 0.6, "WELFARE_CHECK": 0.7, "TRAFFIC_HAZARD": 0.7,
    "FIRE_ALARM": 0.8,
}  # fmt: skip
"""Factors on the time at scene by incident type (assumed)."""


def trade(unit: Unit) -> str:
    """fire, ems, law or other: what the times above go by."""
    kind = unit.kind
    if kind.startswith("AMBULANCE") or kind == "EMS_SUPERVISOR":
        return "ems"
    if {"PATROL", "HIGHWAY_PATROL", "K9", "PRISONER_TRANSPORT"} & set(unit.capabilities):
        return "law"
    if {"ENGINE", "LADDER", "CHIEF", "RESCUE", "BRUSH", "COMMAND"} & set(unit.capabilities):
        return "fire"
    return "other"


def acknowledge(rng: random.Random) -> float:
    """From dispatch to the crew's answer."""
    return rng.uniform(4, 18)


def turnout(unit: Unit, rng: random.Random) -> float:
    """From the crew's answer to rolling wheels."""
    return _around(*_TURNOUT[trade(unit)], rng)


def on_scene(unit: Unit, plan: ResponsePlan | None, rng: random.Random) -> float:
    """From arrival to leaving, with or without a patient."""
    return _around(*_SCENE[trade(unit)], rng) * (LONG_SCENES.get(plan.code, 1.0) if plan else 1.0)


def at_destination(rng: random.Random) -> float:
    """From arrival at the hospital or jail until free again."""
    return _around(*_DESTINATION, rng)


def carries(unit: Unit, plan: ResponsePlan | None, rng: random.Random) -> str:
    """Where the unit takes somebody: "hospital", "jail" or "" for nowhere."""
    if plan is None:
        return ""
    if unit.kind.startswith("AMBULANCE"):
        return "hospital" if plan.transports and rng.random() < CARRYING_SHARE else ""
    if unit.kind == "PRISONER_TRANSPORT":
        return "jail"
    if "PATROL" in unit.capabilities and plan.discipline == "law":
        return "jail" if rng.random() < ARREST_SHARE else ""
    return ""


def _around(median: float, spread: float, rng: random.Random) -> float:
    """A log-normal time, cut at four times the median either way."""
    return median * min(4.0, max(0.25, math.exp(rng.gauss(0.0, spread))))
