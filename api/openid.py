"""Sign in with an identity provider: off to its page, and back; and out there, too.

Knows the requests and the cookie that ties them to one browser. Refuses to know what a token proves
(openid_provider.py) and who may enter (openid_admission.py).

A person comes back from another site, so the browser sends none of the session's `SameSite=Strict` cookies with that
request: what must be known of them is remembered when the sign-in begins.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Awaitable, Callable
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from api.cookies import DEVICE
from api.forms import SEE_OTHER, Office, local, see
from api.gate import address_of
from api.openid_provider import ExternalPerson, NotBelieved, Provider, ProviderAway
from api.recorder import Happening, Record
from data.openid_begun import BEGUN_SECONDS, Begun
from data.openid_settings import OpenIdSettings
from data.people import People
from data.sessions import secret_id
from data.who import NOBODY, find_session
from domain.errors import StoreUnavailable

TRIES, TRIES_SECONDS = 120, 60
"""Requests in a window from one address: a sign-in is two, and a control room may have one address."""
LONGEST = 4096
"""Characters of a code; providers pack much into them."""

Admit = Callable[[ExternalPerson, Begun, Request], Awaitable[Response]]
"""Lets a person in, or says why not."""


def openid_router(
    settings: OpenIdSettings, provider: Provider, people: People, office: Office, record: Record, admit: Admit
) -> APIRouter:
    """`/openid/begin`, `/openid/callback`, and after signing out `/openid/left`, `/openid/leave`."""
    router = APIRouter()
    cookie = "__Host-concord_openid" if settings.tls else "concord_openid"

    def refuse(request: Request, status: int, text: str, why: str = "") -> Response:
        """A page that says no, with a way back to the door; `why` goes on record."""
        if why:
            record(Happening("sign_in_failed", NOBODY, f"{settings.name}: {why}", "", address_of(request), "openid"))
        answer = office.message(status, "Not signed in", text, back="/sign-in")
        answer.delete_cookie(cookie, path="/", secure=settings.tls, httponly=True, samesite="lax")
        return answer

    def away(request: Request, lost: ProviderAway) -> Response:
        words = (
            f"{settings.name} does not answer as it should; try again later, or sign in with an account of this board"
        )
        return refuse(request, 503, words, str(lost))

    async def too_many(request: Request) -> Response | None:
        wait = await people.rate(f"openid:{address_of(request)}", TRIES, TRIES_SECONDS)
        if not wait:
            return None
        answer = refuse(request, 429, f"too many attempts; wait {wait} s")  # a flood is not to fill the log
        answer.headers["Retry-After"] = str(wait)
        return answer

    @router.get("/openid/begin")
    async def begin(request: Request) -> Response:
        onward, session = local(request.query_params.get("next", "/")), find_session()
        locked = session is not None and session.is_locked(people.now())
        if session is not None and not locked:
            return see(onward)
        if request.headers.get("sec-fetch-site", "") == "cross-site":
            return see(f"/sign-in?next={quote(onward, safe='')}")  # a link elsewhere signs nobody in: a hand does
        try:
            if (wait := await too_many(request)) is not None:
                return wait
            browser, state = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
            begun = Begun(
                browser=secret_id(browser),
                nonce=secrets.token_urlsafe(32),
                verifier=secrets.token_urlsafe(48),
                onward=onward,
                at=people.now(),
                session=session.id if session else "",
                anew=locked,
                device=await people.sessions.find_device(request.cookies.get(DEVICE, "")),
            )
            address = await provider.where_to_go(state, begun)
            await people.begun.keep(state, begun)
        except StoreUnavailable:
            return refuse(request, 503, "the store does not answer: nobody can be let in now")
        except ProviderAway as lost:
            return away(request, lost)
        except NotBelieved as wrong:
            return refuse(request, 502, _NOT_BELIEVED.format(settings.name), str(wrong))
        answer = RedirectResponse(address, SEE_OTHER)
        answer.set_cookie(
            cookie, browser, max_age=BEGUN_SECONDS, path="/", secure=settings.tls, httponly=True, samesite="lax"
        )
        return answer

    @router.get("/openid/callback")
    async def come_back(request: Request) -> Response:
        asked = request.query_params
        state, code = asked.get("state", "")[:LONGEST], asked.get("code", "")
        try:
            if (wait := await too_many(request)) is not None:
                return wait
            begun = await people.begun.take(state)
            if begun is None:
                return refuse(request, 400, _OVER, "a state that is over or was never begun")
            if not hmac.compare_digest(begun.browser, secret_id(request.cookies.get(cookie, ""))):
                words = f"this sign-in was not begun in this browser; open {settings.public_url} and sign in there"
                return refuse(request, 400, words, "a state begun in another browser")
            if "error" in asked or not 0 < len(code) <= LONGEST:
                return refuse(request, 401, f"{settings.name} did not let you in", "the provider let nobody in")
            person = await provider.person(code, begun, asked.get("iss"))
            answer = await admit(person, begun, request)
        except StoreUnavailable:
            return refuse(request, 503, "the store does not answer: nobody can be let in now")
        except ProviderAway as lost:
            return away(request, lost)
        except NotBelieved as wrong:
            return refuse(request, 401, _NOT_BELIEVED.format(settings.name), str(wrong))
        answer.delete_cookie(cookie, path="/", secure=settings.tls, httponly=True, samesite="lax")
        return answer

    @router.get("/openid/left")
    async def left() -> Response:
        return office.show("left.html", provider=settings.name)

    @router.get("/openid/leave")
    async def leave(request: Request) -> Response:
        try:
            return see(await provider.where_to_leave() or "/sign-in")
        except ProviderAway as lost:
            return away(request, lost)
        except NotBelieved as wrong:
            return refuse(request, 502, _NOT_BELIEVED.format(settings.name), str(wrong))

    return router


_OVER = "this sign-in is over: it was finished already, or begun more than ten minutes ago; begin again"
_NOT_BELIEVED = "what {} answered proves nothing, so nobody was let in; if it stays so, tell your administrator"
