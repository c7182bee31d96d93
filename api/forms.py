"""What the pages with forms share: reading a form, answering with a page, and where a reader may go next.

Knows transport. Refuses to know what a form means.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse
from markupsafe import escape
from starlette.exceptions import HTTPException

from data.who import find_session, get_identity
from domain.commands import Role
from layouts.office_pages import CSRF_FIELD, OfficePages

SEE_OTHER = 303
OFFICES: tuple[tuple[str, str, frozenset[Role]], ...] = (
    ("/", "Board", frozenset(Role) - {Role.PUBLIC}),
    (
        "/office/people",
        "People",
        frozenset({Role.AGENCY_ADMIN, Role.BOARD_ADMIN}),
    ),
    ("/office/agreements", "Agreements", frozenset(Role) - {Role.PUBLIC, Role.SERVICE, Role.BRIEFER}),
    ("/office/ledger", "Aid ledger", frozenset(Role) - {Role.PUBLIC, Role.SERVICE, Role.BRIEFER}),
    (
        "/office/audit",
        "Audit log",
        frozenset({Role.AUDITOR, Role.BOARD_ADMIN, Role.AGENCY_ADMIN}),
    ),
    ("/account", "My account", frozenset(Role) - {Role.PUBLIC, Role.SERVICE}),
)
"""Path, words and the roles that may enter; the header's links and the offices' own doors stand on it."""


@dataclass(frozen=True, slots=True)
class Office:
    """What the pages need: the templates, and what an agency is called."""

    pages: OfficePages
    name_of: Callable[[str], str]

    def show(self, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        """A page for whoever asks."""
        identity, session = get_identity(), find_session()
        who = f"{identity.name}, {self.place(identity.agency, identity.role)}" if identity.account else ""
        links = [(path, words) for path, words, roles in OFFICES if identity.account and identity.role in roles]
        csrf = session.csrf if session else ""
        return HTMLResponse(self.pages.page(template, csrf=csrf, who=who, links=links, **values), status)

    def message(self, status: int, heading: str, text: str, *, back: str = "", alarm: bool = True) -> HTMLResponse:
        """A page that says one thing."""
        return self.show("message.html", status, heading=heading, text=text, back=back, alarm=alarm)

    def place(self, agency: str, role: str) -> str:
        """A position in words: "dispatcher of SF Fire"."""
        words = str(role).replace("_", " ")
        return f"{words} of {self.name_of(agency)}" if agency else words


async def read_form(request: Request) -> Mapping[str, str]:
    """The fields of a form; of a field given twice the last. Raises a 403 without the page's own mark."""
    form = await request.form(max_files=0, max_fields=2000)
    fields = {name: value for name, value in form.multi_items() if isinstance(value, str)}
    session = find_session()
    if session is not None and fields.get(CSRF_FIELD, "") != session.csrf:
        raise HTTPException(403, "this form does not come from the board's own page; open it again")
    return fields


def require(*roles: Role) -> None:
    """Let only these roles on. Raises a 403."""
    if get_identity().role not in roles:
        raise HTTPException(403, f"a {get_identity().role} does not enter here")


async def store_unavailable(request: Request, lost: Exception) -> HTMLResponse:
    """What a page answers while the store is away: nothing was changed that was not said to be."""
    return HTMLResponse(f"<!DOCTYPE html><title>Not now</title><p>{escape(str(lost))}</p><p>Try again.</p>", 503)


def see(path: str) -> RedirectResponse:
    """Go and look there: what follows a form that was taken."""
    return RedirectResponse(path, SEE_OTHER)


def local(path: str) -> str:
    """A path of this board to go to after signing in; "/" for anything else."""
    parts = urlsplit(path)
    if not path.startswith("/") or path.startswith(("//", "/\\")) or parts.netloc or "\\" in path:
        return "/"
    if any(ord(char) < 33 for char in path) or path.startswith(("/sign-", "/unlock", "/openid")):
        return "/"
    return path
