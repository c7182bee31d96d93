"""An OpenStreetMap extract read into arrays: every way an emergency vehicle may drive, point by point.

Knows the file format (through osmium), its limits and what can be wrong with it. Refuses to know the network that is
made of it (streets_network.py) and which ways may be driven (streets_rules.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import osmium

from domain.errors import BadStreets
from geo.streets_rules import blocks, speeds_of

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MOST_BYTES = 2_000_000_000
MOST_POINTS = 20_000_000
"""Of driven ways; a large US state has fewer. Above it, cut the extract to the region."""


@dataclass(frozen=True, slots=True)
class Ways:
    """Driven ways, one after the other: way i is points `starts[i]` to `starts[i + 1]`.

    `nodes` are OpenStreetMap's node numbers; the same number is the same place on another way. `forward` and
    `backward` are metres per second, 0 where it is not driven. `ids` are the ways' numbers. `signals` and `blocked`
    are the nodes with traffic signals and with a barrier nobody drives through.
    """

    ids: Ints
    starts: Ints
    nodes: Ints
    lons: Floats
    lats: Floats
    forward: Floats
    backward: Floats
    signals: Ints
    blocked: Ints


def read_ways(path: Path) -> Ways:
    """The driven ways of an extract. BadStreets for a file that is missing, broken, too large or holds no streets."""
    if not path.is_file():
        raise BadStreets(f"{path}: there is no such file")
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise BadStreets(f"{path}: {size / 1e9:.1f} GB, at most {MOST_BYTES / 1e9:.0f}; cut it to the region's streets")
    try:
        ways = _read(path)
    except BadStreets:
        raise
    except (RuntimeError, OSError, ValueError) as broken:
        raise BadStreets(f"{path}: not a readable .osm.pbf ({broken}); download the extract again") from broken
    if not ways.ids.size:
        raise BadStreets(f"{path}: holds no street to drive on; is it an extract with highways and their nodes?")
    return ways


def _read(path: Path) -> Ways:
    ids, starts, forward, backward = [], [0], [], []
    nodes: list[int] = []
    lons: list[float] = []
    lats: list[float] = []
    signals, blocked = [], []
    wanted = osmium.filter.KeyFilter("highway", "barrier")
    for each in osmium.FileProcessor(str(path)).with_locations().with_filter(wanted):
        tags = {tag.k: tag.v for tag in each.tags}
        if isinstance(each, osmium.osm.Node):
            if tags.get("highway") == "traffic_signals":
                signals.append(each.id)
            if blocks(tags):
                blocked.append(each.id)
        elif isinstance(each, osmium.osm.Way):
            along, against = speeds_of(tags)
            if not along and not against:
                continue
            for run in _runs(each.nodes):
                nodes += [node.ref for node in run]
                lons += [node.lon for node in run]
                lats += [node.lat for node in run]
                ids.append(each.id)
                starts.append(len(nodes))
                forward.append(along)
                backward.append(against)
            if len(nodes) > MOST_POINTS:
                raise BadStreets(f"{path}: more than {MOST_POINTS:,} points of streets; cut it to the region's streets")
    return Ways(
        np.array(ids, np.int64),
        np.array(starts, np.int64),
        np.array(nodes, np.int64),
        np.array(lons, np.float64),
        np.array(lats, np.float64),
        np.array(forward, np.float64),
        np.array(backward, np.float64),
        np.array(signals, np.int64),
        np.array(blocked, np.int64),
    )


def _runs(nodes: Iterable[Any]) -> Iterator[list[Any]]:
    """A way's nodes, cut where one has no place: it lies outside the extract."""
    run: list[Any] = []
    for node in nodes:
        if node.location.valid():
            run.append(node)
            continue
        if len(run) > 1:
            yield run
        run = []
    if len(run) > 1:
        yield run
