"""Modelled places: where a training region's stations, posts and hospitals stand.

Knows how people are spread round the centres of towns and how sites are put in their midst. Refuses to know what
stands there (tools/building). Pure functions; chance comes in as a generator.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry

from geo.modelled import Plane, town_radius


def sites(
    area: BaseGeometry,
    count: int,
    centres: Sequence[tuple[float, float, int]],
    plane: Plane,
    rng: np.random.Generator,
    margin: float = 250.0,
    even: float = 0.1,
) -> list[tuple[float, float]]:
    """`count` places inside an area, spread by where people live, `margin` metres off its edge where it is wide enough.

    `centres` are (lon, lat, population). People are drawn round the centres, plus a share `even` anywhere, and grouped
    by nearest mean (Lloyd's steps): a station then stands in the middle of those it serves.
    """
    if count <= 0:
        return []
    inner: BaseGeometry = plane.buffer(area, -margin)
    inner = inner if not inner.is_empty else area
    crowd = _crowd(inner, max(300, 60 * count), centres, plane, rng, even)
    means = crowd[rng.choice(len(crowd), size=count, replace=len(crowd) < count)]
    for _ in range(12):
        nearest = np.argmin(np.hypot(*(crowd[:, None, :] - means[None, :, :]).transpose(2, 0, 1)), axis=1)
        for k in range(count):
            if np.any(nearest == k):
                means[k] = crowd[nearest == k].mean(axis=0)
    # A mean may fall into a bay: the nearest person of the crowd stands on land.
    spots = [crowd[int(np.argmin(np.hypot(*(crowd - mean).T)))] / plane.factor for mean in means]
    taken: list[tuple[float, float]] = []
    for lon, lat in spots:
        spot = (round(float(lon), 5), round(float(lat), 5))
        while spot in taken:
            spot = (round(spot[0] + 0.0007, 5), spot[1])
        taken.append(spot)
    return taken


def _crowd(
    area: BaseGeometry,
    size: int,
    centres: Sequence[tuple[float, float, int]],
    plane: Plane,
    rng: np.random.Generator,
    even: float = 0.1,
) -> npt.NDArray[np.float64]:
    """People in metres: round the centres (normal, half a town radius) but for a share `even`, anywhere in the area."""
    west, south, east, north = area.bounds
    shapely.prepare(area)
    weights = np.array([max(population, 1) for *_, population in centres], dtype=float)
    found: list[npt.NDArray[np.float64]] = []
    have = 0
    for round_ in range(40):
        draw = rng.uniform((west, south), (east, north), size=(max(size, 200) * (2 if round_ > 8 else 1), 2))
        batch = draw[shapely.contains_xy(area, draw)][: int(size * even) if len(centres) and round_ < 8 else None]
        if len(centres):
            pick = rng.choice(len(centres), size=size, p=weights / weights.sum())
            spread = np.array([0.5 * town_radius(population) for *_, population in centres])[pick]
            middle = np.array([(lon, lat) for lon, lat, _ in centres])[pick]
            near = middle + rng.normal(size=(size, 2)) * spread[:, None] / plane.factor
            batch = np.concatenate([batch, near[shapely.contains_xy(area, near)]])
        found.append(batch)
        have += len(batch)
        if have >= size:
            break
    people = np.concatenate(found)[:size]
    if not len(people):
        people = np.array([area.representative_point().coords[0]])
    return np.asarray(people * plane.factor)


def on_land(lon: float, lat: float, land: BaseGeometry, plane: Plane, margin: float = 300.0) -> tuple[float, float]:
    """A place moved to the nearest land at least `margin` metres inside, when it lies in the water."""
    point = Point(lon, lat)
    if land.contains(point):
        return lon, lat
    inner = plane.buffer(land, -margin)
    near = shapely.shortest_line(plane.flat(inner if not inner.is_empty else land), plane.flat(point))
    x, y = np.asarray(near.coords[0]) / plane.factor
    return round(float(x), 5), round(float(y), 5)


def emptiest_spot(
    area: BaseGeometry, centres: Sequence[tuple[float, float, int]], plane: Plane, rng: np.random.Generator
) -> tuple[float, float]:
    """The place of an area farthest from any centre, of 400 drawn."""
    people = _crowd(area, 400, (), plane, rng)
    if not centres:
        lon, lat = people[0] / plane.factor
        return float(lon), float(lat)
    towns = np.array([(lon, lat) for lon, lat, _ in centres]) * plane.factor
    away = np.hypot(*(people[:, None, :] - towns[None, :, :]).transpose(2, 0, 1)).min(axis=1)
    lon, lat = people[int(np.argmax(away))] / plane.factor
    return float(lon), float(lat)
