"""Which master of a Cluster holds which board, and how to choose names so that boards spread over all of them.

Knows slots and the Cluster's table. Refuses to move anything. A board lives in one slot: the one its name hashes to.
Few names may hash to few masters, so names are chosen, or slots are moved, with the table this module makes.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass

from redis.exceptions import RedisError

from data.locate import slot_of, slot_table
from data.store_url import read_store_url, without_secrets
from domain.errors import StoreUnavailable

MOST_TRIED = 1000
Range = tuple[int, int, tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a board is: its slot (0 to 16383) and its master."""

    board: str
    slot: int
    host: str
    port: int


async def masters_of(url: str) -> list[Range]:
    """(first slot, last slot, (host, port)) of every range of a `cluster://` store. Raises StoreUnavailable."""
    place = read_store_url(url)
    if place.kind != "cluster":
        raise StoreUnavailable(f"{without_secrets(url)} is no Cluster: every board is on its one master")
    for host, port in place.hosts:
        try:
            return sorted(await slot_table(place, host, port))
        except (RedisError, OSError):
            continue
    raise StoreUnavailable(f"no node of {without_secrets(url)} answers")


async def place_boards(url: str, boards: Iterable[str]) -> dict[str, Place]:
    """Where each board is or would be; boards whose slot nobody serves are left out. Raises StoreUnavailable."""
    table = await masters_of(url)
    return {board: place for board in boards if (place := _find(table, board))}


async def spread_names(url: str, stem: str) -> list[Place]:
    """A name for a board on each master: `stem` for one, `stem-2`, `stem-3`, ... for the others."""
    table = await masters_of(url)
    open_to = {address for _, _, address in table}
    chosen = []
    for name in itertools.chain([stem], (f"{stem}-{n}" for n in range(2, MOST_TRIED))):
        place = _find(table, name)
        if place and (place.host, place.port) in open_to:
            open_to.discard((place.host, place.port))
            chosen.append(place)
        if not open_to:
            break
    return chosen


def _find(table: list[Range], board: str) -> Place | None:
    slot = slot_of(board)
    for first, last, (host, port) in table:
        if first <= slot <= last:
            return Place(board, slot, host, port)
    return None
