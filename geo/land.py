"""The land of a region: where somebody could need help ashore.

Knows which areas are land. Refuses to know what is done with it.
"""

from __future__ import annotations

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from domain.agency import Service
from geo.boundaries import Boundaries

ASHORE = (Service.FIRE, Service.EMS, Service.SHERIFF, Service.POLICE)


def land_of(boundaries: Boundaries) -> BaseGeometry:
    """The union of all areas of services ashore; of all areas where there are none such. Takes a second or two."""
    ashore = [
        polygon for area, polygon in zip(boundaries.areas, boundaries.polygons, strict=True) if area.service in ASHORE
    ]
    return shapely.union_all(np.asarray(ashore or list(boundaries.polygons), dtype=object))
