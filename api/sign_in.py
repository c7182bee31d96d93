"""The door: sign in, enter the training board, unlock, sign out.

Knows the pages and what they put on record. Refuses to know what proves a person (data/people.py), and to tell an
unknown name from a wrong password or a locked account.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.cookies import DEVICE, clear_session, set_session
from api.doors import LOOPBACK, host_name
from api.forms import Office, local, read_form, see
from api.gate import address_of
from api.recorder import Happening, Record
from data.people import FAILED, Entered, People, Refused
from data.sessions import Device
from data.who import NOBODY, find_session, get_identity
from domain.account import Position
from domain.commands import Role
from domain.errors import StoreUnavailable
from domain.identity import Identity

TRIES_BY_ADDRESS, TRIES_BY_NAME, TRIES_SECONDS = 60, 10, 60
"""Attempts in a window: a control room may sign in behind one address at a change of shift, a name is one person."""
BY_AGENCY = (Role.DISPATCHER, Role.COMMANDER, Role.BRIEFER, Role.AGENCY_ADMIN)
BY_BOARD = (Role.BOARD_ADMIN, Role.AUDITOR)


@dataclass(frozen=True, slots=True)
class Training:
    """What a training board offers without a password: `agencies` (id, name) in the order they are shown, `first`
    the one at the top. Only where `offered`: a training region, served on loopback alone."""

    offered: bool = False
    agencies: Sequence[tuple[str, str]] = ()
    first: str = ""
    names: dict[str, str] = field(default_factory=dict)
    shorts: dict[str, str] = field(default_factory=dict)

    def knows(self, position: Position) -> bool:
        """Whether there is an account for a position."""
        if position.role in BY_BOARD:
            return not position.agency
        return position.role in BY_AGENCY and position.agency in self.names


@dataclass(frozen=True, slots=True)
class Place:
    """A position as a page offers it."""

    value: str
    words: str
    current: bool = False


def sign_in_router(
    people: People, office: Office, training: Training, record: Record, provider: str = "", notice: str = ""
) -> APIRouter:
    """`/sign-in`, `/sign-in/enter`, `/unlock`, `/sign-out`, `/session/...`.

    `provider` names an identity provider, `notice` is read before signing in.
    """
    router = APIRouter()

    def page(request: Request, status: int = 200, error: str = "", name: str = "", onward: str = "/") -> Response:
        offered = training.offered and on_loopback(request)
        return office.show(
            "sign_in.html",
            status,
            error=error,
            name=name,
            next=onward,
            provider=provider,
            notice=notice,
            roles=[_words(role) for role in BY_AGENCY],
            first=_first(training) if offered else [],
            places=_places(training) if offered else [],
        )

    @router.get("/sign-in")
    async def ask(request: Request) -> Response:
        onward = local(request.query_params.get("next", "/"))
        return see(onward) if get_identity() is not NOBODY else page(request, onward=onward)

    @router.post("/sign-in")
    async def sign_in(request: Request) -> Response:
        form = await read_form(request)
        name, onward = form.get("name", "").strip().lower()[:63], local(form.get("next", "/"))
        address = address_of(request)
        try:
            by_address = await people.rate(f"address:{address}", TRIES_BY_ADDRESS, TRIES_SECONDS)
            wait = by_address or await people.rate(f"name:{name}", TRIES_BY_NAME, TRIES_SECONDS)
            if wait:
                record(Happening("refused", NOBODY, f"too many attempts as {name}", f"account:{name}", address, "rate"))
                answer = page(request, 429, f"too many attempts; wait {wait} s", name, onward)
                answer.headers["Retry-After"] = str(wait)
                return answer
            device = await people.sessions.find_device(request.cookies.get(DEVICE, ""))
            found = await people.sign_in(
                name, form.get("password", "")[:200], form.get("code", ""), address=address, device=device
            )
        except StoreUnavailable:
            return page(request, 503, "the store does not answer: nobody can be let in now", name, onward)
        if isinstance(found, Refused):
            happened = Happening("sign_in_failed", NOBODY, f"{name}: {found.why}", f"account:{name}", address)
            record(happened)
            if found.locked_now:
                record(Happening("locked_out", NOBODY, f"{name} is locked", f"account:{name}", address))
            return page(request, 401, FAILED, name, onward)
        return await _came_in(request, found, onward)

    @router.post("/sign-in/enter")
    async def enter(request: Request) -> Response:
        if not (training.offered and on_loopback(request)):
            return office.message(404, "Not here", "positions are offered on a training board, on its own machine")
        form = await read_form(request)
        position = _position(form.get("position", ""))
        if position is None or not training.knows(position):
            return page(request, 400, "no such position on this board")
        device: Device = await people.sessions.find_device(request.cookies.get(DEVICE, ""))
        agency = training.shorts.get(position.agency, "")
        entered = await people.enter_training(position, agency, address=address_of(request), device=device)
        return await _came_in(request, entered, local(form.get("next", "/")))

    async def _came_in(request: Request, entered: Entered, onward: str) -> Response:
        before = find_session()
        if before is not None:
            await people.sessions.revoke(before.id)  # one browser, one session: the old id is worth nothing
        who = entered.session.identity()
        record(Happening("signed_in", who, came_in_words(who), f"account:{who.account}", address_of(request)))
        answer = see("/account" if entered.session.must_change else onward)
        set_session(answer, request, entered, people.now())
        return answer

    @router.get("/unlock")
    async def locked(request: Request) -> Response:
        return await unlock_page(local(request.query_params.get("next", "/")))

    async def unlock_page(onward: str, status: int = 200, error: str = "") -> Response:
        session = find_session()
        if session is None:
            return see("/sign-in")
        if not session.is_locked(people.now()):
            return see(onward)
        found = None if session.training else await people.accounts.find(session.account)
        return office.show(
            "unlock.html",
            status,
            error=error,
            next=onward,
            name=session.name,
            provider=provider if found and found[0].external else "",
            place=office.place(session.agency, session.role),
            without_password=session.training,
            second_factor=bool(found and found[0].second_factor),
        )

    @router.post("/unlock")
    async def unlock(request: Request) -> Response:
        form = await read_form(request)
        session, onward = find_session(), local(form.get("next", "/"))
        if session is None:
            return see("/sign-in")
        if await people.rate(f"unlock:{session.id[:16]}", TRIES_BY_NAME, TRIES_SECONDS):
            return await unlock_page(onward, 429, "too many attempts; wait a minute")
        if not await people.proves(session, form.get("password", "")[:200], form.get("code", "")):
            subject = f"account:{session.account}"
            record(Happening("sign_in_failed", get_identity(), "unlocking failed", subject, address_of(request)))
            return await unlock_page(onward, 401, FAILED)
        await people.sessions.touch(session, people.now())
        await people.sessions.lock(session, False)
        return see(onward)

    @router.post("/sign-out")
    async def sign_out(request: Request) -> Response:
        if request.headers.get("content-type", ""):
            await read_form(request)
        session = find_session()
        if session is not None:
            await people.sessions.revoke(session.id)
            who = get_identity()
            record(Happening("signed_out", who, "signed out", f"account:{who.account}", address_of(request)))
        found = await people.accounts.find(session.account) if session and provider and not session.training else None
        answer = see("/openid/left" if found and found[0].external else "/sign-in")
        clear_session(answer, request)
        return answer

    @router.post("/session/active")
    async def active() -> Response:
        return Response(status_code=204)  # the gate has noted the hand already

    @router.post("/session/lock")
    async def lock() -> Response:
        session = find_session()
        if session is not None:
            await people.sessions.lock(session, True)
        return Response(status_code=204)

    return router


def on_loopback(request: Request) -> bool:
    """Whether the person sits at this very machine: the other end, the name they used, and no proxy in between."""
    relayed = any(name in request.headers for name in ("forwarded", "x-forwarded-for", "x-real-ip", "via"))
    return not relayed and address_of(request) in LOOPBACK and host_name(request.headers.get("host", "")) in LOOPBACK


def _position(value: str) -> Position | None:
    agency, _, role = value.partition(":")
    try:
        return Position(agency, Role(role))
    except ValueError:
        return None


def _words(role: Role) -> str:
    return str(role).replace("_", " ")


def _place(position: Position, agency: str) -> Place:
    return Place(str(position), f"{_words(position.role)} of {agency}" if agency else _words(position.role))


def _first(training: Training) -> list[Place]:
    name = training.names.get(training.first, "")
    own = [_place(Position(training.first, role), name) for role in BY_AGENCY[:3]] if name else []
    return [*own, *(_place(Position("", role), "") for role in BY_BOARD)]


def _places(training: Training) -> list[tuple[str, list[Place | None]]]:
    rows: list[tuple[str, list[Place | None]]] = []
    for agency, name in training.agencies:
        cells: list[Place | None] = [_place(Position(agency, role), name) for role in BY_AGENCY]
        rows.append((name, cells))
    return rows


def came_in_words(who: Identity) -> str:
    """A sign-in as the audit log says it."""
    return f"signed in as {_words(who.role)}" + (f" of {who.agency}" if who.agency else "")
