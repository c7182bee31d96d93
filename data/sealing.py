"""A process's part in sealing a board: sealer, witness, keys and file put together.

Knows how they start and stop, and what to tell whoever asks for the last seal. Refuses to know more of them.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from redis.exceptions import RedisError

from data.chain import Seal, to_line
from data.connection import LOST, connect
from data.keys import keys_of
from data.leadership import LEASE_SECONDS, Lease
from data.seal_file import SealFile
from data.seal_store import find_last_seal, seals_after
from data.sealer import Sealer
from data.signing import KeyRing, open_signer
from data.tasks import cancelled
from data.witness import Witness
from domain.errors import StoreUnavailable

log = logging.getLogger("concord.sealing")


class Sealing:
    """Tries for leadership, seals while it leads, and keeps the file. Run it beside a BoardLink."""

    def __init__(
        self,
        redis_url: str,
        board: str,
        keys_folder: Path,
        seals_file: Path,
        signing_key: Path | None = None,
        *,
        lease: float = LEASE_SECONDS,
    ) -> None:
        """Makes or reads the signing key; `lease` in seconds. Raises BadKey and BadCommand (a bad board name)."""
        self.board = board
        self.keys = keys_of(board)
        self.signer = open_signer(signing_key, keys_folder)
        self.ring = KeyRing(keys_folder)
        self._client: Any = connect(redis_url, connections=4, board=board)
        holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        claim = Lease(self._client, self.keys, holder, lease)
        self.sealer = Sealer(self._client, self.keys, board, self.signer, self.ring, claim, seals_file)
        self.witness = Witness(self._client, self.keys, board, self.ring, SealFile(seals_file))

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Take part until the block ends; the functions must be loaded (BoardLink does). Never raises for the store."""
        tasks = [
            asyncio.create_task(self.sealer.run(), name="sealer"),
            asyncio.create_task(self.witness.run(), name="witness"),
        ]
        for task in tasks:
            task.add_done_callback(_said)
        try:
            yield
        finally:
            await cancelled(tasks)
            await self.sealer.resign()
            await self._client.aclose()

    async def head(self) -> dict[str, object]:
        """The last seal, its public key, and what keeps this process from sealing. Raises StoreUnavailable, BadSeal."""
        try:
            last = await find_last_seal(self._client, self.keys, self.board)
            ends = int(await self._client.get(self.keys.seq) or 0)
        except (*LOST, RedisError) as lost:
            raise StoreUnavailable(f"the store does not answer: {lost}") from lost
        return {
            "board": self.board,
            "seal": None if last is None else {name: getattr(last, name) for name in Seal.__slots__},
            "public_key": "" if last is None else self.ring.public_pem(last.key),
            "unsealed": ends - (last.seq if last else 0),
            "trouble": [said for said in (self.sealer.trouble, self.witness.trouble) if said],
        }

    async def lines_after(self, n: int) -> str:
        """Seals after number `n`, as lines of the file; at most a page. Raises StoreUnavailable, BadSeal."""
        try:
            seals = await seals_after(self._client, self.keys, self.board, n)
        except (*LOST, RedisError) as lost:
            raise StoreUnavailable(f"the store does not answer: {lost}") from lost
        return "".join(to_line(seal) + "\n" for seal in seals)


def _said(task: asyncio.Task[None]) -> None:
    """Neither task ends by itself: if one did, there is a mistake in it, and nobody would know."""
    if not task.cancelled() and (mistake := task.exception()) is not None:
        log.error("%s ended: %r", task.get_name(), mistake, exc_info=mistake)
