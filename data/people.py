"""Who may come in: sign-in, sessions, accounts and tokens of one board, put together.

Knows the order of the questions at the door and that every "no" there sounds alike. Refuses to know pages and
cookies (api/) and who may manage whom (domain/account.py).
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

from data.accounts import AccountStore, Secrets
from data.connection import answering, connect
from data.keys import keys_of
from data.openid_begun import BegunStore
from data.passwords import Passwords, code_step, new_code_secret, new_password
from data.sessions import Device, Session, SessionStore
from domain.account import Account, Position, training_account
from domain.commands import Role

FAILED = "name, password or code is wrong, or the account is locked; an administrator can release it"
"""Said whatever was wrong: the difference would tell who has an account here."""


@dataclass(frozen=True, slots=True)
class Entered:
    """Somebody came in: the session's secret, which only their browser keeps, and the session."""

    secret: str
    session: Session


@dataclass(frozen=True, slots=True)
class Refused:
    """Somebody did not: `why` is for the audit log alone, the person reads FAILED."""

    why: str
    locked_now: bool = False


class People:
    """The door of one board. `now` gives server time, seconds since the epoch."""

    def __init__(self, redis_url: str, board: str, now: Callable[[], float], *, factor_required: bool = False) -> None:
        """`factor_required`: whoever has a password here sets up a second factor before anything else."""
        self._factor_required = factor_required
        self._client: Any = connect(redis_url, connections=8, board=board)
        self._keys = keys_of(board)
        self._passwords = Passwords()
        self.board = board
        self.now = now
        self.accounts = AccountStore(self._client, self._keys)
        self.sessions = SessionStore(self._client, self._keys)
        self.begun = BegunStore(self._client, self._keys)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Hold the connections until the block ends; the functions must be loaded (BoardLink does)."""
        try:
            yield
        finally:
            await self._client.aclose()

    @property
    def factor_required(self) -> bool:
        """Whether a second factor must be there."""
        return self._factor_required

    # At the door ------------------------------------------------------------------------------------

    async def sign_in(
        self, name: str, password: str, code: str, *, address: str = "", device: Device = ""
    ) -> Entered | Refused:
        """Name, password and, where the account asks for one, a one-time code. Takes as long for every no.

        Raises StoreUnavailable: without the store nobody can be let in.
        """
        found = await self.accounts.find(name)
        account, secrets = found or (None, Secrets())
        right = await self._passwords.matches(secrets.password, password)
        if account is None:
            return Refused("unknown account")
        step = code_step(secrets.code, code, self.now()) if secrets.code else 0
        if not right or (secrets.code and not step):
            locked_now = await self.accounts.failed(name, self.now())
            return Refused("wrong password" if not right else "wrong code", locked_now)
        if account.disabled or not account.positions:
            return Refused("disabled" if account.disabled else "no position")
        if not await self.accounts.passed(name, step):
            return Refused("locked, or the code was used before")
        return await self.enter(account, account.positions[0], address=address, device=device)

    async def enter(self, account: Account, position: Position, *, address: str = "", device: Device = "") -> Entered:
        """A session for somebody who is known to be who they say. Raises StoreUnavailable."""
        secret, session = await self.sessions.open(
            account.name,
            account.display,
            position,
            self.now(),
            device=device,
            address=address,
            training=account.training,
            must_change=account.must_change,
            factor_due=self._factor_required and not (account.second_factor or account.training or account.external),
        )
        return Entered(secret, session)

    async def enter_training(self, position: Position, agency_name: str, *, address: str, device: Device) -> Entered:
        """A session of an account that comes with a training region; the caller knows it is one, on loopback."""
        account = training_account(position, agency_name)
        return await self.enter(account, position, address=address, device=device)

    async def proves(self, session: Session, password: str, code: str, *, with_code: bool = True) -> bool:
        """Whether somebody before a screen is its owner; a training account needs no password.

        Failures count as at the door. Without `with_code` the password alone will do. Raises StoreUnavailable.
        """
        if session.training:
            return True
        found = await self.accounts.find(session.account)
        account, secrets = found or (None, Secrets())
        if account is None or account.disabled:
            return False
        asked = with_code and bool(secrets.code)
        step = code_step(secrets.code, code, self.now()) if asked else 0
        if not await self._passwords.matches(secrets.password, password) or (asked and not step):
            await self.accounts.failed(account.name, self.now())
            return False
        return await self.accounts.passed(account.name, step)

    @answering
    async def pending_code(self, session: Session) -> str:
        """The secret a person is about to put into their authenticator: the same for ten minutes of one session.

        Raises StoreUnavailable.
        """
        key = self._keys.rate(f"code:{session.id}")
        await self._client.set(key, new_code_secret(), nx=True, ex=600)
        found: bytes = await self._client.get(key)
        return found.decode()

    @answering
    async def rate(self, what: str, most: int, seconds: int) -> int:
        """Count a request; 0 while there are at most so many in a window, else the seconds to wait.

        Raises StoreUnavailable.
        """
        count, left = await self._client.fcall("concord_rate_1", 1, self._keys.rate(what), seconds)
        return max(1, int(left)) if count > most else 0

    # Accounts ---------------------------------------------------------------------------------------

    async def add(self, account: Account, password: str = "") -> str | None:
        """A new account and its first password, made up unless given; None when the name is taken."""
        first = password or new_password()
        hashed = await self._passwords.hashed(first)
        return first if await self.accounts.add(account, Secrets(hashed)) else None

    async def set_password(self, name: str, password: str = "", *, must_change: bool = False) -> str:
        """Another password, made up unless given; the account's other sessions are the caller's to end."""
        chosen = password or new_password()
        await self.accounts.set_password(name, await self._passwords.hashed(chosen), must_change=must_change)
        return chosen

    async def first_admin(self) -> tuple[str, str] | None:
        """Make the first administrator: name and password, shown once; None when there is one already."""
        if any(_administers(account) for account in await self.accounts.all()):
            return None
        admin = Account("admin", "Administrator", (Position("", Role.BOARD_ADMIN),), must_change=True,
                        created=self.now())  # fmt: skip
        password = await self.add(admin)
        return None if password is None else (admin.name, password)


def _administers(account: Account) -> bool:
    return any(position.role == Role.BOARD_ADMIN for position in account.positions)
