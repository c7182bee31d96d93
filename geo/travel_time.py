"""How long a unit needs, without a street network.

Knows straight-line laws and how wrong they are. Refuses to know streets, traffic, where a unit is and who may
use it. Distances are metres, times seconds.

On roads `t = c * d ** b`: the longer the way, the more of it is driven on fast roads, so the time grows more
slowly than the distance. The constants were fitted in New York City and Porto; the middle 80 % of the errors
lie between -27 and +33 %, where a constant speed is biased by up to -52 %. It is an estimate for ranking, and
is labelled so. Boats and aircraft go straight at a constant speed after getting under way; those figures are
modelled, not fitted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class PowerLaw:
    """`start + c * metres ** b` seconds, off by `band` (0.3 = 30 %) either way."""

    c: float
    b: float
    label: str
    start: float = 0.0
    band: float = 0.3


@dataclass(frozen=True, slots=True)
class TravelTime:
    """An estimate in seconds with the range it should be read as, and how it was made, in words."""

    seconds: float
    method: str
    low: float
    high: float


class Mode(StrEnum):
    """What a unit travels on."""

    ROAD = "road"
    BOAT = "boat"
    AIR = "air"


NEW_YORK = PowerLaw(0.449, 0.808, "straight-line estimate, ±30 %")
"""The default: a large US city."""
PORTO = PowerLaw(1.82, 0.69, "straight-line estimate, ±30 %")
"""A European city: slower, most of all near by."""
_KNOT = 1852 / 3600
_BOAT = PowerLaw(1 / (25 * _KNOT), 1.0, "straight line at 25 kn, modelled, ±50 %", start=120.0, band=0.5)
_HELICOPTER = PowerLaw(1 / (120 * _KNOT), 1.0, "straight line at 120 kn, modelled, ±50 %", start=300.0, band=0.5)

_AFLOAT = frozenset({"BOAT", "FIREBOAT", "CUTTER", "VESSEL", "SHIP"})
_ALOFT = frozenset({"HELICOPTER", "AIRCRAFT", "AEROMEDICAL", "AIRPLANE"})


def mode_of(kind: str) -> Mode:
    """What a unit of this kind (`Unit.kind`, e.g. "RESCUE_BOAT") travels on; road unless a word says otherwise."""
    words = set(kind.upper().replace("-", "_").replace(" ", "_").split("_"))
    if words & _ALOFT:
        return Mode.AIR
    return Mode.BOAT if words & _AFLOAT else Mode.ROAD


def law_of(mode: Mode, road: PowerLaw = NEW_YORK) -> PowerLaw:
    """The straight-line law of what a unit travels on; `road` is the region's own where one was fitted."""
    return {Mode.ROAD: road, Mode.BOAT: _BOAT, Mode.AIR: _HELICOPTER}[mode]


def estimate(metres: float, mode: Mode = Mode.ROAD, road: PowerLaw = NEW_YORK) -> TravelTime:
    """Travel time over a straight-line distance; `road` is the region's own law where one was fitted.

    Raises ValueError for a distance that is negative or not a number.
    """
    if not 0.0 <= metres < math.inf:
        raise ValueError(f"{metres!r} m is not a distance; give metres from 0")
    law = law_of(mode, road)
    seconds = law.start + law.c * metres**law.b
    return TravelTime(seconds, law.label, seconds * (1 - law.band), seconds * (1 + law.band))
