"""Sessions and service tokens: opaque secrets a browser or program carries, their meaning kept in the store.

Knows that only the hash of a secret is kept, and that a session deleted here is over everywhere at once. Refuses to
know passwords (people.py), cookies and screens (api/gate.py).
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

import msgspec

from data.connection import answering
from data.keys import Keys
from domain.account import IDLE_SECONDS, SIGNED_IN_SECONDS, Position
from domain.commands import Role
from domain.identity import Identity

Device = Literal["", "staffed", "wall"]
"""What an admin marked a device as; "" for an ordinary one."""
WALL_SECONDS = 30 * 86400.0
"""A briefer's wall stays signed in so long: nobody stands before it to type a password, and it shows labels 0 to 1."""
SECRET_BYTES = 32
TOKEN = "token:"
"""Before the id of a token where an identity names its session."""


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in person at one position. `id` names it (the secret's hash), `opened`, `seen` and `until` are times.

    `csrf` is what the page must send back with every request that changes something.
    """

    id: str
    account: str
    name: str
    agency: str
    role: Role
    opened: float
    until: float
    device: Device = ""
    address: str = ""
    training: bool = False
    must_change: bool = False
    factor_due: bool = False
    viewing_as: str = ""
    locked: bool = False
    seen: float = 0.0

    @property
    def csrf(self) -> str:
        """Proof that a request was made by our own page, which alone can read it."""
        return hashlib.sha256(b"csrf" + self.id.encode()).hexdigest()[:32]

    def is_locked(self, now: float) -> bool:
        """Whether the screen is locked: by hand, or because nobody touched it."""
        return self.locked or (not self.device and now - self.seen > IDLE_SECONDS)

    def identity(self) -> Identity:
        """Who is before this screen."""
        return Identity(
            self.account, self.name, self.agency, self.role, self.id, self.viewing_as, self.training, "console"
        )


@dataclass(frozen=True, slots=True)
class Token:
    """A program's key, made by an admin; `until` 0 = until it is revoked."""

    id: str
    name: str
    agency: str
    role: Role
    made_by: str
    made_at: float
    until: float = 0.0

    def identity(self) -> Identity:
        """Who is behind this wire."""
        return Identity(f"token:{self.id[:12]}", self.name, self.agency, self.role, TOKEN + self.id, origin="api")


def secret_id(secret: str) -> str:
    """The name of a secret: its hash, so that reading the store gives no key."""
    return hashlib.sha256(secret.encode()).hexdigest()


class SessionStore:
    """The sessions, tokens and marked devices of one board."""

    def __init__(self, client: Any, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    @answering
    async def open(
        self, account: str, name: str, position: Position, now: float, *, device: Device, address: str,
        training: bool, must_change: bool, factor_due: bool = False,
    ) -> tuple[str, Session]:  # fmt: skip
        """A new session and its secret, which is nowhere else."""
        secret = secrets.token_urlsafe(SECRET_BYTES)
        lasts = WALL_SECONDS if device == "wall" and position.role == Role.BRIEFER else SIGNED_IN_SECONDS
        session = Session(
            secret_id(secret), account, name, position.agency, position.role, now, now + lasts, device, address,
            training, must_change, factor_due, seen=now,
        )  # fmt: skip
        await self._write(session)
        return secret, session

    @answering
    async def find(self, session_id: str, now: float) -> Session | None:
        """A session by its id, if it is still one."""
        return _read(await self._client.hgetall(self._keys.session(session_id)), now)

    @answering
    async def find_many(self, ids: Iterable[str], now: float) -> dict[str, Session]:
        """Those of some sessions that still are, in one call."""
        wanted = list(ids)
        pipeline = self._client.pipeline(transaction=False)
        for session_id in wanted:
            pipeline.hgetall(self._keys.session(session_id))
        found = await pipeline.execute() if wanted else []
        read = (_read(fields, now) for fields in found)
        return {session.id: session for session in read if session is not None}

    @answering
    async def all(self, now: float) -> list[Session]:
        """Every session that still is, the newest first; the names of those that ended are forgotten on the way."""
        ids = [name.decode() for name in await self._client.smembers(self._keys.sessions)]
        found = await self.find_many(ids, now)
        if gone := [name for name in ids if name not in found]:
            await self._client.srem(self._keys.sessions, *gone)
        return sorted(found.values(), key=lambda session: -session.opened)

    @answering
    async def touch(self, session: Session, now: float) -> None:
        """Somebody put a hand on it. Never brings a revoked session back."""
        await self._set(session.id, "seen", f"{now:.3f}")

    @answering
    async def lock(self, session: Session, locked: bool) -> None:
        """Lock a screen, or unlock it."""
        await self._set(session.id, "locked", "1" if locked else "0")

    @answering
    async def move(self, session: Session, position: Position) -> None:
        """Take another position of one's own."""
        await self._change(replace(session, agency=position.agency, role=position.role, viewing_as=""))

    @answering
    async def view_as(self, session: Session, agency: str) -> None:
        """Look at another agency's view; "" for one's own again."""
        await self._change(replace(session, viewing_as=agency))

    @answering
    async def factor_set(self, session: Session) -> None:
        """The second factor this board asks for is there."""
        await self._change(replace(session, factor_due=False))

    @answering
    async def password_changed(self, session: Session) -> None:
        """Nothing bars the way any more."""
        await self._change(replace(session, must_change=False))

    @answering
    async def revoke(self, *ids: str) -> None:
        """End sessions, at once and everywhere."""
        if ids:
            await self._client.delete(*(self._keys.session(name) for name in ids))
            await self._client.srem(self._keys.sessions, *ids)

    @answering
    async def revoke_account(self, account: str, now: float, keep: str = "") -> int:
        """End every session of an account but one; returns how many."""
        ended = [each.id for each in await self.all(now) if each.account == account and each.id != keep]
        await self.revoke(*ended)
        return len(ended)

    # Tokens ---------------------------------------------------------------------------------------

    @answering
    async def make_token(self, name: str, position: Position, made_by: str, now: float, until: float = 0.0) -> str:
        """A new token's secret, which is nowhere else."""
        secret = "concord_" + secrets.token_urlsafe(SECRET_BYTES)
        token = Token(secret_id(secret), name, position.agency, position.role, made_by, now, until)
        await self._client.hset(self._keys.tokens, token.id, msgspec.json.encode(token))
        return secret

    @answering
    async def find_token(self, secret: str, now: float) -> Token | None:
        """The token of a secret, if it is still one."""
        found = await self._client.hget(self._keys.tokens, secret_id(secret))
        token = msgspec.json.decode(found, type=Token) if found else None
        return token if token and (not token.until or now < token.until) else None

    @answering
    async def tokens(self) -> list[Token]:
        """Every token, by name."""
        found = await self._client.hvals(self._keys.tokens)
        return sorted((msgspec.json.decode(each, type=Token) for each in found), key=lambda token: token.name)

    @answering
    async def still(self, identities: Iterable[Identity], now: float) -> dict[str, Identity]:
        """Who some open connections belong to by now, by session: without those that are over or locked."""
        names = {identity.session for identity in identities}
        sessions = await self.find_many([name for name in names if not name.startswith(TOKEN)], now)
        found = {name: session.identity() for name, session in sessions.items() if not session.is_locked(now)}
        if any(name.startswith(TOKEN) for name in names):
            tokens = [token for token in await self.tokens() if not token.until or now < token.until]
            found |= {TOKEN + token.id: token.identity() for token in tokens}
        return found

    @answering
    async def revoke_token(self, token_id: str) -> None:
        """End a token, at once and everywhere."""
        await self._client.hdel(self._keys.tokens, token_id)

    # Devices --------------------------------------------------------------------------------------

    @answering
    async def mark_device(self, kind: Device, name: str) -> str:
        """Mark the device before somebody; returns the secret it keeps."""
        secret = secrets.token_urlsafe(SECRET_BYTES)
        await self._client.hset(self._keys.devices, secret_id(secret), msgspec.json.encode([kind, name]))
        return secret

    @answering
    async def find_device(self, secret: str) -> Device:
        """What the device of a secret is marked as."""
        found = await self._client.hget(self._keys.devices, secret_id(secret)) if secret else None
        kind: Device = msgspec.json.decode(found, type=tuple[Device, str])[0] if found else ""
        return kind

    @answering
    async def devices(self) -> list[tuple[str, str, str]]:
        """Every marked device: id, kind, name."""
        found = await self._client.hgetall(self._keys.devices)
        return sorted((key.decode(), *msgspec.json.decode(value, type=tuple[str, str])) for key, value in found.items())

    @answering
    async def unmark_device(self, device_id: str) -> None:
        """It is an ordinary device from its next sign-in on."""
        await self._client.hdel(self._keys.devices, device_id)

    # The hash of a session ------------------------------------------------------------------------

    async def _write(self, session: Session) -> None:
        key = self._keys.session(session.id)
        pipeline = self._client.pipeline(transaction=True)
        pipeline.hset(key, mapping={"body": msgspec.json.encode(session), "seen": f"{session.seen:.3f}", "locked": 0})
        pipeline.expireat(key, int(session.until) + 1)
        pipeline.sadd(self._keys.sessions, session.id)
        await pipeline.execute()

    async def _change(self, session: Session) -> None:
        await self._set(session.id, "body", msgspec.json.encode(session))

    async def _set(self, session_id: str, field: str, value: str | bytes) -> None:
        # In one step with the question whether it still is: a late touch must not bring a revoked session back.
        await self._client.fcall("concord_session_1", 1, self._keys.session(session_id), field, value)


def _read(fields: dict[bytes, bytes], now: float) -> Session | None:
    if b"body" not in fields:
        return None
    session = msgspec.json.decode(fields[b"body"], type=Session)
    if now >= session.until:
        return None
    return replace(session, seen=float(fields.get(b"seen", b"0")), locked=fields.get(b"locked") == b"1")
