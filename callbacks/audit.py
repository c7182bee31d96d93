"""From the asked-for kinds of findings to the boundary audit's list and the ground of each."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from dash import ClientsideFunction, Dash, Input, Output, no_update

from callbacks.desk import Desk
from domain.agency import SERVICE_NAMES, Service
from domain.board import Board
from domain.finding import KIND_WORDS, Finding
from layouts import ids

SHOWN = 200


def register(app: Dash, desk: Desk) -> None:
    """Wire query and answer."""

    @app.callback(Output(ids.AUDIT, "data"), Input(ids.AUDIT_QUERY, "data"), prevent_initial_call=True)
    async def answer(data: Any) -> Any:
        if not isinstance(data, dict):
            return no_update
        board = desk.link.board
        found = await asyncio.to_thread(desk.audit.findings, *asked_now(desk))
        wanted = [one for one in found.findings if _wanted(one, data)]
        return {
            "t": data.get("t"),
            "edition": found.edition[:10],
            "day": found.day,
            "count": len(wanted),
            "slivers": sum(one.sliver for one in found.findings),
            "rows": [_row(one, board) for one in wanted[:SHOWN]],
        }

    app.clientside_callback(
        ClientsideFunction("concord", "onAudit"),
        Output(ids.AUDIT_SHOWN, "data"),
        Input(ids.AUDIT, "data"),
        prevent_initial_call=True,
    )


def asked_now(desk: Desk) -> tuple[float, str, list[tuple[float, float, float]]]:
    """Board time, the day in the region's time zone, and where help was needed: past calls, this board's incidents."""
    board = desk.link.board
    when = board.head.time(desk.link.now())
    day = datetime.fromtimestamp(when, ZoneInfo(board.head.time_zone)).date().isoformat()
    calls = [(call.lon, call.lat, call.weight) for call in desk.region.past_calls]
    return when, day, calls + [(incident.lon, incident.lat, 1.0) for incident in board.incidents()]


def audited(desk: Desk) -> tuple[str, bytes]:
    """The audit as a file: its name and its bytes. Takes seconds."""
    found = desk.audit.findings(*asked_now(desk))
    return f"boundary-audit-{desk.region.id}-{found.day}.gpkg", desk.audit.file(found)


def _wanted(one: Finding, data: dict[str, Any]) -> bool:
    if one.sliver and not data.get("slivers"):
        return False
    kind, service = str(data.get("kind") or ""), str(data.get("service") or "")
    return kind in ("", str(one.kind)) and service in ("", one.service)


def _row(one: Finding, board: Board) -> dict[str, Any]:
    return {
        "what": KIND_WORDS[one.kind],
        "kind": str(one.kind),
        "service": SERVICE_NAMES[Service(one.service)],
        "agencies": [board.name_of(agency) for agency in one.agencies],
        "names": list(one.names),
        "area": one.area,
        "width": one.width,
        "calls": one.calls,
        "sliver": one.sliver,
        "same": one.same_agency,
        "lon": one.lon,
        "lat": one.lat,
        "polygon": one.polygon,
    }
