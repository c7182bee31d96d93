"""The zone index as one flat array of 64-bit words: which part lies where.

Knows the order, type and meaning of the parts. Refuses to know how they are made (zone_build.py) and asked
(zone_walk.py, zone_twin.py). One array can be saved, mapped into memory, shared by all workers of a machine and
swapped with one assignment.

    word 0        MAGIC, which also is the version of this layout
    word 1..15    where each part begins; a part ends where the next begins, and the last one at word 15
    word 16, 17   longitude and latitude of the grid's south-west corner (the bits of two floats)
    word 18       width of a root cell in degrees (the bits of a float)
    word 19, 20   root cells in a row, rows
    word 21       polygons
    word 22..31   nought

The parts, in order:

    codes    int32    the tree: root cells row by row, then 16 children (rows of four) for each cell split.
                      A code of 0 or more is the number of a leaf; a negative one, ~code is its first child
    leaves   int64    two words a leaf: the name at its south-west corner; first reference << 20 | how many
    refs     int32    edges of each leaf
    edges    float64  four a piece: longitude and latitude of the western (or lower) end, and of the other
    keys     int64    for each edge, the XOR of the keys of the polygons it bounds
    borders  int32    for each edge, the number of its border: its set of polygons; -1 for a seam
    firsts   int32    for each border, where its polygons begin in `owners`; one more for the end
    owners   int32    the polygons of each border
    names    int64    for each polygon, its key
    boxes    float64  for each polygon, west, south, east, north
    sizes    float64  for each polygon, its area in square degrees
    starts   int64    for each polygon, where it begins in `shapes`, in bytes; one more for the end
    shapes   uint8    each polygon itself as WKB, for the questions only shapely can settle
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

MAGIC = 0x434F4E435A4E3031
"""CONCZN01"""
HEADER_WORDS = 32
WEST_WORD, WIDTH_WORD, COLUMNS_WORD, POLYGONS_WORD = 16, 18, 19, 21
COUNT_BITS = 20
"""Low bits of a leaf's second word that hold how many edges it has."""

_TYPES = ("i4", "i8", "i4", "f8", "i8", "i4", "i4", "i4", "i8", "f8", "f8", "i8", "u1")

Words = npt.NDArray[np.int64]
Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]


class Parts(NamedTuple):
    """The parts of an index, as arrays. int32 and uint8 parts may end in a few noughts that fill up the last word;
    what is int32 may be int64 before it is packed."""

    codes: Ints | Words
    leaves: Words
    refs: Ints | Words
    edges: Floats
    keys: Words
    borders: Ints | Words
    firsts: Ints | Words
    owners: Ints | Words
    names: Words
    boxes: Floats
    sizes: Floats
    starts: Words
    shapes: npt.NDArray[np.uint8]


def pack(parts: Parts, west: float, south: float, width: float, columns: int, rows: int) -> Words:
    """All parts behind one header, read-only."""
    bodies = [_words(part, kind) for part, kind in zip(tuple[npt.ArrayLike, ...](parts), _TYPES, strict=True)]
    header = np.zeros(HEADER_WORDS, np.int64)
    header[0] = MAGIC
    header[1 : len(bodies) + 2] = HEADER_WORDS + np.cumsum([0, *(body.size for body in bodies)])
    header[WEST_WORD : WEST_WORD + 3] = np.array([west, south, width]).view(np.int64)
    header[COLUMNS_WORD : COLUMNS_WORD + 3] = columns, rows, parts.names.size
    words: Words = np.concatenate([header, *bodies])
    words.flags.writeable = False
    return words


def unpack(words: Words) -> Parts:
    """Views of all parts; nothing is copied. Raises ValueError for an array that is no zone index of this layout."""
    if words.ndim != 1 or words.dtype != np.int64 or words.size < HEADER_WORDS or words[0] != MAGIC:
        raise ValueError("no zone index of this version")
    bounds = words[1 : len(_TYPES) + 2].tolist()
    if bounds[-1] != words.size:
        raise ValueError("a zone index that was cut short")
    return Parts(
        *(words[first:end].view(kind) for first, end, kind in zip(bounds[:-1], bounds[1:], _TYPES, strict=True))
    )


def _words(part: npt.ArrayLike, kind: str) -> Words:
    flat = np.ascontiguousarray(part, dtype=kind).ravel()
    spare = -flat.nbytes % 8 // flat.itemsize
    return np.concatenate([flat, np.zeros(spare, flat.dtype)]).view(np.int64)
