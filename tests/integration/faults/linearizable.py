"""Whether a recorded history could have happened one operation at a time (Wing & Gong, with memory).

Knows calls, replies and when they were. Refuses to know what the operations mean: the caller's `step` does.

An operation takes effect at one instant between its call and its reply. A history is linearizable when there is an
order of such instants in which every reply is what a single, unhurried server would have given. The search tries,
again and again, any operation that was called before every other unfinished one had its reply; a set of finished
operations that was reached before with the same state need not be tried twice (Lowe's memory), which keeps
histories of a few hundred operations on one object cheap.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

UNKNOWN = object()
"""The result of an operation that never had a reply: it may have happened at any later time, or never."""
MOST_STATES = 2_000_000


@dataclass(frozen=True, slots=True)
class Operation:
    """One call as its caller saw it; times in seconds of one clock, `replied` infinite when no reply came."""

    called: float
    replied: float
    asked: Any
    result: Any


def is_linearizable(
    history: Sequence[Operation], initial: Hashable, step: Callable[[Any, Any], tuple[Hashable, Any]]
) -> bool:
    """`step(state, asked)` gives the next state and the right result. Raises RuntimeError when it takes too long."""
    order = sorted(range(len(history)), key=lambda index: history[index].called)
    must = sum(1 << index for index in order if history[index].result is not UNKNOWN)
    to_try: list[tuple[int, Hashable]] = [(0, initial)]
    tried: set[tuple[int, Hashable]] = set()
    while to_try:
        done, state = to_try.pop()
        if done & must == must:
            return True
        if (done, state) in tried:
            continue
        tried.add((done, state))
        if len(tried) > MOST_STATES:
            raise RuntimeError(f"{len(history)} operations are too many to check")
        open_ones = [index for index in order if not done >> index & 1]
        first_reply = min((history[index].replied for index in open_ones), default=math.inf)
        for index in open_ones:
            if history[index].called > first_reply:
                break  # somebody else had a reply before this was called
            after, result = step(state, history[index].asked)
            if history[index].result is UNKNOWN or history[index].result == result:
                to_try.append((done | 1 << index, after))
    return False
