"""The ground a unit reaches: by the law a circle, by streets a patch around them."""

from __future__ import annotations

import math

import numpy as np
import pyproj
import pytest
import shapely

from domain.reach import Band
from geo.isochrones import CELL, isochrones, metres_within
from geo.travel_time import NEW_YORK, estimate

GEOD = pyproj.Geod(ellps="WGS84")
HERE = (-122.42, 37.77)


def ground(band: Band) -> shapely.Geometry:
    return shapely.union_all([shapely.Polygon(rings[0], rings[1:]) for rings in band.polygons])


class Grid:
    """Streets every 120 m, seconds as the crow walks along them at 10 m/s."""

    def __init__(self, lon: float = HERE[0], lat: float = HERE[1]) -> None:
        self.lon, self.lat = lon, lat

    def reached(self, lon: float, lat: float, limit: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        steps = np.arange(-4000.0, 4001.0, 20.0)
        east, north = np.meshgrid(steps, steps)
        on_street = (east % 120 == 0) | (north % 120 == 0)
        east, north = east[on_street], north[on_street]
        seconds = (np.abs(east) + np.abs(north)) / 10
        near = seconds <= limit
        lons, lats, _ = GEOD.fwd(
            np.full(near.sum(), lon),
            np.full(near.sum(), lat),
            np.degrees(np.arctan2(east[near], north[near])),
            np.hypot(east[near], north[near]),
        )
        return np.asarray(lons), np.asarray(lats), seconds[near]


class Nowhere:
    def reached(self, lon: float, lat: float, limit: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return np.empty(0), np.empty(0), np.empty(0)


def test_without_streets_a_band_is_a_circle_of_the_distance_the_law_allows() -> None:
    found = isochrones("ENGINE", *HERE, [480, 240])
    assert [band.seconds for band in found.bands] == [240, 480]
    for band in found.bands:
        for lon, lat in band.polygons[0][0]:
            _, _, metres = GEOD.inv(*HERE, lon, lat)
            assert estimate(metres).seconds == pytest.approx(band.seconds, rel=1e-3)
    assert found.method == NEW_YORK.label


def test_a_boat_that_is_not_under_way_yet_reaches_nothing() -> None:
    found = isochrones("FIREBOAT", *HERE, [60, 600])
    assert found.bands[0].polygons == ()
    assert metres_within(NEW_YORK, 0) == 0.0
    assert found.bands[1].polygons != ()


def test_a_circle_across_the_antimeridian_stays_in_one_piece() -> None:
    ring = isochrones("ENGINE", 179.99, 10.0, [600]).bands[0].polygons[0][0]
    lons = [lon for lon, _ in ring]
    assert max(lons) > 180
    assert max(lons) - min(lons) < 1


def test_by_streets_a_band_holds_every_street_reached_and_little_else() -> None:
    streets = Grid()
    found = isochrones("ENGINE", *HERE, [120, 240], streets=streets, streets_method="by streets")
    assert found.method == "by streets"
    for band in found.bands:
        patch = ground(band)
        assert patch.is_valid
        lons, lats, seconds = streets.reached(*HERE, 400)
        inside = shapely.contains_xy(patch, lons, lats)
        assert inside[seconds <= band.seconds].all()
        # Three cells beyond the limit, at 10 m/s along a grid: nothing so far away is shown as reached.
        slack = 3 * CELL * math.sqrt(2) / 10 + CELL / 10
        assert not inside[seconds > band.seconds + slack].any()


def test_bands_lie_within_each_other() -> None:
    near, far = isochrones("ENGINE", *HERE, [120, 240], streets=Grid()).bands
    assert ground(far).contains(ground(near))


def test_a_unit_far_from_any_street_and_a_helicopter_are_answered_by_the_law() -> None:
    assert isochrones("ENGINE", *HERE, [240], streets=Nowhere(), streets_method="x").method == NEW_YORK.label
    assert "kn" in isochrones("HELICOPTER", *HERE, [600], streets=Grid(), streets_method="x").method


def test_seconds_that_are_none_are_refused() -> None:
    for limits in ([], [0], [-1, 60], [math.nan]):
        with pytest.raises(ValueError, match="above 0"):
            isochrones("ENGINE", *HERE, limits)
