"""Accounts in the store: one hash each, every field changed by itself, so that two admins never overwrite each other.

Knows keys and fields. Refuses to know what a password is worth (people.py) and who may change what (domain/account.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from data.connection import answering
from data.keys import Keys
from domain.account import FAILURES_ALLOWED, Account, Position


@dataclass(frozen=True, slots=True)
class Secrets:
    """What proves who somebody is: the password's hash and the secret of their one-time codes ("" for none)."""

    password: str = ""
    code: str = ""


class AccountStore:
    """The accounts of one board."""

    def __init__(self, client: Any, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    @answering
    async def find(self, name: str) -> tuple[Account, Secrets] | None:
        """An account with its secrets."""
        fields = await self._client.hgetall(self._keys.account(name))
        return (_account(name, fields), _secrets(fields)) if b"display" in fields else None

    @answering
    async def all(self) -> list[Account]:
        """Every account, by name."""
        names = sorted(name.decode() for name in await self._client.smembers(self._keys.accounts))
        pipeline = self._client.pipeline(transaction=False)
        for name in names:
            pipeline.hgetall(self._keys.account(name))
        found = await pipeline.execute() if names else []
        return [_account(name, fields) for name, fields in zip(names, found, strict=True) if b"display" in fields]

    @answering
    async def add(self, account: Account, secrets: Secrets) -> bool:
        """Keep a new account; False when the name is taken."""
        key = self._keys.account(account.name)
        if not await self._client.hsetnx(key, "display", account.display):
            return False
        await self._client.hset(key, mapping=_fields(account, secrets))
        await self._client.sadd(self._keys.accounts, account.name)
        return True

    @answering
    async def set_positions(self, name: str, positions: tuple[Position, ...]) -> None:
        """Other positions."""
        await self._client.hset(self._keys.account(name), "positions", _position_words(positions))

    @answering
    async def set_disabled(self, name: str, disabled: bool) -> None:
        """Bar the way, or clear it; a lock is another matter."""
        await self._client.hset(self._keys.account(name), "disabled", int(disabled))

    @answering
    async def set_password(self, name: str, hashed: str, *, must_change: bool) -> None:
        """Another password; failures and a lock stay, they are another matter."""
        await self._client.hset(self._keys.account(name), mapping={"password": hashed, "must_change": int(must_change)})

    @answering
    async def set_code(self, name: str, secret: str) -> None:
        """Ask for a second factor from now on, or ("") no longer."""
        await self._client.hset(self._keys.account(name), "code", secret)

    @answering
    async def failed(self, name: str, now: float) -> bool:
        """Count a wrong password or code; True when that locked the account."""
        _, locked = await self._client.fcall(
            "concord_failed_1", 1, self._keys.account(name), FAILURES_ALLOWED, f"{now:.3f}"
        )
        return bool(locked)

    @answering
    async def passed(self, name: str, step: int) -> bool:
        """Whether they may come in after the right password, and code of this time step: not when it was used."""
        return bool(await self._client.fcall("concord_passed_1", 1, self._keys.account(name), step))

    @answering
    async def release(self, name: str) -> None:
        """Unlock an account."""
        await self._client.hdel(self._keys.account(name), "locked_at", "failures")

    @answering
    async def find_external(self, external: str) -> str:
        """The name of the account an identity provider's person has here; "" for none."""
        found = await self._client.hget(self._keys.externals, external)
        return found.decode() if found else ""

    @answering
    async def set_external(self, external: str, name: str) -> bool:
        """Bind a provider's person to an account; False when they have one already."""
        return bool(await self._client.hsetnx(self._keys.externals, external, name))


def _positions(words: Iterable[list[str]]) -> tuple[Position, ...]:
    return tuple(msgspec.convert({"agency": agency, "role": role}, Position) for agency, role in words)


def _position_words(positions: tuple[Position, ...]) -> bytes:
    return msgspec.json.encode([[one.agency, str(one.role)] for one in positions])


def _account(name: str, fields: dict[bytes, bytes]) -> Account:
    def text(field: bytes) -> str:
        return fields.get(field, b"").decode()

    return Account(
        name=name,
        display=text(b"display"),
        positions=_positions(msgspec.json.decode(fields.get(b"positions") or b"[]")),
        disabled=text(b"disabled") == "1",
        locked=b"locked_at" in fields,
        must_change=text(b"must_change") == "1",
        second_factor=bool(text(b"code")),
        external=text(b"external"),
        created=float(text(b"created") or 0),
    )


def _secrets(fields: dict[bytes, bytes]) -> Secrets:
    return Secrets(fields.get(b"password", b"").decode(), fields.get(b"code", b"").decode())


def _fields(account: Account, secrets: Secrets) -> dict[str, str | bytes | int]:
    return {
        "display": account.display,
        "positions": _position_words(account.positions),
        "disabled": int(account.disabled),
        "must_change": int(account.must_change),
        "external": account.external,
        "created": f"{account.created:.3f}",
        "password": secrets.password,
        "code": secrets.code,
    }
