"""Where a process starts from: the newest snapshot, or the stored state, or the first event.

Knows the three and in which order they are tried. Refuses to fold events (projection.py does).
The stored state is the last resort: it is for a log that was trimmed and whose snapshots this release cannot
read. It carries no log lines, and lists entities by age rather than in their order of joining.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from data.codec import read_entity, read_event
from data.keys import Keys
from data.snapshots import Index, PackedLines, SnapshotDamaged, SnapshotMissing, SnapshotStore, entities, overlay
from domain.board import Board
from domain.events import RecordedEvent
from domain.refs import assignment_ref, incident_ref, roster_ref, unit_ref

RECALLED = 4000
"""Events read again at most to say who touched something last."""
TRIES = 5
log = logging.getLogger("concord.snapshots")


@dataclass(frozen=True, slots=True)
class Restored:
    """A board to go on from. `latest` is the latest server time of any event in it; `chained` says whether
    the snapshot chunks reach it."""

    board: Board
    latest: float = 0.0
    chained: bool = True
    lines: PackedLines | None = None


async def restore(client: Any, keys: Keys, store: SnapshotStore) -> Restored:
    """The newest board that needs no fold; an empty one where the log begins with event 1."""
    lost: set[str] = set()
    for attempt in range(TRIES):
        index = await store.index()
        if attempt + 1 == TRIES:
            index = Index(header for name, header in index.headers.items() if name not in lost)
        newest = index.newest
        if newest is None:
            break
        try:
            chunks = []
            for header in index.chain(newest.last):
                chunks.append(await store.read(header))
            board = Board()
            board.adopt(newest.last, newest.at, entities(overlay(chunks)))
            return Restored(board, newest.latest, True, chunks[-1].lines())
        except SnapshotDamaged as damaged:
            log.error("%s; it is taken off the list", damaged)
            await store.disown(header)
        except SnapshotMissing:
            lost.add(header.name)  # perhaps merged or archived since the list was read: read it again
    first = await client.xrange(keys.log, count=1)
    if first and int(first[0][0].split(b"-")[0]) > 1:
        log.warning("the log was trimmed and no snapshot of shape %s is left: reading the stored state", store.shape)
        return await _stored_state(client, keys)
    return Restored(Board())


async def _stored_state(client: Any, keys: Keys) -> Restored:
    async with client.pipeline(transaction=True) as pipe:
        pipe.get(keys.seq).hgetall(keys.versions).hgetall(keys.state).xrevrange(keys.log, count=1)
        seq, versions, state, newest = await pipe.execute()
    at = float(newest[0][1][b"at"]) if newest else 0.0
    board = Board()
    records = []
    for version, ref in sorted((int(version), ref) for ref, version in versions.items()):
        doc = state.get(ref)
        records.append((ref.decode(), version, read_entity(ref.decode(), doc) if doc else None))
    board.adopt(int(seq or 0), at, records)
    return Restored(board, at, chained=False)


async def recall_touches(client: Any, keys: Keys, board: Board) -> dict[str, RecordedEvent]:
    """The last event that touched each unit and whatever belongs to an open incident: who was it, and when.

    Events that were trimmed from the log, and more than RECALLED of them, are left out.
    """
    refs = [unit_ref(unit.id) for unit in board.units()]
    for incident in board.open_incidents():
        refs += (incident_ref(incident.id), roster_ref(incident.id))
        refs += (assignment_ref(held.id) for held in board.assignments_of(incident.id))
    seqs = sorted({board.version(ref) for ref in refs})[-RECALLED:]
    async with client.pipeline(transaction=False) as pipe:
        for seq in seqs:
            pipe.xrange(keys.log, min=f"{seq}-0", max=f"{seq}-0")
        found = await pipe.execute() if seqs else []
    events = {seq: read_event(seq, entries[0][1]) for seq, entries in zip(seqs, found, strict=True) if entries}
    return {ref: events[version] for ref in refs if (version := board.version(ref)) in events}
