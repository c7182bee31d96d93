"""The cookies of a session: set together, taken away together.

Knows their names and flags. `__Host-` (over TLS) ties the session to this very host; the page's mark is readable by
the page's script, which is its use: another site cannot read it.
"""

from __future__ import annotations

from starlette.requests import HTTPConnection
from starlette.responses import Response

from api.gate import CSRF_COOKIE, cookie_name, is_tls
from data.people import Entered

DEVICE = "concord_device"
DEVICE_SECONDS = 400 * 86400
"""As long as browsers keep any cookie."""


def set_session(response: Response, request: HTTPConnection, entered: Entered, now: float) -> None:
    """Let the browser carry a session."""
    lasts = int(entered.session.until - now)
    tls = is_tls(request)
    response.set_cookie(
        cookie_name(request), entered.secret, max_age=lasts, path="/", secure=tls, httponly=True, samesite="strict"
    )
    response.set_cookie(
        CSRF_COOKIE, entered.session.csrf, max_age=lasts, path="/", secure=tls, httponly=False, samesite="strict"
    )


def clear_session(response: Response, request: HTTPConnection) -> None:
    """Let it forget the session."""
    tls = is_tls(request)
    response.delete_cookie(cookie_name(request), path="/", secure=tls, httponly=True, samesite="strict")
    response.delete_cookie(CSRF_COOKIE, path="/", secure=tls, samesite="strict")


def set_device(response: Response, request: HTTPConnection, secret: str) -> None:
    """Let the browser say which marked device it is."""
    response.set_cookie(
        DEVICE, secret, max_age=DEVICE_SECONDS, path="/", secure=is_tls(request), httponly=True, samesite="strict"
    )
