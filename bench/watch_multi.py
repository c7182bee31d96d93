"""The same assign as one would write it without functions: WATCH, read, decide, write in MULTI, again when it failed.

Uses redis-py's own loop (`client.transaction`), the domain's own policy and the same keys. Two forms:
`ordered` gives what commit.lua gives, a contiguous sequence number: every two commands then watch the same counter.
`loose` gives that up (the stream numbers its entries, a version is a key of its own), so that only commands about the
same unit or incident meet. Neither keeps a picture up to date, which our own path does in the same time.
"""

from __future__ import annotations

from typing import Any

from data.codec import digest, to_json, write_event
from data.keys import Keys
from domain.board import Board, Draft
from domain.commands import Envelope
from domain.outcome import Outcome, OutcomeStatus
from domain.rules import Facts, decide


class WatchMulti:
    """Assigns on one board. `client` has a connection for every dispatcher: a WATCH owns its connection."""

    def __init__(self, client: Any, keys: Keys, board: Board, facts: Facts, *, ordered: bool) -> None:
        self._client = client
        self._keys = keys
        self._board = board
        self._facts = facts
        self._ordered = ordered
        self.retries = 0

    async def submit(self, envelope: Envelope, now: float) -> None:
        """Decide and write one command; tries until it succeeds. `now` in seconds since the epoch."""
        verdict = decide(self._board, envelope, now, self._facts)
        assert verdict.decision.allowed, verdict.decision
        draft = Draft(self._board)
        draft.add(verdict.events)
        summary = to_json(Outcome(OutcomeStatus.ACCEPTED, verdict.decision, 0, verdict.text, verdict.incident))
        mark = digest(envelope)
        refs = sorted(verdict.stands_on)
        keys = self._keys
        command = keys.command(envelope.id)
        watched = [keys.seq, command] if self._ordered else [*map(self._version_key, refs), command]
        tries = 0

        async def write(pipe: Any) -> None:
            nonlocal tries
            tries += 1
            if self._ordered:
                known = await pipe.hmget(keys.versions, refs)
                base = int(await pipe.get(keys.seq) or 0)
            else:
                known = await pipe.mget([self._version_key(ref) for ref in refs])
                base = 0
            if await pipe.exists(command):
                return
            for ref, version in zip(refs, known, strict=True):
                if self._ordered and int(version or 0) != self._board.version(ref):
                    raise AssertionError(f"{ref} changed: the benchmark's commands do not touch each other")
            pipe.multi()
            for index, event in enumerate(verdict.events, start=1):
                kind, schema, body = write_event(event, envelope, verdict.decision)
                fields = {"kind": kind, "at": f"{now:.6f}", "schema": schema, "body": body}
                entry = f"{base + index}-0" if self._ordered else "*"
                pipe.xadd(keys.log if self._ordered else f"{keys.log}:loose", fields, id=entry)
            for ref, entity in draft.changes.items():
                if self._ordered:
                    pipe.hset(keys.versions, ref, base + draft.touched_by[ref] + 1)
                else:
                    pipe.incr(self._version_key(ref))
                if entity is not None:
                    pipe.hset(keys.state, ref, to_json(entity))
            pipe.set(keys.seq, base + len(verdict.events)) if self._ordered else None
            pipe.hset(command, mapping={"digest": mark, "summary": summary})
            pipe.expire(command, 3600)

        await self._client.transaction(write, *watched)
        self.retries += tries - 1

    def _version_key(self, ref: str) -> str:
        return f"{self._keys.seq}:version:{ref}"
