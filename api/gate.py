"""The one gate in front of everything: page, assets, callbacks and sockets.

Knows who may pass and puts the identity where everybody behind finds it (data/who.py). Refuses to know what is
behind, and any rule about incidents. In this order: is the Host ours, who is it, does a request that changes something
come from our own page, is the screen locked, is the body small enough. Every answer carries the security headers.

The gate sees a socket once, when it opens; api/watch.py looks after it from then on.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.doors import (
    MOST_BODY,
    WHILE_FACTOR_IS_DUE,
    WHILE_LOCKED,
    WHILE_PASSWORD_IS_DUE,
    Doors,
    is_open,
    security_headers,
)
from api.recorder import Happening, Record
from api.watch import FOREIGN, LOCKED, NOT_SIGNED_IN
from data.codec import read_callback
from data.people import People
from data.sessions import Session, Token, secret_id
from data.who import NOBODY, Present
from domain.account import IDLE_SECONDS
from domain.errors import BadCommand, StoreUnavailable
from domain.identity import Identity
from domain.rules.roles import may_change_anything

COOKIE, COOKIE_TLS = "concord", "__Host-concord"
CSRF_COOKIE, CSRF_HEADER = "_csrf_token", "x-csrftoken"
"""Dash sends the one back as the other by itself."""
TRY_LATER = 1013
ELSEWHERE = "this request does not come from the board's own page"
CALLBACKS = "/_dash-update-component"

COMMANDS_MOST, COMMANDS_SECONDS = 120, 60
"""Commands of one session in a window: a dispatcher at full speed gives one every two seconds."""
NOTED_OF_A_STRANGER = 30
"""Refused requests a minute of one address without a session that go on record; a flood is not kept line by line."""
REMEMBERED = 4096
REMEMBERED_SECONDS = IDLE_SECONDS
"""While the store does not answer, those it confirmed so recently may go on reading; nothing can be changed then."""


class _TooLarge(Exception):
    """The body went on past what is allowed."""


class Gate:
    """ASGI middleware; `app` is everything else."""

    def __init__(
        self, app: ASGIApp, people: People, doors: Doors, record: Record, store_answers: Callable[[], bool]
    ) -> None:
        self._app = app
        self._store_answers = store_answers
        self._people = people
        self._doors = doors
        self._record = record
        self._strangers: dict[str, tuple[int, int]] = {}
        self._confirmed: OrderedDict[str, tuple[float, Session]] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let through, or answer."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        request = HTTPConnection(scope)
        if scope["type"] == "http":
            send = self._with_headers(send, request.url.path, tls=is_tls(request))
        if not self._doors.knows_host(request.headers.get("host", "")):
            await self._answer(421, "this board is not reached by that name; CONCORD_HOSTS lists its names", scope)(
                scope, receive, send
            )
            return
        try:
            session, token = await self._find(request)
        except StoreUnavailable:
            if is_open(request.url.path):
                session, token = None, None
            else:
                later = self._answer(503, "the store does not answer: nobody can be let in", scope, TRY_LATER)
                await later(scope, receive, send)
                return
        identity = session.identity() if session else token.identity() if token else NOBODY
        if (refusal := await self._refusal(request, session, identity, scope)) is not None:
            await refusal(scope, receive, send)
            return
        with Present(identity, session):
            try:
                await self._pass(request, session, scope, receive, send)
            except _TooLarge:
                await self._answer(413, f"at most {MOST_BODY} bytes", scope)(scope, receive, send)

    async def _pass(
        self, request: HTTPConnection, session: Session | None, scope: Scope, receive: Receive, send: Send
    ) -> None:
        if scope["type"] == "http":
            if int_or(request.headers.get("content-length"), 0) > MOST_BODY:
                await self._answer(413, f"at most {MOST_BODY} bytes", scope)(scope, receive, send)
                return
            receive = _limited(receive)
            if request.url.path == CALLBACKS and scope["method"] == "POST":
                body = await _whole(receive)
                if (refusal := await self._callback_refusal(body, session, request)) is not None:
                    await refusal(scope, receive, send)
                    return
                receive = _again(body, receive)
            elif session is not None and not session.is_locked(self._people.now()) and _by_hand(request, scope):
                await self._touch(session)
        await self._app(scope, receive, send)

    # Who is it ------------------------------------------------------------------------------------

    async def _find(self, request: HTTPConnection) -> tuple[Session | None, Token | None]:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return None, await self._people.sessions.find_token(key.strip(), self._people.now())
        secret = request.cookies.get(cookie_name(request), "")
        if not secret:
            return None, None
        session_id = secret_id(secret)
        try:
            if not self._store_answers():
                return self._remembered(session_id), None  # asking a store that says nothing takes seconds
            session = await self._people.sessions.find(session_id, self._people.now())
        except StoreUnavailable:
            return self._remembered(session_id), None
        if session is None:
            self._confirmed.pop(session_id, None)
        else:
            self._confirmed[session_id] = (time.monotonic(), session)
            self._confirmed.move_to_end(session_id)
            if len(self._confirmed) > REMEMBERED:
                self._confirmed.popitem(last=False)
        return session, None

    def _remembered(self, session_id: str) -> Session:
        confirmed, session = self._confirmed.get(session_id, (0.0, None))
        if session is None or time.monotonic() - confirmed > REMEMBERED_SECONDS:
            raise StoreUnavailable("nobody confirmed this session since the store was lost")
        return session

    async def _touch(self, session: Session) -> None:
        """Note a hand on a screen that is open; at a locked one a hand proves nothing yet."""
        now = self._people.now()
        if now - session.seen > 30:
            try:
                await self._people.sessions.touch(session, now)
            except StoreUnavailable:
                return  # it will be touched again

    # May it pass ----------------------------------------------------------------------------------

    async def _refusal(
        self, request: HTTPConnection, session: Session | None, identity: Identity, scope: Scope
    ) -> Any | None:
        path = request.url.path
        changes = scope["type"] == "websocket" or scope["method"] not in ("GET", "HEAD", "OPTIONS")
        by_token = identity.origin == "api"
        if changes and not by_token and not same_origin(request):
            self._note("refused", identity, f"a request from elsewhere to {path}", "foreign_origin", request)
            return self._answer(403, ELSEWHERE, scope, FOREIGN)
        if changes and session is not None and scope["type"] == "http" and not _has_mark(request, session):
            self._note("refused", identity, f"a request to {path} without the page's own mark", "csrf", request)
            return self._answer(403, ELSEWHERE, scope)
        if identity is NOBODY and not is_open(path):
            return self._to("/sign-in", 401, "sign in first", NOT_SIGNED_IN, request, scope)
        if session is not None and not is_open(path):
            if session.is_locked(self._people.now()) and path not in WHILE_LOCKED:
                return self._to("/unlock", 423, "the screen is locked", LOCKED, request, scope)
            if session.must_change and path not in WHILE_PASSWORD_IS_DUE:
                return self._to("/account/password", 403, "choose a password first", LOCKED, request, scope)
            if session.factor_due and path not in WHILE_FACTOR_IS_DUE:
                return self._to("/account", 403, "set up your second factor first", LOCKED, request, scope)
        return None

    async def _callback_refusal(self, body: bytes, session: Session | None, request: HTTPConnection) -> Response | None:
        if session is None:
            return JSONResponse({"error": "callbacks are for people at a screen; programs use /api"}, 403)
        identity = session.identity()
        try:
            output = read_callback(body)
        except BadCommand as wrong:
            return JSONResponse({"error": str(wrong)}, 400)
        if output not in self._doors.callbacks:
            return JSONResponse({"error": "no such callback"}, 400)
        if output != self._doors.command_output:
            return None
        permitted = may_change_anything(identity.role)
        if not permitted.allowed or identity.viewing_as:
            self._note("refused", identity, "a command from a role that gives none", permitted.rule, request)
            return JSONResponse({"error": permitted.reason}, 403)
        if not self._store_answers():
            return None  # the dispatcher says it better
        try:
            wait = await self._people.rate(f"command:{session.id[:16]}", COMMANDS_MOST, COMMANDS_SECONDS)
        except StoreUnavailable:
            return None
        if wait:
            self._note("refused", identity, "more commands than anybody gives by hand", "rate", request)
            return JSONResponse({"error": f"too many commands; wait {wait} s"}, 429, {"Retry-After": str(wait)})
        return None

    def _note(self, kind: str, identity: Identity, what: str, rule: str, request: HTTPConnection) -> None:
        if identity is NOBODY and self._noted_enough(address_of(request)):
            return
        self._record(Happening(kind, identity, what, "", address_of(request), rule))

    def _noted_enough(self, address: str) -> bool:
        """Whether a stranger's refusals fill no more of the audit log this minute: what they are is clear by then."""
        minute = int(time.monotonic() // 60)
        before, count = self._strangers.get(address, (minute, 0))
        count = count + 1 if before == minute else 1
        if len(self._strangers) > REMEMBERED:
            self._strangers.clear()
        self._strangers[address] = (minute, count)
        return count > NOTED_OF_A_STRANGER

    # Answers --------------------------------------------------------------------------------------

    def _to(self, page: str, status: int, text: str, code: int, request: HTTPConnection, scope: Scope) -> Any:
        """A person is led to a page; a program and a socket are told."""
        wants_page = "text/html" in request.headers.get("accept", "")
        if scope["type"] == "http" and wants_page and scope["method"] == "GET":
            here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            return RedirectResponse(f"{page}?next={quote(here, safe='')}", 303)
        return self._answer(status, text, scope, code)

    def _answer(self, status: int, text: str, scope: Scope, code: int = FOREIGN) -> Any:
        if scope["type"] == "websocket":
            return _Closed(code, text)
        if scope["path"].startswith("/_dash") or "json" in HTTPConnection(scope).headers.get("accept", ""):
            return JSONResponse({"error": text}, status)
        return PlainTextResponse(f"{text}\n", status)

    def _with_headers(self, send: Send, path: str, *, tls: bool) -> Send:
        headers = security_headers(self._doors.policy, tls=tls)
        # What one person saw is not for the next; the same scripts and styles are for everybody.
        cached = b"no-cache" if path.startswith(("/assets/", "/_dash-component-suites/")) else b"no-store"

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                there = {name.lower() for name, _ in message.get("headers", [])}
                more = [(name, value) for name, value in headers if name not in there]
                if b"cache-control" not in there:
                    more.append((b"cache-control", cached))
                message = {**message, "headers": [*message.get("headers", []), *more]}
            await send(message)

        return sending


class _Closed:
    """Accepts a socket only to say why it is closed: a page cannot read the status of a refused handshake."""

    def __init__(self, code: int, reason: str) -> None:
        self._code, self._reason = code, reason

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close", "code": self._code, "reason": self._reason})


def is_tls(request: HTTPConnection) -> bool:
    """Whether the person's connection is encrypted, as far as this process or its proxy knows."""
    return request.url.scheme in ("https", "wss")


def cookie_name(request: HTTPConnection) -> str:
    """The session cookie's name; the `__Host-` one cannot be set by a sister site."""
    return COOKIE_TLS if is_tls(request) else COOKIE


def same_origin(request: HTTPConnection) -> bool:
    """Whether a browser's request comes from our own page; a missing or null Origin does not."""
    origin = request.headers.get("origin", "")
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and parts.netloc == request.headers.get("host")


def address_of(request: HTTPConnection) -> str:
    """Where a request came from."""
    return request.client.host if request.client else ""


def int_or(text: str | None, otherwise: int) -> int:
    """A whole number, or something else where there is none."""
    return int(text) if text and text.isascii() and text.isdigit() else otherwise


def _has_mark(request: HTTPConnection, session: Session) -> bool:
    """Whether a request carries what only our own page can read; a form carries it inside (forms.read_form)."""
    form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    return form or request.headers.get(CSRF_HEADER, "") == session.csrf


def _by_hand(request: HTTPConnection, scope: Scope) -> bool:
    """Whether a person's hand made the request: a page opened, a form sent, or the page's own word that it was
    touched. Callbacks are not: the page asks some by itself."""
    return scope["method"] == "POST" or "text/html" in request.headers.get("accept", "")


def _limited(receive: Receive) -> Receive:
    taken = 0

    async def receiving() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > MOST_BODY:
            raise _TooLarge
        return message

    return receiving


async def _whole(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _again(body: bytes, receive: Receive) -> Receive:
    given = False

    async def receiving() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receiving
