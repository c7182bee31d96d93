"""Boundary editions in the store: the file's bytes, and which process answers from which edition.

Knows keys, compression and checksums. Refuses to know what is in the file (geo) and when it holds (domain/edition.py).
Every machine that serves the board gets an edition from here, so adopting one needs no shared folder.
"""

from __future__ import annotations

import asyncio
import hashlib
import zlib
from typing import Any

from data.connection import LOST
from data.keys import Keys
from domain.errors import ConcordError, StoreUnavailable

MOST_BYTES = 200 * 2**20
"""Of a compressed file: a store keeps it in memory, and its replicas and backups too."""
MOST_UNPACKED = 512 * 2**20
"""Bytes of the file itself, as for any boundary file."""
SEEN_SECONDS = 60.0
"""A process that has not said for so long what it answers from is taken to be gone."""


class EditionLost(ConcordError, LookupError):
    """The bytes of an edition are not in the store, or are not the ones that were adopted."""


class EditionStore:
    """The editions of one board."""

    def __init__(self, client: Any, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    async def put(self, content: bytes) -> str:
        """Keep a file; its edition's id. Raises EditionLost for one that is too large, StoreUnavailable."""
        edition = hashlib.sha256(content).hexdigest()
        packed = zlib.compress(content, 6)
        if len(packed) > MOST_BYTES:
            size = f"{len(packed) / 2**20:.0f} MB compressed"
            raise EditionLost(f"the file has {size}; at most {MOST_BYTES / 2**20:.0f}: simplify its polygons")
        try:
            await self._client.set(self._keys.edition(edition), packed)
        except LOST as lost:
            raise StoreUnavailable(f"the store does not answer: {lost}") from lost
        return edition

    async def get(self, edition: str) -> bytes:
        """A file by its edition's id. Raises EditionLost when it is not there whole, StoreUnavailable."""
        try:
            packed = await self._client.get(self._keys.edition(edition))
        except LOST as lost:
            raise StoreUnavailable(f"the store does not answer: {lost}") from lost
        if packed is None:
            raise EditionLost(f"edition {edition[:10]} is not in the store: adopt its file again")
        # Aside: a large file takes a second, and nobody's question may wait for it.
        return await asyncio.to_thread(_unpacked, packed, edition)

    async def say(self, process: str, edition: str, now: float) -> None:
        """A process answers from an edition ("" = the region pack's) at a server time."""
        await self._client.hset(self._keys.answering, process, f"{now:.3f} {edition}")

    async def leave(self, process: str) -> None:
        """A process answers no more."""
        await self._client.hdel(self._keys.answering, process)

    async def answering(self, now: float) -> dict[str, str]:
        """Process -> the edition it answers from, of all that said so lately."""
        found = {}
        for process, said in (await self._client.hgetall(self._keys.answering)).items():
            at, _, edition = said.decode().partition(" ")
            if now - float(at) <= SEEN_SECONDS:
                found[process.decode()] = edition
        return found


def _unpacked(packed: bytes, edition: str) -> bytes:
    opener = zlib.decompressobj()
    try:
        content = opener.decompress(packed, MOST_UNPACKED)
    except zlib.error as broken:
        raise EditionLost(f"edition {edition[:10]} is damaged in the store ({broken}): adopt it again") from broken
    if not opener.eof or hashlib.sha256(content).hexdigest() != edition:
        raise EditionLost(f"edition {edition[:10]} in the store is another file: adopt it again")
    return content
