"""The witness: copies every seal from the store to the file outside it, as soon as it is there.

Knows how far the file is. Refuses to write a seal that does not hold or does not follow; `trouble` then says why.
Of the processes of one machine one writes, whoever has the file's lock; it need not be the one that seals.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from redis.exceptions import RedisError

from data.chain import BadSeal, message
from data.connection import BLOCK_SECONDS, LOST
from data.keys import Keys
from data.seal_file import SealFile
from data.seal_store import find_seal, seals_after
from data.signing import KeyRing

RETRY_SECONDS = 2.0
"""How often a process without the lock asks for it, and how long to wait after a fault."""
AT_ONCE = 50
"""Seals checked and written in one go, some 8 ms of checking: the process has other work."""
log = logging.getLogger("concord.witness")


class Witness:
    """Keeps one file of seals. `trouble` is "" or why the file does not grow."""

    def __init__(self, client: Any, keys: Keys, board: str, ring: KeyRing, file: SealFile) -> None:
        self._client = client
        self._keys = keys
        self._board = board
        self._ring = ring
        self._file = file
        self._compared = False
        self.trouble = ""

    async def run(self) -> None:
        """Copy until cancelled; survives the store's absence and a full disk."""
        try:
            while True:
                try:
                    if self._file.locked and self._file.moved:
                        self._let_go()
                    if self._file.locked or self._file.lock():
                        await self.step()
                        self.trouble = ""
                        await self._news()
                        continue
                except BadSeal as wrong:
                    self._say(str(wrong))
                    self._let_go()
                except (*LOST, RedisError) as lost:
                    if isinstance(lost, OSError) and lost.filename:
                        self._say(f"{lost.filename}: {lost.strerror}")
                    self._let_go()
                await asyncio.sleep(RETRY_SECONDS)
        finally:
            self._let_go()

    async def step(self) -> None:
        """Copy what the file lacks. Raises BadSeal, OSError and the store's errors."""
        last = self._file.last
        if last is not None and not self._compared:
            if await find_seal(self._client, self._keys, self._board, last.n) != last:
                raise BadSeal(f"seal {last.n} of {self._file.path} is not in the store: run `python -m tools verify`")
            self._compared = True
        while seals := await seals_after(self._client, self._keys, self._board, self._known, AT_ONCE):
            for seal in seals:
                if not self._ring.holds(seal.key, message(seal), seal.signature):
                    raise BadSeal(
                        f"the signature of seal {seal.n} (key {seal.key}) does not hold, or its key is unknown"
                    )
            await asyncio.to_thread(self._file.append, seals)

    async def _news(self) -> None:
        await self._client.xread({self._keys.seals: f"{self._known}-0"}, count=1, block=int(BLOCK_SECONDS * 1000))

    @property
    def _known(self) -> int:
        """Number of the file's last seal, 0 before the first."""
        return self._file.last.n if self._file.last else 0

    def _let_go(self) -> None:
        self._file.close()
        self._compared = False

    def _say(self, trouble: str) -> None:
        if trouble != self.trouble:
            log.error("seals of %s are not copied: %s", self._board, trouble)
        self.trouble = trouble
