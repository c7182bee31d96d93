"""Which process seals a board: a lease in the store with a fencing token.

Knows the lease. Refuses to know what its holder does with it: every write compares the token in the store itself
(seal.lua), so nothing here has to be believed for long.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from data.keys import Keys

LEASE_SECONDS = 2.0
"""How long a leader may be silent before another takes over."""


@dataclass(frozen=True, slots=True)
class Led:
    """This process leads, with this token; `time` is the server's, as a seal carries it."""

    token: int
    time: str


@dataclass(frozen=True, slots=True)
class Held:
    """Another process leads, for so many seconds unless it extends its lease."""

    holder: str
    left: float


class Lease:
    """One process's claim to sealing one board. `holder` must be different in every process."""

    def __init__(self, client: Any, keys: Keys, holder: str, seconds: float = LEASE_SECONDS) -> None:
        self._client = client
        self._keys = keys
        self.holder = holder
        self._milliseconds = round(seconds * 1000)

    async def claim(self) -> Led | Held:
        """Take the lease or extend it. The token rises whenever the lease was not held without a break."""
        answer = await self._client.fcall("concord_lead_1", 1, self._keys.sealer, self.holder, self._milliseconds)
        if answer[0] == b"LED":
            return Led(int(answer[1]), answer[2].decode())
        return Held(answer[1].decode(), int(answer[2]) / 1000)

    async def resign(self, token: int) -> None:
        """Give the lease back, if it is still ours."""
        await self._client.fcall("concord_resign_1", 1, self._keys.sealer, self.holder, token)
