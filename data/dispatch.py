"""The only write path: command -> policy -> one atomic commit.

Knows how a verdict becomes a commit, what each answer of the commit means, and when trying again is right.
Refuses to know any rule (domain/rules) and any screen.

The decision is made against this process's picture; the commit compares the version of everything the
decision stands on. When the picture was some milliseconds old the command is decided again on the newer
one, a bounded number of times. When the reply is lost, or too few replicas have the command, the same id is
sent again until it is known what became of it: it cannot happen twice. When nothing was ever sent, or the store
says no, that is known at once and nothing is tried again: a command that waits runs when nobody expects it.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

import msgspec
from redis.exceptions import RedisError

from data.clock import ServerClock
from data.codec import digest, to_json, write_event
from data.connection import LOST, forget_idle, never_sent, refusal_in_words
from data.keys import Keys
from data.projection import Projection
from data.replicas import NotReplicated, call_and_wait, confirm
from domain.board import Draft
from domain.commands import Envelope
from domain.decision import Decision, refuse
from domain.errors import BadCommand
from domain.events import RecordedEvent
from domain.outcome import Outcome, OutcomeStatus
from domain.rules import Facts, Verdict, decide

TRIES = 8
"""How often a command is decided anew because the picture moved under it."""
UNKNOWN_SECONDS = 5.0
"""How long the same id is sent again while it is not known what became of it: a failover takes two to four."""
CLOCK_TOLERANCE = 0.5
"""Seconds this process's idea of server time may be off."""
MOST_ID = 100
"""Characters of a command id."""


class OutcomeUnknown(RedisError):
    """It was sent, and in UNKNOWN_SECONDS nobody could say whether it happened."""


_summary_decoder = msgspec.json.Decoder(Outcome)


class Dispatcher:
    """Submits commands to one board."""

    def __init__(
        self, client: Any, keys: Keys, projection: Projection, clock: ServerClock, facts: Facts, *, replicas: int = 0
    ) -> None:
        """`replicas`: copies a command must have before it counts as done."""
        self._client = client
        self._replicas = replicas
        self._keys = keys
        self._projection = projection
        self._clock = clock
        self._facts = facts

    async def submit(self, envelope: Envelope) -> Outcome:
        """What became of a command. Never raises for the store's absence or a bad command: that is an Outcome too."""
        if not 0 < len(envelope.id) <= MOST_ID or not envelope.id.isprintable():
            return _outcome(OutcomeStatus.INVALID, "bad_id", f"a command id has 1 to {MOST_ID} printable characters")
        if not self._projection.connected:
            # Known to be gone: asking a server that says nothing takes seconds, and the picture is not the board's.
            reason = "the store does not answer; this was not sent"
            return _outcome(
                OutcomeStatus.UNAVAILABLE, "store_unavailable", reason, "wait for the store, then decide again"
            )
        try:
            return await self._decide_and_commit(envelope)
        except BadCommand as wrong:
            return _outcome(OutcomeStatus.INVALID, "bad_command", str(wrong), "mend the command")
        except (*LOST, RedisError) as lost:
            return _unavailable(lost)

    async def _decide_and_commit(self, envelope: Envelope) -> Outcome:
        mark = digest(envelope)
        for _ in range(TRIES):
            verdict = decide(self._projection.board, envelope, self._clock.now(), self._facts)
            if not verdict.decision.allowed:
                # A repeat of what was done looks forbidden now: the unit is taken, by this very command.
                return await self._earlier_answer(envelope, mark) or self._refusal(verdict)
            if not verdict.events:
                return Outcome(OutcomeStatus.ACCEPTED, verdict.decision, 0, verdict.text, verdict.incident)
            answer = await self._commit(envelope, verdict, mark)
            match answer[0]:
                case b"OK":
                    return await self._accepted(envelope, verdict, int(answer[1]), int(answer[2]), float(answer[3]))
                case b"SAME":
                    await self._projection.caught_up(int(answer[2]))
                    return _from_summary(answer[3], int(answer[2]))
                case b"MISUSED":
                    return _misused(envelope)
                case b"SKEW":
                    await self._clock.sync()
                case b"CONFLICT":
                    await self._projection.caught_up(int(answer[3]))
        return _outcome(
            OutcomeStatus.CONFLICT, "too_busy", f"the board changed {TRIES} times while this was decided", "repeat it"
        )

    async def _commit(self, envelope: Envelope, verdict: Verdict, mark: str) -> list[bytes]:
        board = self._projection.board
        draft = Draft(board)
        draft.add(verdict.events)
        summary = Outcome(OutcomeStatus.ACCEPTED, verdict.decision, 0, verdict.text, verdict.incident)
        args: list[Any] = [mark, f"{self._clock.now():.6f}", CLOCK_TOLERANCE, to_json(summary)]
        args.append(len(verdict.stands_on))
        for ref in sorted(verdict.stands_on):
            args += (ref, board.version(ref))
        args.append(len(verdict.events))
        for event in verdict.events:
            args += write_event(event, envelope, verdict.decision)
        args.append(len(draft.changes))
        for ref, entity in draft.changes.items():
            args += (ref, draft.touched_by[ref] + 1, b"" if entity is None else to_json(entity))
        keys = self._keys
        named = (keys.seq, keys.versions, keys.state, keys.log, keys.command(envelope.id))
        return await self._until_known(named, args)

    async def _until_known(self, named: tuple[str, ...], args: list[Any]) -> list[bytes]:
        """The commit's answer; asked again with the same id while it is unknown, for a bounded time."""
        deadline = time.monotonic() + UNKNOWN_SECONDS
        pause, unknown = 0.05, False
        why: Exception
        while True:
            try:
                return await self._call(named, args)
            except (*LOST, NotReplicated) as lost:
                if not unknown and never_sent(lost):
                    raise
                unknown, why = True, lost
                await forget_idle(self._client)
            except RedisError as refused:
                if not unknown:
                    raise
                why = refused
            if time.monotonic() > deadline:
                raise OutcomeUnknown(str(why)) from why
            await asyncio.sleep(pause)
            pause = min(2 * pause, 0.5)

    async def _call(self, named: tuple[str, ...], args: list[Any]) -> list[bytes]:
        if self._replicas:
            answer = await call_and_wait(self._client, "concord_commit_1", named, args, self._replicas)
        else:
            answer = await self._client.fcall("concord_commit_1", len(named), *named, *args)
        return list(answer)

    async def _accepted(self, envelope: Envelope, verdict: Verdict, first: int, last: int, at: float) -> Outcome:
        # Applying our own events at once lets the next command build on them; if others came between,
        # the stream brings all of them in order.
        for seq, event in enumerate(verdict.events, start=first):
            self._projection.take(RecordedEvent(seq, at, event, envelope.actor, envelope.id, verdict.decision))
        await self._projection.caught_up(last)
        return Outcome(OutcomeStatus.ACCEPTED, verdict.decision, last, verdict.text, verdict.incident)

    async def _earlier_answer(self, envelope: Envelope, mark: str) -> Outcome | None:
        key = self._keys.command(envelope.id)
        known, last, summary = await self._client.hmget(key, "digest", "last", "summary")
        if known is None:
            return None
        await confirm(self._client, key, self._replicas)  # it was perhaps told "unknown" for want of copies
        return _from_summary(summary, int(last)) if known.decode() == mark else _misused(envelope)

    def _refusal(self, verdict: Verdict) -> Outcome:
        decision = verdict.decision
        if decision.rule == "stale":
            status = OutcomeStatus.STALE
        elif verdict.conflict:
            status = OutcomeStatus.CONFLICT
        else:
            status = OutcomeStatus.REFUSED
        text = decision.reason
        if verdict.conflict and (told := self._who_changed(verdict.conflict)):
            text = f"{text} ({told})"
        return Outcome(status, decision, 0, text, verdict.incident)

    def _who_changed(self, ref: str) -> str:
        """Who touched a ref last, in words: "SF Fire dispatch of sffd, 0.8 s ago"."""
        last = self._projection.find_last_touch(ref)
        if last is None:
            return ""
        ago = max(0.0, self._clock.now() - last.at)
        return f"{last.actor.name} of {last.actor.agency}, {ago:.1f} s ago" if ago < 3600 else last.actor.name


def _outcome(status: OutcomeStatus, rule: str, reason: str, remedy: str = "") -> Outcome:
    decision: Decision = refuse(rule, reason, remedy)
    return Outcome(status, decision, 0, reason)


def _unavailable(lost: BaseException) -> Outcome:
    if isinstance(lost, (OutcomeUnknown, NotReplicated)):
        reason = f"sent, but not confirmed by the store ({lost}): it is not known whether it happened"
        remedy = "look at the board, then repeat"
    elif words := refusal_in_words(lost):
        reason, remedy = f"nothing happened: {words}", "wait for the store, then decide again"
    else:
        reason = f"the store does not answer ({type(lost).__name__}); nothing is known to have happened"
        remedy = "look at the board, then repeat"
    return _outcome(OutcomeStatus.UNAVAILABLE, "store_unavailable", reason, remedy)


def _misused(envelope: Envelope) -> Outcome:
    return _outcome(
        OutcomeStatus.MISUSED, "id_misused", f"command id {envelope.id} was used for another command", "use a new id"
    )


def _from_summary(summary: bytes, seq: int) -> Outcome:
    told = _summary_decoder.decode(summary)
    return Outcome(told.status, told.decision, seq, told.text, told.incident)
