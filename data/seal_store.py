"""The seals in the store: reading them, and the one call that writes one.

Knows the stream's form. Refuses to know whether a seal is right.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from data.chain import BadSeal, Seal, from_fields
from data.keys import Keys

PAGE = 200
"""Seals read in one call."""


class Deposed(Exception):
    """The seal was not written: this process does not lead any more, or another's seal came first."""


async def find_last_seal(client: Any, keys: Keys, board: str) -> Seal | None:
    """The newest seal, None on a board without. Raises BadSeal."""
    entries = await client.xrevrange(keys.seals, count=1)
    return seal_of(board, *entries[0]) if entries else None


async def find_seal(client: Any, keys: Keys, board: str, n: int) -> Seal | None:
    """The seal of this number, None when there is none. Raises BadSeal."""
    entries = await client.xrange(keys.seals, min=f"{n}-0", max=f"{n}-0")
    return seal_of(board, *entries[0]) if entries else None


async def seals_after(client: Any, keys: Keys, board: str, n: int, count: int = PAGE) -> list[Seal]:
    """The seals after number `n`, at most `count`, in order. Raises BadSeal."""
    entries = await client.xrange(keys.seals, min=f"({n}-0", count=count)
    return [seal_of(board, *entry) for entry in entries]


async def append_seal(client: Any, keys: Keys, holder: str, token: int, seal: Seal) -> None:
    """Write a seal under a lease. Sending it again is harmless. Raises Deposed, and BadSeal when it fits nowhere."""
    fields = (seal.n, seal.after, seal.seq, seal.hash, seal.at, seal.key, seal.token, seal.marks, seal.signature)
    named = (keys.sealer, keys.seals, keys.seq, keys.sealed)
    answer = await client.fcall("concord_seal_1", len(named), *named, holder, token, *fields)
    match answer[0]:
        case b"OK" | b"SAME":
            return
        case b"SHORT":
            raise BadSeal(f"the log ends at {int(answer[1])}, before the seal does ({seal.seq})")
        case b"FORK":
            raise Deposed(f"the last seal is {int(answer[1])} now, up to event {int(answer[2])}")
    raise Deposed(f"the lease has token {int(answer[1])}, not {token}")


def seal_of(board: str, entry_id: bytes, fields: Mapping[bytes, bytes]) -> Seal:
    """A seal from its stream entry. Raises BadSeal."""
    try:
        plain = {name.decode("ascii"): value.decode("ascii") for name, value in fields.items()}
    except UnicodeDecodeError as broken:
        raise BadSeal(f"seal {entry_id.decode()}: {broken}") from broken
    number, _, rest = entry_id.decode().partition("-")
    if rest != "0":
        raise BadSeal(f"seal {entry_id.decode()}: its id is no seal's")
    return from_fields({"board": board, "n": number, **plain})
