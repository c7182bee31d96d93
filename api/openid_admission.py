"""Who may enter of those an identity provider vouches for.

Knows how a provider's person becomes an account here and that the provider, not this board, says what positions they
hold. Refuses to know tokens (openid_provider.py). People are matched by issuer and subject and by nothing else: a name
or an address can be given to somebody else tomorrow.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from dataclasses import replace

from fastapi import Request
from fastapi.responses import Response

from api.cookies import set_session
from api.forms import Office
from api.gate import address_of
from api.openid_provider import ExternalPerson
from api.recorder import Happening, Record
from api.sign_in import came_in_words
from data.accounts import Secrets
from data.openid_begun import Begun
from data.openid_settings import OpenIdSettings
from data.people import People
from data.who import NOBODY
from domain.account import FOR_THE_BOARD, Account, Position, checked_name, read_positions
from domain.errors import BadCommand

NO_POSITION = "you hold no position on this board; ask your administrator"
BARRED = "your account here is barred; ask your administrator"


class Admission:
    """Lets a provider's people in. `agencies` are the ids of those on this board."""

    def __init__(
        self, settings: OpenIdSettings, people: People, office: Office, record: Record, agencies: Collection[str]
    ) -> None:
        self._settings = settings
        self._people = people
        self._office = office
        self._record = record
        self._agencies = agencies

    async def __call__(self, person: ExternalPerson, begun: Begun, request: Request) -> Response:
        """A session at the first of the person's positions, or a page that says why there is none.

        Raises StoreUnavailable.
        """
        positions = self._positions(person)
        account = await self._account_of(person, positions)
        if account is not None and set(account.positions) != set(positions):  # a provider may shuffle its lists
            await self._change_positions(account, positions, request)
            account = replace(account, positions=positions)
        if account is None or not positions:
            claimed = ", ".join(person.positions)[:200] or "none"
            return self._refuse(request, NO_POSITION, f"{person.name} came without a position here; claimed: {claimed}",
                                account)  # fmt: skip
        if account.disabled:  # a lock keeps guessed passwords out; whoever comes this way brought none
            return self._refuse(request, BARRED, f"{account.name}: disabled", account)
        now = self._people.now()
        if begun.session:
            await self._people.sessions.revoke(begun.session)  # one browser, one session
        entered = await self._people.enter(
            account, account.positions[0], address=address_of(request), device=begun.device
        )
        who = entered.session.identity()
        words = f"{came_in_words(who)}, vouched for by {self._settings.name}"
        self._record(Happening("signed_in", who, words, f"account:{account.name}", address_of(request)))
        answer = self._office.show("onward.html", next=begun.onward)
        set_session(answer, request, entered, now)
        return answer

    def _positions(self, person: ExternalPerson) -> tuple[Position, ...]:
        """The positions claimed that exist on this board and that the provider may give."""
        found: list[Position] = []
        for word in person.positions:
            try:
                found += read_positions([word], self._agencies)
            except BadCommand:
                continue  # a provider may serve more boards than this one
        allowed = self._settings.board_roles
        return tuple(dict.fromkeys(one for one in found if one.role not in FOR_THE_BOARD or one.role in allowed))

    async def _account_of(self, person: ExternalPerson, positions: tuple[Position, ...]) -> Account | None:
        """The person's account, made at the first sign-in that names a position."""
        accounts = self._people.accounts
        name = await accounts.find_external(person.key)
        if not name and positions:
            name = await self._made(person, positions)
        found = await accounts.find(name) if name else None
        return found[0] if found and found[0].external == person.key else None

    async def _made(self, person: ExternalPerson, positions: tuple[Position, ...]) -> str:
        """A new account's name. What the person is called is taken only when nobody here is called so: an account
        that is there already is never theirs."""
        accounts, mark = self._people.accounts, hashlib.sha256(person.key.encode()).hexdigest()[:8]
        wanted = _account_name(person.account) or "person"
        display = re.sub(r"[\x00-\x1f\x7f]", " ", person.name).strip()[:60] or wanted
        for name in (wanted, f"{wanted[:50]}-{mark}"):
            account = Account(name, display, positions, external=person.key, created=self._people.now())
            there = None if await accounts.add(account, Secrets()) else await accounts.find(name)
            if there is None or there[0].external == person.key:
                await accounts.set_external(person.key, name)
                break
        return await accounts.find_external(person.key)

    async def _change_positions(self, account: Account, positions: tuple[Position, ...], request: Request) -> None:
        """What the provider took away ends at once, wherever it is open."""
        await self._people.accounts.set_positions(account.name, positions)
        ended = await self._people.sessions.revoke_account(account.name, self._people.now())
        held = ", ".join(map(str, positions)) or "no position"
        what = f"{self._settings.name} says that {account.name} holds {held}; {ended} sessions ended"
        self._record(Happening("account_changed", NOBODY, what, f"account:{account.name}", address_of(request)))

    def _refuse(self, request: Request, text: str, why: str, account: Account | None) -> Response:
        subject = f"account:{account.name}" if account else ""
        self._record(
            Happening("sign_in_failed", NOBODY, f"{self._settings.name}: {why}", subject, address_of(request), "openid")
        )
        return self._office.message(403, "Not signed in", text, back="/sign-in")


def _account_name(wanted: str) -> str:
    """A name an account may have, if that is one."""
    try:
        return checked_name(wanted)
    except BadCommand:
        return ""
