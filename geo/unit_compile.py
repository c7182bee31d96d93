"""When the search for the nearest units is compiled: aside, so that nobody waits; NumPy answers until then.

Knows a process of its own that compiles it and keeps it on disk. Refuses to know the search.

    python -m geo.unit_compile

makes it beforehand.
"""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np

from geo import unit_twin

_log = logging.getLogger(__name__)


def compiled() -> ModuleType:
    """The compiled search, ready to run: at once when it is on disk, else in some seconds. Without numba, the twin."""
    try:
        from geo import unit_walk
    except ImportError:
        return unit_twin
    points, can, status = np.zeros((1, 3)), np.ones((1, 1), np.uint64), np.ones(1, np.uint64)
    rows, bounds = np.zeros(1, np.int64), np.array([0, 1])
    copies = points.copy(), can.copy(), status.copy()
    tree = rows, bounds, np.zeros((2, 6)), np.zeros((2, 1), np.uint64), np.zeros(2, np.uint64), *copies
    unit_walk.refit(rows, points, can, status, *tree)
    unit_walk.nearest(0.0, 0.0, 0.0, 1, np.ones(1, np.uint64), np.uint64(1), points, can, status, *tree)
    return unit_walk


def compiled_aside() -> ModuleType:
    """The compiled search, made by another process if it is not on disk yet; the twin if that does not succeed.

    Waits for that process: call it in a thread.
    """
    made = subprocess.run(
        [sys.executable, "-m", "geo.unit_compile"],
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        check=False,
        text=True,
    )
    if made.returncode:
        _log.warning("the unit index stays on NumPy: %s", made.stderr.strip().rpartition("\n")[2])
        return unit_twin
    return compiled()


def main() -> None:
    """Compile the search and keep it on disk; says what hinders that, if anything does."""
    walk = compiled()
    if walk is unit_twin:
        raise SystemExit("numba is not installed")
    if not getattr(walk, "KEPT", False):
        raise SystemExit("no folder to keep the compiled search in; set NUMBA_CACHE_DIR to one that can be written")


if __name__ == "__main__":
    main()
