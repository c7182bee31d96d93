"""A region's street network, built once by a process of its own, kept in a folder and mapped into memory.

Knows where networks are kept and when one is out of date. Refuses to know what is in them.

A network lives in a folder named after the extract's SHA-256 and the code that built it, so a new extract or a new
release makes a new one and nothing old is ever taken for it. It is written beside and renamed, so a folder that is
there is whole.

    python -m geo.streets_store EXTRACT FOLDER

builds it beforehand.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np

from domain.errors import BadStreets
from domain.problem import WARNING, Problem
from geo import streets_engine, streets_network, streets_read, streets_rules
from geo.streets_engine import order_of
from geo.streets_network import Lost, Network, network_of
from geo.streets_read import read_ways
from geo.streets_router import StreetRouter

STREETS = "streets.osm.pbf"
"""The extract's name in a region pack."""
MUCH_LOST = 0.1
"""Of a network's kilometres; more than that cut off deserves a look."""
_ORDER = "order.npy"
_log = logging.getLogger(__name__)


def find_extract(pack: Path) -> Path | None:
    """A pack's street extract, if it has one."""
    path = pack / STREETS
    return path if path.is_file() else None


def folder_of(extract: Path, store: Path) -> Path:
    """Where the network of an extract is kept, whether it is there or not. Reads the whole file. Raises BadStreets."""
    digest = hashlib.sha256()
    try:
        with extract.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    except OSError as lost:
        raise BadStreets(f"{extract}: cannot be read ({lost})") from lost
    for module in (streets_rules, streets_read, streets_network, streets_engine):
        digest.update(Path(str(module.__file__)).read_bytes())
    return store / digest.hexdigest()[:24]


def build(extract: Path, store: Path) -> Path:
    """Build an extract's network and keep it; the folder. One at a time builds, others wait and find it there.

    Raises BadStreets for an extract that cannot be used.
    """
    folder = folder_of(extract, store)
    store.mkdir(parents=True, exist_ok=True)
    with (store / ".building").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if folder.is_dir():
            return folder
        network, lost = network_of(read_ways(extract))
        order = order_of(network.lons, network.lats, network.tails, network.heads)
        draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=store))
        try:
            for each in fields(network):
                np.save(draft / f"{each.name}.npy", getattr(network, each.name))
            if order is not None:
                np.save(draft / _ORDER, order)
            (draft / "lost.json").write_text(json.dumps(asdict(lost)), encoding="utf-8")
            os.rename(draft, folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return folder


def load(folder: Path) -> tuple[Network, np.ndarray[Any, Any] | None]:
    """A kept network, mapped, and its order. Raises BadStreets for a folder that is not whole."""
    try:
        # As plain arrays over the mapped files: numpy's own mapped type is slow to index.
        arrays = (np.load(folder / f"{each.name}.npy", mmap_mode="r") for each in fields(Network))
        network = Network(*map(np.asarray, arrays))
        order = np.load(folder / _ORDER, mmap_mode="r") if (folder / _ORDER).is_file() else None
    except (OSError, ValueError) as broken:
        raise BadStreets(f"{folder}: the kept street network is damaged ({broken}); delete the folder") from broken
    return network, order


def find_router(extract: Path, store: Path) -> StreetRouter | None:
    """The router of an extract whose network is kept already; None before it is built. Raises BadStreets.

    For before a worker serves: making the hierarchy holds everything else up, a tenth of a second for a city.
    """
    folder = folder_of(extract, store)
    return StreetRouter(*load(folder)) if folder.is_dir() else None


def router_aside(extract: Path, store: Path) -> StreetRouter | None:
    """Build the network in another process and take it on; None, with a line in the log, where that fails.

    For a worker that serves already: call it in a thread. It is given the engine without a hierarchy, which is made
    without holding anybody up and a few milliseconds slower; the next start has the faster one.
    """
    made = subprocess.run(
        [sys.executable, "-m", "geo.streets_store", str(extract.resolve()), str(store.resolve())],
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        check=False,
        text=True,
    )
    if made.returncode:
        _log.error("travel times stay straight-line: %s", made.stderr.strip().rpartition("\n")[2])
        return None
    network, _ = load(Path(made.stdout.strip()))
    return StreetRouter(network)


def check_streets(pack: Path) -> list[Problem]:
    """What is wrong with a pack's street extract, and what of it is cut off; empty for a pack without one."""
    extract = find_extract(pack)
    if extract is None:
        return []
    try:
        network, lost = network_of(read_ways(extract))
    except BadStreets as wrong:
        return [Problem(STREETS, None, str(wrong).removeprefix(f"{extract}: "))]
    return [_cut_off(lost)] if lost.kilometres > MUCH_LOST * (network.metres.sum() / 1000 + lost.kilometres) else []


def _cut_off(lost: Lost) -> Problem:
    message = (
        f"{lost.kilometres:.0f} km of streets are cut off from the rest, the largest part"
        f" ({lost.largest_kilometres:.1f} km) near {lost.lat:.4f}, {lost.lon:.4f}"
    )
    return Problem(STREETS, None, message, "cut the extract so that it holds the roads between", WARNING)


def main() -> None:
    """Build, print the folder; the reason on failure."""
    if len(sys.argv) != 3:
        raise SystemExit("usage: python -m geo.streets_store EXTRACT FOLDER")
    try:
        folder = build(Path(sys.argv[1]), Path(sys.argv[2]))
        StreetRouter(load(folder)[0]).warm()  # what numba compiles is kept on disk, too
    except BadStreets as wrong:
        raise SystemExit(str(wrong)) from None
    sys.stdout.write(f"{folder}\n")


if __name__ == "__main__":
    main()
