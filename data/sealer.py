"""The sealer: follows a board's log behind the commit, chains its events and signs the head every second.

Knows when this process may seal, and from where. Refuses to know what an event means, and to seal what contradicts
a seal already given: that is for people to look at (docs/verify.md), and `trouble` says so in words.

One process leads at a time (leadership.py); the others only look whether it still does. A new leader trusts the
last seal only if it is signed by a known key and says what this machine's file of seals says.
"""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

from redis.exceptions import RedisError, ResponseError

from data.chain import MARK, BadSeal, Seal, genesis, link_entry, message
from data.connection import LOST
from data.keys import Keys
from data.leadership import Held, Lease, Led
from data.seal_file import find_last_line, read_seals
from data.seal_store import Deposed, append_seal, find_last_seal, find_seal
from data.signing import KeyRing, Signer

PACE_SECONDS = 1.0
"""How often the head is signed."""
PAGE = 500
"""Events read and chained in one go, some 4 ms; between two pages the process does its other work."""
MOST_EVENTS = 10_000
"""Events one seal covers at most."""
TROUBLED_SECONDS = 5.0
"""How long to wait after something only people can mend."""
log = logging.getLogger("concord.sealer")


class CannotSeal(Exception):
    """The log, the seals and the file do not fit together; sealing on would hide it."""


class Sealer:
    """Seals one board while it leads. `trouble` is "" or why it could not when it last led."""

    def __init__(
        self, client: Any, keys: Keys, board: str, signer: Signer, ring: KeyRing, lease: Lease, file: Path | None = None
    ) -> None:
        self._client = client
        self._keys = keys
        self._board = board
        self._signer = signer
        self._ring = ring
        self._lease = lease
        self._file = file
        self._token = 0
        self._head: tuple[int, int, bytes] = (0, 0, b"")
        self.trouble = ""

    @property
    def leading(self) -> bool:
        """Whether this process led when it last looked."""
        return self._token > 0

    async def run(self) -> None:
        """Seal until cancelled; survives the store's absence."""
        while True:
            started = asyncio.get_running_loop().time()
            try:
                wait = await self.step()
            except Deposed as deposed:
                log.info("sealing of %s passed on: %s", self._board, deposed)
                self._token, wait = 0, PACE_SECONDS
            except (CannotSeal, BadSeal) as wrong:
                self._say(str(wrong))
                wait = TROUBLED_SECONDS
                await self.resign()
            except ResponseError as refused:
                self._say(f"the store refuses: {refused}")
                self._token, wait = 0, TROUBLED_SECONDS
            except (*LOST, RedisError) as lost:
                # What became of the last write is not known: the next step starts from the store's last seal.
                log.debug("sealing of %s waits: %s", self._board, lost)
                self._token, wait = 0, PACE_SECONDS
            took = asyncio.get_running_loop().time() - started
            await asyncio.sleep(max(0.0, wait - took))

    async def step(self) -> float:
        """Claim the lease and seal what is new, one seal at most; returns how many seconds the next step may wait.

        Raises Deposed, CannotSeal, BadSeal and the store's errors.
        """
        claim = await self._lease.claim()
        if isinstance(claim, Held):
            self._token = 0
            return min(PACE_SECONDS, claim.left + 0.02)
        if claim.token != self._token:
            self._head = await self._take_up(claim)
            self._token = claim.token
        seal = await self._next_seal(claim)
        if seal is None:
            self.trouble = ""
            return PACE_SECONDS
        await append_seal(self._client, self._keys, self._lease.holder, claim.token, seal)
        self._head = (seal.n, seal.seq, bytes.fromhex(seal.hash))
        self.trouble = ""
        return 0.0 if seal.seq - seal.after == MOST_EVENTS else PACE_SECONDS

    async def resign(self) -> None:
        """Give up the lease, so that another process need not wait for its end; the store may be gone."""
        token, self._token = self._token, 0
        if token:
            try:
                await self._lease.resign(token)
            except (*LOST, RedisError) as lost:
                log.debug("lease of %s not given back: %s", self._board, lost)

    # Sealing ------------------------------------------------------------------------------------

    async def _next_seal(self, claim: Led) -> Seal | None:
        n, after, head = self._head
        seq, marks = after, []
        while seq - after < MOST_EVENTS:
            page = await self._client.xrange(
                self._keys.log, min=f"({seq}-0", count=min(PAGE, MOST_EVENTS - seq + after)
            )
            for entry_id, fields in page:
                if entry_id != b"%d-0" % (seq + 1):
                    raise CannotSeal(
                        f"event {seq + 1} is missing: after {seq} the log goes on with {entry_id.decode()}"
                    )
                seq += 1
                head = link_entry(head, seq, fields)
                marks.append(head.hex()[:MARK])
            if len(page) < PAGE:
                break
            await asyncio.sleep(0)
        if seq == after:
            return None
        key = self._signer.key
        bare = Seal(self._board, n + 1, after, seq, head.hex(), claim.time, key, claim.token, "".join(marks), "")
        return _signed(bare, self._signer)

    # Taking over --------------------------------------------------------------------------------

    async def _take_up(self, claim: Led) -> tuple[int, int, bytes]:
        """Number, sequence number and hash to go on from. Raises CannotSeal."""
        last = await find_last_seal(self._client, self._keys, self._board)
        if last is not None and not self._ring.holds(last.key, message(last), last.signature):
            known = "its signature does not hold" if self._ring.knows(last.key) else "that key is not known here"
            raise CannotSeal(
                f"the last seal in the store, {last.n}, is signed with key {last.key}, and {known}; put "
                f"{last.key}.pub.pem into {self._ring.folder} if it is one of yours"
            )
        outside = await asyncio.to_thread(self._find_outside)
        if outside is not None:
            last = await self._agreed(claim, last, outside)
        ends = int(await self._client.get(self._keys.seq) or 0)
        if last is not None and last.seq > ends:
            raise CannotSeal(f"seal {last.n} covers {last.covers}, but the log ends at {ends}")
        if last is None:
            return 0, 0, genesis(self._board)
        return last.n, last.seq, bytes.fromhex(last.hash)

    def _find_outside(self) -> Seal | None:
        if self._file is None:
            return None
        try:
            return find_last_line(self._file)
        except OSError as error:
            log.warning("the file of seals cannot be read: %s", error)
            return None

    async def _agreed(self, claim: Led, last: Seal | None, outside: Seal) -> Seal | None:
        """The seal to go on from, once the store and the file tell the same story; CannotSeal otherwise."""
        if last is not None and outside.n <= last.n:
            if await find_seal(self._client, self._keys, self._board, outside.n) != outside:
                raise CannotSeal(f"seal {outside.n} in the store is not the one in {self._file}{self._remedy}")
            return last
        # The file is ahead: the store lost seals (a failover, a power cut). If it has kept the events they
        # vouch for, they are put back; if not, acknowledged events are gone, and only people can say what now.
        assert self._file is not None
        start = last.n if last else 0
        missing = [seal for seal in await asyncio.to_thread(list, read_seals(self._file)) if seal.n > start]
        for seal in missing:
            head = bytes.fromhex(last.hash) if last else genesis(self._board)
            if (
                (seal.board, seal.n, seal.after) != (self._board, last.n + 1 if last else 1, last.seq if last else 0)
                or not self._ring.holds(seal.key, message(seal), seal.signature)
                or await self._chained(head, seal.after, seal.seq) != seal.hash
            ):
                raise CannotSeal(
                    f"{self._file} holds seal {seal.n} of {seal.covers}, which this log does not have{self._remedy}"
                )
            await append_seal(self._client, self._keys, self._lease.holder, claim.token, seal)
            last = seal
        return last

    async def _chained(self, head: bytes, after: int, seq: int) -> str:
        """The chain's hash at `seq`, "" when the log does not reach it without a gap."""
        while after < seq:
            page = await self._client.xrange(self._keys.log, min=f"({after}-0", count=min(PAGE, seq - after))
            if not page:
                return ""
            for entry_id, fields in page:
                after += 1
                if entry_id != b"%d-0" % after:
                    return ""
                head = link_entry(head, after, fields)
            await asyncio.sleep(0)
        return head.hex()

    @property
    def _remedy(self) -> str:
        return (
            "; run `python -m tools verify`, keep the file as evidence, and once it is known what happened "
            "move it aside: sealing then goes on from the store"
        )

    def _say(self, trouble: str) -> None:
        if trouble != self.trouble:
            log.error("board %s is not sealed here: %s", self._board, trouble)
        self.trouble = trouble


def _signed(bare: Seal, signer: Signer) -> Seal:
    fields = {name: getattr(bare, name) for name in Seal.__slots__}
    return Seal(**{**fields, "signature": signer.sign(message(bare))})
