"""The version of a board's stored layout, and the way forward from older ones.

Knows which layout this release reads, and one migration per step. Refuses to know screens and commands. A board of a
newer layout is never opened: an older release would write it wrong.

The layout is the table in keys.py. Its version is kept in `{board}:schema`; an event's own schema is another matter
(codec.py reads every older event).

| schema | since | what changed |
|---|---|---|
| 0 | 2026-11 | boards without `{board}:schema`: versions and state may be absent or kept otherwise |
| 1 | 2026-11 | `{board}:versions` and `{board}:state` beside the log, written by the commit |
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from redis.exceptions import RedisError

from data.codec import read_event, to_json
from data.connection import LOST
from data.keys import Keys
from domain.board import Board
from domain.errors import ConcordError, StoreUnavailable

SCHEMA = 1
"""The layout this release reads and writes."""
PAGE = 2000


class WrongSchema(ConcordError, RuntimeError):
    """A board of a layout this release does not work on; the text names both and the remedy."""


@dataclass(frozen=True, slots=True)
class Step:
    """One migration: from `number - 1` to `number`. `does` is said to people before it is done."""

    number: int
    does: str
    run: Callable[[Any, Keys, bool], Awaitable[str]]
    """(client, keys, dry) -> what it changed, or would change"""


async def read_schema(client: Any, keys: Keys) -> int:
    """A board's layout; the present one for a board that holds nothing. Raises WrongSchema for a newer one."""
    try:
        stored, seq = await client.mget(keys.schema, keys.seq)
    except LOST as lost:
        raise StoreUnavailable(f"the store does not answer: {lost}") from lost
    if stored is None:
        return 0 if seq else SCHEMA
    try:
        found = int(stored)
    except ValueError:
        raise WrongSchema(f"{keys.schema} holds {stored!r}, which is no schema: restore a backup") from None
    if found > SCHEMA:
        raise WrongSchema(
            f"board {keys.tag.strip('{}')} has schema {found}; this release knows up to {SCHEMA}: use the newer release"
        )
    return found


async def check_schema(client: Any, keys: Keys) -> None:
    """Mark an empty board as of this layout; raise WrongSchema for an older or newer one."""
    found = await read_schema(client, keys)
    if found < SCHEMA:
        raise WrongSchema(
            f"board {keys.tag.strip('{}')} has schema {found}, this release works on {SCHEMA}: "
            f"run `python -m tools migrate --dry-run`, then `python -m tools migrate`"
        )
    try:
        await client.set(keys.schema, SCHEMA, nx=True)
    except (*LOST, RedisError) as lost:
        raise StoreUnavailable(f"the store does not take writes: {lost}") from lost


async def migrate(client: Any, keys: Keys, *, dry: bool, report: Callable[[str], None]) -> int:
    """Bring a board forward, step by step; returns how many steps were (or would be) taken.

    Web processes, simulator and sealer of the board must be stopped. Each step may be repeated: one that was
    interrupted is simply done again. Raises WrongSchema, StoreUnavailable.
    """
    found = await read_schema(client, keys)
    steps = [step for step in STEPS if step.number > found]
    for step in steps:
        report(f"schema {step.number - 1} -> {step.number}: {step.does}")
        report(f"  {'would change' if dry else 'changed'}: {await step.run(client, keys, dry)}")
        if not dry:
            await client.set(keys.schema, step.number)
    return len(steps)


async def _fold_log_into_state(client: Any, keys: Keys, dry: bool) -> str:
    """0 -> 1: versions and state as the fold of the log says."""
    board = await _fold(client, keys)
    versions = {ref: str(version).encode() for ref, (version, _) in board.state().items()}
    state = {ref: to_json(entity) for ref, (_, entity) in board.state().items() if entity is not None}
    changes = []
    for key, wanted in ((keys.versions, versions), (keys.state, state)):
        kind = (await client.type(key)).decode()
        there = await client.hgetall(key) if kind == "hash" else {}
        differing = sum(there.get(ref.encode()) != value for ref, value in wanted.items())
        stray = len(set(there) - {ref.encode() for ref in wanted})
        changes.append(f"{key}: {differing} of {len(wanted)} entries{f', {stray} stray' if stray else ''}")
        if dry or not (differing or stray or kind not in ("hash", "none")):
            continue
        pipeline = client.pipeline(transaction=True)
        pipeline.delete(key)
        items = list(wanted.items())
        for start in range(0, len(items), PAGE):
            pipeline.hset(key, mapping=dict(items[start : start + PAGE]))
        await pipeline.execute()
    if not dry:
        await client.set(keys.seq, board.seq)
    return "; ".join(changes)


async def _fold(client: Any, keys: Keys) -> Board:
    """The board as its log tells it."""
    board = Board()
    while True:
        page = await client.xrange(keys.log, min=f"({board.seq}-0", count=PAGE)
        for entry, fields in page:
            board.apply(read_event(int(entry.split(b"-")[0]), fields))
        if len(page) < PAGE:
            return board


STEPS = (Step(1, "versions and state are made from the log, event by event", _fold_log_into_state),)
