"""Travel times by streets: from many units to one place, and from one place outward.

Knows how a place meets the network, and how closures change it. Refuses to know how shortest times are found
(streets_engine.py), which pieces a closure closes (closures.py), and units.

A place off the streets goes straight to the nearest node: the first ON_STREET metres at the speed of a yard, the rest
on foot. Where every street of that node is closed, the nearest node with an open one is taken: crews stop at the tape.
Further than MOST_ACCESS metres from any, it is off the network.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from domain.closure import Closure
from geo.closures import PieceFinder
from geo.earth import chord, on_sphere
from geo.proximity import metres_to
from geo.streets_engine import NEVER, Hierarchy, engine_for
from geo.streets_network import Network

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

METHOD = "by streets, emergency factors, modelled, ±20 %"
BAND = 0.2
"""Modelled: there is no measured run to compare with where a region keeps no history."""

ON_STREET = 100.0
STREET_SPEED = 20 / 3.6
FOOT_SPEED = 6 / 3.6
MOST_ACCESS = 2000.0
SLOWED = 4.0
"""Times as long on a closed piece that emergency vehicles may pass; modelled."""
_NEAR = 64
"""Nodes looked at for one that is open."""

OFF_STREETS = "more than 2 km from any street of the network"
PLACE_OFF_STREETS = "the incident lies more than 2 km from any street of the network"
CUT_OFF = "no way by streets: closed or cut off"


@dataclass(frozen=True, slots=True)
class StreetTimes:
    """Seconds, parallel to the starts asked about; NaN where there is no way, with the reason by index."""

    seconds: Floats
    reasons: dict[int, str] = field(default_factory=dict)


class Router(Protocol):
    """What others build on: seconds by streets, with the method and the error band to be read with them."""

    @property
    def method(self) -> str:
        """In words, with the band."""

    @property
    def band(self) -> float:
        """0.2 for ±20 %."""

    @property
    def lons(self) -> Floats:
        """Longitudes of the nodes."""

    @property
    def lats(self) -> Floats:
        """Latitudes of the nodes."""

    def seconds_to(self, lon: float, lat: float, starts: npt.ArrayLike) -> Floats:
        """Seconds from each of `starts`, (n, 2) of lon, lat, to a place; NaN where there is no way."""

    def reach(self, lon: float, lat: float, limit_seconds: float) -> tuple[Ints, Floats]:
        """The nodes reached from a place within a time, and when; the nearest in time first."""

    def set_closures(self, closures: Iterable[Closure], when: float) -> int:
        """Close what these closures close at a board time, reopen the rest; how many pieces are closed now."""


class StreetRouter:
    """The Router of a network. May be asked from several threads; one at a time is served.

    `swift` says whether its answers take so little that a worker may wait for them: a millisecond for 500 units.
    `version` rises with every change of closures.
    """

    method = METHOD
    band = BAND

    def __init__(self, network: Network, order: npt.NDArray[Any] | None = None) -> None:
        """`order` is the hierarchy's, None for an engine without one."""
        self._network = network
        self.lons, self.lats = network.lons, network.lats
        count = network.lons.size
        self._engine = engine_for(count, network.tails, network.heads, network.millis, order)
        self.swift = isinstance(self._engine, Hierarchy)
        self._nodes = cKDTree(on_sphere(network.lons, network.lats), leafsize=32)
        self._finder = PieceFinder(network)
        by_piece = np.argsort(network.pieces, kind="stable")
        self._arcs_by_piece = by_piece
        self._arc_starts = np.searchsorted(network.pieces[by_piece], np.arange(network.metres.size + 1))
        self._out = np.bincount(network.tails, minlength=count)
        self._into = np.bincount(network.heads, minlength=count)
        self._known: dict[Closure, Ints] = {}
        self._changed: dict[int, int] = {}
        self._closed = 0
        self.version = 0
        self._lock = threading.RLock()

    def seconds_to(self, lon: float, lat: float, starts: npt.ArrayLike) -> Floats:
        """Seconds from each of `starts`, (n, 2) of lon, lat, to a place; NaN where there is no way."""
        return self.times_to(lon, lat, starts).seconds

    def times_to(self, lon: float, lat: float, starts: npt.ArrayLike) -> StreetTimes:
        """Like `seconds_to`, with the reason where there is no way."""
        places = np.asarray(starts, np.float64).reshape(-1, 2)
        seconds = np.full(len(places), np.nan)
        with self._lock:
            target, leg = self._snap(np.array([lon]), np.array([lat]), self._into)
            if target[0] < 0:
                return StreetTimes(seconds, dict.fromkeys(range(len(places)), PLACE_OFF_STREETS))
            nodes, legs = self._snap(places[:, 0], places[:, 1], self._out)
            on = np.flatnonzero(nodes >= 0)
            millis = self._engine.to_one(nodes[on], int(target[0])) if on.size else np.empty(0, np.int64)
        there = millis < NEVER
        seconds[on[there]] = millis[there] / 1000 + legs[on[there]] + leg[0]
        reasons = {int(index): OFF_STREETS for index in np.flatnonzero(nodes < 0)}
        reasons.update((int(index), CUT_OFF) for index in on[~there])
        return StreetTimes(seconds, reasons)

    def reach(self, lon: float, lat: float, limit_seconds: float) -> tuple[Ints, Floats]:
        """The nodes reached from a place within a time, and when; the nearest in time first."""
        with self._lock:
            start, leg = self._snap(np.array([lon]), np.array([lat]), self._out)
            left = (limit_seconds - leg[0]) * 1000
            if start[0] < 0 or not left >= 0:
                return np.empty(0, np.int64), np.empty(0)
            nodes, millis = self._engine.within(int(start[0]), int(min(left, NEVER - 1)))
        order = np.argsort(millis, kind="stable")
        return nodes[order], millis[order] / 1000 + leg[0]

    def reached(self, lon: float, lat: float, limit: float) -> tuple[Floats, Floats, Floats]:
        """Longitudes, latitudes and seconds of the nodes reached within `limit` seconds: what isochrones ask."""
        nodes, seconds = self.reach(lon, lat, limit)
        return self.lons[nodes], self.lats[nodes], seconds

    def shape_of(self, piece: int) -> tuple[Floats, Floats]:
        """Longitudes and latitudes along a piece of street."""
        at = slice(*self._network.shape_starts[piece : piece + 2].tolist())
        return self._network.shape_lons[at], self._network.shape_lats[at]

    def warm(self) -> None:
        """Ask once, so that what is compiled at the first question is compiled."""
        self.reach(float(self.lons[0]), float(self.lats[0]), 1.0)

    def set_closures(self, closures: Iterable[Closure], when: float) -> int:
        """Close what these closures close at a board time, reopen the rest; how many pieces are closed now.

        Takes effect before it returns. Where a closure that lets emergency vehicles pass meets one that does not, the
        piece is closed.
        """
        standing = [closure for closure in closures if closure.stands(when)]
        if len(standing) == len(self._known) and all(closure in self._known for closure in standing):
            return self._closed
        with self._lock:
            self._close(standing)
        return self._closed

    def _close(self, standing: list[Closure]) -> None:
        new = [closure for closure in standing if closure not in self._known]
        known = {**self._known, **dict(zip(new, self._finder.closed_by(new), strict=True))}
        self._known = {closure: known[closure] for closure in standing}
        shut, slow = set[int](), set[int]()
        for closure, pieces in self._known.items():
            (slow if closure.passable else shut).update(pieces.tolist())
        millis = self._network.millis
        now: dict[int, int] = dict.fromkeys(self._arcs_of(shut), NEVER)
        for arc in self._arcs_of(slow - shut):
            now[arc] = min(round(int(millis[arc]) * SLOWED), NEVER - 1)
        changes = {arc: int(millis[arc]) for arc in self._changed if arc not in now}
        changes.update((arc, value) for arc, value in now.items() if self._changed.get(arc) != value)
        self._count_open(changes)
        self._engine.change(changes)
        self._changed = now
        self._closed = len(shut | slow)
        self.version += 1

    def _arcs_of(self, pieces: Iterable[int]) -> list[int]:
        return [
            int(arc)
            for piece in pieces
            for arc in self._arcs_by_piece[self._arc_starts[piece] : self._arc_starts[piece + 1]]
        ]

    def _count_open(self, changes: dict[int, int]) -> None:
        """Keep how many open arcs leave and enter each node."""
        for arc, value in changes.items():
            before, after = self._changed.get(arc) == NEVER, value == NEVER
            if before != after:
                step = 1 if before else -1
                self._out[self._network.tails[arc]] += step
                self._into[self._network.heads[arc]] += step

    def _snap(self, lons: Floats, lats: Floats, open_arcs: Ints) -> tuple[Ints, Floats]:
        """For each place the node it goes by and the seconds of the straight leg; -1 and NaN off the network."""
        places = np.isfinite(lons) & np.isfinite(lats)
        nodes = np.full(lons.size, -1, np.int64)
        if places.any():
            points = on_sphere(lons[places], lats[places])
            found = self._nodes.query(points, distance_upper_bound=chord(MOST_ACCESS))[1]
            found = np.where(found < self.lons.size, found, -1)
            for at in np.flatnonzero((found >= 0) & (open_arcs[found] == 0)):
                found[at] = self._nearest_open(points[at], open_arcs)
            nodes[places] = found
        metres = metres_to(lons, lats, self.lons[nodes], self.lats[nodes])
        seconds = np.minimum(metres, ON_STREET) / STREET_SPEED + np.maximum(metres - ON_STREET, 0.0) / FOOT_SPEED
        off = (nodes < 0) | (metres > MOST_ACCESS)
        nodes[off], seconds[off] = -1, np.nan
        return nodes, seconds

    def _nearest_open(self, point: Floats, open_arcs: Ints) -> int:
        asked = _NEAR
        while True:
            most = min(asked, self.lons.size)
            distances, near = self._nodes.query(point, k=most, distance_upper_bound=chord(MOST_ACCESS))
            near = np.atleast_1d(near)[np.isfinite(np.atleast_1d(distances))]
            fit = near[open_arcs[near] > 0]
            if fit.size:
                return int(fit[0])
            if near.size < most or most == self.lons.size:
                return -1
            asked *= 8
