"""The street network: nodes, pieces of street between them, and the arcs along which pieces are driven.

Knows how ways become a network and what is cut off from it. Refuses to know files (streets_read.py reads,
streets_store.py keeps), closures and routes.

A *piece* is a stretch of one way between two nodes, at most about PIECE metres long, so that a closure acts on what it
covers and a place in the middle of a block is near a node. A node is a junction, an end of a way, a barrier, or a
point where a long stretch was parted. A piece keeps its shape; its length is measured along it. It is driven by one
*arc* or, both ways, by two; an arc's time is the piece's plus what its far end costs: a junction slows, a signal more.
Only the largest part in which every node is reached from every other is kept; `lost` says what was cut off.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph

from domain.errors import BadStreets
from geo.proximity import metres_to
from geo.streets_read import Ways

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

PIECE = 80.0
"""Metres a piece is long at most, about; a single straight segment up to half as long again is left whole."""
STRIP = 0.003
"""Degrees of latitude, some 330 m: the strips in which nodes are sorted."""
JUNCTION_SECONDS = 1.0
SIGNAL_SECONDS = 4.0
"""What passing a junction and a traffic signal costs an emergency vehicle; modelled."""


@dataclass(frozen=True, slots=True)
class Lost:
    """What was cut off from the network: nodes, kilometres, and where its largest part lies (lon, lat)."""

    nodes: int
    kilometres: float
    largest_kilometres: float
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class Network:
    """Arrays, all parallel within a group; see the module's docstring for the words.

    Nodes: `lons`, `lats` in WGS 84 degrees. Pieces: `ways` (OpenStreetMap's way number), `metres`, `begins` and `ends`
    (nodes), and `shape_starts`: piece i is the points `shape_starts[i]` to `shape_starts[i + 1]` of `shape_lons`,
    `shape_lats`. Arcs, by `tails`: `tails`, `heads` (nodes), `pieces`, `millis` (whole milliseconds, at least 1).
    """

    lons: Floats
    lats: Floats
    ways: Ints
    metres: Floats
    begins: Ints
    ends: Ints
    shape_starts: Ints
    shape_lons: Floats
    shape_lats: Floats
    tails: Ints
    heads: Ints
    pieces: Ints
    millis: Ints


def network_of(ways: Ways) -> tuple[Network, Lost]:
    """The network of driven ways, and what was cut off from it. Raises BadStreets when nothing is left."""
    way, names, lons, lats = _parted(ways)
    step = metres_to(lons[:-1], lats[:-1], lons[1:], lats[1:])
    step[way[:-1] != way[1:]] = 0.0
    along = np.concatenate(([0.0], np.cumsum(step)))
    breaks = np.flatnonzero(_breaks(way, names, along, ways.blocked))
    same = way[breaks[:-1]] == way[breaks[1:]]
    first, last = breaks[:-1][same], breaks[1:][same]  # of each piece: where it begins and ends among the points
    metres = along[last] - along[first]

    places, at, ends = np.unique(names[np.concatenate((first, last))], return_index=True, return_inverse=True)
    begins, stops = np.split(ends, 2)
    where = np.concatenate((first, last))[at]  # a point for every node
    driven = (metres > 0) & ~np.isin(names[first], ways.blocked) & ~np.isin(names[last], ways.blocked)
    forth, back = driven & (ways.forward[way[first]] > 0), driven & (ways.backward[way[first]] > 0)
    pieces = np.concatenate((np.flatnonzero(forth), np.flatnonzero(back)))
    tails = np.concatenate((begins[forth], stops[back]))
    heads = np.concatenate((stops[forth], begins[back]))
    speeds = np.concatenate((ways.forward[way[first]][forth], ways.backward[way[first]][back]))
    slowed = np.where(np.bincount(ends, minlength=places.size) > 2, JUNCTION_SECONDS, 0.0)
    slowed[np.isin(places, ways.signals)] = SIGNAL_SECONDS
    millis = np.maximum(1, np.rint((metres[pieces] / speeds + slowed[heads]) * 1000)).astype(np.int64)

    kept = _largest_part(places.size, tails, heads)
    held = kept[tails] & kept[heads]
    if not held.any():
        raise BadStreets("no two places of this extract can be driven both ways; is it cut too small?")
    driven_by = np.zeros(metres.size, np.bool_)
    driven_by[pieces[held]] = True
    lost = _lost(kept, metres, driven & ~driven_by, lons[where], lats[where], begins, (tails, heads))
    # Nodes that lie together are kept together: a search touches less memory.
    rows = np.flatnonzero(kept)
    rows = rows[np.lexsort((lons[where][rows], np.floor(lats[where][rows] / STRIP)))]
    node_of, piece_of = np.full(places.size, -1), np.cumsum(driven_by) - 1
    node_of[rows] = np.arange(rows.size)
    order = np.lexsort((heads[held], tails[held]))
    first, last = first[driven_by], last[driven_by]
    sizes = last - first + 1
    shape_starts = np.concatenate(([0], np.cumsum(sizes)))
    points = np.repeat(first - shape_starts[:-1], sizes) + np.arange(shape_starts[-1])
    return (
        Network(
            lons[where][rows],
            lats[where][rows],
            ways.ids[way[first]],
            metres[driven_by],
            node_of[begins[driven_by]],
            node_of[stops[driven_by]],
            shape_starts,
            lons[points],
            lats[points],
            node_of[tails[held]][order],
            node_of[heads[held]][order],
            piece_of[pieces[held]][order],
            millis[held][order],
        ),
        lost,
    )


def _parted(ways: Ways) -> tuple[Ints, Ints, Floats, Floats]:
    """The points of all ways (way index, name, lon, lat), with points put into long segments. Those have names below
    0, so that nothing else meets there."""
    way = np.repeat(np.arange(ways.ids.size), np.diff(ways.starts))
    step = metres_to(ways.lons[:-1], ways.lats[:-1], ways.lons[1:], ways.lats[1:])
    step[way[:-1] != way[1:]] = 0.0
    parts = np.append(np.where(step > 1.5 * PIECE, np.ceil(step / PIECE), 1), 1).astype(np.int64)
    origin = np.repeat(np.arange(way.size), parts)
    nth = np.arange(origin.size) - np.repeat(np.cumsum(parts) - parts, parts)
    share = nth / parts[origin]
    after = np.minimum(origin + 1, way.size - 1)
    lons = ways.lons[origin] + share * (ways.lons[after] - ways.lons[origin])
    lats = ways.lats[origin] + share * (ways.lats[after] - ways.lats[origin])
    names = np.where(nth == 0, ways.nodes[origin], -1 - np.arange(origin.size))
    return way[origin], names, lons, lats


def _breaks(way: Ints, names: Ints, along: Floats, blocked: Ints) -> npt.NDArray[np.bool_]:
    """Which points are nodes: ends of ways, points met more than once, barriers, and enough between them."""
    _, inverse, met = np.unique(names, return_inverse=True, return_counts=True)
    nodes: npt.NDArray[np.bool_] = (met[inverse] > 1) | np.isin(names, blocked)
    new = np.append(True, way[1:] != way[:-1])
    nodes |= new | np.append(new[1:], True)
    since = along - along[np.maximum.accumulate(np.where(nodes, np.arange(nodes.size), 0))]
    nth = np.floor(since / PIECE)
    nodes |= np.append(False, (nth[1:] > nth[:-1]) & ~nodes[1:])
    return nodes


def _largest_part(count: int, tails: Ints, heads: Ints) -> npt.NDArray[np.bool_]:
    graph = sparse.csr_matrix((np.ones(tails.size, np.int8), (tails, heads)), shape=(count, count))
    _, labels = csgraph.connected_components(graph, connection="strong")
    largest: npt.NDArray[np.bool_] = labels == np.bincount(labels).argmax()
    return largest


def _lost(
    kept: npt.NDArray[np.bool_],
    metres: Floats,
    gone: npt.NDArray[np.bool_],
    lons: Floats,
    lats: Floats,
    begins: Ints,
    arcs: tuple[Ints, Ints],
) -> Lost:
    if not gone.any():
        return Lost(int((~kept).sum()), 0.0, 0.0, 0.0, 0.0)
    # Parts as they hang together among themselves, whichever way one may drive.
    outside = ~kept[arcs[0]] & ~kept[arcs[1]]
    graph = sparse.csr_matrix(
        (np.ones(int(outside.sum()), np.int8), (arcs[0][outside], arcs[1][outside])), shape=(kept.size, kept.size)
    )
    _, labels = csgraph.connected_components(graph, connection="weak")
    sums = np.bincount(labels[begins[gone]], weights=metres[gone], minlength=int(labels.max()) + 1)
    there = int(np.flatnonzero(gone & (labels[begins] == sums.argmax()))[0])
    return Lost(
        int((~kept).sum()),
        float(metres[gone].sum() / 1000),
        float(sums.max() / 1000),
        float(lons[begins[there]]),
        float(lats[begins[there]]),
    )
