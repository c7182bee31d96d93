"""Everything wrong with a pack's text files, in one pass.

Knows that reading comes first and fitting together second. Refuses to know the polygons (geo/boundaries.py).
"""

from __future__ import annotations

from pathlib import Path

from data.regions.reading import Pack, read_pack
from data.regions.rules import apply_rules
from domain.problem import Problem


def check_region(path: Path, now: float | None = None) -> list[Problem]:
    """Every problem of a pack, file by file, errors and warnings. Never raises for what is in the pack.

    `now` (seconds since the epoch) lets it warn of agreements that have expired.
    """
    return checked_pack(path, now).problems()


def checked_pack(path: Path, now: float | None) -> Pack:
    """The pack as read, its findings complete."""
    pack = read_pack(path)
    if path.is_dir():
        apply_rules(pack, now)
    return pack
