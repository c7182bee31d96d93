"""The audit office: search the audit log, take it away with its proof.

Knows the page. Auditors and the board's admin read all of it, an agency's admin what its own people did. Every look and
every export is itself an entry, written before the answer.
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, Response
from starlette.background import BackgroundTask

from api.forms import Office, read_form, require
from api.gate import address_of
from data.audit_log import AuditLog
from data.who import get_identity
from domain.audit_entry import AuditEntry, AuditKind, AuditLine, audit_entry
from domain.commands import Role

PATH = "/office/audit"
READERS = (Role.AUDITOR, Role.BOARD_ADMIN, Role.AGENCY_ADMIN)
SHOWN = 100
_PLACE = re.compile(r"[0-9]{1,15}")

Export = Callable[[Path], Awaitable[int]]
"""Writes the whole audit log with seals to a file; how many entries."""
AccountsOf = Callable[[str], Awaitable[Collection[str]]]
"""The accounts that hold a position at an agency, by name."""


def audit_pages_router(log: AuditLog, office: Office, export: Export, accounts_of: AccountsOf) -> APIRouter:
    """`/office/audit` and its export."""
    router = APIRouter()

    @router.get(PATH)
    async def search(request: Request) -> Response:
        require(*READERS)
        asked = {name: request.query_params.get(name, "").strip()[:120] for name in ("kind", "text", "day", "before")}
        try:
            own = _own_agency()
            matches = _matcher(asked, own, frozenset(await accounts_of(own)) if own else frozenset())
        except ValueError:
            return await page(request, asked, None, "the day is not a date; write it as 2026-11-27", 400)
        before = int(asked["before"]) if _PLACE.fullmatch(asked["before"]) else 0
        said = ", ".join(f"{name} {value}" for name, value in asked.items() if value) or "the newest"
        await log.record(_entry(AuditKind.AUDIT_VIEWED, f"read the audit log: {said}", request))
        found = await log.find(matches, before=before, count=SHOWN)
        older = f"{PATH}?{urlencode({**asked, 'before': found.older})}" if found.older else ""
        return await page(request, asked, found.lines, "", 200, older, found.unreadable)

    async def page(
        request: Request, asked: Mapping[str, str], lines: list[AuditLine] | None, error: str, status: int = 200,
        older: str = "", unreadable: Collection[int] = (),
    ) -> Response:  # fmt: skip
        return office.show(
            "audit.html",
            status,
            asked=asked,
            kinds=[str(kind) for kind in AuditKind],
            lines=[(line, _when(line.at), office.place(line.entry.agency, line.entry.role)) for line in lines or []],
            error=error,
            older=older,
            unreadable=", ".join(map(str, list(unreadable)[:10])),
            may_export=get_identity().role in (Role.AUDITOR, Role.BOARD_ADMIN),
        )

    @router.post(f"{PATH}/export")
    async def take_away(request: Request) -> Response:
        require(Role.AUDITOR, Role.BOARD_ADMIN)
        await read_form(request)
        await log.record(_entry(AuditKind.EXPORTED, "exported the audit log with its seals", request))
        folder = Path(mkdtemp(prefix="concord-audit-"))
        path = folder / f"audit-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}.ndjson"
        try:
            await export(path)
        except BaseException:  # a half-written copy of the log is left to nobody
            shutil.rmtree(folder, ignore_errors=True)
            raise

        def gone() -> None:
            shutil.rmtree(folder, ignore_errors=True)

        return FileResponse(
            path, media_type="application/x-ndjson", filename=path.name, background=BackgroundTask(gone)
        )

    def _entry(kind: AuditKind, what: str, request: Request) -> AuditEntry:
        return audit_entry(kind, get_identity(), what, address=address_of(request))

    return router


def _own_agency() -> str:
    """Whose entries an agency's admin reads; "" for those who read all."""
    who = get_identity()
    return who.agency if who.role == Role.AGENCY_ADMIN else ""


def _matcher(asked: Mapping[str, str], own: str, accounts: Collection[str]) -> Callable[[AuditLine], bool]:
    """What a search wants. An agency's admin reads what its own people did, and what somebody who was not signed in
    tried as one of them. Raises ValueError for a day that is none."""
    kind, text = asked["kind"], asked["text"].casefold()
    ours = {f"account:{name}" for name in accounts}
    start = datetime.fromisoformat(asked["day"]).replace(tzinfo=UTC).timestamp() if asked["day"] else 0.0

    def matches(line: AuditLine) -> bool:
        entry = line.entry
        if own and entry.agency != own and (entry.account or entry.subject not in ours):
            return False
        if kind and entry.kind != kind:
            return False
        if start and not start <= line.at < start + 86400:
            return False
        words = (
            entry.account,
            entry.name,
            entry.agency,
            entry.role,
            entry.what,
            entry.subject,
            entry.rule,
            entry.address,
        )
        return not text or any(text in word.casefold() for word in words)

    return matches


def _when(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(at))
