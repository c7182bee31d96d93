"""Sign-ins on their way through an identity provider: begun here, to be finished by the same browser.

Knows what must be remembered meanwhile, for how long, and that it is handed out once. Refuses to know providers and
cookies (api/openid.py). A state leads to what was begun only by its hash, like every secret in the store.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from data.connection import answering
from data.keys import Keys
from data.sessions import Device, secret_id

BEGUN_SECONDS = 600
"""As long as somebody may take at the provider's page."""


@dataclass(frozen=True, slots=True)
class Begun:
    """What a sign-in that was begun must be finished with.

    `browser` is the hash of the secret its browser keeps, `nonce` comes back inside the provider's token, `verifier`
    proves to the provider that the code is ours, `onward` is the path to go to, `at` the time. `session` is the one
    the browser had, "" for none, and `anew` says that it was locked: then the person must have proved who they are
    since. `device` is what the browser is marked as.
    """

    browser: str
    nonce: str
    verifier: str
    onward: str
    at: float
    session: str = ""
    anew: bool = False
    device: Device = ""


class BegunStore:
    """The sign-ins on their way at one board."""

    def __init__(self, client: Any, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    @answering
    async def keep(self, state: str, begun: Begun) -> None:
        """Remember a sign-in for ten minutes."""
        await self._client.set(self._keys.openid(secret_id(state)), msgspec.json.encode(begun), ex=BEGUN_SECONDS)

    @answering
    async def take(self, state: str) -> Begun | None:
        """What was begun with a state, once: whoever asks again, or later, gets None."""
        found = await self._client.getdel(self._keys.openid(secret_id(state)))
        return msgspec.json.decode(found, type=Begun) if found else None
