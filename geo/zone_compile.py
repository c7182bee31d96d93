"""When the hot walk of the zone index is compiled.

Knows that numba takes half a second to import and about ten to compile the walk for the first time on a machine.
Refuses to let anybody wait for that: an index begins with the NumPy twin, and the machine code is made by a process of
its own, kept on disk, and taken on when it is there.

    python -m geo.zone_compile

makes it beforehand, as an image or package does when it is put together.
"""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path
from typing import Protocol, cast

import numpy as np
import numpy.typing as npt
import shapely

from geo import zone_twin
from geo.zone_build import build
from geo.zone_layout import Floats, Ints, Words

_log = logging.getLogger(__name__)


class Walk(Protocol):
    """What zone_walk.py and zone_twin.py both can."""

    def name_at(self, x: float, y: float, words: Words, /) -> tuple[bool, int]:
        """(sure, name) at one place."""

    def names_at(self, xs: Floats, ys: Floats, words: Words, /) -> tuple[npt.NDArray[np.bool_], Words]:
        """(sure, name) at many places."""

    def borders_near(
        self,
        x: float,
        y: float,
        across: float,
        along: float,
        metres: float,
        words: Words,
        borders: Ints,
        distances: Floats,
        /,
    ) -> int:
        """How many borders are within reach; they are written into the last two arguments."""


TWIN = cast(Walk, zone_twin)


def compiled_walk() -> Walk:
    """The compiled walk, ready to run: at once when it is on disk, else in ten seconds. Without numba, the twin."""
    try:
        from geo import zone_walk
    except ImportError:
        return TWIN
    walk = cast(Walk, zone_walk)
    words = build([shapely.box(0.0, 0.0, 1.0, 1.0)])
    walk.name_at(0.5, 0.5, words)
    walk.names_at(np.array([0.5]), np.array([0.5]), words)
    walk.borders_near(0.5, 0.5, 1e5, 1e5, 10.0, words, np.empty(4, np.int32), np.empty(4))
    return walk


def compiled_aside() -> Walk:
    """The compiled walk, made by another process if it is not on disk yet. The twin if that does not succeed.

    Waits for that process: call it in a thread. Nothing else in this process has to wait meanwhile.
    """
    made = subprocess.run(
        [sys.executable, "-m", "geo.zone_compile"],
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        check=False,
        text=True,
    )
    if made.returncode:
        _log.warning("the zone index stays on NumPy: %s", made.stderr.strip().rpartition("\n")[2])
        return TWIN
    return compiled_walk()


def main() -> None:
    """Compile the walk and keep it on disk; says what hinders that, if anything does."""
    walk = compiled_walk()
    if walk is TWIN:
        raise SystemExit("numba is not installed")
    if not getattr(walk, "KEPT", False):
        raise SystemExit("no folder to keep the compiled walk in; set NUMBA_CACHE_DIR to one that can be written")


if __name__ == "__main__":
    main()
