"""Shortest times over a street network: from many nodes to one, and from one to all within a limit.

Knows three ways to find them, and which are installed. Refuses to know places, pieces and closures: it is told the
milliseconds of arcs. Every engine gives the same answers, which a test compares:

- a customizable contraction hierarchy (routingkit-cch): half a millisecond for 500 nodes to one, once it is made;
- Dijkstra compiled by numba, which stops when everybody asked for is reached;
- scipy's Dijkstra, where neither is.

Why these: docs/decisions/0016-street-engines.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph

Ints = npt.NDArray[np.int64]

NEVER = 2**31 - 1
"""Milliseconds of an arc that is closed, and of a node that is not reached; RoutingKit's own word for it."""
MANY_CHANGES = 1500
"""So many changed arcs cost a hierarchy as much as taking all times anew."""


class Engine(Protocol):
    """Shortest times in milliseconds over arcs whose times may change."""

    def to_one(self, origins: Ints, target: int) -> Ints:
        """From each of `origins` (nodes) to a node; NEVER where there is no way."""

    def within(self, origin: int, limit: int) -> tuple[Ints, Ints]:
        """The nodes reached from a node within `limit` milliseconds, and when."""

    def change(self, millis: Mapping[int, int]) -> None:
        """Give arcs (by index) new times; NEVER closes one."""


class Scipy:
    """scipy's Dijkstra: always there, tens of milliseconds on a city."""

    def __init__(self, count: int, tails: Ints, heads: Ints, millis: Ints) -> None:
        self._count, self._tails, self._heads, self._millis = count, tails, heads, millis.copy()
        self._graph: Any = None

    def to_one(self, origins: Ints, target: int) -> Ints:
        """From each of `origins` to a node."""
        return self._all(target, backward=True, limit=np.inf)[origins]

    def within(self, origin: int, limit: int) -> tuple[Ints, Ints]:
        """The nodes reached from a node within `limit` milliseconds, and when."""
        times = self._all(origin, backward=False, limit=float(limit))
        nodes = np.flatnonzero(times < NEVER)
        return nodes, times[nodes]

    def change(self, millis: Mapping[int, int]) -> None:
        """Give arcs new times."""
        _put(self._millis, millis)
        self._graph = None

    def _all(self, origin: int, backward: bool, limit: float) -> Ints:
        if self._graph is None:
            self._graph = self._both_ways()
        found = csgraph.dijkstra(self._graph[backward], indices=origin, limit=limit)
        return np.where(np.isfinite(found), found, NEVER).astype(np.int64)

    def _both_ways(self) -> tuple[Any, Any]:
        # A sparse matrix adds up parallel arcs: only the fastest of them may be put in.
        order = np.lexsort((self._millis, self._heads, self._tails))
        tails, heads = self._tails[order], self._heads[order]
        first = np.append(True, (tails[1:] != tails[:-1]) | (heads[1:] != heads[:-1]))
        kept = order[first & (self._millis[order] < NEVER)]
        cells = self._tails[kept], self._heads[kept]
        shape = (self._count, self._count)
        times = self._millis[kept].astype(np.float64)
        return sparse.csr_matrix((times, cells), shape=shape), sparse.csr_matrix((times, cells[::-1]), shape=shape)


class Compiled:
    """Dijkstra by numba. Raises ImportError where numba is not installed."""

    def __init__(self, count: int, tails: Ints, heads: Ints, millis: Ints) -> None:
        from geo.streets_walk import search

        self._search = search
        self._none = np.zeros(count, np.bool_)
        self._out = _Sorted(count, tails, heads, millis)
        self._into = _Sorted(count, heads, tails, millis)

    def to_one(self, origins: Ints, target: int) -> Ints:
        """From each of `origins` to a node; the search goes backward from it."""
        wanted = self._none.copy()
        wanted[origins] = True
        nodes, times = self._run(self._into, target, NEVER - 1, wanted)
        found = np.full(wanted.size, NEVER, np.int64)
        found[nodes] = times
        return found[origins]

    def within(self, origin: int, limit: int) -> tuple[Ints, Ints]:
        """The nodes reached from a node within `limit` milliseconds, and when."""
        return self._run(self._out, origin, min(limit, NEVER - 1), self._none)

    def change(self, millis: Mapping[int, int]) -> None:
        """Give arcs new times."""
        self._out.change(millis)
        self._into.change(millis)

    def _run(self, arcs: _Sorted, origin: int, limit: int, wanted: npt.NDArray[np.bool_]) -> tuple[Ints, Ints]:
        left = int(wanted.sum())
        nodes, times = self._search(arcs.starts, arcs.ends, arcs.millis, origin, limit, wanted, left, NEVER)
        return nodes, times


class Hierarchy:
    """A customizable contraction hierarchy. Raises ImportError where routingkit-cch is not installed.

    `order` ranks the nodes (see `order_of`). What goes beyond many to one is left to `beside`. Its objects belong to
    the thread that made them, so each call makes its own; none may be alive when times change.
    """

    def __init__(self, tails: Ints, heads: Ints, millis: Ints, order: npt.NDArray[Any], beside: Engine) -> None:
        import routingkit_cch

        self._kit: Any = routingkit_cch
        self._beside = beside
        self._millis = millis.copy()
        self._shape = routingkit_cch.CCH(order.tolist(), tails.tolist(), heads.tolist(), False)
        self._metric = routingkit_cch.CCHMetric(self._shape, millis.tolist())

    def to_one(self, origins: Ints, target: int) -> Ints:
        """From each of `origins` to a node."""
        found: Sequence[int | None] = self._kit.CCHManyToOne(self._metric, origins.tolist()).distances_to(target)
        return np.array([NEVER if each is None else each for each in found], np.int64)

    def within(self, origin: int, limit: int) -> tuple[Ints, Ints]:
        """The nodes reached from a node within `limit` milliseconds, and when."""
        return self._beside.within(origin, limit)

    def change(self, millis: Mapping[int, int]) -> None:
        """Give arcs new times."""
        self._beside.change(millis)
        _put(self._millis, millis)
        if len(millis) > MANY_CHANGES:
            self._metric.reset(self._millis.tolist())
        elif millis:
            self._kit.CCHMetricPartialUpdater(self._shape).apply(self._metric, dict(millis))


def order_of(lons: npt.NDArray[np.float64], lats: npt.NDArray[np.float64], tails: Ints, heads: Ints) -> Ints | None:
    """The order a hierarchy needs, found once when a network is built; None where routingkit-cch is not installed."""
    try:
        from routingkit_cch import compute_order_inertial
    except ImportError:
        return None
    found = compute_order_inertial(lons.size, tails.tolist(), heads.tolist(), lats.tolist(), lons.tolist())
    return np.array(found, np.int64)


def engine_for(count: int, tails: Ints, heads: Ints, millis: Ints, order: npt.NDArray[Any] | None) -> Engine:
    """The fastest engine that is installed; `order` None asks for one without a hierarchy."""
    slower: Engine
    try:
        slower = Compiled(count, tails, heads, millis)
    except ImportError:
        slower = Scipy(count, tails, heads, millis)
    if order is None:
        return slower
    try:
        return Hierarchy(tails, heads, millis, order, slower)
    except ImportError:
        return slower


class _Sorted:
    """Arcs sorted by the node they leave, their times changeable by the arcs' own index."""

    def __init__(self, count: int, leave: Ints, enter: Ints, millis: Ints) -> None:
        order = np.argsort(leave, kind="stable")
        self.starts = np.searchsorted(leave[order], np.arange(count + 1))
        self.ends = enter[order]
        self.millis = millis[order]
        self._place = np.empty(order.size, np.int64)
        self._place[order] = np.arange(order.size)

    def change(self, millis: Mapping[int, int]) -> None:
        _put(self.millis, {int(self._place[arc]): value for arc, value in millis.items()})


def _put(array: Ints, values: Mapping[int, int]) -> None:
    if values:
        array[np.fromiter(values.keys(), np.int64, len(values))] = np.fromiter(values.values(), np.int64, len(values))
