"""A JSON file's depth and its number of positions, counted before anything parses it.

Knows brackets and quotes. Refuses to know whether it is JSON, let alone GeoJSON: the parser finds that out, in the
peace of a bounded file. Read in blocks, each with a few array operations, so 100 MB take about a second.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

BLOCK = 4 * 2**20
CORNER_DEPTH = 7
"""Collection, features, feature, geometry, coordinates, ring, position; Esri's rings lie as deep."""


@dataclass(frozen=True, slots=True)
class JsonMeasure:
    """`depth`: brackets within brackets. `positions`: arrays that begin with a number, that is, vertices.

    `corners` are the positions as deep as those of polygons in features: what is shallower is a bbox, or a property.
    """

    depth: int
    positions: int
    corners: int = 0


def measure_json(path: Path, most_depth: int, most_positions: int) -> JsonMeasure:
    """Count; stops as soon as one of the two is over its limit, with what was counted so far."""
    depth = deepest = positions = corners = 0
    inside = escaped = opened = False
    for block in _blocks(path):
        raw = block
        if b"\\" in raw or escaped:
            raw, escaped = _unescaped(raw, escaped)
        text = np.frombuffer(raw, dtype=np.uint8)
        quotes = text == 0x22
        # An even number of quotes before a byte: it stands outside strings.
        before = np.cumsum(quotes, dtype=np.int32) - quotes + inside
        outside = (before % 2 == 0) & ~quotes
        inside = bool((int(before[-1]) + bool(quotes[-1])) % 2) if len(text) else inside
        marks = text[outside & (text > 0x20)]
        opening = (marks == 0x5B) | (marks == 0x7B)
        closing = (marks == 0x5D) | (marks == 0x7D)
        levels = depth + np.cumsum(opening.astype(np.int32) - closing)
        number = (marks == 0x2D) | ((marks >= 0x30) & (marks <= 0x39))
        arrays = marks == 0x5B
        found = arrays[:-1] & number[1:]
        positions += int(np.count_nonzero(found))
        corners += int(np.count_nonzero(found & (levels[:-1] >= CORNER_DEPTH)))
        if len(marks):
            split = opened and bool(number[0])
            positions += split
            corners += split and depth >= CORNER_DEPTH
            opened = bool(arrays[-1])
            deepest = max(deepest, int(levels.max()))
            depth = int(levels[-1])
        if deepest > most_depth or positions > most_positions:
            break
    return JsonMeasure(deepest, positions, corners)


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            yield block


def _unescaped(block: bytes, escaped: bool) -> tuple[bytes, bool]:
    """The block with every backslash and the byte after it blanked out; whether the next block begins escaped."""
    if escaped:
        block = b"_" + block[1:]
    parts = block.replace(b"\\\\", b"__")
    # After pairs are gone from the left, a backslash escapes exactly the byte after it.
    last = parts.endswith(b"\\")
    return parts.replace(b'\\"', b"__"), last
