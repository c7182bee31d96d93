"""Proving that the current state is the fold of the events. Pure: nothing is read here.

Knows how the stored state is compared with a board folded from the log, ref by ref. Refuses to know the log.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass

from data.codec import read_entity, to_json
from data.verify import Finding
from domain.board import Board, Entity


def check_state(
    fold: Board, versions: Mapping[bytes, bytes], state: Mapping[bytes, bytes]
) -> tuple[list[Finding], int]:
    """The first ref at which the stored state is not the fold of the events, and how many refs were compared."""
    told = fold.state()
    for ref in sorted({*told, *(ref.decode(errors="replace") for ref in (*versions, *state))}):
        name = ref.encode()
        version, entity = told.get(ref, (0, None))
        stored = versions.get(name)
        if ref not in told:
            where = "versions" if stored is not None else "state"
            return [Finding(0, f"{ref} is in the {where}, but no event ever touched it")], len(told)
        if stored is None:
            return [Finding(version, f"{ref} is not in the versions; event {version} touched it last")], len(told)
        if stored != b"%d" % version:
            what = f"{ref} has version {stored.decode(errors='replace')}, but event {version} touched it last"
            return [Finding(version, what)], len(told)
        if differs := _difference(ref, entity, state.get(name)):
            return [Finding(version, f"{ref} {differs} (last touched by event {version})")], len(told)
    return [], len(told)


def _difference(ref: str, entity: Entity | None, doc: bytes | None) -> str:
    if entity is None:
        return "" if doc is None else "has a state, though events give it none"
    if doc is None:
        return "has no state, though events give it one"
    if doc == to_json(entity):
        return ""
    try:
        stored = read_entity(ref, doc)
    except ValueError as broken:
        return f"has a state that cannot be read: {broken}"
    if stored == entity or not is_dataclass(entity):
        return ""
    if type(stored) is not type(entity):
        return "has a state of another kind than events give it"
    name = next(part.name for part in fields(entity) if getattr(stored, part.name) != getattr(entity, part.name))
    return f"has {name} {getattr(stored, name)!r} in the state, but events give {getattr(entity, name)!r}"
