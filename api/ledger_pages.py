"""The ledger of aid as a page and as a table to take away: what one agency's units did for another.

Knows the page and whose lines a reader may see: those their agency is a side of; auditors and the board's admin all.
Refuses to know what counts (domain/ledger.py).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.forms import Office
from api.gate import address_of
from api.tables import defused
from data.link import BoardLink
from data.who import get_identity
from domain.audit_entry import AuditEntry, AuditKind, audit_entry
from domain.commands import Role
from domain.ledger import AidLine, ledger

PATH = "/office/ledger"
COLUMNS = ("giver", "receiver", "units", "assignments", "hours", "running", "automatic", "request", "override", "cost")

RecordEntry = Callable[[AuditEntry], Awaitable[None]]


def ledger_router(link: BoardLink, office: Office, record: RecordEntry) -> APIRouter:
    """`/office/ledger` and `/office/ledger.csv`."""
    router = APIRouter()

    def period(request: Request) -> tuple[str, str, float, float]:
        """The days asked for, in the board's zone; the last thirty where none are. Raises ValueError."""
        zone = ZoneInfo(link.board.head.time_zone)
        today = datetime.fromtimestamp(link.board.head.time(link.now()), zone).date()
        first = request.query_params.get("from") or (today - timedelta(days=30)).isoformat()
        last = request.query_params.get("to") or today.isoformat()
        start = _midnight(first).replace(tzinfo=zone)
        end = _midnight(last).replace(tzinfo=zone) + timedelta(days=1)
        return first, last, start.timestamp(), end.timestamp()

    def lines(start: float, end: float) -> tuple[list[AidLine], int]:
        board, who = link.board, get_identity()
        held = [one for incident in board.incidents() for one in board.assignments_of(incident.id)]
        found = ledger(held, board.agreements(), start, end, board.head.time(link.now()))
        everything = who.role in (Role.AUDITOR, Role.BOARD_ADMIN)
        mine = [line for pair, line in found.lines.items() if everything or who.agency in pair]
        left_out = sum(count for pair, count in found.left_out.items() if everything or who.agency in pair)
        return sorted(mine, key=lambda one: (one.giver, one.receiver)), left_out

    @router.get(PATH)
    async def page(request: Request) -> Response:
        error, rows, left_out, first, last = "", [], 0, "", ""
        try:
            first, last, start, end = period(request)
            found, left_out = lines(start, end)
            rows = [
                (office.name_of(one.giver), office.name_of(one.receiver), one, _basis(one), _cost(one)) for one in found
            ]
        except ValueError:
            error = "from and to are dates; write them as 2026-11-27"
        return office.show(
            "ledger.html", 400 if error else 200, error=error, rows=rows, left_out=left_out, first=first, last=last
        )

    @router.get(f"{PATH}.csv")
    async def table(request: Request) -> Response:
        try:
            first, last, start, end = period(request)
        except ValueError:
            return Response("from and to are dates; write them as 2026-11-27\n", 400, media_type="text/plain")
        what = f"exported the ledger of {first} to {last}"
        await record(audit_entry(AuditKind.EXPORTED, get_identity(), what, address=address_of(request)))
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(COLUMNS)
        for one in lines(start, end)[0]:
            basis = [one.basis.get(kind, 0) for kind in ("automatic", "request", "override")]
            row = [
                one.giver,
                one.receiver,
                len(one.units),
                one.times,
                f"{one.hours:.2f}",
                one.running,
                *basis,
                _cost(one),
            ]
            writer.writerow([defused(str(cell)) for cell in row])
        name = f'attachment; filename="aid-{first}-{last}.csv"'
        return Response(out.getvalue(), media_type="text/csv", headers={"Content-Disposition": name})

    return router


def _midnight(day: str) -> datetime:
    """The start of a day written as 2026-11-27. Raises ValueError, also for days no ledger has."""
    start = datetime.strptime(day, "%Y-%m-%d")  # noqa: DTZ007 - the board's zone is given by the caller
    if not 1970 <= start.year < 9999:
        raise ValueError(f"{day} is no day of a ledger")
    return start


def _basis(line: AidLine) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in sorted(line.basis.items()))


def _cost(line: AidLine) -> str:
    return ", ".join(f"{amount:.2f} {currency}" for currency, amount in sorted(line.costs.items()))
