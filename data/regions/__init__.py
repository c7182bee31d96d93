"""Region packs: the folder a county keeps in git, read, written and checked.

Knows the text files of a pack. Refuses to know its polygons (geo/boundaries.py) and the store.
"""

from __future__ import annotations

from data.regions.check import check_region
from data.regions.load import load_region
from data.regions.save import in_pack_order, save_region
from domain.problem import Problem

__all__ = ["Problem", "check_region", "in_pack_order", "load_region", "save_region"]
