"""The only write path: command -> policy -> one atomic commit.

Knows how a verdict becomes a commit, what each answer of the commit means, and when trying again is right.
Refuses to know any rule (domain/rules) and any screen.

The decision is made against this process's picture; the commit compares the version of everything the
decision stands on. When the picture was some milliseconds old the command is decided again on the newer
one, a bounded number of times. When the reply is lost, or too few replicas have the command, the same id is
sent again until it is known what became of it: it cannot happen twice. When nothing was ever sent, or the store
says no, that is known at once and nothing is tried again: a command that waits runs when nobody expects it.
A no is settled under its id as a yes is: the same id gets the same answer, and a commit of that id still
under way on a broken connection comes too late.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import msgspec
from redis.exceptions import RedisError

from data.batching import Batcher, Overloaded
from data.clock import ServerClock
from data.codec import digest, to_json, write_events
from data.connection import LOST, forget_idle, load_functions, never_sent, refusal_in_words
from data.keys import Keys
from data.projection import Projection
from data.replicas import NotReplicated, closing, missing_copies
from domain.board import Draft, incident_of
from domain.commands import Actor, Envelope, Role
from domain.decision import Decision, refuse
from domain.errors import BadCommand
from domain.events import RecordedEvent
from domain.outcome import Outcome, OutcomeStatus
from domain.refs import incident_ref, roster_ref
from domain.rules import Facts, Verdict, decide
from domain.rules.knowing import may_know_of

TRIES = 8
"""How often a command is decided anew because the picture moved under it."""
PATIENCE = 5.0
"""Seconds during which the same id is sent again while it is not known what became of it: a failover takes two
to four, and a command is stale after ten."""
PAUSES = (0.05, 0.1, 0.2, 0.4)
"""Seconds between such repeats, the last one over and over."""
NEWER_PICTURE = 1.0
"""Seconds to wait for a picture as new as the one the asker saw on another worker."""
CLOCK_TOLERANCE = 0.5
"""Seconds by which a decision may be older than the store's clock when it arrives; it may never be ahead."""
SKEWS = 2
"""How often the clock is put right for one command; after that it is the way to the store that is slow."""
MOST_ID = 100
"""Characters of a command id."""


class OutcomeUnknown(RedisError):
    """It was sent, and in PATIENCE seconds nobody could say whether it happened."""


_summary_decoder = msgspec.json.Decoder(Outcome)
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")


class Dispatcher:
    """Submits commands to one board."""

    def __init__(
        self, client: Any, keys: Keys, projection: Projection, clock: ServerClock, facts: Facts, *, replicas: int = 0
    ) -> None:
        """`replicas`: copies a command must have before it counts as done."""
        self._client = client
        self._calls = Batcher(
            client, closing=closing(keys, replicas), check=lambda answers: missing_copies(answers, replicas)
        )
        self._keys = keys
        self._projection = projection
        self._clock = clock
        self._facts = facts

    async def aclose(self) -> None:
        """Let go of commands under way; their outcome is unknown to whoever waits."""
        await self._calls.aclose()

    async def submit(self, envelope: Envelope) -> Outcome:
        """What became of a command. Never raises for the store's absence or a bad command: that is an Outcome too.

        Every answer but `invalid`, `unavailable` and rule `too_busy` is remembered under the id.
        """
        if not 0 < len(envelope.id) <= MOST_ID or not envelope.id.isprintable():
            return _outcome(OutcomeStatus.INVALID, "bad_id", f"a command id has 1 to {MOST_ID} printable characters")
        if not self._projection.connected:
            # Known to be gone: asking a server that says nothing takes seconds, and the picture is not the board's.
            reason = "the store does not answer; this was not sent"
            remedy = "wait for the store, then decide again"
            await asyncio.sleep(0)  # whoever asks in a loop must not keep the link from coming back
            return _outcome(OutcomeStatus.UNAVAILABLE, "store_unavailable", reason, remedy)
        try:
            return await self._decide_and_commit(envelope)
        except BadCommand as wrong:
            return _outcome(OutcomeStatus.INVALID, "bad_command", str(wrong), "mend the command")
        except Overloaded as full:
            return _outcome(OutcomeStatus.UNAVAILABLE, "overloaded", f"nothing happened: {full}", "repeat it")
        except (*LOST, RedisError) as lost:
            return _unavailable(lost)

    async def _decide_and_commit(self, envelope: Envelope) -> Outcome:
        mark = digest(envelope)
        await self._as_new_as_seen(envelope)
        moved, skews = "", 0
        for again in range(TRIES):
            verdict = decide(self._projection.board, envelope, self._now(), self._facts)
            changes = verdict.decision.allowed and bool(verdict.events)
            outcome = self._outcome_of(verdict, envelope)
            if changes:
                answer = await self._commit(
                    "concord_commit_1", envelope, self._writing(envelope, verdict, outcome, mark)
                )
            else:
                # The last time a no stands even if it could not be shown to be fresh: it changes nothing.
                refs = _asked_about(verdict) if again + 1 < TRIES else ()
                answer = await self._commit("concord_settle_1", envelope, self._compared(set(refs), outcome, mark))
            match answer[0]:
                case b"OK" if changes:
                    return await self._accepted(envelope, verdict, outcome, answer)
                case b"OK":
                    return outcome
                case b"SAME":
                    await self._projection.caught_up(int(answer[2]))
                    return _from_summary(answer[3], int(answer[2]))
                case b"MISUSED":
                    return _misused(envelope)
                case b"SKEW":
                    if (skews := skews + 1) > SKEWS:
                        reason = f"the store takes longer than {CLOCK_TOLERANCE} s to answer; nothing happened"
                        return _outcome(OutcomeStatus.UNAVAILABLE, "too_slow", reason, "repeat it")
                case b"CONFLICT":
                    moved = answer[1].decode()
                    await self._projection.caught_up(int(answer[3]))
        told = self._who_changed(moved, envelope.actor)
        reason = f"the board changed {TRIES} times while this was decided; {moved}: {told}"
        return _outcome(OutcomeStatus.CONFLICT, "too_busy", reason, "repeat it")

    async def _as_new_as_seen(self, envelope: Envelope) -> None:
        """The asker may look at a worker that is ahead of this one: that is no conflict, only a wait."""
        newest = max(envelope.expected.values(), default=0)
        if newest > self._projection.board.seq:
            await self._projection.caught_up(newest, NEWER_PICTURE)

    def _now(self) -> float:
        """Server time; never before an event this process knows of, however its clock wavers."""
        return max(self._clock.now(), self._projection.board.at)

    # What is sent ---------------------------------------------------------------------------------

    def _writing(self, envelope: Envelope, verdict: Verdict, outcome: Outcome, mark: str) -> list[Any]:
        """concord_commit_1's arguments."""
        board = self._projection.board
        draft = Draft(board)
        draft.add(verdict.events)
        args = self._compared(verdict.stands_on, outcome, mark)
        args.append(len(verdict.events))
        args += write_events(verdict.events, envelope, verdict.decision)
        args.append(len(draft.changes))
        for ref, entity in draft.changes.items():
            args += (ref, draft.touched_by[ref] + 1, b"" if entity is None else to_json(entity))
        return args

    def _compared(self, refs: Iterable[str], outcome: Outcome, mark: str) -> list[Any]:
        """What both functions ask for first, and all concord_settle_1 does: digest, time, answer, what it stands on."""
        version = self._projection.board.version
        args: list[Any] = [mark, f"{self._clock.now():.6f}", CLOCK_TOLERANCE, to_json(outcome)]
        ordered = sorted(refs)
        args.append(len(ordered))
        for ref in ordered:
            args += (ref, version(ref))
        return args

    async def _commit(self, function: str, envelope: Envelope, args: Sequence[Any]) -> list[bytes]:
        """The store's answer, asked for under the same id while it is unknown, for a bounded time.

        Raises what the store raised when it is known that nothing happened, OutcomeUnknown when patience ends.
        """
        k, id_key = self._keys, self._keys.command(envelope.id)
        keys = (
            (k.seq, k.versions, k.state, k.log, id_key)
            if function == "concord_commit_1"
            else (k.seq, k.versions, id_key)
        )
        until = time.monotonic() + PATIENCE
        tries, unknown = 0, False
        while True:
            asked = time.monotonic()
            try:
                answer: list[bytes] = await self._calls.fcall(function, keys, args)
                if answer[0] in (b"OK", b"SKEW"):
                    self._clock.narrow(float(answer[-1]), asked, time.monotonic())
                return answer
            except Overloaded as full:
                if not unknown:
                    raise
                why: Exception = full
            except (*LOST, NotReplicated) as lost:
                if not unknown and never_sent(lost):
                    raise
                unknown, why = True, lost
                await forget_idle(self._client)
            except RedisError as refused:
                if "function not found" in str(refused).lower() and time.monotonic() < until:
                    await load_functions(self._client)  # an empty server took the place of ours
                elif not unknown:
                    raise
                why = refused
            if time.monotonic() > until:
                raise OutcomeUnknown(str(why)) from why
            await asyncio.sleep(PAUSES[min(tries, len(PAUSES) - 1)])
            tries += 1

    # What is answered -----------------------------------------------------------------------------

    async def _accepted(self, envelope: Envelope, verdict: Verdict, outcome: Outcome, answer: list[bytes]) -> Outcome:
        # Applying our own events at once lets the next command build on them; if others came between,
        # the stream brings all of them in order.
        first, last, at = int(answer[1]), int(answer[2]), float(answer[3])
        for seq, event in enumerate(verdict.events, start=first):
            self._projection.take(RecordedEvent(seq, at, event, envelope.actor, envelope.id, verdict.decision))
        await self._projection.caught_up(last)
        return _at(outcome, last)

    def _outcome_of(self, verdict: Verdict, envelope: Envelope) -> Outcome:
        decision = verdict.decision
        if decision.allowed:
            return Outcome(OutcomeStatus.ACCEPTED, decision, 0, verdict.text, verdict.incident)
        conflict = verdict.conflict
        if decision.rule == "stale":
            status = OutcomeStatus.STALE
        elif conflict := verdict.conflict or self._changed_since_seen(envelope, _asked_about(verdict)):
            status = OutcomeStatus.CONFLICT
        else:
            status = OutcomeStatus.REFUSED
        text = decision.reason
        if conflict and (told := self._who_changed(conflict, envelope.actor)):
            text = f"{text} ({told})"
        return Outcome(status, decision, 0, text, verdict.incident)

    def _changed_since_seen(self, envelope: Envelope, refs: Collection[str]) -> str:
        """The first of the refs that is no longer what the asker saw: then a rule's no is somebody else's doing."""
        version, expected = self._projection.board.version, envelope.expected
        return next((ref for ref in refs if ref in expected and version(ref) != expected[ref]), "")

    def _who_changed(self, ref: str, asker: Actor) -> str:
        """Who touched a ref last, how and when: "unit assigned by Okafor of sffd, 0.8 s ago".

        A person's name is for their own agency and for those who may know of the incident; others read the agency.
        """
        last = self._projection.find_last_touch(ref)
        if last is None:
            return ""
        what = _HUMP.sub(" ", type(last.event).__name__).lower()
        known = self._may_name(ref, last, asker)
        who = f"{last.actor.name} of {last.actor.agency}" if last.actor.agency else last.actor.name
        who = who if known else last.actor.agency or "the board"
        return f"{what} by {who}, {_ago(max(0.0, self._clock.now() - last.at))} ago"

    def _may_name(self, ref: str, last: RecordedEvent, asker: Actor) -> bool:
        """Whether an asker may read the name of who touched a ref last."""
        if asker.role == Role.SERVICE or (asker.agency and asker.agency == last.actor.agency):
            return True
        assignment = getattr(last.event, "assignment", None)
        number = incident_of(ref) or getattr(last.event, "incident", "") or getattr(assignment, "incident", "")
        board = self._projection.board
        return bool(number) and may_know_of(board, str(number), asker, self._facts, self._now())


def _asked_about(verdict: Verdict) -> tuple[str, ...]:
    """What a no stands on: the ref it names, and its incident with the units on it."""
    incident = (incident_ref(verdict.incident), roster_ref(verdict.incident)) if verdict.incident else ()
    return (*verdict.stands_on, verdict.conflict, *incident) if verdict.conflict else (*verdict.stands_on, *incident)


def _ago(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.0f} h"


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


def _at(outcome: Outcome, seq: int) -> Outcome:
    return Outcome(outcome.status, outcome.decision, seq, outcome.text, outcome.incident)


def _from_summary(summary: bytes, seq: int) -> Outcome:
    return _at(_summary_decoder.decode(summary), seq)
