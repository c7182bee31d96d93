"""An incident to take away: its record, its units and its log as the asker may see them, now or as it was at a time.

Knows the two forms, lines of JSON and a table. Refuses to know who may see what: both come from the views every screen
reads. Each export is on record before it is answered.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response

from api.gate import address_of
from api.tables import defused
from data.codec import to_json
from data.history import PastBoard
from data.link import BoardLink
from data.past_views import views_of_past
from data.views import Views
from data.who import get_identity
from domain.audit_entry import AuditEntry, AuditKind, audit_entry
from domain.commands import Role
from domain.errors import UnknownIncident
from domain.rules import Facts

COLUMNS = ("at", "kind", "agency", "actor", "label", "text")
AsOf = Callable[[float], Awaitable[PastBoard]]
RecordEntry = Callable[[AuditEntry], Awaitable[None]]


def export_router(link: BoardLink, views: Views, facts: Facts, as_of: AsOf, record: RecordEntry) -> APIRouter:
    """`/export/incident/NUMBER.ndjson` and `.csv`, with `?at=` a local date and time."""
    router = APIRouter()

    async def exported(number: str, request: Request) -> dict[str, Any]:
        """What may be taken away. Raises UnknownIncident, ValueError for a time that is none, StoreUnavailable."""
        identity, now = get_identity(), link.now()
        if identity.role == Role.BRIEFER or identity.viewing_as:
            raise UnknownIncident(f"no incident {number} on this board")
        seen, when, said = views, now, "now"
        if moment := request.query_params.get("at", ""):
            zone = ZoneInfo(link.board.head.time_zone)
            board_time = datetime.fromisoformat(moment).replace(tzinfo=zone).timestamp()
            head = link.board.head
            when = head.clock_at + (board_time - head.clock_base) / head.clock_rate if head.clock_at else board_time
            seen = views_of_past(await as_of(when), views, now, facts.plans, facts.areas_at)
            said = moment
        found = seen.whole(number, identity.audience, when)
        what = f"exported {number} as of {said}"
        await record(
            audit_entry(
                AuditKind.EXPORTED, identity, what, subject=f"incident:{number}", label=found["label"],
                address=address_of(request),
            )
        )  # fmt: skip
        return found

    @router.get("/export/incident/{number}.ndjson")
    async def lines(number: str, request: Request) -> Response:
        found = await _or_none(exported(number, request))
        if isinstance(found, Response):
            return found
        rows = [{"incident": found["incident"]}]
        rows += [{"assignment": held} for held in found["assignments"]] + [{"log": line} for line in found["log"]]
        body = b"".join(to_json(row) + b"\n" for row in rows)
        return Response(body, media_type="application/x-ndjson", headers=_named(f"{number}.ndjson"))

    @router.get("/export/incident/{number}.csv")
    async def table(number: str, request: Request) -> Response:
        found = await _or_none(exported(number, request))
        if isinstance(found, Response):
            return found
        out, zone = io.StringIO(), ZoneInfo(link.board.head.time_zone)
        writer = csv.writer(out)
        writer.writerow(COLUMNS)
        for line in found["log"]:
            at = datetime.fromtimestamp(line["at"], zone).isoformat(timespec="seconds")
            cells = [at, *(str(line[name]) for name in COLUMNS[1:])]
            writer.writerow([defused(cell) for cell in cells])
        return Response(out.getvalue(), media_type="text/csv; charset=utf-8", headers=_named(f"{number}.csv"))

    return router


async def _or_none(exported: Awaitable[dict[str, Any]]) -> dict[str, Any] | Response:
    try:
        return await exported
    except UnknownIncident as unknown:
        return PlainTextResponse(f"{unknown}\n", 404)
    except ValueError:
        return PlainTextResponse("at: write a local date and time, such as 2026-11-27T08:00\n", 400)


def _named(name: str) -> dict[str, str]:
    safe = "".join(char for char in name if char.isalnum() or char in "-._")
    return {"Content-Disposition": f'attachment; filename="{safe}"'}
