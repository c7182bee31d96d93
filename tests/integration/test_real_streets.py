"""Porto's real streets: every engine alike, plausible times, closures that go and come back, one network for all."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from domain.closure import Closure, ClosureShape
from geo.closures import PieceFinder
from geo.proximity import metres_to
from geo.streets_engine import Compiled, Engine, Hierarchy, Scipy
from geo.streets_network import Network, network_of
from geo.streets_read import read_ways
from geo.streets_router import StreetRouter
from geo.streets_store import build, load
from geo.travel_time import PORTO
from tests.unit.town import shortest

ROOT = Path(__file__).resolve().parents[2]
EXTRACT = Path(os.environ.get("CONCORD_REAL_DATA") or ROOT.parent / "shared" / "real") / "osm" / "porto.osm.pbf"
pytestmark = pytest.mark.skipif(not EXTRACT.is_file(), reason=f"no {EXTRACT}; set CONCORD_REAL_DATA")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Network, np.ndarray | None]:
    return load(build(EXTRACT, tmp_path_factory.mktemp("streets")))


@pytest.fixture(scope="module")
def router(kept: tuple[Network, np.ndarray | None]) -> StreetRouter:
    return StreetRouter(*kept)


def places(network: Network, count: int, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    at = random.integers(0, network.lons.size, count)
    return np.column_stack((network.lons[at], network.lats[at])) + random.normal(0, 3e-4, (count, 2))


def test_little_of_the_city_is_cut_off() -> None:
    network, lost = network_of(read_ways(EXTRACT))
    assert lost.kilometres < 0.02 * network.metres.sum() / 1000
    assert network.metres.max() < 250


def test_every_engine_gives_the_same_times(kept: tuple[Network, np.ndarray | None]) -> None:
    network, order = kept
    arrays = network.lons.size, network.tails, network.heads, network.millis
    engines: list[Engine] = [Scipy(*arrays), Compiled(*arrays)]
    if order is not None:
        engines.append(Hierarchy(network.tails, network.heads, network.millis, order, engines[0]))
    random = np.random.default_rng(7)
    for _ in range(5):
        origins, target = random.integers(0, network.lons.size, 100), int(random.integers(0, network.lons.size))
        times = [engine.to_one(origins, target).tolist() for engine in engines]
        assert all(each == times[0] for each in times)
        reached = [
            dict(zip(*map(np.ndarray.tolist, engine.within(target, 240_000)), strict=True)) for engine in engines
        ]
        assert all(each == reached[0] for each in reached)
    assert shortest(network, target) == dict(
        zip(*map(np.ndarray.tolist, engines[0].within(target, 2**31 - 2)), strict=True)
    )


def test_times_are_near_what_was_measured_there_with_another_engine(router: StreetRouter) -> None:
    # The law was fitted to an engine for cars; emergency factors are worth a tenth or two.
    starts, (place,) = places(router._network, 500, 8), places(router._network, 1, 9)
    metres = metres_to(*place, starts[:, 0], starts[:, 1])
    far = (metres > 1000) & (metres < 10_000)
    ratio = router.seconds_to(*place, starts)[far] / (PORTO.c * metres[far] ** PORTO.b)
    assert 0.75 < np.nanmedian(ratio) < 1.1
    assert np.isfinite(ratio).mean() > 0.99


def test_fifty_streets_closed_and_opened_leave_no_trace(router: StreetRouter) -> None:
    network = router._network
    starts, ends = places(network, 200, 10), places(network, 5, 11)
    before = [router.seconds_to(*end, starts) for end in ends]
    random = np.random.default_rng(12)
    closures = []
    for number, piece in enumerate(random.integers(0, network.metres.size, 50).tolist()):
        points = tuple(zip(*(each.tolist() for each in router.shape_of(piece)), strict=True))
        closures.append(Closure(str(number), ClosureShape.LINE, points, "test", "a", 0.0))
    pieces = np.concatenate(PieceFinder(network).closed_by(closures))
    assert router.set_closures(closures, 1.0) == np.unique(pieces).size >= 50
    # A router that was never told of them, over the network without these pieces.
    open_arcs = ~np.isin(network.pieces, pieces)
    without = Scipy(network.lons.size, network.tails[open_arcs], network.heads[open_arcs], network.millis[open_arcs])
    nodes = random.integers(0, network.lons.size, 200)
    for target in random.integers(0, network.lons.size, 5).tolist():
        assert router._engine.to_one(nodes, target).tolist() == without.to_one(nodes, target).tolist()
    router.set_closures([], 1.0)
    for end, seconds in zip(ends, before, strict=True):
        assert np.array_equal(router.seconds_to(*end, starts), seconds, equal_nan=True)
