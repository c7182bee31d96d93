"""How far and how long: units to one place, for the recommendation.

Knows the ways to find a travel time and which is taken when. Refuses to know capabilities, statuses and agreements.

An engine outside this process is asked first where one is set, then the region's own streets, then the straight-line
law, which always answers. Every trip says by its method which of them it was, and why it was not a better one. Boats
and aircraft go by their own laws.
"""

from __future__ import annotations

import asyncio
import logging
import math
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from domain.closure import Closure
from domain.errors import BadStreets
from domain.response import Start, Trip
from geo.external_times import EngineFailed
from geo.proximity import metres_to, nearest
from geo.streets_router import CUT_OFF, StreetRouter, StreetTimes
from geo.streets_store import find_router, router_aside
from geo.travel_time import NEW_YORK, Mode, PowerLaw, estimate, mode_of

Floats = npt.NDArray[np.float64]
_log = logging.getLogger(__name__)

NO_STREETS_YET = "streets not ready yet"
AT_ONCE = 4
"""Questions an engine outside is asked side by side; a queue in the thread pool would count against its time-out."""
LOOK_EVERY = 1.0
"""Seconds between two looks at the closures for those who are told of changes; who asks for times looks by itself."""
UNUSABLE = "the street extract cannot be used"
REST = 15.0
"""Seconds an engine that failed is left alone: nobody waits for its time-out at every question."""


class External(Protocol):
    """An engine outside this process."""

    method: str

    async def seconds_to(self, lon: float, lat: float, starts: Floats) -> Floats:
        """Seconds from each of `starts`, (n, 2) of lon, lat, to a place; NaN where it finds no way. EngineFailed."""


class Travel:
    """Finds trips by the best way there is; a `domain.response.TripsAside`."""

    def __init__(
        self,
        road: PowerLaw = NEW_YORK,
        external: External | None = None,
        closures: Callable[[], Iterable[Closure]] = tuple,
        now: Callable[[], float] = lambda: 0.0,
    ) -> None:
        """`closures` are the board's, `now` is board time: both are looked at before every answer by streets."""
        self.road = road
        self._external = external
        self._closures = closures
        self._now = now
        self._router: StreetRouter | None = None
        self._waiting = ""
        self._failed = ""
        self._rests_until = -math.inf
        self._at_once = asyncio.Semaphore(AT_ONCE)

    @property
    def road_method(self) -> str:
        """How times on roads are found at the moment, in words, with the error band."""
        router = self._router
        return router.method if router else _because(self.road.label, self._waiting)

    def find_streets(self) -> StreetRouter | None:
        """The street router with the closures as they stand now; None while there is none."""
        router = self._router
        if router is not None:
            router.set_closures(self._closures(), self._now())
        return router

    def use_streets(self, router: StreetRouter) -> None:
        """Take on a router."""
        self._waiting = ""
        self._router = router

    async def follow(self, changed: Callable[[StreetRouter], None]) -> None:
        """Tell, in a thread, whenever streets came or their closures changed, until cancelled."""
        told: tuple[StreetRouter, int] | None = None
        while True:
            router = await asyncio.to_thread(self.find_streets)
            if router is not None and told != (router, router.version):
                told = router, router.version
                await asyncio.to_thread(changed, router)
            await asyncio.sleep(LOOK_EVERY)

    def begin(self, extract: Path, store: Path) -> threading.Thread | None:
        """Take on the streets of an extract: at once when its network is kept in `store`, else when it is built.

        For before a worker serves. The building goes on in a process of its own, waited for by the thread returned; an
        extract that cannot be used is a line in the log, and the law answers.
        """
        try:
            router = find_router(extract, store)
        except BadStreets as wrong:
            _log.error("travel times stay straight-line: %s", wrong)
            self._waiting = UNUSABLE
            return None
        if router is not None:
            router.warm()
            self.use_streets(router)
            return None
        self._waiting = NO_STREETS_YET

        def build() -> None:
            built = router_aside(extract, store)
            if built is None:
                self._waiting = UNUSABLE
                return
            built.warm()
            self.use_streets(built)

        thread = threading.Thread(target=build, name="streets", daemon=True)
        thread.start()
        return thread

    async def __call__(self, lon: float, lat: float, starts: Sequence[Start]) -> list[Trip]:
        """A trip for each of `starts` to a place, in their order."""
        if not starts:
            return []
        places = np.array([(start.lon, start.lat) for start in starts], dtype=np.float64)
        metres = metres_to(lon, lat, places[:, 0], places[:, 1])
        driving = [index for index, start in enumerate(starts) if mode_of(start.kind) is Mode.ROAD]
        seconds, methods, why = await self._driven(lon, lat, places[driving])
        by_road = {index: place for place, index in enumerate(driving)}
        trips = []
        for index, start in enumerate(starts):
            far = float(metres[index])
            place = by_road.get(index)
            if place is not None and not math.isnan(seconds[place]):
                trips.append(Trip(index, far, float(seconds[place]), methods))
            elif place is not None and why.get(place) == CUT_OFF:
                trips.append(Trip(index, far, math.inf, CUT_OFF))
            else:
                time = estimate(far, mode_of(start.kind), self.road)
                reason = why.get(place, "") if place is not None else ""
                trips.append(Trip(index, far, time.seconds, _because(time.method, reason)))
        return trips

    async def _driven(self, lon: float, lat: float, starts: Floats) -> tuple[Floats, str, dict[int, str]]:
        """Seconds by the best engine, its method, and why the law must do (for those that are NaN)."""
        failed = ""
        if self._external is not None and len(starts):
            async with self._at_once:
                clock = asyncio.get_running_loop().time
                if clock() >= self._rests_until:
                    try:
                        return await self._external.seconds_to(lon, lat, starts), self._external.method, {}
                    except EngineFailed as wrong:
                        _log.warning("%s", wrong)
                        self._failed = wrong.short
                        self._rests_until = clock() + REST
                failed = self._failed
        router = self.find_streets()
        if router is not None and len(starts):
            found = await self._by_streets(router, lon, lat, starts)
            return found.seconds, _because(router.method, failed), found.reasons
        reason = failed or self._waiting
        return np.full(len(starts), np.nan), "", dict.fromkeys(range(len(starts)), reason)

    @staticmethod
    async def _by_streets(router: StreetRouter, lon: float, lat: float, starts: Floats) -> StreetTimes:
        if router.swift:
            await asyncio.sleep(0)  # many incidents asked about together let others in between
            return router.times_to(lon, lat, starts)
        return await asyncio.to_thread(router.times_to, lon, lat, starts)


def trips_to(lon: float, lat: float, starts: Sequence[tuple[str, float, float]], most: int) -> list[Trip]:
    """The trips from the `most` nearest of `starts` (unit kind, lon, lat) to a place by the law, nearest first."""
    if not starts:
        return []
    places = np.array([(start[1], start[2]) for start in starts], dtype=np.float64)
    indices, metres = nearest(lon, lat, places[:, 0], places[:, 1], most)
    trips = []
    for index, distance in zip(indices.tolist(), metres.tolist(), strict=True):
        time = estimate(distance, mode_of(starts[index][0]))
        trips.append(Trip(index, float(distance), float(time.seconds), time.method))
    return trips


def _because(method: str, reason: str) -> str:
    return f"{method}; {reason}" if reason else method
