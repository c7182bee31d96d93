"""One place in every common notation.

Knows how coordinates are written so that people and coordinates.py read them back. Refuses to read them.

MGRS is cut off, never rounded, so that a coarser reference names the square the finer one lies in. Minutes and seconds
are counted in whole parts first: 59.9997 minutes become the next degree and never 60.
"""

from __future__ import annotations

import re
from functools import lru_cache

import mgrs
import pyproj
from openlocationcode import openlocationcode


def notations(lon: float, lat: float) -> tuple[tuple[str, str], ...]:
    """(name, text) of a place in every notation, each as it is read back here. ValueError for a place that is none."""
    if not (-180.0 <= lon <= 180.0 and -90.0 <= lat <= 90.0):
        raise ValueError(f"longitude {lon!r}, latitude {lat!r} is not a place")
    grid = _mgrs(lon, lat, 5)
    found = [
        ("Decimal", f"{lat:.5f}, {lon:.5f}"),
        ("Minutes", f"{_minutes(lat, 'NS')}, {_minutes(lon, 'EW')}"),
        ("DMS", f"{_seconds(lat, 'NS')}, {_seconds(lon, 'EW')}"),
        ("MGRS / USNG", _spaced(grid)),
    ]
    if -80.0 <= lat <= 84.0:
        found.append(("UTM", _utm_text(lon, lat)))
    found.append(("Plus code", openlocationcode.encode(lat, lon)))
    return tuple(found)


def _minutes(value: float, letters: str) -> str:
    # In whole thousandths of a minute, so that 59.9997 becomes the next degree and never 60.000.
    thousandths = round(abs(value) * 60_000)
    degrees, rest = divmod(thousandths, 60_000)
    return f"{degrees}° {rest / 1000:06.3f}' {letters[value < 0]}"


def _seconds(value: float, letters: str) -> str:
    tenths = round(abs(value) * 36_000)
    degrees, rest = divmod(tenths, 36_000)
    minutes, rest = divmod(rest, 600)
    return f"{degrees}° {minutes:02d}' {rest / 10:04.1f}\" {letters[value < 0]}"


def _spaced(grid: str) -> str:
    head = re.match(r"(\d{0,2}[A-Z])([A-Z]{2})(\d*)$", grid)
    if head is None:
        return grid
    half = len(head[3]) // 2
    return " ".join(part for part in (head[1], head[2], head[3][:half], head[3][half:]) if part)


def _utm_text(lon: float, lat: float) -> str:
    zone, band = _zone_of(lon, lat)
    easting, northing = to_utm(zone, band >= "N").transform(lon, lat)
    return f"{zone}{band} {easting:.0f} {abs(northing):.0f}"  # a hair south of the equator is not -0


def _mgrs(lon: float, lat: float, precision: int) -> str:
    # To the centimetre: of a place a hair south of the equator the library makes one it does not read.
    grid: str = mgrs.MGRS().toMGRS(round(lat, 7) + 0.0, round(lon, 7) + 0.0, MGRSPrecision=precision)
    return grid


def _zone_of(lon: float, lat: float) -> tuple[int, str]:
    """Zone and band as MGRS has them: with the exceptions of Norway and Svalbard."""
    head = re.match(r"(\d{1,2})([A-Z])", _mgrs(lon, lat, 0))
    if head is None:
        raise ValueError(f"latitude {lat!r} has no UTM zone")
    return int(head[1]), head[2]


@lru_cache(maxsize=120)
def to_utm(zone: int, north: bool) -> pyproj.Transformer:
    """Longitude, latitude (WGS 84) to easting, northing of a UTM zone in metres.

    Kept: PROJ takes ten milliseconds to make one, a thousand times what it takes to use it.
    """
    return pyproj.Transformer.from_crs(4326, (32600 if north else 32700) + zone, always_xy=True)
