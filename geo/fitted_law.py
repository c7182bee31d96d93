"""The straight-line law of a region, fitted from its own history and kept in its pack.

Knows how `t = c * d ** b` is fitted so that odd runs do not bend it, how wrong it is on days it never saw, and the file
it is kept in. Refuses to know where runs come from.

The fit is the line through logarithms of distance and time with the least sum of absolute errors (a median, found by
reweighting), so half the runs are slower and half faster, and a run with a forgotten button pulls no harder than any
other. Runs outside MIN..MAX are not believed at all. Every HELD_OUT-th day is kept apart; on those days the relative
errors' 10th and 90th percentile are measured, and the larger of the two, rounded up to 5 %, is the band.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from domain.errors import BadRegion
from domain.problem import Problem
from geo.travel_time import PowerLaw

TRAVEL = "travel.toml"
"""The law's file in a region pack."""

MIN_RUNS = 300
MIN_HELD_OUT = 100
MIN_DAYS = 5
"""Fewer runs, fewer on days kept apart, fewer days: no law is fitted."""
HELD_OUT = 4
MIN_METRES, MAX_METRES = 200.0, 50_000.0
MIN_SECONDS, MAX_SECONDS = 20.0, 3600.0
MAX_SPEED = 40.0
"""Metres per second as the crow flies."""
_ROUNDS = 60

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Run:
    """One unit's way to one incident: straight-line metres, seconds from en route to on scene, and the day."""

    metres: float
    seconds: float
    day: str


@dataclass(frozen=True, slots=True)
class Fit:
    """A law with what it rests on. `low` and `high` are the 10th and 90th percentile of (true - said) / said on the
    days kept apart."""

    c: float
    b: float
    band: float
    low: float
    high: float
    runs: int
    held_out: int
    first_day: str
    last_day: str

    @property
    def law(self) -> PowerLaw:
        """The law, labelled with all of it."""
        label = (
            f"straight-line estimate, fitted to {self.runs} runs {self.first_day} to {self.last_day},"
            f" ±{self.band * 100:.0f} %"
        )
        return PowerLaw(self.c, self.b, label, band=self.band)


def fit(runs: Sequence[Run]) -> Fit:
    """The law of some runs. Raises BadRegion where they are too few, saying how many there are and must be."""
    kept = [run for run in runs if _believed(run)]
    days = sorted({run.day for run in kept})
    apart = set(days[HELD_OUT - 1 :: HELD_OUT])
    fitted = [run for run in kept if run.day not in apart]
    held_out = [run for run in kept if run.day in apart]
    if len(fitted) < MIN_RUNS or len(held_out) < MIN_HELD_OUT or len(days) < MIN_DAYS:
        raise BadRegion(
            f"{len(kept)} usable runs of {len(runs)} on {len(days)} days, {len(held_out)} of them on days kept apart;"
            f" a law needs {MIN_RUNS} and {MIN_HELD_OUT} on at least {MIN_DAYS} days: collect more history"
        )
    c, b = _median_line(*_columns(fitted))
    low, high = errors_of(c, b, held_out)
    band = max(0.05, math.ceil(max(-low, high) * 20 - 1e-9) / 20)
    return Fit(c, b, band, low, high, len(fitted), len(held_out), days[0], days[-1])


def errors_of(c: float, b: float, runs: Sequence[Run]) -> tuple[float, float]:
    """The 10th and 90th percentile of (true - said) / said of a law on the runs that are believed."""
    metres, seconds = _columns([run for run in runs if _believed(run)])
    said = c * metres**b
    low, high = np.quantile((seconds - said) / said, (0.1, 0.9))
    return float(low), float(high)


def toml_of(found: Fit) -> str:
    """The law as `travel.toml`."""
    return "\n".join(
        (
            "# The region's own straight-line law of travel: seconds = c * metres ** b.",
            "# Written by `python -m tools region fit-travel`; delete the file to go back to the general one.",
            "[road]",
            f"c = {found.c:.6f}",
            f"b = {found.b:.6f}",
            f"band = {found.band:.2f}",
            f"low = {found.low:.3f}",
            f"high = {found.high:.3f}",
            f"runs = {found.runs}",
            f"held_out = {found.held_out}",
            f'first_day = "{found.first_day}"',
            f'last_day = "{found.last_day}"',
            "",
        )
    )


def find_law(pack: Path) -> PowerLaw | None:
    """The law a pack keeps; None where it keeps none. Raises BadRegion for a file that cannot be used."""
    path = pack / TRAVEL
    if not path.is_file():
        return None
    try:
        road = tomllib.loads(path.read_text(encoding="utf-8"))["road"]
        c, b, band, low, high = (float(road[name]) for name in ("c", "b", "band", "low", "high"))
        runs, held_out = (int(road[name]) for name in ("runs", "held_out"))
        found = Fit(c, b, band, low, high, runs, held_out, str(road["first_day"]), str(road["last_day"]))
    except (OSError, ValueError, KeyError, TypeError) as wrong:
        raise BadRegion(f"{TRAVEL}: cannot be used ({wrong}); fit it again or delete it") from wrong
    if not (0 < found.c < 100 and 0.2 < found.b < 2 and 0 < found.band <= 5):
        raise BadRegion(f"{TRAVEL}: c {found.c}, b {found.b}, band {found.band} are no law; fit it again or delete it")
    return found.law


def check_law(pack: Path) -> list[Problem]:
    """What is wrong with a pack's law; empty for a pack without one."""
    try:
        find_law(pack)
    except BadRegion as wrong:
        return [Problem(TRAVEL, None, str(wrong).removeprefix(f"{TRAVEL}: "))]
    return []


def _believed(run: Run) -> bool:
    return (
        MIN_METRES <= run.metres <= MAX_METRES
        and MIN_SECONDS <= run.seconds <= MAX_SECONDS
        and run.metres / run.seconds <= MAX_SPEED
    )


def _columns(runs: Sequence[Run]) -> tuple[Floats, Floats]:
    return np.array([run.metres for run in runs]), np.array([run.seconds for run in runs])


def _median_line(metres: Floats, seconds: Floats) -> tuple[float, float]:
    x, y = np.log(metres), np.log(seconds)
    weights = np.ones(x.size)
    slope, height = 0.0, 0.0
    for _ in range(_ROUNDS):
        middle_x, middle_y = np.average(x, weights=weights), np.average(y, weights=weights)
        spread = np.sum(weights * (x - middle_x) ** 2)
        slope = float(np.sum(weights * (x - middle_x) * (y - middle_y)) / spread) if spread > 0 else 1.0
        height = float(middle_y - slope * middle_x)
        weights = 1.0 / np.maximum(np.abs(y - height - slope * x), 1e-4)
    return math.exp(height), slope
