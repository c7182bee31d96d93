"""A person's own account: position, password, second factor, sessions, and what their device is marked as.

Knows the page. Refuses to know how secrets are kept. A password or factor is changed by whoever knows the present one.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

import segno
from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.cookies import DEVICE, set_device
from api.forms import Office, read_form, see
from api.gate import address_of
from api.recorder import Happening, Record
from api.sign_in import Place
from data.passwords import code_address, code_step
from data.people import FAILED, People
from data.sessions import Session
from data.who import get_identity, get_session
from domain.account import Position, password_problem
from domain.commands import Role

ADMINS = (Role.AGENCY_ADMIN, Role.BOARD_ADMIN)
DEVICE_WORDS = {
    "": "An ordinary device: its screen locks after 30 minutes without a hand on it.",
    "staffed": "A staffed dispatch position: its screen does not lock by itself.",
    "wall": "A wall: its screen does not lock by itself, and a briefer stays signed in for 30 days.",
}


def account_router(people: People, office: Office, record: Record, agencies: Mapping[str, str]) -> APIRouter:
    """`/account` and its forms; `agencies` are names by id."""
    router = APIRouter()

    async def page(request: Request, status: int = 200, error: str = "", done: str = "") -> Response:
        session = get_session()
        found = None if session.training else await people.accounts.find(session.account)
        account = found[0] if found else None
        secret = await people.pending_code(session) if account and not account.second_factor else ""
        held = account.positions if account else ()
        sessions = [one for one in await people.sessions.all(people.now()) if one.account == session.account]
        mine = session.training and not account
        elsewhere = bool(account and account.external) and not session.must_change  # a provider proves who they are
        return office.show(
            "account.html",
            status,
            error=error,
            done=done,
            account=session.account,
            without_password=mine or elsewhere,
            must_change=session.must_change,
            factor_due=session.factor_due,
            second_factor=bool(account and account.second_factor),
            secret=secret,
            qr=_picture(code_address(secret, session.account, people.board)) if secret else "",
            positions=[_place(office, one, session) for one in held] if len(held) > 1 else [],
            devices=session.role in ADMINS and not session.must_change,
            device_words=DEVICE_WORDS[await people.sessions.find_device(request.cookies.get(DEVICE, ""))],
            device_name="",
            views=sorted(agencies.items(), key=lambda each: each[1]) if session.role == Role.BOARD_ADMIN else [],
            viewing_as=session.viewing_as,
            sessions=[
                {
                    "id": one.id,
                    "since": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(one.opened)),
                    "address": one.address,
                    "place": office.place(one.agency, one.role),
                    "current": one.id == session.id,
                }
                for one in (sessions if not mine else [session])
            ],
        )

    def note(request: Request, what: str, kind: str = "account_changed") -> None:
        who = get_identity()
        record(Happening(kind, who, what, f"account:{who.account}", address_of(request)))

    @router.get("/account")
    async def show(request: Request) -> Response:
        return await page(request)

    @router.get("/account/password")
    async def show_password(request: Request) -> Response:
        return await page(request)

    @router.post("/account/position")
    async def move(request: Request) -> Response:
        form = await read_form(request)
        session = get_session()
        found = await people.accounts.find(session.account)
        wanted = next((one for one in (found[0].positions if found else ()) if str(one) == form.get("position")), None)
        if wanted is None:
            return await page(request, 403, "that is not one of your positions")
        await people.sessions.move(session, wanted)
        note(request, f"took position {wanted}", "signed_in")
        return see("/")

    @router.post("/account/password")
    async def password(request: Request) -> Response:
        form = await read_form(request)
        session = get_session()
        new = form.get("new", "")
        problem = password_problem(new, session.account)
        if new != form.get("again", ""):
            problem = "the new password was not typed the same twice"
        if not problem and new == form.get("present"):
            problem = "the new password is the present one"
        if not problem and not await _knows(session, form, code=None):
            note(request, "changing the password failed", "sign_in_failed")
            problem = FAILED
        if problem or session.training:
            return await page(request, 400, problem or "a training account has no password")
        await people.set_password(session.account, new)
        await people.sessions.password_changed(session)
        ended = await people.sessions.revoke_account(session.account, people.now(), keep=session.id)
        note(request, f"changed the password; {ended} other sessions ended")
        return await again(request, "Your password is changed; other sessions are ended.")

    @router.post("/account/factor")
    async def factor(request: Request) -> Response:
        form = await read_form(request)
        session = get_session()
        secret = await people.pending_code(session)
        if not await _knows(session, form, code=None):
            return await page(request, 400, FAILED)
        if not code_step(secret, form.get("code", ""), people.now()):
            return await page(request, 400, "that is not the code this key gives now; check the clock of your device")
        await people.accounts.set_code(session.account, secret)
        await people.sessions.factor_set(session)
        note(request, "set up a second factor")
        return await again(request, "From now on your authenticator's code is asked for.")

    @router.post("/account/factor/remove")
    async def remove_factor(request: Request) -> Response:
        form = await read_form(request)
        session = get_session()
        if people.factor_required:
            return await page(request, 400, "this board asks everybody for a second factor; an administrator resets it")
        if not await _knows(session, form, code=form.get("code", "")):
            note(request, "removing the second factor failed", "sign_in_failed")
            return await page(request, 400, FAILED)
        await people.accounts.set_code(session.account, "")
        note(request, "removed the second factor")
        return await again(request, "The second factor is removed.")

    @router.post("/account/device")
    async def device(request: Request) -> Response:
        form = await read_form(request)
        session = get_session()
        kind, name = form.get("kind", ""), form.get("name", "").strip()[:60]
        if session.role not in ADMINS or kind not in ("staffed", "wall") or not name:
            return await page(request, 400, "an administrator marks a device as staffed or wall, and names it")
        secret = await people.sessions.mark_device("staffed" if kind == "staffed" else "wall", name)
        note(request, f"marked device {name!r} as {kind}")
        answer = await page(request, done=f"This device is {name}, marked as {kind}, from its next sign-in on.")
        set_device(answer, request, secret)
        return answer

    @router.post("/account/view-as")
    async def view_as(request: Request) -> Response:
        form = await read_form(request)
        session = get_session()
        agency = form.get("agency", "")
        if session.role != Role.BOARD_ADMIN or (agency and agency not in agencies):
            return await page(request, 403, "the board's administrator may look at an agency's view")
        await people.sessions.view_as(session, agency)
        note(request, f"looks at the view of {agency}" if agency else "looks at their own view again", "viewed_as")
        return see("/")

    @router.post("/account/sessions")
    async def end(request: Request) -> Response:
        form = await read_form(request)
        session = get_session()
        found = await people.sessions.find(form.get("end", ""), people.now())
        if found is None or found.account != session.account:
            return await page(request, 400, "that session is over already")
        await people.sessions.revoke(found.id)
        note(request, "ended another session of their own", "session_revoked")
        return see("/account")

    async def _knows(session: Session, form: Mapping[str, str], code: str | None) -> bool:
        if await people.rate(f"own:{session.id[:16]}", 10, 60):
            return False
        return await people.proves(session, form.get("present", "")[:200], code or "", with_code=code is not None)

    async def again(request: Request, done: str) -> Response:
        fresh = await people.sessions.find(get_session().id, people.now())
        was_due = get_session().must_change and fresh is not None and not fresh.must_change
        return see("/") if was_due else await page(request, done=done)

    return router


def _place(office: Office, position: Position, session: Session) -> Place:
    current = (position.agency, position.role) == (session.agency, session.role)
    return Place(str(position), office.place(position.agency, position.role), current)


def _picture(address: str) -> str:
    return segno.make(address, error="m").svg_data_uri(scale=4, border=2)
