"""A small town drawn by hand: streets on a grid as an OpenStreetMap file, and a Dijkstra to judge routes by."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from pathlib import Path

import osmium

from geo.streets_network import Network

LON, LAT = 10.0, 50.0
STEP = 0.0014
"""Degrees of longitude between two corners, 100 m; of latitude, 156 m."""

Way = tuple[Mapping[str, str], tuple[int, ...]]


def corner(column: int, row: int) -> int:
    """The node at a corner of the grid."""
    return 1 + column + 100 * row


def place(column: float, row: float) -> tuple[float, float]:
    """Its longitude and latitude."""
    return LON + column * STEP, LAT + row * STEP


def draw(path: Path, ways: Iterable[Way], tagged: Mapping[int, Mapping[str, str]] | None = None) -> Path:
    """Write ways over corners as an .osm.pbf."""
    drawn = list(ways)
    with osmium.SimpleWriter(str(path), overwrite=True) as writer:
        for node in sorted({node for _, nodes in drawn for node in nodes}):
            row, column = divmod(node - 1, 100)
            tags = dict((tagged or {}).get(node, {}))
            writer.add_node(osmium.osm.mutable.Node(id=node, location=place(column, row), tags=tags))
        for number, (tags, nodes) in enumerate(drawn, start=1):
            writer.add_way(osmium.osm.mutable.Way(id=number, nodes=list(nodes), tags=dict(tags)))
    return path


def grid(columns: int, rows: int, **tags: str) -> list[Way]:
    """Residential streets along every column and row."""
    street = {"highway": "residential", **tags}
    across = [(street, tuple(corner(column, row) for column in range(columns))) for row in range(rows)]
    along = [(street, tuple(corner(column, row) for row in range(rows))) for column in range(columns)]
    return [*across, *along]


def node_at(network: Network, column: float, row: float) -> int:
    """The network's node at a corner."""
    lon, lat = place(column, row)
    return int(((network.lons - lon) ** 2 + (network.lats - lat) ** 2).argmin())


def shortest(network: Network, origin: int, without: frozenset[int] = frozenset()) -> dict[int, int]:
    """Milliseconds from a node to every node reached, without some pieces: the textbook's Dijkstra."""
    arcs: dict[int, list[tuple[int, int]]] = {}
    rows = zip(network.tails, network.heads, network.pieces, network.millis, strict=True)
    for tail, head, piece, millis in rows:
        if int(piece) not in without:
            arcs.setdefault(int(tail), []).append((int(head), int(millis)))
    reached: dict[int, int] = {}
    waiting = [(0, origin)]
    while waiting:
        time, node = heapq.heappop(waiting)
        if node in reached:
            continue
        reached[node] = time
        for head, millis in arcs.get(node, []):
            heapq.heappush(waiting, (time + millis, head))
    return reached
