"""Dijkstra's search over a street network, compiled by numba.

Knows arrays of arcs sorted by the node they leave, and whole milliseconds. Refuses to know places and streets.
Importing it needs numba and takes half a second; streets_engine.py says when, and serves without it (scipy). The
machine code is kept on disk beside this file.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit


def _compiled(function: Callable[..., Any]) -> Any:
    """Machine code on first call, kept on disk where that can be written; other threads run meanwhile."""
    try:
        return njit(cache=True, nogil=True)(function)
    except RuntimeError:  # no folder to keep it in
        return njit(nogil=True)(function)


def _search(starts, heads, millis, origin, limit, wanted, left, closed):  # type: ignore[no-untyped-def]
    """Nodes reached from `origin` within `limit`, in the order reached, and when: (nodes, times).

    Stops early when `left` of the nodes marked in `wanted` are reached; with `left` 0 it goes on to the limit. An arc
    as long as `closed` or longer is not there.
    """
    count = starts.size - 1
    best = np.full(count, np.iinfo(np.int64).max, np.int64)
    nodes, times = np.empty(count, np.int64), np.empty(count, np.int64)
    keys, who = np.empty(heads.size + 1, np.int64), np.empty(heads.size + 1, np.int64)  # a binary heap
    keys[0], who[0], size, found = 0, origin, 1, 0
    best[origin] = 0
    while size:
        time, node = keys[0], who[0]
        size -= 1
        key, last, at = keys[size], who[size], 0
        while True:  # the last one sinks from the top
            child = 2 * at + 1
            if child >= size:
                break
            if child + 1 < size and keys[child + 1] < keys[child]:
                child += 1
            if keys[child] >= key:
                break
            keys[at], who[at] = keys[child], who[child]
            at = child
        keys[at], who[at] = key, last
        if time > best[node]:
            continue  # reached sooner meanwhile
        nodes[found], times[found] = node, time
        found += 1
        if wanted[node]:
            left -= 1
            if left == 0:
                break
        for arc in range(starts[node], starts[node + 1]):
            if millis[arc] >= closed:
                continue
            then, head = time + millis[arc], heads[arc]
            if then <= limit and then < best[head]:
                best[head] = then
                at = size
                size += 1
                while at > 0 and keys[(at - 1) // 2] > then:  # it rises from the bottom
                    keys[at], who[at] = keys[(at - 1) // 2], who[(at - 1) // 2]
                    at = (at - 1) // 2
                keys[at], who[at] = then, head
    return nodes[:found].copy(), times[:found].copy()


search = _compiled(_search)
