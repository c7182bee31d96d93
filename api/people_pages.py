"""The people office: accounts, their positions and locks, sessions, service tokens and marked devices.

Knows the page and what it puts on record. Whether an admin may manage an account is asked of domain/account.py; a
password made here is shown once, on the answer itself.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.forms import Office, read_form, require
from api.gate import address_of
from api.recorder import Happening, Record
from data.people import People
from data.sessions import Token
from data.who import get_identity
from domain.account import Account, Position, checked_name, may_manage, read_positions
from domain.commands import Role
from domain.errors import BadCommand

PATH = "/office/people"
TOKEN_ROLES = (Role.DISPATCHER, Role.BRIEFER)
"""What a program may be for an agency; `service`, which speaks for every agency, only the board's admin gives."""


def people_router(people: People, office: Office, record: Record, agencies: Mapping[str, str]) -> APIRouter:
    """`/office/people` and its forms."""
    router = APIRouter()

    def manager() -> Position:
        require(Role.AGENCY_ADMIN, Role.BOARD_ADMIN)
        who = get_identity()
        return Position(who.agency, who.role)

    def mine(account: Account) -> bool:
        return may_manage(manager(), account.positions).allowed

    async def page(status: int = 200, error: str = "", secret: tuple[str, str] | None = None,
                   typed: Mapping[str, str] | None = None) -> Response:  # fmt: skip
        who = manager()
        now = people.now()
        accounts = [account for account in await people.accounts.all() if mine(account)]
        everywhere = who.role == Role.BOARD_ADMIN
        sessions = [one for one in await people.sessions.all(now) if everywhere or one.agency == who.agency]
        tokens = [one for one in await people.sessions.tokens() if everywhere or one.agency == who.agency]
        return office.show(
            "people.html",
            status,
            error=error,
            secret=secret,
            typed=typed or {"name": "", "display": "", "positions": ""},
            accounts=accounts,
            sessions=[
                (one, office.place(one.agency, one.role), _when(one.opened), _when(one.seen)) for one in sessions
            ],
            tokens=[(one, office.place(one.agency, one.role), _when(one.made_at)) for one in tokens],
            devices=await people.sessions.devices() if everywhere else [],
            agencies=sorted(agencies.items()) if everywhere else [(who.agency, agencies.get(who.agency, who.agency))],
            roles=[*TOKEN_ROLES, Role.SERVICE] if everywhere else list(TOKEN_ROLES),
            example=f"{who.agency or 'sffd'}:dispatcher",
        )

    def note(request: Request, what: str, subject: str, kind: str = "account_changed") -> None:
        record(Happening(kind, get_identity(), what, subject, address_of(request)))

    @router.get(PATH)
    async def show() -> Response:
        return await page()

    @router.post(f"{PATH}/add")
    async def add(request: Request) -> Response:
        form = await read_form(request)
        try:
            name = checked_name(form.get("name", ""))
            positions = read_positions(form.get("positions", "").replace(",", " ").split(), agencies)
            if not positions:
                raise BadCommand("give at least one position, such as sffd:dispatcher")
        except BadCommand as wrong:
            return await page(400, str(wrong), typed=form)
        display = form.get("display", "").strip()[:60]
        if not display:
            return await page(400, "the name others read is empty", typed=form)
        allowed = may_manage(manager(), positions)
        if not allowed.allowed:
            note(request, f"making account {name}: {allowed.reason}", f"account:{name}", "refused")
            return await page(403, f"{allowed.reason}; {allowed.remedy}", typed=form)
        account = Account(name, display, positions, must_change=True, created=people.now())
        password = await people.add(account)
        if password is None:
            return await page(409, f"there is an account {name} already; choose another name", typed=form)
        note(request, f"made account {name} with {', '.join(map(str, positions))}", f"account:{name}")
        return await page(secret=(f"First password of {name}", password))

    async def found(request: Request, form: Mapping[str, str]) -> Account | Response:
        """The account a form is about; another's answers as an unknown one does."""
        known = await people.accounts.find(form.get("account", ""))
        if known is None or not mine(known[0]):
            note(
                request, "managing an account that is not theirs", f"account:{form.get('account', '')[:63]}", "refused"
            )
            return await page(404, "no such account")
        return known[0]

    @router.post(f"{PATH}/change")
    async def change(request: Request) -> Response:
        form = await read_form(request)
        account = await found(request, form)
        if isinstance(account, Response):
            return account
        act, name = form.get("act", ""), account.name
        subject, secret = f"account:{name}", None
        if name == get_identity().account:
            return await page(400, "one's own account is changed under My account, or by another administrator")
        if act == "release":
            await people.accounts.release(name)
            note(request, f"released {name}", subject, "lock_released")
        elif act in ("disable", "enable"):
            await people.accounts.set_disabled(name, act == "disable")
            if act == "disable":
                await people.sessions.revoke_account(name, people.now())
            note(request, f"{act}d {name}", subject)
        elif act == "password":
            secret = (f"New password of {name}", await people.set_password(name, must_change=True))
            await people.sessions.revoke_account(name, people.now())
            note(request, f"gave {name} a new password", subject)
        elif act == "factor":
            await people.accounts.set_code(name, "")
            note(request, f"removed the second factor of {name}", subject)
        elif act == "sessions":
            ended = await people.sessions.revoke_account(name, people.now())
            note(request, f"ended {ended} sessions of {name}", subject, "session_revoked")
        else:
            return await page(400, "no such step")
        return await page(secret=secret)

    @router.post(f"{PATH}/positions")
    async def positions(request: Request) -> Response:
        form = await read_form(request)
        account = await found(request, form)
        if isinstance(account, Response):
            return account
        try:
            wanted = read_positions(form.get("positions", "").replace(",", " ").split(), agencies)
        except BadCommand as wrong:
            return await page(400, str(wrong))
        allowed = may_manage(manager(), wanted)
        if not allowed.allowed or account.name == get_identity().account:
            reason = (
                f"{allowed.reason}; {allowed.remedy}" if not allowed.allowed else "nobody gives themselves positions"
            )
            note(request, f"positions of {account.name}: {reason}", f"account:{account.name}", "refused")
            return await page(403, reason)
        await people.accounts.set_positions(account.name, wanted)
        # Those who hold a session at a position they no longer have lose it at once.
        await people.sessions.revoke_account(account.name, people.now())
        note(request, f"gave {account.name} {', '.join(map(str, wanted)) or 'no position'}", f"account:{account.name}")
        return await page()

    @router.post(f"{PATH}/session")
    async def end_session(request: Request) -> Response:
        form = await read_form(request)
        who = manager()
        session = await people.sessions.find(form.get("session", ""), people.now())
        if session is None or (who.role != Role.BOARD_ADMIN and session.agency != who.agency):
            return await page(404, "that session is over already")
        await people.sessions.revoke(session.id)
        note(request, f"ended a session of {session.account}", f"account:{session.account}", "session_revoked")
        return await page()

    @router.post(f"{PATH}/token")
    async def make_token(request: Request) -> Response:
        form = await read_form(request)
        who = manager()
        name = form.get("name", "").strip()[:60]
        try:
            role = Role(form.get("role", ""))
        except ValueError:
            return await page(400, "choose a role for the token")
        agency = "" if role == Role.SERVICE else form.get("agency", "")
        allowed = who.role == Role.BOARD_ADMIN or (agency == who.agency and role in TOKEN_ROLES)
        if not name or not allowed or (role != Role.SERVICE and (role not in TOKEN_ROLES or agency not in agencies)):
            return await page(400, "a token has a name, and one of the roles and agencies offered")
        days = int(form["days"]) if form.get("days", "").isdigit() else 0
        until = people.now() + min(days, 3650) * 86400.0 if days else 0.0
        secret = await people.sessions.make_token(
            name, Position(agency, role), get_identity().account, people.now(), until
        )
        note(request, f"made token {name!r}: {role} of {agency or 'the board'}", "", "token_changed")
        return await page(secret=(f"Token {name}", secret))

    @router.post(f"{PATH}/token/revoke")
    async def revoke_token(request: Request) -> Response:
        form = await read_form(request)
        who = manager()
        token = next((one for one in await people.sessions.tokens() if one.id == form.get("token", "")), None)
        if token is None or not _manages(who, token):
            return await page(404, "no such token")
        await people.sessions.revoke_token(token.id)
        note(request, f"revoked token {token.name!r}", "", "token_changed")
        return await page()

    @router.post(f"{PATH}/device")
    async def unmark(request: Request) -> Response:
        form = await read_form(request)
        if manager().role != Role.BOARD_ADMIN:
            return await page(403, "the board's administrator unmarks devices")
        await people.sessions.unmark_device(form.get("device", ""))
        note(request, "unmarked a device", "")
        return await page()

    return router


def _manages(who: Position, token: Token) -> bool:
    return who.role == Role.BOARD_ADMIN or (token.agency == who.agency and bool(who.agency))


def _when(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(at))
